import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Balance from "../../src/balance/Balance.ts"
import * as Ledger from "../../src/balance/Ledger.ts"
import * as Minutes from "../../src/money/Minutes.ts"
import { agrees, steps } from "./BalanceTrace.ts"

const m = Minutes.make

const recorded = (events: ReadonlyArray<Balance.Event>) => events.map((event, i) => ({ sequence: i + 1, event }))

const audited = (events: ReadonlyArray<Balance.Event>) => {
  const audit = Ledger.newAudit()
  for (const entry of recorded(events)) {
    const finding = Ledger.check(audit, entry)
    if (finding !== undefined) return { audit, finding }
  }
  return { audit, finding: undefined }
}

const lot = { packageId: "a", purchasedAt: 0, expiresAt: 900 }
const granted = (minutes = 5): Balance.Event => ({
  _tag: "PackageGranted",
  at: 1,
  orderId: "order",
  kind: "custom",
  minutes: m(minutes),
  effectiveAt: 2,
  ...lot
})
const effective: Balance.Event = { _tag: "PackageEffective", at: 2, packageId: "a", minutes: m(5) }
const held = (minutes: number, sendId = "send"): Balance.Event => ({
  _tag: "MinutesHeld",
  at: 3,
  sendId,
  minutes: m(minutes),
  parts: [{ ...lot, minutes: m(minutes) }]
})
const settled = (held: number, spent: number, extra: Partial<Balance.EventOf<"HoldSettled">> = {}): Balance.Event => ({
  _tag: "HoldSettled",
  at: 4,
  sendId: "send",
  minutes: m(spent),
  shares: [{ ...lot, held: m(held), spent: m(spent), returned: m(held - spent), expired: m(0) }],
  beyond: [],
  overrun: m(0),
  ...extra
})
const closed = (spent: number, expired = 0): Balance.Event => ({
  _tag: "PackageClosed",
  at: 5,
  packageId: "a",
  minutes: m(5),
  spent: m(spent),
  expired: m(expired)
})

describe("the audit", () => {
  it("BAL-9: the sums of any ledger, added up without the rules, are those of the balance", () => {
    FastCheck.assert(
      FastCheck.property(steps, (trace) => {
        const { events, holds, state } = agrees(Balance, trace)
        const { audit, finding } = audited(events)
        expect(finding).toBeUndefined()
        const { available, expired, granted, held, spent, waiting } = state
        expect(Ledger.sums(audit)).toEqual({ granted, waiting, available, held, spent, expired })
        expect(audit.overrun).toBe(state.overrun)
        expect(audit.holds).toEqual(new Map(holds.map(({ hold, sendId }) => [sendId, hold.minutes])))
      })
    )
  })

  it.each<[Ledger.Finding["problem"], ReadonlyArray<Balance.Event>]>([
    ["time runs backwards", [granted(), { ...effective, at: 0 }]],
    ["package granted twice", [granted(), granted()]],
    ["package unknown or closed", [effective]],
    ["package unknown or closed", [granted(), effective, held(5), settled(5, 5), closed(5), { ...effective, at: 6 }]],
    ["package unknown or closed", [granted(), effective, held(5), settled(5, 5), closed(5), closed(5)]],
    ["a place below zero", [granted(), effective, held(6)]],
    ["a place below zero", [granted(), held(1)]],
    [
      "minutes made or lost",
      [
        granted(),
        effective,
        held(3),
        settled(3, 1, { shares: [{ ...lot, held: m(3), spent: m(1), returned: m(1), expired: m(0) }] })
      ]
    ],
    ["send holds twice", [granted(), effective, held(2), held(2)]],
    ["hold unknown, or ended before", [granted(), effective, held(2, "other"), settled(2, 1)]],
    ["hold unknown, or ended before", [granted(), effective, held(2), held(2, "other"), settled(2, 1), settled(2, 1)]],
    ["hold unknown, or ended before", [granted(), effective, held(2), settled(1, 1)]],
    ["call not paid in full", [granted(), effective, held(2), settled(2, 2, { minutes: m(3) })]],
    ["final numbers differ", [granted(), effective, held(5), settled(5, 5), closed(4, 1)]],
    ["final numbers differ", [granted(), effective, closed(0)]]
  ])("BAL-9: the audit finds: %s", (problem, events) => {
    expect(audited(events).finding).toEqual({ sequence: events.length, problem })
  })

  it("BAL-9: the audit finds a gap in the ledger", () => {
    const audit = Ledger.newAudit()
    expect(Ledger.check(audit, { sequence: 2, event: granted() })).toEqual({
      sequence: 2,
      problem: "sequence has a gap"
    })
  })

  it("BAL-9: each entry names its cause and what it moved", () => {
    const entries = recorded([granted(), effective, held(3), settled(3, 1, { overrun: m(0) })]).map(Ledger.entryOf)
    const still = { packageId: "a", waiting: 0, available: 0, held: 0, spent: 0, expired: 0 }
    expect(entries.map(({ cause, movements }) => ({ cause, movements }))).toEqual([
      { cause: { _tag: "Order", orderId: "order" }, movements: [{ ...still, waiting: 5 }] },
      { cause: { _tag: "Time" }, movements: [{ ...still, waiting: -5, available: 5 }] },
      { cause: { _tag: "Send", sendId: "send" }, movements: [{ ...still, available: -3, held: 3 }] },
      { cause: { _tag: "Send", sendId: "send" }, movements: [{ ...still, available: 2, held: -3, spent: 1 }] }
    ])
  })
})
