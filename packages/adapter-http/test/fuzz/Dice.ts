/** Chance that is the same for the same seed (sfc32): a run is repeated by its seed alone. */
export class Dice {
  private a: number
  private b: number
  private c: number
  private counter = 1

  constructor(seed: number) {
    this.a = seed | 0
    this.b = Math.imul(seed, 0x9e3779b1) | 0
    this.c = 0x243f6a88
    for (let i = 0; i < 15; i++) this.next()
  }

  /** At least 0, below 1. */
  next(): number {
    const t = (((this.a + this.b) | 0) + this.counter) | 0
    this.counter = (this.counter + 1) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = (((this.c << 21) | (this.c >>> 11)) + t) | 0
    return (t >>> 0) / 2 ** 32
  }

  /** A whole number from 0 to below `bound`. */
  below(bound: number): number {
    return Math.floor(this.next() * bound)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<A>(from: ReadonlyArray<A>): A {
    return from[this.below(from.length)]!
  }

  /** Some of them, in their order. */
  some<A>(from: ReadonlyArray<A>, probability: number): ReadonlyArray<A> {
    return from.filter(() => this.chance(probability))
  }

  times<A>(count: number, make: () => A): Array<A> {
    return Array.from({ length: count }, make)
  }
}
