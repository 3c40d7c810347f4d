/**
 * Rules: one send from its acceptance to its end (SND-6): what was accepted, what happened, when, and what it cost. What
 * a report comes to is `SendStep.ts`; which calls are placed, and who pays, is not decided here.
 */
import * as Schema from "effect/Schema"
import { Hold, Part } from "../balance/Lot.ts"
import * as Minutes from "../money/Minutes.ts"
import type { Tally } from "../storage/Decision.ts"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref } from "../storage/Kind.ts"
import { SpokenSegment } from "../template/Rendering.ts"
import { TemplateKind } from "../template/Template.ts"
import { Operator } from "./Callee.ts"
import { Sight } from "./Gate.ts"

// ---------------------------------------------------------------------------------------------------------------------
// what it is
// ---------------------------------------------------------------------------------------------------------------------

/** `none`: nothing was accepted under this id. `completed` and `failed` are final. */
export const Stage = Schema.Literal("none", "accepted", "dialling", "ringing", "answered", "completed", "failed")
export type Stage = typeof Stage.Type

/** Why a call that was placed did not come about: the callee's doing, or the network's, in a channel's words. */
export const CallFailure = Schema.Literal(
  "noAnswer",
  "busy",
  "rejected",
  "poweredOff",
  "notInService",
  "invalidNumber",
  "suspended",
  "unreachable",
  "callerBarred",
  "blocked",
  "congestion",
  "channelFailure"
)
export type CallFailure = typeof CallFailure.Type

/**
 * Why a send failed.
 *
 * **Details** Either its call did, or one of ours. `speechFailure`: the text could not be spoken. `noRoute`: no route
 * would take the call. `fateUnknown`: it may have been placed, and no channel can say what became of it; it was not
 * dialled again (SND-10). `tooLate`: it could not be dialled in time. `numberLapsed`: the number to display was held no
 * more. `applicationDisabled`, `templateDeleted`, `fileDeleted`: it may no longer be sent (ACC-3, TPL-6, VOF-5).
 */
export const FailureReason = Schema.Literal(
  ...CallFailure.literals,
  "speechFailure",
  "noRoute",
  "fateUnknown",
  "tooLate",
  "numberLapsed",
  "applicationDisabled",
  "templateDeleted",
  "fileDeleted"
)
export type FailureReason = typeof FailureReason.Type

/** What was accepted; it never changes. */
export const Accepted = Schema.Struct({
  /** Epoch milliseconds. */
  at: Schema.Number,
  applicationId: Schema.String,
  /** Empty where a file is played. */
  templateId: Schema.String,
  /** The file that is played instead of a text (VOF-4). */
  fileId: Schema.optional(Schema.String),
  kind: TemplateKind,
  /** The enterprise's own number that the callee sees (SND-4). */
  display: Schema.String,
  /** Of the callee, for the choice of a route (SND-9). */
  operator: Operator,
  region: Schema.optional(Schema.String),
  /** How often the text is played (SND-5). */
  plays: Schema.Int,
  ringTimeoutMillis: Schema.Int,
  longestCallMillis: Schema.Int,
  /** From then on it is too late to begin to dial: a send that has not begun fails. */
  dialUntilAt: Schema.Number,
  /** When somebody asks after the send if it has not ended by itself (SND-10). */
  deadlineAt: Schema.Number,
  hold: Hold,
  sight: Sight
})
export type Accepted = typeof Accepted.Type

/** One try to place the call. One without `failedAt` may have reached the callee. */
export const Attempt = Schema.Struct({
  route: Schema.String,
  at: Schema.Number,
  failedAt: Schema.optional(Schema.Number),
  /** In the channel's words, without numbers (`Detail.ts`). */
  detail: Schema.optional(Schema.String)
})
export type Attempt = typeof Attempt.Type

/** A key that the callee pressed. Personal data: it may be a digit of a secret. */
export const KeyPress = Schema.Struct({ at: Schema.Number, key: Schema.String })
export type KeyPress = typeof KeyPress.Type

/** What was reported too late, or against what was known: kept, and without effect. The detail holds no numbers. */
export const Correction = Schema.Struct({
  report: Schema.Literal("DialStarted", "RouteFailed", "Ringing", "Answered", "KeyPressed", "HungUp", "Failed"),
  /** When it happened, as reported. */
  at: Schema.Number,
  /** When we heard of it. */
  heardAt: Schema.Number,
  detail: Schema.optional(Schema.String)
})
export type Correction = typeof Correction.Type

