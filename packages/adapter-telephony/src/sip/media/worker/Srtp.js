/**
 * Encrypted RTP and RTCP (RFC 3711): AES in counter mode with 128 bits, and a tag of 80 bits of HMAC-SHA1. Plain
 * JavaScript like the thread that it belongs to.
 */
import { createCipheriv, createHmac, createSecretKey, timingSafeEqual } from "node:crypto"

/** @import { Cipher, KeyObject } from "node:crypto" */

export const tagBytes = 10
/** What an RTCP packet has before its tag: a bit that says that it is encrypted, and its number. */
const indexBytes = 4
const rtpHeaderBytes = 12
const extensionBytes = 4
const rtcpHeaderBytes = 8
const blockBytes = 16
const window = 64
/** Sources of the other end that are kept apart; a call has one. */
const mostSources = 8

/**
 * What protects the packets of one kind and one direction.
 *
 * @typedef {object} Lock
 * @property {Cipher} cipher of single blocks: made once, it costs a quarter of a cipher for each packet
 * @property {Uint8Array} salt
 * @property {KeyObject} authenticator
 */

/** @typedef {{ readonly audio: Lock, readonly control: Lock }} Locks */

/** @type {(key: Uint8Array) => Cipher} */
const blockCipher = (key) => createCipheriv("aes-128-ecb", key, null).setAutoPadding(false)

/**
 * The key stream of a counter, RFC 3711, section 4.1.1: blocks of a number that counts up, encrypted.
 *
 * @type {(cipher: Cipher, counter: Uint8Array, length: number) => Buffer}
 */
export const keyStream = (cipher, counter, length) => {
  const whole = Math.ceil(length / blockBytes) * blockBytes
  const blocks = whole <= scratch.length ? scratch : Buffer.allocUnsafe(whole)
  for (let at = 0, block = 0; at < whole; at += blockBytes, block++) {
    for (let i = 0; i < 14; i++) blocks[at + i] = /** @type {number} */ (counter[i])
    blocks[at + 14] = block >> 8
    blocks[at + 15] = block
  }
  return cipher.update(whole === blocks.length ? blocks : blocks.subarray(0, whole))
}

/** The counters of one packet: 50 packets a second of many calls need no memory each. */
const scratch = Buffer.alloc(32 * blockBytes)
const packetCounter = Buffer.alloc(blockBytes)

/**
 * A session key, RFC 3711, section 4.3.1.
 *
 * @type {(master: Uint8Array, label: number, length: number) => Buffer}
 */
export const derived = (master, label, length) => {
  const counter = Buffer.alloc(blockBytes)
  counter.set(master.subarray(16, 30))
  counter.writeUInt8(counter.readUInt8(7) ^ label, 7)
  return keyStream(blockCipher(master.subarray(0, 16)), counter, length).subarray(0, length)
}

/** @type {(master: Uint8Array, firstLabel: number) => Lock} */
const lockOf = (master, firstLabel) => ({
  cipher: blockCipher(derived(master, firstLabel, 16)),
  authenticator: createSecretKey(derived(master, firstLabel + 1, 20)),
  salt: derived(master, firstLabel + 2, 14)
})

/** @type {(master: Uint8Array) => Locks} */
export const locksOf = (master) => ({ audio: lockOf(master, 0), control: lockOf(master, 3) })

/**
 * Encrypts or decrypts in place: both are the same.
 *
 * @type {(lock: Lock, bytes: Buffer, start: number, end: number, source: number, high: number, low: number) => void}
 */
const turn = ({ cipher, salt }, bytes, start, end, source, high, low) => {
  const counter = packetCounter
  counter.set(salt)
  counter.writeUInt32BE((counter.readUInt32BE(4) ^ source) >>> 0, 4)
  counter.writeUInt32BE((counter.readUInt32BE(8) ^ high) >>> 0, 8)
  counter.writeUInt16BE(counter.readUInt16BE(12) ^ low, 12)
  const stream = keyStream(cipher, counter, end - start)
  for (let at = start; at < end; at++)
    bytes[at] = /** @type {number} */ (bytes[at]) ^ /** @type {number} */ (stream[at - start])
}

/** @type {(lock: Lock, bytes: Uint8Array, more: Uint8Array) => Buffer} */
const tagOf = ({ authenticator }, bytes, more) =>
  createHmac("sha1", authenticator).update(bytes).update(more).digest().subarray(0, tagBytes)

/**
 * Where the payload of an RTP packet begins, after contributors and an extension if it has any; -1 if it is none.
 *
 * @type {(packet: Buffer) => number}
 */
export const payloadStart = (packet) => {
  if (packet.length < rtpHeaderBytes) return -1
  const first = packet.readUInt8(0)
  if (first >> 6 !== 2) return -1
  const start = rtpHeaderBytes + 4 * (first & 0x0f)
  const extended = (first & 0x10) === 0 ? 0 : extensionBytes
  if (start + extended > packet.length) return -1
  const end = extended === 0 ? start : start + extended + 4 * packet.readUInt16BE(start + 2)
  return end > packet.length ? -1 : end
}

const nothing = Buffer.alloc(0)

/** @type {(rollover: number) => Buffer} */
const rolloverBytes = (rollover) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(rollover)
  return bytes
}

