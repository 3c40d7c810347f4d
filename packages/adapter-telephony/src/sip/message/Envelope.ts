/**
 * Rules: the headers that every message has, by which it finds its transaction and its dialog. A message that parses
 * but lacks one, has it twice or contradicts itself has no envelope.
 */
import * as Either from "effect/Either"
import { natural, splitList } from "./Grammar.ts"
import { type Malformed, malformed } from "./Malformed.ts"
import type { Message } from "./Message.ts"
import * as NameAddress from "./NameAddress.ts"
import * as Via from "./Via.ts"

export interface Envelope {
  /** The topmost one. */
  readonly via: Via.Via
  readonly from: NameAddress.NameAddress
  readonly to: NameAddress.NameAddress
  readonly callId: string
  readonly cseq: { readonly number: number; readonly method: string }
  readonly maxForwards: number | undefined
}

/** RFC 3261, section 8.1.1.5: less than 2^31. */
const maxSequence = 2 ** 31 - 1

export const of = (message: Message): Either.Either<Envelope, Malformed> => {
  let viaText: string | undefined
  let fromText: string | undefined
  let toText: string | undefined
  let callId: string | undefined
  let cseqText: string | undefined
  let forwardsText: string | undefined
  for (const { name, value } of message.headers) {
    switch (name) {
      case "Via":
        viaText ??= value
        break
      case "From":
        if (fromText !== undefined) return malformed(name, "doubled")
        fromText = value
        break
      case "To":
        if (toText !== undefined) return malformed(name, "doubled")
        toText = value
        break
      case "Call-ID":
        if (callId !== undefined) return malformed(name, "doubled")
        callId = value
        break
      case "CSeq":
        if (cseqText !== undefined) return malformed(name, "doubled")
        cseqText = value
        break
      case "Max-Forwards":
        if (forwardsText !== undefined) return malformed(name, "doubled")
        forwardsText = value
        break
    }
  }
  if (viaText === undefined) return malformed("Via", "missing")
  if (fromText === undefined) return malformed("From", "missing")
  if (toText === undefined) return malformed("To", "missing")
  if (callId === undefined || callId === "") return malformed("Call-ID", "missing")
  if (cseqText === undefined) return malformed("CSeq", "missing")
  const via = topOf(viaText)
  if (Either.isLeft(via)) return Either.left(via.left)
  const from = NameAddress.parse(fromText, "From")
  if (Either.isLeft(from)) return Either.left(from.left)
  const to = NameAddress.parse(toText, "To")
  if (Either.isLeft(to)) return Either.left(to.left)
  const cseq = sequence(cseqText)
  if (Either.isLeft(cseq)) return Either.left(cseq.left)
  if (message._tag === "Request" && cseq.right.method !== message.method) return malformed("CSeq", "mismatch")
  const maxForwards = forwardsText === undefined ? undefined : natural(forwardsText, 255)
  if (forwardsText !== undefined && maxForwards === undefined) return malformed("Max-Forwards", "range")
  return Either.right({ via: via.right, from: from.right, to: to.right, callId, cseq: cseq.right, maxForwards })
}

const topOf = (text: string): Either.Either<Via.Via, Malformed> => {
  const hops = splitList(text)
  return hops === undefined ? malformed("Via", "syntax") : Via.parse(hops[0]!)
}

const sequence = (text: string): Either.Either<Envelope["cseq"], Malformed> => {
  const found = /^(\d+)[ \t]+([A-Za-z0-9\-.!%*_+`'~]+)$/.exec(text)
  if (found === null) return malformed("CSeq", "syntax")
  const number = natural(found[1]!, maxSequence)
  return number === undefined ? malformed("CSeq", "range") : Either.right({ number, method: found[2]! })
}

export const fromTag = (envelope: Envelope): string | undefined => envelope.from.params.get("tag")

export const toTag = (envelope: Envelope): string | undefined => envelope.to.params.get("tag")
