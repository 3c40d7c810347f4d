/**
 * Rules: a file of sound of an application, and its way through review (VOF-2, VOF-3, VOF-5). What sound is taken is
 * `SoundFile.ts`; how many files there may be, `VoiceFileShelf.ts`; where the sound lies is not known here.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { Verdict } from "../qualification/Verdict.ts"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref } from "../storage/Kind.ts"
import { Stage } from "../template/Template.ts"
import * as SoundFile from "./SoundFile.ts"

// ---------------------------------------------------------------------------------------------------------------------
// what it is
// ---------------------------------------------------------------------------------------------------------------------

const submission = {
  /** For people: what records show as the content of a send. */
  name: Schema.String,
  format: SoundFile.Format,
  bytes: Schema.Int,
  /** The true length of one play. */
  durationMillis: Schema.Int,
  /** Under which the sound is kept; another one with each submission. */
  soundId: Schema.String
}

/** Instants are epoch milliseconds. */
export const State = Schema.Struct({
  stage: Stage,
  applicationId: Schema.String,
  fileId: Schema.String,
  ...submission,
  /** Counts the submissions: 1 when it was first uploaded (VOF-2). */
  version: Schema.Int,
  createdAt: Schema.Number,
  submittedAt: Schema.Number,
  decidedAt: Schema.optional(Schema.Number),
  /** Why it was rejected, in the reviewer's words. */
  reason: Schema.optional(Schema.String),
  deletedAt: Schema.optional(Schema.Number)
})
export type State = typeof State.Type

export const initial: State = {
  stage: "none",
  applicationId: "",
  fileId: "",
  name: "",
  format: "wav",
  bytes: 0,
  durationMillis: 0,
  soundId: "",
  version: 0,
  createdAt: 0,
  submittedAt: 0
}

export const Event = Schema.Union(
  Schema.TaggedStruct("VoiceFileSubmitted", {
    applicationId: Schema.String,
    fileId: Schema.String,
    ...submission,
    at: Schema.Number
  }),
  Schema.TaggedStruct("VoiceFileApproved", { version: Schema.Int, at: Schema.Number }),
  Schema.TaggedStruct("VoiceFileRejected", { version: Schema.Int, reason: Schema.String, at: Schema.Number }),
  Schema.TaggedStruct("VoiceFileDeleted", { at: Schema.Number })
)
export type Event = typeof Event.Type

/** What these decisions know of the world. */
export interface Env {
  /** Epoch milliseconds. */
  readonly now: number
}

/** What is uploaded, once it was looked at. */
export type Upload = Omit<Extract<Event, { readonly _tag: "VoiceFileSubmitted" }>, "_tag" | "at">

// ---------------------------------------------------------------------------------------------------------------------
// refusals, in order of precedence
// ---------------------------------------------------------------------------------------------------------------------

/** The application has no such file. */
export class UnknownVoiceFile extends Schema.TaggedError<UnknownVoiceFile>()("UnknownVoiceFile", {}) {
  static readonly rule = "VOF-3" as const
  static readonly transient = false
}

/** The file was deleted, which is final. */
export class VoiceFileDeleted extends Schema.TaggedError<VoiceFileDeleted>()("VoiceFileDeleted", {}) {
  static readonly rule = "VOF-5" as const
  static readonly transient = false
}

/** The reviewer listened to another submission than the one that waits. */
export class OutdatedVoiceFile extends Schema.TaggedError<OutdatedVoiceFile>()("OutdatedVoiceFile", {
  judged: Schema.Int,
  current: Schema.Int
}) {
  static readonly rule = "VOF-3" as const
  static readonly transient = false
}

/** This submission was decided already, the other way. */
export class VoiceFileDecided extends Schema.TaggedError<VoiceFileDecided>()("VoiceFileDecided", { stage: Stage }) {
  static readonly rule = "VOF-3" as const
  static readonly transient = false
}

/** Only an approved file can be sent. `none`: there is no such file. */
export class VoiceFileNotUsable extends Schema.TaggedError<VoiceFileNotUsable>()("VoiceFileNotUsable", {
  stage: Stage
}) {
  static readonly rule = "VOF-4" as const
  static readonly code = 1014
  static readonly transient = true
}

// ---------------------------------------------------------------------------------------------------------------------
// decisions
// ---------------------------------------------------------------------------------------------------------------------

type Decided<R> = Either.Either<ReadonlyArray<Event>, R>

const nothing: Either.Either<ReadonlyArray<Event>> = Either.right([])

/** Submits a content, unless it is there and waits or is approved: then it is the same file (VOF-2). */
export const submit = (env: Env, state: State, upload: Upload): ReadonlyArray<Event> =>
  isKept(state) ? [] : [{ _tag: "VoiceFileSubmitted", ...upload, at: env.now }]

