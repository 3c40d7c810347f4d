/**
 * Service: keeps the files of sound of applications, has them reviewed, lets people listen to them, and erases the sound
 * that is no longer needed (VOF-1 to VOF-7).
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import * as Application from "../account/Application.ts"
import * as BoundedText from "../account/BoundedText.ts"
import { IdGenerator } from "../IdGenerator.ts"
import { type InvalidInput, parser } from "../InvalidInput.ts"
import type { PortFailure } from "../PortFailure.ts"
import { ReviewDesk } from "../qualification/ReviewDesk.ts"
import type { ReviewHandler } from "../qualification/ReviewWorker.ts"
import { Verdict } from "../qualification/Verdict.ts"
import { BlobStore } from "../storage/BlobStore.ts"
import * as Decision from "../storage/Decision.ts"
import { Journal } from "../storage/Journal.ts"
import type { Ref, Row } from "../storage/Kind.ts"
import { PageInput } from "../storage/PageInput.ts"
import { type Page, Records } from "../storage/Records.ts"
import type { Outcome } from "../storage/Worker.ts"
import type { Lease } from "../storage/WorkQueue.ts"
import { AudioDecoder } from "./AudioDecoder.ts"
import * as SoundFile from "./SoundFile.ts"
import * as VoiceFile from "./VoiceFile.ts"
import * as VoiceFileShelf from "./VoiceFileShelf.ts"

/** What a deployment may choose. */
export interface Settings {
  /** The longest that one play may take: what fits into the longest call (VOF-1). */
  readonly durationMillisMax: number
  readonly filesMax: number
  /** How long after its rejection a file can be listened to (VOF-6). */
  readonly rejectedMillis: number
}

const day = 86_400_000

export const defaults: Settings = {
  durationMillisMax: 299_000,
  filesMax: VoiceFileShelf.filesMax,
  rejectedMillis: 30 * day
}

/** What an application uploads. */
export interface UploadInput {
  /** The bytes of the file, WAV or MP3. */
  readonly sound: Uint8Array
  /** 1 to 50 characters; the file's id if absent. */
  readonly name?: string | undefined
}

/** A file as its application sees it; `reason` leads from a rejected one to why. */
export type VoiceFileView = Omit<VoiceFile.State, "soundId">

/** A file that waits for a reviewer. */
export interface ReviewView extends VoiceFileView {
  readonly accountId: string
}

export interface ReviewInput {
  /** The submission that was judged (VOF-3). */
  readonly version: number
  readonly verdict: Verdict
}

export class VoiceFiles extends Context.Tag("@vsms/core/voicefile/VoiceFiles")<
  VoiceFiles,
  {
    /** Takes a file, which waits for its review from then on; one that is there already is that one (VOF-1, VOF-2). */
    readonly upload: (
      accountId: string,
      applicationId: string,
      input: UploadInput
    ) => Effect.Effect<
      VoiceFileView,
      InvalidInput | SoundFile.Refusal | Application.UnknownApplication | VoiceFileShelf.TooManyVoiceFiles | PortFailure
    >
    /** One file, also if it was deleted. */
    readonly get: (
      accountId: string,
      applicationId: string,
      fileId: string
    ) => Effect.Effect<VoiceFileView, VoiceFile.UnknownVoiceFile | PortFailure>
    /** The files that were not deleted, the newest first; those of one stage if it is given. */
    readonly list: (
      accountId: string,
      applicationId: string,
      input?: PageInput & { readonly stage?: "pending" | "approved" | "rejected" | undefined }
    ) => Effect.Effect<Page<VoiceFileView>, InvalidInput | PortFailure>
    /** The file itself, to be listened to; `undefined` once its sound is erased (VOF-3, VOF-6). */
    readonly listen: (
      accountId: string,
      applicationId: string,
      fileId: string
    ) => Effect.Effect<
      { readonly format: SoundFile.Format; readonly bytes: Uint8Array } | undefined,
      VoiceFile.UnknownVoiceFile | PortFailure
    >
    /** Deletes a file for good (VOF-5). Deleting it again changes nothing. */
    readonly remove: (
      accountId: string,
      applicationId: string,
      fileId: string
    ) => Effect.Effect<void, VoiceFile.UnknownVoiceFile | PortFailure>
    /** Carries out a reviewer's verdict on one version (VOF-3). */
    readonly decide: (
      accountId: string,
      applicationId: string,
      fileId: string,
      input: ReviewInput
    ) => Effect.Effect<
      VoiceFileView,
      | InvalidInput
      | VoiceFile.UnknownVoiceFile
      | VoiceFile.VoiceFileDeleted
      | VoiceFile.OutdatedVoiceFile
      | VoiceFile.VoiceFileDecided
      | PortFailure
    >
    /** What waits for a reviewer, of all accounts, the longest first. */
    readonly pending: (input?: PageInput) => Effect.Effect<Page<ReviewView>, InvalidInput | PortFailure>
    /** The sound of a file, for whoever plays it; `undefined` once it is erased. */
    readonly sound: (ref: Ref<typeof VoiceFile.kind>) => Effect.Effect<SoundFile.Sound | undefined, PortFailure>
    /** Its share of the work in the queue `review`: asks the desk about each submission, and erases sound. */
    readonly reviews: ReviewHandler
  }
