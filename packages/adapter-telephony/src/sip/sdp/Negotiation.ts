/**
 * Rules: what two ends of a call agree on (RFC 3264): G.711 in either law, key presses (RFC 4733), packets of 20 ms,
 * who may send, and whether and with which keys it is encrypted. Nothing else is offered or taken: no video, no other
 * codec.
 */
import type { Codec } from "@vsms/core/dispatch/TelephoneCodec"
import * as Either from "effect/Either"
import { natural } from "../message/Grammar.ts"
import { isIP } from "node:net"
import * as SecurityDescription from "./SecurityDescription.ts"
import * as SessionDescription from "./SessionDescription.ts"

export interface Local {
  readonly sessionId: number
  readonly version: number
  /** Where we receive: an address without brackets, and an even port. */
  readonly address: string
  readonly port: number
  /** The best first. */
  readonly codecs: ReadonlyArray<Codec>
  /** If absent, audio goes in the clear. */
  readonly security?: Security
}

/** What is encrypted, and what is done about those who cannot. */
export interface Security {
  /** What we send is encrypted with it. */
  readonly key: Uint8Array
  /** What is offered: `RTP/AVP` leaves it to the other end (RFC 8643), `RTP/SAVP` takes encryption or nothing. */
  readonly profile: "RTP/AVP" | "RTP/SAVP"
  /** Nothing is agreed on without. */
  readonly isNeeded: boolean
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
  /** What both directions are encrypted with; absent or `undefined`: they are not. */
  readonly keys?: SecurityDescription.Keys | undefined
}

export interface Endpoint {
  readonly address: string
  readonly port: number
}

/**
 * Why nothing was agreed on. `refused`: the other end does not want audio. `noCodec`: nothing that both speak.
 * `notUnderstood`: it is no session description, or it names no place to send to. `notEncrypted`: it has to be.
 */
export type Disagreement = "refused" | "noCodec" | "notUnderstood" | "notEncrypted"

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
    { sends: true, receives: true },
    { profile: local.security?.profile ?? plain, tag: local.security === undefined ? undefined : offeredTag }
  )

const plain = "RTP/AVP"
const secure = "RTP/SAVP"
const offeredTag = 1

/** How the audio is carried: the profile, and the line of the keys that ours answers or begins. */
interface Carriage {
  readonly profile: string
  readonly tag: number | undefined
}

interface Format {
  readonly codec: Codec
  readonly type: number
}

const described = (
  local: Local,
  formats: ReadonlyArray<Format>,
  keys: number | undefined,
  direction: Direction,
  { profile, tag }: Carriage,
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
  if (tag !== undefined && local.security !== undefined) {
    attributes.push({ name: "crypto", value: SecurityDescription.format({ tag, key: local.security.key }) })
  }
  const types = formats.map(({ type }) => String(type)).concat(keys === undefined ? [] : [String(keys)])
  const audio = { kind: "audio", port: local.port, protocol: profile, formats: types, attributes }
  const media = Array.from({ length: count }, (_, i) => (i === at ? audio : refused[i]!))
  return SessionDescription.format(local, media)
}

/** What the answer to our offer settles. */
export const settled = (local: Local, answer: Uint8Array): Either.Either<Agreed, Disagreement> =>
  Either.flatMap(understood(answer), ({ media }) => {
    const profile = local.security?.profile ?? plain
    const audio = media.find((one) => isAudio(one) && one.protocol.toUpperCase() === profile)
    if (audio === undefined) return Either.left("refused")
    return agreed(
      local,
      audio,
      offersOf(audio).find(({ tag }) => tag === offeredTag)
    )
  })

/** The answer to an offer of the other end, and what it settles. Media other than the first audio are refused. */
export const answer = (
  local: Local,
  offered: Uint8Array
): Either.Either<{ readonly body: Uint8Array; readonly agreed: Agreed }, Disagreement> =>
  Either.flatMap(understood(offered), ({ media }) => {
    const at = media.findIndex((one) => isAudio(one) && profiles(local).includes(one.protocol.toUpperCase()))
    const audio = media[at]
    if (audio === undefined) return Either.left("refused")
    const [taken] = offersOf(audio)
    return Either.map(agreed(local, audio, taken), (agreement) => {
      const refused = media.map(({ formats, kind, protocol }) => ({ kind, port: 0, protocol, formats, attributes: [] }))
      const formats = [{ codec: agreement.codec, type: agreement.payloadType }]
      const keys = agreement.keysPayloadType
      const carriage = { profile: audio.protocol, tag: agreement.keys === undefined ? undefined : taken?.tag }
      const body = described(local, formats, keys, agreement, carriage, at, media.length, refused)
      return { body, agreed: agreement }
    })
  })

const understood = (body: Uint8Array): Either.Either<SessionDescription.SessionDescription, Disagreement> =>
  Either.mapLeft(SessionDescription.parse(body), () => "notUnderstood" as const)

const isAudio = ({ kind, port }: SessionDescription.Media): boolean => kind.toLowerCase() === "audio" && port > 0

const profiles = ({ security }: Local): ReadonlyArray<string> => (security === undefined ? [plain] : [secure, plain])

/** The keys that we could take. */
const offersOf = (audio: SessionDescription.Media): ReadonlyArray<SecurityDescription.SecurityDescription> =>
  audio.attributes.flatMap(({ name, value }) => {
    const offered = name === "crypto" ? SecurityDescription.parse(value) : undefined
    return offered === undefined ? [] : [offered]
  })

const agreed = (
  local: Local,
  audio: SessionDescription.Media,
  theirs: SecurityDescription.SecurityDescription | undefined
): Either.Either<Agreed, Disagreement> => {
  const { security } = local
  const keys = security === undefined || theirs === undefined ? undefined : { ours: security.key, theirs: theirs.key }
  if (keys === undefined && (security?.isNeeded === true || audio.protocol.toUpperCase() === secure)) {
    return Either.left("notEncrypted")
  }
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
  const presses = audio.formats.find((format) => names.get(format) === "TELEPHONE-EVENT/8000")
  const wanted = natural(SessionDescription.find(audio, "ptime") ?? "", mostPacketMillis) ?? packetMillis
  const remote = { address: audio.address, port: audio.port }
  return Either.right({
    ...mirrored(audio),
    codec: found.codec,
    payloadType: found.type,
    keysPayloadType: presses === undefined ? undefined : natural(presses, 127),
    keys,
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
