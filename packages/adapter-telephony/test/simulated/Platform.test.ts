/**
 * The whole platform over the simulated network: two routes with every fault at once, processes that are killed, and
 * phones on which everything happens that can. Afterwards the platform's books are compared with the carrier's.
 */
import { createHmac } from "node:crypto"
import { describe, expect, it } from "vitest"
import { Balances } from "@vsms/core/balance/Balances"
import { Callbacks } from "@vsms/core/callback/Callbacks"
import type { CallbackAnswer } from "@vsms/core/callback/CallbackTransport"
import { Hmac } from "@vsms/core/callback/Hmac"
import * as Core from "@vsms/core/Core"
import * as CallId from "@vsms/core/dispatch/CallId"
import { Route } from "@vsms/core/dispatch/Route"
import { Routes } from "@vsms/core/dispatch/Routes"
import * as Send from "@vsms/core/sending/Send"
import { Sends } from "@vsms/core/sending/Sends"
import { Statistics } from "@vsms/core/statistics/Statistics"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import { Simulation } from "@vsms/core/testing/Simulation"
import * as Tenant from "@vsms/core/testing/Tenant"
import { Templates } from "@vsms/core/template/Templates"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { everyday } from "../../src/simulated/Behaviour.ts"
import * as Faults from "../../src/simulated/Faults.ts"
import * as SimulatedNetwork from "../../src/simulated/SimulatedNetwork.ts"

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/** 2026-11-23 09:00 in Shanghai. */
const morning = Date.UTC(2026, 10, 23, 1)

const minutesBought = 10_000

/** A minute and a quarter, when it is played three times. */
const notice = `尊敬的用户，您好，${"您预约的服务即将开始，请提前做好准备，".repeat(4)}感谢您的配合`

/** No promise is waited for in a simulated world. */
const promptHmac = Layer.succeed(Hmac, {
  sha256: (key, message) => Effect.sync(() => createHmac("sha256", Redacted.value(key)).update(message).digest())
})

const percent = (max: number) => FastCheck.oneof(FastCheck.constant(0), FastCheck.nat(max))

const faults: FastCheck.Arbitrary<Faults.Faults> = FastCheck.record({
  lostPercent: percent(40),
  doubledPercent: percent(50),
  reorderedPercent: percent(50),
  latePercent: percent(50),
  lateMillis: FastCheck.integer({ min: 1, max: 20_000 }),
  refusedPercent: percent(30),
  severedPercent: percent(30),
  mutePercent: percent(15),
  outages: FastCheck.option(FastCheck.constant({ everyMillis: 5 * minute, lastsMillis: 20 * second }), {
    nil: undefined
  })
})

const scenario = FastCheck.record({
  seed: FastCheck.nat(),
  first: faults,
  second: faults,
  sends: FastCheck.array(
    FastCheck.record({
      callee: FastCheck.nat(29),
      afterMillis: FastCheck.nat(40 * second),
      /** Speech of more than a minute, instead of a code. */
      isLong: FastCheck.boolean()
    }),
    {
      minLength: 5,
      maxLength: 30
    }
  ),
  /** Of the first route, at which its connections are cut. */
  severedAt: FastCheck.array(FastCheck.nat(5 * minute), { maxLength: 3 }),
  /** At which the process is killed; another starts five seconds later. */
  crashedAt: FastCheck.array(FastCheck.nat(3 * minute), { maxLength: 2 })
})

type Scenario = typeof scenario extends FastCheck.Arbitrary<infer A> ? A : never

