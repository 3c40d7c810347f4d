/** Databases with customers in them who may send, made as customers come about: by core's services. */
import { IdGenerator } from "@vsms/core/IdGenerator"
import { Callbacks } from "@vsms/core/callback/Callbacks"
import * as Core from "@vsms/core/Core"
import { PollMillis } from "@vsms/core/storage/Worker"
import { WorkQueue } from "@vsms/core/storage/WorkQueue"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import * as Tenant from "@vsms/core/testing/Tenant"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import type { Database } from "../../src/place/Database.ts"
import * as PostgresServer from "../../src/place/PostgresServer.ts"
import * as PostgresStorage from "../../src/store/PostgresStorage.ts"
import * as FastClock from "./FastClock.ts"

export type { Tenant } from "@vsms/core/testing/Tenant"

/** Everything of core in this process, and only its storage outside. */
export const platform = <E>(place: Layer.Layer<Database, E>) =>
  Core.layer().pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        CoreMemory.layerPorts(),
        IdGenerator.layer,
        Layer.succeed(PollMillis, 1_000),
        Layer.provide(PostgresStorage.layer(), place)
      )
    )
  )

/** Opens tenants one after the other, at a clock that runs ahead of the machine's by minutes, and then is left behind. */
export const open = async <E>(
  place: Layer.Layer<Database, E>,
  tenants: ReadonlyArray<{ readonly minutes: number; readonly callbacks?: boolean }>
): Promise<ReadonlyArray<Tenant.Tenant>> => {
  // An hour ago, so that for whoever comes next all of it lies in the past.
  const realAt = Date.now()
  const earlier = FastClock.make({ realAt, at: realAt - 3_600_000, times: 200 })
  const program = Effect.gen(function* () {
    const queue = yield* WorkQueue
    const isBusy = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      for (const name of ["review", "payment", "fulfilment"] as const) {
        const dueAt = yield* queue.nextDue(name)
        // What is leased falls due when its lease ends.
        if (dueAt !== undefined && dueAt < now + 60_000) return true
      }
      return false
    })
    /** So long, and until the workers have done what there is to do by then. */
    const pass = (duration: Duration.DurationInput) =>
      Effect.gen(function* () {
        yield* Effect.sleep(duration)
        while (yield* isBusy) yield* Effect.sleep("5 seconds")
      }).pipe(Effect.orDie)
    const opened: Array<Tenant.Tenant> = []
    for (const [i, { callbacks = false, minutes }] of tenants.entries()) {
      const number = String(i + 1).padStart(6, "0")
      const tenant = yield* Tenant.open({ number, minutes, pass })
      if (callbacks) {
        const endpoint = { url: "https://example.com/hook" }
        yield* (yield* Callbacks).addEndpoint(tenant.accountId, tenant.applicationId, endpoint)
      }
      opened.push(tenant)
    }
    return opened
  })
  // The place has time limits of its own, which are the machine's.
  return Effect.flatMap(Layer.build(place), (services) =>
    program.pipe(Effect.provide(platform(Layer.succeedContext(services))), Effect.withClock(earlier))
  ).pipe(Effect.scoped, Effect.provide(Logger.remove(Logger.defaultLogger)), Effect.runPromise)
}

export const server = (url: string, options: Partial<PostgresServer.Options> = {}) =>
  PostgresServer.layer({ url: Redacted.make(url), ...options })
