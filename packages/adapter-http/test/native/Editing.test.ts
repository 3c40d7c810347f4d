import { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import { ChangedMeanwhile } from "@vsms/adapter-http/api/HttpRefusals"
import * as EditGuard from "@vsms/adapter-http/door/EditGuard"
import { describe, expect, it } from "@effect/vitest"
import { Accounts } from "@vsms/core/account/Accounts"
import * as Application from "@vsms/core/account/Application"
import { PortFailure } from "@vsms/core/PortFailure"
import { Journal } from "@vsms/core/storage/Journal"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import * as Core from "@vsms/core/Core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as World from "./World.ts"

describe("edits that race", () => {
  it.effect("one that was made from an older version is refused, and changes nothing", () =>
    Effect.gen(function* () {
      const { applicationId, key: as } = yield* World.tenant()
      const app = `/v1/applications/${applicationId}`
      const read = yield* World.ask("GET", app, { as })
      const etag = read.headers.get("etag")!
      expect(etag).toMatch(/^"\d+"$/)
      const rename = (name: string, ifMatch?: string) =>
        World.ask("PUT", app, {
          as,
          body: { name },
          ...(ifMatch === undefined ? {} : { headers: { "if-match": ifMatch } })
        })
      const first = yield* rename("一", etag)
      expect(first.status).toBe(200)
      const current = first.headers.get("etag")!
      expect(current).not.toBe(etag)
      const late = yield* rename("二", etag)
      expect(late.json).toMatchObject({ type: "urn:vsms:problem:ChangedMeanwhile", status: 412, facts: { current } })
      expect(late.headers.get("etag")).toBe(current)
      expect((yield* rename("二", 'W/"1"')).status).toBe(412)
      expect((yield* rename("二", "nonsense")).status).toBe(412)
      expect((yield* World.ask("GET", app, { as })).json.name).toBe("一")
      expect((yield* rename("三", "*")).status).toBe(200)
      expect((yield* rename("四")).status).toBe(200)
    }).pipe(World.within())
  )

  it.effect("whoever has it already is told so", () =>
    Effect.gen(function* () {
      const { applicationId, key: as, templateId } = yield* World.tenant()
      for (const path of ["", "/limits", `/templates/${templateId}`, "/alert-contacts", "/callback-endpoints"]) {
        const url = `/v1/applications/${applicationId}${path}`
        const etag = (yield* World.ask("GET", url, { as })).headers.get("etag")!
        const again = yield* World.ask("GET", url, { as, headers: { "if-none-match": etag } })
        expect([path, again.status, again.text, again.headers.get("etag")]).toEqual([path, 304, "", etag])
      }
    }).pipe(World.within())
  )

  it.effect("of many made from one version one is carried out", () =>
    Effect.gen(function* () {
      const { applicationId, key: as } = yield* World.tenant()
      const app = `/v1/applications/${applicationId}`
      const etag = (yield* World.ask("GET", app, { as })).headers.get("etag")!
      const renames = Array.from({ length: 20 }, (_, i) =>
        World.ask("PUT", app, { as, body: { name: `name ${i}` }, headers: { "if-match": etag } })
      )
      const answered = yield* Effect.all(renames, { concurrency: "unbounded" })
      const statuses = answered.map(({ status }) => status)
      expect(statuses.filter((status) => status === 200)).toHaveLength(1)
      expect(statuses.filter((status) => status === 412)).toHaveLength(19)
      const { name } = (yield* World.ask("GET", app, { as })).json
      expect(name).toBe(answered.find(({ status }) => status === 200)!.json.name)
    }).pipe(World.within())
  )

  it.effect("nobody comes between the look and the change", () =>
    Effect.gen(function* () {
      const { accountId, applicationId } = yield* World.tenant()
      const accounts = yield* Accounts
      const ref = Application.ref(accountId, applicationId)
      const { version } = yield* (yield* Journal).load(ref)
      // Somebody else was quicker: after the look, before the change.
      yield* accounts.renameApplication(accountId, applicationId, { name: "somebody else's" })
      const edit = accounts.renameApplication(accountId, applicationId, { name: "mine" })
      const refused = yield* Effect.flip(EditGuard.expecting(edit, { ref, version }))
      expect(refused).toEqual(new ChangedMeanwhile({ current: `"${version + 1}"` }))
      // What is edited beside it is not compared.
      yield* EditGuard.expecting(accounts.activate(accountId, { agreementAccepted: true }), { ref, version })
    }).pipe(World.within())
  )
})

describe("a request that is repeated under its Idempotency-Key", () => {
  const order = (as: string, key: string, kind: "fixed" | "custom" = "fixed") =>
    World.ask("POST", "/v1/accounts/@me/orders/packages", {
      as,
      body: { packages: [{ kind, minutes: 10_000, quantity: 1 }], agreementAccepted: true },
      headers: { "idempotency-key": key }
    })

  it.effect("is answered as before, and done once", () =>
    Effect.gen(function* () {
      const { key: as } = yield* World.tenant()
      const first = yield* order(as, "k")
      const again = yield* order(as, "k")
      expect([first.status, again.status, again.text]).toEqual([201, 201, first.text])
      expect([first.headers.get("idempotency-replayed"), again.headers.get("idempotency-replayed")]).toEqual([
        null,
        "true"
      ])
      expect((yield* order(as, "other")).json.orderId).not.toBe(first.json.orderId)
      const another = yield* order(as, "k", "custom")
      expect(another.json).toMatchObject({ type: "urn:vsms:problem:KeyUsedBefore", status: 422 })
      expect((yield* order(as, "")).status).toBe(422)
      expect((yield* order(as, "x".repeat(129))).status).toBe(422)
      yield* TestClock.adjust("1 day")
      expect((yield* order(as, "k")).json.orderId).not.toBe(first.json.orderId)
    }).pipe(World.within())
  )

  it.effect("is done once however many are on their way", () =>
    Effect.gen(function* () {
      const { key: as } = yield* World.tenant()
      const before = (yield* World.ask("GET", "/v1/accounts/@me/orders", { as })).json.items.length
      const answered = yield* Effect.all(
        Array.from({ length: 20 }, () => order(as, "k")),
        { concurrency: "unbounded" }
      )
      const done = answered.filter(({ status }) => status === 201)
      expect(new Set(done.map(({ json }) => json.orderId)).size).toBe(1)
      expect(answered.every(({ json, status }) => status === 201 || json.type.endsWith("RequestUnderWay"))).toBe(true)
      expect((yield* World.ask("GET", "/v1/accounts/@me/orders", { as })).json.items).toHaveLength(before + 1)
    }).pipe(World.within())
  )

  it.effect("is decided anew if it was refused", () =>
    Effect.gen(function* () {
      const { accountId, applicationId, key: as } = yield* World.tenant()
      const add = (body: unknown) =>
        World.ask("POST", `/v1/applications/${applicationId}/templates`, {
          as,
          body,
          headers: { "idempotency-key": "t" }
        })
      expect((yield* add({ name: "n", content: "{1}", kind: "notification" })).json.type).toContain("OnlyVariables")
      expect((yield* add({ name: "n", content: "好的{1}", kind: "notification" })).status).toBe(201)
      // Another account's keys are its own.
      const { key: other } = yield* World.tenant({ number: "000002" })
      expect(accountId).not.toBe("")
      expect((yield* order(as, "shared")).status).toBe(201)
      expect((yield* order(other, "shared")).status).toBe(201)
    }).pipe(World.within())
  )

  it.effect("waits for the first to end, unless that died", () =>
    Effect.gen(function* () {
      const { key: as } = yield* World.tenant()
      slow.on = true
      const first = yield* Effect.fork(order(as, "k"))
      yield* TestClock.adjust("1 second")
      expect((yield* order(as, "k")).json).toMatchObject({
        type: "urn:vsms:problem:RequestUnderWay",
        status: 409,
        transient: true
      })
      slow.on = false
      yield* TestClock.adjust("4 minutes")
      expect((yield* order(as, "k")).status).toBe(409)
      yield* TestClock.adjust("1 minute")
      // By now the first is taken for dead. It is not, and its late end does not touch what the second one remembered.
      const second = yield* order(as, "k")
      expect(second.status).toBe(201)
      yield* TestClock.adjust("10 minutes")
      expect((yield* first.await)._tag).toBe("Success")
      expect((yield* order(as, "k")).json.orderId).toBe(second.json.orderId)
    }).pipe(Effect.provide(sluggish))
  )
})

/** A storage that takes ten minutes over what makes orders, while it is told to. */
const slow = { on: false }
const sluggish = NativeDoor.layer({ operatorTokens: [Redacted.make(World.operatorToken)] }).pipe(
  Layer.provideMerge(Core.layer()),
  Layer.provideMerge(
    Layer.effect(
      Journal,
      Effect.map(Journal, (journal) => ({
        ...journal,
        transact: ((refs: any, decide: any) =>
          slow.on && refs.some(({ kind }: any) => kind.name === "holdings")
            ? Effect.delay(journal.transact(refs, decide), "10 minutes")
            : journal.transact(refs, decide)) as typeof journal.transact
      }))
    )
  ),
  Layer.provideMerge(CoreMemory.layerPorts())
)

describe("what we stand on", () => {
  const broken = (fail: (refs: ReadonlyArray<any>) => Effect.Effect<never, PortFailure> | undefined) =>
    NativeDoor.layer({ operatorTokens: [Redacted.make(World.operatorToken)] }).pipe(
      Layer.provideMerge(Core.layer()),
      Layer.provideMerge(
        Layer.effect(
          Journal,
          Effect.map(Journal, (journal) => ({
            ...journal,
            load: ((ref: any) => fail([ref]) ?? journal.load(ref)) as typeof journal.load
          }))
        )
      ),
      Layer.provideMerge(CoreMemory.layerPorts())
    )
  const secret = "postgres://user:secret@host"

  it.effect("may not answer: 503, and nothing of why", () =>
    Effect.gen(function* () {
      const { headers, json, status, text } = yield* World.ask("GET", "/v1/accounts/a", { as: World.operator })
      expect([status, json.type, json.facts]).toEqual([503, "urn:vsms:problem:Unavailable", { retry: "later" }])
      expect(headers.get("retry-after")).toBe("5")
      expect(text).not.toContain("secret")
      expect((yield* World.ask("GET", "/ready")).status).toBe(503)
      expect((yield* World.ask("GET", "/health")).status).toBe(200)
    }).pipe(
      Effect.provide(
        broken(() => new PortFailure({ port: "Journal", operation: "load", retry: "later", cause: secret }))
      )
    )
  )

  it.effect("may break: 500, and nothing of why", () =>
    Effect.gen(function* () {
      const { json, status, text } = yield* World.ask("GET", "/v1/accounts/a", { as: World.operator })
      expect([status, json.type, json.facts]).toEqual([500, "urn:vsms:problem:Broken", {}])
      expect(text).not.toContain("secret")
    }).pipe(Effect.provide(broken(() => Effect.die(new Error(secret)))))
  )

  it.effect("may never answer: not ready after two seconds", () =>
    Effect.gen(function* () {
      const asked = yield* Effect.fork(World.ask("GET", "/ready"))
      yield* TestClock.adjust("2 seconds")
      expect((yield* asked).status).toBe(503)
    }).pipe(Effect.provide(broken(() => Effect.never)))
  )
})
