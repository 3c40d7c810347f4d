/**
 * Adapter: receivers of callbacks in this process. A host that embeds the platform can take its callbacks this way,
 * without a network; names resolve as the given table says.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type CallbackAnswer, type CallbackRequest, CallbackTransport } from "./CallbackTransport.ts"

/** Answers a callback, as a receiver would. */
export type Receiver = (request: CallbackRequest) => Effect.Effect<CallbackAnswer>

export interface MemoryTransportOptions {
  readonly receiver: Receiver
  /** The address that a host name resolves to; a public one if absent. */
  readonly resolve?: (host: string) => string
}

/** An address of nobody in particular. */
const somewhere = "8.8.8.8"

export const layer = (options: MemoryTransportOptions): Layer.Layer<CallbackTransport> =>
  Layer.succeed(CallbackTransport, {
    post: (request) =>
      Effect.suspend(() => {
        const address = options.resolve?.(new URL(request.url).hostname) ?? somewhere
        if (!request.allows(address)) return Effect.succeed(trouble("privateAddress"))
        return Effect.map(options.receiver(request), redirectsAreTrouble)
      }).pipe(
        Effect.timeoutTo({
          duration: request.timeoutMillis,
          onSuccess: (answer) => answer,
          onTimeout: () => trouble("timeout")
        })
      )
  })

const trouble = (trouble: Extract<CallbackAnswer, { _tag: "Trouble" }>["trouble"]): CallbackAnswer => ({
  _tag: "Trouble",
  trouble
})

const redirectsAreTrouble = (answer: CallbackAnswer): CallbackAnswer =>
  answer._tag === "Status" && answer.status >= 300 && answer.status < 400 ? trouble("redirect") : answer
