/**
 * The minutes of an account as one would write it down first: an array of packages that is looked through for every
 * draw. The rival of `balance/Balance.ts`, with the same answers.
 */

export interface ScannedLot {
  readonly packageId: string
  readonly purchasedAt: number
  readonly effectiveAt: number
  readonly expiresAt: number
  readonly free: number
  readonly held: number
  readonly spent: number
  readonly expired: number
}

export interface ScannedHold {
  readonly minutes: number
  readonly parts: ReadonlyArray<{ readonly packageId: string; readonly minutes: number }>
}

type Lots = ReadonlyArray<ScannedLot>

/** Free minutes of expired packages are written off. */
const lapse = (lots: Lots, now: number): Lots =>
  lots.map((lot) => (lot.expiresAt <= now && lot.free > 0 ? { ...lot, free: 0, expired: lot.expired + lot.free } : lot))

/** What can be drawn, in the order of drawing. */
const drawable = (lots: Lots, now: number): Lots =>
  lots
    .filter((lot) => lot.effectiveAt <= now && now < lot.expiresAt && lot.free > 0)
    .sort(
      (a, b) =>
        a.expiresAt - b.expiresAt ||
        a.purchasedAt - b.purchasedAt ||
        (a.packageId < b.packageId ? -1 : a.packageId > b.packageId ? 1 : 0)
    )

const take = (lots: Lots, now: number, minutes: number): ScannedHold => {
  const parts: Array<{ packageId: string; minutes: number }> = []
  let missing = minutes
  for (const lot of drawable(lots, now)) {
    if (missing === 0) break
    const taken = Math.min(lot.free, missing)
    parts.push({ packageId: lot.packageId, minutes: taken })
    missing -= taken
  }
  return { minutes: minutes - missing, parts }
}

/** Puts minutes on hold; `undefined` if there are too few. */
export const hold = (
  lots: Lots,
  now: number,
  minutes: number
): { readonly lots: Lots; readonly hold: ScannedHold } | undefined => {
  const current = lapse(lots, now)
  const hold = take(current, now, minutes)
  if (hold.minutes < minutes) return undefined
  const held = current.map((lot) => {
    const part = hold.parts.find(({ packageId }) => packageId === lot.packageId)
    return part === undefined ? lot : { ...lot, free: lot.free - part.minutes, held: lot.held + part.minutes }
  })
  return { lots: held, hold }
}

/** Pays `minutes` out of a hold and, as far as they reach, out of what is free; nothing to pay lets the hold go. */
export const settle = (lots: Lots, now: number, hold: ScannedHold, minutes: number): Lots => {
  let unspent = minutes
  const current = lapse(lots, now)
  const beyond = take(current, now, Math.max(0, minutes - hold.minutes))
  const shares = hold.parts.map((part) => {
    const spent = Math.min(part.minutes, unspent)
    unspent -= spent
    return { ...part, spent, rest: part.minutes - spent }
  })
  return current.map((lot) => {
    const share = shares.find(({ packageId }) => packageId === lot.packageId)
    const more = beyond.parts.find(({ packageId }) => packageId === lot.packageId)?.minutes ?? 0
    if (share === undefined && more === 0) return lot
    const { minutes: held, rest, spent } = share ?? { minutes: 0, rest: 0, spent: 0 }
    const lapsed = lot.expiresAt <= now
    return {
      ...lot,
      free: lot.free - more + (lapsed ? 0 : rest),
      held: lot.held - held,
      spent: lot.spent + spent + more,
      expired: lot.expired + (lapsed ? rest : 0)
    }
  })
}
