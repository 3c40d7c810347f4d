/** Databases with customers in them who may send, made as customers come about: by core's services. */
import { IdGenerator } from "@vsms/core/IdGenerator"
import { Callbacks } from "@vsms/core/callback/Callbacks"
import * as Core from "@vsms/core/Core"
import { PollMillis } from "@vsms/core/storage/Worker"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import * as Tenant from "@vsms/core/testing/Tenant"
import * as Duration from "effect/Duration"
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
  const hour = 3_600_000
  const real = Date.now()
  // An hour ago, so that for whoever comes next all of it lies in the past.
  const clock = FastClock.make({ begunAt: real, times: 300 })
  const shifted = { ...clock, unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() - hour }
  const earlier = {
    ...shifted,
    currentTimeMillis: Effect.sync(shifted.unsafeCurrentTimeMillis),
    unsafeCurrentTimeNanos: () => BigInt(shifted.unsafeCurrentTimeMillis()) * 1_000_000n,
    currentTimeNanos: Effect.sync(() => BigInt(shifted.unsafeCurrentTimeMillis()) * 1_000_000n)
  }
  const program = Effect.gen(function* () {
    // And a fifth of a second of the machine's, in which workers get things done.
    const pass = (duration: Duration.DurationInput) => Effect.sleep(Duration.sum(duration, Duration.minutes(1)))
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
