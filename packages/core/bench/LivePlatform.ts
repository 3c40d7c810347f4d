/**
 * The whole platform on memory adapters, at work: one enterprise that may send, phones that answer at once and are hung
 * up at once, speech that takes no time, and a receiver that takes every callback. Its clock runs as the machine's does.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import { createHmac } from "node:crypto"
import { Balances } from "../src/balance/Balances.ts"
import { Callbacks } from "../src/callback/Callbacks.ts"
import type { CallbackRequest } from "../src/callback/CallbackTransport.ts"
import { Hmac } from "../src/callback/Hmac.ts"
import * as Core from "../src/Core.ts"
import * as Route from "../src/dispatch/Route.ts"
import { Routes } from "../src/dispatch/Routes.ts"
import * as Send from "../src/sending/Send.ts"
import { Sends } from "../src/sending/Sends.ts"
import { Statistics } from "../src/statistics/Statistics.ts"
import { Journal } from "../src/storage/Journal.ts"
import { Records } from "../src/storage/Records.ts"
import { WorkQueue } from "../src/storage/WorkQueue.ts"
import * as CoreMemory from "../src/testing/CoreMemory.ts"
import * as ScriptedChannel from "../src/testing/ScriptedChannel.ts"
import * as ToneSpeech from "../src/testing/ToneSpeech.ts"
import { accountId, applicationId, makeWorld, morning } from "../test/sending/SendWorld.ts"
import { mustEqual } from "./Harness.ts"

export interface LiveOptions {
  /** Whether the application has an endpoint that is told of each send. */
  readonly callbacks: boolean
  /** Whether a tracer keeps the spans; without one, tracing is off. */
  readonly traced: boolean
}

/** How many requests come in before anything else has its turn. */
const burst = 100

export const callee = (i: number): string => `138${String(i).padStart(8, "0")}`

export class LivePlatform {
  private readonly world = makeWorld({ minutes: 1_000_000 })
  private readonly scope = Effect.runSync(Scope.make())
  private readonly sendIds: Array<string> = []
  private readonly told = new Set<string>()
  private readonly options: LiveOptions
  private spans = 0
  private runtime: Runtime.Runtime<Core.Services> | undefined

  constructor(options: LiveOptions) {
    this.options = options
  }

  async open(): Promise<void> {
    const layer = Layer.provide(Core.layer(), this.ports())
    const built = Layer.toRuntime(layer).pipe(
      Scope.extend(this.scope),
      Effect.withClock(shiftedClock(morning)),
      this.options.traced ? Effect.withTracer(this.tracer()) : Effect.withTracerEnabled(false)
    )
    this.runtime = await Effect.runPromise(built)
    if (!this.options.callbacks) return
    const endpoint = { url: "https://example.com/hook" }
    await this.run(Effect.flatMap(Callbacks, (callbacks) => callbacks.addEndpoint(accountId, applicationId, endpoint)))
  }

  /** So many sends, until nothing is left to be done for any of them. */
  live(times: number): Promise<void> {
    const { queue } = this.world
    const busy = Effect.gen(function* () {
      for (const name of ["dial", "reconcile", "callback"] as const)
        if ((yield* queue.nextDue(name)) !== undefined) return true
      return false
    })
    return this.run(
      Effect.gen(this, function* () {
        const sends = yield* Sends
        const accept = (i: number) =>
          Effect.map(sends.acceptCode(accountId, applicationId, { to: callee(i), code: "246802" }), ({ sendId }) => {
            this.sendIds.push(sendId)
          })
        for (let i = 0; i < times; i += burst) {
          const some = Array.from({ length: Math.min(burst, times - i) }, (_, j) => i + j)
          yield* Effect.forEach(some, accept, { discard: true })
          yield* Effect.yieldNow()
        }
        while (yield* busy) yield* Effect.sleep(1)
      })
    )
  }

  /** Every send completed and billed, every minute accounted for, statistics and callbacks as many. */
  async check(times: number): Promise<void> {
    mustEqual("sends accepted", new Set(this.sendIds).size, times)
    for (const sendId of this.sendIds) {
      const { billedMinutes, paid, stage } = this.world.load(Send.ref(accountId, sendId)).state
      mustEqual(sendId, [stage, billedMinutes, paid.length], ["completed", 1, 1])
    }
    const balance = this.world.balance()
    mustEqual("the balance", [balance.spent, balance.held, balance.available], [times, 0, 1_000_000 - times])
    const verified = await this.run(Effect.flatMap(Balances, (balances) => balances.verify(accountId)))
    mustEqual("the balance, rebuilt from its events", verified.equal, true)
    const of = { accountId, applicationId }
    const { total } = await this.run(Effect.flatMap(Statistics, (statistics) => statistics.overview(of, "today")))
    const { answered, failed, minutes, sends } = total
    mustEqual("the statistics", [sends, answered, failed, minutes], [times, times, 0, times])
    mustEqual("sends that were told of", this.told.size, this.options.callbacks ? times : 0)
    if (this.spans > 0 !== this.options.traced) throw new Error(`${this.spans} spans were kept`)
  }

  async close(): Promise<void> {
    await Effect.runPromise(Scope.close(this.scope, Exit.void))
  }

  private run<A, E>(effect: Effect.Effect<A, E, Core.Services>): Promise<A> {
    return Runtime.runPromise(this.runtime!)(effect)
  }

  private ports() {
    const { journal, queue, records } = this.world
    const channel = ScriptedChannel.make({ story: () => ScriptedChannel.immediate })
    const route = { id: channel.name, channel: channel.name, maxConcurrent: 1_000, callsPerSecond: 1_000_000 }
    const receiver = ({ headers }: CallbackRequest) =>
      Effect.sync(() => {
        // The id of a delivery begins with that of its send.
        this.told.add(headers["webhook-id"]!.split("/")[0]!)
        return { _tag: "Status", status: 204, retryAfterMillis: undefined } as const
      })
    return Layer.mergeAll(
      CoreMemory.layerPorts({ receiver, channel }),
      Layer.succeed(Journal, journal),
      Layer.succeed(Records, records),
      Layer.succeed(WorkQueue, queue),
      Routes.layer([Route.Route.make(route)], [channel]),
      ToneSpeech.layer({ millisPerCharacter: 1 }),
      nodeHmac
    )
  }

  /** One that makes spans as Effect's own does, for somebody to export. */
  private tracer(): Tracer.Tracer {
    const tracer = Context.unsafeGet(DefaultServices.liveServices, Tracer.Tracer)
    return Tracer.make({
      context: (execution, fiber) => tracer.context(execution, fiber),
      span: (...of) => {
        this.spans++
        return tracer.span(...of)
      }
    })
  }
}

/** The clock of the machine, as if it had been started at `from`. */
const shiftedClock = (from: number): Clock.Clock => {
  const real = Clock.make()
  const shift = from - real.unsafeCurrentTimeMillis()
  const millis = (): number => real.unsafeCurrentTimeMillis() + shift
  const nanos = (): bigint => real.unsafeCurrentTimeNanos() + BigInt(shift) * 1_000_000n
  return {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: millis,
    unsafeCurrentTimeNanos: nanos,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanos: Effect.sync(nanos),
    sleep: (duration) => real.sleep(duration)
  }
}

/** What a host on Node brings: no promise for every signature. */
const nodeHmac: Layer.Layer<Hmac> = Layer.succeed(Hmac, {
  sha256: (key, message) => Effect.sync(() => createHmac("sha256", Redacted.value(key)).update(message).digest())
})
