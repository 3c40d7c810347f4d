/**
 * Port: a telephone route. It places one call at a time per `place`, and reports what happens to it.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Send from "../sending/Send.ts"
import type { Codec, TelephoneAudio } from "./TelephoneCodec.ts"

/** A call to place. */
export interface Call {
  /**
   * The id of this try: the send's own, with a number appended from the second try on (`CallId.ts`). A channel that
   * sees an id twice places no second call.
   */
  readonly id: string
  /** E.164, `+86` and 11 digits. Personal data. */
  readonly callee: string
  /** The number displayed to the callee (SND-4). */
  readonly display: string
  readonly audio: TelephoneAudio
  /** How often the audio is played, 1 to 3 (SND-5). */
  readonly plays: number
  /** The silence between two plays; a second if absent. */
  readonly pauseMillis?: number | undefined
  readonly ringTimeoutMillis: number
  /** Counted from the answer: the channel hangs up then, whatever is playing (BAL-4). */
  readonly longestCallMillis: number
}

/** Why a call that was placed did not come about; see `failureCauses`. */
export const CallFailure = Send.CallFailure
export type CallFailure = Send.CallFailure

/**
 * Whose doing a failure is (SND-9). `channel`: the route did not get through to the callee's network, so that it counts
 * against the route's health and another route may take over. `caller`: the displayed number was not let through.
 */
export const failureCauses: { readonly [F in CallFailure]: "callee" | "caller" | "channel" } = {
  noAnswer: "callee",
  busy: "callee",
  rejected: "callee",
  poweredOff: "callee",
  notInService: "callee",
  invalidNumber: "callee",
  suspended: "callee",
  unreachable: "callee",
  callerBarred: "caller",
  blocked: "callee",
  congestion: "channel",
  channelFailure: "channel"
}

/** What a channel reports, in the order in which it learned of it. Times are epoch milliseconds. */
export type CallEvent =
  | { readonly _tag: "Ringing"; readonly at: number }
  | { readonly _tag: "Answered"; readonly at: number }
  | { readonly _tag: "KeyPressed"; readonly at: number; readonly key: string }
  /** Answered and now over: `at` is the hang-up. */
  | { readonly _tag: "HungUp"; readonly at: number }
  /** Over without an answer. */
  | { readonly _tag: "Failed"; readonly at: number; readonly failure: CallFailure }

/** What a channel knows of a call that somebody asks after. */
export type CallFate =
  /** This channel never placed it, and never will. */
  | { readonly _tag: "NeverPlaced" }
  | { readonly _tag: "InProgress" }
  | { readonly _tag: "Completed"; readonly answeredAt: number; readonly hungUpAt: number }
  | { readonly _tag: "Failed"; readonly at: number; readonly failure: CallFailure }
  /** The channel cannot say. */
  | { readonly _tag: "Unknown" }

/**
 * The channel itself failed.
 *
 * **Details** `placed: "no"` promises that the callee's phone did not and will not ring: another route may take over
 * (SND-9). `"unknown"` promises nothing: the call must be asked after, never dialled again (SND-10).
 *
 * **Gotchas** `detail` is for operators and is logged (a status, a host): never a telephone number or what was spoken.
 */
export class ChannelFailure extends Schema.TaggedError<ChannelFailure>()("ChannelFailure", {
  channel: Schema.String,
  placed: Schema.Literal("no", "unknown"),
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.channel}: ${this.detail} (placed: ${this.placed})`
  }
}

export interface ChannelCapabilities {
  readonly codecs: ReadonlyArray<Codec>
  /** Whether `KeyPressed` is ever reported. */
  readonly keyPresses: boolean
  /** Whether `ask` can tell anything but `Unknown`. */
  readonly remembers: boolean
}

export interface Channel {
  readonly name: string
  readonly capabilities: ChannelCapabilities
  /**
   * Places the call, hands each event to `report` one after the other, and completes when the call is over and its
   * last event (`HungUp` or `Failed`) was taken. Interrupting it hangs up. Events may still be late, doubled or out of
   * order as networks are: the rules cope (SND-6). Those that are reported when it is over are not heard, and a call
   * whose end was not reported, or that had to be interrupted, is a fault of the channel (SND-9).
   */
  readonly place: (call: Call, report: (event: CallEvent) => Effect.Effect<void>) => Effect.Effect<void, ChannelFailure>
  /** What became of a call, by its id. */
  readonly ask: (id: string) => Effect.Effect<CallFate, ChannelFailure>
  /** Whether the route works, without calling anybody: what probing asks (SND-9). */
  readonly probe: Effect.Effect<void, ChannelFailure>
}

/** The one channel of deployments that have one; several are composed as `Routes`. */
export class CallChannel extends Context.Tag("@vsms/core/dispatch/CallChannel")<CallChannel, Channel>() {}
