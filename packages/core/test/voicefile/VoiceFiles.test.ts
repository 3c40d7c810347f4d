import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import * as TestContext from "effect/TestContext"
import { Accounts } from "../../src/account/Accounts.ts"
import * as Application from "../../src/account/Application.ts"
import { IdGenerator } from "../../src/IdGenerator.ts"
import { InvalidInput } from "../../src/InvalidInput.ts"
import { type Answer, ReviewDesk } from "../../src/qualification/ReviewDesk.ts"
import * as ReviewWorker from "../../src/qualification/ReviewWorker.ts"
import { BlobStore } from "../../src/storage/BlobStore.ts"
import { Journal } from "../../src/storage/Journal.ts"
import * as MemoryStore from "../../src/storage/MemoryStore.ts"
import { WorkQueue } from "../../src/storage/WorkQueue.ts"
import * as Law from "../../src/testing/Law.ts"
import * as PlainDecoder from "../../src/testing/PlainDecoder.ts"
import { AudioDecoder } from "../../src/voicefile/AudioDecoder.ts"
import * as SoundFile from "../../src/voicefile/SoundFile.ts"
import * as VoiceFile from "../../src/voicefile/VoiceFile.ts"
import * as VoiceFileShelf from "../../src/voicefile/VoiceFileShelf.ts"
import { type Settings, VoiceFiles } from "../../src/voicefile/VoiceFiles.ts"
import { mp3 } from "./Mp3.ts"

const day = 86_400_000
const accountId = "a"

interface Options {
  readonly settings?: Partial<Settings>
  readonly desk?: Layer.Layer<ReviewDesk>
  readonly decoder?: Layer.Layer<AudioDecoder>
  /** What is kept, to be looked at. */
  readonly kept?: Map<string, Uint8Array>
  readonly store?: Layer.Layer<BlobStore>
}

const blobs = (kept: Map<string, Uint8Array>) =>
  Layer.succeed(BlobStore, {
    put: (_, id, bytes) => Effect.sync(() => void kept.set(id, bytes.slice())),
    get: (_, id) => Effect.sync(() => kept.get(id)),
    remove: (_, id) => Effect.sync(() => void kept.delete(id))
  })

const core = ({ decoder, desk, kept = new Map(), settings = {}, store = blobs(kept) }: Options = {}) =>
  Layer.provideMerge(
    Layer.merge(VoiceFiles.layerWith(settings), Accounts.layer),
    Layer.mergeAll(
      MemoryStore.layer,
      IdGenerator.layerSeeded(5),
      store,
      desk ?? ReviewDesk.layerManual,
      decoder ?? PlainDecoder.layer
    )
  )

const application = Effect.gen(function* () {
  const accounts = yield* Accounts
  yield* accounts.open({ accountId })
  yield* accounts.verify(accountId, { as: "enterprise" })
  yield* accounts.activate(accountId, { agreementAccepted: true })
  return (yield* accounts.createApplication(accountId, { name: "测试语音短信" })).applicationId
})

/** All work that is due, once. */
const work = Effect.gen(function* () {
  const queue = yield* WorkQueue
  const { reviews } = yield* VoiceFiles
  const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
  for (const lease of yield* queue.lease({ queue: "review", now, limit: 100, leaseMillis: 1 })) {
    const outcome = yield* ReviewWorker.dispatch([reviews])(lease)
    yield* outcome === undefined ? queue.finish(lease) : queue.postpone(lease, outcome)
  }
})

/** A decoder that knows how often it was asked. */
const counting = () => {
  let asked = 0
  const decoder = Layer.effect(
    AudioDecoder,
    Effect.map(AudioDecoder, (sound) => ({
      ...sound,
      decode: (...given: Parameters<typeof sound.decode>) => {
        asked++
        return sound.decode(...given)
      }
    }))
  ).pipe(Layer.provide(PlainDecoder.layer))
  return { decoder, count: () => asked }
}

