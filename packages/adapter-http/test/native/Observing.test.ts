import { describe, expect, it } from "@effect/vitest"
import { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import * as Core from "@vsms/core/Core"
import { Sends } from "@vsms/core/sending/Sends"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import * as Tenant from "@vsms/core/testing/Tenant"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as Tracer from "effect/Tracer"
import * as fs from "node:fs"
import * as path from "node:path"
import * as World from "./World.ts"

const metricsPage = path.resolve(import.meta.dirname, "../../../../docs/metrics.md")

/** The platform with the door on it, and no workers. */
const unattended = NativeDoor.layer({ operatorTokens: [Redacted.make(World.operatorToken)] }).pipe(
  Layer.provideMerge(Core.layerServices()),
  Layer.provideMerge(NativeDoor.editGuard),
  Layer.provideMerge(CoreMemory.layerPorts())
)

describe("what operators see", () => {
  it.effect("metrics: requests by operation and status, their times, and sends by outcome", () =>
    Effect.gen(function* () {
      const { applicationId, key: as } = yield* World.tenant({ minutes: 5_000 })
      const app = `/v1/applications/${applicationId}`
      yield* World.ask("POST", `${app}/callback-endpoints`, { as, body: { url: "https://shop.example/hook" } })
      const send = (to: string) =>
        World.ask("POST", `/v1/applications/${applicationId}/sends`, { as, body: { to, code: "4821" } })
      yield* send("13800138000")
      yield* send("13800138000")
      yield* TestClock.adjust("1 hour")
      yield* World.ask("GET", "/nowhere")
      expect((yield* World.ask("GET", "/metrics")).status).toBe(401)
      expect((yield* World.ask("GET", "/metrics", { as })).status).toBe(403)
      const { headers, text } = yield* World.ask("GET", "/metrics", { as: World.operator })
      expect(headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8")
      for (const line of [
        'vsms_http_requests_total{operation="sends.create",status="202"} 1',
        'vsms_http_requests_total{operation="sends.create",status="429"} 1',
        'vsms_http_requests_total{operation="none",status="404"} 1',
        'vsms_http_request_seconds_bucket{operation="sends.create",le="+Inf"} 2',
        'vsms_http_request_seconds_count{operation="sends.create"} 2',
        'vsms_sends_total{outcome="accepted"} 1',
        'vsms_sends_total{outcome="TooFrequent"} 1',
        "vsms_http_requests_under_way 1",
        'vsms_sends_ended_total{reason="completed"} 1',
        "vsms_billed_minutes_total 1",
        'vsms_send_wait_seconds_bucket{le="0.01"} 1',
        "vsms_send_wait_seconds_count 1",
        'vsms_calls_active{route="scripted"} 0',
        'vsms_route_up{route="scripted"} 1',
        'vsms_calls_total{route="scripted",end="ended"} 1',
        'vsms_work_total{queue="dial",outcome="done"} 1',
        'vsms_work_running{queue="dial"} 0',
        'vsms_work_lag_seconds{queue="callback"} 0',
        'vsms_work_due{queue="callback"} 0',
        'vsms_callback_tries_total{outcome="2xx"} 1',
        'vsms_alerts_total{kind="LowBalance"} 1',
        "# TYPE vsms_callback_tries_total counter",
        "# TYPE process_cpu_seconds_total counter",
        "# TYPE nodejs_eventloop_utilization gauge"
      ])
        expect(text.split("\n")).toContain(line)
      // Each line is one that Prometheus reads.
      for (const line of text.trim().split("\n"))
        expect(line).toMatch(/^(# (HELP|TYPE) .+|[a-z_]+(\{[^}]*\})? [0-9.e+-]+)$/)
      // A family is told once, and what counts up ends in `_total`.
      const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => ({ name: name!, type: type! }))
      expect(new Set(types.map(({ name }) => name)).size).toBe(types.length)
      for (const { name, type } of types) expect([name, name.endsWith("_total")]).toEqual([name, type === "counter"])
      // The page of metrics has each of ours, and no other.
      const documented = new Set(
        Array.from(fs.readFileSync(metricsPage, "utf8").matchAll(/^\| `(\w+)`/gm), ([, name]) => name)
      )
      for (const { name } of types) expect([name, documented.has(name)]).toEqual([name, true])
    }).pipe(World.within())
  )

  it.scoped("metrics: how much work is due where nobody takes it, and for how long", () =>
    Effect.gen(function* () {
      const { accountId, applicationId } = yield* Tenant.established()
      const sends = yield* Sends
      for (const to of ["13800138000", "13800138001"])
        yield* sends.acceptCode(accountId, applicationId, { to, code: "4821" })
      yield* TestClock.adjust("3 seconds")
      const { text } = yield* World.ask("GET", "/metrics", { as: World.operator })
      for (const line of [
        'vsms_work_due{queue="dial"} 2',
        'vsms_work_lag_seconds{queue="dial"} 3',
        'vsms_work_due{queue="callback"} 0'
      ])
        expect(text.split("\n")).toContain(line)
    }).pipe(Effect.provide(unattended))
  )

  it.effect("logs and traces: ids and names, and nothing about people or secrets", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.map(Logger.structuredLogger, (line) => void lines.push(JSON.stringify(line)))
      const spans: Array<{
        name: string
        traceId: string
        parent: string | undefined
        attributes: Map<string, unknown>
      }> = []
      const tracer = Tracer.make({
        context: (f) => f(),
        span: (name, parent, context, links, startTime, kind) => {
          const attributes = new Map<string, unknown>()
          const above = Option.getOrUndefined(parent)
          spans.push({ name, traceId: above?.traceId ?? "own", parent: above?.spanId, attributes })
          const traceId = above?.traceId ?? "own"
          return {
            _tag: "Span",
            name,
            spanId: String(spans.length),
            traceId,
            parent,
            context,
            links,
            kind,
            sampled: true,
            status: { _tag: "Started", startTime },
            attributes,
            end: () => {},
            attribute: (key, value) => void attributes.set(key, value),
            event: () => {},
            addLinks: () => {}
          }
        }
      })
      yield* Effect.gen(function* () {
        const { applicationId, key: as, secret } = yield* World.tenant()
        const app = `/v1/applications/${applicationId}`
        const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        const body = { to: "13800138000", code: "482139", ext: "geheim" }
        const sent = yield* World.ask("POST", `${app}/sends`, { as: secret, body, headers: { traceparent } })
        expect(sent.status).toBe(202)
        yield* World.ask("POST", `${app}/sends`, { as, body: { to: "bad-13900139000", code: "x" } })
        yield* World.ask("POST", `${app}/alert-contacts`, { as, body: { name: "王五", mobile: "13900139000" } })
        yield* World.ask("GET", app, { as: `${as}x` })
        yield* TestClock.adjust("3 minutes")
        const requests = lines.filter((line) => line.includes(`"message":"request"`))
        expect(
          requests.some((line) => line.includes(`"operation":"sends.create"`) && line.includes(`"status":202`))
        ).toBe(true)
        const own = spans
          .filter(({ traceId }) => traceId === "0af7651916cd43dd8448eb211c80319c")
          .map(({ name }) => name)
        expect(own).toEqual(expect.arrayContaining(["Door.handle", "Sends.accept"]))
        const seen = [
          ...lines,
          ...spans.map(({ attributes, name }) => `${name} ${JSON.stringify([...attributes])}`)
        ].join("\n")
        const appKey = atob(secret.split(" ")[1]!).split(":")[1]!
        for (const hidden of [
          "138001",
          "139001",
          "482139",
          "geheim",
          "王五",
          appKey,
          as.split("_")[2]!,
          World.operatorToken
        ])
          expect(seen).not.toContain(hidden)
      }).pipe(
        World.within(),
        Effect.provide(
          Layer.mergeAll(Logger.replace(Logger.defaultLogger, logger), Logger.minimumLogLevel(LogLevel.Debug))
        ),
        Effect.withTracer(tracer)
      )
    })
  )
})
