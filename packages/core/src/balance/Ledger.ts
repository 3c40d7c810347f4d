/**
 * Rules: the ledger as it is read and checked (BAL-9): what each entry moved, and why. Written apart from the rules that
 * make the entries, so that a mistake in one is found by the other.
 */
import * as Schema from "effect/Schema"
import type * as Balance from "./Balance.ts"
import type { Part, Share } from "./Lot.ts"

/** What set an entry off (BAL-9). */
export const Cause = Schema.Union(
  Schema.TaggedStruct("Order", { orderId: Schema.String }),
  Schema.TaggedStruct("Send", { sendId: Schema.String }),
  /** A package became effective or expired. */
  Schema.TaggedStruct("Time", {}),
  /** A package was closed, by the entry before: nothing moved. */
  Schema.TaggedStruct("Closing", {})
)
export type Cause = typeof Cause.Type

/** How many minutes of a package came into a place, or went from it if negative. Their sum is what was bought. */
export const Movement = Schema.Struct({
  packageId: Schema.String,
  waiting: Schema.Int,
  available: Schema.Int,
  held: Schema.Int,
  spent: Schema.Int,
  expired: Schema.Int
})
export type Movement = typeof Movement.Type

export const Entry = Schema.Struct({
  sequence: Schema.Int,
  at: Schema.Int,
  kind: Schema.String,
  cause: Cause,
  movements: Schema.Array(Movement),
  /** Minutes of a call that nobody paid (BAL-8). */
  overrun: Schema.Int
})
export type Entry = typeof Entry.Type

/** One entry of the ledger. */
export const entryOf = ({ event, sequence }: { readonly sequence: number; readonly event: Balance.Event }): Entry => ({
  sequence,
  at: event.at,
  kind: event._tag,
  cause: causeOf(event),
  movements: movementsOf(event),
  overrun: event._tag === "HoldSettled" ? event.overrun : 0
})

const causeOf = (event: Balance.Event): Cause => {
  switch (event._tag) {
    case "PackageGranted":
      return { _tag: "Order", orderId: event.orderId }
    case "PackageEffective":
    case "PackageExpired":
      return { _tag: "Time" }
    case "PackageClosed":
      return { _tag: "Closing" }
    case "MinutesHeld":
    case "HoldSettled":
    case "HoldReleased":
      return { _tag: "Send", sendId: event.sendId }
  }
}

const still = { waiting: 0, available: 0, held: 0, spent: 0, expired: 0 }

const movementsOf = (event: Balance.Event): ReadonlyArray<Movement> => {
  switch (event._tag) {
    case "PackageGranted":
      return [{ ...still, packageId: event.packageId, waiting: event.minutes }]
    case "PackageEffective":
      return [{ ...still, packageId: event.packageId, waiting: 0 - event.minutes, available: event.minutes }]
    case "PackageExpired":
      return [{ ...still, packageId: event.packageId, available: 0 - event.minutes, expired: event.minutes }]
    case "MinutesHeld":
      return event.parts.map(({ minutes, packageId }) => ({
        ...still,
        packageId,
        available: 0 - minutes,
        held: minutes
      }))
    case "HoldSettled":
      return [...event.shares.map(ended), ...event.beyond.map(spent)]
    case "HoldReleased":
      return event.shares.map(ended)
    case "PackageClosed":
      return []
  }
}

const ended = ({ expired, held, packageId, returned, spent }: Share): Movement => {
  return { packageId, waiting: 0, available: returned, held: 0 - held, spent, expired }
}

const spent = ({ minutes, packageId }: Part): Movement => {
  return { ...still, packageId, available: 0 - minutes, spent: minutes }
}

// ---------------------------------------------------------------------------------------------------------------------
// the audit
// ---------------------------------------------------------------------------------------------------------------------

/** Where the minutes of a package, or of the account, are. */
export type Places = Omit<Movement, "packageId">

