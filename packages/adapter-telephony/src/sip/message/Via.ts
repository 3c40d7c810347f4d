/**
 * Rules: one hop of the Via header (RFC 3261, section 20.42): where an answer goes, and which transaction it is of.
 */
import * as Either from "effect/Either"
import { formatHostPort, formatParameters, hostPort, parameters, type Parameters } from "./Grammar.ts"
import { type Malformed, malformed } from "./Malformed.ts"

export interface Via {
  /** In upper case: `UDP`, `TCP`, `TLS`. */
  readonly transport: string
  readonly host: string
  readonly port: number | undefined
  readonly params: Parameters
}

/** What every branch of RFC 3261 begins with: it says that the branch alone names the transaction. */
export const magicCookie = "z9hG4bK"

const sentBy = /^SIP[ \t]*\/[ \t]*2\.0[ \t]*\/[ \t]*([A-Za-z0-9\-.!%*_+`'~]+)[ \t]+([^;]+)(;.*)?$/is

export const parse = (text: string): Either.Either<Via, Malformed> => {
  const found = sentBy.exec(text.trim())
  if (found === null) return malformed("Via", "syntax")
  const address = hostPort(found[2]!)
  const params = parameters(found[3] ?? "")
  return address === undefined || params === undefined
    ? malformed("Via", "syntax")
    : Either.right({ transport: found[1]!.toUpperCase(), ...address, params })
}

export const format = ({ host, params, port, transport }: Via): string =>
  `SIP/2.0/${transport} ${formatHostPort(host, port)}${formatParameters(params)}`
