/** What people see in the views is what the platform says to its customers. */
import { Alerts } from "@vsms/core/alert/Alerts"
import { Packages } from "@vsms/core/balance/Packages"
import { Callbacks } from "@vsms/core/callback/Callbacks"
import * as Account from "@vsms/core/account/Account"
import { Sends } from "@vsms/core/sending/Sends"
import { Journal } from "@vsms/core/storage/Journal"
import { Records } from "@vsms/core/storage/Records"
import * as Effect from "effect/Effect"
import { beforeAll, describe, expect, it, vi } from "vitest"
import { Database } from "../../src/place/Database.ts"
import * as SmallRun from "../store/SmallRun.ts"
import * as TestPlaces from "../server/TestPlaces.ts"

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

const names = [
  "account_records",
  "numbers",
  "packages",
  "minute_entries",
  "holds",
  "template_records",
  "send_records",
  "send_steps",
  "callbacks",
  "callback_tries",
  "alert_records",
  "daily_figures"
] as const

type Views = { readonly [N in (typeof names)[number]]: ReadonlyArray<any> }

const look = (run: SmallRun.Run) =>
  Effect.gen(function* () {
    const { accountId, applicationId } = run.tenant
    const { pool } = yield* Database
    const ask = (name: string) =>
      Effect.promise(async () => (await pool.query(`select * from vsms.${name} v order by v::text`)).rows)
    const views: Record<string, ReadonlyArray<any>> = {}
    for (const name of names) views[name] = yield* ask(name)
    const sends = yield* Sends
    return {
      run,
      // Each name has been asked for.
      views: views as unknown as Views,
      account: (yield* (yield* Journal).load(Account.ref(accountId))).state,
      packages: (yield* (yield* Packages).list(accountId)).items,
      sends: new Map(
        yield* Effect.forEach([run.answered, run.busy, run.silent], (id) =>
          Effect.map(sends.get(accountId, applicationId, id), ({ state }) => [id, state] as const)
        )
      ),
      deliveries: (yield* (yield* Callbacks).deliveries(accountId, applicationId)).items,
      alerts: (yield* (yield* Alerts).list(accountId)).items,
      day: yield* (yield* Records).sum({ owner: accountId, fromHour: 0, untilHour: 2 ** 25, by: "day" })
    }
  })

let seen: Effect.Effect.Success<ReturnType<typeof look>>

beforeAll(async () => {
  seen = await SmallRun.at(TestPlaces.memory(), look)
})

const at = (instant: number | undefined) => (instant === undefined ? null : new Date(instant))

