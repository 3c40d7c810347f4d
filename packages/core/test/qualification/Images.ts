/** Small images to submit, made by hand: neither is a certificate of anything. */
import * as zlib from "node:zlib"

const bytes = (...parts: ReadonlyArray<number | string | Uint8Array>): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "number" ? [part] : typeof part === "string" ? [...Buffer.from(part, "latin1")] : [...part]
    )
  )

const u32 = (value: number) =>
  Uint8Array.from([value >>> 24, value >>> 16, value >>> 8, value].map((byte) => byte & 255))

/** The checksum as the PNG specification's appendix computes it: with a table, unlike the code that is tested. */
const crc = (data: Uint8Array): number => {
  const table = Array.from({ length: 256 }, (_, n) => {
    let c = n
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
    return c >>> 0
  })
  let c = 0xffffffff
  for (const byte of data) c = (table[(c ^ byte) & 255]! ^ (c >>> 8)) >>> 0
  return (c ^ 0xffffffff) >>> 0
}

export const chunk = (type: string, data: Uint8Array): Uint8Array => {
  const body = bytes(type, data)
  return bytes(u32(data.length), body, u32(crc(body)))
}

export const pngSignature = bytes(0x89, "PNG\r\n", 0x1a, "\n")

export const header = (
  width: number,
  height: number,
  depth = 8,
  colourType = 2,
  rest: ReadonlyArray<number> = [0, 0, 0]
) => chunk("IHDR", bytes(u32(width), u32(height), depth, colourType, ...rest))

/** A white picture. */
export const png = (width = 3, height = 2): Uint8Array => {
  const rows = Buffer.alloc(height * (1 + 3 * width), 255)
  for (let y = 0; y < height; y++) rows[y * (1 + 3 * width)] = 0
  return bytes(
    pngSignature,
    header(width, height),
    chunk("IDAT", zlib.deflateSync(rows)),
    chunk("IEND", new Uint8Array())
  )
}

export const segment = (marker: number, data: Uint8Array): Uint8Array =>
  bytes(0xff, marker, ((data.length + 2) >>> 8) & 255, (data.length + 2) & 255, data)

export const jfif = segment(0xe0, bytes("JFIF\0", 1, 1, 0, 0, 1, 0, 1, 0, 0))

export const frame = (width: number, height: number, marker = 0xc0) =>
  segment(marker, bytes(8, height >>> 8, height & 255, width >>> 8, width & 255, 1, 1, 0x11, 0))

export const scan = bytes(segment(0xda, bytes(1, 1, 0, 0, 63, 0)), 0x3f, 0xff, 0x00, 0x12)

/** The shape of a picture in grey; its tables are left out, as nobody decodes it. */
export const jpg = (width = 640, height = 480): Uint8Array =>
  bytes(0xff, 0xd8, jfif, frame(width, height), scan, 0xff, 0xd9)

export { bytes }
