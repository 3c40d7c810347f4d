/**
 * Hears the keys in telephone audio, as an exchange does: Goertzel filters over short frames, both tones strong and
 * alone, a silence between two keys.
 */
import * as G711 from "../../src/audio/G711.ts"

const low = [697, 770, 852, 941]
const high = [1209, 1336, 1477, 1633]
const keys = "123A456B789C*0#D"

const rate = 8_000
const frame = 205
const hop = 80

export const heardKeys = (samples: Int16Array): string => {
  let heard = ""
  let last: string | undefined
  let steady = 0
  let pressed = false
  for (let at = 0; at + frame <= samples.length; at += hop) {
    const key = keyOf(samples.subarray(at, at + frame))
    steady = key === last ? steady + 1 : 1
    last = key
    if (key === undefined) {
      if (steady >= 2) pressed = false
    } else if (steady >= 3 && !pressed) {
      heard += key
      pressed = true
    }
  }
  return heard
}

export const heardOnLine = (payload: Uint8Array, codec: "alaw" | "mulaw"): string =>
  heardKeys(G711.decode(payload, codec))

const keyOf = (samples: Int16Array): string | undefined => {
  let energy = 0
  for (const sample of samples) energy += sample ** 2
  if (energy / frame < 300 ** 2) return undefined
  const strongest = (hertz: ReadonlyArray<number>) =>
    hertz.map((f, at) => [goertzel(samples, f), at] as const).sort(([a], [b]) => b - a)
  const [row, otherRow] = strongest(low)
  const [column, otherColumn] = strongest(high)
  const alone = row![0] > 6 * otherRow![0] && column![0] > 6 * otherColumn![0]
  // Of a pure pair of tones nearly all energy lies at the two frequencies.
  const pure = ((row![0] + column![0]) * 2) / frame > 0.9 * energy
  const balanced = row![0] < 8 * column![0] && column![0] < 8 * row![0]
  return alone && pure && balanced ? keys[row![1] * 4 + column![1]] : undefined
}

const goertzel = (samples: Int16Array, hertz: number): number => {
  const coefficient = 2 * Math.cos((2 * Math.PI * hertz) / rate)
  let before = 0
  let now = 0
  for (const sample of samples) {
    const next = sample + coefficient * now - before
    before = now
    now = next
  }
  return now ** 2 + before ** 2 - coefficient * now * before
}
