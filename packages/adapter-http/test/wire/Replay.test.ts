import * as Crypto from "node:crypto"
import * as CloudDoor from "@vsms/adapter-http/wire/CloudDoor"
import { Sends } from "@vsms/core/sending/Sends"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as Wire from "./Wire.ts"

/** A request as somebody saw it on its way. */
interface Captured {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string
}

type Replay = readonly [how: string, change: (captured: Captured) => Captured]

const withBody =
  (change: (body: string) => string) =>
  (captured: Captured): Captured => ({
    ...captured,
    body: change(captured.body)
  })

const withPath =
  (change: (path: string) => string) =>
  (captured: Captured): Captured => ({
    ...captured,
    path: change(captured.path)
  })

const withAuthorization =
  (change: (value: string) => string) =>
  (captured: Captured): Captured => ({
    ...captured,
    headers: { ...captured.headers, authorization: change(captured.headers["authorization"]!) }
  })

const asItIs: Replay = ["as it is", (captured) => captured]

/** Sends what was captured, then in every other form; nothing else than the signature is in the way of a second call. */
const replayed = (
  tenant: Wire.Tenant,
  capture: (seconds: number) => Captured,
  replays: ReadonlyArray<Replay>,
  alreadySent: (text: string) => boolean
) =>
  Effect.gen(function* () {
    const { accountId, applicationId } = tenant
    const sends = yield* Sends
    yield* sends.setLimits(accountId, applicationId, { code: [], notice: [], parameterMax: null })
    yield* TestClock.adjust("1 minute")
    const captured = capture(Math.floor((yield* Effect.clock).unsafeCurrentTimeMillis() / 1_000))
    const ask = ({ body, headers, method, path }: Captured) =>
      Effect.map(Wire.request(method, path, headers, method === "GET" ? undefined : body), ({ text }) => text)
    const first = yield* ask(captured)
    const count = Effect.map(sends.list(accountId, applicationId), ({ items }) => items.length)
    expect([first, yield* count]).toEqual([first, 1])
    for (const [how, change] of replays) {
      yield* TestClock.adjust("20 seconds")
      const text = yield* ask(change(captured))
      expect([how, text, yield* count]).toEqual([how, text, 1])
    }
    // What was not changed got its first answer.
    expect(alreadySent(yield* ask(captured))).toBe(true)
  })

const hmac = (key: string | Buffer, text: string) => Crypto.createHmac("sha256", key).update(text).digest()

const cloudBody = ({ applicationId }: Wire.Tenant) =>
  JSON.stringify({ CodeMessage: "4821", CalledNumber: "+8613800138000", VoiceSdkAppid: applicationId })

const tc3 =
  (tenant: Wire.Tenant) =>
  (seconds: number): Captured => {
    const date = new Date(seconds * 1_000).toISOString().slice(0, 10)
    const scope = `${date}/vms/tc3_request`
    const body = cloudBody(tenant)
    const canonical = `POST\n/\n\ncontent-type:application/json\nhost:vsms.test\n\ncontent-type;host\n${Wire.sha256(body)}`
    const text = ["TC3-HMAC-SHA256", String(seconds), scope, Wire.sha256(canonical)].join("\n")
    const key = hmac(hmac(hmac(`TC3${tenant.appKey}`, date), "vms"), "tc3_request")
    const credential = `${CloudDoor.secretIdOf(tenant.applicationId)}/${scope}`
    return {
      method: "POST",
      path: "/",
      body,
      headers: {
        host: "vsms.test",
        "content-type": "application/json",
        "x-tc-action": "SendCodeVoice",
        "x-tc-version": CloudDoor.version,
        "x-tc-timestamp": String(seconds),
        authorization: `TC3-HMAC-SHA256 Credential=${credential}, SignedHeaders=content-type;host, Signature=${hmac(key, text).toString("hex")}`
      }
    }
  }

const older =
  (tenant: Wire.Tenant) =>
  (seconds: number): Captured => {
    const parameters: Record<string, string> = {
      Action: "SendCodeVoice",
      CalledNumber: "+8613800138000",
      CodeMessage: "4821",
      Nonce: "7",
      SecretId: CloudDoor.secretIdOf(tenant.applicationId),
      SignatureMethod: "HmacSHA256",
      Timestamp: String(seconds),
      Version: CloudDoor.version,
      VoiceSdkAppid: tenant.applicationId
    }
    const text = Object.entries(parameters)
      .map(([name, value]) => `${name}=${value}`)
      .join("&")
    const Signature = hmac(tenant.appKey, `GETvsms.test/?${text}`).toString("base64")
    const query = new URLSearchParams({ ...parameters, Signature })
    return { method: "GET", path: `/?${query.toString()}`, headers: { host: "vsms.test" }, body: "" }
  }

