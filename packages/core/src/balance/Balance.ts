/**
 * Rules: the minutes of an account, shared by all its applications (BAL-1): packages become effective and expire,
 * minutes are put on hold, settled, let go. Every minute is accounted for, always (BAL-5, BAL-6). What a call costs
 * (BAL-2, BAL-4) and when an alert is due are not decided here.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Basket from "../money/Basket.ts"
import * as Minutes from "../money/Minutes.ts"
import * as Decision from "../storage/Decision.ts"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref, Row } from "../storage/Kind.ts"
import * as Draw from "./Draw.ts"
import * as Evolution from "./Evolution.ts"
import * as Lots from "./Lot.ts"
import { Hold, Lot, Part, Share } from "./Lot.ts"
import * as LotQueue from "./LotQueue.ts"
import * as MinutePackage from "./MinutePackage.ts"

// ---------------------------------------------------------------------------------------------------------------------
// what it is
// ---------------------------------------------------------------------------------------------------------------------

/**
 * An account's minutes.
 *
 * **Details** Each lot is in one of four places, as of the last event: `pending` (not yet effective; by `effectiveAt`),
 * `open` (effective, unexpired, some minutes free), `drained` (nothing free, but minutes on hold) and `closed` (neither;
 * it leaves with the next `after`). The sums cover all lots ever bought, also those that have left.
 */
export const State = Schema.Struct({
  pending: Schema.Array(Lot),
  open: LotQueue.FromLots,
  drained: LotQueue.FromLots,
  closed: Schema.Array(Lot),
  /** Minutes ever bought: the sum of the five that follow. */
  granted: Minutes.Minutes,
  /** Not yet effective. */
  waiting: Minutes.Minutes,
  /** Free to be put on hold (BAL-1). */
  available: Minutes.Minutes,
  held: Minutes.Minutes,
  spent: Minutes.Minutes,
  expired: Minutes.Minutes,
  /** Minutes that calls lasted and no package could pay (BAL-8). */
  overrun: Minutes.Minutes,
  /** The time of the last event. Time never runs backwards in this book, whichever process writes it. */
  at: Schema.Int
})
export type State = typeof State.Type

export const initial: State = {
  pending: [],
  open: LotQueue.empty,
  drained: LotQueue.empty,
  closed: [],
  granted: Minutes.zero,
  waiting: Minutes.zero,
  available: Minutes.zero,
  held: Minutes.zero,
  spent: Minutes.zero,
  expired: Minutes.zero,
  overrun: Minutes.zero,
  at: 0
}

/** The ledger (BAL-9): each entry names its cause, an order, a send, or the passing of time. */
export const Event = Schema.Union(
  Schema.TaggedStruct("PackageGranted", {
    at: Schema.Int,
    orderId: Schema.String,
    packageId: Schema.String,
    kind: Basket.PackageKind,
    minutes: Minutes.Minutes,
    purchasedAt: Schema.Int,
    effectiveAt: Schema.Int,
    expiresAt: Schema.Int
  }),
  /** The activation time of a package came: its minutes are available. */
  Schema.TaggedStruct("PackageEffective", { at: Schema.Int, packageId: Schema.String, minutes: Minutes.Minutes }),
  /** The expiry of a package came: its free minutes are written off. */
  Schema.TaggedStruct("PackageExpired", { at: Schema.Int, packageId: Schema.String, minutes: Minutes.Minutes }),
  Schema.TaggedStruct("MinutesHeld", {
    at: Schema.Int,
    sendId: Schema.String,
    minutes: Minutes.Minutes,
    parts: Schema.Array(Part)
  }),
  /** A call is paid: `minutes` = what `shares` spent + what was drawn `beyond` the hold + `overrun`. */
  Schema.TaggedStruct("HoldSettled", {
    at: Schema.Int,
    sendId: Schema.String,
    minutes: Minutes.Minutes,
    shares: Schema.Array(Share),
    beyond: Schema.Array(Part),
    overrun: Minutes.Minutes
  }),
  Schema.TaggedStruct("HoldReleased", { at: Schema.Int, sendId: Schema.String, shares: Schema.Array(Share) }),
  /** Nothing of a package is left, free or on hold: these are its final numbers. */
  Schema.TaggedStruct("PackageClosed", {
    at: Schema.Int,
    packageId: Schema.String,
    minutes: Minutes.Minutes,
    spent: Minutes.Minutes,
    expired: Minutes.Minutes
  })
)
export type Event = typeof Event.Type
export type EventOf<Tag extends Event["_tag"]> = Extract<Event, { readonly _tag: Tag }>

