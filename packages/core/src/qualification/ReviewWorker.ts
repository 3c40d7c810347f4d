/**
 * Service: works through the queue `review`. Each domain that has things reviewed brings a handler for its own; the
 * keys of the work tell whose it is.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { PortFailure } from "../PortFailure.ts"
import * as Worker from "../storage/Worker.ts"
import type { Lease, WorkQueue } from "../storage/WorkQueue.ts"

export interface ReviewHandler {
  /** Whether work with this key is this handler's. */
  readonly owns: (key: string) => boolean
  /** Does the work, or finds it done: it may be called again for work that was done before. */
  readonly handle: (lease: Lease) => Effect.Effect<Worker.Outcome, PortFailure>
}

/** Hands each piece of work to the first of the handlers that owns it. Work that nobody owns is a defect. */
export const dispatch =
  (handlers: ReadonlyArray<ReviewHandler>) =>
  (lease: Lease): Effect.Effect<Worker.Outcome, PortFailure> =>
    handlers.find(({ owns }) => owns(lease.key))?.handle(lease) ??
    Effect.dieMessage("nobody owns a piece of review work")

/** Runs until its scope closes. One of these serves all subjects: two would take each other's work. */
export const run = (handlers: ReadonlyArray<ReviewHandler>): Effect.Effect<void, never, WorkQueue | Scope.Scope> =>
  Worker.run({ queue: "review", ...Worker.defaults, handle: dispatch(handlers), handleMillis: 60_000 })
