import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import { Accounts } from "../../src/account/Accounts.ts"
import * as Alert from "../../src/alert/Alert.ts"
import * as AlertContact from "../../src/alert/AlertContact.ts"
import { type AlertOptions, Alerts } from "../../src/alert/Alerts.ts"
import { type AlertDelivery, AlertTransport } from "../../src/alert/AlertTransport.ts"
import * as DailyVolume from "../../src/alert/DailyVolume.ts"
import * as LowBalance from "../../src/alert/LowBalance.ts"
import * as MemoryAlertTransport from "../../src/alert/MemoryAlertTransport.ts"
import * as RenewalAlerts from "../../src/alert/RenewalAlerts.ts"
import { IdGenerator } from "../../src/IdGenerator.ts"
import * as Minutes from "../../src/money/Minutes.ts"
import { RenewalNotices } from "../../src/number/RenewalNotices.ts"
import { PortFailure, type Retry } from "../../src/PortFailure.ts"
import * as Decision from "../../src/storage/Decision.ts"
import { Journal } from "../../src/storage/Journal.ts"
import * as MemoryStore from "../../src/storage/MemoryStore.ts"
import * as Worker from "../../src/storage/Worker.ts"
import { WorkQueue } from "../../src/storage/WorkQueue.ts"
import * as ShanghaiDay from "../../src/time/ShanghaiDay.ts"

const accountId = "account"
const start = Date.parse("2026-11-23T10:00:00+08:00")

const over = <E>(transport: Layer.Layer<AlertTransport, E>, options: Partial<AlertOptions> = {}) =>
  Layer.mergeAll(Alerts.layerWith(options), Accounts.layer, RenewalAlerts.layer).pipe(
    Layer.provide(transport),
    Layer.provideMerge(Layer.merge(MemoryStore.layer, IdGenerator.layerSeeded(7)))
  )

const layer = Layer.unwrapEffect(
  Effect.map(Effect.scoped(Layer.build(MemoryAlertTransport.layer)), (context) => {
    const transport = Layer.succeedContext(context)
    return Layer.merge(over(transport), transport)
  })
)

/** A transport that answers each delivery as told, and keeps what reached it. */
const scripted = (answer: (delivery: AlertDelivery, nth: number) => Retry | undefined) =>
  Effect.map(Ref.make<ReadonlyArray<AlertDelivery>>([]), (reached) => ({
    reached: Ref.get(reached),
    layer: over(
      Layer.succeed(AlertTransport, {
        deliver: (delivery) =>
          Effect.flatMap(
            Ref.updateAndGet(reached, (all) => [...all, delivery]),
            (all) => {
              const retry = answer(delivery, all.length)
              return retry === undefined
                ? Effect.void
                : Effect.fail(new PortFailure({ port: "AlertTransport", operation: "deliver", retry, cause: "down" }))
            }
          )
      })
    )
  }))

/** An enterprise with applications of these names; answers their ids. */
const withApplications = (...names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(start)
    const accounts = yield* Accounts
    yield* accounts.open({ accountId })
    yield* accounts.verify(accountId, { as: "enterprise" })
    yield* accounts.activate(accountId, { agreementAccepted: true })
    return yield* Effect.forEach(names, (name) =>
      Effect.map(accounts.createApplication(accountId, { name }), ({ applicationId }) => applicationId)
    )
  })

/** The account's minutes are so many now. */
const observe = (available: number, cause: LowBalance.Cause = "usage") =>
  Effect.gen(function* () {
    const journal = yield* Journal
    const now = start
    yield* journal.transact([LowBalance.ref(accountId)], ([row]) =>
      Either.right(Decision.make(undefined, LowBalance.observe({ now }, row, Minutes.make(available), cause)))
    )
  })

/** One send of an application is accepted. */
const send = (applicationId: string) =>
  Effect.gen(function* () {
    const journal = yield* Journal
    const refs = [
      DailyVolume.ref(accountId, applicationId),
      DailyVolume.dayRef(accountId, applicationId, ShanghaiDay.ofInstant(start))
    ] as const
    return yield* journal.transact(refs, ([settings, day]) =>
      Either.map(DailyVolume.count({ now: start }, settings, day), (counted) => Decision.make(undefined, counted))
    )
  })

