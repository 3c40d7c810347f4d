import { spawn } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import * as path from "node:path"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { expect } from "vitest"
import * as FolderLock from "../../src/place/FolderLock.ts"
import * as Process from "../server/Process.ts"
import * as TestPlaces from "../server/TestPlaces.ts"

const program = (folder: string) => `
  import * as Effect from "effect/Effect"
  import * as FolderLock from "${Process.source("src/place/FolderLock.ts")}"
  const holding = Effect.match(FolderLock.hold("${folder}"), {
    onSuccess: () => "held",
    onFailure: (error) => error.message
  })
  void Effect.runPromise(Effect.scoped(Effect.flatMap(holding, (said) => {
    console.log(said)
    return Effect.never
  })))
  setInterval(() => {}, 1_000)`

const another = (folder: string) =>
  Effect.acquireRelease(
    Effect.sync(() => Process.run(program(folder))),
    (it) => Effect.promise(it.kill)
  )

/** What becomes of an attempt to hold the folder, which is let go of again. */
const attempt = (folder: string) =>
  Effect.scoped(Effect.match(FolderLock.hold(folder), { onSuccess: () => "held", onFailure: ({ message }) => message }))

const ownerOf = (folder: string): Readonly<Record<string, string | number>> =>
  JSON.parse(fs.readFileSync(path.join(folder, FolderLock.fileName), "utf8")) as Record<string, string | number>

/** A lock as another process would have left it, so many seconds ago. */
const leave = (folder: string, owner: Record<string, unknown>, secondsAgo = 0) => {
  const file = path.join(folder, FolderLock.fileName)
  fs.writeFileSync(file, JSON.stringify(owner))
  const at = Date.now() / 1_000 - secondsAgo
  fs.utimesSync(file, at, at)
}