/** What these decisions know of the world. */
export interface Env {
  /** Epoch milliseconds. */
  readonly now: number
}

// ---------------------------------------------------------------------------------------------------------------------
// refusals, in order of precedence
// ---------------------------------------------------------------------------------------------------------------------

/**
 * No usable package: none bought, or all not yet effective, used up or expired (BAL-7). A package that has minutes on
 * hold and has not expired is not used up: what it lacks is `NotEnoughMinutes`.
 */
export class NoUsablePackage extends Schema.TaggedError<NoUsablePackage>()("NoUsablePackage", {
  needed: Minutes.Minutes,
  notYetEffective: Minutes.Minutes
}) {
  static readonly rule = "BAL-7" as const
  static readonly code = 1033
  static readonly transient = true
}

/** There are usable packages, but their free minutes do not cover the hold (BAL-7). */
export class NotEnoughMinutes extends Schema.TaggedError<NotEnoughMinutes>()("NotEnoughMinutes", {
  needed: Minutes.Minutes,
  available: Minutes.Minutes
}) {
  static readonly rule = "BAL-7" as const
  static readonly code = 1031
  static readonly transient = true
}

// ---------------------------------------------------------------------------------------------------------------------
// decisions
// ---------------------------------------------------------------------------------------------------------------------

/** A package as it was bought. */
export interface Purchase {
  readonly packageId: string
  readonly kind: Basket.PackageKind
  readonly minutes: Minutes.Minutes
  readonly purchasedAt: number
  readonly effectiveAt: number
  readonly expiresAt: number
}

/** A hold that was made. Keep `hold`: it is settled or released once. */
export interface Held {
  readonly events: ReadonlyArray<Event>
  readonly hold: Hold
}

/** A call that was paid: by which packages, and what nobody paid (BAL-8). */
export interface Settled {
  readonly events: ReadonlyArray<Event>
  readonly paid: ReadonlyArray<Part>
  readonly overrun: Minutes.Minutes
}

/**
 * The events that time alone brings until `now`: packages that became effective, packages that expired, in order of
 * their times. Every other decision begins with them.
 */
export const catchUp = (env: Env, state: State): ReadonlyArray<Event> =>
  nextBoundary(state) <= timeOf(env, state) ? passTime(state, timeOf(env, state)).events : nothing

/** Adds packages. The caller grants each once: the order that asks for them is fulfilled in the same transaction. */
export const grant = (
  env: Env,
  state: State,
  command: { readonly orderId: string; readonly packages: ReadonlyArray<Purchase> }
): ReadonlyArray<Event> => {
  const { orderId, packages } = command
  const at = timeOf(env, state)
  const caught = passTime(state, at)
  const events = packages.map((purchase): Event => ({ _tag: "PackageGranted", at, orderId, ...purchase }))
  // A package that was paid long before it could be delivered may be effective already.
  return [...caught.events, ...events, ...catchUp(env, events.reduce(evolve, caught.state))]
}

/** Puts minutes on hold, of the packages that expire first (BAL-3, BAL-4). `minutes` is at least one. */
export const hold = (
  env: Env,
  state: State,
  command: { readonly sendId: string; readonly minutes: Minutes.Minutes }
): Either.Either<Held, NoUsablePackage | NotEnoughMinutes> => {
  const { minutes, sendId } = command
  if (!(minutes > 0)) throw new Error("a hold is of at least one minute")
  const now = timeOf(env, state)
  const caught = nextBoundary(state) <= now ? passTime(state, now) : undefined
  const current = caught === undefined ? state : caught.state
  if (current.available < minutes) return Either.left(lacking(current, minutes, now))
  const parts = Draw.draw(current.open, minutes)
  const held: Event = { _tag: "MinutesHeld", at: now, sendId, minutes, parts }
  return Either.right({
    events: caught === undefined ? [held] : [...caught.events, held],
    hold: { minutes, parts }
  })
}

/**
 * Pays a call out of its hold: the true cost is spent, the rest goes back to the lots it came from, or is written off
 * where they have expired meanwhile. What the hold does not cover is drawn from the open lots as far as they reach;
 * what is missing then is the overrun (BAL-8).
 *
 * **Gotchas** A hold is settled or released once: the send that keeps it sees to that.
 */
