import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import { Accounts } from "../../src/account/Accounts.ts"
import * as Account from "../../src/account/Account.ts"
import * as Application from "../../src/account/Application.ts"
import { IdGenerator } from "../../src/IdGenerator.ts"
import * as Decision from "../../src/storage/Decision.ts"
import { Journal } from "../../src/storage/Journal.ts"
import * as MemoryStore from "../../src/storage/MemoryStore.ts"

const core = (ids = IdGenerator.layerSeeded(7)) =>
  Accounts.layer.pipe(Layer.provideMerge(Layer.merge(MemoryStore.layer, ids)))

const text = { name: "测试语音短信", description: "测试语音短信" }

/** An enterprise that has activated the service. */
const enterprise = (accountId: string) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    yield* accounts.open({ accountId })
    yield* accounts.verify(accountId, { as: "enterprise" })
    yield* accounts.activate(accountId, { agreementAccepted: true })
    return accounts
  })

/** Ids whose digits come from a list, in turn; its last one for ever. */
const scripted = (digits: ReadonlyArray<string>) =>
  Layer.effect(
    IdGenerator,
    Effect.gen(function* () {
      const ids = yield* IdGenerator
      const turn = yield* Ref.make(0)
      return {
        ...ids,
        digits: () =>
          Effect.map(
            Ref.getAndUpdate(turn, (i) => Math.min(i + 1, digits.length - 1)),
            (i) => digits[i]!
          )
      }
    })
  ).pipe(Layer.provide(IdGenerator.layerSeeded(1)))

