import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import * as Alert from "../../src/alert/Alert.ts"
import { messageOf } from "../../src/alert/AlertMessage.ts"

const firedAt = Date.parse("2026-11-23T10:00:00+08:00")
const facts: Alert.Facts = { _tag: "LowBalance", available: 4_999, threshold: 5_000 }
const hour = 3_600_000

const evolveAll = (state: Alert.State, events: ReadonlyArray<Alert.Event>): Alert.State =>
  events.reduce(Alert.evolve, state)

const fired = evolveAll(null, [{ _tag: "AlertFired", accountId: "account", facts, at: firedAt }])!
const targets: ReadonlyArray<Alert.Target> = [
  { contactId: "a", applicationId: "app", channel: "mobile" },
  { contactId: "a", applicationId: "app", channel: "email" },
  { contactId: "b", applicationId: "app", channel: "webhook" }
]
const addressed = evolveAll(fired, Alert.address({ now: firedAt }, fired, targets))!
const to = { contactId: "a", channel: "mobile" } as const

describe("an alert", () => {
  it("ALR-5: who is told is settled once", () => {
    expect(addressed.deliveries.map(({ channel, contactId, status }) => [contactId, channel, status])).toEqual([
      ["a", "mobile", "waiting"],
      ["a", "email", "waiting"],
      ["b", "webhook", "waiting"]
    ])
    expect(Alert.address({ now: firedAt + 1 }, addressed, [])).toEqual([])
    expect(Alert.address({ now: firedAt }, null, targets)).toEqual([])
  })

  it("ALR-5: what is delivered or given up stays so", () => {
    for (const outcome of ["delivered", "never"] as const) {
      const ended = evolveAll(addressed, Alert.record({ now: firedAt }, addressed, to, outcome))
      for (const again of ["delivered", "later", "never"] as const)
        expect(Alert.record({ now: firedAt + 1 }, ended, to, again)).toEqual([])
      expect(ended?.deliveries.map(({ status }) => status)).toEqual([
        outcome === "delivered" ? "delivered" : "givenUp",
        "waiting",
        "waiting"
      ])
    }
    expect(Alert.record({ now: firedAt }, addressed, { contactId: "x", channel: "email" }, "delivered")).toEqual([])
    expect(Alert.record({ now: firedAt }, null, to, "delivered")).toEqual([])
  })

  it("ALR-5: is tried after growing pauses, for 24 hours, then given up", () => {
    let state: Alert.State = evolveAll(fired, Alert.address({ now: firedAt }, fired, [targets[0]!]))
    const tries: Array<number> = []
    for (let at = Alert.nextDueAt(state!); at !== undefined; at = Alert.nextDueAt(state!)) {
      tries.push(at)
      state = evolveAll(state, Alert.record({ now: at }, state, to, "later"))
    }
    expect(tries[0]).toBe(firedAt)
    expect(tries.at(-1)).toBe(firedAt + 24 * hour)
    const pauses = tries.slice(1, -1).map((at, i) => at - tries[i]!)
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b))
    expect(state?.deliveries).toEqual([
      {
        contactId: "a",
        applicationId: "app",
        channel: "mobile",
        tries: tries.length,
        status: "givenUp",
        triedAt: firedAt + 24 * hour
      }
    ])
  })

  it("ALR-5: the next try is that of whoever waits least; none when all have ended", () => {
    const outcomes = FastCheck.array(
      FastCheck.record({
        which: FastCheck.nat(2),
        outcome: FastCheck.constantFrom("delivered" as const, "later" as const, "never" as const),
        after: FastCheck.integer({ min: 0, max: 7_200_000 })
      }),
      { maxLength: 30 }
    )
    FastCheck.assert(
      FastCheck.property(outcomes, (given) => {
        let state: Alert.Fired = addressed
        let now = firedAt
        for (const { after, outcome, which } of given) {
          now += after
          state = evolveAll(state, Alert.record({ now }, state, targets[which]!, outcome)) ?? state
          const due = state.deliveries.map((delivery) => Alert.dueAt(state, delivery)).filter((at) => at !== undefined)
          expect(Alert.nextDueAt(state)).toBe(due.length === 0 ? undefined : Math.min(...due))
          expect(due.length).toBe(state.deliveries.filter(({ status }) => status === "waiting").length)
        }
        expect(
          Schema.decodeSync(Alert.State)(JSON.parse(JSON.stringify(Schema.encodeSync(Alert.State)(state))))
        ).toEqual(state)
      })
    )
  })

  it.each<[Alert.Facts, ReadonlyArray<string>, ReadonlyArray<string>]>([
    [facts, ["4,999 分钟", "5,000 分钟", "请及时购买套餐包"], ["4,999 minutes", "5,000"]],
    [
      { _tag: "DailyVolume", applicationId: "1400001", day: 20_780, sends: 101, preset: 100 },
      ["测试语音短信", "1400001", "2026-11-23", "101", "100"],
      ["测试语音短信", "1400001", "2026-11-23", "101", "100"]
    ],
    [
      {
        _tag: "RenewalFailed",
        number: "075512345678",
        reason: "insufficientFunds",
        failedAt: firedAt,
        expiresAt: Date.parse("2026-11-24T09:05:59+08:00")
      },
      ["075512345678", "余额不足", "2026-11-24 09:05", "不可恢复"],
      ["075512345678", "insufficient funds", "2026-11-24 09:05", "cannot be restored"]
    ]
  ])("ALR-1, ALR-2, NUM-6: the message of %o says it in Chinese and in English", (given, zh, en) => {
    const message = messageOf(given, "测试语音短信")
    for (const said of zh) expect(message.zh).toContain(said)
    for (const said of en) expect(message.en).toContain(said)
    expect(message.subject).toMatch(/^\p{Script=Han}.* \/ [A-Z]/u)
  })
})
