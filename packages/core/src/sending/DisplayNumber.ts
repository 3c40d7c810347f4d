/**
 * Rules: which of an enterprise's numbers the callee sees (SND-4): the one that the caller chose, else the one that was
 * shown longest ago. Which numbers it holds is `number/Holdings.ts`.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { HeldNumber } from "../number/Holdings.ts"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref } from "../storage/Kind.ts"

/** When each number was shown last: in turns, not times, so that two of one millisecond differ. */
export const State = Schema.Struct({
  turn: Schema.Int,
  shown: Schema.Record({ key: Schema.String, value: Schema.Int })
})
export type State = typeof State.Type

export const initial: State = { turn: 0, shown: {} }

/** `held`: the numbers of that time; what was released is forgotten. */
export const Event = Schema.TaggedStruct("NumberShown", { number: Schema.String, held: Schema.Array(Schema.String) })
export type Event = typeof Event.Type

/** No number is held that could be shown, or not the one that was `chosen`. It does not say which. */
export class NoNumberToShow extends Schema.TaggedError<NoNumberToShow>()("NoNumberToShow", {
  chosen: Schema.Boolean,
  held: Schema.Int
}) {
  static readonly rule = "SND-4" as const
  static readonly code = 3014
  static readonly transient = true
}

/** The number to show, of those that are usable now; ties go to the smaller number. */
export const choose = (
  state: State,
  usable: ReadonlyArray<HeldNumber>,
  chosen: string | undefined
): Either.Either<HeldNumber, NoNumberToShow> => {
  let best: HeldNumber | undefined
  for (const held of usable) {
    if (chosen === undefined ? best === undefined || isBefore(state, held, best) : held.number === chosen) best = held
  }
  return best === undefined
    ? Either.left(new NoNumberToShow({ chosen: chosen !== undefined, held: usable.length }))
    : Either.right(best)
}

const isBefore = (state: State, left: HeldNumber, right: HeldNumber): boolean => {
  const turns = (state.shown[left.number] ?? 0) - (state.shown[right.number] ?? 0)
  return turns < 0 || (turns === 0 && left.number < right.number)
}

export const evolve = (state: State, event: Event): State => {
  const turn = state.turn + 1
  const shown: Record<string, number> = {}
  for (const number of event.held) {
    const before = number === event.number ? turn : state.shown[number]
    if (before !== undefined) shown[number] = before
  }
  return { turn, shown }
}

export const kind: Kind<State, Event> = {
  name: "displayUse",
  initial,
  evolve,
  state: State,
  event: Event,
  personal: Kinds.nothingPersonal,
  journaled: false,
  ephemeral: false,
  indexes: {}
}

/** One for all applications of an account, as they share its numbers. */
export const ref = (accountId: string): Ref<typeof kind> => Kinds.ref(kind, accountId, accountId)
