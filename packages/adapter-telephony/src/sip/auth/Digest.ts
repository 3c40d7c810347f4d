/**
 * Rules: digest authentication of a caller (RFC 3261, section 22; RFC 7616 and 2617), with MD5, SHA-256 and their
 * session variants, and the integrity level `auth`.
 */
import { createHash } from "node:crypto"
import * as Redacted from "effect/Redacted"
import { isToken, quoted, quoteEnd, splitList, unquoted } from "../message/Grammar.ts"
import * as Message from "../message/Message.ts"

/** The strongest first. */
export const algorithms = ["SHA-256", "SHA-256-sess", "MD5", "MD5-sess"] as const
export type Algorithm = (typeof algorithms)[number]

export interface Challenge {
  /** Who asks: a server of its own, or a proxy on the way. */
  readonly by: "server" | "proxy"
  readonly realm: string
  readonly nonce: string
  readonly opaque: string | undefined
  readonly algorithm: Algorithm
  /** Without it the server is of RFC 2069: it counts nothing. */
  readonly qop: "auth" | undefined
  /** The name and the password were right, only the nonce was too old. */
  readonly stale: boolean
}

export interface Account {
  readonly user: string
  readonly password: Redacted.Redacted
}

/** How often one realm is answered in one request: whoever is refused twice would only lock the account. */
const mostAnswers = 3

/**
 * The challenges of a 401 or 407 that can be answered: one for each realm, the strongest that both sides know.
 * Challenges that are malformed or of another scheme are passed over.
 */
export const challenges = (response: Message.Response): ReadonlyArray<Challenge> => {
  const found = new Map<string, Challenge>()
  for (const by of ["server", "proxy"] as const) {
    for (const value of Message.all(response, headers[by].asks)) {
      for (const params of split(value)) {
        const challenge = read(by, params)
        if (challenge === undefined) continue
        const key = `${by} ${challenge.realm}`
        const other = found.get(key)
        if (other === undefined || strength(challenge) < strength(other)) found.set(key, challenge)
      }
    }
  }
  return [...found.values()]
}

const headers = {
  server: { asks: "WWW-Authenticate", answers: "Authorization" },
  proxy: { asks: "Proxy-Authenticate", answers: "Proxy-Authorization" }
} as const

const strength = ({ algorithm }: Challenge): number => algorithms.indexOf(algorithm)

/** The parameters of each digest challenge. A header may hold several, and their parameters have commas too. */
const split = (value: string): ReadonlyArray<ReadonlyMap<string, string>> => {
  const found: Array<Map<string, string>> = []
  let current: Map<string, string> | undefined
  for (const part of splitList(value) ?? []) {
    const scheme = /^([A-Za-z0-9-]+)[ \t]+(?=[A-Za-z])/.exec(part)
    if (scheme !== null) {
      current = scheme[1]!.toLowerCase() === "digest" ? new Map() : undefined
      if (current !== undefined) found.push(current)
    }
    const param = part.slice(scheme?.[0].length ?? 0)
    const equals = param.indexOf("=")
    const name = param.slice(0, Math.max(equals, 0)).trim().toLowerCase()
    const text = param.slice(equals + 1).trim()
    if (!isToken(name) || (text.startsWith('"') && quoteEnd(text, 0) !== text.length - 1)) continue
    current?.set(name, unquoted(text))
  }
  return found
}

const read = (by: Challenge["by"], params: ReadonlyMap<string, string>): Challenge | undefined => {
  const realm = params.get("realm")
  const nonce = params.get("nonce")
  const named = (params.get("algorithm") ?? "MD5").toLowerCase()
  const algorithm = algorithms.find((known) => known.toLowerCase() === named)
  const qops = params
    .get("qop")
    ?.split(",")
    .map((qop) => qop.trim().toLowerCase())
  if (realm === undefined || nonce === undefined || algorithm === undefined) return undefined
  if (qops !== undefined && !qops.includes("auth")) return undefined
  return {
    by,
    realm,
    nonce,
    opaque: params.get("opaque"),
    algorithm,
    qop: qops === undefined ? undefined : "auth",
    stale: params.get("stale")?.toLowerCase() === "true"
  }
}

