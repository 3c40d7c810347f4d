/** Random lives of a balance: generated steps, run against the rules (or broken ones) and the minute-by-minute model. */
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as Balance from "../../src/balance/Balance.ts"
import type { Hold } from "../../src/balance/Lot.ts"
import * as Minutes from "../../src/money/Minutes.ts"
import * as Kinds from "../../src/storage/Kind.ts"
import { type Count, MinuteByMinute } from "./MinuteByMinute.ts"

/** The rules that a trace is run against; mutants replace some of them. */
export type Rules = Pick<
  typeof Balance,
  "catchUp" | "grant" | "hold" | "settle" | "release" | "evolve" | "after" | "available"
>

export type Step =
  | { readonly _tag: "Buy"; readonly packages: ReadonlyArray<Bought>; readonly agoMillis: number }
  | { readonly _tag: "Hold"; readonly minutes: number }
  | { readonly _tag: "Settle"; readonly which: number; readonly minutes: number }
  | { readonly _tag: "Release"; readonly which: number }
  | { readonly _tag: "Wait"; readonly millis: number }
  | { readonly _tag: "CatchUp" }

interface Bought {
  readonly minutes: number
  readonly effectiveAfter: number
  readonly validFor: number
}

const bought = FastCheck.record({
  minutes: FastCheck.integer({ min: 1, max: 6 }),
  effectiveAfter: FastCheck.integer({ min: 0, max: 4 }),
  validFor: FastCheck.integer({ min: 5, max: 25 })
})

const which = FastCheck.nat(9)
const tagged = <Tag extends string>(tag: Tag) => FastCheck.constant(tag)

/** Times are a few milliseconds, so that steps fall on the very instant of a boundary, and beside it. */
export const steps: FastCheck.Arbitrary<ReadonlyArray<Step>> = FastCheck.array(
  FastCheck.oneof(
    FastCheck.record({
      _tag: tagged("Buy"),
      packages: FastCheck.array(bought, { minLength: 1, maxLength: 3 }),
      agoMillis: FastCheck.integer({ min: 0, max: 6 })
    }),
    {
      weight: 3,
      arbitrary: FastCheck.record({ _tag: tagged("Hold"), minutes: FastCheck.integer({ min: 1, max: 8 }) })
    },
    {
      weight: 3,
      arbitrary: FastCheck.record({ _tag: tagged("Settle"), which, minutes: FastCheck.integer({ min: 0, max: 12 }) })
    },
    FastCheck.record({ _tag: tagged("Release"), which }),
    { weight: 3, arbitrary: FastCheck.record({ _tag: tagged("Wait"), millis: FastCheck.integer({ min: 1, max: 6 }) }) },
    FastCheck.record({ _tag: tagged("CatchUp") })
  ),
  { maxLength: 40, size: "max" }
)

const accountId = "account"
const start = 1_000

/** What a step came to. */
type Outcome =
  | { readonly _tag: "Bought"; readonly packages: ReadonlyArray<Balance.Purchase> }
  | { readonly _tag: "Held"; readonly sendId: string; readonly minutes: number; readonly answer: string }
  | { readonly _tag: "Ended"; readonly sendId: string; readonly minutes: number }
  | { readonly _tag: "Nothing" }

/** One account's life under some rules. */
export class Life {
  now = start
  row = Kinds.fresh(Balance.ref(accountId))
  readonly events: Array<Balance.Event> = []
  readonly archive: Array<Count & { readonly packageId: string }> = []
  readonly holds: Array<{ readonly sendId: string; readonly hold: Hold }> = []
  private orders = 0
  private sends = 0
  readonly rules: Rules

  constructor(rules: Rules) {
    this.rules = rules
  }

  get state(): Balance.State {
    return this.row.state
  }

