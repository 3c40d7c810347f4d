/**
 * Rules: which minutes are taken, in which order (BAL-3), and what becomes of held ones (BAL-4, BAL-8). Whether they may
 * be taken at all is `Balance`'s business.
 */
import * as Minutes from "../money/Minutes.ts"
import type { Hold, Lot, Part, Share } from "./Lot.ts"
import type { LotQueue } from "./LotQueue.ts"

/** Free minutes of these lots, in their order, as far as they reach. */
export const draw = (open: LotQueue, minutes: number): ReadonlyArray<Part> => {
  const front = open.chunks[0]?.[0]
  // Nearly every call fits in the lot that is drawn first.
  if (front !== undefined && front.free >= minutes) return minutes > 0 ? [part(front, minutes)] : []
  const parts: Array<Part> = []
  let missing = minutes
  for (const chunk of open.chunks) {
    for (const lot of chunk) {
      if (missing <= 0) return parts
      const taken = Math.min(lot.free, missing)
      parts.push(part(lot, taken))
      missing -= taken
    }
  }
  return parts
}

/**
 * Spends `minutes` of a hold, its parts in their order; gives the rest back to the lots they came from, and writes off
 * the rest of lots that have expired meanwhile.
 */
export const share = (hold: Hold, minutes: number, now: number): ReadonlyArray<Share> => {
  let unspent = minutes
  return hold.parts.map((part) => {
    const spent = Math.min(part.minutes, unspent)
    unspent -= spent
    const rest = part.minutes - spent
    const lapsed = part.expiresAt <= now
    return {
      packageId: part.packageId,
      purchasedAt: part.purchasedAt,
      expiresAt: part.expiresAt,
      held: part.minutes,
      spent: Minutes.unsafeMake(spent),
      returned: lapsed ? Minutes.zero : Minutes.unsafeMake(rest),
      expired: lapsed ? Minutes.unsafeMake(rest) : Minutes.zero
    }
  })
}

/** What a call took from each package: of its hold, and beyond it. */
export const paid = (shares: ReadonlyArray<Share>, beyond: ReadonlyArray<Part>): ReadonlyArray<Part> => {
  const parts: Array<Part> = []
  for (const { expiresAt, packageId, purchasedAt, spent } of shares) {
    if (spent > 0) parts.push({ packageId, purchasedAt, expiresAt, minutes: spent })
  }
  for (const part of beyond) parts.push(part)
  return parts
}

export const sum = (parts: ReadonlyArray<Part>): Minutes.Minutes => {
  let total = 0
  for (const part of parts) total += part.minutes
  return Minutes.unsafeMake(total)
}

const part = (lot: Lot, minutes: number): Part => ({
  packageId: lot.packageId,
  purchasedAt: lot.purchasedAt,
  expiresAt: lot.expiresAt,
  minutes: Minutes.unsafeMake(minutes)
})
