/**
 * Adapter: the lock of a folder whose data only one process may have open. The embedded database has none of its own:
 * two of them on one folder lose what they acknowledged, without an error.
 *
 * **Details** A file that says who has the folder: process, host, and when the process started, because numbers of
 * processes come round again. A process that lives is never robbed. Whether it lives can be asked on its own host only;
 * one elsewhere, in another container say, counts as gone when it has not touched the file for a minute.
 */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { FolderInUse, FolderUnusable } from "./PlaceError.ts"

const Owner = Schema.Struct({
  pid: Schema.Int,
  host: Schema.String,
  /** The kernel's own: another one after each start of the machine. */
  boot: Schema.String,
  /** Where the number of the process means it: a container has numbers of its own. */
  namespace: Schema.String,
  /** When the process started, as the kernel has it; empty where it does not say. */
  startedAt: Schema.String
})
type Owner = typeof Owner.Type

export const fileName = "lock"

/** After this long without a touch, a process that cannot be asked counts as gone. */
const goneAfterMillis = 60_000
const touchEveryMillis = 10_000

export interface FolderLock {
  /**
   * False if the file is gone or somebody else's all the same: somebody removed it, or this process was stopped for a
   * long time. The data must not be touched any more then.
   */
  readonly isOurs: Effect.Effect<boolean>
  /** Waits until that has happened; noticed within some seconds. */
  readonly lost: Effect.Effect<void>
}

/** Holds the folder until the scope closes. */
export const hold = (folder: string): Effect.Effect<FolderLock, FolderInUse | FolderUnusable, Scope.Scope> =>
  Effect.gen(function* () {
    const file = path.join(folder, fileName)
    const own = self()
    yield* Effect.acquireRelease(acquire(folder, file, own), () =>
      Effect.sync(() => {
        if (isOwn(file, own)) fs.rmSync(file, { force: true })
      })
    )
    const isOurs = Effect.sync(() => isOwn(file, own))
    const lost = yield* Deferred.make<void>()
    yield* touch(file).pipe(
      Effect.zipRight(isOurs),
      Effect.repeat({ schedule: Schedule.spaced(Duration.millis(touchEveryMillis)), while: (ours) => ours }),
      Effect.zipRight(Deferred.succeed(lost, undefined)),
      Effect.forkScoped
    )
    return { isOurs, lost: Deferred.await(lost) }
  })

const touch = (file: string) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.ignore(Effect.try(() => fs.utimesSync(file, now / 1_000, now / 1_000)))
  )

const acquire = (folder: string, file: string, own: Owner) =>
  Effect.gen(function* () {
    yield* attempt(folder, () => fs.mkdirSync(folder, { recursive: true }))
    for (;;) {
      if (yield* attempt(folder, () => create(file, own))) return
      const owner = read(file)
      if (Option.isNone(owner)) continue
      const now = yield* Clock.currentTimeMillis
      if (lives(owner.value, own, now)) {
        const { host, pid } = owner.value.owner
        return yield* new FolderInUse({ folder, pid, host })
      }
      yield* attempt(folder, () => reap(file, owner.value, now))
      yield* Effect.sleep(Duration.millis(10))
    }
  })

interface Found {
  readonly owner: Owner
  readonly text: string
  readonly touchedAt: number
}

const stranger: Owner = { pid: 0, host: "", boot: "", namespace: "", startedAt: "" }

/** What the file says, if it is there. One that says nothing was being written when its process ended, or is now. */
const read = (file: string): Option.Option<Found> =>
  Option.liftThrowable((): Found => {
    const text = fs.readFileSync(file, "utf8")
    const owner = Schema.decodeUnknownEither(Schema.parseJson(Owner))(text)
    return { owner: Either.getOrElse(owner, () => stranger), text, touchedAt: fs.statSync(file).mtimeMs }
  })()

/** Whether the file is now ours. Where there are links, it appears with what it says in it. */
const create = (file: string, own: Owner): boolean => {
  const draft = `${file}.${own.pid}.${own.startedAt}`
  fs.writeFileSync(draft, JSON.stringify(own))
  const linked = unlessThere(() => fs.linkSync(draft, file))
  fs.rmSync(draft, { force: true })
  return linked ?? unlessThere(() => fs.writeFileSync(file, JSON.stringify(own), { flag: "wx" }), true)!
}

/** False if the file is there; nothing if that is not what hinders, unless it is to be thrown. */
const unlessThere = (make: () => void, throws = false): boolean | undefined =>
  Either.match(Either.try({ try: make, catch: (error) => error as NodeJS.ErrnoException }), {
    onRight: () => true,
    onLeft: (error) => {
      if (error.code === "EEXIST") return false
      if (throws) throw error
      return undefined
    }
  })

const lives = ({ owner, touchedAt }: Found, own: Owner, now: number): boolean => {
  const answers = owner.boot === own.boot && owner.namespace === own.namespace && owner.host === own.host
  if (!answers) return (owner.host !== own.host || owner.boot === own.boot) && now - touchedAt < goneAfterMillis
  const startedAt = startOf(owner.pid)
  return isRunning(owner.pid) && (startedAt === "" || startedAt === owner.startedAt)
}

/**
 * Removes the file of a process that is gone, unless another process does that now, or has done it and put its own
 * there.
 */
const reap = (file: string, found: Found, now: number): void => {
  const permit = `${file}.reaping`
  if (Either.isLeft(Either.try(() => fs.closeSync(fs.openSync(permit, "wx"))))) {
    // Reaping takes no time; whoever is at it for ten seconds has ended while at it.
    const since = Option.liftThrowable(() => fs.statSync(permit).mtimeMs)()
    if (Option.exists(since, (millis) => now - millis > 10_000)) fs.rmSync(permit, { force: true })
    return
  }
  if (Option.exists(read(file), ({ text }) => text === found.text)) fs.rmSync(file, { force: true })
  fs.rmSync(permit, { force: true })
}

const isOwn = (file: string, own: Owner): boolean =>
  Option.exists(read(file), ({ text }) => text === JSON.stringify(own))

const self = (): Owner => ({
  pid: process.pid,
  host: os.hostname(),
  boot: textOf("/proc/sys/kernel/random/boot_id"),
  namespace: Option.getOrElse(Option.liftThrowable(() => fs.readlinkSync("/proc/self/ns/pid"))(), () => ""),
  startedAt: startOf(process.pid)
})

/** When a process started, in the kernel's own unit; empty where it does not say. */
const startOf = (pid: number): string => statOf(pid)[19] ?? ""

/** What the kernel says of a process, from its state on: the program's name stands before, and may hold anything. */
const statOf = (pid: number): ReadonlyArray<string> => {
  const stat = textOf(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")
}

const textOf = (file: string): string =>
  Option.getOrElse(Option.liftThrowable(() => fs.readFileSync(file, "utf8").trim())(), () => "")

/** One that belongs to somebody else may not be asked, but it is there. One that nobody buried yet is not. */
const isRunning = (pid: number): boolean =>
  pid > 0 &&
  !["Z", "X"].includes(statOf(pid)[0] ?? "") &&
  Either.match(Either.try({ try: () => process.kill(pid, 0), catch: (error) => error as NodeJS.ErrnoException }), {
    onLeft: ({ code }) => code === "EPERM",
    onRight: () => true
  })

const attempt = <A>(folder: string, call: () => A): Effect.Effect<A, FolderUnusable> =>
  Effect.try({
    try: call,
    catch: (error) => new FolderUnusable({ folder, detail: error instanceof Error ? error.message : "unknown" })
  })
