/**
 * Rules: a package of minutes as it is listed (PKG-8), and the record that is kept of it once it is closed: nothing of
 * it free, nothing on hold. How it is drawn upon is not decided here.
 */
import * as Schema from "effect/Schema"
import * as Basket from "../money/Basket.ts"
import * as Minutes from "../money/Minutes.ts"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref } from "../storage/Kind.ts"
import type { Lot } from "./Lot.ts"

/** What a closed package leaves behind: `minutes` = `spent` + `expired`. */
export const Closed = Schema.Struct({
  accountId: Schema.String,
  packageId: Schema.String,
  orderId: Schema.String,
  kind: Basket.PackageKind,
  minutes: Minutes.Minutes,
  purchasedAt: Schema.Int,
  effectiveAt: Schema.Int,
  expiresAt: Schema.Int,
  spent: Minutes.Minutes,
  expired: Minutes.Minutes
})
export type Closed = typeof Closed.Type

/** The record of a closed package; `null` while its minutes are in the balance. */
export const State = Schema.NullOr(Closed)
export type State = typeof State.Type

export const Event = Schema.TaggedStruct("PackageArchived", { closed: Closed })
export type Event = typeof Event.Type

/** What a package is for its owner (PKG-8). */
export const Status = Schema.Literal("notYetEffective", "active", "usedUp", "expired")
export type Status = typeof Status.Type

/** One row of the package list (PKG-8). `remaining` is what is free or on hold. */
export const PackageView = Schema.Struct({
  packageId: Schema.String,
  orderId: Schema.String,
  kind: Basket.PackageKind,
  name: Schema.String,
  minutes: Minutes.Minutes,
  remaining: Minutes.Minutes,
  held: Minutes.Minutes,
  spent: Minutes.Minutes,
  expired: Minutes.Minutes,
  purchasedAt: Schema.Int,
  effectiveAt: Schema.Int,
  validUntil: Schema.Int,
  status: Status
})
export type PackageView = typeof PackageView.Type

/** The name of a package (套餐名称): its kind and its size. */
export const nameOf = ({
  kind,
  minutes
}: {
  readonly kind: Basket.PackageKind
  readonly minutes: Minutes.Minutes
}): string => `${kind === "fixed" ? "固定套餐包" : "自定义套餐包"} ${Minutes.format(minutes)} 分钟`

/** The record of a lot that is closed. */
export const closed = (accountId: string, lot: Lot): Closed => ({
  accountId,
  packageId: lot.packageId,
  orderId: lot.orderId,
  kind: lot.kind,
  minutes: lot.minutes,
  purchasedAt: lot.purchasedAt,
  effectiveAt: lot.effectiveAt,
  expiresAt: lot.expiresAt,
  spent: lot.spent,
  expired: lot.expired
})

/**
 * A package of the balance, as listed at `now`.
 *
 * **Details** All minutes spent: used up, also once the date has passed. Minutes on hold keep a package from being used
 * up, as they may come back. From `expiresAt` on it is expired, whether or not its minutes are written off yet.
 */
export const viewOfLot = (lot: Lot, now: number): PackageView => {
  const lapsed = lot.expiresAt <= now
  const remaining = lapsed ? lot.held : lot.free + lot.held
  return {
    packageId: lot.packageId,
    orderId: lot.orderId,
    kind: lot.kind,
    name: nameOf(lot),
    minutes: lot.minutes,
    remaining: Minutes.unsafeMake(remaining),
    held: lot.held,
    spent: lot.spent,
    expired: Minutes.unsafeMake(lapsed ? lot.expired + lot.free : lot.expired),
    purchasedAt: lot.purchasedAt,
    effectiveAt: lot.effectiveAt,
    validUntil: lot.expiresAt,
    status:
      lot.spent === lot.minutes ? "usedUp" : lapsed ? "expired" : lot.effectiveAt > now ? "notYetEffective" : "active"
  }
}

/** A closed package, as listed: used up if calls took all of it, else expired. */
export const viewOfClosed = (closed: Closed): PackageView => ({
  packageId: closed.packageId,
  orderId: closed.orderId,
  kind: closed.kind,
  name: nameOf(closed),
  minutes: closed.minutes,
  remaining: Minutes.zero,
  held: Minutes.zero,
  spent: closed.spent,
  expired: closed.expired,
  purchasedAt: closed.purchasedAt,
  effectiveAt: closed.effectiveAt,
  validUntil: closed.expiresAt,
  status: closed.expired === 0 ? "usedUp" : "expired"
})

/**
 * One page of all packages, the newest purchase first: those in the balance, and a page of the closed ones from the same
 * place. A package in both was closed between two reads, and counts as closed.
 */
export const merge = (page: {
  readonly open: ReadonlyArray<PackageView>
  readonly closed: ReadonlyArray<PackageView>
  readonly after: { readonly at: number; readonly key: string } | undefined
  readonly limit: number
}): ReadonlyArray<PackageView> => {
  const { after, closed, limit, open } = page
  const isClosed = new Set(closed.map(({ packageId }) => packageId))
  const due = open.filter(
    (view) =>
      !isClosed.has(view.packageId) &&
      (after === undefined || newestFirst({ purchasedAt: after.at, packageId: after.key }, view) < 0)
  )
  return [...due, ...closed].sort(newestFirst).slice(0, limit)
}

type Bought = Pick<PackageView, "purchasedAt" | "packageId">

const newestFirst = (left: Bought, right: Bought): number =>
  right.purchasedAt - left.purchasedAt ||
  (left.packageId > right.packageId ? -1 : left.packageId < right.packageId ? 1 : 0)

export const kind: Kind<State, Event> = {
  name: "package",
  initial: null,
  evolve: (_, event) => event.closed,
  state: State,
  event: Event,
  personal: Kinds.nothingPersonal,
  journaled: false,
  ephemeral: false,
  indexes: {
    /** The closed packages of an account, in order of purchase. */
    byAccount: {
      name: "byAccount",
      position: (_, state) => (state === null ? undefined : { partition: state.accountId, at: state.purchasedAt })
    }
  }
}

export const ref = (accountId: string, packageId: string): Ref<typeof kind> => Kinds.ref(kind, accountId, packageId)
