/**
 * Phones behind a trunk of the tests' own, on a real socket of this machine: each behaves as its number was told to.
 */
import { randomBytes } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Answer from "../../../src/sip/message/Answer.ts"
import * as Message from "../../../src/sip/message/Message.ts"
import * as Either from "effect/Either"
import * as SipUri from "../../../src/sip/message/SipUri.ts"
import * as Negotiation from "../../../src/sip/sdp/Negotiation.ts"
import * as Transactions from "../../../src/sip/transaction/Transactions.ts"
import type * as Hop from "../../../src/sip/transport/Hop.ts"
import * as Transport from "../../../src/sip/transport/Transport.ts"

/** What a phone does. `listens` milliseconds after the answer it hangs up by itself. */
export interface Habit {
  readonly rings?: number
  readonly answers?: boolean
  readonly refuses?: number
  readonly listens?: number
  /** Where its audio goes. */
  readonly audioPort?: number
}

export interface Phones {
  readonly hop: (protocol: Hop.Protocol) => Hop.Hop
  readonly set: (number: string, habit: Habit) => void
  /** The INVITEs that reached a number, each Call-ID once. */
  readonly dialled: (number: string) => number
  /** Who called a number, by what its phone showed. */
  readonly shown: (number: string) => ReadonlyArray<string>
  readonly setDown: (isDown: boolean) => void
  /** A phone that rings is answered, whatever its habit; one that was answered hangs up. */
  readonly pickUp: (number: string) => void
  readonly putDown: (number: string) => void
  /** What the phones were asked, in order. */
  readonly asked: ReadonlyArray<string>
  readonly count: () => number
}

/** Over UDP and TCP; over TLS instead with a certificate. */
export const make = (address = "127.0.0.1", own?: { readonly certificate: string; readonly key: string }) =>
  Effect.gen(function* () {
    const habits = new Map<string, Habit>()
    const dials = new Map<string, Set<string>>()
    const invites = new Map<string, Transactions.ServerTransaction>()
    /** The last one of each number. */
    const rang = new Map<string, Transactions.ServerTransaction>()
    const shown = new Map<string, ReadonlyArray<string>>()
    const asked: Array<string> = []
    let isDown = false
    let opened: Transport.Transport | undefined
    const port = () => opened?.tlsPort ?? opened?.port ?? 0
    const settings: Transport.TransportOptions =
      own === undefined
        ? { address, port: 0, protocols: ["udp", "tcp"] }
        : { address, port: 0, protocols: ["tls"], tls: { own: { ...own, port: 0 } } }

    const respond = (
      transaction: Transactions.ServerTransaction,
      status: number,
      body: Uint8Array = Message.noBody
    ): void => {
      const host = address.includes(":") ? `[${address}]` : address
      const transport = transaction.from.protocol === "udp" ? "" : `;transport=${transaction.from.protocol}`
      const headers = [{ name: "Contact", value: `<sip:phone@${host}:${port()}${transport}>` }]
      if (body.length > 0) headers.push({ name: "Content-Type", value: "application/sdp" })
      const tag = `p${transaction.envelope.callId}`
      transaction.respond(Answer.response(transaction.request, status, { tag, headers, body }))
    }

    const onInvite = (transaction: Transactions.ServerTransaction): void => {
      const { callId } = transaction.envelope
      const uri = SipUri.parse(transaction.request.uri)
      const number = Either.isRight(uri) ? (uri.right.user ?? "") : ""
      if (isDown) return respond(transaction, 503)
      dials.set(number, (dials.get(number) ?? new Set()).add(callId))
      const [, from = ""] = /<sips?:([^@>]*)@/.exec(Message.first(transaction.request, "From") ?? "") ?? []
      shown.set(number, [...(shown.get(number) ?? []), from])
      invites.set(callId, transaction)
      rang.set(number, transaction)
      const habit = habits.get(number) ?? { answers: true }
      if (habit.refuses !== undefined) return respond(transaction, habit.refuses)
      respond(transaction, 180)
      if (habit.answers !== true) return
      transactions.alarms.set(transactions.alarms.now() + (habit.rings ?? 300), () => {
        answer(transaction, habit)
        if (habit.listens !== undefined) {
          transactions.alarms.set(transactions.alarms.now() + habit.listens, () => bye(transaction))
        }
      })
    }

    const answer = (transaction: Transactions.ServerTransaction, habit: Habit): void => {
      const local = {
        sessionId: 1,
        version: 1,
        address,
        port: habit.audioPort ?? 9,
        codecs: ["alaw", "mulaw"] as const
      }
      const answer = Negotiation.answer(local, transaction.request.body)
      if (Either.isRight(answer)) respond(transaction, 200, answer.right.body)
    }

    const ofLast = (number: string, act: (transaction: Transactions.ServerTransaction) => void): void => {
      const transaction = rang.get(number)
      if (transaction !== undefined) act(transaction)
    }

    const bye = ({ envelope, from, request }: Transactions.ServerTransaction): void => {
      const message: Message.Request = {
        _tag: "Request",
        method: "BYE",
        uri: SipUri.format(SipUri.make({ user: "vsms", host: "127.0.0.1", port: from.port })),
        headers: [
          { name: "From", value: `${Message.first(request, "To")};tag=p${envelope.callId}` },
          { name: "To", value: Message.first(request, "From")! },
          { name: "Call-ID", value: envelope.callId },
          { name: "CSeq", value: "1 BYE" }
        ],
        body: Message.noBody
      }
      transactions.start(from, message, () => {})
    }

    const transactions: Transactions.Transactions = yield* Transactions.make(
      (receive) =>
        Effect.tap(Transport.make(settings, receive), (transport) =>
          Effect.sync(() => {
            opened = transport
          })
        ),
      // Peers tell transactions apart by the branch alone, whoever it comes from.
      { token: () => `phones${randomBytes(8).toString("hex")}`, sentBy: () => ({ host: "phones.test", port: port() }) },
      (event) => {
        if (event._tag !== "Request") return void asked.push(event._tag === "Acknowledged" ? "ACK" : event._tag)
        const { transaction } = event
        const { request } = transaction
        asked.push(request.method)
        if (request.method === "INVITE") return onInvite(transaction)
        respond(transaction, isDown ? 503 : 200)
        if (request.method !== "CANCEL") return
        const invite = invites.get(transaction.envelope.callId)
        if (invite !== undefined) respond(invite, 487)
      }
    )

    const phones: Phones = {
      hop: (protocol) => ({ protocol, address, port: port() }),
      set: (number, habit) => habits.set(number, habit),
      dialled: (number) => dials.get(number)?.size ?? 0,
      shown: (number) => shown.get(number) ?? [],
      setDown: (down) => (isDown = down),
      pickUp: (number) => ofLast(number, (transaction) => answer(transaction, habits.get(number) ?? {})),
      putDown: (number) => ofLast(number, bye),
      asked,
      count: transactions.count
    }
    return phones
  })
