/**
 * Port: the one door for writes. It reads things, runs a pure decision over them, and stores all that the decision
 * asks for in one atomic step.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type { PortFailure } from "../PortFailure.ts"
import type { Decision } from "./Decision.ts"
import type { Kind, Ref, Row } from "./Kind.ts"

/** The rows of a list of refs, in the same order. */
export type Rows<Refs extends ReadonlyArray<Ref<any>>> = {
  readonly [I in keyof Refs]: Refs[I] extends Ref<infer K> ? Row<K> : never
}

/** An event as it was recorded. `sequence` counts from 1 within its thing, without gaps. */
export interface Recorded<Event> {
  readonly sequence: number
  readonly event: Event
}

export class Journal extends Context.Tag("@vsms/core/storage/Journal")<
  Journal,
  {
    /**
     * Reads `refs`, runs `decide`, and in one atomic step appends the events of journaled kinds, stores the states,
     * enqueues the work and adds the tallies. A refusal stores nothing.
     *
     * Decisions that share an owner take effect one after the other, as if each had run alone; those of several
     * owners hold all of them. `decide` may run again before it takes effect, so it must be pure. It may only change
     * things named in `refs`, and make new ones (`Kind.fresh`) of owners named there; a decision that does otherwise,
     * and a `decide` that throws, is a defect and stores nothing. When this succeeds, all of it survives a crash; when
     * it fails with `PortFailure` it happened wholly or not at all, and the caller cannot tell which.
     */
    readonly transact: <const Refs extends ReadonlyArray<Ref<any>>, A, R>(
      refs: Refs,
      decide: (rows: Rows<Refs>) => Either.Either<Decision<A>, R>
    ) => Effect.Effect<A, R | PortFailure>
    /** The thing as last stored; the kind's initial state and version 0 if nothing happened to it yet. */
    readonly load: <K extends Kind.Any>(ref: Ref<K>) => Effect.Effect<Row<K>, PortFailure>
    /** At most `limit` events of a journaled thing with a sequence above `after`, in order. */
    readonly history: <K extends Kind.Any>(
      ref: Ref<K>,
      page: { readonly after: number; readonly limit: number }
    ) => Effect.Effect<ReadonlyArray<Recorded<Kind.Event<K>>>, PortFailure>
  }
>() {}
