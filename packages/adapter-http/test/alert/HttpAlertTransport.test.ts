import * as Http from "node:http"
import { type AlertDelivery, AlertTransport } from "@vsms/core/alert/AlertTransport"
import { messageOf } from "@vsms/core/alert/AlertMessage"
import { ReceivedAlerts } from "@vsms/core/alert/MemoryAlertTransport"
import * as Signature from "@vsms/core/callback/Signature"
import * as AlertTransportLaws from "@vsms/core/testing/laws/AlertTransportLaws"
import { suite } from "@vsms/core/testing/Law"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import { describe, expect, it } from "vitest"
import * as HttpAlertTransport from "../../src/alert/HttpAlertTransport.ts"
import type { HostLookup } from "../../src/callback/HostLookup.ts"
import * as HttpCallbackTransport from "../../src/callback/HttpCallbackTransport.ts"
import * as NodeHmac from "../../src/callback/NodeHmac.ts"
import { listening } from "../callback/Servers.ts"

interface Posted {
  readonly headers: Http.IncomingHttpHeaders
  readonly body: string
}

/** A server that answers so, and keeps what it was sent. */
const receiver = (answer: (count: number) => { readonly status: number; readonly location?: string }) =>
  Effect.gen(function* () {
    const posted: Array<Posted> = []
    const server = Http.createServer((request, response) => {
      let body = ""
      request.on("data", (piece) => (body += piece))
      request.on("end", () => {
        posted.push({ headers: request.headers, body })
        const { location, status } = answer(posted.length)
        response.writeHead(status, location === undefined ? {} : { location }).end()
      })
    })
    const { port } = yield* listening(server)
    return { posted, url: `http://127.0.0.1:${port}/alerts` }
  })

const sound = Layer.merge(HttpCallbackTransport.layer(), NodeHmac.layer)

/** The transport and a relay that counts every post, repeats included. */
const lawLayer = Layer.scopedContext(
  Effect.gen(function* () {
    const relay = yield* receiver(() => ({ status: 204 }))
    const transport = yield* Effect.provide(
      AlertTransport,
      Layer.provide(HttpAlertTransport.layer({ relay: { url: relay.url } }), sound)
    )
    const received = Effect.sync(() =>
      relay.posted.map(({ body, headers }) => {
        const { accountId, alertId } = JSON.parse(body).data
        return { accountId, alertId, deliveryId: String(headers["webhook-id"]) } as AlertDelivery
      })
    )
    return Context.make(AlertTransport, transport).pipe(Context.add(ReceivedAlerts, received))
  })
)

suite({ describe, it }, "alerts over HTTP", AlertTransportLaws.laws, lawLayer)

const facts = { _tag: "LowBalance", available: 4_999, threshold: 5_000 } as const
const delivery = (given: Partial<AlertDelivery>): AlertDelivery => ({
  deliveryId: "acme/alert/contact/webhook",
  accountId: "acme",
  alertId: "alert",
  channel: "webhook",
  address: "https://alerts.example.com/hook",
  name: "张三",
  message: messageOf(facts, ""),
  facts,
  firedAt: 0,
  ...given
})

const secret = Redacted.make(`${Signature.prefix}${Encoding.encodeBase64("0123456789abcdef0123456789abcdef")}`)

const deliver = (
  given: Partial<AlertDelivery>,
  options: Partial<HttpAlertTransport.HttpAlertOptions> = {},
  lookup?: HostLookup
) =>
  Effect.flatMap(AlertTransport, (transport) => Effect.either(transport.deliver(delivery(given)))).pipe(
    Effect.map(Either.match({ onRight: () => "delivered", onLeft: ({ retry }) => retry })),
    Effect.provide(
      Layer.provide(
        HttpAlertTransport.layer(options),
        lookup === undefined ? sound : Layer.merge(HttpCallbackTransport.layer({ lookup }), NodeHmac.layer)
      )
    ),
    Effect.provide(Logger.remove(Logger.defaultLogger))
  )

const atDesk = { targets: { privateNetworks: true, plainHttp: true } }
const run = <A, E>(test: Effect.Effect<A, E>) => Effect.runPromise(test)