/** Instants are epoch milliseconds; one that is missing has not come, or was never reported. */
export const State = Schema.Struct({
  stage: Stage,
  accepted: Accepted,
  diallingAt: Schema.optional(Schema.Number),
  ringingAt: Schema.optional(Schema.Number),
  answeredAt: Schema.optional(Schema.Number),
  endedAt: Schema.optional(Schema.Number),
  /** Why it failed. */
  reason: Schema.optional(FailureReason),
  attempts: Schema.Array(Attempt),
  /** How many keys the callee pressed; which, and when, is personal. */
  keysPressed: Schema.Int,
  /** What the call cost (BAL-2); 0 unless it was answered. */
  billedMinutes: Minutes.Minutes,
  /** The part of it that no package could pay (BAL-8). */
  overrunMinutes: Minutes.Minutes,
  /** What each package paid of it. */
  paid: Schema.Array(Part),
  /** The place of this send among the ended ones of its account, from 1; 0 until it ended. See `ReceiptLog.ts`. */
  receipt: Schema.Int,
  corrections: Schema.Array(Correction)
})
export type State = typeof State.Type

/** Erased when the retention time ends. The code of a verification is masked when the call ends (SND-1). */
export const Personal = Schema.Struct({
  /** E.164: `+86` and 11 digits. */
  callee: Schema.String,
  /** What is spoken; of a file, its name. */
  text: Schema.String,
  segments: Schema.Array(SpokenSegment),
  /** The caller's session context, byte for byte (SND-11). */
  ext: Schema.optional(Schema.String),
  /** The keys pressed, in the order of their reports; missing while there are none. */
  keys: Schema.optional(Schema.Array(KeyPress))
})
export type Personal = typeof Personal.Type

export const initial: State = {
  stage: "none",
  accepted: {
    at: 0,
    applicationId: "",
    templateId: "",
    fileId: undefined,
    kind: "notification",
    display: "",
    operator: "unknown",
    region: undefined,
    plays: 1,
    ringTimeoutMillis: 0,
    longestCallMillis: 0,
    dialUntilAt: 0,
    deadlineAt: 0,
    hold: { minutes: Minutes.zero, parts: [] },
    sight: {}
  },
  diallingAt: undefined,
  ringingAt: undefined,
  answeredAt: undefined,
  endedAt: undefined,
  reason: undefined,
  attempts: [],
  keysPressed: 0,
  billedMinutes: Minutes.zero,
  overrunMinutes: Minutes.zero,
  paid: [],
  receipt: 0,
  corrections: []
}

/** What happened to a send. */
export const Event = Schema.Union(
  Schema.TaggedStruct("SendAccepted", { accepted: Accepted }),
  Schema.TaggedStruct("DialStarted", { route: Schema.String, at: Schema.Number }),
  Schema.TaggedStruct("RouteFailed", { route: Schema.String, at: Schema.Number, detail: Schema.String }),
  Schema.TaggedStruct("Ringing", { at: Schema.Number }),
  Schema.TaggedStruct("Answered", { at: Schema.Number }),
  Schema.TaggedStruct("KeyPressed", { at: Schema.Number }),
  Schema.TaggedStruct("SendCompleted", {
    at: Schema.Number,
    billedMinutes: Minutes.Minutes,
    overrunMinutes: Minutes.Minutes,
    paid: Schema.Array(Part),
    receipt: Schema.Int
  }),
  Schema.TaggedStruct("SendFailed", { at: Schema.Number, reason: FailureReason, receipt: Schema.Int }),
  Schema.TaggedStruct("Corrected", { correction: Correction })
)
export type Event = typeof Event.Type

/**
 * What somebody reports of a send: the dispatcher its own decisions, a channel what it hears (any `CallEvent` of
 * `dispatch/CallChannel.ts` is one), the reconciler the end. Times are epoch milliseconds.
 */
export type Report =
  /** Recorded before the channel is asked: from then on the callee's phone may ring. */
  | { readonly _tag: "DialStarted"; readonly route: string; readonly at: number }
  /** The route promises that the phone did not and will not ring. */
  | { readonly _tag: "RouteFailed"; readonly route: string; readonly at: number; readonly detail: string }
  | { readonly _tag: "Ringing"; readonly at: number }
  | { readonly _tag: "Answered"; readonly at: number }
  | { readonly _tag: "KeyPressed"; readonly at: number; readonly key: string }
  | { readonly _tag: "HungUp"; readonly at: number }
  | { readonly _tag: "Failed"; readonly at: number; readonly failure: FailureReason }

