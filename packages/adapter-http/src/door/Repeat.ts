/**
 * Rules: a request that is repeated under its `Idempotency-Key` gets its first answer, for a day. Only successes are
 * remembered: what was refused changed nothing, and may be asked again. Sends have a memory of their own, in core (SND-7).
 */
import * as Kinds from "@vsms/core/storage/Kind"
import type { Kind, Ref } from "@vsms/core/storage/Kind"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { KeyUsedBefore, RequestUnderWay } from "../api/HttpRefusals.ts"

export const rememberedMillis = 24 * 3_600_000

/** A process that has not answered by then is taken for dead, and the request may be made anew. */
export const underWayMillis = 5 * 60_000

export const State = Schema.Struct({
  stage: Schema.Literal("free", "underWay", "answered"),
  startedAt: Schema.Int,
  /** The request that is under way, or was answered. */
  requestId: Schema.String,
  status: Schema.Int
})
export type State = typeof State.Type

export const initial: State = { stage: "free", startedAt: 0, requestId: "", status: 0 }

/** What tells two requests apart, and the body of the answer: it may hold whatever the answer held. */
export const Personal = Schema.Struct({ fingerprint: Schema.String, body: Schema.String })
export type Personal = typeof Personal.Type

export const Event = Schema.Union(
  Schema.TaggedStruct("RequestStarted", { requestId: Schema.String, at: Schema.Int }),
  Schema.TaggedStruct("RequestAnswered", { status: Schema.Int }),
  Schema.TaggedStruct("RequestRefused", {})
)
export type Event = typeof Event.Type

/** What becomes of a request under a key: it is carried out, or answered as before. */
export type Claim =
  | { readonly _tag: "Mine" }
  | { readonly _tag: "Before"; readonly status: number; readonly body: string }

export const mine: Claim = { _tag: "Mine" }

/** Claims the key for a request. */
export const claim = (
  now: number,
  { personal, state }: { readonly state: State; readonly personal: Personal | undefined },
  fingerprint: string
): Either.Either<Claim, RequestUnderWay | KeyUsedBefore> => {
  const age = now - state.startedAt
  const isFree = state.stage === "free" || age >= rememberedMillis
  if (isFree || (state.stage === "underWay" && age >= underWayMillis)) return Either.right(mine)
  if (personal?.fingerprint !== fingerprint) return Either.left(new KeyUsedBefore({ usedAt: state.startedAt }))
  return state.stage === "underWay"
    ? Either.left(new RequestUnderWay())
    : Either.right({ _tag: "Before", status: state.status, body: personal.body })
}

export const evolve = (state: State, event: Event): State => {
  switch (event._tag) {
    case "RequestStarted":
      return { stage: "underWay", startedAt: event.at, requestId: event.requestId, status: 0 }
    case "RequestAnswered":
      return { ...state, stage: "answered", status: event.status }
    case "RequestRefused":
      return initial
  }
}

export const kind: Kind<State, Event, Personal> = {
  name: "httpRepeat",
  initial,
  evolve,
  state: State,
  event: Event,
  personal: Personal,
  journaled: false,
  ephemeral: true,
  indexes: {}
}

/** Keys are an account's own, and those of different operations do not meet. */
export const ref = (accountId: string, operation: string, key: string): Ref<typeof kind> =>
  Kinds.ref(kind, accountId, `${operation}/${key}`)
