/**
 * Rules: what a pure decision asks the storage to do, all of it or nothing: change things, enqueue work, count.
 */
import type { Kind, Ref, Row } from "./Kind.ts"

/** One thing's new state, with the events that led to it. */
export interface Change<K extends Kind.Any = Kind.Any> {
  readonly ref: Ref<K>
  readonly events: ReadonlyArray<Kind.Event<K>>
  readonly state: Kind.State<K>
  readonly personal: Kind.Personal<K> | undefined
  readonly expiresAt: number | undefined
}

/**
 * Follow-up work.
 *
 * **Details** (queue, owner, key) is unique. Enqueueing it again moves it to the new due time, and a lease that
 * somebody holds on it is void: what was asked anew is done anew. Cancelling what is not there does nothing.
 */
export type WorkOrder =
  | {
      readonly _tag: "Enqueue"
      readonly queue: Queue
      readonly owner: string
      readonly key: string
      readonly dueAt: number
      /** The span that asks for it (W3C `traceparent`), where spans are recorded. Every lease of the work has it. */
      readonly trace?: string | undefined
    }
  | { readonly _tag: "Cancel"; readonly queue: Queue; readonly owner: string; readonly key: string }

/** The queues, named by what their workers do. */
export type Queue = (typeof queues)[number]

export const queues = [
  "review",
  "payment",
  "orderExpiry",
  "fulfilment",
  "renewal",
  "lapse",
  "packageExpiry",
  "dial",
  "reconcile",
  "callback",
  "alert"
] as const

/**
 * Adds to the statistics. Counts are whole numbers and may be added in any order.
 *
 * **Details** `hour` is whole hours since the epoch, of the send's acceptance (STA-2); Shanghai days begin on whole
 * hours. `templateId` is the template's id, or that of the file that is played. `reason` is the failure code of a failed send, else empty.
 */
export interface Tally {
  readonly owner: string
  readonly applicationId: string
  readonly templateId: string
  readonly hour: number
  readonly reason: string
  readonly sends: number
  readonly answered: number
  readonly failed: number
  readonly minutes: number
}

export interface Decision<A> {
  readonly answer: A
  readonly changes: ReadonlyArray<Change>
  readonly work: ReadonlyArray<WorkOrder>
  readonly tallies: ReadonlyArray<Tally>
}

const none: ReadonlyArray<never> = []

/** An answer that changes nothing. */
export const answer = <A>(value: A): Decision<A> => ({ answer: value, changes: none, work: none, tallies: none })

/** A decision; what is not named is empty. */
export const make = <A>(
  value: A,
  parts: {
    readonly changes?: ReadonlyArray<Change>
    readonly work?: ReadonlyArray<WorkOrder>
    readonly tallies?: ReadonlyArray<Tally>
  }
): Decision<A> => ({
  answer: value,
  changes: parts.changes ?? none,
  work: parts.work ?? none,
  tallies: parts.tallies ?? none
})

/**
 * Several decisions over the same rows as one: each sees what those before it leave.
 *
 * **Gotchas** Of a thing that a step makes, the next one knows nothing, unless it is among the rows.
 */
export const inTurn = <Rows extends ReadonlyArray<Row<any>>, A>(
  rows: Rows,
  steps: ReadonlyArray<(rows: Rows) => Decision<A>>
): Decision<ReadonlyArray<A>> => {
  const answers: Array<A> = []
  const changes = new Map<string, Change>()
  const work: Array<WorkOrder> = []
  const tallies: Array<Tally> = []
  let current: ReadonlyArray<Row<any>> = rows
  for (const step of steps) {
    // The same rows, in their order, with other states.
    const decided = step(current as Rows)
    answers.push(decided.answer)
    work.push(...decided.work)
    tallies.push(...decided.tallies)
    for (const change of decided.changes) {
      const { key, kind, owner } = change.ref
      const id = `${kind.name}\n${owner}\n${key}`
      const before = changes.get(id)
      changes.set(id, before === undefined ? change : { ...change, events: [...before.events, ...change.events] })
    }
    if (decided.changes.length > 0) current = current.map((row) => after(row, decided.changes))
  }
  return { answer: answers, changes: Array.from(changes.values()), work, tallies }
}

const after = (row: Row<any>, changes: ReadonlyArray<Change>): Row<any> => {
  const { key, kind, owner } = row.ref
  for (const { expiresAt, personal, ref, state } of changes)
    if (ref.key === key && ref.owner === owner && ref.kind === kind) return { ...row, state, personal, expiresAt }
  return row
}

/** The row after these events, its personal data and its expiry unchanged unless given. `null` erases. */
export const change = <K extends Kind.Any>(
  row: Row<K>,
  events: ReadonlyArray<Kind.Event<K>>,
  also?: { readonly personal?: Kind.Personal<K> | null; readonly expiresAt?: number }
): Change<K> => {
  let state: Kind.State<K> = row.state
  for (const event of events) state = row.ref.kind.evolve(state, event)
  return {
    ref: row.ref,
    events,
    state,
    personal: also?.personal === undefined ? row.personal : (also.personal ?? undefined),
    expiresAt: also?.expiresAt ?? row.expiresAt
  }
}

export const enqueue = (
  queue: Queue,
  ref: { readonly owner: string; readonly key: string },
  dueAt: number
): WorkOrder => ({
  _tag: "Enqueue",
  queue,
  owner: ref.owner,
  key: ref.key,
  dueAt
})

export const cancel = (queue: Queue, ref: { readonly owner: string; readonly key: string }): WorkOrder => ({
  _tag: "Cancel",
  queue,
  owner: ref.owner,
  key: ref.key
})