/** The application has no such send. */
export class UnknownSend extends Schema.TaggedError<UnknownSend>()("UnknownSend", {}) {
  static readonly rule = "SND-6" as const
  static readonly transient = false
}

// ---------------------------------------------------------------------------------------------------------------------
// evolution
// ---------------------------------------------------------------------------------------------------------------------

export const evolve = (state: State, event: Event): State => {
  switch (event._tag) {
    case "SendAccepted":
      return { ...initial, stage: "accepted", accepted: event.accepted }
    case "DialStarted":
      return {
        ...state,
        stage: "dialling",
        diallingAt: state.diallingAt ?? event.at,
        attempts: [...state.attempts, { route: event.route, at: event.at, failedAt: undefined, detail: undefined }]
      }
    case "RouteFailed":
      return {
        ...state,
        attempts: state.attempts.map((attempt, i) =>
          i === state.attempts.length - 1 ? { ...attempt, failedAt: event.at, detail: event.detail } : attempt
        )
      }
    case "Ringing":
      return { ...state, stage: state.stage === "answered" ? "answered" : "ringing", ringingAt: event.at }
    case "Answered":
      return { ...state, stage: "answered", answeredAt: event.at }
    case "KeyPressed":
      return { ...state, keysPressed: state.keysPressed + 1 }
    case "SendCompleted": {
      const { at, billedMinutes, overrunMinutes, paid, receipt } = event
      return { ...state, stage: "completed", endedAt: at, billedMinutes, overrunMinutes, paid, receipt }
    }
    case "SendFailed":
      return { ...state, stage: "failed", endedAt: event.at, reason: event.reason, receipt: event.receipt }
    case "Corrected":
      return { ...state, corrections: [...state.corrections, event.correction] }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// queries
// ---------------------------------------------------------------------------------------------------------------------

export const isFinal = (state: State): boolean => state.stage === "completed" || state.stage === "failed"

/** Whether a route was asked that has not promised that the phone stays silent. */
export const hasOpenAttempt = (state: State): boolean => {
  const last = state.attempts[state.attempts.length - 1]
  return last !== undefined && last.failedAt === undefined
}

/** Milliseconds from answer to hang-up; 0 unless both are known. */
export const talkMillis = (state: State): number =>
  state.answeredAt === undefined || state.endedAt === undefined ? 0 : state.endedAt - state.answeredAt

/** What a step of a send adds to the statistics: always in the hour of its acceptance (STA-2). */
export const tally = (
  accountId: string,
  accepted: Accepted,
  counted: {
    readonly sends?: 1
    readonly answered?: 1
    readonly failed?: 1
    readonly reason?: FailureReason
    readonly minutes?: Minutes.Minutes
  }
): Tally => ({
  owner: accountId,
  applicationId: accepted.applicationId,
  templateId: accepted.fileId ?? accepted.templateId,
  hour: Math.floor(accepted.at / 3_600_000),
  reason: counted.reason ?? "",
  sends: counted.sends ?? 0,
  answered: counted.answered ?? 0,
  failed: counted.failed ?? 0,
  minutes: counted.minutes ?? 0
})

// ---------------------------------------------------------------------------------------------------------------------
// storage
// ---------------------------------------------------------------------------------------------------------------------

/** Not journaled: each step stands in the state with its time. */
export const kind: Kind<State, Event, Personal> = {
  name: "send",
  initial,
  evolve,
  state: State,
  event: Event,
  personal: Personal,
  journaled: false,
  ephemeral: false,
  indexes: {
    /** The sends of an application, in order of their acceptance. */
    byApplication: {
      name: "byApplication",
      position: (_key, state) => ({ partition: state.accepted.applicationId, at: state.accepted.at })
    },
    /** The sends to one number (STA-3), until its retention ends: the partition is `applicationId/+86…`. */
    byCallee: {
      name: "byCallee",
      position: (_key, state, personal) =>
        personal === undefined
          ? undefined
          : { partition: `${state.accepted.applicationId}/${personal.callee}`, at: state.accepted.at }
    },
    /** The ended sends of an application in the order of their ends; `at` is the receipt's number (CBK-1). */
    receipts: {
      name: "receipts",
      position: (_key, state) =>
        state.receipt === 0 ? undefined : { partition: state.accepted.applicationId, at: state.receipt }
    }
  }
}

/** A send's row; its key is the id that the caller was answered. */
export const ref = (accountId: string, sendId: string): Ref<typeof kind> => Kinds.ref(kind, accountId, sendId)