>() {
  static readonly layerWith = (
    settings: Partial<Settings>
  ): Layer.Layer<VoiceFiles, never, AudioDecoder | BlobStore | IdGenerator | Journal | Records | ReviewDesk> =>
    Layer.effect(
      VoiceFiles,
      Effect.suspend(() => make({ ...defaults, ...settings }))
    )

  static readonly layer = VoiceFiles.layerWith({})
}

const make = (settings: Settings) =>
  Effect.gen(function* () {
    const blobs = yield* BlobStore
    const decoder = yield* AudioDecoder
    const desk = yield* ReviewDesk
    const ids = yield* IdGenerator
    const journal = yield* Journal
    const records = yield* Records

    /** What an upload changes; `undefined`: the same content is there, and waits or is approved. */
    const submission = (
      now: number,
      [application, row, shelf]: readonly [
        Row<typeof Application.kind>,
        Row<typeof VoiceFile.kind>,
        Row<typeof VoiceFileShelf.kind>
      ],
      uploaded: VoiceFile.Upload
    ) =>
      Either.gen(function* () {
        if (!application.state.exists) return yield* Either.left(new Application.UnknownApplication())
        const events = VoiceFile.submit({ now }, row.state, uploaded)
        if (events.length === 0) return undefined
        const file = Decision.change(row, events)
        if (VoiceFile.exists(row.state)) return { file, changes: [file] }
        const counted = yield* VoiceFileShelf.add(settings, shelf.state, uploaded.fileId)
        return { file, changes: [file, Decision.change(shelf, counted)] }
      })

    const upload = Effect.fn("VoiceFiles.upload")(function* (
      accountId: string,
      applicationId: string,
      input: UploadInput
    ) {
      yield* Effect.annotateCurrentSpan({ accountId, applicationId })
      const { name, sound: file } = yield* parseUpload(input)
      const { aboutMillis = 0, bytes, fileId, format } = yield* SoundFile.inspect(file, decoder.formats)
      yield* Effect.annotateCurrentSpan({ fileId })
      const ref = VoiceFile.ref(accountId, applicationId, fileId)
      const known = yield* journal.load(ref)
      // Uploads are repeated, and decoding is the dear part of them.
      if (VoiceFile.isKept(known.state)) return viewOf(known.state)
      // What would take long to decode, too: frames that say nothing cost nothing to write.
      const maxMillis = settings.durationMillisMax
      if (aboutMillis > maxMillis + aboutMarginMillis)
        return yield* new SoundFile.SoundTooLong({ durationMillis: aboutMillis, maxMillis })
      const sound = yield* decoder.decode(file, format)
      if (sound === undefined) return yield* new SoundFile.SoundUnplayable({ format })
      const durationMillis = yield* SoundFile.playable(sound, maxMillis)
      const soundId = yield* ids.next
      const uploaded = { applicationId, fileId, name: name ?? fileId, format, bytes, durationMillis, soundId }

      const refs = [
        Application.ref(accountId, applicationId),
        ref,
        VoiceFileShelf.ref(accountId, applicationId)
      ] as const

      // Before the sound is kept, the work that erases it should nothing come of the upload is enqueued.
      const begunAt = yield* Clock.currentTimeMillis
      const found = yield* journal.transact(refs, (rows) =>
        Either.map(submission(begunAt, rows, uploaded), (submitted) =>
          submitted === undefined
            ? Decision.answer(viewOf(rows[1].state))
            : Decision.make(undefined, { work: [erasure(ref, soundId, begunAt + strayMillis)] })
        )
      )
      if (found !== undefined) return found
      yield* blobs.put("sound", soundId, file)
      const now = yield* Clock.currentTimeMillis
      return yield* journal.transact(refs, (rows) =>
        Either.map(submission(now, rows, uploaded), (submitted) => {
          const { state } = rows[1]
          if (submitted === undefined) return Decision.answer(viewOf(state))
          const work = [Decision.enqueue("review", reviewOf(ref), now)]
          if (state.soundId !== "") work.push(erasure(ref, state.soundId, now))
          return Decision.make(viewOf(submitted.file.state), { changes: submitted.changes, work })
        })
      )
    })

    const loadKnown = (accountId: string, applicationId: string, fileId: string) =>
      Effect.flatMap(journal.load(VoiceFile.ref(accountId, applicationId, fileId)), (row) =>
        row.version === 0 ? new VoiceFile.UnknownVoiceFile() : Effect.succeed(row.state)
      )

    const get = Effect.fn("VoiceFiles.get")(function* (accountId: string, applicationId: string, fileId: string) {
      yield* Effect.annotateCurrentSpan({ accountId, applicationId, fileId })
      return viewOf(yield* loadKnown(accountId, applicationId, fileId))
    })

    const list = Effect.fn("VoiceFiles.list")(function* (
      accountId: string,
      applicationId: string,
      input?: PageInput & { readonly stage?: "pending" | "approved" | "rejected" | undefined }
    ) {
      yield* Effect.annotateCurrentSpan({ accountId, applicationId })
      const { after, limit, stage } = yield* parseList(input ?? {})
      const page = yield* records.list({
        kind: VoiceFile.kind,
        index: stage === undefined ? "byApplication" : "byStage",
        partition: stage === undefined ? applicationId : `${applicationId}/${stage}`,
        after,
        limit,
        descending: true
      })
      // An application's id is nobody else's, so this leaves out nothing but the guesses of strangers.
      const own = page.items.filter(({ ref }) => ref.owner === accountId)
      return { items: own.map(({ state }) => viewOf(state)), next: page.next }
    })

    const bytesOf = (state: VoiceFile.State): Effect.Effect<Uint8Array | undefined, PortFailure> =>
      VoiceFile.exists(state) ? blobs.get("sound", state.soundId) : Effect.succeed(undefined)

    const listen = Effect.fn("VoiceFiles.listen")(function* (accountId: string, applicationId: string, fileId: string) {
      yield* Effect.annotateCurrentSpan({ accountId, applicationId, fileId })
      const state = yield* loadKnown(accountId, applicationId, fileId)
      const bytes = yield* bytesOf(state)
      return bytes === undefined ? undefined : { format: state.format, bytes }
    })

    const sound = Effect.fn("VoiceFiles.sound")(function* (ref: Ref<typeof VoiceFile.kind>) {
      const { state } = yield* journal.load(ref)
      const bytes = yield* bytesOf(state)
      return bytes === undefined ? undefined : yield* decoder.decode(bytes, state.format)
    })

    const remove = Effect.fn("VoiceFiles.remove")(function* (accountId: string, applicationId: string, fileId: string) {
      yield* Effect.annotateCurrentSpan({ accountId, applicationId, fileId })
      const now = yield* Clock.currentTimeMillis
      yield* journal.transact(
        [VoiceFile.ref(accountId, applicationId, fileId), VoiceFileShelf.ref(accountId, applicationId)],
        ([row, shelf]) =>
          Either.map(VoiceFile.remove({ now }, row.state), (events) =>
            events.length === 0
              ? Decision.answer<void>(undefined)
              : Decision.make<void>(undefined, {
                  changes: [Decision.change(row, events), Decision.change(shelf, VoiceFileShelf.take(fileId))],
                  work: [Decision.cancel("review", reviewOf(row.ref)), erasure(row.ref, row.state.soundId, now)]
                })
          )
      )
    })

    const carryOut = (ref: Ref<typeof VoiceFile.kind>, command: ReviewInput) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        journal.transact([ref], ([row]) =>
          Either.map(VoiceFile.review({ now }, row.state, command), (events) => {
            if (events.length === 0) return Decision.answer(viewOf(row.state))
            const change = Decision.change(row, events)
            const { soundId } = change.state
            const until = VoiceFile.soundUntil(change.state, soundId, settings.rejectedMillis)
            return Decision.make(viewOf(change.state), {
              changes: [change],
              work: [
                Decision.cancel("review", reviewOf(ref)),
                ...(until === undefined ? [] : [erasure(ref, soundId, until)])
              ]
            })
          })
        )
      )

    const decide = Effect.fn("VoiceFiles.decide")(function* (
      accountId: string,
      applicationId: string,
      fileId: string,
      input: ReviewInput
    ) {
      yield* Effect.annotateCurrentSpan({ accountId, applicationId, fileId })
      return yield* carryOut(VoiceFile.ref(accountId, applicationId, fileId), yield* parseReview(input))
    })

    const pending = Effect.fn("VoiceFiles.pending")(function* (input?: PageInput) {
      const { after, limit } = yield* parsePage(input ?? {})
      const page = yield* records.list({ kind: VoiceFile.kind, index: "pending", partition: "", after, limit })
      return {
        items: page.items.map(({ ref, state }): ReviewView => ({ accountId: ref.owner, ...viewOf(state) })),
        next: page.next
      }
    })

    const review = Effect.fn("VoiceFiles.review")(function* ({ key, owner }: Lease) {
      const [, applicationId = "", fileId = ""] = key.split("/")
      const ref = VoiceFile.ref(owner, applicationId, fileId)
      const { state } = yield* journal.load(ref)
      if (state.stage !== "pending") return undefined
      const { version } = state
      const answer = yield* desk.review({ subject: "voiceFile", owner, key, version })
      if (answer._tag === "Later") return (yield* Clock.currentTimeMillis) + askAgainMillis
      return yield* carryOut(ref, { version, verdict: answer }).pipe(
        Effect.as(undefined),
        // Deleted, submitted anew or decided meanwhile: whoever did that has seen to the review of what there is now.
        Effect.catchTags({
          UnknownVoiceFile: () => Effect.succeed(undefined),
          VoiceFileDeleted: () => Effect.succeed(undefined),
          OutdatedVoiceFile: () => Effect.succeed(undefined),
          VoiceFileDecided: () => Effect.succeed(undefined)
        })
      )
    })

    /** Erases a sound that no file has any longer, or not for ever. */
    const erase = Effect.fn("VoiceFiles.erase")(function* ({ key, owner }: Lease) {
      const [, applicationId = "", fileId = "", soundId = ""] = key.split("/")
      const { state } = yield* journal.load(VoiceFile.ref(owner, applicationId, fileId))
      const until = VoiceFile.soundUntil(state, soundId, settings.rejectedMillis)
      if (until === undefined || until > (yield* Clock.currentTimeMillis)) return until
      yield* blobs.remove("sound", soundId)
      return undefined
    })

    const reviews: ReviewHandler = {
      owns: (key) => key.startsWith(reviewPrefix) || key.startsWith(soundPrefix),
      handle: (lease): Effect.Effect<Outcome, PortFailure> =>
        lease.key.startsWith(reviewPrefix) ? review(lease) : erase(lease)
    }

    return { upload, get, list, listen, remove, decide, pending, sound, reviews } satisfies typeof VoiceFiles.Service
  })

