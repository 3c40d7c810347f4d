/**
 * Service: spans for what happens thousands of times a second. One is opened only where somebody records it.
 */
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Tracer from "effect/Tracer"

/** The tracer of a runtime to which nobody gave one: it keeps nothing. */
const nobodys = Context.unsafeGet(DefaultServices.liveServices, Tracer.Tracer)

/**
 * Runs an effect within a span, if the host has a tracer that keeps it; costs next to nothing where it has none.
 * Attributes are made only then. They hold ids, never personal data.
 */
export const within = <A, E, R>(
  name: string,
  attributes: () => Readonly<Record<string, unknown>>,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime<A, E, R>((fiber) =>
    fiber.currentTracer === nobodys || !fiber.getFiberRef(FiberRef.currentTracerEnabled)
      ? effect
      : Effect.withSpan(effect, name, { attributes: attributes(), captureStackTrace: false })
  )
