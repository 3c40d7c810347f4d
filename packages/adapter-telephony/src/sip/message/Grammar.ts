/**
 * Rules: the lexical rules of RFC 3261, section 25.1, that several headers share. Every scan here looks at each
 * character once: what strangers send costs time in proportion to its length.
 */

/** A list separated by commas (or whatever `separator` is), which do not count inside of quotes and angle brackets. */
export const splitList = (text: string, separator = ","): ReadonlyArray<string> | undefined => {
  if (!text.includes(separator)) return [text.trim()]
  const parts: Array<string> = []
  let from = 0
  let inBrackets = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '"') {
      at = quoteEnd(text, at)
      if (at < 0) return undefined
    } else if (char === "<") inBrackets = true
    else if (char === ">") inBrackets = false
    else if (char === separator && !inBrackets) {
      parts.push(text.slice(from, at).trim())
      from = at + 1
    }
  }
  parts.push(text.slice(from).trim())
  return parts
}

/** Where the quoted string that opens at `at` closes; -1 if it does not. */
export const quoteEnd = (text: string, at: number): number => {
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === "\\") i++
    else if (text[i] === '"') return i
  }
  return -1
}

/** What stands between the quotes, without its escapes; a text that is not quoted is itself. */
export const unquoted = (text: string): string =>
  text.startsWith('"') ? text.slice(1, -1).replaceAll(/\\(.)/gs, "$1") : text

export const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, "\\$&")}"`

const token = /^[A-Za-z0-9\-.!%*_+`'~]+$/

export const isToken = (text: string): boolean => token.test(text)

/** A number in decimal digits up to `max`; `undefined` for anything else. */
export const natural = (text: string, max: number): number | undefined => {
  if (!/^\d{1,10}$/.test(text)) return undefined
  const value = Number(text)
  return value <= max ? value : undefined
}

/** Parameters by their names in lower case. One without a value has the empty string. */
export type Parameters = ReadonlyMap<string, string>

export const noParameters: Parameters = new Map()

/** `;name=value` any number of times. Quoted values come without their quotes. `undefined`: it is something else. */
export const parameters = (text: string): Parameters | undefined => {
  const rest = text.trim()
  if (rest === "") return noParameters
  if (!rest.startsWith(";")) return undefined
  const parts = splitList(rest.slice(1), ";")
  if (parts === undefined) return undefined
  const found = new Map<string, string>()
  for (const part of parts) {
    const equals = part.indexOf("=")
    const name = (equals < 0 ? part : part.slice(0, equals)).trimEnd().toLowerCase()
    const value = equals < 0 ? "" : part.slice(equals + 1).trimStart()
    if (!isToken(name) || found.has(name)) return undefined
    if (value.startsWith('"') ? quoteEnd(value, 0) !== value.length - 1 : !bareValue.test(value)) return undefined
    found.set(name, unquoted(value))
  }
  return found
}

/** More than a token: hosts, and what real devices put there. */
const bareValue = /^[^\s"<>;,]*$/

export const formatParameters = (params: Parameters): string => {
  let text = ""
  for (const [name, value] of params) {
    text += value === "" ? `;${name}` : bareValue.test(value) ? `;${name}=${value}` : `;${name}=${quoted(value)}`
  }
  return text
}

const hostName = /^[A-Za-z0-9](?:[A-Za-z0-9\-._]{0,252})$/

/** What may be between brackets: only its alphabet is looked at; whether it is an address shows when it is used. */
const reference = /^\[[0-9A-Fa-f:.]{2,45}\]$/

/** A name, an IPv4 address, or an IPv6 address in brackets. */
export const isHost = (text: string): boolean => hostName.test(text) || reference.test(text)

/** `host` or `host:port`, with an IPv6 address in brackets. */
export const hostPort = (text: string): { readonly host: string; readonly port: number | undefined } | undefined => {
  const colon = text.lastIndexOf(":")
  const bare = colon < 0 || colon < text.lastIndexOf("]")
  const host = (bare ? text : text.slice(0, colon)).trim().toLowerCase()
  if (!isHost(host)) return undefined
  if (bare) return { host, port: undefined }
  const port = natural(text.slice(colon + 1).trim(), 65_535)
  return port === undefined || port === 0 ? undefined : { host, port }
}

export const formatHostPort = (host: string, port: number | undefined): string =>
  port === undefined ? host : `${host}:${port}`
