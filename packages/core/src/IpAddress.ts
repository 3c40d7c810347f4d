/**
 * Rules: which network addresses are private (CBK-3). An address that cannot be read counts as private.
 */

/** Whether an address belongs to the open Internet: global unicast, and none of the ranges set aside. */
export const isPublic = (address: string): boolean => {
  const v4 = parseV4(address)
  if (v4 !== undefined) return !matches(v4, privateV4)
  const v6 = parseV6(address)
  if (v6 === undefined) return false
  const embedded = embeddedV4(v6)
  if (embedded !== undefined) return !matches(embedded, privateV4)
  // Global unicast is 2000::/3; what is set aside within it is listed.
  return (v6[0]! & 0xe0) === 0x20 && !matches(v6, privateV6)
}

/** Four bytes, or `undefined`. Only plain decimal: `0177.0.0.1` and `2130706433` are not read as addresses. */
export const parseV4 = (text: string): ReadonlyArray<number> | undefined => {
  const parts = text.split(".")
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) return undefined
  const bytes = parts.map(Number)
  return bytes.every((byte) => byte <= 255) ? bytes : undefined
}

/** Sixteen bytes, or `undefined`. A zone (`%eth0`) makes it local, and unreadable here. */
export const parseV6 = (text: string): ReadonlyArray<number> | undefined => {
  let source = text.toLowerCase()
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(source)
  if (tail !== null) {
    const v4 = parseV4(tail[2]!)
    if (v4 === undefined) return undefined
    source = `${tail[1]!}${((v4[0]! << 8) | v4[1]!).toString(16)}:${((v4[2]! << 8) | v4[3]!).toString(16)}`
  }
  const halves = source.split("::")
  if (halves.length > 2) return undefined
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")))
  const given = groups.reduce((sum, half) => sum + half.length, 0)
  if (halves.length === 1 ? given !== 8 : given > 7) return undefined
  const all = [...groups[0]!, ...Array.from({ length: 8 - given }, () => "0"), ...(groups[1] ?? [])]
  if (!all.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return undefined
  return all.flatMap((group) => {
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}

/** IPv4 within IPv6: mapped (`::ffff:a.b.c.d`), translated (`64:ff9b::`), and 6to4 (`2002:`). */
const embeddedV4 = (bytes: ReadonlyArray<number>): ReadonlyArray<number> | undefined => {
  const starts = (...prefix: ReadonlyArray<number>) => prefix.every((byte, i) => bytes[i] === byte)
  const zeros = (from: number, to: number) => bytes.slice(from, to).every((byte) => byte === 0)
  if (zeros(0, 10) && bytes[10] === 0xff && bytes[11] === 0xff) return bytes.slice(12)
  if (starts(0, 0x64, 0xff, 0x9b) && zeros(4, 12)) return bytes.slice(12)
  if (starts(0x20, 0x02)) return bytes.slice(2, 6)
  return undefined
}

type Range = readonly [bytes: ReadonlyArray<number>, bits: number]

/** The special-purpose ranges of RFC 6890 and its successors, with multicast and the reserved top. */
const privateV4: ReadonlyArray<Range> = [
  [[0, 0, 0, 0], 8],
  [[10, 0, 0, 0], 8],
  [[100, 64, 0, 0], 10],
  [[127, 0, 0, 0], 8],
  [[169, 254, 0, 0], 16],
  [[172, 16, 0, 0], 12],
  [[192, 0, 0, 0], 24],
  [[192, 0, 2, 0], 24],
  [[192, 88, 99, 0], 24],
  [[192, 168, 0, 0], 16],
  [[198, 18, 0, 0], 15],
  [[198, 51, 100, 0], 24],
  [[203, 0, 113, 0], 24],
  [[224, 0, 0, 0], 3]
]

const privateV6: ReadonlyArray<Range> = [
  [[0x20, 0x01, 0x00], 23],
  [[0x20, 0x01, 0x0d, 0xb8], 32],
  [[0x3f, 0xff, 0x00], 20]
]

const matches = (address: ReadonlyArray<number>, ranges: ReadonlyArray<Range>): boolean =>
  ranges.some(([prefix, bits]) => {
    for (let bit = 0; bit < bits; bit += 8) {
      const mask = bits - bit >= 8 ? 0xff : (0xff << (8 - (bits - bit))) & 0xff
      if ((address[bit >> 3]! & mask) !== ((prefix[bit >> 3] ?? 0) & mask)) return false
    }
    return true
  })
