/**
 * Rules: chance that repeats itself: what it comes to depends on a seed and a name alone, never on what else was drawn.
 */

/** Numbers in [0, 1), always the same ones for a seed and a name (mulberry32 over an FNV-1a hash of the name). */
export const source = (seed: number, name: string): (() => number) => {
  let state = 0x811c9dc5 ^ seed
  for (let i = 0; i < name.length; i++) state = Math.imul(state ^ name.charCodeAt(i), 0x01000193)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