export const settle = (
  env: Env,
  state: State,
  command: { readonly sendId: string; readonly hold: Hold; readonly minutes: Minutes.Minutes }
): Settled => {
  const { hold, minutes, sendId } = command
  const now = timeOf(env, state)
  const caught = nextBoundary(state) <= now ? passTime(state, now) : undefined
  const shares = Draw.share(hold, minutes, now)
  const uncovered = minutes - hold.minutes
  const beyond = uncovered > 0 ? Draw.draw((caught?.state ?? state).open, uncovered) : nothing
  const overrun = uncovered > 0 ? Minutes.unsafeMake(uncovered - Draw.sum(beyond)) : Minutes.zero
  const settled: Event = { _tag: "HoldSettled", at: now, sendId, minutes, shares, beyond, overrun }
  return {
    events: caught === undefined ? [settled] : [...caught.events, settled],
    paid: Draw.paid(shares, beyond),
    overrun
  }
}

/** Lets a hold go: nothing is spent. */
export const release = (
  env: Env,
  state: State,
  command: { readonly sendId: string; readonly hold: Hold }
): ReadonlyArray<Event> => {
  const now = timeOf(env, state)
  const shares = Draw.share(command.hold, 0, now)
  const released: Event = { _tag: "HoldReleased", at: now, sendId: command.sendId, shares }
  return nextBoundary(state) <= now ? [...passTime(state, now).events, released] : [released]
}

/** The balance after some events, and what to store of it. */
export interface After {
  readonly state: State
  readonly changes: ReadonlyArray<Decision.Change>
}

/**
 * The balance after these events, and the changes to store: the balance's own, and the records of packages that are
 * closed by now (PKG-8). To be used in place of `Decision.change`; where it is not, closed packages stay in the balance
 * until it is.
 */
export const after = (row: Row<typeof kind>, events: ReadonlyArray<Event>): After => {
  if (events.length === 0) return { state: row.state, changes: nothing }
  const change = Decision.change(row, events)
  const state: State = change.state
  return state.closed.length === 0 ? { state, changes: [change] } : closing(row, events, state)
}

const closing = (row: Row<typeof kind>, events: ReadonlyArray<Event>, { at, closed }: State): After => {
  const accountId = row.ref.owner
  const farewells = closed.map(({ expired, minutes, packageId, spent }): Event => {
    return { _tag: "PackageClosed", at, packageId, minutes, spent, expired }
  })
  const records = closed.map((lot) =>
    Decision.change(Kinds.fresh(MinutePackage.ref(accountId, lot.packageId)), [
      { _tag: "PackageArchived", closed: MinutePackage.closed(accountId, lot) }
    ])
  )
  const change = Decision.change(row, [...events, ...farewells])
  return { state: change.state, changes: [change, ...records] }
}

/** The work of looking again when the next package becomes effective or expires, if there is any to wait for. */
export const wake = (row: Row<typeof kind>, state: State, now: number): ReadonlyArray<Decision.WorkOrder> => {
  const at = wakeAt(state, now)
  return at === undefined ? nothing : [Decision.enqueue("packageExpiry", row.ref, at)]
}

// ---------------------------------------------------------------------------------------------------------------------
// evolution
// ---------------------------------------------------------------------------------------------------------------------

/** The state after an entry of the ledger. An entry that does not fit the state is a defect. */
export const evolve: (state: State, event: Event) => State = Evolution.evolve

// ---------------------------------------------------------------------------------------------------------------------
// the passing of time
// ---------------------------------------------------------------------------------------------------------------------

/** The time of a decision: never before the last event, whatever the clock of this process says. */
const timeOf = (env: Env, state: State): number => Math.max(env.now, state.at)

/** When time alone will next change the available minutes; infinity if never. */
const nextBoundary = (state: State): number => {
  const effectiveAt = state.pending.length === 0 ? Number.POSITIVE_INFINITY : state.pending[0]!.effectiveAt
  const first = state.open.size === 0 ? undefined : LotQueue.first(state.open)
  return first === undefined || first.expiresAt > effectiveAt ? effectiveAt : first.expiresAt
}

