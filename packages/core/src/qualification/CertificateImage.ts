/**
 * Rules: the image of a certificate (QUA-3): jpg or png by its content, of at most 5 MB. Its name and what it was said
 * to be are not looked at. Here nothing is decompressed, and what is to be seen on it is for reviewers to judge.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"

/** 5 MB, as the console counts them. */
export const maxBytes = 5 * 1024 * 1024

export const Format = Schema.Literal("jpg", "png")
export type Format = typeof Format.Type

/** What an image says of itself. */
export const Description = Schema.Struct({
  format: Format,
  bytes: Schema.Int,
  /** In pixels. */
  width: Schema.Int,
  height: Schema.Int
})
export type Description = typeof Description.Type

// ---------------------------------------------------------------------------------------------------------------------
// refusals, in order of precedence
// ---------------------------------------------------------------------------------------------------------------------

/** The image is larger than is taken. */
export class CertificateTooLarge extends Schema.TaggedError<CertificateTooLarge>()("CertificateTooLarge", {
  bytes: Schema.Number,
  maxBytes: Schema.Number
}) {
  static readonly rule = "QUA-3" as const
  static readonly transient = false
}

/** The bytes are neither a jpg nor a png that is whole: something else, nothing at all, or cut off. */
export class CertificateNotAnImage extends Schema.TaggedError<CertificateNotAnImage>()("CertificateNotAnImage", {}) {
  static readonly rule = "QUA-3" as const
  static readonly transient = false
}

// ---------------------------------------------------------------------------------------------------------------------

/** Looks whether the bytes are an image that is taken. */
export const inspect = (image: Uint8Array): Either.Either<Description, CertificateTooLarge | CertificateNotAnImage> => {
  if (image.length > maxBytes) return Either.left(new CertificateTooLarge({ bytes: image.length, maxBytes }))
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength)
  const found = png(view) ?? jpg(view)
  return found === undefined
    ? Either.left(new CertificateNotAnImage())
    : Either.right({ ...found, bytes: image.length })
}

type Found = Omit<Description, "bytes"> | undefined

const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

/** The bit depths that go with each colour type. */
const pngDepths: { readonly [colourType: number]: ReadonlyArray<number> } = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16]
}

const chunkType = (name: string): number =>
  new DataView(Uint8Array.from(name, (c) => c.charCodeAt(0)).buffer).getUint32(0)
const IHDR = chunkType("IHDR")
const IDAT = chunkType("IDAT")
const IEND = chunkType("IEND")

/** A header whose checksum is right, then chunk after chunk with picture data among them, to the end chunk. */
const png = (view: DataView): Found => {
  if (view.byteLength < 33 || pngSignature.some((byte, i) => view.getUint8(i) !== byte)) return undefined
  if (view.getUint32(8) !== 13 || view.getUint32(12) !== IHDR || view.getUint32(29) !== crc32(view, 12, 29))
    return undefined
  const width = view.getUint32(16)
  const height = view.getUint32(20)
  const sized = width > 0 && height > 0 && width < 2 ** 31 && height < 2 ** 31
  const coded = pngDepths[view.getUint8(25)]?.includes(view.getUint8(24)) === true
  // Compression, filter and interlace methods.
  const known = view.getUint8(26) === 0 && view.getUint8(27) === 0 && view.getUint8(28) <= 1
  if (!sized || !coded || !known) return undefined
  let hasData = false
  for (let at = 33; at + 12 <= view.byteLength;) {
    const length = view.getUint32(at)
    const type = view.getUint32(at + 4)
    if (type === IEND) return hasData && length === 0 ? { format: "png", width, height } : undefined
    if (type === IDAT && length > 0) hasData = true
    at += 12 + length
  }
  return undefined
}

const crc32 = (view: DataView, from: number, until: number): number => {
  let crc = 0xffffffff
  for (let i = from; i < until; i++) {
    crc ^= view.getUint8(i)
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

const startOfImage = 0xd8
const endOfImage = 0xd9
const startOfScan = 0xda

/** C0 to CF are frame headers, but for tables (C4, CC) and a reserved one (C8). */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc

/** Segment after segment, a frame header with a size among them, to the first scan; the end marker after it. */
const jpg = (view: DataView): Found => {
  if (view.byteLength < 4 || view.getUint8(0) !== 0xff || view.getUint8(1) !== startOfImage) return undefined
  let size: { readonly width: number; readonly height: number } | undefined
  for (let at = 2; at + 4 <= view.byteLength;) {
    if (view.getUint8(at) !== 0xff) return undefined
    const marker = view.getUint8(at + 1)
    // Any number of fill bytes may stand before a marker.
    if (marker === 0xff) {
      at++
      continue
    }
    const length = view.getUint16(at + 2)
    if (length < 2 || at + 2 + length > view.byteLength) return undefined
    if (marker === startOfScan)
      return size !== undefined && endsAfter(view, at + 2 + length) ? { format: "jpg", ...size } : undefined
    if (isFrame(marker)) {
      if (length < 8) return undefined
      size = { height: view.getUint16(at + 5), width: view.getUint16(at + 7) }
      const components = view.getUint8(at + 9)
      if (size.width === 0 || size.height === 0 || components === 0 || length < 8 + 3 * components) return undefined
    }
    at += 2 + length
  }
  return undefined
}

/** Whether picture data follows, and then the end marker; cameras append things after it. */
const endsAfter = (view: DataView, from: number): boolean => {
  for (let at = view.byteLength - 2; at > from; at--) {
    if (view.getUint8(at) === 0xff && view.getUint8(at + 1) === endOfImage) return true
  }
  return false
}
