/**
 * Adapter: storages that are wrong on purpose, each in one way that real ones have been. They show that the laws bite:
 * a law that no broken storage breaks proves nothing.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Queues from "effect/Queue"
import type { Decision } from "../../storage/Decision.ts"
import { Journal, type Rows } from "../../storage/Journal.ts"
import type { Ref } from "../../storage/Kind.ts"
import * as MemoryStore from "../../storage/MemoryStore.ts"
import { Records } from "../../storage/Records.ts"
import { type Lease, WorkQueue } from "../../storage/WorkQueue.ts"
import { Restart } from "../laws/JournalLaws.ts"

/** A storage that is wrong, and the sentence of the law that must catch it. */
export interface BrokenStore {
  readonly name: string
  readonly caughtBy: string
  readonly layer: Layer.Layer<Journal | Records | WorkQueue | Restart>
}

interface Services {
  readonly journal: typeof Journal.Service
  readonly records: typeof Records.Service
  readonly workQueue: typeof WorkQueue.Service
  readonly restart?: Effect.Effect<void>
}

const broken = (
  name: string,
  caughtBy: string,
  make: (sound: ReturnType<typeof MemoryStore.make>) => Partial<Services>
): BrokenStore => ({
  name,
  caughtBy,
  layer: Layer.effectContext(
    Effect.sync(() => {
      const sound = MemoryStore.make()
      const services: Services = { ...sound, ...make(sound) }
      return Context.empty().pipe(
        Context.add(Journal, services.journal),
        Context.add(Records, services.records),
        Context.add(WorkQueue, services.workQueue),
        Context.add(Restart, services.restart ?? Effect.void)
      )
    })
  )
})

type Transact = typeof Journal.Service.transact

/** A journal that stores something else than was decided. */
const storing = (
  journal: typeof Journal.Service,
  alter: (decision: Decision<any>) => Decision<any>
): typeof Journal.Service => ({
  ...journal,
  transact: ((refs: ReadonlyArray<Ref<any>>, decide: (rows: Rows<any>) => Either.Either<Decision<any>, any>) =>
    journal.transact(refs, (rows) => Either.map(decide(rows), alter))) as Transact
})

