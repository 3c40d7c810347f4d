/**
 * Rules: what two ends of a call agree on (RFC 3264): G.711 in either law, key presses (RFC 4733), packets of 20 ms,
 * and who may send. Nothing else is offered or taken: no video, no encryption, no other codec.
 */
import type { Codec } from "@vsms/core/dispatch/TelephoneCodec"
import * as Either from "effect/Either"
import { natural } from "../message/Grammar.ts"
import { isIP } from "node:net"
import * as SessionDescription from "./SessionDescription.ts"

export interface Local {
  readonly sessionId: number
  readonly version: number
  /** Where we receive: an address without brackets, and an even port. */
  readonly address: string
  readonly port: number
  /** The best first. */
  readonly codecs: ReadonlyArray<Codec>
}

/** Of the sending and receiving that `sendrecv`, `sendonly`, ... speak of; seen from here. */
export interface Direction {
  readonly sends: boolean
  readonly receives: boolean
}

export interface Agreed extends Direction {
  readonly codec: Codec
  readonly payloadType: number
  /** The payload type of key presses that come in; `undefined`: none will. */
  readonly keysPayloadType: number | undefined
  /** Where we send. */
  readonly remote: Endpoint
  readonly remoteControl: Endpoint
  /** What one packet holds. */
  readonly packetMillis: number
}

export interface Endpoint {
  readonly address: string
  readonly port: number
}

/**
 * Why nothing was agreed on. `refused`: the other end does not want audio. `noCodec`: nothing that both speak.
 * `notUnderstood`: it is no session description, or it names no place to send to.
 */
export type Disagreement = "refused" | "noCodec" | "notUnderstood"

const staticTypes: { readonly [C in Codec]: { readonly type: number; readonly name: string } } = {
  alaw: { type: 8, name: "PCMA" },
  mulaw: { type: 0, name: "PCMU" }
}

const keysType = 101
export const packetMillis = 20
const mostPacketMillis = 60

/** Our offer: all our codecs, both directions. */
export const offer = (local: Local): Uint8Array =>
  described(
    local,
    local.codecs.map((codec) => ({ codec, type: staticTypes[codec].type })),
    keysType,
    { sends: true, receives: true }
  )

interface Format {
  readonly codec: Codec
  readonly type: number
}

const described = (
  local: Local,
  formats: ReadonlyArray<Format>,
  keys: number | undefined,
  direction: Direction,
  at = 0,
  count = 1,
  refused: ReadonlyArray<Omit<SessionDescription.Media, "address">> = []
): Uint8Array => {
  const attributes: Array<SessionDescription.Attribute> = formats.map(({ codec, type }) => ({
    name: "rtpmap",
    value: `${type} ${staticTypes[codec].name}/8000`
  }))
  if (keys !== undefined) {
    attributes.push({ name: "rtpmap", value: `${keys} telephone-event/8000` }, { name: "fmtp", value: `${keys} 0-15` })
  }
  attributes.push({ name: "ptime", value: String(packetMillis) }, { name: directionName(direction), value: "" })
  const types = formats.map(({ type }) => String(type)).concat(keys === undefined ? [] : [String(keys)])
  const audio = { kind: "audio", port: local.port, protocol: "RTP/AVP", formats: types, attributes }
  const media = Array.from({ length: count }, (_, i) => (i === at ? audio : refused[i]!))
  return SessionDescription.format(local, media)
}

/** What the answer to our offer settles. */
export const settled = (local: Local, answer: Uint8Array): Either.Either<Agreed, Disagreement> =>
  Either.flatMap(understood(answer), ({ media }) => {
    const audio = media.find(isOurs)
    return audio === undefined ? Either.left("refused") : agreed(local, audio)
  })

/** The answer to an offer of the other end, and what it settles. Media other than the first audio are refused. */
export const answer = (
  local: Local,
  offered: Uint8Array
): Either.Either<{ readonly body: Uint8Array; readonly agreed: Agreed }, Disagreement> =>
  Either.flatMap(understood(offered), ({ media }) => {
    const at = media.findIndex(isOurs)
    const audio = media[at]
    if (audio === undefined) return Either.left("refused")
    return Either.map(agreed(local, audio), (agreement) => {
      const refused = media.map(({ formats, kind, protocol }) => ({ kind, port: 0, protocol, formats, attributes: [] }))
      const formats = [{ codec: agreement.codec, type: agreement.payloadType }]
      const keys = agreement.keysPayloadType
      return { body: described(local, formats, keys, agreement, at, media.length, refused), agreed: agreement }
    })
  })

