/**
 * Rules: how the called person, or whatever picks up for them, behaves in the simulated network.
 */
import type { CallFailure } from "@vsms/core/dispatch/CallChannel"

/** What happens to one call. Durations are milliseconds. */
export interface Behaviour {
  /** From placing the call until the phone rings, or until the network gives up. */
  readonly setUpMillis: number
  /**
   * Music or an announcement of the network before the phone rings. The ring timeout runs, but no ring is reported, and
   * nothing of ours is played: it is no answer, whatever is said.
   */
  readonly earlyMediaMillis?: number | undefined
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
      /** A machine picks up; a person, if absent. */
      readonly voicemail?: Voicemail | undefined
    }
  /**
   * Picks up this long after the caller gave up, before the phone was told to be still: the carrier counts an answer,
   * the caller a call that nobody took.
   */
  | { readonly _tag: "AnswersLate"; readonly afterMillis: number }
  | { readonly _tag: "Fails"; readonly failure: CallFailure }

export interface KeyPress {
  readonly afterMillis: number
  readonly key: string
}

export interface Voicemail {
  /** How long the machine speaks before it records: what is played meanwhile, nobody hears. */
  readonly greetingMillis: number
  /** It records no longer than this, and hangs up then. */
  readonly longestMillis: number
}

/** Decides how a callee behaves. `random` is in [0, 1), the same for the same seed and call. */
export type Choice = (callee: string, random: () => number) => Behaviour

const usualSetUpMillis = 300

export const answers = (
  options: {
    readonly setUpMillis?: number
    readonly ringMillis?: number
    readonly listensMillis?: number
    readonly presses?: ReadonlyArray<KeyPress>
  } = {}
): Behaviour => ({
  setUpMillis: options.setUpMillis ?? usualSetUpMillis,
  ringMillis: options.ringMillis ?? 2_500,
  reaction: { _tag: "Answers", listensMillis: options.listensMillis, presses: options.presses ?? [] }
})

/** Nobody takes the call, and a machine does in the end. It is an answered call, and is paid for. */
export const voicemail = (parts: Partial<Voicemail> & { readonly ringMillis?: number } = {}): Behaviour => {
  const { greetingMillis = 4_000, longestMillis = 60_000, ringMillis = 20_000 } = parts
  return {
    setUpMillis: usualSetUpMillis,
    ringMillis,
    reaction: {
      _tag: "Answers",
      listensMillis: greetingMillis + longestMillis,
      presses: [],
      voicemail: { greetingMillis, longestMillis }
    }
  }
}

/** The phone rings until the caller gives up, and is picked up just then. */
export const answersLate = (afterMillis = 100): Behaviour => ({
  setUpMillis: usualSetUpMillis,
  ringMillis: forever,
  reaction: { _tag: "AnswersLate", afterMillis }
})

/** The phone rings, and nobody takes the call or somebody rejects it. */
export const ringsThenFails = (failure: CallFailure, ringMillis: number): Behaviour => ({
  setUpMillis: usualSetUpMillis,
  ringMillis,
  reaction: { _tag: "Fails", failure }
})

/** The network says so at once; no phone rings. */
export const failsAtOnce = (failure: CallFailure): Behaviour => ({
  setUpMillis: usualSetUpMillis,
  ringMillis: undefined,
  reaction: { _tag: "Fails", failure }
})

/** The network says in words why there will be no call, and then in a report. No phone rings. */
export const announces = (failure: CallFailure, earlyMediaMillis = 6_000): Behaviour => ({
  ...failsAtOnce(failure),
  earlyMediaMillis
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
  ["0009", answers({ presses: [{ afterMillis: 1_000, key: "1" }] })],
  ["0010", voicemail()],
  ["0011", answersLate()],
  ["0012", announces("busy")],
  ["0013", answers({ setUpMillis: 12_000 })],
  ["0014", answers({ setUpMillis: 60_000 })],
  ["0015", failsAtOnce("congestion")]
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

/**
 * A population in which everything happens that can. The weights are made up: for tests and demonstrations, not for
 * forecasts.
 */
export const everyday: Choice = population([
  [40, answers()],
  [6, answers({ ringMillis: 12_000, setUpMillis: 4_000 })],
  [6, answers({ presses: [{ afterMillis: 1_500, key: "1" }] })],
  [5, answers({ listensMillis: 1_200 })],
  [5, answers({ listensMillis: 90_000 })],
  [8, voicemail()],
  [9, ringsThenFails("noAnswer", forever)],
  [3, answersLate()],
  [5, failsAtOnce("busy")],
  [3, announces("busy")],
  [4, ringsThenFails("rejected", 2_000)],
  [3, failsAtOnce("poweredOff")],
  [1, failsAtOnce("notInService")],
  [1, failsAtOnce("suspended")],
  [1, failsAtOnce("congestion")],
  [1, answers({ setUpMillis: 60_000 })]
])
