/**
 * Rules: session descriptions (RFC 4566), as far as a telephone call needs them. Lines that mean nothing to it are
 * passed over. What is agreed upon is decided in `Negotiation.ts`.
 */
import { isIP } from "node:net"
import * as Either from "effect/Either"
import { type Malformed, malformed } from "../message/Malformed.ts"
import { natural } from "../message/Grammar.ts"

export interface Media {
  /** `audio`, `video`, ... */
  readonly kind: string
  /** 0: it is refused, or was given up. */
  readonly port: number
  /** `RTP/AVP`, ... */
  readonly protocol: string
  readonly formats: ReadonlyArray<string>
  /** The address for this medium: its own, or that of the session. No brackets around IPv6. */
  readonly address: string | undefined
  /** Its own attributes, and those of the session that it does not overrule, in their order. */
  readonly attributes: ReadonlyArray<Attribute>
}

export interface Attribute {
  readonly name: string
  readonly value: string
}

export interface SessionDescription {
  readonly media: ReadonlyArray<Media>
}

const maxBytes = 16_384
const maxMedia = 32

export const parse = (body: Uint8Array): Either.Either<SessionDescription, Malformed> => {
  if (body.length > maxBytes) return malformed("body", "tooLong")
  const lines = Buffer.from(body.buffer, body.byteOffset, body.length)
    .toString("latin1")
    .split(/\r\n|\n|\r/)
  if (lines[0]?.trimEnd() !== "v=0")
    return malformed("body", lines[0]?.startsWith("v=") === true ? "version" : "syntax")
  let sessionAddress: string | undefined
  const sessionAttributes: Array<Attribute> = []
  const media: Array<{
    readonly head: Pick<Media, "kind" | "port" | "protocol" | "formats">
    readonly attributes: Array<Attribute>
    address: string | undefined
  }> = []
  for (const line of lines) {
    const value = line.slice(2).trim()
    if (line.startsWith("m=")) {
      const head = mediaHead(value)
      if (head === undefined) return malformed("body", "syntax")
      if (media.length === maxMedia) return malformed("body", "tooLong")
      media.push({ head, attributes: [], address: undefined })
    } else if (line.startsWith("c=")) {
      const address = connection(value)
      if (address === undefined) return malformed("body", "syntax")
      const current = media.at(-1)
      if (current === undefined) sessionAddress = address
      else current.address = address
    } else if (line.startsWith("a=")) (media.at(-1)?.attributes ?? sessionAttributes).push(attribute(value))
  }
  return Either.right({
    media: media.map(({ address, attributes, head }) => ({
      ...head,
      address: address ?? sessionAddress,
      attributes: [...attributes, ...sessionAttributes]
    }))
  })
}

const mediaHead = (value: string): Pick<Media, "kind" | "port" | "protocol" | "formats"> | undefined => {
  const [kind = "", portText = "", protocol, ...formats] = value.split(/[ \t]+/)
  const port = natural(portText.split("/")[0]!, 65_535)
  return kind === "" || port === undefined || protocol === undefined ? undefined : { kind, port, protocol, formats }
}

/** Only addresses: names would have to be looked up, by whoever's resolver, for a stranger. */
const connection = (value: string): string | undefined => {
  const [network, kind, text = ""] = value.split(/[ \t]+/)
  const address = text.split("/")[0]!
  const family = kind?.toUpperCase() === "IP4" ? 4 : kind?.toUpperCase() === "IP6" ? 6 : -1
  return network?.toUpperCase() === "IN" && isIP(address) === family ? address : undefined
}

const attribute = (value: string): Attribute => {
  const colon = value.indexOf(":")
  return colon < 0 ? { name: value, value: "" } : { name: value.slice(0, colon), value: value.slice(colon + 1).trim() }
}

/** The value of the first attribute of this name. */
export const find = (media: Media, name: string): string | undefined =>
  media.attributes.find((attribute) => attribute.name === name)?.value

/** Who describes the session. */
export interface Origin {
  readonly sessionId: number
  /** Counts up with each change of what is described. */
  readonly version: number
  /** Without brackets. */
  readonly address: string
}

/** The lines of a medium go with its `m=` line: port, protocol, formats and attributes. */
export const format = (origin: Origin, media: ReadonlyArray<Omit<Media, "address">>): Uint8Array => {
  const network = `IN IP${isIP(origin.address) === 6 ? 6 : 4} ${origin.address}`
  const lines = ["v=0", `o=- ${origin.sessionId} ${origin.version} ${network}`, "s=-", `c=${network}`, "t=0 0"]
  for (const { attributes, formats, kind, port, protocol } of media) {
    lines.push(`m=${kind} ${port} ${protocol} ${formats.join(" ")}`)
    for (const { name, value } of attributes) lines.push(value === "" ? `a=${name}` : `a=${name}:${value}`)
  }
  return Buffer.from(`${lines.join("\r\n")}\r\n`, "latin1")
}
