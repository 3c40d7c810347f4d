/**
 * Rules: how often one number may be called by one application (SND-8). Limits are values; what was called is counted
 * in the same decision that accepts the send, on the canonical number, and only if all of it is accepted.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref } from "../storage/Kind.ts"
import type { TemplateKind } from "../template/Template.ts"
import * as ShanghaiDay from "../time/ShanghaiDay.ts"
import type { Callee } from "./Callee.ts"

// ---------------------------------------------------------------------------------------------------------------------
// limits
// ---------------------------------------------------------------------------------------------------------------------

/** Sends of one group are counted together: codes by themselves, notifications and activities as notices. */
export const Group = Schema.Literal("code", "notice")
export type Group = typeof Group.Type

export const groupOf = (kind: TemplateKind): Group => (kind === "code" ? "code" : "notice")

const Max = Schema.Int.pipe(Schema.between(1, 1_000))

/** At most `max` sends in any `millis` milliseconds, or on any natural day (Asia/Shanghai). */
export const Limit = Schema.Union(
  Schema.TaggedStruct("Window", { millis: Schema.Int.pipe(Schema.between(1_000, 7 * 86_400_000)), max: Max }),
  Schema.TaggedStruct("NaturalDay", { max: Max })
)
export type Limit = typeof Limit.Type

/** All of them hold. None at all: the number may be called as often as anybody likes. */
export const Limits = Schema.Array(Limit).pipe(Schema.maxItems(8))
export type Limits = typeof Limits.Type

export const defaults: { readonly [G in Group]: Limits } = {
  code: [
    { _tag: "Window", millis: 30_000, max: 1 },
    { _tag: "Window", millis: 600_000, max: 2 },
    { _tag: "NaturalDay", max: 3 }
  ],
  notice: [
    { _tag: "Window", millis: 30_000, max: 1 },
    { _tag: "Window", millis: 600_000, max: 3 },
    { _tag: "NaturalDay", max: 5 }
  ]
}

/** The number was called as often as a limit allows. It may be called again `retryAfterMillis` later. */
export class TooFrequent extends Schema.TaggedError<TooFrequent>()("TooFrequent", {
  group: Group,
  limit: Limit,
  counted: Schema.Int,
  retryAfterMillis: Schema.Int
}) {
  static readonly rule = "SND-8" as const
  static readonly code = 1013
  static readonly transient = true
}

// ---------------------------------------------------------------------------------------------------------------------
// what was called
// ---------------------------------------------------------------------------------------------------------------------

const Times = Schema.Array(Schema.Number)

/** When the number was called, by group, in order; only as far back, and as many, as some limit asks. */
export const State = Schema.Struct({ code: Times, notice: Times })
export type State = typeof State.Type

export const initial: State = { code: [], notice: [] }

/** One more send to the number was accepted; `calledAt` are all of the group that still count, this one included. */
export const Event = Schema.TaggedStruct("CalleeCounted", { group: Group, calledAt: Times })
export type Event = typeof Event.Type

/** What the limits make of one more send now. */
export interface Passed {
  readonly event: Event
  /** How many earlier sends each limit counted, in the order of the limits. */
  readonly counted: ReadonlyArray<number>
  /** When nothing of this counts any more. */
  readonly expiresAt: number
}

/**
 * Counts one more send, or says when it could be made.
 *
 * **Details** A send counts in a window of m milliseconds until, not at, m milliseconds later. Where several limits
 * are reached, the answer is the one that takes longest to pass.
 */
export const count = (
  env: { readonly now: number },
  group: Group,
  limits: Limits,
  state: State
): Either.Either<Passed, TooFrequent> => {
  const { now } = env
  const calledAt = state[group]
  const counted: Array<number> = []
  let refusal: { readonly limit: Limit; readonly counted: number; readonly freeAt: number } | undefined
  let expiresAt = now
  let keepFrom = now
  let keepMax = 0
  for (const limit of limits) {
    const from = countsFrom(limit, now)
    const calls = calledAt.length - firstFrom(calledAt, from)
    counted.push(calls)
    if (calls >= limit.max) {
      const freeAt = freeFrom(limit, calledAt[calledAt.length - limit.max]!)
      if (refusal === undefined || freeAt > refusal.freeAt) refusal = { limit, counted: calls, freeAt }
    }
    expiresAt = Math.max(expiresAt, freeFrom(limit, now))
    keepFrom = Math.min(keepFrom, from)
    keepMax = Math.max(keepMax, limit.max)
  }
  if (refusal !== undefined) {
    const { limit, freeAt } = refusal
    return Either.left(new TooFrequent({ group, limit, counted: refusal.counted, retryAfterMillis: freeAt - now }))
  }
  const kept = calledAt.slice(Math.max(firstFrom(calledAt, keepFrom), calledAt.length - keepMax + 1))
  // The clock of another process may be a little ahead; order is kept all the same.
  kept.push(Math.max(now, kept[kept.length - 1] ?? now))
  return Either.right({ event: { _tag: "CalleeCounted", group, calledAt: kept }, counted, expiresAt })
}

/** Sends from this instant on count. */
const countsFrom = (limit: Limit, now: number): number =>
  limit._tag === "Window" ? now - limit.millis + 1 : ShanghaiDay.startAt(ShanghaiDay.ofInstant(now))

/** When a send made at `at` no longer counts. */
const freeFrom = (limit: Limit, at: number): number =>
  limit._tag === "Window" ? at + limit.millis : ShanghaiDay.endAt(ShanghaiDay.ofInstant(at))

const firstFrom = (calledAt: ReadonlyArray<number>, from: number): number => {
  let first = 0
  while (first < calledAt.length && calledAt[first]! < from) first++
  return first
}

// ---------------------------------------------------------------------------------------------------------------------
// storage
// ---------------------------------------------------------------------------------------------------------------------

/** The whole row goes when nothing of it counts any more: its key has the called number in it. */
export const kind: Kind<State, Event> = {
  name: "calleeFrequency",
  initial,
  evolve: (state, event) =>
    event.group === "code" ? { ...state, code: event.calledAt } : { ...state, notice: event.calledAt },
  state: State,
  event: Event,
  personal: Kinds.nothingPersonal,
  journaled: false,
  ephemeral: true,
  indexes: {}
}

export const ref = (accountId: string, applicationId: string, callee: Callee): Ref<typeof kind> =>
  Kinds.ref(kind, accountId, `${applicationId}/${callee}`)
