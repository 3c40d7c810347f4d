/** The whole platform with tenants, faults and crashes, in simulated time; afterwards all books are compared. */
import { describe, expect, it } from "vitest"
import { createHmac } from "node:crypto"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as EffectScope from "effect/Scope"
import { Balances } from "../src/balance/Balances.ts"
import { Callbacks } from "../src/callback/Callbacks.ts"
import type { CallbackAnswer } from "../src/callback/CallbackTransport.ts"
import { Hmac } from "../src/callback/Hmac.ts"
import * as Core from "../src/Core.ts"
import * as CallId from "../src/dispatch/CallId.ts"
import * as Send from "../src/sending/Send.ts"
import { type SendView, Sends } from "../src/sending/Sends.ts"
import { Statistics } from "../src/statistics/Statistics.ts"
import * as CoreMemory from "../src/testing/CoreMemory.ts"
import * as ScriptedChannel from "../src/testing/ScriptedChannel.ts"
import { Simulation } from "../src/testing/Simulation.ts"
import * as Tenant from "../src/testing/Tenant.ts"

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/** 2026-11-23 09:00 in Shanghai. */
const morning = Date.UTC(2026, 10, 23, 1)

const promptHmac = Layer.succeed(Hmac, {
  sha256: (key, message) => Effect.sync(() => createHmac("sha256", Redacted.value(key)).update(message).digest())
})

/** What one call meets. Most are ordinary. */
const story: FastCheck.Arbitrary<ScriptedChannel.Story> = FastCheck.oneof(
  {
    weight: 5,
    arbitrary: FastCheck.integer({ min: 1, max: 70 }).map((seconds) => ({
      ...ScriptedChannel.answered,
      endsAfterMillis: 5_000 + seconds * second
    }))
  },
  {
    weight: 2,
    arbitrary: FastCheck.constantFrom("busy", "noAnswer", "rejected", "poweredOff").map((why) =>
      ScriptedChannel.failed(why as "busy")
    )
  },
  { weight: 1, arbitrary: FastCheck.constant(ScriptedChannel.refused) },
  {
    weight: 1,
    arbitrary: FastCheck.constantFrom("mute", "severed").map((connection) => ({
      ...ScriptedChannel.answered,
      connection: connection as "mute"
    }))
  },
  {
    weight: 1,
    arbitrary: FastCheck.constant<ScriptedChannel.Story>({
      ...ScriptedChannel.answered,
      // Everything twice, and the last report first.
      deliver: (events) => [...events, ...events].reverse().map((event) => ({ event, lateMillis: 0 }))
    })
  }
)

const act = FastCheck.record({
  tenant: FastCheck.nat(1),
  callee: FastCheck.nat(19).map((n) => `1380013${String(n).padStart(4, "0")}`),
  afterMillis: FastCheck.nat(3 * minute)
})

const scenario = FastCheck.record({
  stories: FastCheck.array(story, { minLength: 1, maxLength: 12 }),
  acts: FastCheck.array(act, { minLength: 1, maxLength: 25 }),
  /** When the process is killed, counted from its start; another starts five seconds later. */
  crashes: FastCheck.array(FastCheck.nat(2 * minute), { maxLength: 4 }),
  receiverIsDown: FastCheck.boolean()
})

type Scenario = typeof scenario extends FastCheck.Arbitrary<infer A> ? A : never

