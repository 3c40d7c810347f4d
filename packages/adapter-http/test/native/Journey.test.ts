import { NativeApi } from "@vsms/adapter-http/api/NativeApi"
import * as HttpApi from "@effect/platform/HttpApi"
import { describe, expect, it } from "@effect/vitest"
import * as MemoryAlertTransport from "@vsms/core/alert/MemoryAlertTransport"
import { ReviewDesk } from "@vsms/core/qualification/ReviewDesk"
import * as Core from "@vsms/core/Core"
import * as PlainDecoder from "@vsms/core/testing/PlainDecoder"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as World from "./World.ts"

/** The operations of the contract, with what their paths look like. */
const operations: Array<{ readonly name: string; readonly method: string; readonly pattern: RegExp }> = []
HttpApi.reflect(NativeApi, {
  onGroup: () => {},
  onEndpoint: ({ endpoint, group }) =>
    void operations.push({
      name: `${group.identifier}.${endpoint.name}`,
      method: endpoint.method,
      pattern: new RegExp(`^${endpoint.path.replace(/:\w+/g, "[^/]+")}$`)
    })
})

const nameOf = (method: string, path: string): string => {
  const [bare = ""] = path.split("?")
  const found = operations.filter((one) => one.method === method && one.pattern.test(bare))
  // What is written goes before what is variable.
  return (found.length > 1 ? found.find(({ pattern }) => !pattern.source.endsWith("[^/]+$")) : found[0])?.name ?? "?"
}

/** What people review is left to people here, so that the desk has something on it. */
const world = NativeDoor.layer({ operatorTokens: [Redacted.make(World.operatorToken)] }).pipe(
  Layer.provideMerge(Core.layer()),
  Layer.provideMerge(NativeDoor.editGuard),
  Layer.provideMerge(ReviewDesk.layerManual),
  Layer.provideMerge(CoreMemory.layerPorts())
)

const image = Either.getOrThrow(
  Encoding.decodeBase64("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=")
)

const qualification = (): FormData => {
  const form = new FormData()
  const fields = {
    companyName: "示例科技（深圳）有限公司",
    creditCode: "91440300MA5EXAMPLA",
    address: "广东省深圳市",
    representativeName: "张三",
    representativeId: "11010519491231002X",
    certificateKind: "threeInOne",
    note: "登录验证码"
  }
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  form.set("image", new Blob([new Uint8Array(image)], { type: "image/png" }), "licence.png")
  return form
}

const recording = (pitch: number): FormData => {
  const form = new FormData()
  form.set("sound", new Blob([PlainDecoder.wav(PlainDecoder.humming(500, pitch))]), "recording.wav")
  return form
}

const approval = { version: 1, verdict: { _tag: "Approve" } }

