/**
 * Rules: what this process remembers of the owners it works for: their revisions, and rows as of those. A revision grows
 * with every commit that touches anything of the owner, whichever process makes it, so rows are good as long as the
 * revision is.
 */
import type { Held } from "./Batch.ts"

interface Entry {
  held: Held | undefined
  used: boolean
}

interface Book {
  readonly owner: string
  revision: string
  readonly rows: Map<string, Entry>
}

/** A row that is known not to exist is remembered too, as `undefined`. */
export class OwnerCache {
  private readonly books = new Map<string, Book>()
  private readonly capacity: number
  private readonly queue: Array<{ readonly book: Book; readonly id: string }> = []
  private head = 0
  private size = 0

  constructor(capacity: number) {
    this.capacity = capacity
  }

  revision(owner: string): string | undefined {
    return this.books.get(owner)?.revision
  }

  knows(owner: string, id: string): boolean {
    return this.books.get(owner)?.rows.has(id) === true
  }

  get(owner: string, id: string): Held | undefined {
    const entry = this.books.get(owner)?.rows.get(id)
    if (entry === undefined) return undefined
    entry.used = true
    return entry.held
  }

  /** The revision that the storage has now: rows of another one are forgotten. */
  sees(owner: string, revision: string): void {
    const book = this.books.get(owner)
    if (book?.revision === revision) return
    if (book !== undefined) this.forget(owner)
    this.books.set(owner, { owner, revision, rows: new Map() })
  }

  /** This process has moved the owner on, and knows how. */
  advances(owner: string, revision: string): void {
    const book = this.books.get(owner)
    if (book === undefined) this.books.set(owner, { owner, revision, rows: new Map() })
    else book.revision = revision
  }

  put(owner: string, id: string, held: Held | undefined): void {
    const book = this.books.get(owner)
    if (book === undefined) return
    const entry = book.rows.get(id)
    if (entry !== undefined) {
      entry.held = held
      entry.used = true
      return
    }
    book.rows.set(id, { held, used: false })
    this.queue.push({ book, id })
    this.size++
    if (this.size > this.capacity) this.evict()
  }

  forget(owner: string): void {
    const book = this.books.get(owner)
    if (book === undefined) return
    this.size -= book.rows.size
    book.rows.clear()
    this.books.delete(owner)
  }

  /** A second chance for what was used since it was last looked at: accounts and balances stay, ended sends go. */
  private evict(): void {
    while (this.size > this.capacity && this.head < this.queue.length) {
      const { book, id } = this.queue[this.head++]!
      const entry = book.rows.get(id)
      if (entry === undefined) continue
      if (entry.used) {
        entry.used = false
        this.queue.push({ book, id })
        continue
      }
      book.rows.delete(id)
      this.size--
      if (book.rows.size === 0 && this.books.get(book.owner) === book) this.books.delete(book.owner)
    }
    if (this.head > this.capacity) {
      this.queue.splice(0, this.head)
      this.head = 0
    }
  }
}
