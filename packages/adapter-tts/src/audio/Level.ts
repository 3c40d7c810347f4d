/**
 * Rules: how loud speech is. The level that RFC 7874 asks of telephone audio: active speech at -19 dBm0, an RMS of 2,600
 * of 16-bit samples, whatever the engine's own.
 */

/** RMS of active speech, in units of 16-bit samples. */
export const telephoneLevel = 2_600

/** Frames this much quieter than the speech around them are pauses, as in ITU-T P.56. */
const marginDecibels = 15.9

/** Quieter than this is no speech: the noise of rounding to 16 bits is. */
const inaudible = 4

const frameMillis = 20

/**
 * The RMS of the frames in which somebody speaks; 0 if nobody does.
 *
 * **Details** What counts as speech depends on how loud it is, so the answer is looked for from the loudest frame down
 * until it stays.
 */
export const activeLevel = (samples: Float32Array, sampleRate: number): number => {
  const powers = framePowers(samples, Math.max(1, Math.round((sampleRate * frameMillis) / 1000)))
  const margin = 10 ** (-marginDecibels / 10)
  let active = powers.reduce((loudest, power) => Math.max(loudest, power), 0)
  if (Math.sqrt(active) < inaudible) return 0
  // Each round counts at least the frames of the one before, so that it ends.
  for (let counted = 0; ;) {
    const threshold = active * margin
    let sum = 0
    let count = 0
    for (const power of powers) {
      if (power < threshold) continue
      sum += power
      count++
    }
    active = sum / count
    if (count === counted) return Math.sqrt(active)
    counted = count
  }
}

/** Samples at the level of the telephone: amplified, then rounded, then clamped. `undefined`: there is nothing to hear. */
export const levelled = (samples: Float32Array, sampleRate: number): Int16Array | undefined => {
  const level = activeLevel(samples, sampleRate)
  if (level === 0) return undefined
  const gain = telephoneLevel / level
  const louder = new Int16Array(samples.length)
  for (let at = 0; at < samples.length; at++) {
    // A typed array would wrap around.
    louder[at] = Math.max(-32_768, Math.min(32_767, Math.round(samples[at]! * gain)))
  }
  return louder
}

const framePowers = (samples: Float32Array, length: number): ReadonlyArray<number> => {
  const powers: Array<number> = []
  for (let at = 0; at < samples.length; at += length) {
    const end = Math.min(samples.length, at + length)
    let sum = 0
    for (let i = at; i < end; i++) sum += samples[i]! * samples[i]!
    powers.push(sum / length)
  }
  return powers
}
