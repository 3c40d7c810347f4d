import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as RouteHealth from "../../src/dispatch/RouteHealth.ts"

const { at, initial, observe } = RouteHealth

const policy: RouteHealth.HealthPolicy = {
  windowMillis: 1_000,
  faults: 3,
  faultPercent: 50,
  pauseMillis: 100,
  pauseMillisMax: 400,
  probes: 2
}

type Health = RouteHealth.RouteHealth
type Signal = RouteHealth.Signal

const closed = (parts: Partial<Extract<Health, { _tag: "Closed" }>>): Health => ({
  _tag: "Closed",
  slotAt: 0,
  calls: 0,
  faults: 0,
  earlierCalls: 0,
  earlierFaults: 0,
  openings: 0,
  ...parts
})
const open = (since: number, until: number, openings: number): Health => ({ _tag: "Open", since, until, openings })
const halfOpen = (since: number, probes: number, openings: number): Health => ({
  _tag: "HalfOpen",
  since,
  probes,
  openings
})

/** Every state with every signal, and the times at which it matters. */
const transitions: ReadonlyArray<readonly [name: string, from: Health, signal: Signal, now: number, to: Health]> = [
  ["a call that got through is counted", closed({}), "CallPassed", 1, closed({ calls: 1 })],
  ["a fault is counted", closed({}), "CallFaulted", 1, closed({ calls: 1, faults: 1 })],
  ["too few faults", closed({ calls: 1, faults: 1 }), "CallFaulted", 1, closed({ calls: 2, faults: 2 })],
  ["enough faults open it", closed({ calls: 2, faults: 2 }), "CallFaulted", 10, open(10, 110, 1)],
  ["a share of exactly the limit opens it", closed({ calls: 5, faults: 2 }), "CallFaulted", 10, open(10, 110, 1)],
  ["a smaller share does not", closed({ calls: 6, faults: 2 }), "CallFaulted", 10, closed({ calls: 7, faults: 3 })],
  [
    "a call that got through never opens",
    closed({ calls: 9, faults: 9 }),
    "CallPassed",
    10,
    closed({ calls: 10, faults: 9 })
  ],
  [
    "the next slot keeps the one before",
    closed({ calls: 2, faults: 1 }),
    "CallPassed",
    500,
    closed({ slotAt: 500, calls: 1, earlierCalls: 2, earlierFaults: 1 })
  ],
  ["faults of the slot before count", closed({ calls: 2, faults: 2 }), "CallFaulted", 999, open(999, 1_099, 1)],
  [
    "faults of older slots do not",
    closed({ calls: 2, faults: 2 }),
    "CallFaulted",
    1_000,
    closed({ slotAt: 1_000, calls: 1, faults: 1 })
  ],
  ["a clock that went back does no harm", closed({ slotAt: 500 }), "CallPassed", 10, closed({ slotAt: 500, calls: 1 })],
  ["probes say nothing of a closed route", closed({ calls: 1 }), "ProbeSucceeded", 1, closed({ calls: 1 })],
  ["nor do failed ones", closed({ calls: 1 }), "ProbeFailed", 1, closed({ calls: 1 })],
  ["open: calls from before are old news", open(0, 100, 1), "CallPassed", 50, open(0, 100, 1)],
  ["open: faults of them too", open(0, 100, 1), "CallFaulted", 99, open(0, 100, 1)],
  ["open: nobody probes yet", open(0, 100, 1), "ProbeSucceeded", 99, open(0, 100, 1)],
  ["open: nor is a failed probe waited for", open(0, 100, 1), "ProbeFailed", 99, open(0, 100, 1)],
  ["the pause over, the first probe counts", open(0, 100, 1), "ProbeSucceeded", 100, halfOpen(100, 1, 1)],
  ["the pause over, calls still say nothing", open(0, 100, 1), "CallPassed", 100, halfOpen(100, 0, 1)],
  ["enough probes close it", halfOpen(100, 1, 1), "ProbeSucceeded", 130, closed({ slotAt: 130, openings: 1 })],
  ["a failed probe opens it for twice as long", halfOpen(100, 1, 1), "ProbeFailed", 130, open(130, 330, 2)],
  ["the pause has a longest", halfOpen(100, 0, 9), "ProbeFailed", 130, open(130, 530, 10)],
  ["half-open: faults of old calls say nothing", halfOpen(100, 1, 1), "CallFaulted", 130, halfOpen(100, 1, 1)],
  [
    "closed and soon faulty again: the pause goes on growing",
    closed({ slotAt: 130, openings: 1, calls: 2, faults: 2 }),
    "CallFaulted",
    200,
    open(200, 400, 2)
  ],
  [
    "well for half a window: the pause begins anew",
    closed({ slotAt: 130, openings: 5 }),
    "CallPassed",
    630,
    closed({ slotAt: 630, calls: 1 })
  ]
]