describe("the native API", () => {
  it.effect("ONB-1: by HTTP alone, from nothing to a call, its bill, and every other endpoint on the way", () =>
    Effect.gen(function* () {
      const asked = new Set<string>()
      /** Asks, expects a status, and answers the body. */
      const ask = (method: string, path: string, status: number, options: World.Asked = {}) =>
        Effect.map(World.ask(method, path, { as: World.operator, ...options }), (answered) => {
          expect({ path, status: answered.status, text: answered.text.slice(0, 800) }).toMatchObject({ path, status })
          asked.add(nameOf(method, path))
          return answered.json ?? answered.text
        })

      yield* ask("GET", "/health", 200)
      yield* ask("GET", "/ready", 200)

      // An account, and a key for it.
      yield* ask("POST", "/v1/accounts", 201, { body: { accountId: "shop" } })
      const a = "/v1/accounts/shop"
      expect((yield* ask("PUT", `${a}/verification`, 200, { body: { as: "enterprise" } })).verification).toBe(
        "enterprise"
      )
      expect((yield* ask("GET", "/v1/accounts", 200)).items).toHaveLength(1)
      const { key } = yield* ask("POST", `${a}/keys`, 201, { body: { name: "server", scopes: World.allScopes } })
      const as = `Bearer ${key}`
      const me = "/v1/accounts/@me"
      expect((yield* ask("GET", me, 200, { as })).accountId).toBe("shop")
      expect(yield* ask("GET", "/v1/entitlements", 200, { as })).toHaveLength(6)
      expect((yield* ask("PUT", `${me}/activation`, 200, { as, body: { agreementAccepted: true } })).activatedAt).toBe(
        0
      )

      // Its qualification, which a person looks at.
      const submitted = yield* ask("POST", `${me}/qualification`, 201, { as, form: qualification() })
      expect(submitted.version).toBe(1)
      yield* ask("DELETE", `${me}/qualification`, 204, { as })
      yield* ask("POST", `${me}/qualification`, 201, { as, form: qualification() })
      expect((yield* ask("GET", `${me}/qualification`, 200, { as })).submission.representativeName).toBe("张*")
      expect((yield* ask("GET", "/v1/reviews/qualifications", 200)).items).toMatchObject([
        { accountId: "shop", version: 2 }
      ])
      expect((yield* ask("GET", "/v1/reviews/qualifications/shop", 200)).submission.representativeName).toBe("张三")
      const certificate = yield* World.ask("GET", "/v1/reviews/qualifications/shop/certificate", { as: World.operator })
      expect(certificate.headers.get("content-type")).toBe("image/png")
      yield* ask("GET", "/v1/reviews/qualifications/shop/certificate", 200)
      const verdict = { version: 2, verdict: { _tag: "Approve" } }
      const approved = yield* ask("PUT", "/v1/reviews/qualifications/shop/decision", 200, { body: verdict })
      expect(approved.status).toBe("approved")

      // An application.
      const { appKey: first, applicationId } = yield* ask("POST", `${me}/applications`, 201, {
        as,
        body: { name: "商城" }
      })
      const app = `/v1/applications/${applicationId}`
      const basic = (appKey: string) => `Basic ${Encoding.encodeBase64(`${applicationId}:${appKey}`)}`
      expect((yield* ask("GET", `${me}/applications`, 200, { as })).items).toMatchObject([
        { name: "商城", voiceMinutes: 0 }
      ])
      expect((yield* ask("PUT", app, 200, { as, body: { name: "商城二" } })).name).toBe("商城二")
      expect((yield* ask("PUT", `${app}/status`, 200, { as, body: { status: "disabled" } })).status).toBe("disabled")
      expect((yield* ask("PUT", `${app}/status`, 200, { as, body: { status: "enabled" } })).status).toBe("enabled")
      expect((yield* ask("GET", app, 200, { as: basic(first) })).secrets).toHaveLength(1)
      const { appKey } = yield* ask("POST", `${app}/secrets`, 201, { as, body: { overlapMillis: 60_000 } })
      const secret = basic(appKey)
      const noLimits = { code: [], notice: null, parameterMax: 20 }
      expect(yield* ask("PUT", `${app}/limits`, 200, { as, body: noLimits })).toEqual(noLimits)
      expect(yield* ask("GET", `${app}/limits`, 200, { as })).toEqual(noLimits)

      // A number.
      const stock = { region: "广东省深圳市", numbers: ["075500000001", "075500000002", "075500000003"] }
      yield* ask("POST", "/v1/inventory/numbers", 204, { body: stock })
      yield* ask("DELETE", "/v1/inventory/numbers/075500000003", 204)
      expect((yield* ask("GET", "/v1/inventory/regions", 200, { as })).items).toEqual([stock.region])
      const region = encodeURIComponent(stock.region)
      const found = yield* ask("GET", `/v1/inventory/numbers?region=${region}&limit=1`, 200, { as })
      expect(found.items).toHaveLength(1)
      const more = yield* ask("GET", `/v1/inventory/numbers?region=${region}&limit=1&cursor=${found.next}`, 200, { as })
      expect(more.items[0].number).not.toBe(found.items[0].number)
      const buy = { numbers: ["075500000001"], autoRenew: false }
      const rent = yield* ask("POST", `${me}/orders/numbers`, 201, { as, body: buy })
      expect(rent).toMatchObject({ status: "created", amount: 50_000 })
      expect((yield* ask("GET", "/v1/inventory/numbers/075500000001", 200)).status).toBe("reserved")
      const paid = yield* ask("POST", `${me}/orders/${rent.orderId}/payment`, 200, { as, body: { method: "wechat" } })
      expect(paid.order.status).toBe("fulfilled")
      expect(yield* ask("GET", `${me}/numbers`, 200, { as })).toMatchObject([{ number: "075500000001", usable: true }])
      yield* ask("PUT", `${me}/numbers/075500000001/auto-renewal`, 204, { as, body: { on: true } })
      const next = yield* ask("POST", `${me}/orders/renewals`, 201, { as, body: { number: "075500000001" } })
      expect((yield* ask("POST", `${me}/orders/${next.orderId}/notification`.replace("@me", "shop"), 200)).status).toBe(
        "created"
      )
      expect((yield* ask("POST", `${me}/orders/${next.orderId}/cancellation`, 200, { as })).status).toBe("cancelled")

      // Minutes.
      expect((yield* ask("GET", "/v1/prices", 200, { as })).name).toBe("standard")
      const packages = [{ kind: "custom", minutes: 9_600, quantity: 1 }]
      const quote = yield* ask("POST", "/v1/quotes", 200, { as, body: { packages } })
      expect(quote.cheapest.items).toEqual([{ kind: "fixed", minutes: 10_000, quantity: 1 }])
      expect((yield* ask("GET", "/v1/quotes/cheapest?minutes=9600", 200, { as })).payable).toBe(1_050_000)
      expect(yield* ask("GET", "/v1/quotes/cliffs", 200, { as })).toHaveLength(5)
      expect(
        yield* ask("POST", "/v1/quotes/comparisons", 200, { as, body: { minutesPerMonth: [100, 200] } })
      ).toHaveLength(1)
      const order = yield* ask("POST", `${me}/orders/packages`, 201, {
        as,
        body: { packages: quote.cheapest.items, agreementAccepted: true }
      })
      const confirmation = { paymentId: "bank-1", amount: order.amount }
      yield* ask("PUT", `${a}/orders/${order.orderId}/confirmation`, 200, { body: confirmation })
      // Paid is paid: nothing waits for an operator, and nothing can be declined.
      expect((yield* ask("GET", "/v1/payments", 200)).items).toEqual([])
      yield* ask("PUT", `${a}/orders/${order.orderId}/refusal`, 409, { body: { reason: "payerRefused" } })
      expect((yield* ask("GET", `${me}/orders/${order.orderId}`, 200, { as })).status).toBe("fulfilled")
      expect((yield* ask("GET", `${me}/orders`, 200, { as })).items).toHaveLength(3)
      const recipient = { kind: "ordinary", title: "示例科技", taxNumber: "91440300MA5EXAMPLA", email: "a@b.example" }
      yield* ask("POST", `${me}/invoices`, 201, { as, body: { orderIds: [order.orderId], ...recipient } })
      expect((yield* ask("GET", `${me}/invoices`, 200, { as })).items[0].recipient.email).toBe("a@b.example")
      yield* TestClock.adjust("5 minutes")
      expect((yield* ask("GET", `${me}/packages`, 200, { as })).available).toBe(10_000)
      expect((yield* ask("GET", `${me}/balance`, 200, { as })).available).toBe(10_000)

      // A template, which a person looks at.
      const draft = { name: "验证码", content: "您的验证码是：{1}", kind: "code" }
      const { templateId } = yield* ask("POST", `${app}/templates`, 201, { as, body: draft })
      const t = `${app}/templates/${templateId}`
      yield* ask("PUT", t, 200, { as, body: { ...draft, note: "登录" } })
      expect((yield* ask("GET", "/v1/reviews/templates", 200)).items).toMatchObject([{ accountId: "shop", templateId }])
      yield* ask("PUT", `/v1/reviews/templates/${applicationId}/${templateId}/decision`, 200, { body: verdict })
      expect((yield* ask("GET", t, 200, { as })).stage).toBe("approved")
      expect((yield* ask("GET", `${app}/templates?stage=approved`, 200, { as })).items).toHaveLength(1)
      yield* ask("PUT", `${app}/default-code-template`, 200, { as, body: { templateId } })
      expect(yield* ask("GET", `${app}/default-code-template`, 200, { as })).toEqual({ templateId })
      const other = yield* ask("POST", `${app}/templates`, 201, { as, body: { ...draft, name: "又一个" } })
      yield* ask("DELETE", `${app}/templates/${other.templateId}`, 204, { as })

      // A file of sound, which a person listens to, and one that nobody wants any more.
      const file = yield* ask("POST", `${app}/voice-files`, 201, { as, form: recording(440) })
      const v = `voice-files/${file.fileId}`
      expect((yield* ask("GET", `${app}/voice-files`, 200, { as })).items).toMatchObject([{ stage: "pending" }])
      expect((yield* ask("GET", "/v1/reviews/voice-files", 200)).items).toMatchObject([{ accountId: "shop" }])
      yield* ask("GET", `/v1/reviews/voice-files/${applicationId}/${file.fileId}/sound`, 200)
      yield* ask("PUT", `/v1/reviews/voice-files/${applicationId}/${file.fileId}/decision`, 200, { body: approval })
      expect((yield* ask("GET", `${app}/${v}`, 200, { as })).stage).toBe("approved")
      yield* ask("GET", `${app}/${v}/sound`, 200, { as })
      yield* ask("DELETE", `${app}/${v}`, 204, { as })

      // Who hears of what.
      yield* ask("PUT", `${me}/low-balance-alert`, 200, { as, body: { threshold: 10_000 } })
      expect((yield* ask("GET", `${me}/low-balance-alert`, 200, { as })).threshold).toBe(10_000)
      const contact = { name: "王五", email: "alerts@shop.example" }
      const { contactId } = yield* ask("POST", `${app}/alert-contacts`, 201, { as, body: contact })
      yield* ask("PUT", `${app}/alert-contacts/${contactId}`, 204, { as, body: { ...contact, mobile: "13900139000" } })
      expect(yield* ask("GET", `${app}/alert-contacts`, 200, { as })).toMatchObject([
        { ...contact, mobile: "13900139000" }
      ])
      const gone = yield* ask("POST", `${app}/alert-contacts`, 201, { as, body: contact })
      yield* ask("DELETE", `${app}/alert-contacts/${gone.contactId}`, 204, { as })
      yield* ask("PUT", `${app}/daily-volume`, 200, { as, body: { preset: 1, cap: null } })
      const url = "https://shop.example/hook?token=s3cret"
      const { endpointId, secret: signing } = yield* ask("POST", `${app}/callback-endpoints`, 201, {
        as,
        body: { url }
      })
      expect(signing).toMatch(/^whsec_/)
      const e = `${app}/callback-endpoints/${endpointId}`
      yield* ask("POST", `${e}/secrets`, 201, { as, body: { overlapMillis: 0 } })
      yield* ask("PATCH", e, 204, { as, body: { enabled: true } })
      expect(yield* ask("GET", `${app}/callback-endpoints`, 200, { as })).toMatchObject([
        { url: "https://shop.example/hook" }
      ])

      // The call.
      const message = { to: "138-0013-8000", code: "4821" }
      const checked = yield* ask("POST", `${app}/sends/check`, 200, { as: secret, body: message })
      expect([checked.allowed, checked.text]).toEqual([true, "您的验证码是：4821"])
      const accepted = yield* ask("POST", `${app}/sends`, 202, {
        as: secret,
        body: { ...message, ext: "order 7" },
        headers: { "idempotency-key": "k1" }
      })
      const again = { ...message, ext: "order 7", idempotencyKey: "k1" }
      expect((yield* ask("POST", `${app}/sends`, 202, { as: secret, body: again })).sendId).toBe(accepted.sendId)
      const batch = { sends: [{ ...message, to: "13900139000" }, { to: "12345", code: "1234" }, { to: 1 }, 7] }
      const { answers } = yield* ask("POST", `${app}/sends/batch`, 200, { as: secret, body: batch })
      expect(answers[0].accepted.display).toBe("075500000001")
      expect(answers.slice(1).map(({ problem }: any) => [problem.status, problem.type])).toEqual([
        [422, "urn:vsms:problem:CalleeNotServed"],
        [422, "urn:vsms:problem:InvalidInput"],
        [422, "urn:vsms:problem:InvalidInput"]
      ])
      yield* TestClock.adjust("3 minutes")
      const s = `${app}/sends/${accepted.sendId}`
      const sent = yield* ask("GET", s, 200, { as: secret })
      expect(sent).toMatchObject({ stage: "completed", to: "+8613800138000", ext: "order 7", billedMinutes: 1 })
      expect(sent.text).not.toContain("4821")
      expect((yield* ask("POST", `${app}/sends/search`, 200, { as, body: { to: "13800138000" } })).items).toHaveLength(
        1
      )
      const explained = yield* ask("GET", `${s}/explanation`, 200, { as })
      expect(explained).toMatchObject({ _tag: "Accepted", payment: { billedMinutes: 1 } })
      expect(explained.callbacks).toHaveLength(1)
      expect(yield* ask("GET", `${s}/events`, 200, { as })).toContain("event: stage")
      const receipts = yield* ask("GET", `${app}/receipts`, 200, { as })
      expect(receipts.items).toHaveLength(2)
      expect((yield* ask("GET", `${app}/receipts?after=${receipts.next}`, 200, { as })).items).toEqual([])
      const refusedSend = { to: "13800138000", templateId: "999" }
      yield* World.ask("POST", `${app}/sends`, { as, body: refusedSend })
      expect((yield* ask("GET", `${app}/refused-sends`, 200, { as })).items).toMatchObject([{ to: "+8613800138000" }])

      // What went out.
      const [delivery] = (yield* ask("GET", `${app}/callbacks`, 200, { as })).items
      expect(delivery).toMatchObject({ status: "delivered", tries: [{ status: 204 }] })
      expect(yield* ask("GET", `${s}/callbacks`, 200, { as })).toHaveLength(1)
      yield* ask("POST", `${app}/callbacks/${delivery.deliveryId}/replay`, 202, { as })
      yield* ask("DELETE", e, 204, { as })
      expect((yield* ask("GET", `${app}/daily-volume`, 200, { as })).sendsToday).toBe(2)
      yield* TestClock.adjust("1 minute")
      expect((yield* ask("GET", `${me}/alerts`, 200, { as })).items.length).toBeGreaterThan(0)
      expect(yield* yield* MemoryAlertTransport.ReceivedAlerts).not.toHaveLength(0)

      // Figures.
      const figures = { sends: 2, answered: 2, failed: 0, minutes: 2, successBasisPoints: 10_000 }
      expect((yield* ask("GET", `${me}/statistics/overview?period=last7Days`, 200, { as })).total).toEqual(figures)
      expect((yield* ask("GET", `${app}/statistics/overview`, 200, { as: secret })).total).toEqual(figures)
      expect((yield* ask("GET", `${app}/statistics/templates/${templateId}`, 200, { as })).total).toEqual(figures)
      expect(yield* ask("GET", `${me}/statistics/failures`, 200, { as })).toEqual([])
      expect(yield* ask("GET", `${app}/statistics/failures?from=1970-01-01&to=1970-01-02`, 200, { as })).toEqual([])
      const table = yield* ask("GET", `${app}/statistics/templates/${templateId}/export`, 200, { as })
      expect(table).toContain("发送成功率")
      const records = { callee: "13800138000", period: "today" }
      expect((yield* ask("POST", `${app}/statistics/records`, 200, { as, body: records })).items).toHaveLength(1)
      const csv = yield* ask("POST", `${app}/statistics/records/export`, 200, { as, body: records })
      expect(csv.split("\r\n")).toHaveLength(3)
      expect(csv).toContain("'+8613800138000")
      expect((yield* ask("GET", `${app}/statistics/receipts?period=today&limit=1`, 200, { as })).items).toHaveLength(1)

      // The ledger.
      expect((yield* ask("GET", `${me}/balance/ledger?limit=3`, 200, { as })).entries).toHaveLength(3)
      expect(yield* ask("GET", `${me}/balance/verification`, 200, { as })).toMatchObject({ equal: true })
      expect((yield* ask("GET", `${me}/balance/forecast?days=3`, 200, { as })).minutesUsed).toBeTypeOf("number")

      // Keys, tokens, and who did what.
      const { keyId } = yield* ask("POST", `${me}/keys`, 201, { as, body: { name: "二", scopes: ["sends:read"] } })
      yield* ask("POST", `${me}/keys/${keyId}/rotation`, 201, { as, body: { overlapMillis: 0 } })
      yield* ask("DELETE", `${me}/keys/${keyId}`, 204, { as })
      expect((yield* ask("GET", `${me}/keys`, 200, { as })).items).toHaveLength(2)
      const token = yield* ask("POST", "/v1/operator-tokens", 201, { body: { name: "night shift" } })
      yield* ask("POST", `/v1/operator-tokens/${token.keyId}/rotation`, 201, { body: { overlapMillis: 0 } })
      yield* ask("DELETE", `/v1/operator-tokens/${token.keyId}`, 204)
      expect((yield* ask("GET", "/v1/operator-tokens", 200)).items).toHaveLength(1)
      const done = (yield* ask("GET", "/v1/audit", 200)).items
      expect(done.map(({ operation }: { operation: string }) => operation)).toContain("tokens.revoke")
      expect((yield* ask("GET", `${me}/audit`, 200, { as })).items).toHaveLength(20)
      expect((yield* ask("GET", "/v1/retention", 200, { as })).personalDataMillis).toBe(180 * 86_400_000)
      expect(yield* ask("POST", "/v1/retention/erasures", 200, { body: { limit: 100 } })).toEqual({ erased: 0 })
      const metrics = yield* ask("GET", "/metrics", 200)
      for (const line of ['vsms_sends_total{outcome="accepted"} 2', 'vsms_sends_total{outcome="repeated"} 1'])
        expect(metrics).toContain(line)

      expect(operations.map(({ name }) => name).filter((name) => !asked.has(name))).toEqual([])
      expect(asked.has("?")).toBe(false)
    }).pipe(Effect.ensuring(TestClock.adjust("1 hour")), Effect.provide(world))
  )
})
