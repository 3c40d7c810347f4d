/**
 * Rules: lots in the order of drawing, as a persistent sorted array in small chunks: changing one lot copies its chunk
 * and the list of chunks, so it costs about the same over five lots and over a thousand. What a lot means is not known
 * here.
 */
import * as Schema from "effect/Schema"
import { byDraw, Lot, type LotKey } from "./Lot.ts"

/** Sorted by `byDraw`. No chunk is empty, and none has more than 32 lots. */
export class LotQueue {
  readonly chunks: ReadonlyArray<ReadonlyArray<Lot>>
  readonly size: number

  constructor(chunks: ReadonlyArray<ReadonlyArray<Lot>>, size: number) {
    this.chunks = chunks
    this.size = size
  }
}

/** Where a lot is: its chunk times 32, plus its index in there. Good until the queue changes. */
export type Place = number

const chunkSize = 32
const chunkOf = (place: Place): number => place >>> 5
const indexOf = (place: Place): number => place & 31
const placeAt = (chunk: number, index: number): Place => (chunk << 5) | index

export const empty: LotQueue = new LotQueue([], 0)

/** A queue of these lots, given in any order. */
export const fromLots = (lots: Iterable<Lot>): LotQueue => {
  const sorted = Array.from(lots).sort(byDraw)
  const chunks: Array<ReadonlyArray<Lot>> = []
  for (let i = 0; i < sorted.length; i += chunkSize) chunks.push(sorted.slice(i, i + chunkSize))
  return chunks.length === 0 ? empty : new LotQueue(chunks, sorted.length)
}

export const toLots = (queue: LotQueue): ReadonlyArray<Lot> => queue.chunks.flat()

/** The lot that is drawn first. */
export const first = (queue: LotQueue): Lot | undefined => queue.chunks[0]?.[0]

export const last = (queue: LotQueue): Lot | undefined => queue.chunks.at(-1)?.at(-1)

/** Where the lot of this key is; -1 if it is not in the queue. */
export const find = (queue: LotQueue, key: LotKey): Place => {
  const { chunks } = queue
  const chunkIndex = chunkFor(chunks, key)
  const chunk = chunks[chunkIndex]
  if (chunk === undefined) return -1
  const index = indexIn(chunk, key)
  const lot = chunk[index]
  return lot !== undefined && lot.packageId === key.packageId && byDraw(lot, key) === 0
    ? placeAt(chunkIndex, index)
    : -1
}

/** The lot at a place that `find` gave. */
export const get = (queue: LotQueue, place: Place): Lot => {
  const lot = queue.chunks[chunkOf(place)]?.[indexOf(place)]
  if (lot === undefined) throw new Error("a lot was looked for where there is none")
  return lot
}

/** The queue with another lot of the same key at this place. */
export const set = (queue: LotQueue, place: Place, lot: Lot): LotQueue => {
  const chunk = queue.chunks[chunkOf(place)]!.slice()
  chunk[indexOf(place)] = lot
  return new LotQueue(withChunk(queue.chunks, chunkOf(place), chunk), queue.size)
}

/** The queue without the lot at this place. */
export const remove = (queue: LotQueue, place: Place): LotQueue => {
  const { chunks, size } = queue
  const at = chunkOf(place)
  const chunk = chunks[at]!
  const rest: ReadonlyArray<Lot> = chunk.length === 1 ? none : chunk.toSpliced(indexOf(place), 1)
  const next = chunks[at + 1]
  if (rest.length === 0) return new LotQueue(chunks.toSpliced(at, 1), size - 1)
  // Half-full neighbours are joined, so that the list of chunks stays short whichever lots go.
  if (next !== undefined && rest.length + next.length <= chunkSize / 2) {
    return new LotQueue(chunks.toSpliced(at, 2, rest.concat(next)), size - 1)
  }
  return new LotQueue(withChunk(chunks, at, rest), size - 1)
}

/** The queue with one more lot; a lot whose key is there already is a defect. */
export const insert = (queue: LotQueue, lot: Lot): LotQueue => {
  const { chunks, size } = queue
  const at = Math.min(chunkFor(chunks, lot), chunks.length - 1)
  const chunk = chunks[at]
  if (chunk === undefined) return new LotQueue([[lot]], 1)
  const index = indexIn(chunk, lot)
  const there = chunk[index]
  if (there !== undefined && byDraw(there, lot) === 0)
    throw new Error(`the lot ${lot.packageId} is in the queue already`)
  if (chunk.length < chunkSize) {
    return new LotQueue(withChunk(chunks, at, chunk.toSpliced(index, 0, lot)), size + 1)
  }
  if (index === chunkSize) return new LotQueue(chunks.toSpliced(at + 1, 0, [lot]), size + 1)
  const grown = chunk.toSpliced(index, 0, lot)
  const half = chunkSize / 2
  return new LotQueue(chunks.toSpliced(at, 1, grown.slice(0, half), grown.slice(half)), size + 1)
}

/** The first lot that expires after this instant. */
export const firstAfter = (queue: LotQueue, instant: number): Lot | undefined => {
  const key = { expiresAt: instant + 1, purchasedAt: Number.NEGATIVE_INFINITY, packageId: "" }
  const chunk = queue.chunks[chunkFor(queue.chunks, key)]
  return chunk?.[indexIn(chunk, key)]
}

/** Whether lots are strictly in order, chunks are neither empty nor too long, and the size is right. */
export const isSound = (queue: LotQueue): boolean => {
  const lots = toLots(queue)
  return (
    queue.size === lots.length &&
    queue.chunks.every((chunk) => chunk.length > 0 && chunk.length <= chunkSize) &&
    lots.every((lot, i) => i === 0 || byDraw(lots[i - 1]!, lot) < 0)
  )
}

const Self = Schema.declare((input: unknown): input is LotQueue => input instanceof LotQueue, {
  identifier: "LotQueue"
})

/** A queue, stored as the array of its lots. */
export const FromLots = Schema.transform(Schema.Array(Lot), Self, {
  strict: true,
  decode: fromLots,
  encode: toLots
})

const none: ReadonlyArray<never> = []

const withChunk = (
  chunks: ReadonlyArray<ReadonlyArray<Lot>>,
  at: number,
  chunk: ReadonlyArray<Lot>
): ReadonlyArray<ReadonlyArray<Lot>> => {
  const copy = chunks.slice()
  copy[at] = chunk
  return copy
}

/** The first chunk whose last lot is not before the key; the number of chunks if there is none. */
const chunkFor = (chunks: ReadonlyArray<ReadonlyArray<Lot>>, key: LotKey): number => {
  let low = 0
  let high = chunks.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const chunk = chunks[middle]!
    if (byDraw(chunk[chunk.length - 1]!, key) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** The first index in a chunk whose lot is not before the key. */
const indexIn = (chunk: ReadonlyArray<Lot>, key: LotKey): number => {
  let low = 0
  let high = chunk.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (byDraw(chunk[middle]!, key) < 0) low = middle + 1
    else high = middle
  }
  return low
}
