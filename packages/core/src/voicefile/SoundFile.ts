/**
 * Rules: files of sound, told by their content (VOF-1, VOF-2): WAV or MP3, of at most 400 KB. Their names and what they
 * were said to be are not looked at. Here nothing is decoded; what is to be heard in them is for reviewers to judge.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Sha1 from "./Sha1.ts"

/** 400 KB, as the vendor counts them. */
export const maxBytes = 400 * 1024

export const Format = Schema.Literal("wav", "mp3")
export type Format = typeof Format.Type

/** Mono samples, 16 bits each. The sample rate is in hertz. */
export interface Sound {
  readonly sampleRate: number
  readonly samples: Int16Array
}

/** What a file says of itself. */
export interface Description {
  readonly format: Format
  /** Of the bytes: see `idOf`. */
  readonly fileId: string
  readonly bytes: number
  /** How long it is by its frames, a little too long rather than too short; `undefined` where only decoding tells. */
  readonly aboutMillis: number | undefined
}

// ---------------------------------------------------------------------------------------------------------------------
// refusals, in order of precedence
// ---------------------------------------------------------------------------------------------------------------------

/** The file is larger than is taken. */
export class SoundTooLarge extends Schema.TaggedError<SoundTooLarge>()("SoundTooLarge", {
  bytes: Schema.Number,
  maxBytes: Schema.Number
}) {
  static readonly rule = "VOF-1" as const
  static readonly transient = false
}

/** The bytes are no file of a format that is taken: something else, nothing at all, or cut off at the beginning. */
export class SoundNotTaken extends Schema.TaggedError<SoundNotTaken>()("SoundNotTaken", {
  taken: Schema.Array(Format)
}) {
  static readonly rule = "VOF-1" as const
  static readonly transient = false
}

/** It begins as a file of this format, and cannot be played. */
export class SoundUnplayable extends Schema.TaggedError<SoundUnplayable>()("SoundUnplayable", { format: Format }) {
  static readonly rule = "VOF-1" as const
  static readonly transient = false
}

/** It takes longer to play than a call may last. */
export class SoundTooLong extends Schema.TaggedError<SoundTooLong>()("SoundTooLong", {
  durationMillis: Schema.Number,
  maxMillis: Schema.Number
}) {
  static readonly rule = "VOF-1" as const
  static readonly transient = false
}

/** There is nothing to hear in it: nobody is called to hear nothing. */
export class SoundSilent extends Schema.TaggedError<SoundSilent>()("SoundSilent", {}) {
  static readonly rule = "VOF-1" as const
  static readonly transient = false
}

export type Refusal = SoundTooLarge | SoundNotTaken | SoundUnplayable | SoundTooLong | SoundSilent

// ---------------------------------------------------------------------------------------------------------------------
// decisions
// ---------------------------------------------------------------------------------------------------------------------

/** Looks whether the bytes are a file of one of the formats that are taken. */
export const inspect = (
  file: Uint8Array,
  taken: ReadonlyArray<Format>
): Either.Either<Description, SoundTooLarge | SoundNotTaken> => {
  if (file.length > maxBytes) return Either.left(new SoundTooLarge({ bytes: file.length, maxBytes }))
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const format = isWav(view) ? "wav" : "mp3"
  const aboutMillis = format === "wav" ? undefined : mp3Millis(view)
  if ((format === "mp3" && aboutMillis === undefined) || !taken.includes(format))
    return Either.left(new SoundNotTaken({ taken }))
  return Either.right({ format, fileId: idOf(file, format), bytes: file.length, aboutMillis })
}

/** The id of a content (VOF-2): its SHA-1 and its format. */
export const idOf = (file: Uint8Array, format: Format): string => `${Sha1.hex(file)}.${format}`

/** What ids of files look like: none of a template's does. */
export const ids = /^[0-9a-f]{40}\.(?:wav|mp3)$/