/**
 * Protects an RTP packet without extensions, in place. The last ten bytes are for the tag. `rollover`: how often its
 * sequence number has begun anew.
 *
 * @type {(lock: Lock, packet: Buffer, rollover: number) => void}
 */
export const protect = (lock, packet, rollover) => {
  const end = packet.length - tagBytes
  const sequence = packet.readUInt16BE(2)
  turn(lock, packet, rtpHeaderBytes, end, packet.readUInt32BE(8), rollover, sequence)
  packet.set(tagOf(lock, packet.subarray(0, end), rolloverBytes(rollover)), end)
}

/**
 * An RTCP packet, protected. `index` counts them, and never comes again.
 *
 * @type {(lock: Lock, bytes: Uint8Array, index: number) => Buffer}
 */
export const protectControl = (lock, bytes, index) => {
  const end = bytes.length + indexBytes
  const packet = Buffer.alloc(end + tagBytes)
  packet.set(bytes)
  turn(lock, packet, rtcpHeaderBytes, bytes.length, packet.readUInt32BE(4), index >>> 16, index & 0xffff)
  packet.writeUInt32BE((0x8000_0000 | index) >>> 0, bytes.length)
  packet.set(tagOf(lock, packet.subarray(0, end), nothing), end)
  return packet
}

// ------------------------------------------------------------------ what comes in

/**
 * What was received of one source. `highest` is the greatest packet number so far, with its turns above 16 bits; of the
 * 64 before it `seen` has a bit each.
 *
 * @typedef {{ highest: number, seen: bigint }} Progress
 */

/** @typedef {Map<number, Progress>} Sources */

/**
 * Whether a packet of that number is news. Packets come late, but never twice.
 *
 * @type {(progress: Progress, index: number) => boolean}
 */
const isNew = ({ highest, seen }, index) =>
  index > highest || (highest - index < window && ((seen >> BigInt(highest - index)) & 1n) === 0n)

/** @type {(progress: Progress, index: number) => void} */
const note = (progress, index) => {
  const { highest, seen } = progress
  if (index > highest) {
    const ahead = index - highest
    progress.seen = BigInt.asUintN(window, ahead >= window ? 1n : (seen << BigInt(ahead)) | 1n)
    progress.highest = index
  } else progress.seen = seen | (1n << BigInt(highest - index))
}

/**
 * The number of a packet, of whose turns nothing is said: the one next to the greatest so far, RFC 3711, section 3.3.1.
 *
 * @type {(highest: number, sequence: number) => number}
 */
const indexOf = (highest, sequence) => {
  const ahead = (sequence - highest) & 0xffff
  const index = ahead < 0x8000 ? highest + ahead : highest + ahead - 0x1_0000
  return index < 0 ? index + 0x1_0000 : index
}

/** @type {(sources: Sources, source: number, index: number) => void} */
const remember = (sources, source, index) => {
  const progress = sources.get(source)
  if (progress === undefined) sources.set(source, { highest: index, seen: 1n })
  else note(progress, index)
}

/**
 * Checks an RTP packet and decrypts it in place. Answers the packet without its tag; `undefined` if it is not theirs,
 * or came before.
 *
 * @type {(lock: Lock, sources: Sources, packet: Buffer) => Buffer | undefined}
 */
export const open = (lock, sources, packet) => {
  const end = packet.length - tagBytes
  const start = payloadStart(packet)
  if (start < 0 || end < start) return undefined
  const source = packet.readUInt32BE(8)
  const sequence = packet.readUInt16BE(2)
  const progress = sources.get(source)
  if (progress === undefined && sources.size >= mostSources) return undefined
  const index = progress === undefined ? sequence : indexOf(progress.highest, sequence)
  if (progress !== undefined && !isNew(progress, index)) return undefined
  const rollover = Math.floor(index / 0x1_0000)
  const tag = tagOf(lock, packet.subarray(0, end), rolloverBytes(rollover))
  if (!timingSafeEqual(tag, packet.subarray(end))) return undefined
  remember(sources, source, index)
  turn(lock, packet, start, end, source, rollover, sequence)
  return packet.subarray(0, end)
}

/**
 * The same of an RTCP packet.
 *
 * @type {(lock: Lock, sources: Sources, packet: Buffer) => Buffer | undefined}
 */
export const openControl = (lock, sources, packet) => {
  const end = packet.length - tagBytes
  const bodyEnd = end - indexBytes
  if (bodyEnd < rtcpHeaderBytes) return undefined
  const source = packet.readUInt32BE(4)
  const word = packet.readUInt32BE(bodyEnd)
  const index = word & 0x7fff_ffff
  const progress = sources.get(source)
  if (progress === undefined ? sources.size >= mostSources : !isNew(progress, index)) return undefined
  if (!timingSafeEqual(tagOf(lock, packet.subarray(0, end), nothing), packet.subarray(end))) return undefined
  remember(sources, source, index)
  const isEncrypted = word >>> 31 === 1
  if (isEncrypted) turn(lock, packet, rtcpHeaderBytes, bodyEnd, source, index >>> 16, index & 0xffff)
  return packet.subarray(0, bodyEnd)
}