export const brokenStores: ReadonlyArray<BrokenStore> = [
  broken(
    "conjuring: makes a row of whatever is looked up",
    "a thing to which nothing happened is its kind's initial state, at version 0",
    ({ journal }) => ({
      journal: {
        ...journal,
        load: (ref) => Effect.map(journal.load(ref), (row) => ({ ...row, version: Math.max(1, row.version) }))
      }
    })
  ),
  broken(
    "undoing: a refusal also takes back the decision before it",
    "a refused decision stores nothing",
    ({ journal }) => {
      let before: Decision<any> | undefined
      const transact = (
        refs: ReadonlyArray<Ref<any>>,
        decide: (rows: Rows<any>) => Either.Either<Decision<any>, any>
      ) =>
        Effect.gen(function* () {
          const rows = yield* Effect.forEach(refs, (ref) => journal.load(ref))
          const decided = yield* Effect.either(journal.transact(refs, decide as never))
          if (Either.isRight(decided)) {
            const changes = rows.map((row) => ({ ...row, ref: row.ref, events: [] }))
            before = { answer: undefined, changes, work: [], tallies: [] }
          } else if (before !== undefined) {
            const undo = before
            yield* journal.transact(
              undo.changes.map(({ ref }) => ref),
              () => Either.right(undo)
            )
          }
          return yield* decided
        })
      return { journal: { ...journal, transact: transact as Transact } }
    }
  ),
  broken(
    "careless: forgets the work",
    "changes, work and tallies of a decision are stored together or not at all, and seen by the next read",
    ({ journal }) => ({
      journal: storing(journal, (decision) => ({ ...decision, work: [] }))
    })
  ),
  broken(
    "contagious: one defect fails the neighbours in its group",
    "a decision that throws is a defect, stores nothing, and harms nobody else's decision",
    ({ journal }) => {
      let poisoned = false
      const transact: Transact = (refs, decide) =>
        Effect.suspend(() =>
          poisoned
            ? Effect.die("the group's transaction is aborted")
            : Effect.tapDefect(journal.transact(refs, decide), () => Effect.sync(() => (poisoned = true)))
        )
      return { journal: { ...journal, transact } }
    }
  ),
  broken(
    "permissive: writes where nobody looked",
    "a decision may change what it named and make new things of that owner, but touch nothing else",
    ({ journal }) => ({
      journal: {
        ...journal,
        transact: ((refs: ReadonlyArray<Ref<any>>, decide: (rows: Rows<any>) => Either.Either<Decision<any>, any>) =>
          Effect.gen(function* () {
            const rows = yield* Effect.forEach(refs, (ref) => journal.load(ref))
            const decision = yield* decide(rows)
            const named = [...refs, ...decision.changes.map(({ ref }) => ref)]
            return yield* journal.transact(named, () => Either.right(decision))
          })) as Transact
      }
    })
  ),
  broken(
    "half-hearted: checks each change when its turn comes, and keeps what it has stored by then",
    "a decision may change what it named and make new things of that owner, but touch nothing else",
    ({ journal }) => {
      const transact = (
        refs: ReadonlyArray<Ref<any>>,
        decide: (rows: Rows<any>) => Either.Either<Decision<any>, any>
      ) => {
        const first: typeof decide = (rows) =>
          Either.map(decide(rows), (decision) => ({ ...decision, changes: decision.changes.slice(0, 1) }))
        return Effect.tapDefect(journal.transact(refs, decide as never), () =>
          Effect.ignore(journal.transact(refs, first as never))
        )
      }
      return { journal: { ...journal, transact: transact as Transact } }
    }
  ),
  broken(
    "racy: reads, waits, then writes",
    "whatever is acknowledged is stored, once, however decisions race",
    ({ journal }) => ({
      journal: racy(journal)
    })
  ),
  broken(
    "overselling: checks a limit on a stale read",
    "a limit that a decision checks holds, however decisions race",
    ({ journal }) => ({
      journal: racy(journal)
    })
  ),
  broken(
    "forgetful: acknowledges some changes and drops them",
    "whatever is acknowledged is stored, once, however decisions race",
    ({ journal }) => {
      let count = 0
      return { journal: storing(journal, (decision) => (++count % 5 === 0 ? { ...decision, changes: [] } : decision)) }
    }
  ),
  broken(
    "tearing: stores one owner's part, then the other's",
    "a decision over things of two owners is one step, and opposite orders do not block each other",
    ({ journal }) => ({
      journal: {
        ...journal,
        transact: ((refs: ReadonlyArray<Ref<any>>, decide: (rows: Rows<any>) => Either.Either<Decision<any>, any>) =>
          Effect.gen(function* () {
            const rows = yield* Effect.forEach(refs, (ref) => journal.load(ref))
            const decision = yield* decide(rows)
            for (const change of decision.changes) {
              yield* journal.transact([change.ref], ([row]) => {
                const state = change.events.reduce((state, event) => row.ref.kind.evolve(state, event), row.state)
                return Either.right({ ...decision, changes: [{ ...change, state }], work: [], tallies: [] })
              })
              yield* Effect.yieldNow()
            }
            return decision.answer
          })) as Transact
      }
    })
  ),
  broken(
    "repeating: the last event of a page comes again on the next",
    "events are kept in order and without gaps, page by page, and rebuild the state",
    ({ journal }) => ({
      journal: {
        ...journal,
        history: (ref, page) => journal.history(ref, { ...page, after: Math.max(0, page.after - 1) })
      }
    })
  ),
  broken(
    "lossy: keeps only the basic plane of Unicode",
    "states, personal data and expiry come back exactly as they were stored",
    ({ journal }) => ({
      journal: storing(journal, (decision) => ({
        ...decision,
        changes: decision.changes.map((change) => ({
          ...change,
          personal:
            JSON.parse(JSON.stringify(change.personal ?? null).replace(/[\u{10000}-\u{10ffff}]/gu, "?")) ?? undefined
        }))
      }))
    })
  ),
  broken(
    "hoarding: keeps the events of everything",
    "a kind that is not journaled keeps its state and no events",
    ({ journal }) => ({
      journal: {
        ...journal,
        history: (ref, page) =>
          Effect.flatMap(journal.history(ref, page), (events) =>
            ref.kind.journaled
              ? Effect.succeed(events)
              : Effect.map(journal.load(ref), ({ state }): typeof events => [{ sequence: 1, event: state as never }])
          )
      }
    })
  ),
  broken(
    "losing on crash: acknowledges before it has stored",
    "whatever is acknowledged survives a crash, and its work with it",
    ({ journal }) => {
      let last: { readonly refs: ReadonlyArray<Ref<any>>; readonly undo: Decision<any> } | undefined
      const transact = (
        refs: ReadonlyArray<Ref<any>>,
        decide: (rows: Rows<any>) => Either.Either<Decision<any>, any>
      ) =>
        Effect.gen(function* () {
          const rows = yield* Effect.forEach(refs, (ref) => journal.load(ref))
          const answer = yield* journal.transact(refs, decide as never)
          last = {
            refs,
            undo: { answer: undefined, changes: rows.map((row) => ({ ...row, events: [] })), work: [], tallies: [] }
          }
          return answer
        })
      const restart = Effect.suspend(() => {
        const lost = last
        last = undefined
        return lost === undefined
          ? Effect.void
          : Effect.orDie(journal.transact(lost.refs, () => Either.right(lost.undo)))
      })
      return { journal: { ...journal, transact: transact as Transact }, restart }
    }
  ),
  broken(
    "inclusive: the end of a range belongs to it",
    "a list holds exactly the rows whose last state is in its index and range, in order, page by page",
    ({ records }) => ({
      records: {
        ...records,
        list: (query) => records.list(query.until === undefined ? query : { ...query, until: query.until + 1 })
      }
    })
  ),
  broken(
    "counting: pages by offset",
    "a cursor misses nothing and repeats nothing that stays in place, whatever comes and goes meanwhile",
    ({ records }) => ({
      records: {
        ...records,
        list: ({ after, ...query }) =>
          Effect.map(records.list({ ...query, limit: 10_000 }), ({ items }) => {
            const offset = after?.at ?? 0
            const page = items.slice(offset, offset + query.limit)
            return {
              items: page,
              next: page.length === query.limit ? { at: offset + query.limit, key: "" } : undefined
            }
          })
      }
    })
  ),
  broken(
    "skipping: a cursor passes over the rows that share its time",
    "a list holds exactly the rows whose last state is in its index and range, in order, page by page",
    ({ records }) => ({
      records: {
        ...records,
        list: ({ after, ...query }) =>
          records.list(
            after === undefined
              ? query
              : query.descending === true
                ? { ...query, until: Math.min(after.at, query.until ?? after.at) }
                : { ...query, from: after.at + 1 }
          )
      }
    })
  ),
  broken(
    "far away: days begin at midnight in Greenwich",
    "sums of tallies equal a recount, for every grouping, range and filter; days begin at Shanghai's midnight",
    ({ records }) => ({
      records: {
        ...records,
        sum: (query) =>
          query.by !== "day"
            ? records.sum(query)
            : Effect.map(records.sum({ ...query, by: "hour" }), (hours) => {
                const days = new Map<number, (typeof hours)[number]>()
                for (const hour of hours) {
                  const group = Math.floor(Number(hour.group) / 24)
                  const day = days.get(group) ?? { group, sends: 0, answered: 0, failed: 0, minutes: 0 }
                  days.set(group, {
                    group,
                    sends: day.sends + hour.sends,
                    answered: day.answered + hour.answered,
                    failed: day.failed + hour.failed,
                    minutes: day.minutes + hour.minutes
                  })
                }
                return Array.from(days.values())
              })
      }
    })
  ),
  broken(
    "late: erases a millisecond after the expiry",
    "at its expiry, and not before, personal data goes and leaves state and events; ephemeral rows go wholly",
    ({ records }) => ({
      records: { ...records, purge: (options) => records.purge({ ...options, now: options.now - 1 }) }
    })
  ),
  broken(
    "unfenced: whoever knows the key may finish the work",
    "work is leased when due, the longest due first, by one holder at a time; a lost lease can do nothing",
    ({ workQueue }) => ({
      workQueue: { ...workQueue, finish: (lease) => Effect.as(workQueue.finish(lease), true) }
    })
  ),
  broken(
    "half-fenced: whoever once held the work may finish it, whoever holds it now",
    "work is leased when due, the longest due first, by one holder at a time; a lost lease can do nothing",
    ({ workQueue }) => {
      const last = new Map<string, Lease>()
      const idOf = ({ key, owner, queue }: Lease) => `${queue}/${owner}/${key}`
      return {
        workQueue: {
          ...workQueue,
          lease: (options) =>
            Effect.tap(workQueue.lease(options), (leases) =>
              Effect.sync(() => {
                for (const lease of leases) last.set(idOf(lease), lease)
              })
            ),
          finish: (lease) => workQueue.finish(last.get(idOf(lease)) ?? lease)
        }
      }
    }
  ),
  broken(
    "sharing: looks for work, then marks it as leased",
    "workers that lease at once never get the same work, and between them get all of it",
    ({ workQueue }) => {
      const given = new Map<string, ReadonlyArray<any>>()
      return {
        workQueue: {
          ...workQueue,
          lease: (options) =>
            Effect.gen(function* () {
              const leases = yield* workQueue.lease(options)
              const before = given.get(options.queue) ?? []
              given.set(options.queue, leases)
              yield* Effect.yieldNow()
              return leases.length > 0 ? leases : before.slice(0, options.now === 1 ? options.limit : 0)
            })
        }
      }
    }
  ),
  broken(
    "traceless: keeps no trace with the work",
    "every lease has the trace that its work was last enqueued with, or none",
    ({ workQueue }) => ({
      workQueue: {
        ...workQueue,
        lease: (options) =>
          Effect.map(workQueue.lease(options), (leases) => leases.map((lease) => ({ ...lease, trace: undefined })))
      }
    })
  ),
  broken(
    "overcounting: counts what is leased, too",
    "what is due and held by nobody is counted, up to a limit; what is leased counts again when its lease is over",
    ({ workQueue }) => ({
      workQueue: {
        ...workQueue,
        countDue: (options) => workQueue.countDue({ ...options, now: options.now + 7 })
      }
    })
  ),
  broken(
    "silent: its bell never rings",
    "a bell rings when work is enqueued or given back, also between looking and listening",
    ({ workQueue }) => ({
      workQueue: { ...workQueue, bell: () => Queues.sliding<void>(1) }
    })
  )
]

const racy = (journal: typeof Journal.Service): typeof Journal.Service => ({
  ...journal,
  transact: ((refs: ReadonlyArray<Ref<any>>, decide: (rows: Rows<any>) => Either.Either<Decision<any>, any>) =>
    Effect.gen(function* () {
      const rows = yield* Effect.forEach(refs, (ref) => journal.load(ref))
      yield* Effect.yieldNow()
      const decision = yield* decide(rows)
      return yield* journal.transact(refs, () => Either.right(decision))
    })) as Transact
})