describe("views for people", () => {
  it("accounts, their numbers and templates", () => {
    const { account, run, views } = seen
    const { accountId, number, templateId } = run.tenant
    expect(views.account_records).toMatchObject([
      { account_id: accountId, verification: "enterprise", activated_at: at(account.activatedAt) }
    ])
    expect(views.numbers).toMatchObject([
      { account_id: accountId, number, region: "广东省深圳市", auto_renew: false, terms: 1 }
    ])
    expect(views.template_records).toMatchObject([
      { account_id: accountId, stage: "approved", content: "您的验证码是：{1}", version: 1 }
    ])
    expect(views.template_records[0].template_id).toContain(templateId)
  })

  it("packages, and what is on hold of them", () => {
    const { packages, run, views } = seen
    expect(packages).toHaveLength(1)
    expect(views.packages).toEqual(
      packages.map((one) => ({
        account_id: run.tenant.accountId,
        package_id: one.packageId,
        order_id: one.orderId,
        kind: one.kind,
        minutes: String(one.minutes),
        free: String(one.remaining - one.held),
        held: String(one.held),
        spent: String(one.spent),
        expired: String(one.expired),
        effective_at: at(one.effectiveAt),
        expires_at: expect.any(Date)
      }))
    )
    expect(views.packages[0]).toMatchObject({ minutes: "1000", free: "998", held: "1", spent: "1" })
    expect(views.holds).toMatchObject([{ account_id: run.tenant.accountId, send_id: run.silent, minutes: "1" }])
  })

  it("entries of the minute ledger", () => {
    const { run, views } = seen
    const of = (cause: string) =>
      views.minute_entries
        .filter((entry) => entry.cause === cause)
        .sort((one, other) => Number(one.sequence) - Number(other.sequence))
        .map(({ entry, minutes, overrun }) => [entry, minutes, overrun])
    expect(of(run.answered)).toEqual([
      ["MinutesHeld", "1", null],
      ["HoldSettled", "1", "0"]
    ])
    expect(of(run.busy)).toEqual([
      ["MinutesHeld", "1", null],
      ["HoldReleased", "1", null]
    ])
    expect(of(run.silent)).toEqual([["MinutesHeld", "1", null]])
    const sequences = views.minute_entries.map(({ sequence }) => Number(sequence)).sort((a, b) => a - b)
    expect(sequences).toEqual(sequences.map((_, i) => i + 1))
    expect(views.minute_entries.every(({ at }) => at instanceof Date)).toBe(true)
  })

  it("sends, and their steps", () => {
    const { run, sends, views } = seen
    const { accountId, applicationId } = run.tenant
    expect(new Set(views.send_records.map(({ send_id: id }) => id))).toEqual(new Set(sends.keys()))
    for (const record of views.send_records) {
      const send = sends.get(record.send_id)!
      expect(record).toMatchObject({
        account_id: accountId,
        application_id: applicationId,
        stage: send.stage,
        reason: send.reason ?? null,
        accepted_at: at(send.accepted.at),
        answered_at: at(send.answeredAt),
        ended_at: at(send.endedAt),
        billed_minutes: String(send.billedMinutes)
      })
    }
    const steps = (id: string) =>
      views.send_steps
        .filter((step) => step.send_id === id)
        .sort((one, other) => one.at - other.at)
        .map(({ detail, route, step }) => [step, route, detail])
    const route = sends.get(run.answered)!.attempts[0]!.route
    expect(steps(run.answered)).toEqual([
      ["accepted", null, null],
      ["dialling", route, null],
      ["ringing", null, null],
      ["answered", null, null],
      ["completed", null, null]
    ])
    expect(steps(run.busy)).toEqual([
      ["accepted", null, null],
      ["dialling", route, null],
      ["ringing", null, null],
      ["failed", null, "busy"]
    ])
    expect(steps(run.silent)).toEqual([
      ["accepted", null, null],
      ["dialling", route, null]
    ])
  })

  it("callbacks and their tries", () => {
    const { deliveries, run, views } = seen
    expect(deliveries.length).toBe(2)
    expect(views.callbacks).toHaveLength(deliveries.length)
    for (const { createdAt, deliveryId, endpointId, sendId, status, tries } of deliveries) {
      expect([run.answered, run.busy]).toContain(sendId)
      expect(views.callbacks.find((one) => one.delivery_id === deliveryId)).toMatchObject({
        send_id: sendId,
        endpoint_id: endpointId,
        status,
        tries: tries.length,
        ordered_at: at(createdAt),
        next_at: null
      })
      const tried = views.callback_tries
        .filter((one) => one.delivery_id === deliveryId)
        .sort((one, other) => Number(one.nr) - Number(other.nr))
      expect(tried.map((one) => [one.send_id, one.at, one.status, one.trouble])).toEqual(
        tries.map((one) => [sendId, at(one.at), one.status ?? null, one.trouble ?? null])
      )
      expect(tried.map(({ status: answer }) => answer)).toEqual([500, 204])
    }
  })

  it("alerts, and whom they reached", () => {
    const { alerts, views } = seen
    expect(alerts).toHaveLength(1)
    const [alert] = alerts
    expect(views.alert_records).toMatchObject(
      alert!.deliveries.map(({ channel, contactId, status, tries }) => ({
        alert_id: alert!.alertId,
        about: "LowBalance",
        fired_at: at(alert!.firedAt),
        contact_id: contactId,
        channel,
        status,
        tries
      }))
    )
    expect(views.alert_records).toMatchObject([{ channel: "mobile", status: "delivered", tries: 1 }])
  })

  it("daily figures", () => {
    const { day, run, views } = seen
    const sum = (name: string) => views.daily_figures.reduce((total, one) => total + Number(one[name]), 0)
    for (const name of ["sends", "answered", "failed", "minutes"] as const)
      expect(sum(name)).toBe(day.reduce((total, one) => total + one[name], 0))
    expect([sum("sends"), sum("answered"), sum("failed"), sum("minutes")]).toEqual([3, 1, 1, 1])
    expect(views.daily_figures[0]).toMatchObject({
      account_id: run.tenant.accountId,
      application_id: run.tenant.applicationId,
      template_id: run.tenant.templateId
    })
  })
})
