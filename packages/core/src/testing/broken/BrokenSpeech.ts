/**
 * Adapter: speech engines that are wrong on purpose, each in one way that real ones have been. They show that the laws
 * bite: a law that no broken engine breaks proves nothing.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import {
  type SpeechAudio,
  SpeechFailure,
  type SpeechRequest,
  SpeechSynthesizer
} from "../../dispatch/SpeechSynthesizer.ts"
import * as ToneSpeech from "../ToneSpeech.ts"

/** An engine that is wrong, and the sentence of the law that must catch it. */
export interface BrokenSpeech {
  readonly name: string
  readonly caughtBy: string
  readonly layer: Layer.Layer<SpeechSynthesizer>
}

type Engine = typeof SpeechSynthesizer.Service

const broken = (name: string, caughtBy: string, spoil: (sound: Engine) => Partial<Engine>): BrokenSpeech => ({
  name,
  caughtBy,
  layer: Layer.provide(
    Layer.effect(
      SpeechSynthesizer,
      Effect.map(SpeechSynthesizer, (sound) => ({ ...sound, ...spoil(sound) }))
    ),
    ToneSpeech.speech()
  )
})

const altered = (
  sound: Engine,
  alter: (audio: SpeechAudio, request: SpeechRequest) => SpeechAudio
): Partial<Engine> => ({
  synthesize: (request) => Effect.map(sound.synthesize(request), (audio) => alter(audio, request))
})

/** The request with its texts changed. */
const reworded = (request: SpeechRequest, reword: (text: string) => string): SpeechRequest => ({
  ...request,
  segments: request.segments.map((segment) =>
    segment._tag === "Pause" ? segment : { ...segment, text: reword(segment.text) }
  )
})

const textOf = (request: SpeechRequest): string =>
  request.segments.map((segment) => (segment._tag === "Pause" ? "" : segment.text)).join("")

const silence = (audio: SpeechAudio, millis: number): SpeechAudio => {
  const samples = new Int16Array(audio.samples.length + (audio.sampleRate * millis) / 1_000)
  samples.set(audio.samples)
  return { ...audio, samples }
}

export const brokenSpeech: ReadonlyArray<BrokenSpeech> = [
  broken(
    "is silent",
    "a text becomes mono samples at a rate that a telephone codec can resample, and is not silent",
    (sound) => altered(sound, (audio) => ({ ...audio, samples: new Int16Array(audio.samples.length) }))
  ),
  broken("cuts off what is long", "more to spell takes longer to say", (sound) =>
    altered(sound, (audio) => ({ ...audio, samples: audio.samples.slice(0, audio.sampleRate) }))
  ),
  broken("swallows pauses", "a pause lasts about as long as it was asked for", (sound) => ({
    synthesize: (request) =>
      sound.synthesize({ ...request, segments: request.segments.filter(({ _tag }) => _tag !== "Pause") })
  })),
  broken("obeys markup", "nothing that a text holds is an order to the engine: no markup makes a silence", (sound) =>
    altered(sound, (audio, request) => {
      return textOf(request).includes("<break") ? silence(audio, 9_000) : audio
    })
  ),
  broken(
    "makes wide letters narrow after it looked for markup",
    "nothing that a text holds is an order to the engine: no markup makes a silence",
    (sound) =>
      altered(sound, (audio, request) => {
        const said = textOf(request)
        return !said.includes("<") && said.normalize("NFKC").includes("<break") ? silence(audio, 9_000) : audio
      })
  ),
  broken(
    "hands its text to a library that ends it at a NUL",
    "what nobody can hear ends nothing: all that comes after it is said",
    (sound) => ({ synthesize: (request) => sound.synthesize(reworded(request, (text) => text.split("\0")[0]!)) })
  ),
  broken(
    "says all that it is asked at once",
    "requests at once never mix: each is as long as if it were alone",
    (sound) => {
      let pending: ReadonlyArray<SpeechRequest["segments"][number]> = []
      return {
        synthesize: (request) =>
          Effect.suspend(() => {
            pending = [...pending, ...request.segments]
            return Effect.zipRight(
              Effect.yieldNow(),
              Effect.suspend(() => {
                const all = pending
                pending = []
                return sound.synthesize({ ...request, segments: all.length === 0 ? request.segments : all })
              })
            )
          })
      }
    }
  ),
  broken(
    "varies although it says that it does not",
    "a deterministic engine says the same thing in the same samples",
    (sound) => {
      let requests = 0
      return altered(sound, (audio) => {
        requests++
        return { ...audio, samples: audio.samples.map((sample) => sample + requests) }
      })
    }
  ),
  broken(
    "speaks nothing",
    "where there is nothing to say there is a failure that is not to be repeated, and no empty speech",
    (sound) => ({
      synthesize: (request) =>
        Effect.catchAll(sound.synthesize(request), () =>
          Effect.succeed({ sampleRate: 8_000, samples: new Int16Array(0) })
        )
    })
  ),
  broken(
    "quotes what it cannot say",
    "what is not spoken fails by name and reason, never to be repeated if it is refused, and tells no text",
    (sound) => ({
      synthesize: (request) =>
        request.voice === undefined
          ? sound.synthesize(request)
          : Effect.fail(
              new SpeechFailure({
                engine: "quoting",
                reason: "Unsupported",
                retryable: false,
                detail: `no voice ${request.voice} for ${textOf(request)}`
              })
            )
    })
  ),
  broken(
    "wants to be asked again for what it never says",
    "what is not spoken fails by name and reason, never to be repeated if it is refused, and tells no text",
    (sound) => ({
      synthesize: (request) =>
        textOf(request).length < 1_000
          ? sound.synthesize(request)
          : Effect.fail(
              new SpeechFailure({ engine: "stubborn", reason: "Rejected", retryable: true, detail: "too long" })
            )
    })
  ),
  broken(
    "keeps a place for whoever left",
    "requests that were let go of make room: as many as the engine takes at once are spoken after them",
    (sound) => {
      let taken = 0
      const busy = new SpeechFailure({ engine: "crowded", reason: "Unavailable", retryable: true, detail: "busy" })
      return {
        capabilities: { ...sound.capabilities, concurrency: 2 },
        synthesize: (request) =>
          Effect.suspend(() => {
            if (taken >= 2) return Effect.fail(busy)
            taken++
            return Effect.yieldNow().pipe(
              Effect.zipRight(sound.synthesize(request)),
              Effect.ensuring(Effect.yieldNow()),
              // Missing: the same when it is interrupted.
              Effect.tap(() => Effect.sync(() => void taken--))
            )
          })
      }
    }
  ),
  broken(
    "never recovers from being let go of",
    "an engine that was let go of in the middle of a request speaks the next one as ever",
    (sound) => {
      let upset = false
      return {
        synthesize: (request) =>
          Effect.suspend(() => {
            const slowly = Effect.zipRight(
              Effect.yieldNow(),
              sound.synthesize(upset ? reworded(request, (text) => text + text) : request)
            )
            return Effect.onInterrupt(slowly, () => Effect.sync(() => void (upset = true)))
          })
      }
    }
  )
]
