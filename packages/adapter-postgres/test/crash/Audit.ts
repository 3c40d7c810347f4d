/**
 * What must be true of the books whatever has been killed, and when. The books are compared with what the platform told
 * the outside before: a lost update loses a send and its minutes together, and then all sums still agree.
 */
import * as Balance from "@vsms/core/balance/Balance"
import * as CallId from "@vsms/core/dispatch/CallId"
import * as Send from "@vsms/core/sending/Send"
import * as Schema from "effect/Schema"
import type { Books, Counted } from "./Books.ts"

/** An answer that somebody got. */
export type Acknowledged =
  | { readonly _tag: "Accepted"; readonly key: string; readonly sendId: string; readonly holdMinutes: number }
  | { readonly _tag: "Refused"; readonly attemptId: string }
  /** Something that must not happen at all, such as a defect. */
  | { readonly _tag: "Fault"; readonly text: string }

/** A callback that was taken. */
export interface Told {
  readonly sendId: string
  readonly result: string
  readonly billedMinutes: number
  readonly receipt: number
}

/** What the outside knew before the books were read. */
export interface Outside {
  readonly acknowledged: ReadonlyArray<Acknowledged>
  readonly told: ReadonlyArray<Told>
  /** Ids of the calls that the telephone network took. */
  readonly placed: ReadonlyArray<string>
  /** Ids of the calls at which a phone rang or was answered. */
  readonly rung: ReadonlyArray<string>
}

export interface Verdict {
  readonly problems: ReadonlyArray<string>
  /** How many comparisons were made. */
  readonly checks: number
}

/** `ended`: nothing is left to be done, and whatever was accepted must be over. */
export const audit = (books: Books, outside: Outside, ended: boolean): Verdict => {
  const problems: Array<string> = []
  let checks = 0
  const check = (holds: boolean, problem: () => string): void => {
    checks++
    if (!holds && problems.length < 20) problems.push(problem())
  }
  const sends = new Map(books.sends.map((send) => [send.id, send]))
  const memories = new Map(books.memories.map(({ key, sendId }) => [key, sendId]))

  // Every acknowledged answer is there, and is the only one.
  const refused = new Set(books.refused)
  for (const answer of outside.acknowledged) {
    if (answer._tag === "Fault") check(false, () => `a fault: ${answer.text}`)
    else if (answer._tag === "Refused") {
      check(refused.has(answer.attemptId), () => `the refusal ${answer.attemptId} is not recorded`)
    } else {
      const { holdMinutes, key, sendId } = answer
      const state = sends.get(sendId)?.state
      check(state !== undefined, () => `the accepted send ${sendId} (${key}) is not there`)
      check(memories.get(key) === sendId, () => `${key} was answered with ${sendId}, and is of ${memories.get(key)}`)
      check(state?.accepted.hold.minutes === holdMinutes, () => `the hold of ${sendId} is not what was answered`)
    }
  }
  check(books.sends.length === books.memories.length, () => `${books.sends.length} sends, ${memories.size} keys`)
  check(new Set(memories.values()).size === memories.size, () => "two keys have one send")

  // What was told is so, and what was dialled had been recorded before.
  for (const { billedMinutes, receipt, result, sendId } of outside.told) {
    const state = sends.get(sendId)?.state
    const stage = result === "answered" ? "completed" : "failed"
    check(
      state?.stage === stage && state.billedMinutes === billedMinutes && state.receipt === receipt,
      () => `${sendId} was told as ${result}, ${billedMinutes} min, no. ${receipt}; it is ${JSON.stringify(state)}`
    )
  }
  for (const id of outside.placed) {
    const sendId = CallId.sendOf(id)
    const attempts = sends.get(sendId)?.state.attempts.length ?? 0
    const known = Array.from({ length: attempts }, (_, i) => CallId.of(sendId, i + 1))
    check(known.includes(id), () => `the call ${id} was placed, and nothing is known of it`)
  }
  const phones = outside.rung.map(CallId.sendOf)
  check(new Set(phones).size === phones.length, () => "a phone rang twice for one send")

  // Nothing is billed twice, nothing is lost: account by account.
  const looked = new Set(books.work.filter(({ queue }) => queue !== "callback").map(({ key }) => key))
  for (const { account, sequence, state } of books.balances) {
    const own = books.sends.filter((send) => send.account === account)
    const open = own.filter((send) => !Send.isFinal(send.state))
    const over = own.filter((send) => Send.isFinal(send.state))
    const held = sum(open.map((send) => send.state.accepted.hold.minutes))
    check(state.held === held, () => `${account}: ${state.held} min held, sends in flight hold ${held}`)
    const billed = sum(over.map((send) => send.state.billedMinutes))
    check(state.spent + state.overrun === billed, () => `${account}: ${state.spent} min spent, ${billed} billed`)
    const sums = state.available + state.held + state.waiting + state.spent + state.expired
    check(state.granted === sums, () => `${account}: ${state.granted} min bought, ${sums} accounted for`)

    const entries = books.ledger.filter((entry) => entry.account === account)
    check(
      entries.every((entry, i) => entry.sequence === i + 1) && entries.length === sequence,
      () => `${account}: the ledger of ${sequence} entries has gaps or repeats`
    )
    const ends = new Map<string, number>()
    for (const { entry } of entries)
      if (entry._tag === "HoldSettled" || entry._tag === "HoldReleased")
        ends.set(entry.sendId, (ends.get(entry.sendId) ?? 0) + 1)
    check(
      over.every(({ id }) => ends.get(id) === 1) && ends.size === over.length,
      () => `${account}: ${over.length} sends are over, ${ends.size} holds have ended`
    )
    check(rebuilt(entries) === canonical(state), () => `${account}: the ledger does not make the stored balance`)

    const numbers = over.map((send) => send.state.receipt).sort((a, b) => a - b)
    const last = books.receipts.find((receipt) => receipt.account === account)?.last ?? 0
    check(
      numbers.every((number, i) => number === i + 1) && numbers.length === last,
      () => `${account}: ${numbers.length} receipts, the last is no. ${last}`
    )
    // Somebody will look after whatever is not over.
    for (const { id } of open) check(looked.has(id), () => `nobody looks after ${id}`)
  }

  check(books.gaps.length === 0, () => `gaps in the events of ${books.gaps.join(", ")}`)
  const recounted = recount(books)
  check(same(books.statistics, recounted), () => "the statistics are not what a recount of the sends gives")
  check(same(books.days, byDay(recounted)), () => "the statistics by day are not those by hour")

  if (ended) {
    const told = new Set(outside.told.map(({ sendId }) => sendId))
    for (const { id, state } of books.sends) {
      check(Send.isFinal(state), () => `${id} is ${state.stage} for ever`)
      check(told.has(id), () => `nobody was told of ${id}`)
    }
    for (const { sendId, status } of books.deliveries)
      check(status === "delivered", () => `the callback of ${sendId} is ${status}`)
    const left = books.work.filter(({ queue }) => ["dial", "reconcile", "callback"].includes(queue))
    check(left.length === 0, () => `work is left: ${JSON.stringify(left.slice(0, 3))}`)
  }
  return { problems, checks }
}

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((total, number) => total + number, 0)

