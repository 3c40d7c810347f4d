/**
 * What the door costs: a send by core alone, through the door, in batches, and over sockets beside a bare `node:http`
 * server that makes the same core call. The platform is in memory, and nobody places the calls: what is compared is the
 * way in. The client is in the same process, so that figures over sockets hold its work, too.
 */
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as Core from "@vsms/core/Core"
import { Sends } from "@vsms/core/sending/Sends"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import * as Tenant from "@vsms/core/testing/Tenant"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import * as TestContext from "effect/TestContext"
import type { Incoming } from "../src/door/Exchange.ts"
import { NativeDoor } from "../src/NativeDoor.ts"
import { NodeServer } from "../src/node/NodeServer.ts"

export const group = "http"

const token = "operator-token-of-the-benchmark-0123456789"
const authorization = `Bearer ${token}`

const world = NodeServer.layer({ port: 0 }).pipe(
  Layer.provideMerge(
    NativeDoor.layer({ operatorTokens: [Redacted.make(token)], rate: { perSecond: 1e9, burst: 1e9 } })
  ),
  Layer.provideMerge(Core.layerServices()),
  Layer.provideMerge(NativeDoor.editGuard),
  Layer.provideMerge(CoreMemory.layerPorts())
)

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

const program = Effect.gen(function* () {
  const tenant = yield* Effect.provide(Tenant.open({ minutes: 10_000_000 }), Core.layerWorkers())
  const { accountId, applicationId } = tenant
  const sends = yield* Sends
  const door = yield* NativeDoor
  const { port } = yield* NodeServer
  yield* sends.setLimits(accountId, applicationId, { code: [], notice: [], parameterMax: null })
  const run = Runtime.runPromise(yield* Effect.runtime())

  let asked = 0
  const request = () => ({ to: `138${String(10_000_000 + (asked++ % 80_000_000))}`, code: "4821" })
  const path = `/v1/applications/${applicationId}/sends`
  const incoming = (to: string, body: string): Incoming => ({
    method: "POST",
    path: to,
    query: "",
    header: (name) =>
      name === "authorization" ? authorization : name === "content-type" ? "application/json" : undefined,
    body: () => Effect.succeed(Buffer.from(body))
  })

  /** The same core call, and nothing else: no authentication, no limits, no checks, no problem details. */
  const bare = Http.createServer((from, to) => {
    const pieces: Array<Buffer> = []
    from.on("data", (piece: Buffer) => pieces.push(piece))
    from.on("end", () => {
      const input = JSON.parse(Buffer.concat(pieces).toString())
      void run(sends.attempt(accountId, applicationId, input)).then((outcome) =>
        to
          .writeHead(202, { "content-type": "application/json" })
          .end(JSON.stringify(outcome._tag === "Accepted" ? outcome.acceptance : outcome))
      )
    })
  })
  yield* Effect.promise(() => new Promise<void>((done) => bare.listen(0, "127.0.0.1", done)))
  const barePort = (bare.address() as AddressInfo).port

  const connections = 32
  const agent = new Http.Agent({ keepAlive: true, maxSockets: connections })
  const post = (port: number) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const body = JSON.stringify(request())
      const headers = { authorization, "content-type": "application/json", "content-length": body.length }
      const sent = Http.request({ agent, port, host: "127.0.0.1", path, method: "POST", headers }, (response) => {
        let text = ""
        response.on("data", (piece) => (text += piece))
        response.on("end", () => resolve({ status: response.statusCode!, text }))
      })
      sent.on("error", reject).end(body)
    })
  const overSockets = (port: number, times: number) =>
    Effect.promise(async () => {
      let left = times
      const worker = async (): Promise<void> => {
        while (left-- > 0) {
          const { status } = await post(port)
          if (status !== 202) throw new Error(`answered with ${status}`)
        }
      }
      await Promise.all(Array.from({ length: connections }, worker))
    })

  const contestants = [
    {
      name: "core, one send",
      run: (times: number) =>
        Effect.repeatN(
          Effect.suspend(() => sends.attempt(accountId, applicationId, request())),
          times - 1
        )
    },
    {
      name: "door, one send",
      run: (times: number) =>
        Effect.repeatN(
          Effect.suspend(() => door.handle(incoming(path, JSON.stringify(request())))),
          times - 1
        )
    },
    {
      name: "door, batch of 200, per send",
      run: (times: number) =>
        Effect.repeatN(
          Effect.suspend(() => {
            const body = JSON.stringify({ sends: Array.from({ length: 200 }, request) })
            return door.handle(incoming(`${path}/batch`, body))
          }),
          times / 200 - 1
        )
    },
    { name: "bare node:http, one send, with its client", run: (times: number) => overSockets(barePort, times) },
    { name: "NodeServer, one send, with its client", run: (times: number) => overSockets(port, times) }
  ]

  // The same answers, before anything is timed.
  const direct = yield* sends.attempt(accountId, applicationId, request())
  const through = yield* door.handle(incoming(path, JSON.stringify(request())))
  const [byBare, byServer] = yield* Effect.promise(() => Promise.all([post(barePort), post(port)]))
  const shape = (text: unknown) =>
    Object.keys(JSON.parse(String(text)))
      .toSorted()
      .join()
  const shapes = [
    JSON.stringify(direct._tag === "Accepted" ? direct.acceptance : {}),
    through.body,
    byBare.text,
    byServer.text
  ]
  if (new Set(shapes.map(shape)).size !== 1) throw new Error(`different answers: ${shapes.map(shape).join(" | ")}`)

  const times = 4_000
  const rounds = 7
  const cpu = contestants.map((): Array<number> => [])
  const wall = contestants.map((): Array<number> => [])
  for (const { run } of contestants) yield* run(times)
  for (let round = 0; round < rounds; round++)
    for (const [i, { run }] of contestants.entries()) {
      const cpuFrom = process.cpuUsage()
      const wallFrom = performance.now()
      yield* run(times)
      const { system, user } = process.cpuUsage(cpuFrom)
      cpu[i]!.push((system + user) / times)
      wall[i]!.push(((performance.now() - wallFrom) * 1_000) / times)
    }

  console.log(`\nThe way in: µs of processor time a send, ${rounds} rounds of ${times}, in turn`)
  for (const [i, { name }] of contestants.entries()) {
    const [middle, least, most] = [median(cpu[i]!), Math.min(...cpu[i]!), Math.max(...cpu[i]!)]
    const perSecond = Math.round(1e6 / median(wall[i]!))
    console.log(
      `  ${name.padEnd(44)} ${middle.toFixed(1).padStart(7)}  (${least.toFixed(1)} to ${most.toFixed(1)})  ${perSecond}/s by the wall`
    )
  }
  const of = (i: number) => median(cpu[i]!)
  console.log(
    `  the door adds ${(of(1) - of(0)).toFixed(1)} µs to a send, ${(of(2) - of(0)).toFixed(1)} µs to one in a batch`
  )
  console.log(`  over sockets it costs ${(of(4) / of(3)).toFixed(2)} times the bare server`)

  agent.destroy()
  yield* Effect.promise(() => new Promise<void>((done) => void bare.close(() => done())))
})

export const run = (): Promise<void> =>
  Effect.runPromise(program.pipe(Effect.provide(world), Effect.provide(TestContext.TestContext)))
