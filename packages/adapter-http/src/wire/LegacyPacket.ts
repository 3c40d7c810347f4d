/**
 * Rules: the bodies of the older wire: JSON objects whose fields are read one by one, as SDKs send numbers for texts, and
 * name no content type that could be relied on. What is more than asked for is not looked at.
 */
import * as Either from "effect/Either"
import { MalformedBody } from "../api/HttpRefusals.ts"
import { BadPacket } from "./WireRefusals.ts"

export interface Packet {
  readonly [field: string]: unknown
}

type Read<A> = Either.Either<A, BadPacket>

export const parse = (bytes: Uint8Array): Either.Either<Packet, BadPacket | MalformedBody> =>
  Either.flatMap(
    Either.try({ try: (): unknown => JSON.parse(utf8.decode(bytes)), catch: () => notJson }),
    (value): Either.Either<Packet, BadPacket> => (isObject(value) ? Either.right(value) : bad(""))
  )

/** A text that must be there. */
export const text = (packet: Packet, field: string): Read<string> => {
  const value = packet[field]
  return typeof value === "string" ? Either.right(value) : bad(field)
}

/** A text that may be missing, or `null`. */
export const optionalText = (packet: Packet, field: string): Read<string | undefined> =>
  isMissing(packet[field]) ? none : text(packet, field)

/** A whole number that must be there: a text of digits is none. */
export const integer = (packet: Packet, field: string): Read<number> => {
  const value = packet[field]
  return typeof value === "number" && Number.isSafeInteger(value) ? Either.right(value) : bad(field)
}

export const optionalInteger = (packet: Packet, field: string): Read<number | undefined> =>
  isMissing(packet[field]) ? none : integer(packet, field)

/** A list of texts; numbers in it are taken in decimal. None, if it is missing. */
export const texts = (packet: Packet, field: string): Read<ReadonlyArray<string>> => {
  const value = packet[field]
  if (isMissing(value)) return Either.right([])
  if (!Array.isArray(value)) return bad(field)
  const read: Array<string> = []
  for (const one of value as ReadonlyArray<unknown>) {
    const written = decimal(one)
    if (written === undefined) return bad(field)
    read.push(written)
  }
  return Either.right(read)
}

/** The ids of templates: a list of numbers, or one of them. */
export const ids = (packet: Packet, field: string): Read<ReadonlyArray<string>> => {
  const value = packet[field]
  return Either.filterOrLeft(
    texts({ [field]: Array.isArray(value) || isMissing(value) ? value : [value] }, field),
    (read) => read.length <= idsMax && read.every((id) => /^[0-9]{1,20}$/.test(id)),
    () => new BadPacket({ field })
  )
}

/** An object that may be missing. */
export const optionalObject = (packet: Packet, field: string): Read<Packet | undefined> => {
  const value = packet[field]
  if (isMissing(value)) return none
  return isObject(value) ? Either.right(value) : bad(field)
}

/** Whom a request is about: the numbers as they were signed, and the one to call with its country. */
export interface Called {
  /** As it stands in the signed text; `undefined` if the request calls nobody. */
  readonly signed: string | undefined
  /** E.164 if it was written well; empty if there is none, or several. */
  readonly to: string
}

export const called = (packet: Packet): Read<Called> => {
  const { tel } = packet
  if (isMissing(tel)) return Either.right({ signed: undefined, to: "" })
  if (Array.isArray(tel)) {
    const mobiles = (tel as ReadonlyArray<unknown>).map((one) => (isObject(one) ? decimal(one["mobile"]) : undefined))
    return mobiles.includes(undefined) ? bad("tel") : Either.right({ signed: mobiles.join(","), to: "" })
  }
  if (!isObject(tel)) return bad("tel")
  const mobile = decimal(tel["mobile"])
  const nation = decimal(tel["nationcode"])
  if (mobile === undefined || nation === undefined) return bad("tel")
  return Either.right({ signed: mobile, to: `+${nation.replace(/^(?:\+|00)/, "")}${mobile}` })
}

const utf8 = new TextDecoder("utf-8", { fatal: true })
const notJson = new MalformedBody({ problem: "json" })
const none: Either.Either<undefined> = Either.right(undefined)
const idsMax = 100

const bad = (field: string): Either.Either<never, BadPacket> => Either.left(new BadPacket({ field }))

const isMissing = (value: unknown): value is null | undefined => value === undefined || value === null

const isObject = (value: unknown): value is Packet =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const decimal = (value: unknown): string | undefined =>
  typeof value === "string" ? value : Number.isSafeInteger(value) ? String(value) : undefined