/** Lives through it, and gives back the books of the platform, and those of the carrier. */
const live = ({ crashedAt, first, second: other, seed, sends, severedAt }: Scenario) => {
  const world = new Simulation({ startAt: morning })
  let network: SimulatedNetwork.Network | undefined
  world.spawn(
    Effect.flatMap(
      SimulatedNetwork.make({
        seed,
        behaviour: everyday,
        channels: {
          first: { faults: first, maxConcurrent: 6, callsPerSecond: 2 },
          second: { faults: other, maxConcurrent: 20 }
        }
      }),
      (made) =>
        Effect.zipRight(
          Effect.sync(() => (network = made)),
          Effect.never
        )
    ).pipe(Effect.scoped)
  )
  world.settle()
  const { channel, details, sever } = network!

  const told = new Map<string, number>()
  const receiver = ({ body }: { readonly body: string }) =>
    Effect.sync((): CallbackAnswer => {
      const { callId } = JSON.parse(body).data
      told.set(callId, (told.get(callId) ?? 0) + 1)
      return { _tag: "Status", status: 200, retryAfterMillis: undefined }
    })
  const routes = Routes.layer(
    [
      // The first route is told more than it takes: what it refuses, the second one carries.
      Route.make({ id: "first", channel: "first", weight: 3, maxConcurrent: 8, callsPerSecond: 3 }),
      Route.make({ id: "second", channel: "second", maxConcurrent: 20, callsPerSecond: 50 })
    ],
    [channel("first"), channel("second")]
  )
  const ports = Layer.mergeAll(CoreMemory.layerPorts({ seed, receiver }), promptHmac)
  const outside = Effect.runSync(
    Effect.flatMap(Scope.make(), (scope) => Layer.buildWithScope(Layer.merge(ports, routes), scope))
  )
  const isolated = Context.add(
    Context.add(outside, Hmac, Effect.runSync(Effect.scoped(Effect.map(Layer.build(promptHmac), Context.get(Hmac))))),
    Routes,
    Effect.runSync(Effect.scoped(Effect.map(Layer.build(routes), Context.get(Routes))))
  )
  const quiet = Logger.remove(Logger.defaultLogger)
  const start = () =>
    world.spawn(Effect.scoped(Layer.launch(Core.layer())).pipe(Effect.provide(isolated), Effect.provide(quiet)))
  let workers = start()

  /** A customer's program, which takes its time. */
  const customer = <A, E>(program: Effect.Effect<A, E, Core.Services>): A => {
    const running = world.spawn(program.pipe(Effect.provide(Core.layerServices()), Effect.provide(isolated)))
    for (let i = 0; i < 100 && running.exit === undefined; i++) world.pass(10 * minute)
    if (running.exit === undefined) throw new Error("the customer's program hangs")
    if (Exit.isFailure(running.exit)) throw Cause.squash(running.exit.cause)
    return running.exit.value
  }

  const { accountId, applicationId, templateId } = customer(
    Effect.gen(function* () {
      const tenant = yield* Tenant.open({ minutes: minutesBought, pass: Effect.sleep })
      yield* (yield* Callbacks).addEndpoint(tenant.accountId, tenant.applicationId, { url: "https://example.com/" })
      const { accountId, applicationId } = tenant
      const templates = yield* Templates
      const draft = { name: "通知", content: notice, kind: "notification" } as const
      const { templateId } = yield* templates.create(accountId, applicationId, draft)
      yield* Effect.sleep(second)
      return { accountId, applicationId, templateId }
    })
  )
  for (const after of severedAt) world.spawn(Effect.zipRight(Effect.sleep(after), sever("first")))
  for (const after of crashedAt) {
    world.spawn(
      Effect.gen(function* () {
        yield* Effect.sleep(after)
        workers.kill()
        yield* Effect.sleep(5 * second)
        workers = start()
      })
    )
  }
  const accepted = customer(
    Effect.gen(function* () {
      const ids: Array<string> = []
      const service = yield* Sends
      for (const { afterMillis, callee, isLong } of sends) {
        yield* Effect.sleep(afterMillis)
        const to = `138001380${String(callee).padStart(2, "0")}`
        const answer = isLong
          ? yield* Effect.either(service.accept(accountId, applicationId, { to, templateId, plays: 3 }))
          : yield* Effect.either(service.acceptCode(accountId, applicationId, { to, code: "3842" }))
        if (Either.isRight(answer)) ids.push(answer.right.sendId)
      }
      return ids
    })
  )
  world.pass(3 * hour)
  const books = customer(
    Effect.all({
      sends: Effect.flatMap(Sends, (service) => service.list(accountId, applicationId, { limit: 100 })),
      balance: Effect.flatMap(Balances, (balances) => balances.get(accountId)),
      ledger: Effect.flatMap(Balances, (balances) => balances.verify(accountId)),
      overview: Effect.flatMap(Statistics, (statistics) => statistics.overview({ accountId, applicationId }, "today"))
    })
  )
  return { accepted, books, told, details: Effect.runSync(details) }
}

