/**
 * Rules: an alert that has fired: what about, and who was told (ALR-5). When one fires is decided in `LowBalance`,
 * `DailyVolume` and by the renewal of numbers; nobody is called from here.
 */
import * as Schema from "effect/Schema"
import * as Order from "../order/Order.ts"
import * as Decision from "../storage/Decision.ts"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref } from "../storage/Kind.ts"

// ---------------------------------------------------------------------------------------------------------------------
// what it is
// ---------------------------------------------------------------------------------------------------------------------

/** What an alert is about: facts for its message, none of them about people. */
export const Facts = Schema.Union(
  /** The available minutes of the account fell below its threshold (ALR-1). */
  Schema.TaggedStruct("LowBalance", { available: Schema.Int, threshold: Schema.Int }),
  /** An application sent more in one Shanghai day than its preset (ALR-2). `day`: days since 1970-01-01 there. */
  Schema.TaggedStruct("DailyVolume", {
    applicationId: Schema.String,
    day: Schema.Int,
    sends: Schema.Int,
    preset: Schema.Int
  }),
  /** The rent of a number could not be charged; it is lost at `expiresAt` (NUM-6). */
  Schema.TaggedStruct("RenewalFailed", {
    number: Schema.String,
    reason: Order.DeclineReason,
    failedAt: Schema.Int,
    expiresAt: Schema.Int
  })
)
export type Facts = typeof Facts.Type

/** The ways to reach a contact. */
export const Channel = Schema.Literal("mobile", "email", "webhook")
export type Channel = typeof Channel.Type

/** One contact reached, or not yet, in one way. Ends delivered or given up. */
export const Delivery = Schema.Struct({
  contactId: Schema.String,
  applicationId: Schema.String,
  channel: Channel,
  tries: Schema.Int,
  status: Schema.Literal("waiting", "delivered", "givenUp"),
  /** The last try; 0 before the first. */
  triedAt: Schema.Int
})
export type Delivery = typeof Delivery.Type

export const Fired = Schema.Struct({
  accountId: Schema.String,
  facts: Facts,
  firedAt: Schema.Int,
  /** Whether the contacts to be told are settled yet: they are those of the time at which telling begins. */
  addressed: Schema.Boolean,
  deliveries: Schema.Array(Delivery)
})
export type Fired = typeof Fired.Type

/** `null` until it fires. */
export const State = Schema.NullOr(Fired)
export type State = typeof State.Type

/** Whom to tell in which way. */
export const Target = Schema.Struct({ contactId: Schema.String, applicationId: Schema.String, channel: Channel })
export type Target = typeof Target.Type

const To = { contactId: Schema.String, channel: Channel, at: Schema.Int }

export const Event = Schema.Union(
  Schema.TaggedStruct("AlertFired", { accountId: Schema.String, facts: Facts, at: Schema.Int }),
  Schema.TaggedStruct("AlertAddressed", { targets: Schema.Array(Target), at: Schema.Int }),
  Schema.TaggedStruct("AlertDelivered", To),
  Schema.TaggedStruct("AlertNotDelivered", To),
  Schema.TaggedStruct("AlertGivenUp", To)
)
export type Event = typeof Event.Type

export const evolve = (state: State, event: Event): State => {
  if (event._tag === "AlertFired") {
    const { accountId, at: firedAt, facts } = event
    return { accountId, facts, firedAt, addressed: false, deliveries: [] }
  }
  if (state === null) throw new Error(`${event._tag} for an alert that has not fired`)
  switch (event._tag) {
    case "AlertAddressed": {
      const none = { tries: 0, status: "waiting", triedAt: 0 } as const
      return { ...state, addressed: true, deliveries: event.targets.map((target) => ({ ...target, ...none })) }
    }
    case "AlertDelivered":
      return tried(state, event, "delivered")
    case "AlertNotDelivered":
      return tried(state, event, "waiting")
    case "AlertGivenUp":
      return tried(state, event, "givenUp")
  }
}

const tried = (state: Fired, event: To & { readonly at: number }, status: Delivery["status"]): Fired => ({
  ...state,
  deliveries: state.deliveries.map((delivery) =>
    isTo(delivery, event) ? { ...delivery, status, tries: delivery.tries + 1, triedAt: event.at } : delivery
  )
})