const live = ({ acts, crashes, receiverIsDown, stories }: Scenario) => {
  const world = new Simulation({ startAt: morning })
  const placed: Array<ScriptedChannel.Placed> = []
  const told = new Set<string>()
  let tries = 0
  const channel = ScriptedChannel.make({ placed, story: (_, nth) => stories[nth % stories.length]! })
  const receiver = ({ body }: { readonly body: string }) =>
    Effect.sync((): CallbackAnswer => {
      if (receiverIsDown && ++tries % 3 !== 0) return { _tag: "Trouble", trouble: "connection" }
      told.add(JSON.parse(body).data.callId)
      return { _tag: "Status", status: 200, retryAfterMillis: undefined }
    })

  // The outside outlives every process: storage, gateway, transports, telephone network.
  const scope = Effect.runSync(EffectScope.make())
  const outside = Effect.runSync(
    Layer.buildWithScope(Layer.merge(CoreMemory.layerPorts({ channel, receiver }), promptHmac), scope)
  ).pipe(
    Context.add(
      Hmac,
      Effect.runSync(Effect.scoped(Effect.map(Layer.build(promptHmac), (made) => Context.get(made, Hmac))))
    )
  )
  const quiet = Logger.remove(Logger.defaultLogger)

  const process = () =>
    world.spawn(Effect.scoped(Layer.launch(Core.layer())).pipe(Effect.provide(outside), Effect.provide(quiet)))

  /** A customer's program: it calls services, and lives through the crashes of the workers. */
  const customer = <A, E>(program: Effect.Effect<A, E, Core.Services>): A => {
    const running = world.spawn(program.pipe(Effect.provide(Core.layerServices()), Effect.provide(outside)))
    for (let i = 0; i < 200 && running.exit === undefined; i++) world.pass(10 * minute)
    const { exit } = running
    if (exit === undefined) throw new Error("the customer's program hangs")
    if (exit._tag === "Failure") throw new Error(String(exit.cause))
    return exit.value
  }

  let workers = process()
  const pass = Effect.sleep
  const tenants = customer(
    Effect.gen(function* () {
      const opened: Array<Tenant.Tenant> = []
      for (const number of ["000001", "000002"]) {
        const tenant = yield* Tenant.open({ number, minutes: 1_000, pass })
        yield* (yield* Callbacks).addEndpoint(tenant.accountId, tenant.applicationId, { url: "https://example.com/" })
        opened.push(tenant)
      }
      return opened
    })
  )

  // Crashes fall among the sends: a killer runs beside the customers.
  let crashed = 0
  const killer = world.spawn(
    Effect.gen(function* () {
      for (const after of crashes) {
        yield* Effect.sleep(after)
        workers.kill()
        crashed++
        yield* Effect.sleep(5 * second)
        workers = process()
      }
    })
  )
  const accepted = customer(
    Effect.gen(function* () {
      const sends = yield* Sends
      const ids: Array<{ readonly tenant: Tenant.Tenant; readonly sendId: string }> = []
      for (const { afterMillis, callee, tenant: index } of acts) {
        yield* Effect.sleep(afterMillis)
        const tenant = tenants[index]!
        const { accountId, applicationId } = tenant
        const answer = yield* Effect.either(sends.acceptCode(accountId, applicationId, { to: callee, code: "3842" }))
        if (Either.isRight(answer)) ids.push({ tenant, sendId: answer.right.sendId })
      }
      return ids
    })
  )
  world.pass(30 * hour)
  expect(killer.exit).toBeDefined()
  expect(crashed).toBe(crashes.length)

  const books = customer(
    Effect.gen(function* () {
      const found: Array<{
        readonly sends: ReadonlyArray<SendView>
        readonly balance: Effect.Effect.Success<ReturnType<typeof Balances.Service.get>>
        readonly ledger: Effect.Effect.Success<ReturnType<typeof Balances.Service.verify>>
        readonly days: Effect.Effect.Success<ReturnType<typeof Statistics.Service.overview>>
        readonly failures: Effect.Effect.Success<ReturnType<typeof Statistics.Service.failures>>
      }> = []
      for (const { accountId, applicationId } of tenants) {
        const page = yield* (yield* Sends).list(accountId, applicationId, { limit: 100 })
        const statistics = yield* Statistics
        found.push({
          sends: page.items,
          balance: yield* (yield* Balances).get(accountId),
          ledger: yield* (yield* Balances).verify(accountId),
          days: yield* statistics.overview({ accountId, applicationId }, "last7Days"),
          failures: yield* statistics.failures({ accountId, applicationId }, "last7Days")
        })
      }
      return found
    })
  )
  return { accepted, books, placed, told }
}

/** How many lives of a platform are lived: 25, and twenty times as many in the long run. */
const lives = Math.ceil((FastCheck.readConfigureGlobal().numRuns ?? 100) / 4)

describe("the platform, with faults and crashes", () => {
  it(
    "SND-10, BAL-5, BAL-6, CBK-1, STA-7, STA-5: every accepted send ends once, is paid once, told and counted",
    () => {
      const seen = { completed: 0, failed: 0, crashes: 0 }
      FastCheck.assert(
        FastCheck.property(scenario, (given) => {
          const { accepted, books, placed, told } = live(given)
          const all = books.flatMap(({ sends }) => sends)
          expect(all.map(({ sendId }) => sendId).sort()).toEqual(accepted.map(({ sendId }) => sendId).sort())
          for (const { sendId, state } of all) {
            expect(Send.isFinal(state), `${sendId} is ${state.stage}`).toBe(true)
            expect(told.has(sendId), `${sendId} was told`).toBe(true)
          }
          // Nobody's phone rang twice for one send.
          const rung = placed.map(({ call }) => CallId.sendOf(call.id))
          expect(new Set(rung).size).toBe(rung.length)

          for (const { balance, days, failures, ledger, sends } of books) {
            const billed = sends.reduce((sum, { state }) => sum + state.billedMinutes, 0)
            expect([balance.held, balance.spent, balance.available]).toEqual([0, billed, 1_000 - billed])
            expect(ledger.equal).toBe(true)
            const answered = sends.filter(({ state }) => state.stage === "completed")
            // STA-7: what the tallies say is what a recount of the records says.
            expect(days.total).toMatchObject({
              sends: sends.length,
              answered: answered.length,
              failed: sends.length - answered.length,
              minutes: billed
            })
            const reasons = new Map<string, number>()
            for (const { state } of sends) {
              if (state.reason !== undefined) reasons.set(state.reason, (reasons.get(state.reason) ?? 0) + 1)
            }
            expect(new Map(failures.map(({ count, reason }) => [reason, count]))).toEqual(reasons)
            for (const { state } of answered) {
              expect(state.billedMinutes).toBe(Math.max(1, Math.ceil(Send.talkMillis(state) / minute)))
            }
            seen.completed += answered.length
            seen.failed += sends.length - answered.length
          }
          seen.crashes += given.crashes.length
        }),
        // A counterexample is made smaller for a while, not for ever.
        { numRuns: lives, interruptAfterTimeLimit: lives * 4 * second, markInterruptAsFailure: true }
      )
      // A test in which nothing happens proves nothing.
      expect(Math.min(seen.completed, seen.failed, seen.crashes)).toBeGreaterThan(5)
    },
    lives * 5 * second
  )
})
