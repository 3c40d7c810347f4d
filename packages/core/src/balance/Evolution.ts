/**
 * Rules: how each entry of the ledger moves minutes between the places of an account's lots. Whether they may move is
 * decided in `Balance`; an entry that does not fit the state is a defect, found here.
 */
import * as Minutes from "../money/Minutes.ts"
import type * as Balance from "./Balance.ts"
import * as Lots from "./Lot.ts"
import type { Lot, Part, Share } from "./Lot.ts"
import * as LotQueue from "./LotQueue.ts"

export const evolve = (state: Balance.State, event: Balance.Event): Balance.State => {
  switch (event._tag) {
    case "MinutesHeld":
      return held(state, event)
    case "HoldSettled":
      return settled(state, event)
    case "HoldReleased":
      return released(state, event)
    case "PackageGranted":
      return granted(state, event)
    case "PackageEffective":
      return becameEffective(state, event)
    case "PackageExpired":
      return becameExpired(state, event)
    case "PackageClosed":
      return { ...state, closed: state.closed.filter((lot) => lot.packageId !== event.packageId), at: event.at }
  }
}

const held = (state: Balance.State, event: Balance.EventOf<"MinutesHeld">): Balance.State => {
  let { drained, open } = state
  for (const part of event.parts) {
    const place = placeOf(open, part)
    const before = LotQueue.get(open, place)
    const free = before.free - part.minutes
    if (free < 0) throw new Error(`the package ${part.packageId} was drawn below nothing`)
    const lot = Lots.move(before, free, before.held + part.minutes, before.spent, before.expired)
    if (free > 0) {
      open = LotQueue.set(open, place, lot)
    } else {
      open = LotQueue.remove(open, place)
      drained = LotQueue.insert(drained, lot)
    }
  }
  return {
    pending: state.pending,
    open,
    drained,
    closed: state.closed,
    granted: state.granted,
    waiting: state.waiting,
    available: Minutes.unsafeMake(state.available - event.minutes),
    held: Minutes.unsafeMake(state.held + event.minutes),
    spent: state.spent,
    expired: state.expired,
    overrun: state.overrun,
    at: event.at
  }
}

/** The state while the parts of an event are carried out. */
interface Draft {
  open: LotQueue.LotQueue
  drained: LotQueue.LotQueue
  closed: ReadonlyArray<Lot>
  available: number
  held: number
  spent: number
  expired: number
}

const draftOf = (state: Balance.State): Draft => ({
  open: state.open,
  drained: state.drained,
  closed: state.closed,
  available: state.available,
  held: state.held,
  spent: state.spent,
  expired: state.expired
})

const stateOf = (state: Balance.State, draft: Draft, overrun: number, at: number): Balance.State => ({
  pending: state.pending,
  open: draft.open,
  drained: draft.drained,
  closed: draft.closed,
  granted: state.granted,
  waiting: state.waiting,
  available: Minutes.unsafeMake(draft.available),
  held: Minutes.unsafeMake(draft.held),
  spent: Minutes.unsafeMake(draft.spent),
  expired: Minutes.unsafeMake(draft.expired),
  overrun: Minutes.unsafeMake(overrun),
  at
})

const settled = (state: Balance.State, event: Balance.EventOf<"HoldSettled">): Balance.State => {
  const draft = draftOf(state)
  for (const share of event.shares) endHold(draft, share)
  for (const part of event.beyond) spendFree(draft, part)
  return stateOf(state, draft, state.overrun + event.overrun, event.at)
}

const released = (state: Balance.State, event: Balance.EventOf<"HoldReleased">): Balance.State => {
  const draft = draftOf(state)
  for (const share of event.shares) endHold(draft, share)
  return stateOf(state, draft, state.overrun, event.at)
}

