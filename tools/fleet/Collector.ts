/** A collector of traces, as far as the gateways speak to one: OTLP as JSON over HTTP. Metrics and logs it takes and forgets. */
import * as Http from "node:http"
import type { AddressInfo } from "node:net"

export interface Span {
  /** The process that told of it. */
  readonly service: string
  readonly traceId: string
  readonly name: string
  /** Of the send that it is about, if it is about one. */
  readonly sendId: string | undefined
}

export interface Collector {
  readonly url: string
  readonly spans: ReadonlyArray<Span>
  readonly close: () => void
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
  const server = Http.createServer((request, response) => {
    let body = ""
    request.on("data", (piece: Buffer) => (body += piece.toString()))
    request.on("end", () => {
      if (request.url === "/v1/traces")
        for (const { resource, scopeSpans } of (JSON.parse(body) as Exported).resourceSpans) {
          const service = textOf(resource.attributes, "service.name") ?? ""
          for (const { attributes, name, traceId } of scopeSpans.flatMap((scope) => scope.spans))
            spans.push({ service, traceId, name, sendId: textOf(attributes, "sendId") })
        }
      response.writeHead(200, { "content-type": "application/json" }).end("{}")
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    close: () => {
      server.close()
      server.closeAllConnections()
    }
  }
}
