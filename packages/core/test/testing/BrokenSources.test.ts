import { describe, expect, it } from "vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Hmac } from "../../src/callback/Hmac.ts"
import { TelephoneCodec } from "../../src/dispatch/TelephoneCodec.ts"
import { IdGenerator } from "../../src/IdGenerator.ts"
import * as Law from "../../src/testing/Law.ts"
import * as HmacLaws from "../../src/testing/laws/HmacLaws.ts"
import * as IdGeneratorLaws from "../../src/testing/laws/IdGeneratorLaws.ts"
import * as TelephoneCodecLaws from "../../src/testing/laws/TelephoneCodecLaws.ts"
import * as ToneSpeech from "../../src/testing/ToneSpeech.ts"

/** Each law is broken by somebody who is wrong in one way, and says so: no failure of another kind counts. */
const everyLawIsSeenToFail = <R>(
  what: string,
  rule: string,
  laws: ReadonlyArray<Law.Law<R>>,
  broken: ReadonlyArray<readonly [name: string, caughtBy: string, layer: Layer.Layer<R>]>
) =>
  describe(`every law of ${what} catches somebody`, () => {
    it.each(broken)(`${rule}: one that %s is caught by «%s»`, async (_, caughtBy, layer) => {
      const law = laws.find(({ sentence }) => sentence === caughtBy)
      expect(law, "the law is in the suite").toBeDefined()
      const failure = await law!.run(layer, { seed: 7 }).then(
        () => "the law held",
        (error: unknown) => String(error)
      )
      expect(failure).toMatch(/^Broken: |Got Broken: /)
    })

    it(`${rule}: there is a broken one for each law`, () => {
      expect(new Set(broken.map(([, caughtBy]) => caughtBy))).toEqual(new Set(laws.map(({ sentence }) => sentence)))
    })
  })

type Codec = typeof TelephoneCodec.Service

/** The codec for tests, which leaves out what a telephone needs, or that one `spoil`ed. */
const codec = (spoil: (sound: Codec) => Partial<Codec> = () => ({})) =>
  Layer.provide(
    Layer.effect(
      TelephoneCodec,
      Effect.map(TelephoneCodec, (sound) => ({ ...sound, ...spoil(sound) }))
    ),
    ToneSpeech.codec
  )

everyLawIsSeenToFail("telephone codecs", "SND-5", TelephoneCodecLaws.laws, [
  [
    "drops every second byte",
    "what comes at the telephone's rate lasts as long as it did, and is of the codec that was asked for",
    codec((sound) => ({
      encode: (audio, codec) =>
        Effect.map(sound.encode(audio, codec), ({ payload }) => ({ codec, payload: payload.filter((_, i) => i % 2) }))
    }))
  ],
  [
    "always makes A-law",
    "what comes at the telephone's rate lasts as long as it did, and is of the codec that was asked for",
    codec((sound) => ({ encode: (audio) => sound.encode(audio, "alaw") }))
  ],
  ["takes every rate for the telephone's", "at whatever rate an engine speaks, a second becomes 8,000 bytes", codec()],
  [
    "fades in from where the last audio ended",
    "the same audio becomes the same bytes, whatever was encoded between, and is left as it was",
    codec((sound) => {
      let last = 0
      return {
        encode: (audio, codec) =>
          Effect.map(sound.encode(audio, codec), ({ payload }) => {
            payload[0] = last
            last = payload.at(-1)! + 1
            return { codec, payload }
          })
      }
    })
  ],
  [
    "fades out the engine's own samples",
    "the same audio becomes the same bytes, whatever was encoded between, and is left as it was",
    codec((sound) => ({
      encode: (audio, codec) =>
        Effect.tap(sound.encode(audio, codec), () => Effect.sync(() => void audio.samples.fill(0, -100)))
    }))
  ],
  [
    "encodes silence",
    "no samples, and silence alone, are bad audio that is not to be tried again: nobody is called to hear nothing",
    codec(() => ({
      encode: ({ samples }, codec) => Effect.succeed({ codec, payload: new Uint8Array(samples.length).fill(0xd5) })
    }))
  ],
  [
    "makes the same bytes for both",
    "A-law and µ-law are different bytes for the same sound: a telephone hears it in each by the codec's name",
    codec()
  ],
  [
    "confuses A-law and µ-law",
    "A-law and µ-law are different bytes for the same sound: a telephone hears it in each by the codec's name",
    codec((sound) => ({
      encode: (audio, codec) =>
        Effect.map(sound.encode(audio, codec), ({ payload }) => ({
          codec,
          payload: payload.map((byte) => byte ^ (codec === "alaw" ? 0 : 0x55))
        }))
    }))
  ],
  [
    "leaves it as loud as it was",
    "an engine that whispers and one that shouts are equally loud on the line, within two decibels",
    codec()
  ]
])

