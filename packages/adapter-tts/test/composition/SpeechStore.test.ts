import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import * as PlatformError from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import * as SpeechStore from "../../src/composition/SpeechStore.ts"
import { speechOf } from "../support/StoredSpeech.ts"

let directory: string

beforeEach(() => void (directory = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-store-"))))
afterEach(() => fs.rmSync(directory, { recursive: true, force: true }))

const opened = <A>(use: (store: SpeechStore.SpeechStore) => Effect.Effect<A>, bytesMax = 10_000_000): Promise<A> =>
  SpeechStore.open({ directory, bytesMax }).pipe(
    Effect.flatMap(use),
    Effect.provide(NodeContext.layer),
    Effect.runPromise
  )

const fileOf = (key: string) => path.join(directory, `${key}.speech`)

const size = SpeechStore.write(speechOf(0)).length

describe("speech on disk", () => {
  it("comes back as it went, in another process too", async () => {
    await opened((store) => store.put("a", speechOf(1)))
    expect(await opened((store) => store.get("a"))).toEqual(speechOf(1))
    expect(await opened((store) => store.get("b"))).toBeUndefined()
  })

  it("is for its owner alone", async () => {
    directory = path.join(directory, "deep", "er")
    await opened((store) => store.put("a", speechOf(1)))
    expect(fs.statSync(fileOf("a")).mode & 0o777).toBe(0o600)
    expect(fs.statSync(directory).mode & 0o777).toBe(0o700)
  })

  it("that is not whole, or was changed, is none, and makes room for what is", async () => {
    const whole = Buffer.from(SpeechStore.write(speechOf(1, 50)))
    FastCheck.assert(
      FastCheck.property(
        FastCheck.nat({ max: whole.length - 1 }),
        FastCheck.integer({ min: 1, max: 255 }),
        (at, change) => {
          expect(SpeechStore.read(whole.subarray(0, at))).toBeUndefined()
          const changed = Buffer.from(whole)
          changed[at] = changed[at]! ^ change
          const read = SpeechStore.read(changed)
          // The sample rate alone is not covered by the digest: nothing in it can be cut off.
          if (at < 8 || at >= 12) expect(read).toBeUndefined()
        }
      )
    )
    for (const bytes of [whole.subarray(0, 80), Buffer.alloc(0), Buffer.alloc(200)]) {
      fs.writeFileSync(fileOf("a"), bytes)
      expect(await opened((store) => store.get("a"))).toBeUndefined()
      expect(fs.existsSync(fileOf("a"))).toBe(false)
    }
    await opened((store) => store.put("a", speechOf(1)))
    expect(await opened((store) => store.get("a"))).toEqual(speechOf(1))
  })

  it("has a bound: what was used longest ago goes", () =>
    opened(
      (store) =>
        Effect.gen(function* () {
          for (let key = 0; key < 30; key++) {
            yield* store.put(`k${key}`, speechOf(key))
            // As if a second lay between two of them.
            fs.utimesSync(fileOf(`k${key}`), key, key)
            if (key === 5) fs.utimesSync(fileOf("k0"), 1_000, 1_000)
          }
          const kept = fs.readdirSync(directory)
          expect(kept.length * size).toBeLessThanOrEqual(10 * size)
          expect(kept).toContain("k0.speech")
          expect(kept).toContain("k29.speech")
          expect(kept).not.toContain("k1.speech")
        }),
      10 * size
    ))

  it("use counts: what is read is young again", () =>
    opened((store) =>
      Effect.gen(function* () {
        yield* store.put("a", speechOf(1))
        fs.utimesSync(fileOf("a"), 5, 5)
        yield* store.get("a")
        expect(fs.statSync(fileOf("a")).mtimeMs).toBeGreaterThan(1_000_000)
      })
    ))

  it("what a writer that died has left behind goes when it is old, and a writer that lives is not disturbed", async () => {
    fs.writeFileSync(path.join(directory, "old.draft"), "half")
    fs.utimesSync(path.join(directory, "old.draft"), 5, 5)
    fs.writeFileSync(path.join(directory, "new.draft"), "half")
    fs.writeFileSync(path.join(directory, "yours.txt"), "no file of ours")
    await opened(() => Effect.void)
    expect(fs.readdirSync(directory).sort()).toEqual(["new.draft", "yours.txt"])
  })

  it("a disk that is full, or cannot be written, is as good as none", async () => {
    await opened((store) => store.put("a", speechOf(1)))
    const fails = () =>
      Effect.fail(new PlatformError.SystemError({ reason: "Unknown", module: "FileSystem", method: "any" }))
    const full = FileSystem.layerNoop({
      makeDirectory: fails,
      readDirectory: fails,
      readFile: fails,
      writeFile: fails,
      remove: fails
    })
    const outcome = await SpeechStore.open({ directory, bytesMax: 1_000 }).pipe(
      Effect.flatMap((store) =>
        Effect.zipRight(store.put("b", speechOf(1)), Effect.all([store.get("a"), store.remove("a")]))
      ),
      Effect.provide(full),
      Effect.provide(NodeContext.layer),
      Effect.runPromise
    )
    expect(outcome[0]).toBeUndefined()
  })

  it("two processes that write the same, and are killed in the middle of it, leave nothing that is not whole", async () => {
    const keys = 8
    const program = fileURLToPath(new URL("../support/StoreWriter.ts", import.meta.url))
    const args = ["--conditions=@vsms/source", "--import", "tsx", program, directory, String(keys), String(5 * size)]
    const kill = async () => {
      const writers = [1, 2].map(() => spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] }))
      await Promise.all(writers.map((writer) => new Promise((resolve) => writer.stdout.once("data", resolve))))
      // Reads while they write: whatever is there is whole.
      let found = 0
      await opened((store) =>
        Effect.gen(function* () {
          for (let at = 0; found < 40; at++) {
            const audio = yield* store.get(`k${at % keys}`)
            if (audio === undefined) continue
            expect(audio).toEqual(speechOf(at % keys))
            found++
          }
        })
      )
      const ended = writers.map((writer) => new Promise((resolve) => writer.on("exit", resolve)))
      for (const writer of writers) writer.kill("SIGKILL")
      await Promise.all(ended)
    }
    await kill()
    const files = fs.readdirSync(directory).filter((name) => name.endsWith(".speech"))
    expect(files.length).toBeGreaterThan(0)
    for (const name of files) {
      const audio = SpeechStore.read(fs.readFileSync(path.join(directory, name)))
      expect(audio).toEqual(speechOf(Number(/\d+/.exec(name)![0])))
    }
  }, 60_000)
})
