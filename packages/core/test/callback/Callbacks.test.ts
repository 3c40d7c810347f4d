import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import { createHmac } from "node:crypto"
import * as Application from "../../src/account/Application.ts"
import { Callbacks, type CallbackOptions } from "../../src/callback/Callbacks.ts"
import { type CallbackAnswer, type CallbackRequest, CallbackTransport } from "../../src/callback/CallbackTransport.ts"
import { Hmac } from "../../src/callback/Hmac.ts"
import * as MemoryTransport from "../../src/callback/MemoryTransport.ts"
import * as Signature from "../../src/callback/Signature.ts"
import { IdGenerator } from "../../src/IdGenerator.ts"
import * as Minutes from "../../src/money/Minutes.ts"
import { PortFailure } from "../../src/PortFailure.ts"
import * as Send from "../../src/sending/Send.ts"
import { Sends } from "../../src/sending/Sends.ts"
import * as Decision from "../../src/storage/Decision.ts"
import { Journal } from "../../src/storage/Journal.ts"
import * as MemoryStore from "../../src/storage/MemoryStore.ts"
import * as Worker from "../../src/storage/Worker.ts"

const account = "acme"
const app = "1400000001"
const minute = 60_000

/** A world with one application, a receiver that answers as told, and a send that has just ended. */
class Receiver extends Context.Tag("test/Receiver")<
  Receiver,
  { readonly got: Array<CallbackRequest>; status: number; down: boolean; retryAfterMillis: number | undefined }
>() {}

/** Without a promise, so that whatever is due is done when the clock has been moved. */
const promptHmac = Layer.succeed(Hmac, {
  sha256: (key, message) => Effect.sync(() => createHmac("sha256", Redacted.value(key)).update(message).digest())
})

/** Nobody else rings here: polling is for lost bells. */
const oneProcess = Layer.succeed(Worker.PollMillis, 86_400_000)

/** A worker looks after its leases in proportion to their length: long ones keep a test of 24 hours short. */
const work = Effect.flatMap(Callbacks, ({ handlers }) =>
  Worker.run({ ...Worker.defaults, leaseMillis: 3 * 3_600_000, queue: "callback", handle: handlers.callback })
)

const world = (options: Partial<CallbackOptions> = {}) => {
  const receiver = Layer.sync(Receiver, () => ({ got: [], status: 200, down: false, retryAfterMillis: undefined }))
  const transport = Layer.unwrapEffect(
    Effect.map(Receiver, (told) =>
      MemoryTransport.layer({
        receiver: (request) =>
          Effect.sync((): CallbackAnswer => {
            told.got.push(request)
            return told.down
              ? { _tag: "Trouble", trouble: "connection" }
              : { _tag: "Status", status: told.status, retryAfterMillis: told.retryAfterMillis }
          })
      })
    )
  )
  return Callbacks.layer(options).pipe(
    Layer.provideMerge(Sends.layer),
    Layer.provideMerge(transport),
    Layer.provideMerge(Layer.mergeAll(receiver, MemoryStore.layer, IdGenerator.layerSeeded(1), promptHmac, oneProcess))
  )
}

/** How the transport fails. */
class Failing extends Context.Tag("test/Failing")<Failing, Ref.Ref<"later" | "never">>() {}

const failingWorld = Callbacks.layer().pipe(
  Layer.provideMerge(Sends.layer),
  Layer.provideMerge(
    Layer.effect(
      CallbackTransport,
      Effect.map(Failing, (how) => ({
        post: () =>
          Effect.flatMap(
            Ref.get(how),
            (retry) => new PortFailure({ port: "test", operation: "post", retry, cause: "broken" })
          )
      }))
    )
  ),
  Layer.provideMerge(
    Layer.mergeAll(
      Layer.effect(Failing, Ref.make<"later" | "never">("later")),
      MemoryStore.layer,
      IdGenerator.layerSeeded(1),
      promptHmac,
      oneProcess
    )
  )
)

const makeApplication = Effect.flatMap(Journal, (journal) =>
  journal.transact([Application.ref(account, app)], ([row]) =>
    Either.right(
      Decision.make(undefined, {
        changes: [
          Decision.change(row, [
            { _tag: "ApplicationCreated", accountId: account, name: "a", description: "", secretId: "s", at: 0 }
          ])
        ]
      })
    )
  )
)

