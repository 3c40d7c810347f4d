/**
 * A send from the door to the callback, as an OTLP collector gets it: one trace, over the work queues, and nothing in
 * what is exported that is anybody's. The exporter and the collector are real, and speak HTTP.
 */
import * as Crypto from "node:crypto"
import { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import * as VendorDoor from "@vsms/adapter-http/wire/VendorDoor"
import * as Otlp from "@effect/opentelemetry/Otlp"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { expect, it } from "@effect/vitest"
import { Callbacks } from "@vsms/core/callback/Callbacks"
import type { CallbackRequest } from "@vsms/core/callback/CallbackTransport"
import * as Core from "@vsms/core/Core"
import { PortFailure } from "@vsms/core/PortFailure"
import { Journal } from "@vsms/core/storage/Journal"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import * as ScriptedChannel from "@vsms/core/testing/ScriptedChannel"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as LogLevel from "effect/LogLevel"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as World from "./World.ts"

interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: Readonly<Record<string, unknown>> }>
}

/** Takes what exporters post, by path, and keeps the text of it. */
const collector = Effect.acquireRelease(
  Effect.async<{
    readonly url: string
    readonly got: Array<{ readonly path: string; readonly text: string }>
    readonly server: Http.Server
  }>((resume) => {
    const got: Array<{ readonly path: string; readonly text: string }> = []
    const server = Http.createServer((request, response) => {
      const pieces: Array<Buffer> = []
      request.on("data", (piece: Buffer) => pieces.push(piece))
      request.on("end", () => {
        got.push({ path: request.url ?? "", text: Buffer.concat(pieces).toString() })
        response.writeHead(200, { "content-type": "application/json" }).end("{}")
      })
    })
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, got, server }))
    })
  }),
  ({ server }) =>
    Effect.sync(() => {
      server.close()
      server.closeAllConnections()
    })
)

type Collected = Effect.Effect.Success<typeof collector>["got"]

const spansOf = (got: Collected): ReadonlyArray<OtlpSpan> =>
  got
    .filter(({ path }) => path === "/v1/traces")
    .flatMap(({ text }) => JSON.parse(text).resourceSpans)
    .flatMap((resource: any) => resource.scopeSpans)
    .flatMap((scope: any) => scope.spans)

/** Ids of traces, spans and things, and instants in nanoseconds: nothing of a person's is as long. */
const idOrNanos = /(?<![0-9a-z])(?:[0-9a-f]{32}|[0-9a-f]{16}|[0-9]{19})(?![0-9a-z])/g

const attributesOf = ({ attributes }: OtlpSpan): Readonly<Record<string, unknown>> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))

const exporting = (url: string) =>
  Otlp.layerJson({
    baseUrl: url,
    resource: { serviceName: "vsms" },
    replaceLogger: Logger.defaultLogger,
    tracerExportInterval: "1 hour",
    loggerExportInterval: "1 hour",
    metricsExportInterval: "1 hour"
  }).pipe(Layer.provide(FetchHttpClient.layer), Layer.merge(Logger.minimumLogLevel(LogLevel.Trace)))

/** What the test has of the outside. */
const outside = () => ({ posted: new Array<CallbackRequest>(), failing: false, broken: false })

const platform = (state: ReturnType<typeof outside>) => {
  const channel = ScriptedChannel.make({
    story: (_call, nth) =>
      nth === 1
        ? ScriptedChannel.failed("busy")
        : nth === 2
          ? ScriptedChannel.unrung("congestion")
          : ScriptedChannel.answered
  })
  const options: CoreMemory.CoreMemoryOptions = {
    channel: {
      ...channel,
      // A route with a defect that says more than it should.
      place: (call, report) =>
        call.callee.endsWith("00138666")
          ? Effect.dieMessage(`no such line ${call.callee}`)
          : channel.place(call, report)
    },
    receiver: (request) =>
      Effect.sync(() => {
        state.posted.push(request)
        return state.posted.length % 2 === 1
          ? { _tag: "Status", status: 500, retryAfterMillis: undefined }
          : { _tag: "Status", status: 204, retryAfterMillis: undefined }
      })
  }
  /** A storage that fails, and one that is broken, when told to; both tell all they know. */
  const unreliable = Layer.effect(
    Journal,
    Effect.map(Journal, (journal) => ({
      ...journal,
      transact: ((refs: any, decide: any) =>
        Effect.suspend(() =>
          state.failing
            ? new PortFailure({
                port: "Journal",
                operation: "transact",
                retry: "later",
                cause: `13800138777 ${JSON.stringify(refs)}`
              })
            : state.broken
              ? Effect.dieMessage(`13800138777 ${JSON.stringify(refs)}`)
              : journal.transact(refs, decide)
        )) as typeof journal.transact
    }))
  )
  return VendorDoor.layer().pipe(
    Layer.provideMerge(NativeDoor.layer({ operatorTokens: [Redacted.make(World.operatorToken)] })),
    Layer.provideMerge(Core.layer({ callbacks: { targets: { privateNetworks: true, plainHttp: true } } })),
    Layer.provideMerge(NativeDoor.editGuard),
    Layer.provideMerge(unreliable),
    Layer.provideMerge(CoreMemory.layerPorts(options))
  )
}

const caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

it.effect(
  "SND-6, CBK-1: a send is one trace from the door to its callbacks, and nothing that is exported is anybody's",
  () =>
    Effect.gen(function* () {
      const state = outside()
      const { got, url } = yield* collector
      const told = yield* Effect.gen(function* () {
        const { accountId, applicationId, key: as, number, secret } = yield* World.tenant()
        const app = `/v1/applications/${applicationId}`
        const endpoint = yield* World.ask("POST", `${app}/callback-endpoints`, {
          as,
          body: { url: "http://127.0.0.1/hook?token=geheimnis" }
        })
        const send = (body: object, headers = {}) => World.ask("POST", `${app}/sends`, { as: secret, body, headers })
        const good = yield* send({ to: "13800138000", code: "482193", ext: "extgeheim" }, { traceparent: caller })
        expect(good.status).toBe(202)
        yield* TestClock.adjust("1 hour")
        // Everything else that happens: an end without an answer, a route that fails, a defect, refusals, failures.
        yield* send({ to: "13800138111", code: "482194" })
        yield* TestClock.adjust("1 hour")
        yield* send({ to: "13800138222", code: "482195" })
        yield* TestClock.adjust("1 hour")
        yield* send({ to: "13800138666", code: "482196" })
        yield* TestClock.adjust("3 hours")
        yield* send({ to: "0013800138333x", code: "482197" })
        yield* send({ to: "13800138444", code: "482198!" })
        yield* send({ to: "13800138555", templateId: "1", params: ["私人参数"] })
        yield* World.ask("POST", `${app}/statistics/records`, { as, body: { callee: "13800138000", period: "today" } })
        yield* World.ask("POST", `${app}/alert-contacts`, {
          as,
          body: { name: "王五", mobile: "13900139000", email: "wang@person.example" }
        })
        yield* World.ask("GET", `${app}/sends/${good.json.sendId}/explanation`, { as })
        yield* World.ask("GET", "/v1/accounts", { as: "Bearer vsms_wrong_key-that-nobody-has" })
        yield* World.ask("POST", `/v1/accounts/${accountId}/numbers/${number}/auto-renewal`, { as, body: { on: true } })
        const random = "1"
        const time = Math.floor((yield* Clock.currentTimeMillis) / 1_000)
        const sig = (mobile: string, appKey: string) =>
          Crypto.createHash("sha256")
            .update(`appkey=${appKey}&random=${random}&time=${time}&mobile=${mobile}`)
            .digest("hex")
        const appKey = atob(secret.split(" ")[1]!).slice(applicationId.length + 1)
        for (const [mobile, key] of [
          ["13800138999", appKey],
          ["13800138998", "wrong"]
        ] as const)
          yield* World.ask("POST", `/v5/tlsvoicesvr/sendcvoice?sdkappid=${applicationId}&random=${random}`, {
            raw: JSON.stringify({
              tel: { nationcode: "86", mobile },
              msg: "482199",
              playtimes: 2,
              sig: sig(mobile, key),
              time,
              ext: ""
            })
          })
        yield* TestClock.adjust("1 hour")
        yield* send({ to: "13800138889", code: "482170" })
        state.failing = true
        yield* send({ to: "13800138888", code: "482190" })
        yield* Effect.ignore((yield* Callbacks).ofSend(accountId, good.json.sendId))
        Object.assign(state, { failing: false, broken: true })
        yield* send({ to: "13800138887", code: "482180" })
        yield* TestClock.adjust("5 minutes")
        state.broken = false
        yield* TestClock.adjust("1 hour")
        return {
          sendId: good.json.sendId as string,
          secrets: [appKey, as.slice("Bearer ".length), endpoint.json.secret as string]
        }
      }).pipe(
        Effect.provide(platform(state)),
        // What the exporters have left they send when they stop.
        Effect.provide(exporting(url))
      )

      // One trace, that of the caller.
      const spans = spansOf(got)
      const own = spans.filter(({ traceId }) => traceId === "0af7651916cd43dd8448eb211c80319c")
      const byId = new Map(own.map((span) => [span.spanId, span]))
      /** Names from a span up to the caller's. */
      const lineage = (span: OtlpSpan): ReadonlyArray<string> => {
        const above = byId.get(span.parentSpanId ?? "")
        return above === undefined ? [span.name, span.parentSpanId ?? ""] : [span.name, ...lineage(above)]
      }
      const lines = (name: string) => own.filter((span) => span.name === name).map(lineage)
      const door = ["Door.handle", "b7ad6b7169203331"]
      const dial = ["process dial", "Sends.accept", ...door]
      expect(lines("Door.handle")).toEqual([door])
      expect(lines("process dial")).toEqual([dial])
      expect(lines("CallChannel.place")).toEqual([["CallChannel.place", ...dial]])
      const records = own
        .filter(({ name }) => name === "Sends.record")
        .map((span) => [attributesOf(span)["report"], lineage(span)])
      expect(records).toEqual([
        ["DialStarted", ["Sends.record", ...dial]],
        ...["Ringing", "Answered", "HungUp"].map((report) => [report, ["Sends.record", "CallChannel.place", ...dial]])
      ])
      // Settled with its last record, which is who asks for the callbacks: it is told of, and each try is a request.
      const told1 = ["process callback", "Sends.record", "CallChannel.place", ...dial]
      expect(lines("process callback")).toEqual([told1, ["process callback", ...told1]])
      const posts = own.filter(({ name }) => name === "CallbackTransport.post")
      expect(posts.map((span) => [attributesOf(span)["http.response.status_code"], lineage(span)])).toEqual([
        [500, ["CallbackTransport.post", ...told1]],
        [204, ["CallbackTransport.post", "process callback", ...told1]]
      ])
      // Receivers go on with it.
      expect(state.posted.slice(0, 2).map(({ headers }) => headers["traceparent"])).toEqual(
        posts.map(({ spanId, traceId }) => `00-${traceId}-${spanId}-01`)
      )
      // As OpenTelemetry has it: server, consumer, client.
      const first = (name: string) => own.find((span) => span.name === name)!
      expect([first("Door.handle").kind, first("process dial").kind, first("CallbackTransport.post").kind]).toEqual([
        2, 5, 3
      ])
      expect(attributesOf(first("Door.handle"))).toMatchObject({
        "http.request.method": "POST",
        "http.route": "/v1/applications/:applicationId/sends",
        "http.response.status_code": 202
      })
      expect(attributesOf(first("process dial"))).toMatchObject({
        "messaging.destination.name": "dial",
        sendId: told.sendId
      })
      expect(attributesOf(first("Sends.accept"))).toMatchObject({ sendId: told.sendId })

      // Whatever was exported: spans, logs and metrics.
      for (const path of ["/v1/traces", "/v1/logs"])
        expect([path, got.some((one) => one.path === path)]).toEqual([path, true])
      const all = got.map(({ text }) => text).join("\n")
      // Ids and instants are digits as well, and now and then those of a code or a number.
      const readable = all.replace(idOrNanos, "(id)")
      expect(readable).toContain('"spanId":"(id)"')
      for (const line of ["a channel has a defect", "a request broke"])
        expect([line, all.includes(line)]).toEqual([line, true])
      for (const hidden of [
        "800138",
        "900139",
        "4821",
        "4820",
        "extgeheim",
        "geheimnis",
        "127.0.0.1/hook",
        "私人",
        "王五",
        "wang@",
        "您的验证码",
        "075500",
        "vsms_wrong",
        World.operatorToken,
        ...told.secrets
      ])
        expect([
          hidden,
          (told.secrets.includes(hidden) ? all : readable)
            .split("\n")
            .find((text) => text.includes(hidden))
            ?.match(new RegExp(`.{0,300}${hidden.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}.{0,80}`))?.[0]
        ]).toEqual([hidden, undefined])
    }).pipe(Effect.scoped)
)
