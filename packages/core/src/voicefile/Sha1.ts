/**
 * Rules: SHA-1 (FIPS 180-4), of which the ids of voice files are made, as the vendor's are (VOF-2). It tells contents
 * apart, and protects nothing: whoever makes two contents that collide has both of them for himself.
 */

/** The digest, as 40 lower-case hexadecimal digits. */
export const hex = (bytes: Uint8Array): string => {
  const padded = new Uint8Array(((bytes.length + 8) >> 6) * 64 + 64)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29))
  view.setUint32(padded.length - 4, bytes.length << 3)
  const words = new Int32Array(80)
  const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]
  for (let block = 0; block < padded.length; block += 64) {
    for (let i = 0; i < 16; i++) words[i] = view.getInt32(block + i * 4)
    for (let i = 16; i < 80; i++) words[i] = rotated(words[i - 3]! ^ words[i - 8]! ^ words[i - 14]! ^ words[i - 16]!, 1)
    let [a, b, c, d, e] = state as [number, number, number, number, number]
    for (let i = 0; i < 80; i++) {
      const next = (rotated(a, 5) + mixed(i, b, c, d) + e + words[i]!) | 0
      e = d
      d = c
      c = rotated(b, 30)
      b = a
      a = next
    }
    state.splice(0, 5, ...[a, b, c, d, e].map((word, i) => (word + state[i]!) | 0))
  }
  return state.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("")
}

const rotated = (word: number, by: number): number => (word << by) | (word >>> (32 - by))

/** The function and the constant of each round of twenty. */
const mixed = (i: number, b: number, c: number, d: number): number => {
  if (i < 20) return ((b & c) | (~b & d)) + 0x5a827999
  if (i < 40) return (b ^ c ^ d) + 0x6ed9eba1
  if (i < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
  return (b ^ c ^ d) + 0xca62c1d6
}