/**
 * The challenges that a request has to answer now, given those that it answered before: all that were before and those
 * of the response. `undefined`: it was refused, and is not to be sent again.
 */
export const next = (
  answered: ReadonlyArray<Challenge>,
  response: Message.Response
): ReadonlyArray<Challenge> | undefined => {
  const asked = challenges(response)
  if (asked.length === 0) return undefined
  for (const challenge of asked) {
    const before = answered.filter((other) => sameRealm(other, challenge))
    if (before.length === 0) continue
    const isNew = challenge.stale && before.every(({ nonce }) => nonce !== challenge.nonce)
    if (!isNew || before.length >= mostAnswers) return undefined
  }
  return [...answered, ...asked]
}

const sameRealm = (one: Challenge, other: Challenge): boolean => one.by === other.by && one.realm === other.realm

/**
 * The request with credentials for each challenge: of a realm that asked several times, the last one.
 *
 * **Gotchas** A request that is sent again is a new one: its CSeq and branch have to change too (RFC 3261, 22.2).
 * `count` says how often a nonce was used, this time included, and `cnonce` is to be fresh.
 */
export const authorised = (
  request: Message.Request,
  answered: ReadonlyArray<Challenge>,
  account: Account,
  { cnonce, count }: { readonly cnonce: string; readonly count: (nonce: string) => number }
): Message.Request => {
  const last = answered.filter((challenge, at) => !answered.slice(at + 1).some((later) => sameRealm(later, challenge)))
  const added = last.map((challenge) => ({
    name: headers[challenge.by].answers,
    value: credentials({
      challenge,
      account,
      method: request.method,
      uri: request.uri,
      cnonce,
      count: count(challenge.nonce)
    })
  }))
  const names = new Set<string>([headers.server.answers, headers.proxy.answers])
  return { ...request, headers: [...request.headers.filter(({ name }) => !names.has(name)), ...added] }
}

export interface Question {
  readonly challenge: Challenge
  readonly account: Account
  readonly method: string
  readonly uri: string
  readonly cnonce: string
  readonly count: number
}

/** The value of an Authorization or Proxy-Authorization header. */
export const credentials = (question: Question): string => {
  const { account, challenge, cnonce, uri } = question
  const parts = [
    `username=${quoted(bytesOf(account.user))}`,
    `realm=${quoted(challenge.realm)}`,
    `nonce=${quoted(challenge.nonce)}`,
    `uri=${quoted(uri)}`,
    `response="${response(question)}"`,
    `algorithm=${challenge.algorithm}`
  ]
  if (challenge.qop !== undefined) parts.push(`qop=auth`, `nc=${hexCount(question)}`, `cnonce=${quoted(cnonce)}`)
  // The client's nonce is part of a session's key: the server cannot know it otherwise.
  else if (challenge.algorithm.endsWith("-sess")) parts.push(`cnonce=${quoted(cnonce)}`)
  if (challenge.opaque !== undefined) parts.push(`opaque=${quoted(challenge.opaque)}`)
  return `Digest ${parts.join(", ")}`
}

/** What proves that the password is known: in hexadecimal digits. */
export const response = (question: Question): string => {
  const { account, challenge, cnonce, method, uri } = question
  const hash = (text: string) =>
    createHash(challenge.algorithm.startsWith("MD5") ? "md5" : "sha256")
      .update(text, "latin1")
      .digest("hex")
  const user = hash(`${bytesOf(account.user)}:${challenge.realm}:${bytesOf(Redacted.value(account.password))}`)
  const secret = challenge.algorithm.endsWith("-sess") ? hash(`${user}:${challenge.nonce}:${cnonce}`) : user
  const what = hash(`${method}:${uri}`)
  return challenge.qop === undefined
    ? hash(`${secret}:${challenge.nonce}:${what}`)
    : hash(`${secret}:${challenge.nonce}:${hexCount(question)}:${cnonce}:auth:${what}`)
}

const hexCount = ({ count }: Question): string => count.toString(16).padStart(8, "0")

/** UTF-8 as a string of bytes, which is what messages are made of. */
const bytesOf = (text: string): string => Buffer.from(text, "utf8").toString("latin1")
