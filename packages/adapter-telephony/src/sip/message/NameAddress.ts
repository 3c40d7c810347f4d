/**
 * Rules: what From, To, Contact, Route and Record-Route hold: a URI, perhaps with a name before it, and parameters.
 */
import * as Either from "effect/Either"
import { formatParameters, parameters, type Parameters, quoted, quoteEnd, unquoted } from "./Grammar.ts"
import { type Malformed, malformed } from "./Malformed.ts"

export interface NameAddress {
  readonly name: string | undefined
  /** As it stands there: any scheme. `SipUri.parse` reads it. */
  readonly uri: string
  readonly params: Parameters
}

/** Printable, and nothing that delimits a URI. */
// oxlint-disable-next-line no-control-regex -- they are what is refused
const uriText = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"\0-\x1f\x7f]+$/

/** Tokens and white space, and the letters of other scripts that some put there unquoted. */
const bareName = /^[A-Za-z0-9\-.!%*_+`'~ \t\x80-\xff]*$/

export const parse = (text: string, field: string): Either.Either<NameAddress, Malformed> => {
  const value = text.trim()
  let open = value.indexOf("<")
  let name: string | undefined
  if (value.startsWith('"')) {
    const close = quoteEnd(value, 0)
    open = close < 0 ? -1 : value.indexOf("<", close)
    if (open < 0 || value.slice(close + 1, open).trim() !== "") return malformed(field, "syntax")
    name = unquoted(value.slice(0, close + 1))
  } else if (open > 0) {
    name = value.slice(0, open).trim()
    if (!bareName.test(name)) return malformed(field, "syntax")
  }
  if (open < 0) return bare(value, field)
  const end = value.indexOf(">", open)
  const uri = value.slice(open + 1, end)
  if (end < 0 || !uriText.test(uri)) return malformed(field, "syntax")
  const params = parameters(value.slice(end + 1))
  return params === undefined ? malformed(field, "syntax") : Either.right({ name, uri, params })
}

/** Without brackets every parameter is the header's, and the URI must not hold what would be misread. */
const bare = (value: string, field: string): Either.Either<NameAddress, Malformed> => {
  const semicolon = value.indexOf(";")
  const uri = (semicolon < 0 ? value : value.slice(0, semicolon)).trimEnd()
  const params = parameters(semicolon < 0 ? "" : value.slice(semicolon))
  if (params === undefined || !uriText.test(uri) || /[?,]/.test(uri)) return malformed(field, "syntax")
  return Either.right({ name: undefined, uri, params })
}

export const format = ({ name, params, uri }: NameAddress): string =>
  `${name === undefined ? "" : `${quoted(name)} `}<${uri}>${formatParameters(params)}`
