/**
 * Adapter: receivers of callbacks in this process. A host that embeds the platform can take its callbacks this way,
 * without a network; names resolve as the given table says.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
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
      Effect.flatMap(Effect.runtime(), (runtime) => {
        const address = options.resolve?.(new URL(request.url).hostname) ?? somewhere
        if (!request.allows(address)) return Effect.succeed(trouble("privateAddress"))
        const answering = Runtime.runFork(runtime)(Effect.map(options.receiver(request), redirectsAreTrouble))
        // Who has answered already needs no time limit.
        const answered = answering.unsafePoll()
        return answered ?? inTime(request, answering)
      })
  })

const inTime = ({ timeoutMillis }: CallbackRequest, answering: Fiber.RuntimeFiber<CallbackAnswer>) =>
  Effect.timeoutTo(
    Effect.onInterrupt(Fiber.join(answering), () => Fiber.interruptFork(answering)),
    { duration: timeoutMillis, onSuccess: (answer) => answer, onTimeout: () => trouble("timeout") }
  )

const trouble = (trouble: Extract<CallbackAnswer, { _tag: "Trouble" }>["trouble"]): CallbackAnswer => ({
  _tag: "Trouble",
  trouble
})

const redirectsAreTrouble = (answer: CallbackAnswer): CallbackAnswer =>
  answer._tag === "Status" && answer.status >= 300 && answer.status < 400 ? trouble("redirect") : answer