const encode = Schema.encodeSync(Balance.State)
const decode = Schema.decodeUnknownSync(Balance.State)

/** However a database orders the fields. */
const canonical = (state: unknown): string => JSON.stringify(encode(decode(state)))

const rebuilt = (entries: Books["ledger"]): string =>
  JSON.stringify(encode(entries.reduce((state, { entry }) => Balance.evolve(state, entry), Balance.initial)))

/** The statistics, counted anew from the sends. */
const recount = ({ sends }: Books): ReadonlyArray<Counted> =>
  added(
    sends.flatMap(({ account, state }) => {
      const { applicationId: application, at, templateId: template } = state.accepted
      const place = { account, at: Math.floor(at / 3_600_000), application, template }
      const nothing = { sends: 0, answered: 0, failed: 0, minutes: 0 }
      const accepted = { ...place, ...nothing, reason: "", sends: 1 }
      if (state.stage === "completed")
        return [accepted, { ...place, ...nothing, reason: "", answered: 1, minutes: state.billedMinutes }]
      return state.stage === "failed"
        ? [accepted, { ...place, ...nothing, reason: state.reason ?? "", failed: 1 }]
        : [accepted]
    })
  )

const byDay = (hours: ReadonlyArray<Counted>): ReadonlyArray<Counted> =>
  added(hours.map((counted) => ({ ...counted, at: Math.floor((counted.at + 8) / 24) })))

const placeOf = ({ account, application, at, reason, template }: Counted): string =>
  JSON.stringify([account, at, application, template, reason])

const added = (counted: ReadonlyArray<Counted>): ReadonlyArray<Counted> => {
  const sums = new Map<string, Counted>()
  for (const one of counted) {
    const before = sums.get(placeOf(one))
    sums.set(
      placeOf(one),
      before === undefined
        ? one
        : {
            ...one,
            sends: before.sends + one.sends,
            answered: before.answered + one.answered,
            failed: before.failed + one.failed,
            minutes: before.minutes + one.minutes
          }
    )
  }
  return Array.from(sums.values())
}

const same = (left: ReadonlyArray<Counted>, right: ReadonlyArray<Counted>): boolean => {
  const text = (counted: ReadonlyArray<Counted>): string =>
    JSON.stringify(
      counted
        .map((one) => [placeOf(one), one.sends, one.answered, one.failed, one.minutes])
        .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
    )
  return text(left) === text(right)
}