/** Ends a send and enqueues its callback, as `Sends` does. */
const endSend = (sendId: string, receipt: number) =>
  Effect.gen(function* () {
    const now = yield* TestClock.currentTimeMillis
    const journal = yield* Journal
    const accepted = { ...Send.initial.accepted, applicationId: app, templateId: "7", at: now }
    yield* journal.transact([Send.ref(account, sendId)], ([row]) =>
      Either.right(
        Decision.make(undefined, {
          changes: [
            Decision.change(
              row,
              [
                { _tag: "SendAccepted", accepted },
                { _tag: "Answered", at: now },
                {
                  _tag: "SendCompleted",
                  at: now + 1,
                  billedMinutes: Minutes.unsafeMake(1),
                  overrunMinutes: Minutes.zero,
                  paid: [],
                  receipt
                }
              ],
              { personal: { callee: "+8613800138000", text: "您好", segments: [], ext: "\u0000订单=1" } }
            )
          ],
          work: [Decision.enqueue("callback", { owner: account, key: sendId }, now)]
        })
      )
    )
  })

const url = "https://hooks.example.com/voice?token=hidden"

describe("Callbacks", () => {
  it.scoped(
    "CBK-1, SND-11: every endpoint is told of an ended send, with id, number, result, times, minutes and ext",
    () =>
      Effect.gen(function* () {
        yield* makeApplication
        const callbacks = yield* Callbacks
        const receiver = yield* Receiver
        yield* callbacks.addEndpoint(account, app, { url })
        yield* callbacks.addEndpoint(account, app, { url: "https://second.example.com/" })
        yield* work
        yield* endSend("send1", 1)
        yield* TestClock.adjust("1 second")
        expect(receiver.got.map((request) => request.url).sort()).toEqual([url, "https://second.example.com/"])
        const { data, type } = JSON.parse(receiver.got[0]!.body)
        expect(type).toBe("send.completed")
        expect(data).toMatchObject({
          callId: "send1",
          calledNumber: "+8613800138000",
          result: "answered",
          answeredAt: "1970-01-01T00:00:00.000Z",
          endedAt: "1970-01-01T00:00:00.001Z",
          billedMinutes: 1,
          ext: "\u0000订单=1"
        })
        expect((yield* callbacks.ofSend(account, "send1")).map(({ status }) => status)).toEqual([
          "delivered",
          "delivered"
        ])
      }).pipe(Effect.provide(world()))
  )

  it.scoped(
    "CBK-2: what is delivered is signed with the endpoint's secret, and with the old one during a rotation",
    () =>
      Effect.gen(function* () {
        yield* makeApplication
        const callbacks = yield* Callbacks
        const receiver = yield* Receiver
        const first = yield* callbacks.addEndpoint(account, app, { url })
        const second = yield* callbacks.rotateSecret(account, app, first.endpointId, { overlapMillis: 10 * minute })
        yield* work
        yield* endSend("send1", 1)
        yield* TestClock.adjust("1 second")
        yield* TestClock.adjust("10 minutes")
        yield* endSend("send2", 2)
        yield* TestClock.adjust("1 second")
        const convinced = (request: CallbackRequest, secret: Redacted.Redacted) =>
          Signature.verify(secret, {
            id: request.headers["webhook-id"]!,
            timestamp: Number(request.headers["webhook-timestamp"]),
            body: request.body,
            signature: request.headers["webhook-signature"]!,
            nowSeconds: Number(request.headers["webhook-timestamp"])
          })
        const [during, after] = receiver.got as [CallbackRequest, CallbackRequest]
        expect(yield* convinced(during, first.secret)).toBe(true)
        expect(yield* convinced(during, second.secret)).toBe(true)
        expect(yield* convinced(after, first.secret)).toBe(false)
        expect(yield* convinced(after, second.secret)).toBe(true)
      }).pipe(Effect.provide(world()))
  )

  it.scoped("CBK-1: a send that comes to be told of again, as after a crash, is told once where it is known", () =>
    Effect.gen(function* () {
      yield* makeApplication
      const callbacks = yield* Callbacks
      const receiver = yield* Receiver
      yield* callbacks.addEndpoint(account, app, { url })
      yield* endSend("send1", 1)
      receiver.status = 503
      const lease = { queue: "callback", owner: account, key: "send1", attempt: 1, token: "1" } as const
      yield* callbacks.handlers.callback(lease)
      yield* callbacks.handlers.callback({ ...lease, attempt: 2, token: "2" })
      expect(receiver.got.length).toBe(1)
      const [delivery] = yield* callbacks.ofSend(account, "send1")
      expect(delivery).toMatchObject({ status: "pending", failures: 1 })
      // The next try is work of its own.
      receiver.status = 204
      yield* work
      yield* TestClock.adjust("2 hours")
      expect(new Set(receiver.got.map(({ headers }) => headers["webhook-id"])).size).toBe(1)
      expect((yield* callbacks.ofSend(account, "send1")).map(({ status, tries }) => [status, tries.length])).toEqual([
        ["delivered", 2]
      ])
    }).pipe(Effect.provide(world()))
  )

  it.scoped("CBK-2: a receiver that is down is tried again until it takes the callback, always under the same id", () =>
    Effect.gen(function* () {
      yield* makeApplication
      const callbacks = yield* Callbacks
      const receiver = yield* Receiver
      yield* callbacks.addEndpoint(account, app, { url })
      yield* work
      receiver.down = true
      yield* endSend("send1", 1)
      yield* TestClock.adjust("30 minutes")
      receiver.down = false
      receiver.status = 503
      yield* TestClock.adjust("2 hours")
      receiver.status = 204
      yield* TestClock.adjust("22 hours")
      const [delivery] = yield* callbacks.ofSend(account, "send1")
      expect(delivery!.status).toBe("delivered")
      expect(delivery!.tries.at(-1)!.status).toBe(204)
      expect(new Set(delivery!.tries.map((one) => one.trouble ?? one.status))).toEqual(
        new Set(["connection", 503, 204])
      )
      expect(delivery!.tries.length).toBe(receiver.got.length)
      expect(new Set(receiver.got.map((request) => request.headers["webhook-id"])).size).toBe(1)
    }).pipe(Effect.provide(world()))
  )

  it.scoped("CBK-2: after 24 hours it is given up; a replay delivers it after all", () =>
    Effect.gen(function* () {
      yield* makeApplication
      const callbacks = yield* Callbacks
      const receiver = yield* Receiver
      yield* callbacks.addEndpoint(account, app, { url })
      yield* work
      receiver.status = 500
      yield* endSend("send1", 1)
      for (let hour = 0; hour < 30; hour++) yield* TestClock.adjust("1 hour")
      const [given] = yield* callbacks.ofSend(account, "send1")
      expect(given!.status).toBe("exhausted")
      const tries = receiver.got.length
      receiver.status = 200
      yield* callbacks.replay(account, given!.deliveryId)
      yield* TestClock.adjust("1 second")
      expect(receiver.got.length).toBe(tries + 1)
      expect((yield* callbacks.ofSend(account, "send1"))[0]!.status).toBe("delivered")
      expect(yield* Effect.flip(callbacks.replay(account, "no/such/delivery"))).toMatchObject({
        _tag: "UnknownDelivery"
      })
    }).pipe(Effect.provide(world()))
  )

  it.scoped("CBK-2: a broken transport is a try of the plan; what it can never send is dropped", () =>
    Effect.gen(function* () {
      yield* makeApplication
      const callbacks = yield* Callbacks
      yield* callbacks.addEndpoint(account, app, { url })
      yield* work
      yield* endSend("send1", 1)
      for (let hour = 0; hour < 30; hour++) yield* TestClock.adjust("1 hour")
      const [delivery] = yield* callbacks.ofSend(account, "send1")
      expect([delivery!.status, new Set(delivery!.tries.map(({ trouble }) => trouble))]).toEqual([
        "exhausted",
        new Set(["transport"])
      ])
      yield* Ref.set(yield* Failing, "never")
      yield* endSend("send2", 2)
      yield* TestClock.adjust("1 minute")
      expect((yield* callbacks.ofSend(account, "send2"))[0]!.status).toBe("dropped")
    }).pipe(Effect.provide(failingWorld))
  )

  it.scoped("CBK-1: whoever names another account's application or send finds nothing", () =>
    Effect.gen(function* () {
      yield* makeApplication
      const callbacks = yield* Callbacks
      yield* callbacks.addEndpoint(account, app, { url })
      yield* work
      yield* endSend("send1", 1)
      yield* TestClock.adjust("1 second")
      expect((yield* callbacks.deliveries(account, app)).items.length).toBe(1)
      expect((yield* callbacks.deliveries("stranger", app)).items).toEqual([])
      expect(yield* callbacks.ofSend("stranger", "send1")).toEqual([])
    }).pipe(Effect.provide(world()))
  )

  it.scoped("CBK-1: work that is handed out twice orders and delivers nothing twice", () =>
    Effect.gen(function* () {
      yield* makeApplication
      const callbacks = yield* Callbacks
      const receiver = yield* Receiver
      yield* callbacks.addEndpoint(account, app, { url })
      yield* endSend("send1", 1)
      const lease = { queue: "callback", owner: account, key: "send1", attempt: 1, token: "t" } as const
      yield* callbacks.handlers.callback(lease)
      yield* callbacks.handlers.callback(lease)
      const [delivery] = yield* callbacks.ofSend(account, "send1")
      yield* callbacks.handlers.callback({ ...lease, key: delivery!.deliveryId })
      yield* callbacks.handlers.callback({ ...lease, key: delivery!.deliveryId })
      expect(receiver.got.length).toBe(1)
    }).pipe(Effect.provide(world()))
  )

  it.scoped("CBK-1: a disabled endpoint is not told, and what was ordered for a removed one is dropped", () =>
    Effect.gen(function* () {
      yield* makeApplication
      const callbacks = yield* Callbacks
      const receiver = yield* Receiver
      const { endpointId } = yield* callbacks.addEndpoint(account, app, { url })
      yield* work
      yield* callbacks.changeEndpoint(account, app, endpointId, { enabled: false })
      yield* endSend("send1", 1)
      yield* TestClock.adjust("1 second")
      expect(yield* callbacks.ofSend(account, "send1")).toEqual([])
      yield* callbacks.changeEndpoint(account, app, endpointId, { enabled: true })
      receiver.down = true
      yield* endSend("send2", 2)
      yield* TestClock.adjust("1 second")
      yield* callbacks.removeEndpoint(account, app, endpointId)
      yield* TestClock.adjust("1 hour")
      expect((yield* callbacks.ofSend(account, "send2")).map(({ status }) => status)).toEqual(["dropped"])
      expect(yield* callbacks.endpoints(account, app)).toEqual([])
    }).pipe(Effect.provide(world()))
  )

  it.scoped("CBK-3: a name that resolves into a private network is not called, whatever it resolved to before", () =>
    Effect.gen(function* () {
      yield* makeApplication
      const callbacks = yield* Callbacks
      yield* callbacks.addEndpoint(account, app, { url: "https://rebinding.example.com/" })
      yield* work
      yield* endSend("send1", 1)
      yield* TestClock.adjust("1 second")
      expect((yield* callbacks.ofSend(account, "send1"))[0]!.tries.map((one) => one.trouble)).toEqual([
        "privateAddress"
      ])
    }).pipe(
      Effect.provide(
        Callbacks.layer().pipe(
          Layer.provideMerge(Sends.layer),
          Layer.provideMerge(
            MemoryTransport.layer({ receiver: () => Effect.die("connected"), resolve: () => "10.1.2.3" })
          ),
          Layer.provideMerge(Layer.mergeAll(MemoryStore.layer, IdGenerator.layerSeeded(1), promptHmac, oneProcess))
        )
      )
    )
  )

  it.effect("CBK-1: refusals, in order of precedence, and nothing stored by any of them", () =>
    Effect.gen(function* () {
      yield* makeApplication
      const callbacks = yield* Callbacks
      const add = (input: unknown, application = app) =>
        Effect.map(
          Effect.either(callbacks.addEndpoint(account, application, input as { url: string })),
          Either.match({ onLeft: (refusal) => refusal._tag as string, onRight: () => "added" })
        )
      expect(yield* add({})).toBe("InvalidInput")
      expect(yield* add({ url: "nonsense", format: "unknown" })).toBe("UnusableUrl")
      expect(yield* add({ url: "http://10.0.0.1/", format: "unknown" })).toBe("PrivateTarget")
      expect(yield* add({ url, format: "unknown" }, "1400000002")).toBe("UnknownFormat")
      expect(yield* add({ url }, "1400000002")).toBe("UnknownApplication")
      expect(yield* callbacks.endpoints(account, app)).toEqual([])
      for (let i = 0; i < 10; i++) expect(yield* add({ url })).toBe("added")
      expect(yield* add({ url })).toBe("TooManyEndpoints")
      const [endpoint] = yield* callbacks.endpoints(account, app)
      expect(endpoint!.url).toBe("https://hooks.example.com/voice")
      const overlap = callbacks.rotateSecret(account, app, endpoint!.endpointId, { overlapMillis: 86_400_001 })
      expect((yield* Effect.flip(overlap))._tag).toBe("OverlapTooLong")
      expect((yield* Effect.flip(callbacks.changeEndpoint(account, app, "none", {})))._tag).toBe("UnknownEndpoint")
    }).pipe(Effect.provide(world()))
  )
})
