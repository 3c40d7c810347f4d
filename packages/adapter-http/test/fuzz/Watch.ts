import { BlobStore } from "@vsms/core/storage/BlobStore"
import type { Decision } from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import type { Ref } from "@vsms/core/storage/Kind"
import { Records } from "@vsms/core/storage/Records"
import { WorkQueue } from "@vsms/core/storage/WorkQueue"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"

/** What was written to the storage: a kind of thing, the queue of a piece of work, a kind of bytes, `tally` or `purge`. */
export interface Write {
  readonly what: string
  readonly text: string
}

interface Kept {
  readonly ref: Ref<any>
  readonly text: string
}

/**
 * Sees every write to the storage, and knows how the store has to look afterwards.
 *
 * **Details** That nothing was written says more than two equal digests: what is changed and changed back is seen as well.
 * What it cannot see is a state that somebody changes in place; `verify` compares every row with what was last written.
 */
export class Watch extends Context.Tag("@vsms/adapter-http/test/fuzz/Watch")<
  Watch,
  {
    /** What was written since the last call. */
    readonly taken: () => ReadonlyArray<Write>
    /** Rows that are not as they were last written. */
    readonly verify: Effect.Effect<ReadonlyArray<string>>
  }
>() {}

/** Over a storage in memory. */
export const layer = Layer.effectContext(
  Effect.gen(function* () {
    const journal = yield* Journal
    const records = yield* Records
    const work = yield* WorkQueue
    const blobs = yield* BlobStore
    let writes: Array<Write> = []
    const rows = new Map<string, Kept>()
    const wrote = (what: string, text: string): void => void writes.push({ what, text })
    /** A database breaks at NUL and at half a character. So does this storage, at whatever is asked or written. */
    const storable = (...values: ReadonlyArray<unknown>): void => {
      const text = JSON.stringify(values, (name, value) => (name === "kind" ? undefined : value))
      if (/\\u0000|\\ud[89a-f]/.test(text)) throw new Error("no storage takes that")
    }

    const noted = ({ changes, tallies, work }: Decision<unknown>): void => {
      for (const { events, expiresAt, personal, ref, state } of changes) {
        const name = `${ref.kind.name} ${ref.owner} ${ref.key}`
        rows.set(name, { ref, text: JSON.stringify([state, personal, expiresAt]) })
        wrote(ref.kind.name, `${name} ${JSON.stringify(events)} ${JSON.stringify(state)}`)
      }
      for (const tally of tallies) wrote("tally", JSON.stringify(tally))
      for (const order of work) wrote(order.queue, JSON.stringify(order))
    }

    const watched: typeof Journal.Service = {
      ...journal,
      transact: ((refs: ReadonlyArray<Ref<any>>, decide: (rows: any) => Either.Either<Decision<unknown>, unknown>) =>
        Effect.suspend(() => {
          let last: Decision<unknown> | undefined
          storable(refs)
          const made = journal.transact(refs, (read) =>
            Either.map(decide(read), (decision) => {
              for (const { events, personal, ref, state } of decision.changes) storable(ref, events, personal, state)
              last = decision
              return decision
            })
          )
          return Effect.tap(made, () => Effect.sync(() => last !== undefined && noted(last)))
        })) as typeof journal.transact,
      load: (ref) => Effect.suspend(() => (storable(ref), journal.load(ref)))
    }

    const verify = Effect.suspend(() =>
      Effect.forEach([...rows], ([name, { ref, text }]) =>
        Effect.map(journal.load(ref), ({ expiresAt, personal, state }) =>
          JSON.stringify([state, personal, expiresAt]) === text ? [] : [name]
        )
      )
    ).pipe(
      Effect.map((found) => found.flat()),
      Effect.orDie
    )

    return Context.empty().pipe(
      Context.add(Journal, watched),
      Context.add(Records, {
        ...records,
        list: (query) => Effect.suspend(() => (storable(query), records.list(query))),
        // Rows that are purged look otherwise from then on.
        purge: (options) =>
          Effect.tap(records.purge(options), (purged) => {
            if (purged > 0) rows.clear()
            if (purged > 0) wrote("purge", String(purged))
          })
      }),
      Context.add(WorkQueue, {
        ...work,
        finish: (lease) => Effect.tap(work.finish(lease), () => wrote(lease.queue, "finished")),
        postpone: (lease, dueAt) => Effect.tap(work.postpone(lease, dueAt), () => wrote(lease.queue, "postponed"))
      }),
      Context.add(BlobStore, {
        ...blobs,
        put: (kind, id, bytes) => Effect.tap(blobs.put(kind, id, bytes), () => wrote(kind, `put ${id}`)),
        remove: (kind, id) => Effect.tap(blobs.remove(kind, id), () => wrote(kind, `remove ${id}`))
      }),
      Context.add(Watch, {
        taken: () => {
          const found = writes
          writes = []
          return found
        },
        verify
      })
    )
  })
)
