/** The bytes of MPEG audio frames, without sound in them: headers as encoders write them, and zeros. */

interface Header {
  /** 3 is version 1, 2 is version 2, 0 is version 2.5: as the bits stand in a header. */
  readonly version: 0 | 2 | 3
  readonly bitRate: number
  readonly rate: number
}

const bitRates = { 1: [32, 40, 48, 56, 64, 80, 96, 112, 128], 2: [8, 16, 24, 32, 40, 48, 56, 64] }
const rates = [44_100, 48_000, 32_000]

export const frame = ({ bitRate, rate, version }: Header): Uint8Array => {
  const sampleRate = rates[rate]! / (version === 3 ? 1 : version === 2 ? 2 : 4)
  const kilobits = bitRates[version === 3 ? 1 : 2][bitRate - 1]!
  const bytes = new Uint8Array(Math.floor(((version === 3 ? 144 : 72) * kilobits * 1_000) / sampleRate))
  bytes.set([0xff, 0xe3 | (version << 3), (bitRate << 4) | (rate << 2), 0xc4])
  return bytes
}

/** Of 8 kilobits a second and 8,000 Hz: 72 bytes and 72 milliseconds a frame. */
export const mp3 = ({ frames }: { readonly frames: number }): Uint8Array =>
  joined(...Array.from({ length: frames }, () => frame({ version: 0, bitRate: 1, rate: 2 })))

export const joined = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