const isTo = (delivery: Delivery, to: To): boolean =>
  delivery.contactId === to.contactId && delivery.channel === to.channel

interface To {
  readonly contactId: string
  readonly channel: Channel
}

// ---------------------------------------------------------------------------------------------------------------------
// firing
// ---------------------------------------------------------------------------------------------------------------------

/** How long an alert can be looked at: a year. */
export const keptMillis = 365 * 24 * 3_600_000

/** What a decision adds to its own changes and work. */
export interface Consequences {
  readonly changes: ReadonlyArray<Decision.Change>
  readonly work: ReadonlyArray<Decision.WorkOrder>
}

export const noConsequences: Consequences = { changes: [], work: [] }

/**
 * Fires an alert: a new row, and the work of telling people. The caller names the alert after what set it off, so that
 * the same thing cannot fire twice (ALR-5).
 */
export const fire = (
  env: { readonly now: number },
  alert: { readonly accountId: string; readonly alertId: string; readonly facts: Facts }
): Consequences => {
  const { accountId, alertId, facts } = alert
  const row = Kinds.fresh(ref(accountId, alertId))
  return {
    changes: [
      Decision.change(row, [{ _tag: "AlertFired", accountId, facts, at: env.now }], { expiresAt: env.now + keptMillis })
    ],
    work: [Decision.enqueue("alert", row.ref, env.now)]
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// telling
// ---------------------------------------------------------------------------------------------------------------------

/** How long contacts are tried; what did not reach them by then is given up, visibly. */
export const tryingMillis = 24 * 3_600_000

/** Pauses between the tries of one delivery, in seconds; the last one repeats. */
export const pausesSeconds: ReadonlyArray<number> = [5, 15, 60, 300, 900, 1_800, 3_600, 7_200]

/** Settles who is told, once: the first list stands. */
export const address = (
  env: { readonly now: number },
  state: State,
  targets: ReadonlyArray<Target>
): ReadonlyArray<Event> => (state === null || state.addressed ? [] : [{ _tag: "AlertAddressed", targets, at: env.now }])

/**
 * Records one try. `later`: it may be tried again, which it is unless its time is over. What is delivered or given up
 * stays so.
 */
export const record = (
  env: { readonly now: number },
  state: State,
  to: To,
  outcome: "delivered" | "later" | "never"
): ReadonlyArray<Event> => {
  const delivery = state?.deliveries.find((delivery) => isTo(delivery, to))
  if (state === null || delivery?.status !== "waiting") return []
  const { channel, contactId } = to
  const event = { contactId, channel, at: env.now }
  if (outcome === "delivered") return [{ _tag: "AlertDelivered", ...event }]
  const over = outcome === "never" || env.now >= state.firedAt + tryingMillis
  return [{ _tag: over ? "AlertGivenUp" : "AlertNotDelivered", ...event }]
}

/** When a delivery is due: at once, or a pause after its last try; never once it has ended. */
export const dueAt = (fired: Fired, delivery: Delivery): number | undefined => {
  if (delivery.status !== "waiting") return undefined
  if (delivery.tries === 0) return fired.firedAt
  const pause = pausesSeconds[Math.min(delivery.tries, pausesSeconds.length) - 1] ?? 0
  return Math.min(delivery.triedAt + pause * 1_000, fired.firedAt + tryingMillis)
}

/** When the next delivery is due; `undefined` if all have ended. */
export const nextDueAt = (fired: Fired): number | undefined =>
  fired.deliveries.reduce<number | undefined>((earliest, delivery) => {
    const at = dueAt(fired, delivery)
    return at === undefined || (earliest !== undefined && earliest <= at) ? earliest : at
  }, undefined)

// ---------------------------------------------------------------------------------------------------------------------
// storage
// ---------------------------------------------------------------------------------------------------------------------

export const kind: Kind<State, Event> = {
  name: "alert",
  initial: null,
  evolve,
  state: State,
  event: Event,
  personal: Kinds.nothingPersonal,
  journaled: false,
  ephemeral: true,
  indexes: {
    /** The alerts of an account, in the order in which they fired. */
    byAccount: {
      name: "byAccount",
      position: (_, state) => (state === null ? undefined : { partition: state.accountId, at: state.firedAt })
    }
  }
}

export const ref = (accountId: string, alertId: string): Ref<typeof kind> => Kinds.ref(kind, accountId, alertId)