/** Works through what is due of the queue, as the worker does. */
const work = Effect.gen(function* () {
  const { handlers } = yield* Alerts
  yield* Effect.scoped(
    Effect.zipRight(
      Worker.run({ queue: "alert", ...Worker.defaults, handle: handlers.alert }),
      TestClock.adjust("10 millis")
    )
  )
})

const wang = { name: "王小明", mobile: "13800138000", email: "wang@example.com" }
const li = { name: "李四", webhook: "https://example.com/hook" }

describe("Alerts", () => {
  it.effect("ALR-4: contacts are added, changed, listed and removed; the sixth is refused, however they race", () =>
    Effect.gen(function* () {
      const [app] = yield* withApplications("测试语音短信")
      const alerts = yield* Alerts
      const journal = yield* Journal
      expect(yield* Effect.flip(alerts.addContact(accountId, "1400000000", wang))).toMatchObject({
        _tag: "UnknownApplication"
      })
      const first = yield* alerts.addContact(accountId, app!, wang)
      yield* alerts.changeContact(accountId, app!, first, li)
      expect(yield* alerts.contacts(accountId, app!)).toEqual([{ contactId: first, addedAt: start, ...li }])
      const answers = yield* Effect.all(
        Array.from({ length: 8 }, () => Effect.either(alerts.addContact(accountId, app!, wang))),
        { concurrency: "unbounded" }
      )
      expect(answers.filter(Either.isRight)).toHaveLength(4)
      expect(new Set(answers.filter(Either.isLeft).map(({ left }) => left._tag))).toEqual(new Set(["TooManyContacts"]))
      for (const { contactId } of yield* alerts.contacts(accountId, app!))
        yield* alerts.removeContact(accountId, app!, contactId)
      const row = yield* journal.load(AlertContact.ref(accountId, app!))
      expect([row.state.contacts, row.personal]).toEqual([[], undefined])
      expect(yield* Effect.flip(alerts.removeContact(accountId, app!, first))).toMatchObject({ _tag: "UnknownContact" })
    }).pipe(Effect.provide(layer))
  )

  it.effect("ALR-4: a malformed contact is refused by field, and its values are not repeated", () =>
    Effect.gen(function* () {
      const [app] = yield* withApplications("测试语音短信")
      const refusal = yield* Effect.flip((yield* Alerts).addContact(accountId, app!, { name: "x", mobile: "139" }))
      expect(refusal).toMatchObject({ _tag: "InvalidInput", problems: [{ field: "mobile" }] })
      expect(JSON.stringify(refusal)).not.toContain("139")
    }).pipe(Effect.provide(layer))
  )

  it.effect("ALR-4, CBK-3: a webhook that nothing can be posted to is refused when it is given, and nothing kept", () =>
    Effect.gen(function* () {
      const [app] = yield* withApplications("测试语音短信")
      const alerts = yield* Alerts
      const contactId = yield* alerts.addContact(accountId, app!, li)
      for (const [webhook, refusal] of [
        ["ftp://example.com/", { _tag: "UnusableUrl", problem: "scheme" }],
        ["https://user:secret@example.com/", { _tag: "UnusableUrl", problem: "credentials" }],
        ["example.com", { _tag: "UnusableUrl", problem: "malformed" }],
        [`https://example.com/${"x".repeat(2_048)}`, { _tag: "UnusableUrl", problem: "tooLong" }],
        ["http://127.1:8080/alert", { _tag: "PrivateTarget" }],
        ["https://[fd12::1]/alert", { _tag: "PrivateTarget" }],
        ["http://localhost/alert", { _tag: "PrivateTarget" }]
      ] as const) {
        const input = { name: "李四", webhook }
        expect(yield* Effect.flip(alerts.addContact(accountId, app!, input))).toMatchObject(refusal)
        expect(yield* Effect.flip(alerts.changeContact(accountId, app!, contactId, input))).toMatchObject(refusal)
      }
      expect(yield* alerts.contacts(accountId, app!)).toEqual([{ contactId, addedAt: start, ...li }])
    }).pipe(Effect.provide(layer))
  )

  it.effect("CBK-3: a webhook into a private network is taken where the deployment allows it, in its normal form", () =>
    Effect.gen(function* () {
      const [app] = yield* withApplications("测试语音短信")
      const alerts = yield* Alerts
      yield* alerts.addContact(accountId, app!, { name: "李四", webhook: "http://127.1:8080/alert" })
      expect(yield* alerts.contacts(accountId, app!)).toMatchObject([{ webhook: "http://127.0.0.1:8080/alert" }])
    }).pipe(Effect.provide(over(MemoryAlertTransport.layer, { targets: { privateNetworks: true, plainHttp: true } })))
  )

  it.effect("ALR-1, ALR-5: however many sends cross at once, each contact of the account hears of it once", () =>
    Effect.gen(function* () {
      const [one, two] = yield* withApplications("one", "two")
      const alerts = yield* Alerts
      yield* alerts.addContact(accountId, one!, wang)
      yield* alerts.addContact(accountId, two!, { name: "王小明", mobile: `+86${wang.mobile}` })
      yield* alerts.addContact(accountId, two!, li)
      yield* Effect.all(
        Array.from({ length: 20 }, (_, i) => observe(4_999 - i)),
        { concurrency: "unbounded" }
      )
      yield* work
      yield* work
      const received = yield* yield* MemoryAlertTransport.ReceivedAlerts
      expect(received.map(({ address }) => address).toSorted()).toEqual([wang.mobile, li.webhook, wang.email])
      expect(received.find(({ channel }) => channel === "mobile")).toMatchObject({
        deliveryId: expect.stringMatching(/^account\/low-balance-1\/[0-9a-f]{32}\/mobile$/),
        name: "王小明",
        facts: { _tag: "LowBalance", available: 4_999, threshold: 5_000 },
        message: { zh: expect.stringContaining("4,999 分钟") }
      })
      const { items } = yield* alerts.list(accountId)
      expect(items.map(({ alertId, deliveries }) => [alertId, deliveries.map(({ status }) => status)])).toEqual([
        ["low-balance-1", ["delivered", "delivered", "delivered"]]
      ])
      expect(yield* (yield* WorkQueue).nextDue("alert")).toBeUndefined()

      yield* observe(6_000)
      yield* observe(10)
      yield* work
      expect((yield* yield* MemoryAlertTransport.ReceivedAlerts).length).toBe(6)
      expect((yield* alerts.list(accountId, { limit: 1 })).items).toHaveLength(1)
    }).pipe(Effect.provide(layer))
  )

  it.effect("ALR-1: the threshold is 5,000 until somebody sets another, 0 is off", () =>
    Effect.gen(function* () {
      yield* withApplications("one")
      const alerts = yield* Alerts
      expect((yield* alerts.threshold(accountId)).threshold).toBe(5_000)
      yield* alerts.setThreshold(accountId, { threshold: 0 })
      yield* observe(0)
      expect((yield* alerts.list(accountId)).items).toEqual([])
      yield* alerts.setThreshold(accountId, { threshold: 10 })
      yield* observe(9)
      expect((yield* alerts.list(accountId)).items).toHaveLength(1)
      expect(yield* Effect.flip(alerts.setThreshold(accountId, { threshold: -1 }))).toMatchObject({
        _tag: "InvalidInput"
      })
    }).pipe(Effect.provide(layer))
  )

  it.effect(
    "ALR-2, ALR-3: the application's own contacts hear of the send beyond the preset; beyond the cap is none",
    () =>
      Effect.gen(function* () {
        const [one, two] = yield* withApplications("测试语音短信", "other")
        const alerts = yield* Alerts
        yield* alerts.addContact(accountId, one!, wang)
        yield* alerts.addContact(accountId, two!, li)
        expect(yield* Effect.flip(alerts.setDailyVolume(accountId, "1400000000", { preset: 1, cap: 1 }))).toMatchObject(
          {
            _tag: "UnknownApplication"
          }
        )
        yield* alerts.setDailyVolume(accountId, one!, { preset: 5, cap: 8 })
        const answers = yield* Effect.all(
          Array.from({ length: 12 }, () => Effect.either(send(one!))),
          { concurrency: "unbounded" }
        )
        expect(answers.filter(Either.isLeft)).toHaveLength(4)
        expect(yield* alerts.dailyVolume(accountId, one!)).toEqual({ preset: 5, cap: 8, sendsToday: 8 })
        yield* work
        const received = yield* yield* MemoryAlertTransport.ReceivedAlerts
        expect(received.map(({ address }) => address)).toEqual([wang.mobile, wang.email])
        expect(received[0]?.message.zh).toContain("「测试语音短信」")
        expect(received[0]?.facts).toMatchObject({ sends: 6, preset: 5 })
      }).pipe(Effect.provide(layer))
  )

  it.effect("NUM-6: a failed renewal becomes an alert, once for each notice", () =>
    Effect.gen(function* () {
      const [one] = yield* withApplications("one")
      yield* (yield* Alerts).addContact(accountId, one!, wang)
      const notices = yield* RenewalNotices
      const notice = {
        noticeId: "account/075512345678/20780",
        accountId,
        number: "075512345678",
        reason: "insufficientFunds",
        failedAt: start,
        expiresAt: start + 3_600_000
      } as const
      yield* notices.tell(notice)
      yield* notices.tell(notice)
      yield* work
      yield* notices.tell(notice)
      expect(yield* (yield* WorkQueue).nextDue("alert")).toBeUndefined()
      const [alert] = (yield* (yield* Alerts).list(accountId)).items
      expect(alert?.deliveries.map(({ status }) => status)).toEqual(["delivered", "delivered"])
      const received = yield* yield* MemoryAlertTransport.ReceivedAlerts
      expect(received.map(({ channel }) => channel)).toEqual(["mobile", "email"])
      expect(received[0]?.message.zh).toContain("075512345678")
      yield* notices.tell({ ...notice, noticeId: "account/075512345678/20781" })
      yield* work
      expect(yield* yield* MemoryAlertTransport.ReceivedAlerts).toHaveLength(4)
    }).pipe(Effect.provide(layer))
  )

  it.effect("ALR-5: an alert without a contact is told to nobody, and stays in the list", () =>
    Effect.gen(function* () {
      yield* withApplications("one")
      yield* observe(1)
      yield* work
      const [alert] = (yield* (yield* Alerts).list(accountId)).items
      expect(alert).toMatchObject({ alertId: "low-balance-1", addressed: true, deliveries: [] })
      expect(yield* (yield* WorkQueue).nextDue("alert")).toBeUndefined()
    }).pipe(Effect.provide(layer))
  )

  it.effect("ALR-5: what fails is tried again after growing pauses, and only that", () =>
    Effect.gen(function* () {
      const { layer, reached } = yield* scripted(({ channel }, nth) =>
        channel === "mobile" && nth < 6 ? "later" : undefined
      )
      yield* Effect.gen(function* () {
        const [one] = yield* withApplications("one")
        const alerts = yield* Alerts
        yield* alerts.addContact(accountId, one!, wang)
        yield* observe(1)
        const due: Array<number> = []
        const queue = yield* WorkQueue
        for (let at = yield* queue.nextDue("alert"); at !== undefined; at = yield* queue.nextDue("alert")) {
          due.push(at - start)
          yield* TestClock.setTime(at)
          yield* work
        }
        // The pause after a try counts from its end, a few milliseconds of the worker's round later.
        expect(due.map((millis) => Math.round(millis / 1_000))).toEqual([0, 5, 20, 80, 380])
        const ids = (yield* reached).map(({ channel, deliveryId }) => [channel, deliveryId])
        expect(ids.map(([channel]) => channel)).toEqual(["mobile", "email", "mobile", "mobile", "mobile", "mobile"])
        expect(new Set(ids.map(([, deliveryId]) => deliveryId)).size).toBe(2)
        const [alert] = (yield* alerts.list(accountId)).items
        expect(alert?.deliveries.map(({ channel, status, tries }) => [channel, status, tries])).toEqual([
          ["mobile", "delivered", 5],
          ["email", "delivered", 1]
        ])
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect("ALR-5: work that is repeated before its pause is over tries nobody again", () =>
    Effect.gen(function* () {
      const { layer, reached } = yield* scripted(() => "later")
      yield* Effect.gen(function* () {
        const [one] = yield* withApplications("one")
        const alerts = yield* Alerts
        yield* alerts.addContact(accountId, one!, wang)
        yield* observe(1)
        const lease = { queue: "alert", ...Alert.ref(accountId, "low-balance-1"), attempt: 1, token: "1" } as const
        expect(yield* alerts.handlers.alert(lease)).toBe(start + 5_000)
        expect(yield* alerts.handlers.alert(lease)).toBe(start + 5_000)
        expect(yield* reached).toHaveLength(2)
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect("ALR-5: what can never be delivered is given up, and so is a contact that was removed", () =>
    Effect.gen(function* () {
      const { layer, reached } = yield* scripted(({ channel }) => (channel === "mobile" ? "never" : "later"))
      yield* Effect.gen(function* () {
        const [one] = yield* withApplications("one")
        const alerts = yield* Alerts
        const contactId = yield* alerts.addContact(accountId, one!, wang)
        yield* observe(1)
        yield* work
        const deliveries = Effect.map(alerts.list(accountId), ({ items: [alert] }) =>
          alert?.deliveries.map(({ channel, status }) => [channel, status])
        )
        expect(yield* deliveries).toEqual([
          ["mobile", "givenUp"],
          ["email", "waiting"]
        ])
        yield* alerts.removeContact(accountId, one!, contactId)
        yield* TestClock.adjust("1 minute")
        yield* work
        expect(yield* deliveries).toEqual([
          ["mobile", "givenUp"],
          ["email", "givenUp"]
        ])
        expect(yield* reached).toHaveLength(2)
        expect(yield* (yield* WorkQueue).nextDue("alert")).toBeUndefined()
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect("ALR-5: a worker that dies while it tells is followed by one that tells the same, under the same id", () =>
    Effect.gen(function* () {
      const stuck = yield* Deferred.make<void>()
      const reached = yield* Ref.make<ReadonlyArray<string>>([])
      const transport = Layer.succeed(AlertTransport, {
        deliver: ({ deliveryId }) =>
          Effect.flatMap(
            Ref.updateAndGet(reached, (all) => [...all, deliveryId]),
            // The first try reaches the contact, and its answer never comes.
            (all) =>
              all.length === 1 ? Effect.zipRight(Deferred.succeed(stuck, undefined), Effect.never) : Effect.void
          )
      })
      yield* Effect.gen(function* () {
        const [one] = yield* withApplications("one")
        const alerts = yield* Alerts
        yield* alerts.addContact(accountId, one!, { name: "李四", email: "li@example.com" })
        yield* observe(1)
        const queue = yield* WorkQueue
        const lease = { queue: "alert", now: start, limit: 1, leaseMillis: 1_000 } as const
        const [first] = yield* queue.lease(lease)
        const dying = yield* Effect.fork(alerts.handlers.alert(first!))
        yield* Deferred.await(stuck)
        yield* Fiber.interrupt(dying)
        expect(yield* queue.lease({ ...lease, now: start + 999 })).toEqual([])
        const [second] = yield* queue.lease({ ...lease, now: start + 1_000 })
        expect(yield* alerts.handlers.alert(second!)).toBeUndefined()
        const ids = yield* Ref.get(reached)
        expect([ids.length, new Set(ids).size]).toEqual([2, 1])
        const [alert] = (yield* alerts.list(accountId)).items
        expect(alert?.deliveries).toMatchObject([{ status: "delivered", tries: 1 }])
      }).pipe(Effect.provide(over(transport)))
    })
  )

  it.effect("ALR-5: work for an alert that never fired is no work", () =>
    Effect.gen(function* () {
      const { handlers } = yield* Alerts
      const { key, owner } = Alert.ref(accountId, "low-balance-1")
      expect(yield* handlers.alert({ queue: "alert", owner, key, attempt: 1, token: "1" })).toBeUndefined()
    }).pipe(Effect.provide(layer))
  )
})