// ---------------------------------------------------------------------------------------------------------------------
// the forms of the input
// ---------------------------------------------------------------------------------------------------------------------

const parseUpload = parser(
  Schema.Struct({
    sound: Schema.Uint8ArrayFromSelf.annotations({ identifier: "the bytes of a file of sound" }),
    name: Schema.optional(BoundedText.line({ min: 1, max: 50 }))
  })
)

const parsePage = parser(PageInput)

const parseList = parser(
  Schema.Struct({ ...PageInput.fields, stage: Schema.optional(Schema.Literal("pending", "approved", "rejected")) })
)

const parseReview = parser(Schema.Struct({ version: Schema.Int, verdict: Verdict }))

// ---------------------------------------------------------------------------------------------------------------------

/** How long a sound may lie in the store before anything refers to it: longer than any upload takes. */
const strayMillis = day

/** How long a reviewer who has not decided is left alone. */
const askAgainMillis = 60_000

/** By how much the frames of a file may say too much: what encoders put before and after the sound. */
const aboutMarginMillis = 500

const viewOf = (state: VoiceFile.State): VoiceFileView => Struct.omit(state, "soundId")

const reviewPrefix = "voiceFile/"
const soundPrefix = "sound/"

type VoiceFileRef = Row<typeof VoiceFile.kind>["ref"]

const reviewOf = (ref: VoiceFileRef) => ({ owner: ref.owner, key: reviewPrefix + ref.key })

/** Ids have no slash in them: the key is application, file and sound. */
const erasure = (ref: VoiceFileRef, soundId: string, dueAt: number) =>
  Decision.enqueue("review", { owner: ref.owner, key: `${soundPrefix}${ref.key}/${soundId}` }, dueAt)
