import { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import { describe, expect, it } from "@effect/vitest"
import * as ApiKey from "@vsms/adapter-http/auth/ApiKey"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import * as Core from "@vsms/core/Core"
import { Journal } from "@vsms/core/storage/Journal"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import * as World from "./World.ts"

const as = World.operator

/** An account without anything but a key. */
const account = (accountId: string) =>
  Effect.gen(function* () {
    yield* World.ask("POST", "/v1/accounts", { as, body: { accountId } })
    const keys = `/v1/accounts/${accountId}/keys`
    const { json } = yield* World.ask("POST", keys, { as, body: { name: "k", scopes: World.allScopes } })
    const status = (key: string) =>
      Effect.map(World.ask("GET", "/v1/accounts/@me", { as: `Bearer ${key}` }), ({ status }) => status)
    return { keys, keyId: json.keyId as string, key: json.key as string, status }
  })

describe("keys", () => {
  it.effect("work from their making on, until they are revoked", () =>
    Effect.gen(function* () {
      const { key, keyId, keys, status } = yield* account("a")
      expect(yield* status(key)).toBe(200)
      expect((yield* World.ask("DELETE", `${keys}/${keyId}`, { as })).status).toBe(204)
      expect(yield* status(key)).toBe(401)
      expect((yield* World.ask("DELETE", `${keys}/${keyId}`, { as })).status).toBe(404)
      expect((yield* World.ask("POST", `${keys}/${keyId}/rotation`, { as, body: { overlapMillis: 0 } })).status).toBe(
        404
      )
      const [listed] = (yield* World.ask("GET", keys, { as })).json.items
      expect(listed).toMatchObject({ keyId, revokedAt: 0, secrets: [] })
    }).pipe(World.within())
  )

  it.effect("hand over to a new value within the overlap, and at once without one", () =>
    Effect.gen(function* () {
      const { key: first, keyId, keys, status } = yield* account("a")
      const rotate = (overlapMillis: number) =>
        World.ask("POST", `${keys}/${keyId}/rotation`, { as, body: { overlapMillis } })
      const second = (yield* rotate(60_000)).json.key
      expect([yield* status(first), yield* status(second)]).toEqual([200, 200])
      yield* TestClock.adjust(59_999)
      expect([yield* status(first), yield* status(second)]).toEqual([200, 200])
      yield* TestClock.adjust(1)
      expect([yield* status(first), yield* status(second)]).toEqual([401, 200])
      const third = (yield* rotate(0)).json.key
      expect([yield* status(second), yield* status(third)]).toEqual([401, 200])
      expect((yield* rotate(86_400_001)).json.type).toBe("urn:vsms:problem:OverlapTooLong")
      for (let i = 0; i < 4; i++) expect((yield* rotate(60_000)).status).toBe(201)
      expect((yield* rotate(60_000)).json.type).toBe("urn:vsms:problem:TooManySecrets")
    }).pipe(World.within())
  )

  it.effect("end when they expire", () =>
    Effect.gen(function* () {
      const { keys, status } = yield* account("a")
      const make = (expiresAt: number) =>
        World.ask("POST", keys, { as, body: { name: "short", scopes: ["account:read"], expiresAt } })
      const { key } = (yield* make(1_000)).json
      yield* TestClock.adjust(999)
      expect(yield* status(key)).toBe(200)
      yield* TestClock.adjust(1)
      expect(yield* status(key)).toBe(401)
      expect((yield* make(1_000)).json.facts.problems[0].field).toBe("expiresAt")
    }).pipe(World.within())
  )

  it.effect("that were revoked in another process end within five seconds", () =>
    Effect.gen(function* () {
      const { key, keyId, status } = yield* account("a")
      expect(yield* status(key)).toBe(200)
      // Another process, over the same storage.
      const other = NativeDoor.layer({ operatorTokens: [Redacted.make(World.operatorToken)] })
      const revoked = World.ask("DELETE", `/v1/accounts/a/keys/${keyId}`, { as })
      expect((yield* Effect.provide(revoked, Layer.fresh(other))).status).toBe(204)
      yield* TestClock.adjust("5 seconds")
      expect(yield* status(key)).toBe(401)
    }).pipe(World.within())
  )

  it.effect("give no other key more than they have, nor take one over that has more", () =>
    Effect.gen(function* () {
      const { keyId, keys } = yield* account("a")
      const small = yield* World.keyOf("a", ["keys:write", "sends:read"])
      const make = (scopes: ReadonlyArray<string>) =>
        World.ask("POST", keys, { as: small, body: { name: "child", scopes } })
      expect((yield* make(["sends:read"])).status).toBe(201)
      expect((yield* make(["sends:read", "sends:write"])).json.facts).toEqual({ needed: "sends:write" })
      const taken = yield* World.ask("POST", `${keys}/${keyId}/rotation`, { as: small, body: { overlapMillis: 0 } })
      expect(taken.status).toBe(403)
      expect((yield* make([])).status).toBe(422)
      expect((yield* make(["everything"])).status).toBe(422)
    }).pipe(World.within())
  )

  it.effect("are kept as digests", () =>
    Effect.gen(function* () {
      const { key, keyId, keys } = yield* account("a")
      const secret = key.split("_")[2]!
      const row = yield* (yield* Journal).load(ApiKey.ref(keyId))
      const stored = JSON.stringify(Schema.encodeSync(ApiKey.State)(row.state))
      const events = yield* (yield* Journal).history(ApiKey.ref(keyId), { after: 0, limit: 10 })
      expect(events).toHaveLength(1)
      for (const text of [stored, JSON.stringify(events), (yield* World.ask("GET", keys, { as })).text])
        expect(text).not.toContain(secret)
    }).pipe(World.within())
  )
})

describe("operators' tokens", () => {
  it.effect("do everything, and are made, rotated and revoked", () =>
    Effect.gen(function* () {
      const made = (yield* World.ask("POST", "/v1/operator-tokens", { as, body: { name: "night" } })).json
      const status = (key: string) =>
        Effect.map(World.ask("GET", "/v1/accounts", { as: `Bearer ${key}` }), ({ status }) => status)
      expect(yield* status(made.key)).toBe(200)
      const path = `/v1/operator-tokens/${made.keyId}`
      const next = (yield* World.ask("POST", `${path}/rotation`, { as, body: { overlapMillis: 0 } })).json
      expect([yield* status(made.key), yield* status(next.key)]).toEqual([401, 200])
      expect((yield* World.ask("DELETE", path, { as })).status).toBe(204)
      expect(yield* status(next.key)).toBe(401)
    }).pipe(World.within())
  )

  it.effect("of the deployment are long, or the door does not open", () =>
    Effect.gen(function* () {
      const opened = yield* Effect.exit(
        Effect.provide(NativeDoor, World.layer({ operatorTokens: [Redacted.make("short")] }))
      )
      expect(Exit.isFailure(opened) && Cause.pretty(opened.cause)).toContain("fewer than 32 characters")
    })
  )
})

describe("an application's secret", () => {
  it.effect("ACC-5: works for its own application, and ends with its overlap", () =>
    Effect.gen(function* () {
      const { applicationId, key, secret } = yield* World.tenant()
      const app = `/v1/applications/${applicationId}`
      const status = (credential: string) =>
        Effect.map(World.ask("GET", app, { as: credential }), ({ status }) => status)
      expect(yield* status(secret)).toBe(200)
      const { appKey } = (yield* World.ask("POST", `${app}/secrets`, { as: key, body: { overlapMillis: 0 } })).json
      yield* TestClock.adjust("5 seconds")
      expect(yield* status(secret)).toBe(401)
      expect(yield* status(`Basic ${Encoding.encodeBase64(`${applicationId}:${appKey}`)}`)).toBe(200)
      expect(yield* status(`Basic ${Encoding.encodeBase64(`${applicationId}:${appKey}x`)}`)).toBe(401)
    }).pipe(World.within())
  )

  it.effect("ACC-3: works on while the application is disabled, so that the rule can say so", () =>
    Effect.gen(function* () {
      const { applicationId, key, secret } = yield* World.tenant()
      const app = `/v1/applications/${applicationId}`
      yield* World.ask("PUT", `${app}/status`, { as: key, body: { status: "disabled" } })
      const refused = yield* World.ask("POST", `${app}/sends`, {
        as: secret,
        body: { to: "13800138000", code: "4821" }
      })
      expect(refused.json).toMatchObject({ type: "urn:vsms:problem:ApplicationDisabled", status: 403, code: 1020 })
    }).pipe(World.within())
  )
})

describe("how often", () => {
  it.effect("a credential may ask is counted by itself, and fills up with time", () =>
    Effect.gen(function* () {
      const { key } = yield* account("a")
      const { key: other } = yield* account("b")
      const ask = (credential: string) => World.ask("GET", "/v1/accounts/@me", { as: `Bearer ${credential}` })
      const statuses = (credential: string, count: number) =>
        Effect.forEach(Array.from({ length: count }), () => Effect.map(ask(credential), ({ status }) => status))
      expect(yield* statuses(key, 6)).toEqual([200, 200, 200, 200, 429, 429])
      expect(yield* statuses(other, 1)).toEqual([200])
      const refused = yield* ask(key)
      expect(refused.json).toMatchObject({ type: "urn:vsms:problem:TooManyRequests", facts: { retryAfterMillis: 500 } })
      expect(refused.headers.get("retry-after")).toBe("1")
      yield* TestClock.adjust(499)
      expect(yield* statuses(key, 1)).toEqual([429])
      yield* TestClock.adjust(1)
      expect(yield* statuses(key, 2)).toEqual([200, 429])
      yield* TestClock.adjust("1 hour")
      expect(yield* statuses(key, 5)).toEqual([200, 200, 200, 200, 429])
    }).pipe(Effect.provide(limited))
  )
})

/** Operators make four requests to set this up. */
const limited = NativeDoor.layer({
  operatorTokens: [Redacted.make(World.operatorToken)],
  rate: { perSecond: 2, burst: 4 }
}).pipe(Layer.provideMerge(Core.layer()), Layer.provideMerge(CoreMemory.layerPorts()))

describe("who did what", () => {
  it.effect("is kept, refusals included, with ids and nothing of what was written", () =>
    Effect.gen(function* () {
      const { accountId, applicationId, key } = yield* World.tenant()
      const body = { name: "王五", mobile: "13900139000" }
      yield* World.ask("POST", `/v1/applications/${applicationId}/alert-contacts`, { as: key, body })
      yield* World.ask("POST", `/v1/applications/${applicationId}/sends`, {
        as: key,
        body: { to: "13800138000", code: "1" }
      })
      yield* World.ask("PUT", `/v1/accounts/${accountId}/verification`, { as: key, body: { as: "personal" } })
      yield* World.ask("PUT", `/v1/accounts/${accountId}/verification`, { as, body: { as: "personal" } })
      const { json, text } = yield* World.ask("GET", `/v1/accounts/${accountId}/audit`, { as: key })
      const [, keyId] = key.split("_")
      const found = (operation: string) => json.items.filter((one: any) => one.operation === operation)
      expect(found("alerts.addContact")).toMatchObject([
        { actor: "key", actorId: keyId, status: 201, subject: { applicationId } }
      ])
      expect(found("accounts.verify")).toMatchObject([
        { actor: "operator", actorId: "host", status: 409, problem: "VerificationLowered", subject: { accountId } }
      ])
      // Sends tell of themselves; reading is not doing.
      expect(found("sends.create")).toEqual([])
      expect(text).not.toMatch(/王五|139001|138001/)
      // What was not permitted concerned no account yet.
      const platform = (yield* World.ask("GET", "/v1/audit", { as })).json.items
      expect(platform).toMatchObject([
        { operation: "accounts.verify", actor: "key", status: 403, problem: "NotPermitted" }
      ])
    }).pipe(World.within())
  )
})
