/**
 * Traces, metrics and logs for a collector, by OTLP as JSON over HTTP, where the environment names one. They hold ids and
 * names; nobody's number, code, text or key.
 */
import * as Otlp from "@effect/opentelemetry/Otlp"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Environment from "./Environment.ts"

export interface Telemetry {
  /** Where the collector is, without `/v1/traces`. */
  readonly endpoint: string
  readonly headers: ReadonlyArray<readonly [name: string, value: Redacted.Redacted]>
  readonly serviceName: string
}

/** By the names that OpenTelemetry gave them. `undefined`: nothing is exported, and nothing made for it. */
export const read = (from: Environment.Reader): Telemetry | undefined => {
  const endpoint = from.text("OTEL_EXPORTER_OTLP_ENDPOINT")
  const headers = headersOf(from)
  if (endpoint === undefined) return undefined
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol))
    from.wrong("OTEL_EXPORTER_OTLP_ENDPOINT", ["应为 http(s)://主机:端口", "must be http(s)://host:port"])
  return { endpoint, headers, serviceName: from.text("OTEL_SERVICE_NAME") ?? "vsms" }
}

/** `name=value`, with commas between; values are written as in URLs. */
const headersOf = (from: Environment.Reader): Telemetry["headers"] => {
  const given = from.secret("OTEL_EXPORTER_OTLP_HEADERS")
  if (given === undefined) return []
  const found = Redacted.value(given)
    .split(",")
    .map((pair) => /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*((?:[^%\s]|%[0-9A-Fa-f]{2})*)\s*$/.exec(pair))
  if (found.every((pair) => pair !== null))
    return found.map(([, name, value]) => [name!, Redacted.make(decodeURIComponent(value!))] as const)
  from.wrong(
    "OTEL_EXPORTER_OTLP_HEADERS",
    ["应为 名称=值，多个以逗号分隔", "must be name=value, with commas between several"],
    "secret"
  )
  return []
}

export const layer = ({ telemetry }: { readonly telemetry: Telemetry | undefined }): Layer.Layer<never> =>
  telemetry === undefined
    ? Layer.empty
    : Otlp.layerJson({
        baseUrl: telemetry.endpoint,
        headers: telemetry.headers.map(([name, value]): [string, string] => [name, Redacted.value(value)]),
        resource: { serviceName: telemetry.serviceName }
      }).pipe(Layer.provide(FetchHttpClient.layer))
