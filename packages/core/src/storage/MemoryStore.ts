/**
 * Adapter: the three storage ports in this process's memory. A real adapter under the same laws: what it lacks is only
 * survival of the process. JavaScript runs a decision to its end before anything else, which makes it atomic.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Queues from "effect/Queue"
import type { Change, Decision, Queue, Tally, WorkOrder } from "./Decision.ts"
import { Journal, type Recorded, type Rows } from "./Journal.ts"
import { fresh, type Kind, type Position, type Ref, type Row } from "./Kind.ts"
import { type Cursor, type ListQuery, type Page, Records, type TallyQuery, type TallySum } from "./Records.ts"
import { type Lease, WorkQueue } from "./WorkQueue.ts"

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
  const rows = new RowTable()
  const tallies = new TallyTable()
  const work = new WorkTable()

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
        for (const change of decided.right.changes) assertNamed(refs, change, rows.has(change.ref))
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
    postpone: (lease, dueAt) => Effect.sync(() => work.move(lease, dueAt, false)),
    extend: (lease, until) => Effect.sync(() => work.move(lease, until, true)),
    nextDue: (queue) => Effect.sync(() => work.nextDue(queue)),
    bell: (queue) =>
      Effect.acquireRelease(
        Effect.tap(Queues.sliding<void>(1), (bell) => Effect.sync(() => work.subscribe(queue, bell))),
        (bell) => Effect.sync(() => work.unsubscribe(queue, bell))
      )
  }

  return { journal, records, workQueue }
}

/** A decision that changes what it did not name would escape the owner's lock: our defect, found at once. */
const assertNamed = (refs: ReadonlyArray<Ref<any>>, { ref }: Change, exists: boolean): void => {
  let ownerNamed = false
  for (const named of refs) {
    if (named.owner !== ref.owner) continue
    if (named.key === ref.key && named.kind === ref.kind) return
    ownerNamed = true
  }
  if (!ownerNamed || exists) throw new Error(`a decision changed a ${ref.kind.name} that it had not named`)
}

// ---------------------------------------------------------------------------------------------------------------------
// rows and their indexes
// ---------------------------------------------------------------------------------------------------------------------

interface Stored {
  row: Row<any>
  readonly events: Array<unknown>
  readonly positions: { [index: string]: Position | undefined }
}

class RowTable {
  private readonly kinds = new Map<string, Map<string, Map<string, Stored>>>()
  private readonly indexes = new Map<string, SortedRows>()
  private readonly expiring = new SortedRows()

  get<K extends Kind.Any>(ref: Ref<K>): Row<K> {
    return this.find(ref)?.row ?? fresh(ref)
  }

  has(ref: Ref<any>): boolean {
    return this.find(ref) !== undefined
  }

  put(change: Change): void {
    const { ref } = change
    const stored = this.find(ref) ?? this.insert(ref)
    const before = stored.row
    stored.row = {
      ref,
      state: change.state,
      personal: change.personal,
      version: before.version + 1,
      expiresAt: change.expiresAt
    }
    if (ref.kind.journaled) for (const event of change.events) stored.events.push(event)
    this.reindex(stored)
    if (before.expiresAt !== change.expiresAt) {
      if (before.expiresAt !== undefined) this.expiring.remove(before.expiresAt, stored)
      if (change.expiresAt !== undefined) this.expiring.add(change.expiresAt, stored)
    }
  }

  history(ref: Ref<any>, page: { readonly after: number; readonly limit: number }): ReadonlyArray<Recorded<any>> {
    const events = this.find(ref)?.events ?? []
    return events
      .slice(page.after, page.after + page.limit)
      .map((event, i) => ({ sequence: page.after + i + 1, event }))
  }

  list<K extends Kind.Any>(query: ListQuery<K>): Page<Row<K>> {
    const index = this.indexes.get(indexName(query.kind, query.index, query.partition))
    const found = index?.page(query) ?? []
    const last = found.length === query.limit ? found[found.length - 1] : undefined
    return {
      items: found.map((entry) => entry.stored.row),
      next: last === undefined ? undefined : { at: last.at, key: last.key }
    }
  }

