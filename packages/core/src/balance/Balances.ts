/**
 * Service: the minute balance as it is looked at: what is there, how it came to be, whether the ledger agrees, how long
 * it lasts; and the passing of time, which moves minutes without a call. Holds are made and settled by sends.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { type InvalidInput, parser } from "../InvalidInput.ts"
import * as Minutes from "../money/Minutes.ts"
import type { PortFailure } from "../PortFailure.ts"
import * as Decision from "../storage/Decision.ts"
import { Journal } from "../storage/Journal.ts"
import { Records } from "../storage/Records.ts"
import type { Outcome } from "../storage/Worker.ts"
import type { Lease } from "../storage/WorkQueue.ts"
import * as Balance from "./Balance.ts"
import { BalanceWatch } from "./BalanceWatch.ts"
import * as Forecast from "./Forecast.ts"
import * as Ledger from "./Ledger.ts"
import * as MinutePackage from "./MinutePackage.ts"

/** The balance of an account (BAL-1, BAL-6). */
export interface BalanceView {
  /** Free minutes of effective, unexpired packages: what a send can put on hold. */
  readonly available: Minutes.Minutes
  readonly held: Minutes.Minutes
  /** Bought, and not yet effective. */
  readonly waiting: Minutes.Minutes
  readonly spent: Minutes.Minutes
  readonly expired: Minutes.Minutes
  /** All ever bought: the sum of the five above. */
  readonly granted: Minutes.Minutes
  /** Minutes of calls that no package could pay (BAL-8). */
  readonly overrun: Minutes.Minutes
  /** The packages that still have minutes, in the order in which they are drawn. */
  readonly packages: ReadonlyArray<MinutePackage.PackageView>
}

/** A page of the ledger, the oldest entry first. `next`: the `after` of the page that follows, if this one is full. */
export interface LedgerPage {
  readonly entries: ReadonlyArray<Ledger.Entry>
  readonly next: number | undefined
}

/** What a check of the ledger found; sound without a finding and with `equal`. */
export interface Verification {
  readonly entries: number
  /** The first entry that is wrong. */
  readonly finding: Ledger.Finding | undefined
  /** Whether the stored balance is the one that the ledger makes, entry by entry and sum by sum. */
  readonly equal: boolean
}

export const LedgerInput = Schema.Struct({
  after: Schema.optionalWith(Schema.NonNegativeInt, { default: () => 0 }),
  limit: Schema.optionalWith(
    Schema.Int.pipe(Schema.between(1, 500), Schema.annotations({ identifier: "a whole number from 1 to 500" })),
    { default: () => 50 }
  )
})

export const ForecastInput = Schema.Struct({
  /** How many days back the rate of use is taken from; fewer if the first package was bought later. */
  days: Schema.optionalWith(
    Schema.Int.pipe(Schema.between(1, 90), Schema.annotations({ identifier: "a whole number from 1 to 90" })),
    { default: () => 7 }
  )
})

export class Balances extends Context.Tag("@vsms/core/balance/Balances")<
  Balances,
  {
    /** The balance as it is now, whatever was written when. */
    readonly get: (accountId: string) => Effect.Effect<BalanceView, PortFailure>
    readonly ledger: (
      accountId: string,
      input?: typeof LedgerInput.Encoded
    ) => Effect.Effect<LedgerPage, InvalidInput | PortFailure>
    /** Rebuilds the balance from its ledger and compares (BAL-9). Reads all of it: for the hour of an audit. */
    readonly verify: (accountId: string) => Effect.Effect<Verification, PortFailure>
    /** How long the minutes last at the recent rate, and which will expire unused. */
    readonly forecast: (
      accountId: string,
      input?: typeof ForecastInput.Encoded
    ) => Effect.Effect<Forecast.Forecast, InvalidInput | PortFailure>
    readonly handlers: {
      /** Lets packages become effective and expire, so that the ledger and the watch move without a send. */
      readonly packageExpiry: (lease: Lease) => Effect.Effect<Outcome, PortFailure>
    }
  }