describe("FolderLock", () => {
  it.live("a folder belongs to one process until that ends, and the next one is told which", () =>
    Effect.gen(function* () {
      const folder = yield* TestPlaces.emptyFolder
      const first = yield* another(folder)
      expect(yield* Effect.promise(first.line)).toBe("held")
      const { host, pid } = ownerOf(folder)
      expect(pid).toBe(first.child.pid)
      expect(yield* attempt(folder)).toBe(
        `${folder} is in use by process ${pid} on ${host}; stop it, or give this one another folder`
      )
      yield* Effect.promise(first.kill)
      expect(yield* attempt(folder)).toBe("held")
      // And left as it was found.
      expect(fs.readdirSync(folder)).toEqual([])
    }).pipe(Effect.scoped)
  )

  it.live("of many that want a folder whose process has ended, one gets it", () =>
    Effect.gen(function* () {
      const folder = yield* TestPlaces.emptyFolder
      for (let round = 0; round < 10; round++) {
        leave(folder, { pid: 2 ** 22 + 1, host: "here", boot: "", namespace: "", startedAt: "1" }, 120)
        const scope = yield* Scope.make()
        const answers = yield* Effect.all(
          Array.from({ length: 8 }, () => Effect.exit(Scope.extend(FolderLock.hold(folder), scope))),
          { concurrency: "unbounded" }
        )
        expect(answers.filter(Exit.isSuccess)).toHaveLength(1)
        yield* Scope.close(scope, Exit.void)
      }
    }).pipe(Effect.scoped)
  )

  it.live("a process that has ended and that nobody has buried yet holds nothing", () =>
    Effect.gen(function* () {
      const folder = yield* TestPlaces.emptyFolder
      const own = yield* Effect.scoped(Effect.map(FolderLock.hold(folder), () => ownerOf(folder)))
      // The shell becomes a program that never asks after its child.
      const parent = spawn("sh", ["-c", "sleep 0.01 & echo $!; exec sleep 20"])
      const [line] = (yield* Effect.promise(() => once(parent.stdout, "data"))) as [Buffer]
      const look = Effect.sync(() =>
        fs
          .readFileSync(`/proc/${Number(line)}/stat`, "utf8")
          .split(") ")[1]!
          .split(" ")
      )
      // On a busy machine the shell takes its time.
      const stat = yield* Effect.repeat(Effect.delay(look, "20 millis"), { until: ([state]) => state === "Z" })
      leave(folder, { ...own, pid: Number(line), startedAt: stat[19]! })
      expect(yield* attempt(folder)).toBe("held")
      parent.kill()
    }).pipe(Effect.scoped)
  )

  it.live("within one process it is held once too", () =>
    Effect.gen(function* () {
      const folder = yield* TestPlaces.emptyFolder
      yield* FolderLock.hold(folder)
      expect(yield* attempt(folder)).toContain(`is in use by process ${process.pid} `)
    }).pipe(Effect.scoped)
  )

  it.live("a process that lives is never robbed; one whose number is another's now, is", () =>
    Effect.gen(function* () {
      const folder = yield* TestPlaces.emptyFolder
      const own = yield* Effect.scoped(Effect.map(FolderLock.hold(folder), () => ownerOf(folder)))
      const { ppid } = process
      const stat = fs.readFileSync(`/proc/${ppid}/stat`, "utf8")
      const startedAt = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]
      // However long ago it was last heard of.
      leave(folder, { ...own, pid: ppid, startedAt }, 3_600)
      expect(yield* attempt(folder)).toContain(`is in use by process ${ppid} `)
      leave(folder, { ...own, pid: ppid, startedAt: "1" })
      expect(yield* attempt(folder)).toBe("held")
      leave(folder, { ...own, pid: 2 ** 22 + 1 })
      expect(yield* attempt(folder)).toBe("held")
    }).pipe(Effect.scoped)
  )

  it.live(
    "a process elsewhere counts as gone after a minute of silence, one before a restart of this machine at once",
    () =>
      Effect.gen(function* () {
        const folder = yield* TestPlaces.emptyFolder
        const own = yield* Effect.scoped(Effect.map(FolderLock.hold(folder), () => ownerOf(folder)))
        for (const elsewhere of [{ host: "elsewhere", boot: "other" }, { namespace: "pid:[1]" }]) {
          leave(folder, { ...own, ...elsewhere, pid: 2 ** 22 + 1 }, 50)
          expect(yield* attempt(folder)).toContain("is in use by process")
          leave(folder, { ...own, ...elsewhere, pid: 2 ** 22 + 1 }, 70)
          expect(yield* attempt(folder)).toBe("held")
        }
        leave(folder, { ...own, boot: "before" })
        expect(yield* attempt(folder)).toBe("held")
      }).pipe(Effect.scoped)
  )

  it.live("a lock that was taken away is noticed, and not taken back", () =>
    Effect.gen(function* () {
      const folder = yield* TestPlaces.emptyFolder
      const lock = yield* Effect.scoped(
        Effect.gen(function* () {
          const lock = yield* FolderLock.hold(folder)
          expect(yield* lock.isOurs).toBe(true)
          leave(folder, { ...ownerOf(folder), pid: process.ppid })
          expect(yield* lock.isOurs).toBe(false)
          return lock
        })
      )
      expect(ownerOf(folder)["pid"]).toBe(process.ppid)
      expect(yield* lock.isOurs).toBe(false)
    }).pipe(Effect.scoped)
  )

  it.effect("whoever holds it hears of that, and keeps the file fresh until then", () =>
    Effect.gen(function* () {
      const folder = yield* TestPlaces.emptyFolder
      const { lost } = yield* FolderLock.hold(folder)
      const lostNow = yield* Effect.fork(lost)
      const touchedAt = () => fs.statSync(path.join(folder, FolderLock.fileName)).mtimeMs
      yield* TestClock.adjust("20 seconds")
      expect(touchedAt()).toBe(20_000)
      expect(yield* lostNow.poll).toEqual(Option.none())
      leave(folder, { ...ownerOf(folder), pid: process.ppid })
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(lostNow)
    }).pipe(Effect.scoped)
  )
})
