/**
 * Rules: what this process remembers of the owners it works for: their revisions, and rows as of those. A revision grows
 * with every commit that touches anything of the owner, whichever process makes it, so rows are good as long as the
 * revision is.
 */
import type { Ref } from "@vsms/core/storage/Kind"
import type { Held } from "./Batch.ts"
import { RefMap } from "./RefMap.ts"

interface Entry {
  readonly ref: Ref<any>
  /** `undefined`: it is known that there is no such row. */
  held: Held | undefined
  /** Since it was last passed by. */
  used: boolean
  gone: boolean
}

interface Book {
  revision: string
  readonly entries: Set<Entry>
}

export class OwnerCache {
  private readonly capacity: number
  private readonly books = new Map<string, Book>()
  private readonly entries = new RefMap<Entry>()
  private queue: Array<Entry> = []
  private next = 0
  private size = 0

  /** At most so many rows, and no owner of which there is none. */
  constructor(capacity: number) {
    this.capacity = capacity
  }

  revision(owner: string): string | undefined {
    return this.books.get(owner)?.revision
  }

  knows(ref: Ref<any>): boolean {
    return this.entries.has(ref)
  }

  get(ref: Ref<any>): Held | undefined {
    const entry = this.entries.get(ref)
    if (entry === undefined) return undefined
    entry.used = true
    return entry.held
  }

  /** The revision that the storage has: rows of another one are forgotten. */
  sees(owner: string, revision: string): void {
    const book = this.books.get(owner)
    if (book?.revision === revision) return
    if (book !== undefined) this.forget(owner)
    this.books.set(owner, { revision, entries: new Set() })
  }

  /** This process moves the owner on, and knows what that changes: its rows stay. */
  advances(owner: string, revision: string): void {
    const book = this.books.get(owner)
    if (book !== undefined) book.revision = revision
  }

  /** Of an owner whose revision is known; else nothing is kept. */
  put(ref: Ref<any>, held: Held | undefined): void {
    const book = this.books.get(ref.owner)
    if (book === undefined) return
    const known = this.entries.get(ref)
    if (known !== undefined) {
      known.held = held
      known.used = true
      return
    }
    const entry: Entry = { ref, held, used: false, gone: false }
    this.entries.set(ref, entry)
    book.entries.add(entry)
    this.queue.push(entry)
    this.size++
    if (this.size > this.capacity) this.evict()
    // Where owners are forgotten again and again there is always room, and nothing would ever be passed by.
    if (this.queue.length > 2 * this.capacity + 64) {
      this.queue = this.queue.slice(this.next).filter(({ gone }) => !gone)
      this.next = 0
    }
  }

  forget(owner: string): void {
    const book = this.books.get(owner)
    if (book === undefined) return
    for (const entry of book.entries) entry.gone = true
    this.size -= book.entries.size
    this.entries.deleteOwner(owner)
    this.books.delete(owner)
  }

  /** A second chance for what was used since it was last passed by: accounts and balances stay, ended sends go. */
  private evict(): void {
    while (this.size > this.capacity && this.next < this.queue.length) {
      const entry = this.queue[this.next++]!
      if (entry.gone) continue
      if (entry.used) {
        entry.used = false
        this.queue.push(entry)
        continue
      }
      this.entries.delete(entry.ref)
      this.size--
      const { owner } = entry.ref
      const entries = this.books.get(owner)?.entries
      entries?.delete(entry)
      // A revision without rows is no use, and there may be any number of owners.
      if (entries?.size === 0) this.forget(owner)
    }
  }
}