type Sha256 = (typeof Hmac.Service)["sha256"]

const hmac = (spoil: (sound: Sha256) => Sha256) =>
  Layer.provide(
    Layer.effect(
      Hmac,
      Effect.map(Hmac, ({ sha256 }) => ({ sha256: spoil(sha256) }))
    ),
    Hmac.layer
  )

everyLawIsSeenToFail("HMACs", "CBK-2", HmacLaws.laws, [
  [
    "cuts long keys off",
    "the digests of RFC 4231 come out, with keys shorter and longer than a block",
    hmac((sound) => (key, message) => sound(Redacted.make(Redacted.value(key).subarray(0, 64)), message))
  ],
  [
    "takes the message for the key",
    "the digests of RFC 4231 come out, with keys shorter and longer than a block",
    hmac((sound) => (key, message) => sound(Redacted.make(message), Redacted.value(key)))
  ],
  [
    "does not look at the key",
    "key and message have each its own part: another key, another message or the two changed over sign otherwise",
    hmac((sound) => (_, message) => sound(Redacted.make(Uint8Array.of(1)), message))
  ],
  [
    "keeps the first key for ever",
    "a key signs the same whenever it is used: again, as a copy, between other keys and at once with them",
    hmac((sound) => {
      let kept: Redacted.Redacted<Uint8Array> | undefined
      return (key, message) => {
        const used = kept
        kept ??= key
        return sound(used === undefined ? key : Redacted.make(Uint8Array.of(...Redacted.value(used), 1)), message)
      }
    })
  ],
  [
    "hands out a buffer that it uses again",
    "32 bytes of the caller's own come out, and the key and the message stay as they were",
    hmac((sound) => {
      const made = new Map<Redacted.Redacted<Uint8Array>, Uint8Array>()
      return (key, message) => {
        const known = made.get(key)
        if (known !== undefined) return Effect.succeed(known)
        return Effect.tap(sound(key, message), (digest) => Effect.sync(() => void made.set(key, digest)))
      }
    })
  ]
])

type Ids = typeof IdGenerator.Service

const ids = (spoil: (sound: Ids) => Partial<Ids>) =>
  Layer.provide(
    Layer.effect(
      IdGenerator,
      Effect.map(IdGenerator, (sound) => ({ ...sound, ...spoil(sound) }))
    ),
    IdGenerator.layerSeeded(7)
  )

const digitsOf = (alter: (digits: string) => string) =>
  ids(({ digits }) => ({ digits: (length) => Effect.map(digits(length), alter) }))

everyLawIsSeenToFail("id generators", "PKG-6", IdGeneratorLaws.laws, [
  [
    "does not fill the time up with zeros",
    "an id is 32 lower-case hex digits, in every year",
    ids(({ next }) => ({ next: Effect.map(next, (id) => id.replace(/^0+/, "")) }))
  ],
  [
    "has no more than the time and 20 bits",
    "no id comes twice, however many are made in one millisecond",
    ids(({ next }) => ({ next: Effect.map(next, (id) => id.slice(0, 17).padEnd(32, "0")) }))
  ],
  [
    "begins with what is random",
    "ids sort by the time of their making: what is made later comes after what was made before",
    ids(({ next }) => ({ next: Effect.map(next, (id) => id.slice(12) + id.slice(0, 12)) }))
  ],
  [
    "writes the time in decimal seconds",
    "ids sort by the time of their making: what is made later comes after what was made before",
    ids(({ next }) => ({
      next: Effect.zipWith(
        next,
        Clock.currentTimeMillis,
        (id, now) => `${Math.floor(now / 1_000)}`.padStart(12, "0") + id.slice(12)
      )
    }))
  ],
  [
    "lets a number begin with 0",
    "so many digits are asked for, so many come, and the first is not 0",
    digitsOf((digits) => `0${digits.slice(1)}`)
  ],
  [
    "loses a digit",
    "so many digits are asked for, so many come, and the first is not 0",
    digitsOf((digits) => digits.slice(1))
  ],
  ["never says nine", "every digit comes about as often as another", digitsOf((digits) => digits.replaceAll("9", "8"))],
  [
    "takes a secret for one more id",
    "secrets differ from each other and from ids, are 32 hex digits, and cannot be printed by accident",
    ids(({ next }) => ({ secret: Effect.map(next, (id) => Redacted.make(id)) }))
  ],
  [
    "has one secret for all",
    "secrets differ from each other and from ids, are 32 hex digits, and cannot be printed by accident",
    ids(() => ({ secret: Effect.sync(() => Redacted.make("0".repeat(32))) }))
  ]
])
