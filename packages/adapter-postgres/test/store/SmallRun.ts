/** A few sends of one enterprise, as they come about: by core's services and workers, with every kind of trouble. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { Alerts } from "@vsms/core/alert/Alerts"
import { Callbacks } from "@vsms/core/callback/Callbacks"
import * as Core from "@vsms/core/Core"
import { IdGenerator } from "@vsms/core/IdGenerator"
import * as Send from "@vsms/core/sending/Send"
import { Sends } from "@vsms/core/sending/Sends"
import { WorkQueue } from "@vsms/core/storage/WorkQueue"
import { PollMillis } from "@vsms/core/storage/Worker"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import * as ScriptedChannel from "@vsms/core/testing/ScriptedChannel"
import type * as Tenant from "@vsms/core/testing/Tenant"
import type { Database } from "../../src/place/Database.ts"
import * as PostgresStorage from "../../src/store/PostgresStorage.ts"
import * as FastClock from "../processes/FastClock.ts"
import * as Tenants from "../processes/Tenants.ts"

/** Whom it is about; nothing of this may be left when the retention has ended. */
export const people = {
  answers: "13812345671",
  isBusy: "13812345672",
  saysNothing: "13812345673",
  code: "802468",
  session: "session of somebody"
}

export const contact = { name: "值班工程师", mobile: "13987654321" }

const story = (call: { readonly callee: string }): ScriptedChannel.Story => {
  if (call.callee.endsWith(people.isBusy)) return ScriptedChannel.failed("busy")
  if (call.callee.endsWith(people.saysNothing)) return { ...ScriptedChannel.answered, connection: "mute" }
  return ScriptedChannel.answered
}

/** Everything of core, over the storage of a place, with callbacks that are taken at the second try. */
export const platform = <E>(place: Layer.Layer<Database, E>) => {
  const told = new Set<string>()
  const ports = CoreMemory.layerPorts({
    channel: ScriptedChannel.make({ story }),
    receiver: ({ body }) =>
      Effect.sync(() => {
        const status = told.has(body) ? 204 : 500
        told.add(body)
        return { _tag: "Status", status, retryAfterMillis: undefined } as const
      })
  })
  return Core.layer().pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        ports,
        IdGenerator.layer,
        Layer.succeed(PollMillis, 1_000),
        Layer.provide(PostgresStorage.layer(), place)
      )
    )
  )
}

/** Until workers have done what is due, but for the call that nobody says anything of. */
const workIsDone = Effect.gen(function* () {
  const queue = yield* WorkQueue
  const isBusy = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    for (const name of ["callback", "alert"] as const) {
      const dueAt = yield* queue.nextDue(name)
      if (dueAt !== undefined && dueAt < now + 60_000) return true
    }
    return false
  })
  while (yield* isBusy) yield* Effect.sleep("1 second")
})

export interface Run {
  readonly tenant: Tenant.Tenant
  readonly answered: string
  readonly busy: string
  readonly silent: string
  /** The attempt that was refused. */
  readonly refused: string
}

/** Sends one that is answered, one that is busy, one that is not heard of again, and one that is refused. */
const send = (tenant: Tenant.Tenant) =>
  Effect.gen(function* () {
    const { accountId, applicationId } = tenant
    const [service, alerts] = [yield* Sends, yield* Alerts]
    yield* (yield* Callbacks).addEndpoint(accountId, applicationId, { url: "https://example.com/hook" })
    yield* alerts.addContact(accountId, applicationId, contact)
    yield* alerts.setThreshold(accountId, { threshold: minutes })
    const code = { code: people.code, ext: people.session }
    const first = { ...code, to: people.answers, idempotencyKey: "request-1" }
    const { sendId: answered } = yield* service.acceptCode(accountId, applicationId, first)
    const { sendId: busy } = yield* service.acceptCode(accountId, applicationId, { ...code, to: people.isBusy })
    const { sendId: silent } = yield* service.acceptCode(accountId, applicationId, { ...code, to: people.saysNothing })
    const again = yield* service.attempt(accountId, applicationId, { ...code, to: people.answers })
    if (again._tag !== "Refused") return yield* Effect.dieMessage("a second call at once was not refused")
    for (const sendId of [answered, busy])
      while (!Send.isFinal((yield* service.load(Send.ref(accountId, sendId))).state)) yield* Effect.sleep("1 second")
    yield* workIsDone
    const run: Run = { tenant, answered, busy, silent, refused: again.attemptId! }
    return run
  })

const minutes = 1_000

/**
 * The sends, and then what is to be looked at, at a clock that is ten times as fast as the machine's: a call that takes
 * too long to be placed would fail. The place has time limits of its own.
 */
export const at = <A, E, E2>(
  place: Layer.Layer<Database, E2>,
  look: (run: Run) => Effect.Effect<A, E, Layer.Layer.Success<ReturnType<typeof platform>> | Database>
): Promise<A> =>
  Effect.gen(function* () {
    const services = Layer.succeedContext(yield* Layer.build(place))
    const [tenant] = yield* Effect.promise(() => Tenants.open(services, [{ minutes }]))
    const now = yield* Clock.currentTimeMillis
    const clock = FastClock.make({ realAt: now, at: now, times: 10 })
    return yield* Effect.flatMap(send(tenant!), look).pipe(
      Effect.provide(platform(services)),
      Effect.provide(services),
      Effect.withClock(clock)
    )
  }).pipe(Effect.scoped, Effect.provide(Logger.remove(Logger.defaultLogger)), Effect.runPromise)