>() {
  static readonly layer: Layer.Layer<Balances, never, BalanceWatch | Journal | Records> = Layer.effect(
    Balances,
    Effect.gen(function* () {
      const journal = yield* Journal
      const records = yield* Records
      const watch = yield* BalanceWatch

      const get = Effect.fn("Balances.get")(function* (accountId: string) {
        yield* Effect.annotateCurrentSpan({ accountId })
        const { state } = yield* journal.load(Balance.ref(accountId))
        return viewOf(state, yield* Clock.currentTimeMillis)
      })

      const ledger = Effect.fn("Balances.ledger")(function* (accountId: string, input?: typeof LedgerInput.Encoded) {
        yield* Effect.annotateCurrentSpan({ accountId })
        const page = yield* parseLedger(input ?? {})
        const entries = (yield* journal.history(Balance.ref(accountId), page)).map(Ledger.entryOf)
        return { entries, next: entries.length === page.limit ? entries.at(-1)?.sequence : undefined }
      })

      const verify = Effect.fn("Balances.verify")(function* (accountId: string) {
        yield* Effect.annotateCurrentSpan({ accountId })
        const ref = Balance.ref(accountId)
        const audit = Ledger.newAudit()
        let rebuilt = Balance.initial
        /** Reads on to the end of the ledger; stops at a finding, and where the balance is the one looked for. */
        const readOn = (wanted: Balance.State | undefined) =>
          Effect.gen(function* () {
            for (;;) {
              const page = yield* journal.history(ref, { after: audit.sequence, limit: pageSize })
              for (const recorded of page) {
                const finding = Ledger.check(audit, recorded)
                if (finding !== undefined) return finding
                rebuilt = Balance.evolve(rebuilt, recorded.event)
                if (wanted !== undefined && isEqual(rebuilt, wanted)) return
              }
              if (page.length < pageSize) return
            }
          })
        const finding = yield* readOn(undefined)
        // Sends go on meanwhile: the balance read now is that of this entry or of one that is read next.
        const { state } = yield* journal.load(ref)
        const later = finding ?? (isEqual(rebuilt, state) ? undefined : yield* readOn(state))
        const equal = later === undefined && isEqual(rebuilt, state) && agrees(audit, state)
        return { entries: audit.sequence, finding: later, equal }
      })

      const forecast = Effect.fn("Balances.forecast")(function* (
        accountId: string,
        input?: typeof ForecastInput.Encoded
      ) {
        yield* Effect.annotateCurrentSpan({ accountId })
        const { days } = yield* parseForecast(input ?? {})
        const now = yield* Clock.currentTimeMillis
        const ref = Balance.ref(accountId)
        const { state } = yield* journal.load(ref)
        const [first] = yield* journal.history(ref, { after: 0, limit: 1 })
        const age = first === undefined ? days : Math.ceil((now - first.event.at) / dayMillis)
        const daysLooked = Math.max(1, Math.min(days, age))
        const untilHour = Math.floor(now / hourMillis) + 1
        const fromHour = untilHour - 24 * daysLooked
        const [use] = yield* records.sum({ owner: accountId, fromHour, untilHour, by: "total" })
        const minutesUsed = Minutes.make(use?.minutes ?? 0)
        return Forecast.forecast({ now, lots: Balance.lots(Balance.current(state, now)), minutesUsed, daysLooked })
      })

      const packageExpiry = Effect.fn("Balances.packageExpiry")(function* ({ owner: accountId }: Lease) {
        yield* Effect.annotateCurrentSpan({ accountId })
        const env = { now: yield* Clock.currentTimeMillis }
        const refs = [Balance.ref(accountId), ...watch.refs(accountId)] as const
        return yield* journal.transact(refs, ([balance, ...watched]) => {
          const events = Balance.catchUp(env, balance.state)
          const { changes, state } = Balance.after(balance, events)
          const next = Balance.wakeAt(state, env.now)
          if (events.length === 0) return Either.right(Decision.answer(next))
          const cause = events.some(({ _tag }) => _tag === "PackageExpired") ? "usage" : "purchase"
          const seen = watch.observe(env, watched, state.available, cause)
          return Either.right(Decision.make(next, { changes: [...changes, ...seen.changes], work: seen.work }))
        })
      })

      return { get, ledger, verify, forecast, handlers: { packageExpiry } }
    })
  )
}

const parseLedger = parser(LedgerInput)
const parseForecast = parser(ForecastInput)

const hourMillis = 3_600_000
const dayMillis = 24 * hourMillis
const pageSize = 500

const viewOf = (state: Balance.State, now: number): BalanceView => {
  const { available, expired, granted, held, overrun, spent, waiting } = Balance.current(state, now)
  const lots = Balance.lots(state).filter(({ free, held }) => free > 0 || held > 0)
  const packages = lots.map((lot) => MinutePackage.viewOfLot(lot, now)).filter(({ remaining }) => remaining > 0)
  return { available, held, waiting, spent, expired, granted, overrun, packages }
}

const encode = Schema.encodeSync(Balance.State)

/** Whether two balances are stored as the same. */
const isEqual = (left: Balance.State, right: Balance.State): boolean =>
  left.at === right.at &&
  left.available === right.available &&
  left.held === right.held &&
  JSON.stringify(encode(left)) === JSON.stringify(encode(right))

/** Whether the sums of the ledger, added up without the rules, are those of the balance. */
const agrees = (audit: Ledger.Audit, state: Balance.State): boolean => {
  const sums = Ledger.sums(audit)
  const held = Array.from(audit.holds.values()).reduce((sum, minutes) => sum + minutes, 0)
  return (
    sums.granted === state.granted &&
    sums.waiting === state.waiting &&
    sums.available === state.available &&
    sums.held === state.held &&
    sums.spent === state.spent &&
    sums.expired === state.expired &&
    audit.overrun === state.overrun &&
    held === state.held
  )
}
