/**
 * Adapter: the work queues of the memory store.
 */
import type * as Queues from "effect/Queue"
import type { Queue, WorkOrder } from "../Decision.ts"
import type { Lease } from "../WorkQueue.ts"
import { Heap, type Timed } from "./Heap.ts"

interface Item {
  readonly owner: string
  readonly key: string
  readonly trace: string | undefined
  attempt: number
  leased: boolean
  /** Differs after every move; leases and heap entries that carry an older one are void. 0: it is off the queue. */
  token: number
  /** When it is due, or becomes leasable again. */
  at: number
}

interface Entry extends Timed {
  readonly item: Item
}

const counts = ({ at, item, token }: Entry): boolean => token === item.token && at === item.at

/** One queue: its items by owner and key, and in order of their times. */
class Line {
  private readonly owners = new Map<string, Map<string, Item>>()
  private readonly heap = new Heap<Entry>()
  private size = 0

  get(owner: string, key: string): Item | undefined {
    return this.owners.get(owner)?.get(key)
  }

  put(item: Item): void {
    let keys = this.owners.get(item.owner)
    if (keys === undefined) this.owners.set(item.owner, (keys = new Map<string, Item>()))
    const before = keys.get(item.key)
    if (before === undefined) this.size++
    else before.token = 0
    keys.set(item.key, item)
    this.schedule(item)
  }

  delete(item: Item): void {
    item.token = 0
    const keys = this.owners.get(item.owner)
    if (keys?.delete(item.key) !== true) return
    this.size--
    if (keys.size === 0) this.owners.delete(item.owner)
  }

  /** Takes its place by its time; the place that it had counts no more. */
  schedule(item: Item): void {
    this.heap.push({ at: item.at, token: item.token, item })
    // What was moved or cancelled lies in the heap until its time comes, which may be long after.
    if (this.heap.size > 64 && this.heap.size > 2 * this.size) this.heap.keep(counts)
  }

  countDue(now: number, limit: number): number {
    return this.heap.countUntil(now, limit, counts)
  }

  first(): Item | undefined {
    for (;;) {
      const top = this.heap.peek()
      if (top === undefined || counts(top)) return top?.item
      this.heap.pop()
    }
  }
}

export class MemoryWork {
  private readonly lines = new Map<Queue, Line>()
  private readonly bells = new Map<Queue, Set<Queues.Queue<void>>>()
  private tokens = 0

  order(order: WorkOrder): void {
    const { key, owner, queue } = order
    const line = this.line(queue)
    if (order._tag === "Cancel") {
      const item = line.get(owner, key)
      if (item !== undefined) line.delete(item)
      return
    }
    const { dueAt: at, trace } = order
    const item: Item = { owner, key, trace, attempt: 0, leased: false, token: ++this.tokens, at }
    line.put(item)
    this.ring(queue, line, item)
  }

  lease(options: {
    readonly queue: Queue
    readonly now: number
    readonly limit: number
    readonly leaseMillis: number
  }): ReadonlyArray<Lease> {
    const { leaseMillis, limit, now, queue } = options
    const line = this.line(queue)
    const leases: Array<Lease> = []
    while (leases.length < limit) {
      const item = line.first()
      if (item === undefined || item.at > now) break
      item.attempt++
      item.leased = true
      this.move(line, item, now + leaseMillis)
      const { attempt, key, owner, trace } = item
      leases.push({ queue, owner, key, attempt, token: String(item.token), trace })
    }
    return leases
  }

  finish(lease: Lease): boolean {
    const line = this.line(lease.queue)
    const item = held(line, lease)
    if (item === undefined) return false
    line.delete(item)
    return true
  }

  postpone(lease: Lease, dueAt: number): boolean {
    const line = this.line(lease.queue)
    const item = held(line, lease)
    if (item === undefined) return false
    item.leased = false
    this.move(line, item, dueAt)
    this.ring(lease.queue, line, item)
    return true
  }

  extend(lease: Lease, until: number): boolean {
    const line = this.line(lease.queue)
    const item = held(line, lease)
    if (item === undefined) return false
    item.at = until
    line.schedule(item)
    return true
  }

  nextDue(queue: Queue): number | undefined {
    return this.line(queue).first()?.at
  }

  countDue({ limit, now, queue }: { readonly queue: Queue; readonly now: number; readonly limit: number }): number {
    return this.line(queue).countDue(now, limit)
  }

  subscribe(queue: Queue, bell: Queues.Queue<void>): void {
    const bells = this.bells.get(queue)
    if (bells === undefined) this.bells.set(queue, new Set([bell]))
    else bells.add(bell)
  }

  unsubscribe(queue: Queue, bell: Queues.Queue<void>): void {
    this.bells.get(queue)?.delete(bell)
  }

  private move(line: Line, item: Item, at: number): void {
    item.at = at
    item.token = ++this.tokens
    line.schedule(item)
  }

  /** Where other work falls due earlier, whoever waits for that finds this one too. */
  private ring(queue: Queue, line: Line, item: Item): void {
    const bells = this.bells.get(queue)
    if (bells === undefined || line.first() !== item) return
    for (const bell of bells) bell.unsafeOffer(undefined)
  }

  private line(queue: Queue): Line {
    let line = this.lines.get(queue)
    if (line === undefined) this.lines.set(queue, (line = new Line()))
    return line
  }
}

const held = (line: Line, { key, owner, token }: Lease): Item | undefined => {
  const item = line.get(owner, key)
  return item !== undefined && item.leased && String(item.token) === token ? item : undefined
}
