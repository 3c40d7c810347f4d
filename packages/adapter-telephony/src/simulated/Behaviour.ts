/**
 * Rules: how the called person, or whatever picks up for them, behaves in the simulated network.
 */
import type { CallFailure } from "@vsms/core/dispatch/CallChannel"

/** What happens to one call. Durations are milliseconds. */
export interface Behaviour {
  /** From placing the call until the phone rings, or until the network gives up. */
  readonly setUpMillis: number
  /** `undefined`: the phone never rings (it is off, busy, does not exist). */
  readonly ringMillis: number | undefined
  readonly reaction: Reaction
}

export type Reaction =
  | {
      readonly _tag: "Answers"
      /** The callee hangs up this long after the answer; `undefined`: once everything was played. */
      readonly listensMillis: number | undefined
      readonly presses: ReadonlyArray<KeyPress>
    }
  | { readonly _tag: "Fails"; readonly failure: CallFailure }

export interface KeyPress {
  readonly afterMillis: number
  readonly key: string
}

/** Decides how a callee behaves. `random` is in [0, 1), the same for the same seed and call. */
export type Choice = (callee: string, random: () => number) => Behaviour

export const answers = (
  options: {
    readonly ringMillis?: number
    readonly listensMillis?: number
    readonly presses?: ReadonlyArray<KeyPress>
  } = {}
): Behaviour => ({
  setUpMillis: 300,
  ringMillis: options.ringMillis ?? 2_500,
  reaction: { _tag: "Answers", listensMillis: options.listensMillis, presses: options.presses ?? [] }
})

/** The phone rings, and nobody takes the call or somebody rejects it. */
export const ringsThenFails = (failure: CallFailure, ringMillis: number): Behaviour => ({
  setUpMillis: 300,
  ringMillis,
  reaction: { _tag: "Fails", failure }
})

/** The network says so at once; no phone rings. */
export const failsAtOnce = (failure: CallFailure): Behaviour => ({
  setUpMillis: 300,
  ringMillis: undefined,
  reaction: { _tag: "Fails", failure }
})

/** Longer than any caller lets a phone ring: the caller's ring timeout ends the call. */
const forever = 24 * 3_600_000

/**
 * The behaviour of test numbers, by their last four digits; whatever is not listed answers and listens to the end.
 */
export const testNumbers: ReadonlyMap<string, Behaviour> = new Map([
  ["0001", ringsThenFails("noAnswer", forever)],
  ["0002", failsAtOnce("busy")],
  ["0003", ringsThenFails("rejected", 1_500)],
  ["0004", failsAtOnce("poweredOff")],
  ["0005", failsAtOnce("notInService")],
  ["0006", failsAtOnce("invalidNumber")],
  ["0007", failsAtOnce("suspended")],
  ["0008", answers({ listensMillis: 500 })],
  ["0009", answers({ presses: [{ afterMillis: 1_000, key: "1" }] })]
])

/** Test numbers behave as listed; everybody else answers. */
export const byTestNumber: Choice = (callee) => testNumbers.get(callee.slice(-4)) ?? answers()

/** A population: each behaviour with its weight (whole numbers). */
export const population =
  (mix: ReadonlyArray<readonly [weight: number, behaviour: Behaviour]>): Choice =>
  (_, random) => {
    const total = mix.reduce((sum, [weight]) => sum + weight, 0)
    let left = random() * total
    for (const [weight, behaviour] of mix) {
      if (left < weight) return behaviour
      left -= weight
    }
    return answers()
  }
