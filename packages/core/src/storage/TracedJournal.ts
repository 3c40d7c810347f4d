/**
 * Adapter: a journal over the journal, by which work carries on the trace of whoever asked for it. Traces are kept with
 * the work and nowhere else: they are no facts of the domain, and go when the work is done.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Spans from "../Spans.ts"
import type { Decision } from "./Decision.ts"
import { Journal, type Rows } from "./Journal.ts"
import type { Ref } from "./Kind.ts"

export const layer: Layer.Layer<Journal, never, Journal> = Layer.effect(
  Journal,
  Effect.map(Journal, (journal) => ({
    ...journal,
    transact: <const Refs extends ReadonlyArray<Ref<any>>, A, R>(
      refs: Refs,
      decide: (rows: Rows<Refs>) => Either.Either<Decision<A>, R>
    ) =>
      Effect.withFiberRuntime<A, any>((fiber) => {
        const trace = Spans.current(fiber)
        return trace === undefined
          ? journal.transact(refs, decide)
          : // Whoever runs the decision may be another fiber: the trace is that of the one that asks.
            journal.transact(refs, (rows) => Either.map(decide(rows), (decision) => traced(decision, trace)))
      })
  }))
)

const traced = <A>(decision: Decision<A>, trace: Spans.TraceParent): Decision<A> =>
  decision.work.length === 0
    ? decision
    : { ...decision, work: decision.work.map((order) => (order._tag === "Enqueue" ? { ...order, trace } : order)) }