/** The sums of a ledger so far, by package, and the holds that are open. Grows with the audit; made by `newAudit`. */
export interface Audit {
  readonly packages: Map<string, Places & { readonly minutes: number; readonly closed: boolean }>
  readonly holds: Map<string, number>
  overrun: number
  sequence: number
  at: number
}

/** What an audit found wrong: the entry, and what about it. */
export const Finding = Schema.Struct({
  sequence: Schema.Int,
  problem: Schema.Literal(
    "sequence has a gap",
    "time runs backwards",
    "package granted twice",
    "package unknown or closed",
    "a place below zero",
    "minutes made or lost",
    "send holds twice",
    "hold unknown, or ended before",
    "call not paid in full",
    "final numbers differ"
  )
})
export type Finding = typeof Finding.Type

export const newAudit = (): Audit => ({ packages: new Map(), holds: new Map(), overrun: 0, sequence: 0, at: 0 })

/** Takes one more entry into the audit; answers what is wrong with it. */
export const check = (
  audit: Audit,
  recorded: { readonly sequence: number; readonly event: Balance.Event }
): Finding | undefined => {
  const { event, sequence } = recorded
  const found = (problem: Finding["problem"]): Finding => ({ sequence, problem })
  if (sequence !== audit.sequence + 1) return found("sequence has a gap")
  audit.sequence = sequence
  if (event.at < audit.at) return found("time runs backwards")
  audit.at = event.at
  if (event._tag === "PackageGranted") {
    if (audit.packages.has(event.packageId)) return found("package granted twice")
    audit.packages.set(event.packageId, { ...still, minutes: event.minutes, closed: false })
  }
  for (const movement of movementsOf(event)) {
    const before = audit.packages.get(movement.packageId)
    if (before === undefined || before.closed) return found("package unknown or closed")
    const places = add(before, movement)
    if (Object.values(places).some((minutes) => minutes < 0)) return found("a place below zero")
    if (total(places) !== before.minutes) return found("minutes made or lost")
    audit.packages.set(movement.packageId, { ...places, minutes: before.minutes, closed: false })
  }
  if (event._tag === "MinutesHeld") {
    if (audit.holds.has(event.sendId)) return found("send holds twice")
    audit.holds.set(event.sendId, event.minutes)
  }
  if (event._tag === "HoldSettled" || event._tag === "HoldReleased") {
    const held = audit.holds.get(event.sendId)
    if (held !== sum(event.shares, "held")) return found("hold unknown, or ended before")
    audit.holds.delete(event.sendId)
  }
  if (event._tag === "HoldSettled") {
    audit.overrun += event.overrun
    if (event.minutes !== sum(event.shares, "spent") + sum(event.beyond, "minutes") + event.overrun)
      return found("call not paid in full")
  }
  if (event._tag === "PackageClosed") {
    const last = audit.packages.get(event.packageId)
    if (last === undefined || last.closed) return found("package unknown or closed")
    if (last.minutes !== event.minutes || last.spent !== event.spent || last.expired !== event.expired)
      return found("final numbers differ")
    if (last.spent + last.expired !== last.minutes) return found("final numbers differ")
    audit.packages.set(event.packageId, { ...last, closed: true })
  }
  return undefined
}

/** The account's sums by the audit. */
export const sums = (audit: Audit): Places & { readonly granted: number } => {
  let places: Places = still
  for (const each of audit.packages.values()) places = add(places, each)
  return { ...places, granted: total(places) }
}

const add = (left: Places, right: Places): Places => ({
  waiting: left.waiting + right.waiting,
  available: left.available + right.available,
  held: left.held + right.held,
  spent: left.spent + right.spent,
  expired: left.expired + right.expired
})

const total = ({ available, expired, held, spent, waiting }: Places): number =>
  waiting + available + held + spent + expired

const sum = <Key extends string>(items: ReadonlyArray<{ readonly [K in Key]: number }>, key: Key): number =>
  items.reduce((total, item) => total + item[key], 0)