describe("Accounts", () => {
  it.effect("ACC-1: a person becomes an enterprise, and has what an enterprise has", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const accountId = yield* accounts.open()
      yield* accounts.verify(accountId, { as: "personal" })
      expect((yield* accounts.get(accountId)).features).not.toContain("domesticVoice")
      yield* accounts.verify(accountId, { as: "enterprise" })
      const account = yield* accounts.get(accountId)
      expect(account.verification).toBe("enterprise")
      expect(account.features).toContain("domesticVoice")
    }).pipe(Effect.provide(core()))
  )

  it.effect("ACC-1: an account that nobody opened is not verified, and not made by that", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      expect(yield* Effect.flip(accounts.verify("ghost", { as: "enterprise" }))).toEqual(new Account.UnknownAccount())
      expect(yield* Effect.flip(accounts.get("ghost"))).toEqual(new Account.UnknownAccount())
    }).pipe(Effect.provide(core()))
  )

  it.effect("ACC-2: activated once, by accepting the agreement; before, there is no application", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      yield* accounts.open({ accountId: "a" })
      expect(yield* Effect.flip(accounts.createApplication("a", text))).toEqual(
        new Account.NotEnterprise({ verification: "none" })
      )
      yield* accounts.verify("a", { as: "enterprise" })
      expect(yield* Effect.flip(accounts.createApplication("a", text))).toEqual(new Account.NotActivated())
      expect(yield* Effect.flip(accounts.activate("a", { agreementAccepted: false }))).toEqual(
        new Account.AgreementNotAccepted()
      )
      yield* TestClock.setTime(5_000)
      yield* accounts.activate("a", { agreementAccepted: true })
      yield* TestClock.setTime(9_000)
      yield* accounts.activate("a", { agreementAccepted: true })
      expect((yield* accounts.get("a")).activatedAt).toBe(5_000)
    }).pipe(Effect.provide(core()))
  )

  it.effect("ACC-3: input without form is refused, field by field, and its values are not repeated", () =>
    Effect.gen(function* () {
      const accounts = yield* enterprise("a")
      const refused = yield* Effect.flip(
        accounts.createApplication("a", { name: "\u0007", description: "x".repeat(201) })
      )
      expect(refused._tag).toBe("InvalidInput")
      expect(refused.message).toBe(
        "name: expected a line of 1 to 50 characters; description: expected a text of 0 to 200 characters"
      )
      for (const accountId of ["", "platform", "a b", "x".repeat(65)]) {
        expect((yield* Effect.flip(accounts.open({ accountId })))._tag).toBe("InvalidInput")
      }
    }).pipe(Effect.provide(core()))
  )

  it.effect("ACC-3: an application has an SDKAppID of its own, is found by it, disabled and enabled", () =>
    Effect.gen(function* () {
      const accounts = yield* enterprise("a")
      const { appKey, applicationId } = yield* accounts.createApplication("a", text)
      expect(applicationId).toMatch(/^14\d{8}$/)
      expect(Redacted.value(appKey)).toMatch(/^[0-9a-f]{32}$/)
      const found = yield* accounts.find(applicationId)
      expect(found).toMatchObject({ accountId: "a", applicationId, ...text, status: "enabled" })

      yield* accounts.disableApplication("a", applicationId)
      yield* accounts.renameApplication("a", applicationId, { name: "  通知 " })
      expect(yield* accounts.application("a", applicationId)).toMatchObject({
        status: "disabled",
        name: "通知",
        description: ""
      })
      yield* accounts.enableApplication("a", applicationId)
      expect((yield* accounts.application("a", applicationId)).status).toBe("enabled")
    }).pipe(Effect.provide(core()))
  )

  it.effect("ACC-3: nobody sees or changes the applications of another account", () =>
    Effect.gen(function* () {
      const accounts = yield* enterprise("a")
      yield* enterprise("b")
      const { applicationId } = yield* accounts.createApplication("a", text)
      const unknown = new Application.UnknownApplication()
      expect(yield* Effect.flip(accounts.application("b", applicationId))).toEqual(unknown)
      expect(yield* Effect.flip(accounts.disableApplication("b", applicationId))).toEqual(unknown)
      expect(yield* Effect.flip(accounts.rotateSecret("b", applicationId, { overlapMillis: 0 }))).toEqual(unknown)
      expect(yield* Effect.flip(accounts.find("1400000000"))).toEqual(unknown)
      expect(yield* Effect.flip(accounts.secretsOf("1400000000"))).toEqual(unknown)
      expect((yield* accounts.applications("b")).items).toEqual([])
    }).pipe(Effect.provide(core()))
  )

  it.effect("ACC-3: an id that was given out is never given out again, to whomever", () =>
    Effect.gen(function* () {
      const accounts = yield* enterprise("a")
      yield* enterprise("b")
      const first = yield* accounts.createApplication("a", text)
      const second = yield* accounts.createApplication("b", text)
      expect([first.applicationId, second.applicationId]).toEqual(["1411111111", "1422222222"])
      const exit = yield* Effect.exit(accounts.createApplication("a", text))
      expect(exit._tag === "Failure" && exit.cause._tag).toBe("Die")
      expect((yield* accounts.find("1422222222")).accountId).toBe("b")
    }).pipe(Effect.provide(core(scripted(["11111111", "11111111", "11111111", "22222222"]))))
  )

  it.effect("ACC-3: of many who create at once, each has an id of its own", () =>
    Effect.gen(function* () {
      const accounts = yield* enterprise("a")
      yield* enterprise("b")
      const made = yield* Effect.forEach(
        Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? "a" : "b")),
        (accountId) => accounts.createApplication(accountId, text),
        { concurrency: "unbounded" }
      )
      expect(new Set(made.map(({ applicationId }) => applicationId)).size).toBe(40)
      expect((yield* accounts.applications("a", { limit: 100 })).items.length).toBe(20)
    }).pipe(
      // The same few digits come up again and again.
      Effect.provide(core(scripted(Array.from({ length: 400 }, (_, i) => String(10_000_000 + ((i * 7) % 61))))))
    )
  )

  it.effect("ACC-4: the list has this month's billed minutes of each application, in Shanghai's month", () =>
    Effect.gen(function* () {
      const accounts = yield* enterprise("a")
      const first = yield* accounts.createApplication("a", text)
      yield* TestClock.adjust(1)
      const second = yield* accounts.createApplication("a", { name: "second" })
      const journal = yield* Journal
      const spend = (applicationId: string, at: string, minutes: number) =>
        journal.transact([Account.ref("a")], () =>
          Either.right(
            Decision.make(undefined, {
              tallies: [
                {
                  owner: "a",
                  applicationId,
                  templateId: "t",
                  hour: Math.floor(Date.parse(at) / 3_600_000),
                  reason: "",
                  sends: 1,
                  answered: 1,
                  failed: 0,
                  minutes
                }
              ]
            })
          )
        )
      yield* spend(first.applicationId, "2026-10-31T23:59:59+08:00", 1_000)
      yield* spend(first.applicationId, "2026-11-01T00:00:00+08:00", 2)
      yield* spend(first.applicationId, "2026-11-30T23:59:59+08:00", 3)
      yield* spend(first.applicationId, "2026-12-01T00:00:00+08:00", 5_000)
      yield* spend(second.applicationId, "2026-12-01T00:00:00+08:00", 7)

      const used = Effect.map(accounts.applications("a"), ({ items }) =>
        items.map((item) => [item.name, item.voiceMinutes, item.domesticTexts, item.internationalTexts])
      )
      // In UTC it is still October, and later still November.
      yield* TestClock.setTime(Date.parse("2026-11-01T00:00:00+08:00"))
      expect(yield* used).toEqual([
        [text.name, 5, 0, 0],
        ["second", 0, 0, 0]
      ])
      yield* TestClock.setTime(Date.parse("2026-12-01T00:00:00+08:00"))
      expect(yield* used).toEqual([
        [text.name, 5_000, 0, 0],
        ["second", 7, 0, 0]
      ])
    }).pipe(Effect.provide(core()))
  )

  it.effect("ACC-4: the list comes in pages, the oldest first", () =>
    Effect.gen(function* () {
      const accounts = yield* enterprise("a")
      for (let i = 0; i < 5; i++) {
        yield* TestClock.adjust(1)
        yield* accounts.createApplication("a", { name: `n${i}` })
      }
      const first = yield* accounts.applications("a", { limit: 3 })
      const second = yield* accounts.applications("a", { limit: 3, after: first.next })
      expect(first.items.map(({ name }) => name)).toEqual(["n0", "n1", "n2"])
      expect(second.items.map(({ name }) => name)).toEqual(["n3", "n4"])
      expect(second.next).toBeUndefined()
      expect((yield* Effect.flip(accounts.applications("a", { limit: 0 })))._tag).toBe("InvalidInput")
    }).pipe(Effect.provide(core()))
  )

  it.effect("ACC-5: both secrets work within the overlap, then the new one alone; no view shows a value", () =>
    Effect.gen(function* () {
      const accounts = yield* enterprise("a")
      const first = yield* accounts.createApplication("a", text)
      const { applicationId } = first
      const second = yield* accounts.rotateSecret("a", applicationId, { overlapMillis: 60_000 })
      const usable = Effect.map(accounts.secretsOf(applicationId), ({ accountId, secrets }) => [
        accountId,
        ...secrets.map(Redacted.value)
      ])
      const [old, fresh] = [Redacted.value(first.appKey), Redacted.value(second.appKey)]
      expect(old).not.toBe(fresh)
      yield* TestClock.setTime(59_999)
      expect(yield* usable).toEqual(["a", fresh, old])
      yield* TestClock.setTime(60_000)
      expect(yield* usable).toEqual(["a", fresh])

      const views = [
        yield* accounts.application("a", applicationId),
        yield* accounts.find(applicationId),
        yield* accounts.applications("a"),
        yield* (yield* Journal).history(Application.ref("a", applicationId), { after: 0, limit: 10 }),
        (yield* (yield* Journal).load(Application.ref("a", applicationId))).state
      ]
      expect(JSON.stringify(views)).not.toContain(old)
      expect(JSON.stringify(views)).not.toContain(fresh)
    }).pipe(Effect.provide(core()))
  )

  it.effect("ACC-5: an overlap that is not a whole number of milliseconds, or over 24 h, is refused", () =>
    Effect.gen(function* () {
      const accounts = yield* enterprise("a")
      const { applicationId } = yield* accounts.createApplication("a", text)
      const tags = yield* Effect.forEach([-1, 0.5, Number.NaN, 86_400_001], (overlapMillis) =>
        Effect.map(Effect.flip(accounts.rotateSecret("a", applicationId, { overlapMillis })), ({ _tag }) => _tag)
      )
      expect(tags).toEqual(["InvalidInput", "InvalidInput", "InvalidInput", "OverlapTooLong"])
      yield* accounts.rotateSecret("a", applicationId, { overlapMillis: 86_400_000 })
    }).pipe(Effect.provide(core()))
  )
})
