/**
 * Adapter: a binary heap of things that have a time, the earliest first, and among equals the one that was put in first.
 * What no longer counts may stay in it: whoever takes things out knows what counts.
 */

export interface Timed {
  readonly at: number
  /** Grows with every thing that is put in. */
  readonly token: number
}

export class Heap<T extends Timed> {
  private entries: Array<T> = []

  get size(): number {
    return this.entries.length
  }

  peek(): T | undefined {
    return this.entries[0]
  }

  /** How many that count have come by `now`, up to `limit`. What has not come yet is not looked at: it lies below. */
  countUntil(now: number, limit: number, counts: (entry: T) => boolean): number {
    const { entries } = this
    const open = [0]
    let count = 0
    while (count < limit) {
      const i = open.pop()
      if (i === undefined) break
      const entry = entries[i]
      if (entry === undefined || entry.at > now) continue
      if (counts(entry)) count++
      open.push(2 * i + 1, 2 * i + 2)
    }
    return count
  }

  push(entry: T): void {
    const { entries } = this
    entries.push(entry)
    this.rise(entries.length - 1)
  }

  pop(): void {
    const { entries } = this
    const last = entries.pop()
    if (last === undefined || entries.length === 0) return
    entries[0] = last
    this.sink(0)
  }

  /** Throws out what does not count. */
  keep(counts: (entry: T) => boolean): void {
    this.entries = this.entries.filter(counts)
    for (let i = (this.entries.length >>> 1) - 1; i >= 0; i--) this.sink(i)
  }

  private rise(from: number): void {
    const { entries } = this
    const entry = entries[from]!
    let i = from
    while (i > 0) {
      const parent = (i - 1) >>> 1
      if (!earlier(entry, entries[parent]!)) break
      entries[i] = entries[parent]!
      i = parent
    }
    entries[i] = entry
  }

  private sink(from: number): void {
    const { entries } = this
    const entry = entries[from]!
    let i = from
    for (;;) {
      let child = 2 * i + 1
      if (child >= entries.length) break
      if (child + 1 < entries.length && earlier(entries[child + 1]!, entries[child]!)) child++
      if (!earlier(entries[child]!, entry)) break
      entries[i] = entries[child]!
      i = child
    }
    entries[i] = entry
  }
}

const earlier = (a: Timed, b: Timed): boolean => a.at < b.at || (a.at === b.at && a.token < b.token)
