/**
 * Adapter: the three storage ports in this process's memory. A real adapter under the same laws: what it lacks is only
 * survival of the process. JavaScript runs a decision to its end before anything else, which makes it atomic.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Queues from "effect/Queue"
import type { Decision } from "./Decision.ts"
import { MemoryRows } from "./internal/MemoryRows.ts"
import { MemoryTallies } from "./internal/MemoryTallies.ts"
import { MemoryWork } from "./internal/MemoryWork.ts"
import { Journal, type Rows } from "./Journal.ts"
import type { Ref } from "./Kind.ts"
import { Records } from "./Records.ts"
import { WorkQueue } from "./WorkQueue.ts"

/** All three ports over one memory. Each build of the layer is a new, empty one. */
export const layer: Layer.Layer<Journal | Records | WorkQueue> = Layer.effectContext(
  Effect.sync(() => {
    const store = make()
    return Context.empty().pipe(
      Context.add(Journal, store.journal),
      Context.add(Records, store.records),
      Context.add(WorkQueue, store.workQueue)
    )
  })
)

/** The services themselves, for those who build adapters out of them. */
export const make = () => {
  const rows = new MemoryRows()
  const tallies = new MemoryTallies()
  const work = new MemoryWork()

  const apply = (decision: Decision<unknown>): void => {
    for (const change of decision.changes) rows.put(change)
    for (const tally of decision.tallies) tallies.add(tally)
    for (const order of decision.work) work.order(order)
  }

  const journal: typeof Journal.Service = {
    transact: <const Refs extends ReadonlyArray<Ref<any>>, A, R>(
      refs: Refs,
      decide: (read: Rows<Refs>) => Either.Either<Decision<A>, R>
    ) =>
      Effect.suspend(() => {
        const decided = decide(refs.map((ref) => rows.get(ref)) as unknown as Rows<Refs>)
        if (Either.isLeft(decided)) return Effect.fail(decided.left)
        for (const { ref } of decided.right.changes)
          if (!isNamed(refs, ref) && !mayBeMade(refs, ref, rows)) throw unnamed(ref)
        apply(decided.right)
        return Effect.succeed(decided.right.answer)
      }),
    load: (ref) => Effect.sync(() => rows.get(ref)),
    history: (ref, page) => Effect.sync(() => rows.history(ref, page))
  }

  const records: typeof Records.Service = {
    list: (query) => Effect.sync(() => rows.list(query)),
    sum: (query) => Effect.sync(() => tallies.sum(query)),
    purge: (options) => Effect.sync(() => rows.purge(options))
  }

  const workQueue: typeof WorkQueue.Service = {
    lease: (options) => Effect.sync(() => work.lease(options)),
    finish: (lease) => Effect.sync(() => work.finish(lease)),
    postpone: (lease, dueAt) => Effect.sync(() => work.postpone(lease, dueAt)),
    extend: (lease, until) => Effect.sync(() => work.extend(lease, until)),
    nextDue: (queue) => Effect.sync(() => work.nextDue(queue)),
    countDue: (options) => Effect.sync(() => work.countDue(options)),
    bell: (queue) =>
      Effect.acquireRelease(
        Effect.tap(Queues.sliding<void>(1), (bell) => Effect.sync(() => work.subscribe(queue, bell))),
        (bell) => Effect.sync(() => work.unsubscribe(queue, bell))
      )
  }

  return { journal, records, workQueue }
}

const isNamed = (refs: ReadonlyArray<Ref<any>>, { key, kind, owner }: Ref<any>): boolean => {
  for (const named of refs) if (named.key === key && named.owner === owner && named.kind === kind) return true
  return false
}

const mayBeMade = (refs: ReadonlyArray<Ref<any>>, ref: Ref<any>, rows: MemoryRows): boolean =>
  refs.some(({ owner }) => owner === ref.owner) && !rows.has(ref)

/** A decision that changes what it did not name would escape the owner's lock: our defect, found at once. */
const unnamed = ({ kind }: Ref<any>): Error => new Error(`a decision changed a ${kind.name} that it had not named`)
