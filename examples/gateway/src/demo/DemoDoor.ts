/** Where the demo tenant's callbacks arrive: on the gateway's own port, before the doors. */
import { Answer } from "@vsms/adapter-http/door/Exchange"
import { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Inbox } from "../story/Receiver.ts"

/** Posted to by the gateway; read by whoever wants to see what came. */
export const path = "/demo/callbacks"

const mostBytes = 64 * 1024
const json = { "content-type": "application/json", "cache-control": "no-store" }

export const layer = (inbox: Inbox): Layer.Layer<NativeDoor, never, NativeDoor> =>
  Layer.effect(
    NativeDoor,
    Effect.map(NativeDoor, ({ handle }) => ({
      handle: (incoming) => {
        if (incoming.path !== path) return handle(incoming)
        if (incoming.method === "GET") {
          return Effect.sync(() => new Answer(200, json, JSON.stringify({ received: inbox.received() })))
        }
        if (incoming.method !== "POST") return Effect.succeed(new Answer(405, { allow: "GET, POST" }))
        return incoming.body(mostBytes).pipe(
          Effect.flatMap((body) => inbox.take(incoming.header, new TextDecoder().decode(body))),
          Effect.map((status) => new Answer(status, {})),
          Effect.catchAll(() => Effect.succeed(new Answer(400, {})))
        )
      }
    }))
  )
