/**
 * A process of the platform under load: all of core, on the storage that it is told. Customers in it send, and write each
 * answer down as they get it. What lies outside (telephones, receivers of callbacks) is in the process that started it.
 */
import * as fs from "node:fs"
import { CallbackTransport } from "@vsms/core/callback/CallbackTransport"
import * as Core from "@vsms/core/Core"
import { type CallEvent, type Channel, ChannelFailure } from "@vsms/core/dispatch/CallChannel"
import * as DispatchPolicy from "@vsms/core/dispatch/DispatchPolicy"
import * as Route from "@vsms/core/dispatch/Route"
import { Routes } from "@vsms/core/dispatch/Routes"
import { IdGenerator } from "@vsms/core/IdGenerator"
import { PortFailure } from "@vsms/core/PortFailure"
import * as SendPolicy from "@vsms/core/sending/SendPolicy"
import { Sends } from "@vsms/core/sending/Sends"
import { PollMillis } from "@vsms/core/storage/Worker"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import * as ToneSpeech from "@vsms/core/testing/ToneSpeech"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { Database } from "../../../src/place/Database.ts"
import * as PgliteFolder from "../../../src/place/PgliteFolder.ts"
import * as PostgresStorage from "../../../src/store/PostgresStorage.ts"
import type { Acknowledged } from "../../crash/Audit.ts"
import * as Books from "../../crash/Books.ts"
import * as BrokenStores from "../../crash/BrokenStores.ts"
import type { Placing } from "../../crash/Exchange.ts"
import * as FastClock from "../FastClock.ts"
import { serve } from "../Served.ts"
import * as Tenants from "../Tenants.ts"

export interface Start {
  readonly place: { readonly url: string; readonly sessions: number } | { readonly folder: string }
  readonly pace: FastClock.Pace
  /** Where answers are written down. */
  readonly acknowledgements: string
  readonly customers: number
  readonly broken?: BrokenStores.Broken | undefined
}

/** What a customer is to ask for. */
export interface Task {
  readonly key: string
  readonly tenant: Tenants.Tenant
  readonly to: string
  /** Asks for a template that there is none of, and is refused. */
  readonly isRefused: boolean
}

const calls = new Map<string, Queue.Queue<CallEvent | { readonly _tag: "Over"; readonly end: Placing }>>()

const channel: Channel = {
  name: "exchange",
  capabilities: { codecs: ["alaw"], keyPresses: false, remembers: true },
  place: (call, report) =>
    Effect.gen(function* () {
      const events = yield* Queue.unbounded<CallEvent | { readonly _tag: "Over"; readonly end: Placing }>()
      calls.set(call.id, events)
      // What is spoken stays here: nobody listens.
      const audio = { codec: call.audio.codec, payload: [] }
      line.ask<Placing>("place", { ...call, audio }).then(
        (end) => events.unsafeOffer({ _tag: "Over", end }),
        () => {}
      )
      for (;;) {
        const event = yield* Queue.take(events)
        if (event._tag !== "Over") yield* report(event)
        else if (event.end === undefined) return
        else return yield* new ChannelFailure({ channel: "exchange", ...event.end })
      }
    }).pipe(
      Effect.onInterrupt(() => Effect.promise(() => line.ask("hangUp", call.id).catch(() => {}))),
      Effect.ensuring(Effect.sync(() => calls.delete(call.id)))
    ),
  ask: (id) =>
    Effect.tryPromise({
      try: () => line.ask("fate", id),
      catch: () => new ChannelFailure({ channel: "exchange", placed: "unknown", detail: "no answer" })
    }),
  probe: Effect.void
}

const transport = Layer.succeed(CallbackTransport, {
  post: ({ body, headers }) =>
    Effect.tryPromise({
      try: () => line.ask("deliver", { body, headers }),
      catch: (cause) => new PortFailure({ port: "CallbackTransport", operation: "post", retry: "later", cause })
    })
})

const sends: SendPolicy.SendPolicy = {
  ...SendPolicy.standard,
  ringTimeoutMillis: 10_000,
  longestCallMillis: 100_000,
  dialWithinMillis: { code: 40_000, notification: 40_000, activity: 40_000 },
  reconcileMarginMillis: 10_000,
  frequency: { code: [], notice: [] }
}

const dispatch: DispatchPolicy.DispatchPolicy = {
  ...DispatchPolicy.standard,
  leaseMillis: 20_000,
  retryMillis: 1_000,
  askMillis: 1_000
}

/** As whoever starts hosts has it: one that does not come up, because its database is away, is started again. */
const patience = { schedule: Schedule.spaced("100 millis"), times: 300 }

const scope = Effect.runSync(Scope.make())

let database: (typeof Database)["Service"] | undefined

