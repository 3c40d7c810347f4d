/**
 * Adapter: the rows of one partition of an index, in its order, in chunks: adding and removing costs little however
 * many there are, and at the end, where most additions are, next to nothing.
 */
import type { Row } from "../Kind.ts"
import type { Cursor } from "../Records.ts"

/** A row, as far as an index knows it. */
export interface Listed {
  row: Row<any>
}

/** Where a row stands in an index. */
export interface Place {
  readonly partition: string
  readonly at: number
  /** Of the row; here as well, because comparing is what most of the time goes into. */
  readonly key: string
  readonly listed: Listed
}

const chunkMax = 64

/** Places in order of (at, key, owner). No chunk is empty, but for the only one. */
export class SortedPlaces {
  private readonly chunks: Array<Array<Place>>

  constructor(first: Place) {
    this.chunks = [[first]]
  }

  get isEmpty(): boolean {
    return this.chunks[0]!.length === 0
  }

  add(place: Place): void {
    const { chunks } = this
    const last = chunks[chunks.length - 1]!
    const { key } = place
    const { owner } = place.listed.row.ref
    if (last.length === 0 || compare(last[last.length - 1]!, place.at, key, owner) < 0) {
      if (last.length < chunkMax) last.push(place)
      else chunks.push([place])
      return
    }
    const at = this.chunkOf(place.at, key, owner)
    const chunk = chunks[at]!
    chunk.splice(indexIn(chunk, place.at, key, owner), 0, place)
    if (chunk.length > chunkMax) chunks.splice(at + 1, 0, chunk.splice(chunkMax / 2))
  }

  remove(place: Place): void {
    const { key } = place
    const { owner } = place.listed.row.ref
    const at = this.chunkOf(place.at, key, owner)
    const chunk = this.chunks[at]
    if (chunk === undefined) return
    const index = indexIn(chunk, place.at, key, owner)
    if (chunk[index] !== place) return
    chunk.splice(index, 1)
    if (chunk.length === 0 && this.chunks.length > 1) this.chunks.splice(at, 1)
  }

  page(query: {
    readonly from?: number
    readonly until?: number
    readonly after?: Cursor | undefined
    readonly limit: number
    readonly descending?: boolean
  }): ReadonlyArray<Place> {
    const { after, limit } = query
    const from = query.from ?? Number.NEGATIVE_INFINITY
    const until = query.until ?? Number.POSITIVE_INFINITY
    const found: Array<Place> = []
    if (query.descending === true) {
      const [at, key] = after === undefined || after.at >= until ? [until, ""] : [after.at, after.key]
      let chunk = Math.min(this.chunkOf(at, key, ""), this.chunks.length - 1)
      let index = indexIn(this.chunks[chunk]!, at, key, "") - 1
      for (; chunk >= 0; index = (this.chunks[--chunk]?.length ?? 0) - 1)
        for (; index >= 0; index--) {
          const place = this.chunks[chunk]![index]!
          if (found.length === limit || place.at < from) return found
          found.push(place)
        }
      return found
    }
    // What comes after a cursor comes after all rows of its key, whoever owns them.
    const [at, key, owner] =
      after === undefined || after.at < from ? [from, "", ""] : [after.at, after.key, "\u{10ffff}"]
    let chunk = this.chunkOf(at, key, owner)
    let index = chunk < this.chunks.length ? indexIn(this.chunks[chunk]!, at, key, owner) : 0
    for (; chunk < this.chunks.length; chunk++, index = 0)
      for (; index < this.chunks[chunk]!.length; index++) {
        const place = this.chunks[chunk]![index]!
        if (found.length === limit || place.at >= until) return found
        found.push(place)
      }
    return found
  }

  /** The first chunk whose last place is not before this one; the number of chunks if there is none. */
  private chunkOf(at: number, key: string, owner: string): number {
    let low = 0
    let high = this.chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const chunk = this.chunks[middle]!
      const last = chunk[chunk.length - 1]
      if (last !== undefined && compare(last, at, key, owner) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** The first index in a chunk whose place is not before this one. */
const indexIn = (chunk: ReadonlyArray<Place>, at: number, key: string, owner: string): number => {
  let low = 0
  let high = chunk.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compare(chunk[middle]!, at, key, owner) < 0) low = middle + 1
    else high = middle
  }
  return low
}

const compare = (place: Place, at: number, key: string, owner: string): number => {
  if (place.at !== at) return place.at < at ? -1 : 1
  if (place.key !== key) return place.key < key ? -1 : 1
  const { ref } = place.listed.row
  return ref.owner < owner ? -1 : ref.owner > owner ? 1 : 0
}