  purge(options: { readonly now: number; readonly limit: number }): number {
    const due = this.expiring.page({ until: options.now + 1, limit: options.limit })
    for (const { at, stored } of due) {
      this.expiring.remove(at, stored)
      const { ref } = stored.row
      if (ref.kind.ephemeral) {
        this.unindex(stored)
        this.kinds.get(ref.kind.name)!.get(ref.owner)!.delete(ref.key)
      } else {
        stored.row = { ...stored.row, personal: undefined, expiresAt: undefined, version: stored.row.version + 1 }
        this.reindex(stored)
      }
    }
    return due.length
  }

  private find(ref: Ref<any>): Stored | undefined {
    return this.kinds.get(ref.kind.name)?.get(ref.owner)?.get(ref.key)
  }

  private insert(ref: Ref<any>): Stored {
    const owners = getOrMake(this.kinds, ref.kind.name, () => new Map<string, Map<string, Stored>>())
    const keys = getOrMake(owners, ref.owner, () => new Map<string, Stored>())
    const stored: Stored = { row: this.get(ref), events: [], positions: {} }
    keys.set(ref.key, stored)
    return stored
  }

  private reindex(stored: Stored): void {
    const { personal, ref, state } = stored.row
    const { indexes } = ref.kind as Kind.Any
    for (const name in indexes) {
      const before = stored.positions[name]
      const now = indexes[name]!.position(ref.key, state, personal)
      if (before === undefined && now === undefined) continue
      if (before !== undefined && now !== undefined && before.partition === now.partition && before.at === now.at)
        continue
      if (before !== undefined) this.index(ref.kind, name, before).remove(before.at, stored)
      if (now !== undefined) this.index(ref.kind, name, now).add(now.at, stored)
      stored.positions[name] = now
    }
  }

  private unindex(stored: Stored): void {
    for (const name in stored.positions) {
      const position = stored.positions[name]
      if (position !== undefined) this.index(stored.row.ref.kind, name, position).remove(position.at, stored)
    }
  }

  private index(kind: Kind.Any, name: string, position: Position): SortedRows {
    return getOrMake(this.indexes, indexName(kind, name, position.partition), () => new SortedRows())
  }
}

const indexName = (kind: Kind.Any, index: string, partition: string): string => `${kind.name}/${index}/${partition}`

const getOrMake = <K, V>(map: Map<K, V>, key: K, make: () => V): V => {
  let value = map.get(key)
  if (value === undefined) map.set(key, (value = make()))
  return value
}

interface Entry {
  readonly at: number
  readonly key: string
  readonly owner: string
  readonly stored: Stored
}

/** Rows in order of (at, key, owner). Most additions come in order, at the end, and cost nothing. */
class SortedRows {
  private readonly entries: Array<Entry> = []

  add(at: number, stored: Stored): void {
    const entry = { at, key: stored.row.ref.key, owner: stored.row.ref.owner, stored }
    const last = this.entries[this.entries.length - 1]
    if (last === undefined || compare(last, entry) < 0) this.entries.push(entry)
    else this.entries.splice(this.lowerBound(entry), 0, entry)
  }

  remove(at: number, stored: Stored): void {
    const found = this.lowerBound({ at, key: stored.row.ref.key, owner: stored.row.ref.owner })
    if (this.entries[found]?.stored === stored) this.entries.splice(found, 1)
  }

  page(query: {
    readonly from?: number
    readonly until?: number
    readonly after?: Cursor | undefined
    readonly limit: number
    readonly descending?: boolean
  }): ReadonlyArray<Entry> {
    let low = query.from === undefined ? 0 : this.lowerBound({ at: query.from, key: "", owner: "" })
    let high =
      query.until === undefined ? this.entries.length : this.lowerBound({ at: query.until, key: "", owner: "" })
    if (query.descending === true) {
      if (query.after !== undefined) high = Math.min(high, this.lowerBound({ ...query.after, owner: "" }))
      return this.entries.slice(Math.max(low, high - query.limit), Math.max(low, high)).reverse()
    }
    if (query.after !== undefined) low = Math.max(low, this.lowerBound({ ...query.after, owner: "\u{10ffff}" }))
    return this.entries.slice(low, Math.max(low, Math.min(high, low + query.limit)))
  }