const open = async ({ acknowledgements, broken, customers, pace, place }: Start): Promise<Books.Books | undefined> => {
  const file = fs.openSync(acknowledgements, "a")
  // Written when it returns: what a process has handed to the operating system survives the process.
  const acknowledge = (answer: Acknowledged) =>
    Effect.sync(() => void fs.writeSync(file, `${JSON.stringify(answer)}\n`))
  const faults = Logger.make(({ cause, logLevel, message }) => {
    if (LogLevel.lessThan(logLevel, LogLevel.Error)) return
    fs.writeSync(file, `${JSON.stringify({ _tag: "Fault", text: `${String(message)} ${String(cause)}` })}\n`)
  })

  // The place keeps the machine's time; all else lives faster.
  const where: Layer.Layer<Database, unknown> =
    "url" in place
      ? Tenants.server(place.url, { sessions: place.sessions })
      : PgliteFolder.layer({ folder: place.folder })
  const services = await Effect.runPromise(Layer.build(where).pipe(Effect.retry(patience), Scope.extend(scope)))
  database = Context.get(services, Database)
  const books = "url" in place ? undefined : await booksOf(database)

  const storage = Layer.provide(PostgresStorage.layer(), Layer.succeedContext(services))
  const ports = Layer.mergeAll(
    CoreMemory.layerPorts(),
    IdGenerator.layer,
    // A second of the machine's: what the bells tell need not be looked for.
    Layer.succeed(PollMillis, 20_000),
    transport,
    ToneSpeech.layer({ millisPerCharacter: 50 }),
    Routes.layer(
      [Route.Route.make({ id: "exchange", channel: "exchange", maxConcurrent: 200, callsPerSecond: 1_000 })],
      [channel]
    ),
    broken === undefined ? storage : Layer.provideMerge(BrokenStores.layer(broken), storage)
  )
  const clock = FastClock.make(pace)
  const program = Effect.gen(function* () {
    const service = yield* Sends
    const customer = Effect.gen(function* () {
      for (;;) {
        const task = yield* Effect.promise(() => line.ask<Task | null>("task"))
        if (task === null) yield* Effect.sleep("10 seconds")
        else yield* carryOut(service, task, acknowledge)
      }
    })
    yield* Effect.all(
      Array.from({ length: customers }, () => customer),
      { concurrency: "unbounded" }
    )
  })
  const living = program.pipe(
    Effect.provide(Layer.provideMerge(Core.layer({ sends, dispatch }), ports)),
    Effect.scoped,
    Effect.retry({
      ...patience,
      while: (error) => error instanceof PortFailure && error.retry !== "never"
    }),
    Effect.withClock(clock),
    Effect.provide(Logger.replace(Logger.defaultLogger, faults))
  )
  Effect.runFork(
    Effect.catchAllCause(living, (cause) =>
      acknowledge({ _tag: "Fault", text: `the platform has ended: ${String(cause)}` })
    )
  )
  return books
}

/** Until there is an answer: what fails is asked again under its key. */
const carryOut = (
  service: (typeof Sends)["Service"],
  task: Task,
  acknowledge: (answer: Acknowledged) => Effect.Effect<void>
): Effect.Effect<void> => {
  const { isRefused, key, tenant, to } = task
  return service
    .attempt(tenant.accountId, tenant.applicationId, {
      to,
      code: "246802",
      idempotencyKey: key,
      ...(isRefused ? { templateId: "nosuchtemplate" } : {})
    })
    .pipe(
      Effect.flatMap((outcome) => {
        if (outcome._tag === "Accepted") {
          const { holdMinutes, sendId } = outcome.acceptance
          return acknowledge({ _tag: "Accepted", key, sendId, holdMinutes })
        }
        return isRefused && outcome.attemptId !== undefined
          ? acknowledge({ _tag: "Refused", attemptId: outcome.attemptId })
          : acknowledge({ _tag: "Fault", text: `${key} was refused: ${outcome.refusal._tag}` })
      }),
      Effect.zipRight(Effect.promise(() => line.ask("done", key))),
      Effect.catchAll((error) =>
        error instanceof PortFailure && error.retry !== "never"
          ? Effect.zipRight(
              Effect.sleep("2 seconds"),
              Effect.suspend(() => carryOut(service, task, acknowledge))
            )
          : acknowledge({
              _tag: "Fault",
              text: `${key}: ${String(error)} ${error instanceof PortFailure ? String(error.cause) : ""}`
            })
      )
    )
}

const booksOf = async ({ pool }: (typeof Database)["Service"]): Promise<Books.Books> => {
  const client = await pool.connect()
  try {
    return await Books.read(async (sql) => (await client.query(sql)).rows)
  } finally {
    client.release()
  }
}

const line = serve({
  open,
  /** What is not over yet. */
  left: async (): Promise<number> => {
    const { rows } = await database!.pool.query(Books.left)
    return rows[0].left
  },
  event: ({ event, id }: { readonly id: string; readonly event: CallEvent }) => {
    calls.get(id)?.unsafeOffer(event)
  }
})
