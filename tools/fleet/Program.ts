/**
 * A gateway in a process of its own: the composition of `src/Platform.ts` over sockets and PostgreSQL. Only the telephone
 * network is another: its phones answer sooner or later, or are busy, and every call that is placed is written down before
 * it is, and its answer before it is reported, in a file that outlives the process.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { NodeServer } from "@vsms/adapter-http/node/NodeServer"
import * as Behaviour from "@vsms/adapter-telephony/simulated/Behaviour"
import * as SimulatedNetwork from "@vsms/adapter-telephony/simulated/SimulatedNetwork"
import { CallChannel } from "@vsms/core/dispatch/CallChannel"
import * as DispatchPolicy from "@vsms/core/dispatch/DispatchPolicy"
import { Routes } from "@vsms/core/dispatch/Routes"
import * as SendPolicy from "@vsms/core/sending/SendPolicy"
import * as ToneSpeech from "@vsms/core/testing/ToneSpeech"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as FastClock from "../../packages/adapter-postgres/test/processes/FastClock.ts"
import * as Place from "../../examples/gateway/src/Place.ts"
import * as Platform from "../../examples/gateway/src/Platform.ts"
import * as Settings from "../../examples/gateway/src/Settings.ts"
import * as Telemetry from "../../examples/gateway/src/Telemetry.ts"

export interface Start {
  /** By which a collector knows it. */
  readonly name: string
  /** Where it sends its traces; without, it makes none. */
  readonly collector?: string | undefined
  readonly url: string
  readonly token: string
  readonly pace: FastClock.Pace
  /** Where the books of all processes lie. */
  readonly folder: string
}

const { collector, folder, name, pace, token, url } = JSON.parse(process.argv[2]!) as Start

const settings = Either.getOrThrowWith(
  Settings.read({
    PORT: "0",
    VSMS_DATA: folder,
    VSMS_DATABASE_URL: url,
    VSMS_OPERATOR_TOKEN: token,
    VSMS_PRIVATE_TARGETS: "yes",
    VSMS_GRACE_SECONDS: "60",
    OTEL_SERVICE_NAME: name,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector
  }),
  (problems) => new Error(JSON.stringify(problems))
)

/** What this process has placed, and which of them were answered: a line each. */
const book = path.join(folder, `calls.${process.pid}`)
fs.writeFileSync(book, "")

const write = (line: string): Effect.Effect<void> => Effect.sync(() => fs.appendFileSync(book, `${line}\n`))

/** Who placed a call, by what is written down. */
const placedBy = (id: string): number | undefined => {
  for (const name of fs.readdirSync(folder))
    if (name.startsWith("calls.") && fs.readFileSync(path.join(folder, name), "utf8").includes(`placed ${id} `))
      return Number(name.slice("calls.".length))
  return undefined
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** A carrier that all processes share: it knows of every call, and a call ends with the process that placed it. */
const carrier = Layer.effect(
  CallChannel,
  Effect.map(CallChannel, (network) => ({
    ...network,
    place: (call, report) =>
      Effect.zipRight(
        write(`placed ${call.id} ${call.callee}`),
        network.place(call, (event) =>
          event._tag === "Answered" ? Effect.zipRight(write(`answered ${call.id}`), report(event)) : report(event)
        )
      ),
    ask: (id) =>
      Effect.suspend(() => {
        const pid = placedBy(id)
        if (pid === process.pid) return network.ask(id)
        if (pid === undefined) return Effect.succeed({ _tag: "NeverPlaced" } as const)
        return Effect.succeed({ _tag: isAlive(pid) ? "InProgress" : "Unknown" } as const)
      })
  }))
).pipe(
  Layer.provide(
    SimulatedNetwork.layer({
      seed: process.pid,
      behaviour: (_, random) =>
        random() < 0.1
          ? Behaviour.failsAtOnce("busy")
          : Behaviour.answers({ setUpMillis: 500, ringMillis: 500 + 2_000 * random(), listensMillis: 8_000 * random() })
    })
  )
)

/**
 * A server takes as long to answer as it takes, whatever the clock says. Set by a layer, this clock would be that of
 * everything that is built after it, too.
 */
const database = Layer.scopedContext(
  Effect.withClock(Layer.build(Place.layer(settings.place, settings.sessions)), Clock.make())
)

const hour = 3_600_000

const sends: SendPolicy.SendPolicy = {
  ...SendPolicy.standard,
  // What became of the calls of a process that died is waited for as long as they could last.
  ringTimeoutMillis: 5_000,
  longestCallMillis: 20_000,
  dialWithinMillis: { code: hour, notification: hour, activity: hour },
  reconcileMarginMillis: 5_000,
  frequency: { code: [], notice: [] }
}

const dispatch: DispatchPolicy.DispatchPolicy = {
  ...DispatchPolicy.standard,
  graceMillis: settings.stop.graceMillis,
  retryMillis: 1_000,
  askMillis: 1_000
}

const stop = Deferred.unsafeMake<void>(FiberId.none)
process.on("SIGTERM", () => Deferred.unsafeDone(stop, Effect.void))
// Nobody is left to ask.
process.on("disconnect", () => process.exit(1))

const program = Effect.gen(function* () {
  const context = yield* Layer.build(
    Platform.layer(settings, {
      operatorTokens: settings.operatorTokens,
      // On a machine that others use, a second of the wall's clock is little.
      core: { sends, dispatch, callbacks: { ...Platform.coreOptions(settings).callbacks, timeoutMillis: 80_000 } },
      parts: {
        database,
        speech: ToneSpeech.layer({ millisPerCharacter: 1 }),
        routes: Layer.provide(Routes.single({ maxConcurrent: 2_000, callsPerSecond: 1_000_000 }), carrier)
      }
    })
  )
  process.send!({ port: Context.get(context, NodeServer).port })
  yield* Deferred.await(stop)
}).pipe(
  Effect.scoped,
  Effect.provide(Layer.provideMerge(Telemetry.layer(settings), Logger.minimumLogLevel(LogLevel.Error))),
  Effect.withClock(FastClock.make(pace))
)

Effect.runPromise(program).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error)
    process.exit(70)
  }
)