  private lowerBound(target: { readonly at: number; readonly key: string; readonly owner: string }): number {
    let low = 0
    let high = this.entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compare(this.entries[middle]!, target) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

type Place = { readonly at: number; readonly key: string; readonly owner: string }

const compare = (a: Place, b: Place): number =>
  a.at - b.at || (a.key < b.key ? -1 : a.key > b.key ? 1 : a.owner < b.owner ? -1 : a.owner > b.owner ? 1 : 0)

// ---------------------------------------------------------------------------------------------------------------------
// tallies
// ---------------------------------------------------------------------------------------------------------------------

interface Count {
  readonly applicationId: string
  readonly templateId: string
  readonly hour: number
  readonly reason: string
  sends: number
  answered: number
  failed: number
  minutes: number
}

const shanghaiOffsetHours = 8

const groupOf = (count: Count, by: TallyQuery["by"]): string | number => {
  switch (by) {
    case "total":
      return ""
    case "hour":
      return count.hour
    case "day":
      return Math.floor((count.hour + shanghaiOffsetHours) / 24)
    case "template":
      return count.templateId
    case "reason":
      return count.reason
    case "application":
      return count.applicationId
  }
}

class TallyTable {
  private readonly owners = new Map<string, Map<number, Map<string, Count>>>()

  add(tally: Tally): void {
    const hours = getOrMake(this.owners, tally.owner, () => new Map<number, Map<string, Count>>())
    const counts = getOrMake(hours, tally.hour, () => new Map<string, Count>())
    const { applicationId, hour, reason, templateId } = tally
    const count = getOrMake(counts, `${applicationId}/${templateId}/${reason}`, () => ({
      applicationId,
      templateId,
      hour,
      reason,
      sends: 0,
      answered: 0,
      failed: 0,
      minutes: 0
    }))
    count.sends += tally.sends
    count.answered += tally.answered
    count.failed += tally.failed
    count.minutes += tally.minutes
  }

  sum(query: TallyQuery): ReadonlyArray<TallySum> {
    const sums = new Map<string | number, { -readonly [P in keyof TallySum]: TallySum[P] }>()
    for (const [hour, counts] of this.owners.get(query.owner) ?? []) {
      if (hour < query.fromHour || hour >= query.untilHour) continue
      for (const count of counts.values()) {
        if (query.applicationId !== undefined && count.applicationId !== query.applicationId) continue
        if (query.templateId !== undefined && count.templateId !== query.templateId) continue
        const group = groupOf(count, query.by)
        const sum = getOrMake(sums, group, () => ({ group, sends: 0, answered: 0, failed: 0, minutes: 0 }))
        sum.sends += count.sends
        sum.answered += count.answered
        sum.failed += count.failed
        sum.minutes += count.minutes
      }
    }
    return Array.from(sums.values()).sort((a, b) => (a.group < b.group ? -1 : a.group > b.group ? 1 : 0))
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// work
// ---------------------------------------------------------------------------------------------------------------------

interface Item {
  readonly owner: string
  readonly key: string
  attempt: number
  leased: boolean
  /** Differs after every move; heap entries and leases that carry an older one are void. */
  token: number
  at: number
}

class WorkTable {
  private readonly queues = new Map<Queue, { readonly items: Map<string, Item>; readonly heap: Heap }>()
  private readonly bells = new Map<Queue, Set<Queues.Queue<void>>>()
  private tokens = 0

  order(order: WorkOrder): void {
    const { heap, items } = this.queue(order.queue)
    const id = `${order.owner}/${order.key}`
    if (order._tag === "Cancel") {
      items.delete(id)
      return
    }
    const item: Item = {
      owner: order.owner,
      key: order.key,
      attempt: 0,
      leased: false,
      token: ++this.tokens,
      at: order.dueAt
    }
    items.set(id, item)
    heap.push({ at: order.dueAt, token: item.token, item })
    this.ring(order.queue)
  }

  lease(options: { queue: Queue; now: number; limit: number; leaseMillis: number }): ReadonlyArray<Lease> {
    const { heap, items } = this.queue(options.queue)
    const leases: Array<Lease> = []
    while (leases.length < options.limit) {
      const top = this.live(heap, items)
      if (top === undefined || top.at > options.now) break
      heap.pop()
      const { item } = top
      item.attempt++
      item.leased = true
      this.schedule(heap, item, options.now + options.leaseMillis)
      const { attempt, key, owner } = item
      leases.push({ queue: options.queue, owner, key, attempt, token: String(item.token) })
    }
    return leases
  }

  finish(lease: Lease): boolean {
    const { items } = this.queue(lease.queue)
    return this.held(items, lease) !== undefined && items.delete(`${lease.owner}/${lease.key}`)
  }

  move(lease: Lease, at: number, keep: boolean): boolean {
    const { heap, items } = this.queue(lease.queue)
    const item = this.held(items, lease)
    if (item === undefined) return false
    if (keep) {
      item.at = at
      heap.push({ at, token: item.token, item })
    } else {
      item.leased = false
      this.schedule(heap, item, at)
      this.ring(lease.queue)
    }
    return true
  }

  nextDue(queue: Queue): number | undefined {
    const { heap, items } = this.queue(queue)
    return this.live(heap, items)?.at
  }

  subscribe(queue: Queue, bell: Queues.Queue<void>): void {
    getOrMake(this.bells, queue, () => new Set()).add(bell)
  }

  unsubscribe(queue: Queue, bell: Queues.Queue<void>): void {
    this.bells.get(queue)?.delete(bell)
  }

  private ring(queue: Queue): void {
    for (const bell of this.bells.get(queue) ?? []) bell.unsafeOffer(undefined)
  }

  private schedule(heap: Heap, item: Item, at: number): void {
    item.at = at
    item.token = ++this.tokens
    heap.push({ at, token: item.token, item })
  }

  private held(items: Map<string, Item>, lease: Lease): Item | undefined {
    const item = items.get(`${lease.owner}/${lease.key}`)
    return item !== undefined && item.leased && String(item.token) === lease.token ? item : undefined
  }

  /** The heap's first entry that still speaks for its item. */
  private live(heap: Heap, items: Map<string, Item>): HeapEntry | undefined {
    for (;;) {
      const top = heap.peek()
      if (top === undefined) return undefined
      const { item } = top
      if (top.token === item.token && top.at === item.at && items.get(`${item.owner}/${item.key}`) === item) return top
      heap.pop()
    }
  }

  private queue(name: Queue): { readonly items: Map<string, Item>; readonly heap: Heap } {
    return getOrMake(this.queues, name, () => ({ items: new Map<string, Item>(), heap: new Heap() }))
  }
}

interface HeapEntry {
  readonly at: number
  readonly token: number
  readonly item: Item
}

/** A binary heap: the earliest first, and among equals the one that was put in first. */
class Heap {
  private readonly entries: Array<HeapEntry> = []

  peek(): HeapEntry | undefined {
    return this.entries[0]
  }

  push(entry: HeapEntry): void {
    const { entries } = this
    let i = entries.push(entry) - 1
    while (i > 0) {
      const parent = (i - 1) >>> 1
      if (!earlier(entry, entries[parent]!)) break
      entries[i] = entries[parent]!
      i = parent
    }
    entries[i] = entry
  }

  pop(): void {
    const { entries } = this
    const last = entries.pop()
    if (last === undefined || entries.length === 0) return
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= entries.length) break
      if (child + 1 < entries.length && earlier(entries[child + 1]!, entries[child]!)) child++
      if (!earlier(entries[child]!, last)) break
      entries[i] = entries[child]!
      i = child
    }
    entries[i] = last
  }
}

const earlier = (a: HeapEntry, b: HeapEntry): boolean => a.at < b.at || (a.at === b.at && a.token < b.token)
