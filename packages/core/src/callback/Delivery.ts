/**
 * Rules: one callback on its way to one endpoint: its tries, and how it ends (CBK-2).
 */
import * as Schema from "effect/Schema"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref } from "../storage/Kind.ts"
import * as RetryPlan from "./RetryPlan.ts"

/** How a try ended, other than with an HTTP status. `transport`: ours was broken. `unsendable`: it always will be. */
export const Trouble = Schema.Literal(
  "timeout",
  "connection",
  "dns",
  "tls",
  "privateAddress",
  "redirect",
  "tooLarge",
  "transport",
  "unsendable",
  "endpointGone"
)
export type Trouble = typeof Trouble.Type

export const Try = Schema.Struct({
  /** Epoch milliseconds. */
  at: Schema.Number,
  tookMillis: Schema.Number,
  /** The receiver's status; missing if there was none. */
  status: Schema.optional(Schema.Int),
  trouble: Schema.optional(Trouble)
})
export type Try = typeof Try.Type

/** `exhausted`: the plan's 24 hours are over. `dropped`: the endpoint is gone, or can never be told. */
export const Status = Schema.Literal("none", "pending", "delivered", "exhausted", "dropped")
export type Status = typeof Status.Type

export const State = Schema.Struct({
  status: Status,
  applicationId: Schema.String,
  sendId: Schema.String,
  endpointId: Schema.String,
  /** Which of the format's messages: most have one, `end`. */
  part: Schema.String,
  createdAt: Schema.Number,
  /** The first try of the present plan: a replay begins a new one. */
  planFrom: Schema.Number,
  /** Tries that failed since then. */
  failures: Schema.Int,
  nextAt: Schema.optional(Schema.Number),
  tries: Schema.Array(Try)
})
export type State = typeof State.Type

export const initial: State = {
  status: "none",
  applicationId: "",
  sendId: "",
  endpointId: "",
  part: "",
  createdAt: 0,
  planFrom: 0,
  failures: 0,
  nextAt: undefined,
  tries: []
}

export const Event = Schema.Union(
  Schema.TaggedStruct("DeliveryOrdered", {
    applicationId: Schema.String,
    sendId: Schema.String,
    endpointId: Schema.String,
    part: Schema.String,
    at: Schema.Number
  }),
  Schema.TaggedStruct("Delivered", { attempt: Try }),
  Schema.TaggedStruct("TryFailed", { attempt: Try, nextAt: Schema.Number }),
  Schema.TaggedStruct("GivenUp", { attempt: Try, dropped: Schema.Boolean }),
  Schema.TaggedStruct("Replayed", { at: Schema.Number })
)
export type Event = typeof Event.Type

/** There is no such delivery. */
export class UnknownDelivery extends Schema.TaggedError<UnknownDelivery>()("UnknownDelivery", {}) {
  static readonly rule = "CBK-2" as const
  static readonly transient = false
}

/** The answer to a try: only a 2xx takes the callback off our hands. */
export interface Outcome {
  readonly attempt: Try
  readonly retryAfterMillis?: number | undefined
}

export const isTaken = (attempt: Try): boolean =>
  attempt.status !== undefined && attempt.status >= 200 && attempt.status < 300

/** What a try comes to. */
export const tried = (state: State, { attempt, retryAfterMillis }: Outcome): ReadonlyArray<Event> => {
  if (state.status !== "pending") return []
  if (isTaken(attempt)) return [{ _tag: "Delivered", attempt }]
  if (attempt.trouble === "endpointGone" || attempt.trouble === "unsendable")
    return [{ _tag: "GivenUp", attempt, dropped: true }]
  const now = attempt.at + attempt.tookMillis
  const nextAt = RetryPlan.next({ firstAt: state.planFrom, now, failures: state.failures + 1, retryAfterMillis })
  return nextAt === undefined
    ? [{ _tag: "GivenUp", attempt, dropped: false }]
    : [{ _tag: "TryFailed", attempt, nextAt }]
}

/** Begins a new plan, whatever became of the old one; the tries made so far stay on record. */
export const replay = (env: { readonly now: number }, state: State): ReadonlyArray<Event> | UnknownDelivery =>
  state.status === "none" ? new UnknownDelivery() : [{ _tag: "Replayed", at: env.now }]

/** Replays can be asked for without end; the record keeps the latest tries. */
const triesKept = 64

export const evolve = (state: State, event: Event): State => {
  switch (event._tag) {
    case "DeliveryOrdered": {
      const { applicationId, at, endpointId, part, sendId } = event
      const begun = { ...initial, applicationId, sendId, endpointId, part, createdAt: at }
      return { ...begun, status: "pending", planFrom: at, nextAt: at }
    }
    case "Delivered":
      return { ...state, status: "delivered", nextAt: undefined, tries: withTry(state, event.attempt) }
    case "TryFailed":
      return { ...state, failures: state.failures + 1, nextAt: event.nextAt, tries: withTry(state, event.attempt) }
    case "GivenUp":
      return {
        ...state,
        status: event.dropped ? "dropped" : "exhausted",
        failures: state.failures + 1,
        nextAt: undefined,
        tries: withTry(state, event.attempt)
      }
    case "Replayed":
      return { ...state, status: "pending", planFrom: event.at, failures: 0, nextAt: event.at }
  }
}

const withTry = (state: State, attempt: Try): ReadonlyArray<Try> => [...state.tries, attempt].slice(-triesKept)

/** Not journaled: the tries stand in the state. The row goes with its send's personal data. */
export const kind: Kind<State, Event> = {
  name: "callbackDelivery",
  initial,
  evolve,
  state: State,
  event: Event,
  personal: Kinds.nothingPersonal,
  journaled: false,
  ephemeral: true,
  indexes: {
    byApplication: {
      name: "byApplication",
      position: (_key, state) => ({ partition: state.applicationId, at: state.createdAt })
    },
    bySend: {
      name: "bySend",
      position: (_key, state) => ({ partition: state.sendId, at: state.createdAt })
    }
  }
}

/** What makes a callback the same callback however often it is tried: receivers see it as `webhook-id`. */
export const keyOf = (delivery: {
  readonly sendId: string
  readonly endpointId: string
  readonly part: string
}): string => `${delivery.sendId}/${delivery.endpointId}/${delivery.part}`

export const ref = (accountId: string, key: string): Ref<typeof kind> => Kinds.ref(kind, accountId, key)
