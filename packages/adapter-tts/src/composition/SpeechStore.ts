/**
 * Adapter: speech on disk, a file for each key. Several processes may use one directory, and any of them may die at any
 * time: files appear whole or not at all, and one that is not whole all the same is as good as none.
 */
import { createHash, randomUUID } from "node:crypto"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import type { SpeechAudio } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

export interface StoreOptions {
  readonly directory: string
  /** Of all files together. When there are more, those that were used longest ago go. */
  readonly bytesMax: number
}

/** A disk that fails is as good as an empty one: no method of it ever fails. */
export interface SpeechStore {
  readonly get: (key: string) => Effect.Effect<SpeechAudio | undefined>
  readonly put: (key: string, audio: SpeechAudio) => Effect.Effect<void>
  readonly remove: (key: string) => Effect.Effect<void>
}

/** Makes the directory if there is none, and tidies it up. `key`: letters and digits, as of a digest. */
export const open = ({
  bytesMax,
  directory
}: StoreOptions): Effect.Effect<SpeechStore, never, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const fileOf = (key: string) => path.join(directory, `${key}${suffix}`)
    let written = 0

    /** Takes away what is too much, and what writers that died have left behind. */
    const tidy = Effect.gen(function* () {
      written = 0
      const now = yield* Clock.currentTimeMillis
      const found: Array<{ readonly file: string; readonly size: number; readonly at: number }> = []
      for (const name of yield* files.readDirectory(directory)) {
        if (!name.endsWith(suffix) && !name.endsWith(unfinished)) continue
        const file = path.join(directory, name)
        const info = yield* Effect.option(files.stat(file))
        if (Option.isNone(info) || info.value.type !== "File") continue
        const at = Option.match(info.value.mtime, { onNone: () => 0, onSome: (time) => time.getTime() })
        if (name.endsWith(suffix)) found.push({ file, size: Number(info.value.size), at })
        else if (now - at > unfinishedMillis) yield* Effect.ignore(files.remove(file))
      }
      let total = found.reduce((sum, { size }) => sum + size, 0)
      if (total <= bytesMax) return
      for (const { file, size } of found.sort((a, b) => a.at - b.at)) {
        if (total <= bytesMax * 0.9) return
        yield* Effect.ignore(files.remove(file))
        total -= size
      }
    })

    yield* Effect.ignore(files.makeDirectory(directory, { recursive: true, mode: 0o700 }))
    yield* Effect.ignore(tidy)

    return {
      get: (key) =>
        Effect.gen(function* () {
          const file = fileOf(key)
          const audio = read(yield* files.readFile(file))
          if (audio === undefined) {
            yield* Effect.ignore(files.remove(file))
            return undefined
          }
          const now = yield* Clock.currentTimeMillis
          yield* Effect.ignore(files.utimes(file, now / 1_000, now / 1_000))
          return audio
        }).pipe(Effect.catchAll(() => Effect.succeed(undefined))),
      put: (key, audio) =>
        Effect.gen(function* () {
          const bytes = write(audio)
          if (bytes.length > bytesMax / 2) return
          const draft = path.join(directory, `${randomUUID()}${unfinished}`)
          yield* files.writeFile(draft, bytes, { flag: "wx", mode: 0o600 }).pipe(
            Effect.zipRight(files.rename(draft, fileOf(key))),
            Effect.onError(() => Effect.ignore(files.remove(draft)))
          )
          written += bytes.length
          if (written > bytesMax / 10) yield* tidy
        }).pipe(Effect.ignore),
      remove: (key) => Effect.ignore(files.remove(fileOf(key)))
    }
  })

const suffix = ".speech"
const unfinished = ".draft"

/** No writer takes so long: who left this behind is dead. */
const unfinishedMillis = 600_000

const magic = "VSMS1\n\0\0"
const headerLength = 8 + 4 + 4 + 32

const digest = (samples: Uint8Array): Buffer => createHash("sha256").update(samples).digest()

/** `undefined`: it is not whole, or nothing of ours. */
export const read = (bytes: Uint8Array): SpeechAudio | undefined => {
  if (bytes.length < headerLength || Buffer.from(bytes.subarray(0, 8)).toString("latin1") !== magic) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [sampleRate, count] = [view.getUint32(8, true), view.getUint32(12, true)]
  const content = bytes.subarray(headerLength)
  if (content.length !== count * 2 || !digest(content).equals(bytes.subarray(16, headerLength))) return undefined
  const samples = new Int16Array(count)
  for (let at = 0; at < count; at++) samples[at] = view.getInt16(headerLength + at * 2, true)
  return { sampleRate, samples }
}

export const write = ({ sampleRate, samples }: SpeechAudio): Uint8Array => {
  const bytes = new Uint8Array(headerLength + samples.length * 2)
  const view = new DataView(bytes.buffer)
  bytes.set(Buffer.from(magic, "latin1"))
  view.setUint32(8, sampleRate, true)
  view.setUint32(12, samples.length, true)
  for (let at = 0; at < samples.length; at++) view.setInt16(headerLength + at * 2, samples[at]!, true)
  bytes.set(digest(bytes.subarray(headerLength)), 16)
  return bytes
}