const signals = FastCheck.constantFrom<Signal>("CallPassed", "CallFaulted", "ProbeSucceeded", "ProbeFailed")
const history = FastCheck.array(FastCheck.tuple(signals, FastCheck.nat({ max: 300 })), { maxLength: 60 })

const play = (
  steps: ReadonlyArray<readonly [Signal, number]>,
  visit?: (before: Health, signal: Signal, after: Health, now: number) => void
) => {
  let health = initial
  let now = 0
  for (const [signal, pause] of steps) {
    now += pause
    const after = observe(policy, health, signal, now)
    visit?.(at(health, now), signal, after, now)
    health = after
  }
  return { health, now }
}

describe("RouteHealth", () => {
  it.each(transitions)("SND-9: %s", (_, from, signal, now, to) => {
    expect(observe(policy, from, signal, now)).toEqual(to)
  })

  it("SND-9: a new route takes calls; an open one does not, nor while it is probed", () => {
    expect(RouteHealth.takesCalls(initial)).toBe(true)
    expect(RouteHealth.takesCalls(open(0, 100, 1))).toBe(false)
    expect(RouteHealth.takesCalls(at(open(0, 100, 1), 100))).toBe(false)
    expect(at(open(0, 100, 1), 99)._tag).toBe("Open")
  })

  const moves = ["Closed CallFaulted Open", "HalfOpen ProbeFailed Open", "HalfOpen ProbeSucceeded Closed"]

  it("SND-9: only faults of the channel open a route, and only probes close it", () => {
    FastCheck.assert(
      FastCheck.property(history, (steps) => {
        play(steps, (before, signal, after) => {
          const move = `${before._tag} ${signal} ${after._tag}`
          expect([before._tag === after._tag ? move : "", ...moves]).toContain(move)
        })
      })
    )
  })

  it("SND-9: whatever happened, a route that answers its probes is well again after one pause", () => {
    FastCheck.assert(
      FastCheck.property(history, (steps) => {
        const { health, now } = play(steps)
        let later = health
        let time = now + policy.pauseMillisMax
        for (let i = 0; i < policy.probes; i++) later = observe(policy, later, "ProbeSucceeded", time++)
        expect(RouteHealth.takesCalls(at(later, time))).toBe(true)
      })
    )
  })

  it("SND-9: a route that only faults is asked ever less often, never less than the longest pause", () => {
    let health = initial
    for (let i = 0; i < policy.faults; i++) health = observe(policy, health, "CallFaulted", 0)
    const pauses: Array<number> = []
    for (let i = 0; i < 6; i++) {
      const { since, until } = health as Extract<Health, { _tag: "Open" }>
      pauses.push(until - since)
      health = observe(policy, health, "ProbeFailed", until)
    }
    expect(pauses).toEqual([100, 200, 400, 400, 400, 400])
  })

  it("SND-9: no route opens while calls that got through are in the majority", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(FastCheck.nat({ max: 200 }), { maxLength: 80 }), (pauses) => {
        // Two passed calls before each fault, in every window.
        const steps = pauses.flatMap((pause): ReadonlyArray<readonly [Signal, number]> => [
          ["CallPassed", pause],
          ["CallPassed", 0],
          ["CallFaulted", 0]
        ])
        expect(play(steps).health._tag).toBe("Closed")
      })
    )
  })
})