const passTime = (state: State, now: number): { readonly state: State; readonly events: ReadonlyArray<Event> } => {
  const events: Array<Event> = []
  let current = state
  for (let at = nextBoundary(current); at <= now; at = nextBoundary(current)) {
    const pending = current.pending[0]
    const lot = pending?.effectiveAt === at ? pending : LotQueue.first(current.open)!
    const event: Event = {
      _tag: lot === pending ? "PackageEffective" : "PackageExpired",
      at: Math.max(at, current.at),
      packageId: lot.packageId,
      minutes: lot.free
    }
    events.push(event)
    current = evolve(current, event)
  }
  return { state: current, events }
}

// ---------------------------------------------------------------------------------------------------------------------
// queries
// ---------------------------------------------------------------------------------------------------------------------

/** The balance at `now` (BAL-1): what effective, unexpired packages have free. */
export const available = (state: State, now: number): Minutes.Minutes => current(state, now).available

/** The state as it is at `now`, also if nothing has happened since some package became effective or expired. */
export const current = (state: State, now: number): State =>
  nextBoundary(state) <= now ? passTime(state, now).state : state

/**
 * When somebody should look again because a package becomes effective or expires; `undefined` if there is nothing to
 * wait for. A lot whose minutes are all on hold counts, as they may come back before it expires.
 */
export const wakeAt = (state: State, now: number): number | undefined => {
  const drained = LotQueue.firstAfter(state.drained, now)
  const at = Math.min(nextBoundary(state), drained?.expiresAt ?? Number.POSITIVE_INFINITY)
  return at === Number.POSITIVE_INFINITY ? undefined : at
}

/** All lots of the state, in the order of drawing. */
export const lots = (state: State): ReadonlyArray<Lot> =>
  [...state.pending, ...LotQueue.toLots(state.open), ...LotQueue.toLots(state.drained), ...state.closed].sort(
    Lots.byDraw
  )

/** Whether a hold that lacks minutes could be paid if others let go of theirs: then a package is usable (BAL-7). */
const lacking = (state: State, needed: Minutes.Minutes, now: number): NoUsablePackage | NotEnoughMinutes => {
  // Of the lots whose minutes are all on hold, the last expires last.
  const usable = state.open.size > 0 || (LotQueue.last(state.drained)?.expiresAt ?? 0) > now
  return usable
    ? new NotEnoughMinutes({ needed, available: state.available })
    : new NoUsablePackage({ needed, notYetEffective: state.waiting })
}

// ---------------------------------------------------------------------------------------------------------------------
// invariants
// ---------------------------------------------------------------------------------------------------------------------

/**
 * BAL-5, BAL-6: nothing is negative, and what was bought is free, on hold, spent or expired, for each package and for
 * the account; lots that have left are accounted for in the sums.
 */
export const conserves = (state: State): boolean => {
  const all = lots(state)
  const open = LotQueue.toLots(state.open)
  const drained = LotQueue.toLots(state.drained)
  const left = state.granted - total(all, "minutes")
  return (
    all.every(Lots.conserves) &&
    LotQueue.isSound(state.open) &&
    LotQueue.isSound(state.drained) &&
    open.every(({ free }) => free > 0) &&
    drained.every(({ free, held }) => free === 0 && held > 0) &&
    state.closed.every(({ free, held }) => free === 0 && held === 0) &&
    state.waiting === total(state.pending, "free") &&
    state.available === total(open, "free") &&
    state.held === total(all, "held") &&
    left >= 0 &&
    left === state.spent - total(all, "spent") + (state.expired - total(all, "expired")) &&
    state.granted === state.waiting + state.available + state.held + state.spent + state.expired &&
    state.overrun >= 0
  )
}

const total = (lots: ReadonlyArray<Lot>, place: "minutes" | "free" | "held" | "spent" | "expired"): number =>
  lots.reduce((sum, lot) => sum + lot[place], 0)

// ---------------------------------------------------------------------------------------------------------------------
// storage
// ---------------------------------------------------------------------------------------------------------------------

export const kind: Kind<State, Event> = {
  name: "balance",
  initial,
  evolve,
  state: State,
  event: Event,
  personal: Kinds.nothingPersonal,
  journaled: true,
  ephemeral: false,
  indexes: {}
}

export const ref = (accountId: string): Ref<typeof kind> => Kinds.ref(kind, accountId, accountId)

const nothing: ReadonlyArray<never> = []
