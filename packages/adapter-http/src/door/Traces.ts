/**
 * Service: the span of a request, named by the door that it came to and described as OpenTelemetry has it for HTTP. It is
 * part of the caller's trace if that sent one. Of the path only the route is told: ids stand in it.
 */
import * as Spans from "@vsms/core/Spans"
import type * as Effect from "effect/Effect"
import type { Answer, Incoming } from "./Exchange.ts"

export const received = (
  name: string,
  incoming: Incoming,
  requestId: string,
  answered: Effect.Effect<Answer>,
  /** Known afterwards: where the request led. */
  routeOf: () => string | undefined
): Effect.Effect<Answer> =>
  Spans.continued(
    incoming.header("traceparent"),
    Spans.within(name, () => ({ "http.request.method": incoming.method, requestId }), answered, {
      kind: "server",
      outcome: ({ status }) => {
        const route = routeOf()
        return {
          ...(route === undefined ? {} : { "http.route": route }),
          "http.response.status_code": status,
          ...(status < 500 ? {} : { "error.type": String(status) })
        }
      }
    })
  )
