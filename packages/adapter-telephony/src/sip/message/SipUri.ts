/**
 * Rules: `sip:` and `sips:` URIs (RFC 3261, section 19.1). Other schemes are not read: nothing is ever sent to them.
 */
import * as Either from "effect/Either"
import { formatHostPort, formatParameters, hostPort, noParameters, parameters, type Parameters } from "./Grammar.ts"
import { type Malformed, malformed } from "./Malformed.ts"

export interface SipUri {
  readonly scheme: "sip" | "sips"
  /** As it stands there, with its escapes, and with `:password` if somebody put one there. */
  readonly user: string | undefined
  /** In lower case; an IPv6 address in brackets. */
  readonly host: string
  readonly port: number | undefined
  readonly params: Parameters
  /** What follows `?`, as it stands there. */
  readonly headers: string | undefined
}

export const make = (
  parts: Pick<SipUri, "host"> & Partial<Pick<SipUri, "scheme" | "user" | "port" | "params">>
): SipUri => ({
  scheme: parts.scheme ?? "sip",
  user: parts.user,
  host: parts.host,
  port: parts.port,
  params: parts.params ?? noParameters,
  headers: undefined
})

/** Printable ASCII without what delimits; each `%` begins an escape. */
const user = /^(?:[!#$&'()*+,\-./0-9:;=?A-Z_a-z~]|%[0-9A-Fa-f]{2})+$/
const headers = /^(?:[!$&'()*+\-./0-9:=?A-Z[\]_a-z~]|%[0-9A-Fa-f]{2})*$/

export const parse = (text: string): Either.Either<SipUri, Malformed> => {
  const colon = text.indexOf(":")
  const scheme = text.slice(0, Math.max(colon, 0)).toLowerCase()
  if (scheme !== "sip" && scheme !== "sips") return malformed("uri", "syntax")
  const at = text.indexOf("@", colon)
  const userPart = at < 0 ? undefined : text.slice(colon + 1, at)
  if (userPart !== undefined && !user.test(userPart)) return malformed("uri", "syntax")
  const rest = text.slice(Math.max(at, colon) + 1)
  const question = rest.indexOf("?")
  const main = question < 0 ? rest : rest.slice(0, question)
  const headerPart = question < 0 ? undefined : rest.slice(question + 1)
  if (headerPart !== undefined && !headers.test(headerPart)) return malformed("uri", "syntax")
  const semicolon = main.indexOf(";")
  const address = hostPort(semicolon < 0 ? main : main.slice(0, semicolon))
  // Here, unlike in headers, no white space is let through.
  const params = /\s/.test(main) ? undefined : parameters(semicolon < 0 ? "" : main.slice(semicolon))
  if (address === undefined || params === undefined) return malformed("uri", "syntax")
  return Either.right({ scheme, user: userPart, ...address, params, headers: headerPart })
}

export const format = (uri: SipUri): string =>
  `${uri.scheme}:${uri.user === undefined ? "" : `${uri.user}@`}${formatHostPort(uri.host, uri.port)}` +
  `${formatParameters(uri.params)}${uri.headers === undefined ? "" : `?${uri.headers}`}`

/** The host without the brackets of an IPv6 address: what sockets take. */
export const address = (host: string): string => (host.startsWith("[") ? host.slice(1, -1) : host)
