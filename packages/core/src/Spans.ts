/**
 * Service: spans for what happens thousands of times a second, and how a trace goes on where the next step is somebody
 * else's: a worker's, another process', a receiver's. Nothing is opened, made or carried where nobody records spans.
 */
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import * as Discretion from "./Discretion.ts"

/** The tracer of a runtime to which nobody gave one: it keeps nothing. */
const nobodys = Context.unsafeGet(DefaultServices.liveServices, Tracer.Tracer)

const isKept = (fiber: Fiber.RuntimeFiber<any, any>): boolean =>
  fiber.currentTracer !== nobodys && fiber.getFiberRef(FiberRef.currentTracerEnabled)

/** What is said of a span. Attributes hold ids and names, never personal data. */
export type Attributes = Readonly<Record<string, unknown>>

export interface SpanOptions<A> {
  readonly kind?: Tracer.SpanKind
  /** What is known only afterwards, if it succeeds. */
  readonly outcome?: (result: A) => Attributes
}

/**
 * Runs an effect within a span, if the host has a tracer that keeps it; costs next to nothing where it has none.
 * Attributes are made only then. Of what breaks within, this span and all below it tell no more than `Discretion` does.
 */
export const within = <A, E, R>(
  name: string,
  attributes: () => Attributes,
  effect: Effect.Effect<A, E, R>,
  { kind = "internal", outcome }: SpanOptions<A> = {}
): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime<A, E, R>((fiber) =>
    isKept(fiber)
      ? Effect.withTracer(
          Effect.withSpan(
            outcome === undefined
              ? effect
              : Effect.tap(effect, (result) => Effect.annotateCurrentSpan(outcome(result))),
            name,
            { attributes: attributes(), kind, captureStackTrace: false }
          ),
          Discretion.tracer(fiber.currentTracer)
        )
      : effect
  )

/** A span as it is told to others: W3C Trace Context, `00-<trace>-<span>-<flags>`. */
export type TraceParent = string

const written = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

const spanOf = (trace: TraceParent): Option.Option<Tracer.ExternalSpan> => {
  const found = written.exec(trace)
  if (found === null || /^0+$/.test(found[1]!) || /^0+$/.test(found[2]!)) return Option.none()
  const sampled = (Number.parseInt(found[3]!, 16) & 1) === 1
  return Option.some(Tracer.externalSpan({ traceId: found[1]!, spanId: found[2]!, sampled }))
}

/** The span that this fiber is in, if one is recorded. */
export const current = (fiber: Fiber.RuntimeFiber<any, any>): TraceParent | undefined => {
  if (!isKept(fiber)) return undefined
  const parent = Context.getOption(fiber.currentContext, Tracer.ParentSpan)
  if (Option.isNone(parent)) return undefined
  const { sampled, spanId, traceId } = parent.value
  return `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`
}

/** Runs an effect as part of the trace of whoever asked for it. What is no such text is passed over. */
export const continued = <A, E, R>(
  trace: TraceParent | undefined,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => {
  const span = trace === undefined ? Option.none() : spanOf(trace)
  return Option.isNone(span) ? effect : Effect.withParentSpan(effect, span.value)
}

/** Makes effects belong to the span of the fiber that asks now, wherever they are run. */
export type Belonging = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

const asTheyAre: Belonging = (effect) => effect

/** For what is forked into a set, whose fibers inherit nothing, or called back from elsewhere. */
export const belonging = (): Belonging => {
  const fiber = Option.getOrUndefined(Fiber.getCurrentFiber())
  if (fiber === undefined || !isKept(fiber)) return asTheyAre
  const parent = Context.getOption(fiber.currentContext, Tracer.ParentSpan)
  return Option.isNone(parent) ? asTheyAre : (effect) => Effect.withParentSpan(effect, parent.value)
}