/** Carries out a verdict on the submission that it names (VOF-3). The same verdict again is nothing new. */
export const review = (
  env: Env,
  state: State,
  command: { readonly version: number; readonly verdict: Verdict }
): Decided<UnknownVoiceFile | VoiceFileDeleted | OutdatedVoiceFile | VoiceFileDecided> => {
  const { verdict, version } = command
  if (state.stage === "none") return Either.left(new UnknownVoiceFile())
  if (state.stage === "deleted") return Either.left(new VoiceFileDeleted())
  if (version !== state.version) return Either.left(new OutdatedVoiceFile({ judged: version, current: state.version }))
  if (state.stage !== "pending") {
    const same = verdict._tag === "Approve" ? state.stage === "approved" : state.reason === verdict.reason
    return same ? nothing : Either.left(new VoiceFileDecided({ stage: state.stage }))
  }
  return Either.right([
    verdict._tag === "Approve"
      ? { _tag: "VoiceFileApproved", version, at: env.now }
      : { _tag: "VoiceFileRejected", version, reason: verdict.reason, at: env.now }
  ])
}

/** Deletes a file for good (VOF-5). */
export const remove = (env: Env, state: State): Decided<UnknownVoiceFile> => {
  if (state.stage === "none") return Either.left(new UnknownVoiceFile())
  return state.stage === "deleted" ? nothing : Either.right([{ _tag: "VoiceFileDeleted", at: env.now }])
}

export const evolve = (state: State, event: Event): State => {
  switch (event._tag) {
    case "VoiceFileSubmitted": {
      const { _tag, at, ...upload } = event
      const createdAt = exists(state) ? state.createdAt : at
      return { stage: "pending", ...upload, version: state.version + 1, createdAt, submittedAt: at }
    }
    case "VoiceFileApproved":
      return { ...state, stage: "approved", decidedAt: event.at }
    case "VoiceFileRejected":
      return { ...state, stage: "rejected", decidedAt: event.at, reason: event.reason }
    case "VoiceFileDeleted":
      return { ...state, stage: "deleted", deletedAt: event.at }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// queries
// ---------------------------------------------------------------------------------------------------------------------

const allowed: Either.Either<void> = Either.void

/** Whether the file may be sent: it was approved, and not deleted since (VOF-4, VOF-5). */
export const maySend = (state: State): Either.Either<void, VoiceFileNotUsable> =>
  state.stage === "approved" ? allowed : Either.left(new VoiceFileNotUsable({ stage: state.stage }))

/** Whether the same content, uploaded again, changes nothing (VOF-2). */
export const isKept = (state: State): boolean => state.stage === "pending" || state.stage === "approved"

/** Whether it is there, whatever was decided about it. */
export const exists = (state: State): boolean => state.stage !== "none" && state.stage !== "deleted"

/**
 * Until when a sound of the file is kept (VOF-6): `undefined` for as long as the file can be sent, or waits. What is in
 * the past is to be erased.
 */
export const soundUntil = (state: State, soundId: string, rejectedMillis: number): number | undefined => {
  if (state.soundId !== soundId || !exists(state)) return 0
  return state.stage === "rejected" ? (state.decidedAt ?? 0) + rejectedMillis : undefined
}

// ---------------------------------------------------------------------------------------------------------------------
// storage
// ---------------------------------------------------------------------------------------------------------------------

export const kind: Kind<State, Event> = {
  name: "voiceFile",
  initial,
  evolve,
  state: State,
  event: Event,
  personal: Kinds.nothingPersonal,
  journaled: true,
  ephemeral: false,
  indexes: {
    /** The files of an application that were not deleted, in order of their creation. */
    byApplication: {
      name: "byApplication",
      position: (_key, state) => (exists(state) ? { partition: state.applicationId, at: state.createdAt } : undefined)
    },
    /** The same, of one stage: the partition is `applicationId/stage`. */
    byStage: {
      name: "byStage",
      position: (_key, state) =>
        exists(state) ? { partition: `${state.applicationId}/${state.stage}`, at: state.createdAt } : undefined
    },
    /** What waits for a reviewer, of all accounts, the longest first; the partition is empty. */
    pending: {
      name: "pending",
      position: (_key, state) => (state.stage === "pending" ? { partition: "", at: state.submittedAt } : undefined)
    }
  }
}

/** The key is the application's id and the file's: two applications may have the same content, each reviewed. */
export const ref = (accountId: string, applicationId: string, fileId: string): Ref<typeof kind> =>
  Kinds.ref(kind, accountId, `${applicationId}/${fileId}`)
