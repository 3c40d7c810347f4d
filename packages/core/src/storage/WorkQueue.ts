/**
 * Port: leases of due work. Work is enqueued by `Journal.transact`, together with the change that wants it; a worker
 * leases it for a while, does it, and finishes it. A lease whose time ran out is its holder's until somebody else leases
 * the work, or the work is asked anew or cancelled: from then on it can finish nothing.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Queues from "effect/Queue"
import type * as Scope from "effect/Scope"
import type { PortFailure } from "../PortFailure.ts"
import type { Queue } from "./Decision.ts"

export interface Lease {
  readonly queue: Queue
  readonly owner: string
  readonly key: string
  /** How often this work was leased since it was enqueued, this time included. */
  readonly attempt: number
  /** Differs for every lease and every enqueueing: the fence. */
  readonly token: string
  /** As it was enqueued with. */
  readonly trace?: string | undefined
}

export class WorkQueue extends Context.Tag("@vsms/core/storage/WorkQueue")<
  WorkQueue,
  {
    /**
     * Up to `limit` pieces of work that are due (`dueAt <= now`) and not leased, or whose lease ran out (they count as
     * due since then); the longest due first, in any order among equals. Nobody else gets them before
     * `now + leaseMillis`.
     */
    readonly lease: (options: {
      readonly queue: Queue
      readonly now: number
      readonly limit: number
      readonly leaseMillis: number
    }) => Effect.Effect<ReadonlyArray<Lease>, PortFailure>
    /** Takes finished work off the queue. `false`: the lease was no longer theirs, and nothing happened. */
    readonly finish: (lease: Lease) => Effect.Effect<boolean, PortFailure>
    /** Gives work back, due at `dueAt`, attempts kept. `false`: the lease was no longer theirs. */
    readonly postpone: (lease: Lease, dueAt: number) => Effect.Effect<boolean, PortFailure>
    /** Keeps a lease for longer, until `until`. `false`: it was no longer theirs. */
    readonly extend: (lease: Lease, until: number) => Effect.Effect<boolean, PortFailure>
    /** When the next work falls due or becomes leasable again; `undefined` if the queue is empty. */
    readonly nextDue: (queue: Queue) => Effect.Effect<number | undefined, PortFailure>
    /**
     * How many pieces of work `lease` could hand out at `now`: due, and held by nobody. Counted up to `limit`, so that
     * a long queue costs no more.
     */
    readonly countDue: (options: {
      readonly queue: Queue
      readonly now: number
      readonly limit: number
    }) => Effect.Effect<number, PortFailure>
    /**
     * A bell that rings after work was enqueued or given back that falls due before all other: whoever waits for that
     * has to wake earlier. Rings may be spurious and several may fall together; across processes they may be lost, so
     * workers poll as well.
     */
    readonly bell: (queue: Queue) => Effect.Effect<Queues.Dequeue<void>, never, Scope.Scope>
  }
>() {}