/** Takes one part off hold. Its lot is open if it has free minutes, and drained if not. */
const endHold = (draft: Draft, share: Share): void => {
  const inOpen = LotQueue.find(draft.open, share)
  const isOpen = inOpen >= 0
  const place = isOpen ? inOpen : placeOf(draft.drained, share)
  const before = LotQueue.get(isOpen ? draft.open : draft.drained, place)
  if (before.held < share.held) throw new Error(`the package ${share.packageId} has less on hold than is to be settled`)
  const lot = Lots.move(
    before,
    before.free + share.returned,
    before.held - share.held,
    before.spent + share.spent,
    before.expired + share.expired
  )
  if (isOpen) draft.open = LotQueue.set(draft.open, place, lot)
  else if (lot.free === 0 && lot.held > 0) draft.drained = LotQueue.set(draft.drained, place, lot)
  else {
    draft.drained = LotQueue.remove(draft.drained, place)
    if (lot.free > 0) draft.open = LotQueue.insert(draft.open, lot)
    else draft.closed = [...draft.closed, lot]
  }
  draft.available += share.returned
  draft.held -= share.held
  draft.spent += share.spent
  draft.expired += share.expired
}

/** Spends minutes that nobody had put on hold. */
const spendFree = (draft: Draft, part: Part): void => {
  const place = placeOf(draft.open, part)
  const before = LotQueue.get(draft.open, place)
  if (before.free < part.minutes) throw new Error(`the package ${part.packageId} was drawn below nothing`)
  const lot = Lots.move(before, before.free - part.minutes, before.held, before.spent + part.minutes, before.expired)
  if (lot.free > 0) draft.open = LotQueue.set(draft.open, place, lot)
  else {
    draft.open = LotQueue.remove(draft.open, place)
    setAside(draft, lot)
  }
  draft.available -= part.minutes
  draft.spent += part.minutes
}

/** Keeps a lot without free minutes: drained if calls still hold some, else closed. */
const setAside = (draft: Draft, lot: Lot): void => {
  if (lot.held > 0) draft.drained = LotQueue.insert(draft.drained, lot)
  else draft.closed = [...draft.closed, lot]
}

const granted = (state: Balance.State, event: Balance.EventOf<"PackageGranted">): Balance.State => {
  const { _tag, at, ...bought } = event
  const { minutes, packageId } = bought
  const known = (lot: Lot): boolean => lot.packageId === packageId
  if (state.pending.some(known) || LotQueue.find(state.open, event) >= 0 || LotQueue.find(state.drained, event) >= 0)
    throw new Error(`the package ${packageId} was granted before`)
  const lot: Lot = { ...bought, free: minutes, held: Minutes.zero, spent: Minutes.zero, expired: Minutes.zero }
  return {
    ...state,
    pending: [...state.pending, lot].sort(Lots.byEffect),
    granted: Minutes.add(state.granted, minutes),
    waiting: Minutes.add(state.waiting, minutes),
    at
  }
}

const becameEffective = (state: Balance.State, event: Balance.EventOf<"PackageEffective">): Balance.State => {
  const lot = state.pending.find(({ packageId }) => packageId === event.packageId)
  if (lot === undefined) throw new Error(`the package ${event.packageId} became effective without being bought`)
  return {
    ...state,
    pending: state.pending.filter((pending) => pending !== lot),
    open: LotQueue.insert(state.open, lot),
    waiting: Minutes.make(state.waiting - lot.free),
    available: Minutes.add(state.available, lot.free),
    at: event.at
  }
}

const becameExpired = (state: Balance.State, event: Balance.EventOf<"PackageExpired">): Balance.State => {
  // Open lots are in the order of their expiry, so this is the first.
  const before = LotQueue.first(state.open)
  if (before?.packageId !== event.packageId) throw new Error(`the package ${event.packageId} expired out of turn`)
  const draft = draftOf(state)
  draft.open = LotQueue.remove(draft.open, LotQueue.find(draft.open, before))
  setAside(draft, Lots.move(before, 0, before.held, before.spent, before.expired + before.free))
  draft.available -= before.free
  draft.expired += before.free
  return stateOf(state, draft, state.overrun, event.at)
}

const placeOf = (queue: LotQueue.LotQueue, key: Lots.LotKey): LotQueue.Place => {
  const place = LotQueue.find(queue, key)
  if (place < 0) throw new Error(`the package ${key.packageId} is not where its minutes should be`)
  return place
}
