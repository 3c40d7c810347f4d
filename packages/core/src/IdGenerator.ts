/**
 * Port: where ids and secrets come from. Ids sort by the time of their making, so that an index over them stays
 * compact; they are opaque to everybody else.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Now from "./Now.ts"

export class IdGenerator extends Context.Tag("@vsms/core/IdGenerator")<
  IdGenerator,
  {
    /** 32 lower-case hex digits: 48 bits of time, 80 of randomness. Never repeats. */
    readonly next: Effect.Effect<string>
    /** `length` random decimal digits, the first not 0. May repeat: whoever needs uniqueness checks it. */
    readonly digits: (length: number) => Effect.Effect<string>
    /** A new secret: 32 hex digits from a cryptographic source. */
    readonly secret: Effect.Effect<Redacted.Redacted>
  }
>() {
  /** Ids from the clock of the runtime and the platform's cryptographic random source. */
  static readonly layer: Layer.Layer<IdGenerator> = Layer.sync(IdGenerator, () =>
    make((bytes) => crypto.getRandomValues(bytes))
  )

  /** Ids that repeat from run to run, for tests and simulations: the clock and a counter with a fixed scramble. */
  static readonly layerSeeded = (seed: number): Layer.Layer<IdGenerator> =>
    Layer.sync(IdGenerator, () => {
      let state = seed >>> 0
      return make((bytes) => {
        for (let i = 0; i < bytes.length; i++) {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
          bytes[i] = state >>> 24
        }
        return bytes
      })
    })
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))

const make = (fill: (bytes: Uint8Array) => Uint8Array): typeof IdGenerator.Service => {
  const pool = new Uint8Array(4096)
  let used = pool.length
  const bytes = (count: number): string => {
    if (used + count > pool.length) {
      fill(pool)
      used = 0
    }
    let text = ""
    for (let i = 0; i < count; i++) text += hex[pool[used + i]!]!
    used += count
    return text
  }
  const digit = (): number => {
    // 250 is the largest multiple of ten in a byte: above it the digits would not be equally likely.
    for (;;) {
      const byte = Number.parseInt(bytes(1), 16)
      if (byte < 250) return byte % 10
    }
  }
  return {
    next: Now.use((now) => Effect.succeed(now.toString(16).padStart(12, "0").slice(-12) + bytes(10))),
    digits: (length) =>
      Effect.sync(() => {
        let text = ""
        while (text.length < length) {
          const next = digit()
          if (text.length > 0 || next > 0) text += next
        }
        return text
      }),
    secret: Effect.sync(() => Redacted.make(bytes(16)))
  }
}
