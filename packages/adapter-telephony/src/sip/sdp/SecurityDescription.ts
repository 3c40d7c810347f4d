/**
 * Rules: the keys of encrypted audio as they stand in a session description (SDES, RFC 4568), for the one suite that
 * everybody has. Whoever reads the description can listen: it belongs into encrypted signalling.
 */
import { natural } from "../message/Grammar.ts"

/** The keys of one call: ours encrypt what we send, theirs what they send. Each is 16 bytes and 14 of salt. */
export interface Keys {
  readonly ours: Uint8Array
  readonly theirs: Uint8Array
}

export const keyBytes = 30

const suite = "AES_CM_128_HMAC_SHA1_80"
const mostTag = 999_999_999

export interface SecurityDescription {
  /** What an answer has in common with the line of the offer that it takes. */
  readonly tag: number
  readonly key: Uint8Array
}

/** The value of `a=crypto`. */
export const format = ({ key, tag }: SecurityDescription): string =>
  `${tag} ${suite} inline:${Buffer.from(key).toString("base64")}`

/**
 * `undefined` for other suites, and for what changes how packets look: an identifier of the key within them, parameters
 * of the session. How long a key may live is passed over: no call lasts as long.
 */
export const parse = (value: string): SecurityDescription | undefined => {
  const [tagText = "", named = "", keyText = "", ...parameters] = value.split(/[ \t]+/)
  const tag = natural(tagText, mostTag)
  const inline = /^inline:([A-Za-z0-9+/]{40})(?:\|(?:2\^)?\d{1,15})?$/i.exec(keyText)
  if (tag === undefined || named.toUpperCase() !== suite || inline === null || parameters.length > 0) return undefined
  return { tag, key: Uint8Array.from(Buffer.from(inline[1]!, "base64")) }
}
