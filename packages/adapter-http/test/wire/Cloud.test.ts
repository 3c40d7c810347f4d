import * as Crypto from "node:crypto"
import { describe, expect, it } from "@effect/vitest"
import * as CloudDoor from "@vsms/adapter-http/wire/CloudDoor"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Wire from "./Wire.ts"

const hmac = (key: string | Buffer, text: string) => Crypto.createHmac("sha256", key).update(text).digest()

interface Signing {
  readonly host?: string
  readonly sent?: string
  readonly service?: string
  readonly names?: ReadonlyArray<string>
  readonly date?: string
  readonly method?: string
  readonly query?: string
  /** The body that is sent, where it is another than was signed. */
  readonly body?: string
  readonly more?: Record<string, string>
  readonly version?: string
}

/** Written after the vendor's own description, apart from the code that is tested. */
const ask = (tenant: Wire.Tenant, parameters: unknown, how: Signing = {}) =>
  Effect.gen(function* () {
    const timestamp = String(Math.floor((yield* Clock.currentTimeMillis) / 1_000))
    const { date = "1970-01-01", host = "vms.test", method = "POST", query = "", service = "vms" } = how
    const { names = ["content-type", "host"], sent = host, version = CloudDoor.version } = how
    const body = method === "GET" ? "" : typeof parameters === "string" ? parameters : JSON.stringify(parameters)
    const headers: Record<string, string> = {
      host: sent,
      "content-type": "application/json; charset=utf-8",
      "x-tc-action": "SendCodeVoice",
      "x-tc-version": version,
      "x-tc-timestamp": timestamp,
      ...how.more
    }
    const signedHeaders = names.map(
      (name) =>
        `${name}:${name === "host" ? host : name === "content-type" ? headers[name] : headers[name]?.toLowerCase()}\n`
    )
    const payload = how.more?.["x-tc-content-sha256"] ?? body
    const canonical = [method, "/", query, signedHeaders.join(""), names.join(";"), Wire.sha256(payload)].join("\n")
    const scope = `${date}/${service}/tc3_request`
    const text = ["TC3-HMAC-SHA256", timestamp, scope, Wire.sha256(canonical)].join("\n")
    const key = hmac(hmac(hmac(`TC3${tenant.appKey}`, date), service), "tc3_request")
    const credential = `${CloudDoor.secretIdOf(tenant.applicationId)}/${scope}`
    const authorization = `TC3-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(";")}, Signature=${hmac(key, text).toString("hex")}`
    const path = query === "" ? "/" : `/?${query}`
    const content = method === "GET" ? undefined : (how.body ?? body)
    const answered = yield* Wire.request(method, path, { ...headers, authorization }, content)
    expect(answered.status).toBe(200)
    const { Response } = JSON.parse(answered.text)
    expect(typeof Response.RequestId).toBe("string")
    return Response.Error?.Code ?? "sent"
  })

const code = (tenant: Wire.Tenant, called = "13800138000") => ({
  CodeMessage: "4821",
  CalledNumber: `+86${called}`,
  VoiceSdkAppid: tenant.applicationId
})

describe("signatures of API 3.0", () => {
  it.effect("are taken as each SDK makes them", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      let called = 13_800_138_000
      const taken = (how: Signing) => Effect.map(ask(tenant, code(tenant, String(called++)), how), (it) => it)
      const names = ["content-type", "host", "x-tc-action"]
      expect(yield* taken({ names })).toBe("sent")
      expect(yield* taken({ host: "127.0.0.1:8080" })).toBe("sent")
      expect(yield* taken({ host: "127.0.0.1", sent: "127.0.0.1:8080", service: "127" })).toBe("sent")
      expect(yield* taken({ more: { "x-tc-content-sha256": "UNSIGNED-PAYLOAD" } })).toBe("sent")
      // The bytes that came are signed, however they are written.
      const odd = `{ "CodeMessage":"\\u0034821",\n"CalledNumber":"+8613900139000","VoiceSdkAppid":"${tenant.applicationId}"}`
      expect(yield* ask(tenant, odd)).toBe("sent")
    }).pipe(Wire.within())
  )

  it.effect("are not taken for anything else than was signed", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      const refused = (how: Signing) => ask(tenant, code(tenant), how)
      const wrong = "AuthFailure.SignatureFailure"
      expect(yield* refused({ body: JSON.stringify(code(tenant, "13900139000")) })).toBe(wrong)
      expect(yield* refused({ sent: "elsewhere.test" })).toBe(wrong)
      expect(yield* refused({ date: "1970-01-02" })).toBe(wrong)
      expect(yield* refused({ names: ["host"] })).toBe(wrong)
      expect(yield* refused({ names: ["content-type"] })).toBe(wrong)
      const unreadable = "AuthFailure.InvalidAuthorization"
      expect(yield* refused({ service: "" })).toBe(unreadable)
      expect(yield* refused({ more: { "x-tc-timestamp": "soon" } })).toBe(unreadable)
      expect(yield* refused({ version: "2019-01-01" })).toBe("NoSuchVersion")
      expect(yield* ask(tenant, "{")).toBe("FailedOperation.JsonParseFail")
      expect(yield* ask(tenant, "[]")).toBe("FailedOperation.FailResolvePacket")
      expect(yield* ask(tenant, { ...code(tenant), VoiceSdkAppid: 1 })).toBe("InvalidParameter")
      for (const authorization of ["", "Bearer x", "TC3-HMAC-SHA256 Credential=a"]) {
        const answered = yield* Wire.request("POST", "/", authorization === "" ? {} : { authorization }, "{}")
        expect(JSON.parse(answered.text).Response.Error.Code).toBe(unreadable)
      }
      // Nobody was called.
      expect(yield* refused({})).toBe("sent")
    }).pipe(Wire.within())
  )

  it.effect("SND-7: the same signed request calls nobody twice", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      expect(yield* ask(tenant, code(tenant))).toBe("sent")
      expect(yield* ask(tenant, code(tenant))).toBe("sent")
      expect(yield* ask(tenant, { ...code(tenant), CodeMessage: "4822" })).toBe("LimitExceeded.DeliveryFrequencyLimit")
    }).pipe(Wire.within())
  )

  it.effect("leave the native API its paths", () =>
    Effect.gen(function* () {
      expect((yield* Wire.request("GET", "/", {})).status).toBe(404)
      expect((yield* Wire.request("GET", "/health", {})).status).toBe(200)
      for (const method of ["HEAD", "PUT", "DELETE", "OPTIONS"])
        expect((yield* Wire.request(method, "/?Action=SendCodeVoice", { "x-tc-action": "SendCodeVoice" })).status).toBe(
          404
        )
      const action = yield* Wire.request("GET", "/?Action=SendCodeVoice", {})
      expect(JSON.parse(action.text).Response.Error.Code).toBe("AuthFailure.InvalidAuthorization")
    }).pipe(Wire.within())
  )
})