  step(step: Step): Outcome {
    const { rules, state } = this
    const env = { now: this.now }
    switch (step._tag) {
      case "Buy": {
        const purchase = this.purchase(step)
        this.record(rules.grant(env, state, purchase))
        return { _tag: "Bought", packages: purchase.packages }
      }
      case "Hold": {
        const sendId = `send-${this.sends++}`
        const { minutes } = step
        const held = rules.hold(env, state, { sendId, minutes: Minutes.make(minutes) })
        if (Either.isLeft(held)) return { _tag: "Held", sendId, minutes, answer: held.left._tag }
        this.holds.push({ sendId, hold: held.right.hold })
        this.record(held.right.events)
        return { _tag: "Held", sendId, minutes, answer: "held" }
      }
      case "Settle":
      case "Release": {
        const [taken] = this.holds.splice(step.which % Math.max(1, this.holds.length), 1)
        if (taken === undefined) return nothing
        const minutes = step._tag === "Settle" ? step.minutes : 0
        if (step._tag === "Release") this.record(rules.release(env, state, taken))
        else this.record(rules.settle(env, state, { ...taken, minutes: Minutes.make(minutes) }).events)
        return { _tag: "Ended", sendId: taken.sendId, minutes }
      }
      case "Wait":
        this.now += step.millis
        return nothing
      case "CatchUp":
        this.record(rules.catchUp(env, state))
        return nothing
    }
  }

  /** Each package's minutes by place, those of closed packages too, as they are at `now`. */
  counts(): Record<string, Count> {
    const counts: Record<string, Count> = {}
    for (const { packageId, ...count } of [...Balance.lots(Balance.current(this.state, this.now)), ...this.archive]) {
      if (packageId in counts) throw new Error(`${packageId} is in the balance and in the archive`)
      const { expired, free, held, minutes, spent } = count
      counts[packageId] = { minutes, free, held, spent, expired }
    }
    return counts
  }

  private purchase(step: Extract<Step, { _tag: "Buy" }>) {
    const orderId = `order-${this.orders++}`
    const purchasedAt = this.now - step.agoMillis
    const packages = step.packages.map(({ effectiveAfter, minutes, validFor }, i) => ({
      packageId: `${orderId}-${i}`,
      kind: "custom" as const,
      minutes: Minutes.make(minutes),
      purchasedAt,
      effectiveAt: purchasedAt + effectiveAfter,
      expiresAt: purchasedAt + validFor
    }))
    return { orderId, packages }
  }

  private record(events: ReadonlyArray<Balance.Event>): void {
    for (const change of this.rules.after(this.row, events).changes) {
      if (change.ref.kind === Balance.kind) {
        this.row = { ...this.row, state: change.state, version: this.row.version + 1 }
        this.events.push(...change.events)
      } else {
        const { expired, minutes, packageId, spent } = change.state
        this.archive.push({ packageId, minutes, free: 0, held: 0, spent, expired })
      }
    }
  }
}

const nothing: Outcome = { _tag: "Nothing" }

/** Runs a trace on the rules and on the model; throws where they first differ, or where minutes are made or lost. */
export const agrees = (rules: Rules, trace: ReadonlyArray<Step>): Life => {
  const life = new Life(rules)
  const model = new MinuteByMinute()
  for (const [i, step] of trace.entries()) {
    const at = `step ${i}, ${JSON.stringify(step)}`
    const outcome = life.step(step)
    const { now } = life
    model.pass(now)
    if (outcome._tag === "Bought") for (const purchase of outcome.packages) model.grant(purchase)
    if (outcome._tag === "Held")
      same(outcome.answer, model.hold(now, outcome.sendId, outcome.minutes), `answer to ${at}`)
    if (outcome._tag === "Ended") model.settle(now, outcome.sendId, outcome.minutes)
    model.pass(now)
    same(life.counts(), model.counts(), `packages after ${at}`)
    same(rules.available(life.state, now), model.available(now), `available after ${at}`)
    same(life.state.overrun, model.overrun, `overrun after ${at}`)
    if (!Balance.conserves(life.state)) throw new Error(`minutes were made or lost after ${at}`)
  }
  return life
}

/** What is stored of a balance, to compare two of them by. */
export const encode = Schema.encodeSync(Balance.State)
export const decode = Schema.decodeSync(Balance.State)

const same = (actual: unknown, expected: unknown, what: string): void => {
  if (show(actual) !== show(expected)) throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`)
}

const show = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner
  )
