/**
 * Rules: a trunk in one line, `sip:user:password@host:port;transport=tls;srtp=required`, and what numbers look like
 * there.
 */
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import type * as Digest from "../auth/Digest.ts"
import { type Malformed, malformed } from "../message/Malformed.ts"
import * as SipUri from "../message/SipUri.ts"
import * as Hop from "../transport/Hop.ts"

export interface TrunkUri {
  /** A name or an address, in brackets if it is of IPv6. */
  readonly host: string
  /** Without one the trunk's name is looked up for servers (RFC 3263). */
  readonly port: number | undefined
  readonly protocol: Hop.Protocol
  readonly account: Digest.Account | undefined
  /** Whether audio is encrypted; `off` if absent. */
  readonly srtp?: Encryption
}

export const encryptions = ["off", "preferred", "required"] as const
export type Encryption = (typeof encryptions)[number]

/** Reads the line; the failure does not repeat it, for it holds a password. */
export const parse = (text: string): Either.Either<TrunkUri, Malformed> =>
  Either.flatMap(SipUri.parse(text), ({ host, params, port, scheme, user }): Either.Either<TrunkUri, Malformed> => {
    const named = params.get("transport")?.toLowerCase()
    const protocol = scheme === "sips" ? "tls" : Hop.protocols.find((known) => known === (named ?? "udp"))
    const wanted = params.get("srtp")?.toLowerCase()
    const srtp = encryptions.find((known) => known === wanted)
    if (protocol === undefined || (wanted !== undefined && srtp === undefined)) return malformed("uri", "syntax")
    const place = { host, port, protocol, ...(srtp === undefined ? {} : { srtp }) }
    if (user === undefined) return Either.right({ ...place, account: undefined })
    const colon = user.indexOf(":")
    const password = colon < 0 ? "" : unescaped(user.slice(colon + 1))
    const account = { user: unescaped(colon < 0 ? user : user.slice(0, colon)), password: Redacted.make(password) }
    return Either.right({ ...place, account })
  })

/** Escapes were checked: each is two digits. What is no UTF-8 stays as it is. */
const unescaped = (text: string): string => {
  const bytes = text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16))
  )
  return Buffer.from(bytes, "latin1").toString("utf8")
}

/** How a trunk wants numbers: with the plus sign, without it, or as one would dial them within China. */
export type NumberForm = "plus" | "digits" | "national"

/**
 * A number as the user part of a URI; `undefined` if it is none. Nothing else ever gets there: what is not digits could
 * be a header, or a call to where nobody meant to call.
 */
export const numberIn = (form: NumberForm, number: string): string | undefined => {
  if (!/^\+?[0-9]{3,15}$/.test(number)) return undefined
  const digits = number.startsWith("+") ? number.slice(1) : number
  if (form === "plus") return number
  return form === "national" && number.startsWith("+86") ? digits.slice(2) : digits
}