const legacy =
  (tenant: Wire.Tenant) =>
  (time: number): Captured => {
    const sig = Wire.sha256(`appkey=${tenant.appKey}&random=7&time=${time}&mobile=13800138000`)
    return {
      method: "POST",
      path: `/v5/tlsvoicesvr/sendcvoice?sdkappid=${tenant.applicationId}&random=7`,
      headers: {},
      body: JSON.stringify({ tel: Wire.tel(), msg: "4821", ext: "a", sig, time })
    }
  }

describe("a request that somebody saw on its way", () => {
  it.effect("SND-7: API 3.0 calls nobody twice, however its signature is written", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      yield* replayed(
        tenant,
        tc3(tenant),
        [
          asItIs,
          ["with a blank more", withAuthorization((value) => value.replace(", ", " ,  "))],
          ["with a blank at the end", withAuthorization((value) => `${value} `)],
          [
            "in capital letters",
            withAuthorization((value) => value.replace(/[0-9a-f]{64}$/, (one) => one.toUpperCase()))
          ],
          [
            "with headers in capital letters",
            withAuthorization((value) => value.replace("content-type;host", "Content-Type;Host"))
          ],
          [
            "with another action",
            (captured) => ({ ...captured, headers: { ...captured.headers, "x-tc-action": "SendTtsVoice" } })
          ],
          ["with another body", withBody((body) => body.replace("4821", "4822"))],
          ["for another host", (captured) => ({ ...captured, headers: { ...captured.headers, host: "vsms.test:80" } })]
        ],
        (text) => "SendStatus" in JSON.parse(text).Response
      )
    }).pipe(Wire.within())
  )

  it.effect("SND-7: neither do the older signatures of API 3.0, however their parameters are written", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      yield* replayed(
        tenant,
        older(tenant),
        [
          asItIs,
          ["in another order", withPath((path) => `/?${path.slice(2).split("&").toReversed().join("&")}`)],
          ["with other escapes", withPath((path) => path.replace("CodeMessage=4821", "CodeMessage=%34821"))],
          ["with a parameter that comes twice", withPath((path) => `${path}&CodeMessage=4822`)],
          ["with an empty parameter", withPath((path) => path.replace("?", "?&"))],
          ["posted", (captured) => ({ ...captured, method: "POST", path: "/", body: captured.path.slice(2) })]
        ],
        (text) => "SendStatus" in JSON.parse(text).Response
      )
    }).pipe(Wire.within())
  )

  it.effect("SND-7: nor does the older wire, which signs little of what it sends", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      yield* replayed(
        tenant,
        legacy(tenant),
        [
          asItIs,
          ["with a blank more", withBody((body) => `${body} `)],
          ["with a field more", withBody((body) => body.replace("{", '{"more":1,'))],
          ["with another text", withBody((body) => body.replace("4821", "4822"))],
          ["with another context", withBody((body) => body.replace('"ext":"a"', '"ext":"b"'))],
          ["in capital letters", withBody((body) => body.replace(/[0-9a-f]{64}/, (one) => one.toUpperCase()))],
          ["with a parameter more", withPath((path) => `${path}&more=1`)],
          ["with a slash more", withPath((path) => path.replace("?", "/?"))],
          ["at its other name", withPath((path) => path.replace("sendcvoice", "sendvoice"))]
        ],
        (text) => JSON.parse(text).result === 0
      )
    }).pipe(Wire.within())
  )

  it.effect("SND-7: is nothing any more, once its time has passed", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      const now = Math.floor((yield* Effect.clock).unsafeCurrentTimeMillis() / 1_000)
      const captured = [legacy(tenant)(now), tc3(tenant)(now), older(tenant)(now)]
      yield* TestClock.adjust("601 seconds")
      for (const { body, headers, method, path } of captured) {
        const { text } = yield* Wire.request(method, path, headers, method === "GET" ? undefined : body)
        expect(text).toMatch(/"result":1021|AuthFailure.SignatureExpire/)
      }
      const { accountId, applicationId } = tenant
      expect((yield* (yield* Sends).list(accountId, applicationId)).items).toEqual([])
    }).pipe(Wire.within())
  )
})
