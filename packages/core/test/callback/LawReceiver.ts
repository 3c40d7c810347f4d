import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { CallbackAnswer, CallbackRequest, CallbackTransport } from "../../src/callback/CallbackTransport.ts"
import * as MemoryTransport from "../../src/callback/MemoryTransport.ts"
import { LawReceiver } from "../../src/testing/laws/CallbackTransportLaws.ts"

/** A receiver in memory, and a transport that reaches it. */
export const layer: Layer.Layer<CallbackTransport | LawReceiver> = Layer.unwrapEffect(
  Effect.sync(() => {
    const received: Array<{ path: string; headers: CallbackRequest["headers"]; body: string }> = []
    let how: Parameters<typeof LawReceiver.Service.answer>[0] = { status: 200 }
    const receiver = (request: CallbackRequest): Effect.Effect<CallbackAnswer> =>
      Effect.suspend(() => {
        received.push({ path: new URL(request.url).pathname, headers: request.headers, body: request.body })
        if (how.hang === true) return Effect.never
        const seconds = how.headers?.["retry-after"] ?? ""
        const retryAfterMillis = /^\d+$/.test(seconds) ? Number(seconds) * 1_000 : undefined
        return Effect.succeed({ _tag: "Status", status: how.status, retryAfterMillis })
      })
    return Layer.merge(
      MemoryTransport.layer({ receiver, resolve: () => "192.168.7.7" }),
      Layer.succeed(LawReceiver, {
        origin: "http://receiver.example",
        address: "192.168.7.7",
        answer: (next) => Effect.sync(() => void (how = next)),
        received: Effect.sync(() => received.slice())
      })
    )
  })
)
