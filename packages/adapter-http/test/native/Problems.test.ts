import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as World from "./World.ts"

/** What every problem says, whatever it is. */
const expectProblem = (answered: World.Answered, status: number, name: string, facts: object = {}) => {
  expect(answered.headers.get("content-type")).toBe("application/problem+json")
  expect(answered.status).toBe(status)
  expect(answered.json).toMatchObject({ type: `urn:vsms:problem:${name}`, status, facts })
  expect(answered.json.instance).toBe(`urn:vsms:request:${answered.headers.get("x-request-id")}`)
  expect(typeof answered.json.title).toBe("string")
  expect(typeof answered.json.rule).toBe("string")
  expect(typeof answered.json.transient).toBe("boolean")
}

describe("what is wrong before a handler is asked", () => {
  const as = World.operator

  it.effect("says that nothing is at a path", () =>
    Effect.gen(function* () {
      expectProblem(yield* World.ask("GET", "/nowhere"), 404, "NothingHere")
      expectProblem(yield* World.ask("GET", "/v1/accounts/"), 404, "NothingHere")
      expectProblem(yield* World.ask("GET", "/v1/accounts/%00", { as }), 404, "NothingHere")
      expectProblem(yield* World.ask("GET", "/v1/accounts/%ff", { as }), 404, "NothingHere")
      expectProblem(yield* World.ask("GET", "/v1/accounts/%", { as }), 404, "NothingHere")
    }).pipe(World.within())
  )

  it.effect("says which methods a path knows", () =>
    Effect.gen(function* () {
      const answered = yield* World.ask("DELETE", "/v1/accounts", { as })
      expectProblem(answered, 405, "MethodNotAllowed", { allowed: ["POST", "GET", "HEAD"] })
      expect(answered.headers.get("allow")).toBe("POST, GET, HEAD")
      const options = yield* World.ask("OPTIONS", "/v1/accounts")
      expect([options.status, options.headers.get("allow")]).toEqual([204, "POST, GET, HEAD"])
    }).pipe(World.within())
  )

  it.effect("takes JSON only, and only JSON that is whole", () =>
    Effect.gen(function* () {
      const sent = (raw: string | Uint8Array<ArrayBuffer>, contentType = "application/json", more = {}) =>
        World.ask("POST", "/v1/accounts", { as, raw, headers: { "content-type": contentType, ...more } })
      expectProblem(yield* sent("{"), 400, "MalformedBody", { problem: "json" })
      expectProblem(yield* sent(""), 400, "MalformedBody", { problem: "json" })
      expectProblem(yield* sent(Uint8Array.of(0x22, 0xff, 0x22)), 400, "MalformedBody", { problem: "utf8" })
      const other = yield* sent("{}", "text/plain")
      expectProblem(other, 415, "UnsupportedBody", { accepted: ["application/json"] })
      expect(other.headers.get("accept")).toBe("application/json")
      expectProblem(yield* sent("{}", "application/json", { "content-encoding": "gzip" }), 415, "UnsupportedBody")
      expectProblem(yield* sent("{}", "application/jsonp"), 415, "UnsupportedBody")
    }).pipe(World.within())
  )

  it.effect("refuses a body that is too large, whether or not it says so", () =>
    Effect.gen(function* () {
      const { key, accountId } = yield* World.tenant()
      const raw = JSON.stringify({ name: "a".repeat(70_000) })
      const headers = { "content-type": "application/json" }
      const path = `/v1/accounts/${accountId}/applications`
      expectProblem(yield* World.ask("POST", path, { as: key, raw, headers }), 413, "BodyTooLarge", {
        maxBytes: 65_536
      })
      const honest = { ...headers, "content-length": String(raw.length) }
      expectProblem(yield* World.ask("POST", path, { as: key, raw, headers: honest }), 413, "BodyTooLarge")
    }).pipe(World.within())
  )

  it.effect("names each field that is wrong, and never its value", () =>
    Effect.gen(function* () {
      const secret = "13800138000"
      const put = (body: unknown) => World.ask("PUT", "/v1/accounts/a/verification", { as, body })
      const wrong = yield* put({ as: secret, more: 1 })
      expectProblem(wrong, 422, "InvalidInput")
      const named = new Set(wrong.json.facts.problems.map(({ field }: { field: string }) => field))
      expect(named).toEqual(new Set(["as", "more"]))
      expect(wrong.text).not.toContain(secret)
      for (const body of [[], null, 1, "text", { as: null }, {}]) expectProblem(yield* put(body), 422, "InvalidInput")
      expectProblem(yield* World.ask("GET", "/v1/accounts?limit=0", { as }), 422, "InvalidInput")
      expectProblem(yield* World.ask("GET", "/v1/accounts?limit=ten", { as }), 422, "InvalidInput")
      expectProblem(yield* World.ask("GET", "/v1/accounts?limt=10", { as }), 422, "InvalidInput")
      expectProblem(yield* World.ask("GET", "/v1/accounts?cursor=nonsense", { as }), 422, "InvalidInput")
      expectProblem(yield* World.ask("GET", "/v1/inventory/numbers?region=%00", { as }), 422, "InvalidInput")
      // No storage gives these back as they were.
      for (const region of ["a\0b", "a\ud800"]) {
        const body = { region, numbers: ["075500000001"] }
        const unstorable = yield* World.ask("POST", "/v1/inventory/numbers", { as, body })
        expectProblem(unstorable, 422, "InvalidInput")
        expect(unstorable.json.facts.problems[0].field).toBe("region")
      }
    }).pipe(World.within())
  )

  it.effect("refuses what is nested without end, before anything walks through it", () =>
    Effect.gen(function* () {
      const deep = (value: string) => `${"[".repeat(30_000)}${value}${"]".repeat(30_000)}`
      for (const value of ["1", '"\\u0000"', '"\\ud800"'])
        for (const raw of [deep(value), `{"accountId":${deep(value)}}`]) {
          const headers = { "content-type": "application/json" }
          const refused = yield* World.ask("POST", "/v1/accounts", { as, raw, headers })
          expectProblem(refused, 422, "InvalidInput")
          expect(refused.json.facts.problems[0].expected).toContain("32 deep")
          expect(refused.text.length).toBeLessThan(1_000)
        }
    }).pipe(World.within())
  )

  it.effect("asks for a credential, and says nothing of why one does not work", () =>
    Effect.gen(function* () {
      const get = (as?: string) => World.ask("GET", "/v1/accounts", { as })
      const none = yield* get()
      expectProblem(none, 401, "NotAuthenticated")
      expect(none.headers.get("www-authenticate")).toContain("Bearer")
      const id = "0".repeat(32)
      for (const credential of [
        "Bearer x",
        `Bearer vsms_${id}_${id}`,
        "Bearer",
        "Basic",
        "Basic !!!",
        `Basic ${btoa("1400000000:x")}`,
        `Basic ${btoa("nobody")}`,
        `Digest ${World.operatorToken}`,
        `Bearer ${World.operatorToken}x`
      ]) {
        const { json, ...answered } = yield* get(credential)
        expectProblem({ ...answered, json }, 401, "NotAuthenticated")
        expect(json.facts).toEqual({})
      }
    }).pipe(World.within())
  )

  it.effect("says what a credential would need", () =>
    Effect.gen(function* () {
      const { accountId, applicationId, secret } = yield* World.tenant()
      const reader = yield* World.keyOf(accountId, ["account:read"])
      const path = `/v1/accounts/${accountId}`
      expect((yield* World.ask("GET", path, { as: reader })).status).toBe(200)
      expectProblem(yield* World.ask("GET", `${path}/balance`, { as: reader }), 403, "NotPermitted", {
        needed: "orders:read"
      })
      expectProblem(yield* World.ask("GET", "/v1/accounts", { as: reader }), 403, "NotPermitted", {
        needed: "operator"
      })
      // An application's secret is for the application alone, whatever it may do there.
      expectProblem(yield* World.ask("GET", `${path}/statistics/overview`, { as: secret }), 403, "NotPermitted")
      const own = yield* World.ask("GET", `/v1/applications/${applicationId}/statistics/overview`, { as: secret })
      expect(own.status).toBe(200)
    }).pipe(World.within())
  )
})