const hum = (pitch = 440, millis = 1_000) => PlainDecoder.wav(PlainDecoder.humming(millis, pitch))
const approve = (version: number) => ({ version, verdict: { _tag: "Approve" } }) as const
const reject = (version: number) => ({ version, verdict: { _tag: "Reject", reason: "含营销内容" } }) as const

describe("VoiceFiles", () => {
  it.effect("VOF-1, VOF-2, VOF-3: from its upload to its approval; the list shows it, and it can be listened to", () =>
    Effect.gen(function* () {
      const files = yield* VoiceFiles
      const app = yield* application
      yield* TestClock.adjust(1_000)
      const sound = hum()
      const made = yield* files.upload(accountId, app, { sound, name: " 开业通知 " })
      expect(made).toEqual({
        stage: "pending",
        applicationId: app,
        fileId: SoundFile.idOf(sound, "wav"),
        name: "开业通知",
        format: "wav",
        bytes: sound.length,
        durationMillis: 1_000,
        version: 1,
        createdAt: 1_000,
        submittedAt: 1_000
      })
      yield* TestClock.adjust(1_000)
      const second = yield* files.upload(accountId, app, { sound: mp3({ frames: 10 }) })
      expect(second).toMatchObject({ format: "mp3", name: second.fileId, durationMillis: 720 })
      const waiting = yield* files.pending()
      expect(waiting.items).toEqual([made, second].map((file) => ({ accountId, ...file })))
      yield* files.decide(accountId, app, made.fileId, approve(1))
      yield* files.decide(accountId, app, second.fileId, reject(1))
      const { items } = yield* files.list(accountId, app)
      expect(items.map(({ reason, stage }) => [stage, reason])).toEqual([
        ["rejected", "含营销内容"],
        ["approved", undefined]
      ])
      expect((yield* files.list(accountId, app, { stage: "approved" })).items).toEqual([items[1]])
      expect((yield* files.list("stranger", app)).items).toEqual([])
      expect(yield* files.listen(accountId, app, made.fileId)).toEqual({ format: "wav", bytes: sound })
      const heard = yield* files.sound(VoiceFile.ref(accountId, app, made.fileId))
      expect(heard).toEqual(PlainDecoder.humming(1_000))
      expect(yield* Effect.flip(files.listen("stranger", app, made.fileId))).toEqual(new VoiceFile.UnknownVoiceFile())
    }).pipe(Effect.provide(core()))
  )

  it.effect("VOF-1, VOF-6: what is refused is not kept, not even for a moment", () =>
    Effect.gen(function* () {
      const kept = new Map<string, Uint8Array>()
      const { count, decoder } = counting()
      yield* Effect.gen(function* () {
        const files = yield* VoiceFiles
        const app = yield* application
        const refused = (sound: Uint8Array, name?: string) => Effect.flip(files.upload(accountId, app, { sound, name }))
        expect(yield* refused(hum(), "")).toBeInstanceOf(InvalidInput)
        expect(yield* refused(new Uint8Array(409_601))).toBeInstanceOf(SoundFile.SoundTooLarge)
        expect(yield* refused(Uint8Array.of(1, 2, 3))).toBeInstanceOf(SoundFile.SoundNotTaken)
        // Frames that say nothing are cheap to write, and dear to decode.
        const long = yield* refused(mp3({ frames: 5_000 }))
        expect(long).toEqual(new SoundFile.SoundTooLong({ durationMillis: 360_000, maxMillis: 20_000 }))
        expect(count()).toBe(0)
        expect(yield* refused(hum().slice(0, 44))).toEqual(new SoundFile.SoundUnplayable({ format: "wav" }))
        expect(yield* refused(hum(440, 20_001))).toEqual(
          new SoundFile.SoundTooLong({ durationMillis: 20_001, maxMillis: 20_000 })
        )
        const silence = PlainDecoder.wav({ sampleRate: 8_000, samples: new Int16Array(8_000) })
        expect(yield* refused(silence)).toEqual(new SoundFile.SoundSilent())
        expect(yield* Effect.flip(files.upload(accountId, "1499999999", { sound: hum() }))).toEqual(
          new Application.UnknownApplication()
        )
        expect(kept.size).toBe(0)
        yield* files.upload(accountId, app, { sound: hum(440, 20_000) })
        expect(kept.size).toBe(1)
      }).pipe(Effect.provide(core({ kept, decoder, settings: { durationMillisMax: 20_000 } })))
    })
  )

  it.effect("VOF-2: the same content is the same file, of one application; repeats are not decoded", () => {
    const { count, decoder } = counting()
    return Effect.gen(function* () {
      const files = yield* VoiceFiles
      const app = yield* application
      const other = (yield* (yield* Accounts).createApplication(accountId, { name: "另一个" })).applicationId
      const first = yield* files.upload(accountId, app, { sound: hum(), name: "一" })
      expect(yield* files.upload(accountId, app, { sound: hum(), name: "二" })).toEqual(first)
      yield* files.decide(accountId, app, first.fileId, approve(1))
      expect((yield* files.upload(accountId, app, { sound: hum() })).stage).toBe("approved")
      expect(count()).toBe(1)
      const theirs = yield* files.upload(accountId, other, { sound: hum() })
      expect([theirs.fileId, theirs.stage]).toEqual([first.fileId, "pending"])
      yield* files.decide(accountId, other, theirs.fileId, reject(1))
      const anew = yield* files.upload(accountId, other, { sound: hum(), name: "三" })
      expect([anew.stage, anew.version, anew.name]).toEqual(["pending", 2, "三"])
      expect(yield* Effect.flip(files.decide(accountId, other, theirs.fileId, approve(1)))).toEqual(
        new VoiceFile.OutdatedVoiceFile({ judged: 1, current: 2 })
      )
    }).pipe(Effect.provide(core({ decoder })))
  })

  it.effect("VOF-3: the desk is asked about each submission, until it has decided", () =>
    Effect.gen(function* () {
      const answers: Array<Answer> = [{ _tag: "Later" }, { _tag: "Approve" }]
      const asked: Array<string> = []
      const desk = Layer.succeed(ReviewDesk, {
        review: ({ key, subject, version }) =>
          Effect.sync(() => {
            asked.push(`${subject} ${key} ${version}`)
            return answers.shift()!
          })
      })
      yield* Effect.gen(function* () {
        const files = yield* VoiceFiles
        const app = yield* application
        const { fileId } = yield* files.upload(accountId, app, { sound: hum() })
        yield* work
        expect((yield* files.get(accountId, app, fileId)).stage).toBe("pending")
        yield* work
        expect(asked).toHaveLength(1)
        yield* TestClock.adjust("1 minute")
        yield* work
        expect((yield* files.get(accountId, app, fileId)).stage).toBe("approved")
        expect(asked).toEqual([1, 2].map(() => `voiceFile voiceFile/${app}/${fileId} 1`))
      }).pipe(Effect.provide(core({ desk })))
    })
  )

  it.effect("VOF-5, VOF-6: a deleted file's sound goes at once, a rejected one's after thirty days, no other's", () =>
    Effect.gen(function* () {
      const kept = new Map<string, Uint8Array>()
      yield* Effect.gen(function* () {
        const files = yield* VoiceFiles
        const app = yield* application
        const [approved, rejected, deleted] = yield* Effect.forEach([300, 400, 500], (pitch) =>
          files.upload(accountId, app, { sound: hum(pitch) })
        )
        yield* files.decide(accountId, app, approved!.fileId, approve(1))
        yield* files.decide(accountId, app, deleted!.fileId, approve(1))
        yield* files.decide(accountId, app, rejected!.fileId, reject(1))
        yield* files.remove(accountId, app, deleted!.fileId)
        yield* files.remove(accountId, app, deleted!.fileId)
        expect(yield* files.listen(accountId, app, deleted!.fileId)).toBeUndefined()
        expect((yield* files.get(accountId, app, deleted!.fileId)).stage).toBe("deleted")
        expect(kept.size).toBe(3)
        yield* work
        expect(kept.size).toBe(2)
        yield* TestClock.adjust(30 * day - 1)
        yield* work
        expect(kept.size).toBe(2)
        expect(yield* files.listen(accountId, app, rejected!.fileId)).toBeDefined()
        yield* TestClock.adjust(1)
        yield* work
        expect([kept.size, yield* files.listen(accountId, app, rejected!.fileId)]).toEqual([1, undefined])
        yield* TestClock.adjust(400 * day)
        yield* work
        expect(kept.size).toBe(1)
        // What comes again is submitted anew, and its first sound is nobody's.
        const anew = yield* files.upload(accountId, app, { sound: hum(400) })
        yield* files.decide(accountId, app, anew.fileId, reject(2))
        yield* files.upload(accountId, app, { sound: hum(400) })
        expect(kept.size).toBe(3)
        yield* work
        expect(kept.size).toBe(2)
        expect(yield* Effect.flip(files.remove(accountId, app, "0.wav"))).toEqual(new VoiceFile.UnknownVoiceFile())
      }).pipe(Effect.provide(core({ kept })))
    })
  )

  it.effect("VOF-6: a sound whose upload crashed before it was recorded is erased", () =>
    Effect.gen(function* () {
      const kept = new Map<string, Uint8Array>()
      // The process dies right after the sound was kept.
      const dying = Layer.effect(
        BlobStore,
        Effect.map(BlobStore, (store) => ({
          ...store,
          put: (...given: Parameters<typeof store.put>) => Effect.zipRight(store.put(...given), Effect.interrupt)
        }))
      ).pipe(Layer.provide(blobs(kept)))
      yield* Effect.gen(function* () {
        const files = yield* VoiceFiles
        const app = yield* application
        yield* Effect.exit(files.upload(accountId, app, { sound: hum() }))
        expect([kept.size, (yield* files.list(accountId, app)).items.length]).toEqual([1, 0])
        yield* TestClock.adjust(day)
        yield* work
        expect(kept.size).toBe(0)
      }).pipe(Effect.provide(core({ store: dying })))
    })
  )

  it("VOF-2, VOF-6, VOF-7: uploads, deletions and verdicts at once: never too many files, and no sound without one", () =>
    FastCheck.assert(
      FastCheck.asyncProperty(
        FastCheck.array(FastCheck.tuple(FastCheck.nat(3), FastCheck.nat(3)), { minLength: 3, maxLength: 9 }),
        FastCheck.scheduler(),
        FastCheck.integer({ min: 12, max: 48 }),
        (steps, order, slice) => {
          const kept = new Map<string, Uint8Array>()
          const story = Effect.gen(function* () {
            const files = yield* VoiceFiles
            const app = yield* application
            const id = (n: number) => SoundFile.idOf(hum(300 + n, 100), "wav")
            yield* Effect.forEach(
              steps,
              ([n, what]) => {
                const fileId = id(n)
                if (what < 2) return Effect.ignore(files.upload(accountId, app, { sound: hum(300 + n, 100) }))
                if (what === 2) return Effect.ignore(files.remove(accountId, app, fileId))
                return Effect.ignore(files.decide(accountId, app, fileId, reject(1)))
              },
              { concurrency: "unbounded" }
            )
            yield* TestClock.adjust(40 * day)
            yield* work
            const { items } = yield* files.list(accountId, app)
            const shelf = yield* (yield* Journal).load(VoiceFileShelf.ref(accountId, app))
            expect(shelf.state.files).toBe(items.length)
            expect(items.length).toBeLessThanOrEqual(2)
            expect(kept.size).toBe(items.filter(({ stage }) => stage !== "rejected").length)
          })
          return Law.interleaved(
            story.pipe(
              Effect.provide(core({ kept, settings: { filesMax: 2 } })),
              Effect.provide(TestContext.TestContext)
            ),
            order,
            slice
          )
        }
      ),
      { numRuns: 40 }
    ))
})
