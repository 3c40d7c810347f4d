/**
 * What a draw of minutes costs over five packages and over a thousand. Each function makes its balance once and returns
 * one round of work: put on hold and settle, or put on hold alone, decided and evolved.
 */
import * as Either from "effect/Either"
import * as Balance from "../src/balance/Balance.ts"
import * as Minutes from "../src/money/Minutes.ts"

/** One benchmark: `prepare` makes the thing, and what it returns does `operations` operations at every call. */
export interface Bench {
  readonly name: string
  readonly operations: number
  readonly prepare: () => () => void
}

const now = 1_800_000_000_000
const year = 365 * 86_400_000

/** A balance of so many effective packages of three million minutes each, all expiring at other times. */
export const balanceOf = (packages: number): Balance.State => {
  const purchases = Array.from({ length: packages }, (_, i) => ({
    packageId: `package-${String(i).padStart(4, "0")}`,
    kind: "fixed" as const,
    minutes: Minutes.make(3_000_000),
    purchasedAt: now - year + i * 60_000,
    effectiveAt: now - year + i * 60_000 + 300_000,
    expiresAt: now + year + i * 60_000
  }))
  return Balance.grant({ now }, Balance.initial, { orderId: "order", packages: purchases }).reduce(
    Balance.evolve,
    Balance.initial
  )
}

const evolveAll = (state: Balance.State, events: ReadonlyArray<Balance.Event>): Balance.State => {
  let next = state
  for (const event of events) next = Balance.evolve(next, event)
  return next
}

const two = Minutes.make(2)
const one = Minutes.make(1)

/** Puts two minutes on hold: decision and evolution. */
export const drawOver = (packages: number): (() => void) => {
  const full = balanceOf(packages)
  let state = full
  return () => {
    if (state.available < 2_000 * packages) state = full
    for (let i = 0; i < 1_000; i++) {
      const held = Either.getOrThrow(Balance.hold({ now }, state, { sendId: "send", minutes: two }))
      state = evolveAll(state, held.events)
    }
  }
}

/** Puts two minutes on hold, and settles them for one: what a call does to the balance. */
export const callOver = (packages: number): (() => void) => {
  const full = balanceOf(packages)
  let state = full
  return () => {
    if (state.available < 2_000 * packages) state = full
    for (let i = 0; i < 1_000; i++) {
      const held = Either.getOrThrow(Balance.hold({ now }, state, { sendId: "send", minutes: two }))
      state = evolveAll(state, held.events)
      const { events } = Balance.settle({ now }, state, { sendId: "send", hold: held.hold, minutes: one })
      state = evolveAll(state, events)
    }
  }
}

export const benches: ReadonlyArray<Bench> = [
  { name: "draw over 5 packages", operations: 1_000, prepare: () => drawOver(5) },
  { name: "draw over 1,000 packages", operations: 1_000, prepare: () => drawOver(1_000) },
  { name: "hold and settle over 5 packages", operations: 1_000, prepare: () => callOver(5) },
  { name: "hold and settle over 1,000 packages", operations: 1_000, prepare: () => callOver(1_000) }
]
