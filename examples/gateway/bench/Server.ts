/**
 * A process of the platform, as a deployment has it: the doors over the services, on a PostgreSQL server, and workers that
 * dial and call back. Only the telephone network is not real: its phones are answered at once and hung up at once, and
 * speech takes no time, so that what is measured is the platform. Who started it asks by messages.
 */
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import * as HttpCallbackTransport from "@vsms/adapter-http/callback/HttpCallbackTransport"
import * as NodeHmac from "@vsms/adapter-http/callback/NodeHmac"
import { NodeServer } from "@vsms/adapter-http/node/NodeServer"
import * as VendorDoor from "@vsms/adapter-http/wire/VendorDoor"
import * as PostgresServer from "@vsms/adapter-postgres/place/PostgresServer"
import * as PostgresBlobs from "@vsms/adapter-postgres/store/PostgresBlobs"
import * as PostgresStorage from "@vsms/adapter-postgres/store/PostgresStorage"
import * as SimulatedNetwork from "@vsms/adapter-telephony/simulated/SimulatedNetwork"
import * as SoundDecoder from "@vsms/adapter-tts/audio/SoundDecoder"
import * as MemoryAlertTransport from "@vsms/core/alert/MemoryAlertTransport"
import { Callbacks } from "@vsms/core/callback/Callbacks"
import * as Core from "@vsms/core/Core"
import { Routes } from "@vsms/core/dispatch/Routes"
import { IdGenerator } from "@vsms/core/IdGenerator"
import * as SandboxGateway from "@vsms/core/order/SandboxGateway"
import { ReviewDesk } from "@vsms/core/qualification/ReviewDesk"
import { Sends } from "@vsms/core/sending/Sends"
import * as TestTenant from "@vsms/core/testing/Tenant"
import * as ToneSpeech from "@vsms/core/testing/ToneSpeech"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import type { Asked, Question, Tenant } from "./Protocol.ts"

const settings = JSON.parse(process.argv[2]!) as {
  readonly url: string
  readonly token: string
  /** Whether it dials and calls back, and not only answers. */
  readonly works: boolean
}

// A millisecond for each, so that no report comes along with the one before.
const fast = {
  setUpMillis: 1,
  ringMillis: 1,
  reaction: { _tag: "Answers", listensMillis: 1, presses: [] }
} as const

const unlimited = { perSecond: 1e9, burst: 1e9 }
const core: Core.CoreOptions = { callbacks: { targets: { privateNetworks: true, plainHttp: true } } }

const storage = Layer.merge(PostgresStorage.layer(), PostgresBlobs.layer).pipe(
  Layer.provide(PostgresServer.layer({ url: Redacted.make(settings.url) }))
)

const ports = Layer.mergeAll(
  storage,
  MemoryAlertTransport.layer,
  SandboxGateway.layer,
  ReviewDesk.layerAutomatic,
  IdGenerator.layer,
  NodeHmac.layer,
  SoundDecoder.layer(),
  HttpCallbackTransport.layer(),
  ToneSpeech.layer({ millisPerCharacter: 1 }),
  Layer.provide(
    Routes.single({ maxConcurrent: 1_000, callsPerSecond: 1_000_000 }),
    SimulatedNetwork.layer({ behaviour: () => fast })
  )
)

const platform = settings.works ? Core.layer(core) : Core.layerServices(core)

const runtime = ManagedRuntime.make(
  NodeServer.layer({ port: 0 }).pipe(
    Layer.provideMerge(VendorDoor.layer({ rate: unlimited })),
    Layer.provideMerge(NativeDoor.layer({ operatorTokens: [Redacted.make(settings.token)], rate: unlimited })),
    Layer.provideMerge(platform),
    Layer.provideMerge(NativeDoor.editGuard),
    Layer.provideMerge(ports)
  )
)

const openTenant = (minutes: number, receiver: string | undefined) =>
  Effect.gen(function* () {
    const { accountId, appKey, applicationId } = yield* TestTenant.established({ minutes })
    if (receiver !== undefined) yield* (yield* Callbacks).addEndpoint(accountId, applicationId, { url: receiver })
    const tenant: Tenant = { accountId, applicationId, appKey: Redacted.value(appKey) }
    return tenant
  })

/** The core call by itself, by so many callers at once. */
const coreAlone = ({ accountId, applicationId }: Tenant, from: number, times: number, callers: number) =>
  Effect.gen(function* () {
    const sends = yield* Sends
    let next = 0
    const accept = Effect.suspend(() =>
      sends.attempt(accountId, applicationId, { to: `138${String(from + next++).padStart(8, "0")}`, code: "4821" })
    )
    const caller = Effect.whileLoop({
      while: () => next < times,
      body: () => accept,
      step: (outcome) => {
        if (outcome._tag !== "Accepted") throw new Error(outcome.refusal._tag)
      }
    })
    yield* Effect.all(
      Array.from({ length: callers }, () => caller),
      { concurrency: "unbounded", discard: true }
    )
  })

/** The same core call behind `node:http`, and nothing else: no authentication, no limits, no checks, no problems told. */
const bareServer = async ({ accountId, applicationId }: Tenant): Promise<number> => {
  const sends = await runtime.runPromise(Sends)
  const run = await runtime.runtime()
  const server = Http.createServer((from, to) => {
    const pieces: Array<Buffer> = []
    from.on("data", (piece: Buffer) => pieces.push(piece))
    from.on("end", () => {
      const input = JSON.parse(Buffer.concat(pieces).toString())
      void Effect.runPromise(Effect.provide(sends.attempt(accountId, applicationId, input), run)).then((outcome) =>
        to
          .writeHead(202, { "content-type": "application/json" })
          .end(JSON.stringify(outcome._tag === "Accepted" ? outcome.acceptance : outcome))
      )
    })
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  return (server.address() as AddressInfo).port
}

const answer = async (asked: Question): Promise<unknown> => {
  switch (asked.question) {
    case "port":
      return (await runtime.runPromise(NodeServer)).port
    case "tenant":
      return runtime.runPromise(openTenant(asked.minutes, asked.receiver))
    case "bare":
      return bareServer(asked.tenant)
    case "core":
      return runtime.runPromise(coreAlone(asked.tenant, asked.from, asked.times, asked.callers))
    case "processor": {
      const { system, user } = process.cpuUsage()
      return system + user
    }
    case "stop":
      await runtime.dispose()
      setImmediate(() => process.exit(0))
      return undefined
  }
}

process.on("message", (asked: Asked) => {
  void answer(asked).then(
    (told) => process.send!({ id: asked.id, told }),
    (error: unknown) => process.send!({ id: asked.id, error: String(error) })
  )
})
process.once("disconnect", () => process.exit(1))