const understood = (body: Uint8Array): Either.Either<SessionDescription.SessionDescription, Disagreement> =>
  Either.mapLeft(SessionDescription.parse(body), () => "notUnderstood" as const)

const isOurs = ({ kind, port, protocol }: SessionDescription.Media): boolean =>
  kind.toLowerCase() === "audio" && port > 0 && protocol.toUpperCase() === "RTP/AVP"

const agreed = (local: Local, audio: SessionDescription.Media): Either.Either<Agreed, Disagreement> => {
  const names = payloadNames(audio)
  // The order is the other end's: the first that we speak too.
  const found = audio.formats
    .map((format) => ({ type: natural(format, 127), name: names.get(format) }))
    .flatMap(({ name, type }) => {
      const codec = local.codecs.find((known) => `${staticTypes[known].name}/8000` === name)
      return codec === undefined || type === undefined ? [] : [{ codec, type }]
    })[0]
  if (found === undefined) return Either.left("noCodec")
  if (audio.address === undefined || isIP(audio.address) !== isIP(local.address)) return Either.left("notUnderstood")
  const keys = audio.formats.find((format) => names.get(format) === "TELEPHONE-EVENT/8000")
  const wanted = natural(SessionDescription.find(audio, "ptime") ?? "", mostPacketMillis) ?? packetMillis
  const remote = { address: audio.address, port: audio.port }
  return Either.right({
    ...mirrored(audio),
    codec: found.codec,
    payloadType: found.type,
    keysPayloadType: keys === undefined ? undefined : natural(keys, 127),
    remote,
    remoteControl: control(audio, remote),
    // Whole packets of our pace; those who want less or something odd get what everybody takes.
    packetMillis: wanted >= packetMillis && wanted % packetMillis === 0 ? wanted : packetMillis
  })
}

/** The encodings by payload type: `PCMA/8000`. Those of G.711 go without saying. */
const payloadNames = (audio: SessionDescription.Media): ReadonlyMap<string, string> => {
  const names = new Map(Object.values(staticTypes).map(({ name, type }) => [String(type), `${name}/8000`]))
  for (const { name, value } of audio.attributes) {
    const mapped = name === "rtpmap" ? /^(\d{1,3})[ \t]+([^/\s]+\/\d+)(?:\/1)?$/.exec(value) : null
    if (mapped !== null) names.set(mapped[1]!, mapped[2]!.toUpperCase())
  }
  return names
}

const directions: ReadonlyMap<string, Direction> = new Map([
  ["sendrecv", { sends: true, receives: true }],
  ["sendonly", { sends: true, receives: false }],
  ["recvonly", { sends: false, receives: true }],
  ["inactive", { sends: false, receives: false }]
])

const directionName = (direction: Direction): string =>
  direction.sends ? (direction.receives ? "sendrecv" : "sendonly") : direction.receives ? "recvonly" : "inactive"

/** What we may do, by what the other end says of itself. An address of nowhere is how RFC 2543 puts a call on hold. */
const mirrored = (audio: SessionDescription.Media): Direction => {
  const named = audio.attributes.find(({ name }) => directions.has(name))?.name ?? "sendrecv"
  const theirs = directions.get(named)!
  const nowhere = audio.address === "0.0.0.0" || audio.address === "::"
  return { sends: theirs.receives && !nowhere, receives: theirs.sends }
}

/** RTCP goes to the port after, unless `a=rtcp` (RFC 3605) says otherwise. */
const control = (audio: SessionDescription.Media, remote: Endpoint): Endpoint => {
  const usual = { address: remote.address, port: Math.min(remote.port + 1, 65_535) }
  const [portText = "", , , address] = (SessionDescription.find(audio, "rtcp") ?? "").split(" ")
  const port = natural(portText, 65_535)
  if (port === undefined || port === 0) return usual
  return { address: address !== undefined && isIP(address) === isIP(remote.address) ? address : remote.address, port }
}