describe("what a refusal of the platform says", () => {
  it.effect("ACC-1: names the rule, the vendor's code where there is one, and the facts", () =>
    Effect.gen(function* () {
      const as = World.operator
      const { json: account } = yield* World.ask("POST", "/v1/accounts", { as, body: {} })
      const refused = yield* World.ask("PUT", `/v1/accounts/${account.accountId}/activation`, {
        as,
        body: { agreementAccepted: true }
      })
      expectProblem(refused, 403, "NotEnterprise", { verification: "none" })
      expect(refused.json).toMatchObject({ rule: "ACC-1", code: 1006, transient: true, title: "Not enterprise" })
    }).pipe(World.within())
  )

  it.effect("SND-8: says when it may be tried again", () =>
    Effect.gen(function* () {
      const { applicationId, key } = yield* World.tenant()
      const body = { to: "13800138000", code: "4821" }
      const send = World.ask("POST", `/v1/applications/${applicationId}/sends`, { as: key, body })
      expect((yield* send).status).toBe(202)
      const refused = yield* send
      expectProblem(refused, 429, "TooFrequent", { group: "code", retryAfterMillis: 30_000 })
      expect(refused.headers.get("retry-after")).toBe("30")
      const path = `/v1/applications/${applicationId}/sends/${refused.json.attemptId}/explanation`
      const explained = yield* World.ask("GET", path, { as: key })
      expect(explained.json).toMatchObject({ _tag: "Refused", refusal: "TooFrequent", code: 1013 })
    }).pipe(World.within())
  )
})