/** Whether what was decoded can be played to somebody; if so, how long that takes. */
export const playable = (
  { samples, sampleRate }: Sound,
  maxMillis: number
): Either.Either<number, SoundTooLong | SoundSilent> => {
  const durationMillis = millisOf({ samples, sampleRate })
  if (durationMillis > maxMillis) return Either.left(new SoundTooLong({ durationMillis, maxMillis }))
  return samples.some((sample) => Math.abs(sample) > inaudible) ? Either.right(durationMillis) : silent
}

/** Milliseconds, rounded up: as long as the same sound lasts on a telephone line. */
export const millisOf = ({ sampleRate, samples }: Sound): number => Math.ceil((samples.length * 1_000) / sampleRate)

const silent = Either.left(new SoundSilent())

/** 16-bit samples no larger than this are the noise of rounding. */
const inaudible = 8

// ---------------------------------------------------------------------------------------------------------------------
// the formats
// ---------------------------------------------------------------------------------------------------------------------

const fourCharacters = (view: DataView, at: number): string =>
  String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3))

const isWav = (view: DataView): boolean =>
  view.byteLength >= 12 && /^(?:RIFF|RF64|BW64)$/.test(fourCharacters(view, 0)) && fourCharacters(view, 8) === "WAVE"

/** A frame of MPEG audio, layer III. */
interface Frame {
  readonly bytes: number
  readonly samples: number
  readonly sampleRate: number
}

/** Kilobits a second by the header's index; 0 is of any rate, which nobody sends. */
const bitRates = {
  1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
} as const

const sampleRates = [44_100, 48_000, 32_000] as const

/** Reads a header: eleven bits of ones, then what the frame is. `undefined`: there is none here. */
const frameAt = (view: DataView, at: number): Frame | undefined => {
  if (at + 4 > view.byteLength) return undefined
  const header = view.getUint32(at)
  const version = (header >>> 19) & 3
  const isLayer3 = ((header >>> 17) & 3) === 1
  if (header >>> 21 !== 0x7ff || version === 1 || !isLayer3) return undefined
  const rate = sampleRates[(header >>> 10) & 3]
  const kilobits = bitRates[version === 3 ? 1 : 2][(header >>> 12) & 15]
  if (rate === undefined || kilobits === undefined || kilobits === 0) return undefined
  // Version 2 halves the rates of version 1, and 2.5 halves those.
  const sampleRate = version === 3 ? rate : version === 2 ? rate / 2 : rate / 4
  const samples = version === 3 ? 1_152 : 576
  const padding = (header >>> 9) & 1
  return { bytes: Math.floor((samples * 125 * kilobits) / sampleRate) + padding, samples, sampleRate }
}

/** Tags may stand before the first frame, and padding after them. */
const firstFrameAt = (view: DataView): number => {
  let at = 0
  while (at + 10 <= view.byteLength && view.getUint32(at) >>> 8 === id3) {
    const size = [6, 7, 8, 9].reduce((sum, i) => sum * 128 + (view.getUint8(at + i) & 0x7f), 0)
    const hasFooter = (view.getUint8(at + 5) & 0x10) !== 0
    at += 10 + size + (hasFooter ? 10 : 0)
  }
  while (at < view.byteLength && view.getUint8(at) === 0) at++
  return at
}

const id3 = 0x494433

/** Frame after frame, as many as there are; what comes after them is a tag, or does no harm. */
const mp3Millis = (view: DataView): number | undefined => {
  let frames = 0
  let millis = 0
  for (let at = firstFrameAt(view); ;) {
    const frame = frameAt(view, at)
    if (frame === undefined) break
    frames++
    millis += (frame.samples * 1_000) / frame.sampleRate
    at += frame.bytes
  }
  // Two bytes of ones stand in many a file: two whole frames in a row, the second where the first ends, in none.
  return frames < 2 ? undefined : Math.ceil(millis)
}
