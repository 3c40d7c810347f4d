/**
 * Rules: a request that is repeated with its key gets its first answer (SND-7).
 *
 * **Only acceptances are remembered.** A refusal changed nothing, so a request that was refused may be made again
 * under its key, and is decided anew: whoever lacked minutes and bought some need not think of another key. This is
 * the one place where that is decided.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref } from "../storage/Kind.ts"

/** How long an answer is remembered: until, not at, 24 hours later. */
export const rememberedMillis = 24 * 3_600_000

/** What was answered first, but for `ext`, which the repeated request brings along again. */
export const FirstAnswer = Schema.Struct({
  sendId: Schema.String,
  acceptedAt: Schema.Number,
  display: Schema.String,
  holdMinutes: Schema.Int
})
export type FirstAnswer = typeof FirstAnswer.Type

export const Memory = Schema.Struct({ answer: FirstAnswer })
export type Memory = typeof Memory.Type

/** `null`: nothing was accepted under this key. */
export const State = Schema.NullOr(Memory)
export type State = typeof State.Type

/** By which the request is told apart: made of a number and a code, which can be found again by trying. */
export const Personal = Schema.Struct({ fingerprint: Schema.String })
export type Personal = typeof Personal.Type

export const Event = Schema.TaggedStruct("AnswerRemembered", { memory: Memory })
export type Event = typeof Event.Type

/** The key was used for another request, whose answer is still remembered. */
export class IdempotencyConflict extends Schema.TaggedError<IdempotencyConflict>()("IdempotencyConflict", {
  acceptedAt: Schema.Number
}) {
  static readonly rule = "SND-7" as const
  static readonly transient = true
}

/**
 * The answer that was given to this request before; `undefined` if it is to be decided. Of a key whose request was
 * erased it is not known any more: no request is the same.
 */
export const recall = (
  env: { readonly now: number },
  memory: { readonly state: State; readonly personal: Personal | undefined },
  fingerprint: string
): Either.Either<FirstAnswer | undefined, IdempotencyConflict> => {
  const { personal, state } = memory
  if (state === null || env.now - state.answer.acceptedAt >= rememberedMillis) return unknown
  return personal?.fingerprint === fingerprint
    ? Either.right(state.answer)
    : Either.left(new IdempotencyConflict({ acceptedAt: state.answer.acceptedAt }))
}

const unknown: Either.Either<undefined> = Either.right(undefined)

/**
 * A digest of 106 bits, by which two requests are told apart.
 *
 * **Details** Requests hold numbers and codes, and need not be kept whole for a day to be compared. It hides nothing
 * from whoever tries all numbers, and is personal data as they are. Nobody gains by making two that collide: they are
 * the caller's own, and the second would get the first one's answer.
 */
export const fingerprint = (request: string): string =>
  `${digest(request, 0x9e3779b9).toString(36)}-${digest(request, 0x7f4a7c15).toString(36)}`

/** cyrb53: two multiplicative hashes of 32 bits that end by stirring each other, 53 bits kept. */
const digest = (text: string, seed: number): number => {
  let high = 0xdeadbeef ^ seed
  let low = 0x41c6ce57 ^ seed
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    high = Math.imul(high ^ unit, 2_654_435_761)
    low = Math.imul(low ^ unit, 1_597_334_677)
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909)
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909)
  return 4_294_967_296 * (2_097_151 & low) + (high >>> 0)
}

/** Goes when it is forgotten. */
export const kind: Kind<State, Event, Personal> = {
  name: "idempotency",
  initial: null,
  evolve: (_, event) => event.memory,
  state: State,
  event: Event,
  personal: Personal,
  journaled: false,
  ephemeral: true,
  indexes: {}
}

/** Keys are an application's own: two applications may use the same. */
export const ref = (accountId: string, applicationId: string, key: string): Ref<typeof kind> =>
  Kinds.ref(kind, accountId, `${applicationId}/${key}`)
