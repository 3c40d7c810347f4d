/** A collector of traces, as far as the gateways speak to one: OTLP as JSON over HTTP. Metrics and logs it takes and forgets. */
import * as Server from "./Server.ts"

export interface Span {
  /** The process that told of it. */
  readonly service: string
  readonly traceId: string
  readonly name: string
  /** Of the send that it is about, if it is about one. */
  readonly sendId: string | undefined
}

export interface Collector extends Server.Server {
  readonly spans: ReadonlyArray<Span>
}

interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue?: string }
}

interface Exported {
  readonly resourceSpans: ReadonlyArray<{
    readonly resource: { readonly attributes: ReadonlyArray<Attribute> }
    readonly scopeSpans: ReadonlyArray<{
      readonly spans: ReadonlyArray<{
        readonly traceId: string
        readonly name: string
        readonly attributes: ReadonlyArray<Attribute>
      }>
    }>
  }>
}

const textOf = (attributes: ReadonlyArray<Attribute>, key: string): string | undefined =>
  attributes.find((one) => one.key === key)?.value.stringValue

export const open = async (): Promise<Collector> => {
  const spans: Array<Span> = []
  const server = await Server.open(({ path, text }) => {
    if (path === "/v1/traces")
      for (const { resource, scopeSpans } of (JSON.parse(text) as Exported).resourceSpans) {
        const service = textOf(resource.attributes, "service.name") ?? ""
        for (const { attributes, name, traceId } of scopeSpans.flatMap((scope) => scope.spans))
          spans.push({ service, traceId, name, sendId: textOf(attributes, "sendId") })
      }
    return 200
  })
  return { ...server, spans }
}