const { numRuns = 100 } = FastCheck.readConfigureGlobal()

/** Lives that are lived: 20, and 2,000 in the long run. */
const lives = numRuns > 100 ? numRuns : 20

describe("the platform over the simulated network", () => {
  it(
    "SND-10, SND-6, BAL-4, BAL-6, CBK-1: every accepted send ends once, nobody is rung twice, and what is billed is what the network measured",
    async () => {
      const seen = { completed: 0, failed: 0, late: 0, second: 0, long: 0 }
      await FastCheck.assert(
        FastCheck.asyncProperty(scenario, async (given) => {
          // A test that is at work for an hour has to be heard of now and then.
          await new Promise<void>((resolve) => setImmediate(resolve))
          const { accepted, books, details, told } = live(given)
          const { balance, ledger, overview, sends } = books
          expect(sends.items.map(({ sendId }) => sendId).sort()).toEqual([...accepted].sort())
          let billed = 0
          for (const { sendId, state } of sends.items) {
            expect(Send.isFinal(state), `${sendId} is ${state.stage}`).toBe(true)
            expect(told.get(sendId), `${sendId} was told once`).toBe(1)
            const calls = details.filter(({ callId }) => CallId.sendOf(callId) === sendId)
            const rung = calls.filter(({ answeredAt, rangAt }) => rangAt !== undefined || answeredAt !== undefined)
            expect(rung.length, `${sendId} was rung`).toBeLessThanOrEqual(1)
            const answered = calls.find(({ answeredAt, failure }) => answeredAt !== undefined && failure === undefined)
            const length = answered === undefined ? 0 : answered.endedAt! - answered.answeredAt!
            // A call of whose answer nothing was heard, as it was lost or came after the end, costs one minute.
            const unheard = answered !== undefined && state.answeredAt === undefined
            const measured = answered === undefined ? 0 : unheard ? 1 : Math.max(1, Math.ceil(length / minute))
            expect([sendId, state.stage, state.billedMinutes]).toEqual([
              sendId,
              answered === undefined ? "failed" : "completed",
              measured
            ])
            if (unheard) {
              const { lostPercent, reorderedPercent } = answered.channel === "first" ? given.first : given.second
              expect(lostPercent + reorderedPercent).toBeGreaterThan(0)
            }
            billed += measured
            seen[state.stage === "completed" ? "completed" : "failed"]++
            if (calls.some(({ answeredAt, failure }) => answeredAt !== undefined && failure !== undefined)) seen.late++
            if (answered?.channel === "second") seen.second++
            if (measured > 1) seen.long++
          }
          expect([balance.held, balance.spent, balance.available]).toEqual([0, billed, minutesBought - billed])
          expect(ledger.equal).toBe(true)
          expect(overview.total).toMatchObject({ sends: accepted.length, minutes: billed })
        }),
        { numRuns: lives, interruptAfterTimeLimit: lives * 6 * second, markInterruptAsFailure: true }
      )
      // A test in which nothing happens proves nothing.
      expect(Math.min(seen.completed, seen.failed, seen.second, seen.long)).toBeGreaterThan(5)
      expect(seen.late).toBeGreaterThan(0)
    },
    lives * 8 * second
  )

  it("the same seed tells the same story, to the millisecond", () => {
    const [given] = FastCheck.sample(scenario, { numRuns: 1 })
    const [one, other] = [live(given!), live(given!)]
    expect(one.details.length).toBeGreaterThan(0)
    expect(other.details).toEqual(one.details)
    expect(other.books).toEqual(one.books)
    expect(live({ ...given!, seed: given!.seed + 1 }).details).not.toEqual(one.details)
  })
})
