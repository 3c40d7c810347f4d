import { describe, expect, it } from "@effect/vitest"
import { Accounts } from "@vsms/core/account/Accounts"
import { Alerts } from "@vsms/core/alert/Alerts"
import { Packages } from "@vsms/core/balance/Packages"
import { Numbers } from "@vsms/core/number/Numbers"
import { VoiceNumbers } from "@vsms/core/number/VoiceNumbers"
import { Orders } from "@vsms/core/order/Orders"
import { PortFailure } from "@vsms/core/PortFailure"
import { Qualifications } from "@vsms/core/qualification/Qualifications"
import * as SendPolicy from "@vsms/core/sending/SendPolicy"
import { Sends } from "@vsms/core/sending/Sends"
import { Journal } from "@vsms/core/storage/Journal"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as Wire from "./Wire.ts"

const code = "tlsvoicesvr/sendcvoice"
const { tel } = Wire

/** Calls that could cost more than the smallest package has. */
const costly = { ...SendPolicy.standard, longestCallMillis: 1e9, holdMarginMillis: 1_001 * 60_000 }

describe("sends of the older wire", () => {
  it.effect("SND-1, SND-11: speaks a code, and gives back what came along", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      const body = { tel: tel(), msg: "4821", playtimes: 3, ext: "séance{1}" }
      const answer = yield* Wire.legacy(tenant, code, body)
      expect(answer).toMatchObject({ result: 0, errmsg: "OK", ext: "séance{1}" })
      const sends = yield* Sends
      const { personal, state } = yield* sends.get(tenant.accountId, tenant.applicationId, answer.callid)
      expect(personal).toMatchObject({ callee: "+8613800138000", text: "您的验证码是：4821" })
      expect(state.accepted.plays).toBe(3)
    }).pipe(Wire.within())
  )

  it.effect("takes numbers for texts, the operation's other name, and every header", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      const numbers = { tel: tel(13_800_138_000, 86), msg: "4821" }
      expect(yield* Wire.legacy(tenant, "tlsvoicesvr/sendvoice", numbers)).toMatchObject({ result: 0, ext: "" })
      yield* TestClock.adjust("1 minute")
      const now = 60 * 6 + 2
      const sig = Wire.sha256(`appkey=${tenant.appKey}&random=007&time=${now}&mobile=13900139000`).toUpperCase()
      const packet = JSON.stringify({ tel: tel("13900139000"), msg: "77", time: now, sig, extra: {}, ext: null })
      const path = `/v5/${code}?random=007&sdkappid=${tenant.applicationId}`
      const form = { "content-type": "application/x-www-form-urlencoded", "conetent-type": "application/json" }
      expect(yield* Wire.post(path, packet, form)).toMatchObject({ result: 0 })
    }).pipe(Wire.within())
  )

  it.effect("sends with a template, and by a full text that reads like one", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      const templateId = yield* Wire.template(tenant, "您的订单{1}将于{2}送达，订单{1}。")
      const byId = { tel: tel(), tpl_id: Number(templateId), params: ["A12", "明天"], ext: "" }
      expect(yield* Wire.legacy(tenant, "tlsvoicesvr/sendtvoice", byId)).toMatchObject({ result: 0 })
      const text = { promptfile: "您的订单B7将于后天送达，订单B7。", prompttype: 2, playtimes: 2 }
      const byText = yield* Wire.legacy(tenant, "tlsvoicesvr/sendvoiceprompt", { tel: tel("13900139000"), ...text })
      expect(byText).toMatchObject({ result: 0 })
      const sends = yield* Sends
      const sent = yield* sends.get(tenant.accountId, tenant.applicationId, byText.callid)
      expect(sent.personal?.text).toBe(text.promptfile)
      const other = { ...text, promptfile: "您的订单B7将于后天送达，订单B8。" }
      const refused = yield* Wire.legacy(tenant, "tlsvoicesvr/sendvoiceprompt", { tel: tel("13700137000"), ...other })
      expect(refused).toMatchObject({ result: 1014, errmsg: "template not match" })
      // One that was approved a moment ago is found at once.
      yield* Wire.template(tenant, "系统维护通知")
      const fresh = { tel: tel("13700137000"), promptfile: "系统维护通知", prompttype: 2 }
      expect((yield* Wire.legacy(tenant, "tlsvoicesvr/sendvoiceprompt", fresh)).result).toBe(0)
      const long = { ...fresh, promptfile: "长".repeat(101) }
      expect((yield* Wire.legacy(tenant, "tlsvoicesvr/sendvoiceprompt", long)).result).toBe(1017)
      expect((yield* Wire.legacy(tenant, "tlsvoicesvr/sendvoiceprompt", { ...fresh, prompttype: 3 })).result).toBe(1004)
    }).pipe(Wire.within())
  )

  it.effect("SND-7: the same signed request calls nobody twice", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      const body = { tel: tel(), msg: "4821" }
      const first = yield* Wire.legacy(tenant, code, body)
      expect(yield* Wire.legacy(tenant, code, body)).toEqual(first)
      expect((yield* Wire.legacy(tenant, code, body, { random: "1" })).result).toBe(1013)
    }).pipe(Wire.within())
  )

  it.effect("says that it does not do what this platform does not: text messages", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      expect((yield* Wire.legacy(tenant, "tlssmssvr/sendsms", { tel: tel(), type: 0, msg: "a" })).result).toBe(1030)
      const several = { tel: [tel("1"), tel("2")], type: 0, msg: "a" }
      const many = yield* Wire.legacy(tenant, "tlssmssvr/sendmultisms2", several, { mobile: "1,2" })
      expect(many.result).toBe(1030)
    }).pipe(Wire.within())
  )
})

