/** The balance as a child would keep it: every minute is a coin, and each coin is looked at, one after the other. */
import type * as Lots from "../../src/balance/Lot.ts"

interface Coin {
  readonly packageId: string
  readonly purchasedAt: number
  readonly effectiveAt: number
  readonly expiresAt: number
  place: "free" | "held" | "spent" | "expired"
  sendId: string
}

/** How many coins of a package are in each place. */
export interface Count {
  minutes: number
  free: number
  held: number
  spent: number
  expired: number
}

export class MinuteByMinute {
  private readonly coins: Array<Coin> = []
  overrun = 0

  grant(purchase: {
    readonly packageId: string
    readonly minutes: number
    readonly purchasedAt: number
    readonly effectiveAt: number
    readonly expiresAt: number
  }): void {
    const { effectiveAt, expiresAt, packageId, purchasedAt } = purchase
    for (let i = 0; i < purchase.minutes; i++)
      this.coins.push({ packageId, purchasedAt, effectiveAt, expiresAt, place: "free", sendId: "" })
  }

  /** Coins that lie free beyond their date are lost. */
  pass(now: number): void {
    for (const coin of this.coins) if (coin.place === "free" && coin.expiresAt <= now) coin.place = "expired"
  }

  hold(now: number, sendId: string, minutes: number): "held" | "NoUsablePackage" | "NotEnoughMinutes" {
    const usable = this.usable(now)
    if (usable.length >= minutes) {
      for (const coin of usable.slice(0, minutes)) {
        coin.place = "held"
        coin.sendId = sendId
      }
      return "held"
    }
    const some = this.coins.some(
      (coin) => (coin.place === "free" || coin.place === "held") && coin.effectiveAt <= now && now < coin.expiresAt
    )
    return some ? "NotEnoughMinutes" : "NoUsablePackage"
  }

  settle(now: number, sendId: string, minutes: number): void {
    const mine = this.coins.filter((coin) => coin.place === "held" && coin.sendId === sendId).sort(inOrder)
    for (const [i, coin] of mine.entries())
      coin.place = i < minutes ? "spent" : now < coin.expiresAt ? "free" : "expired"
    const uncovered = Math.max(0, minutes - mine.length)
    const beyond = this.usable(now).slice(0, uncovered)
    for (const coin of beyond) coin.place = "spent"
    this.overrun += uncovered - beyond.length
  }

  available(now: number): number {
    return this.usable(now).length
  }

  counts(): Record<string, Count> {
    const counts: Record<string, Count> = {}
    for (const { packageId, place } of this.coins) {
      const count = (counts[packageId] ??= { minutes: 0, free: 0, held: 0, spent: 0, expired: 0 })
      count.minutes++
      count[place]++
    }
    return counts
  }

  private usable(now: number): Array<Coin> {
    return this.coins
      .filter((coin) => coin.place === "free" && coin.effectiveAt <= now && now < coin.expiresAt)
      .sort(inOrder)
  }
}

const inOrder = (a: Lots.LotKey, b: Lots.LotKey): number =>
  a.expiresAt - b.expiresAt || a.purchasedAt - b.purchasedAt || a.packageId.localeCompare(b.packageId, "en")