describe("alerts over HTTP", () => {
  it("ALR-4, ALR-5: a contact's webhook is told in two languages, without its name", () =>
    Effect.gen(function* () {
      const { posted, url } = yield* receiver(() => ({ status: 200 }))
      expect(yield* deliver({ address: url }, atDesk)).toBe("delivered")
      expect(posted[0]!.headers["webhook-id"]).toBe("acme/alert/contact/webhook")
      expect(JSON.parse(posted[0]!.body)).toEqual({
        type: "alert.lowBalance",
        timestamp: "1970-01-01T00:00:00.000Z",
        data: {
          alertId: "alert",
          accountId: "acme",
          subject: expect.stringContaining("余额不足"),
          zh: expect.stringContaining("4,999"),
          en: expect.stringContaining("4,999"),
          facts: { available: 4_999, threshold: 5_000 }
        }
      })
    }).pipe(Effect.scoped, run))

  it("CBK-3: a webhook into a private network is not posted to, whether by address or by redirection", () =>
    Effect.gen(function* () {
      const { posted, url } = yield* receiver(() => ({ status: 200 }))
      expect(yield* deliver({ address: url })).toBe("never")
      expect(yield* deliver({ address: url.replace("127.0.0.1", "127.0.0.1.nip.invalid") })).not.toBe("delivered")
      const away = yield* receiver(() => ({ status: 302, location: url }))
      expect(yield* deliver({ address: away.url }, atDesk)).toBe("never")
      expect(posted).toEqual([])
    }).pipe(Effect.scoped, run))

  it.each(["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00::1"])(
    "CBK-3: a webhook whose name leads to %s is not posted to",
    (address) =>
      Effect.gen(function* () {
        const { posted, url } = yield* receiver(() => ({ status: 200 }))
        const hook = url.replace("127.0.0.1", "alerts.example.com")
        const outside = { targets: { privateNetworks: false, plainHttp: true } }
        expect(yield* deliver({ address: hook }, outside, () => Effect.succeed([address]))).toBe("never")
        // Where private networks are the deployment's wish, the same name leads there.
        const inside = yield* deliver({ address: hook }, atDesk, () => Effect.succeed(["127.0.0.1"]))
        expect([inside, posted.length]).toEqual(["delivered", 1])
      }).pipe(Effect.scoped, run)
  )

  it.each([301, 302, 303, 307, 308])("CBK-3: a webhook's redirection by %s is not followed", (status) =>
    Effect.gen(function* () {
      const { posted, url } = yield* receiver(() => ({ status: 200 }))
      const away = yield* receiver(() => ({ status, location: url }))
      expect(yield* deliver({ address: away.url }, atDesk)).toBe("never")
      expect([away.posted.length, posted.length]).toEqual([1, 0])
    }).pipe(Effect.scoped, run)
  )

  it("CBK-3: a webhook's name that leads elsewhere by the time of the connection is not asked again", () =>
    Effect.gen(function* () {
      const { posted, url } = yield* receiver(() => ({ status: 200 }))
      const asked: Array<string> = []
      // Public while it is checked, the receiver's own address from then on. The public one is AS112's, which is there
      // to let what nobody wants peter out.
      const lookup: HostLookup = (host) =>
        Effect.sync(() => (asked.push(host) === 1 ? ["192.175.48.254"] : ["127.0.0.1"]))
      const outside = { targets: { privateNetworks: false, plainHttp: true }, timeoutMillis: 300 }
      const hook = url.replace("127.0.0.1", "alerts.example.com")
      expect(yield* deliver({ address: hook }, outside, lookup)).toBe("later")
      expect([asked, posted]).toEqual([["alerts.example.com"], []])
      expect(yield* deliver({ address: hook }, outside, lookup)).toBe("never")
      expect(posted).toEqual([])
    }).pipe(Effect.scoped, run))

  it("the relay is told whom to reach and how, signed as callbacks are; it may be in a private network", () =>
    Effect.gen(function* () {
      const relay = yield* receiver(() => ({ status: 202 }))
      const given = { channel: "email", address: "ops@example.com", deliveryId: "acme/alert/contact/email" } as const
      expect(yield* deliver(given, { relay: { url: relay.url, secret } })).toBe("delivered")
      const { body, headers } = relay.posted[0]!
      expect(JSON.parse(body).to).toEqual({ channel: "email", address: "ops@example.com", name: "张三" })
      const timestamp = Number(headers["webhook-timestamp"])
      const genuine = yield* Signature.verify(secret, {
        id: given.deliveryId,
        timestamp,
        nowSeconds: timestamp,
        signature: String(headers["webhook-signature"]),
        body
      })
      expect(genuine).toBe(true)
    }).pipe(Effect.scoped, Effect.provide(NodeHmac.layer), run))

  it.each([
    ["webhook", 404, "never"],
    ["webhook", 410, "never"],
    ["webhook", 401, "later"],
    ["webhook", 500, "later"],
    ["email", 404, "later"],
    ["email", 422, "never"],
    ["email", 503, "later"]
  ] as const)("by %s, status %s: another try %s", (channel, status, retry) =>
    Effect.gen(function* () {
      const { url } = yield* receiver(() => ({ status }))
      const address = channel === "webhook" ? url : "ops@example.com"
      expect(yield* deliver({ channel, address }, { ...atDesk, relay: { url } })).toBe(retry)
    }).pipe(Effect.scoped, run)
  )

  it("ALR-5: without a relay an alert by e-mail or text message is not dropped in silence", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push(String(message)))
      const transport = yield* Effect.provide(AlertTransport, Layer.provide(HttpAlertTransport.layer(), sound))
      const mobile = delivery({ channel: "mobile", address: "13800138000" })
      const failure = yield* Effect.flip(transport.deliver(mobile)).pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      expect(failure.retry).toBe("later")
      expect(lines).toEqual(["an alert by mobile cannot be delivered: there is no relay for it"])
      expect(JSON.stringify(failure)).not.toContain("13800138000")
    }).pipe(Effect.scoped, run))

  it("what failed is posted again when it is tried again", () =>
    Effect.gen(function* () {
      const { posted, url } = yield* receiver((count) => ({ status: count === 1 ? 503 : 200 }))
      const transport = yield* Effect.provide(AlertTransport, Layer.provide(HttpAlertTransport.layer(atDesk), sound))
      const given = delivery({ address: url })
      expect((yield* Effect.flip(transport.deliver(given))).retry).toBe("later")
      yield* transport.deliver(given)
      yield* transport.deliver(given)
      expect(posted).toHaveLength(2)
    }).pipe(Effect.scoped, run))
})