describe("refusals of the older wire, in their order", () => {
  it.effect("each has the number of the vendor's tables, and a text", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      const body = { tel: tel(), msg: "4821" }
      const refused = (result: number, answer: { readonly result: number; readonly callid?: string }) => {
        expect(answer.result).toBe(result)
        expect(answer.callid).toBeUndefined()
      }
      const ask = (more: Record<string, unknown>, how?: Wire.Legacy) =>
        Wire.legacy(tenant, code, { ...body, ...more }, how)
      const path = `/v5/${code}?sdkappid=${tenant.applicationId}&random=1`
      refused(1011, yield* Wire.post("/v5/tlsvoicesvr/sendnothing", "{}"))
      refused(1011, yield* Wire.post("/v5/", "{}"))
      refused(1011, yield* Wire.post("/v5/constructor", "{}"))
      refused(1004, yield* Wire.post(path, "", {}, "GET"))
      for (const wrong of ["", "{", "[]", "null", "1"]) refused(1004, yield* Wire.post(path, wrong))
      refused(1004, yield* Wire.post(path, new Uint8Array([0x7b, 0xff])))
      refused(1004, yield* Wire.post(path, "x".repeat(70_000)))
      refused(1003, yield* Wire.post(path, JSON.stringify(body)))
      refused(1003, yield* ask({}, { sig: "" }))
      refused(1004, yield* Wire.post(path, JSON.stringify({ ...body, sig: "x", time: "302" })))
      refused(1019, yield* ask({}, { sdkappid: "1400000000" }))
      refused(1019, yield* ask({}, { sdkappid: "" }))
      refused(1021, yield* ask({}, { time: 302 - 601 }))
      refused(1021, yield* ask({}, { time: 302 + 601 }))
      refused(1001, yield* ask({}, { appKey: "0".repeat(32) }))
      refused(1001, yield* ask({}, { mobile: "13900139000" }))
      refused(1001, yield* ask({}, { sig: "short" }))
      refused(1004, yield* ask({ tel: undefined }, { mobile: undefined! }))
      refused(1004, yield* ask({ tel: "13800138000" }, { mobile: "" }))
      refused(1004, yield* ask({ msg: 4821 }))
      refused(1004, yield* ask({ playtimes: "2" }))
      refused(1004, yield* ask({ playtimes: 4 }))
      refused(1016, yield* ask({ tel: tel("138001380") }))
      refused(1016, yield* ask({ tel: tel("13800138000", "1") }))
      refused(1018, yield* ask({ msg: "48 21" }))
      const voice = { tel: tel(), tpl_id: 1, params: [] }
      refused(1014, yield* Wire.legacy(tenant, "tlsvoicesvr/sendtvoice", voice))
      const tpl_id = Number(yield* Wire.template(tenant, "订单{1}"))
      const params = (...given: ReadonlyArray<unknown>) =>
        Wire.legacy(tenant, "tlsvoicesvr/sendtvoice", { tel: tel(), tpl_id, params: given })
      refused(1014, yield* params())
      refused(1036, yield* params("a".repeat(16)))
      refused(1004, yield* params({}))
      // A clock that is off by just as much as is taken.
      const edge = 303 - 600
      expect((yield* ask({}, { time: edge })).result).toBe(0)
      refused(1013, yield* ask({}))
      yield* (yield* Accounts).disableApplication(tenant.accountId, tenant.applicationId)
      refused(1020, yield* ask({}))
    }).pipe(Wire.within())
  )

  it.effect("BAL-7, SND-4: 3014 without a number, 1033 without a usable package, 1031 with too few minutes", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const orders = yield* Orders
      const accountId = yield* accounts.open()
      yield* accounts.verify(accountId, { as: "enterprise" })
      yield* accounts.activate(accountId, { agreementAccepted: true })
      const { appKey, applicationId } = yield* accounts.createApplication(accountId, { name: "new" })
      const bare = { accountId, applicationId, templateId: "", number: "", appKey: Redacted.value(appKey) }
      const results: Array<number> = []
      const ask = Effect.map(Wire.legacy(bare, code, { tel: tel(), msg: "4821" }), ({ result }) => results.push(result))
      const pay = ({ orderId }: { readonly orderId: string }) =>
        Effect.zipRight(orders.pay({ accountId, orderId, method: "balance" }), TestClock.adjust("1 second"))
      yield* ask
      yield* Wire.template(bare, "您的验证码是：{1}", "code")
      yield* ask
      yield* (yield* Qualifications).submit(accountId, Wire.qualification)
      yield* TestClock.adjust("1 second")
      yield* (yield* VoiceNumbers).add({ region: "广东省深圳市", numbers: ["075500000001"] })
      yield* pay(yield* (yield* Numbers).buy({ accountId, numbers: ["075500000001"], autoRenew: false }))
      yield* ask
      const packages = [{ kind: "custom", minutes: 1_000, quantity: 1 }] as const
      yield* pay(yield* (yield* Packages).buy(accountId, { packages, agreementAccepted: true }))
      // It takes effect in five minutes.
      yield* ask
      yield* TestClock.adjust("5 minutes")
      yield* ask
      expect(results).toEqual([1014, 3014, 1033, 1033, 1031])
    }).pipe(Wire.within({ sends: costly }))
  )

  it.effect("a secret that was rotated works on until its overlap ends", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      const accounts = yield* Accounts
      const { accountId, applicationId } = tenant
      const { appKey } = yield* accounts.rotateSecret(accountId, applicationId, { overlapMillis: 60_000 })
      const ask = (key: string, mobile: string) =>
        Wire.legacy(tenant, code, { tel: tel(mobile), msg: "4821" }, { appKey: key })
      expect((yield* ask(tenant.appKey, "13800138000")).result).toBe(0)
      expect((yield* ask(Redacted.value(appKey), "13800138001")).result).toBe(0)
      yield* TestClock.adjust("66 seconds")
      expect((yield* ask(tenant.appKey, "13800138002")).result).toBe(1001)
      expect((yield* ask(Redacted.value(appKey), "13800138003")).result).toBe(0)
    }).pipe(Wire.within())
  )

  it.effect("ALR-3: 1022 once the application's own daily cap is reached, until the next day", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      const alerts = yield* Alerts
      yield* alerts.setDailyVolume(tenant.accountId, tenant.applicationId, { preset: null, cap: 2 })
      const ask = (mobile: string) => Wire.legacy(tenant, code, { tel: tel(mobile), msg: "4821" })
      expect((yield* ask("13800138000")).result).toBe(0)
      expect((yield* ask("13800138001")).result).toBe(0)
      const capped = yield* ask("13800138002")
      expect(capped).toMatchObject({ result: 1022, errmsg: "daily limit of the application" })
      expect(capped.callid).toBeUndefined()
      yield* TestClock.adjust("24 hours")
      expect((yield* ask("13800138002")).result).toBe(0)
    }).pipe(Wire.within())
  )

  it.effect("1008 while the storage fails, without a word about it; the same request goes through afterwards", () => {
    let fails = false
    const journal = (sound: typeof Journal.Service): typeof Journal.Service => ({
      ...sound,
      transact: (refs, decide) =>
        Effect.suspend(() =>
          fails
            ? new PortFailure({ port: "Journal", operation: "transact", retry: "later", cause: "13800138000" })
            : sound.transact(refs, decide)
        )
    })
    return Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      const body = { tel: tel(), msg: "4821" }
      fails = true
      const failed = yield* Wire.legacy(tenant, code, body)
      fails = false
      expect(failed).toMatchObject({ result: 1008, errmsg: "request timed out, please retry" })
      expect(JSON.stringify(failed)).not.toMatch(/Journal|transact|13800138000/)
      expect((yield* Wire.legacy(tenant, code, body)).result).toBe(0)
    }).pipe(Wire.within({ journal }))
  })

  it.effect("an application that asks too often is told so", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      const ask = Wire.legacy(tenant, "tlssmssvr/pullstatus", { type: 0, max: 1 })
      expect((yield* ask).result).toBe(1030)
      expect((yield* ask).errmsg).toContain("too many requests")
    }).pipe(Wire.within({ rate: { perSecond: 1, burst: 1 } }))
  )
})
