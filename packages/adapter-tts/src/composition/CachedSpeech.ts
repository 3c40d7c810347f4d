/**
 * Adapter: an engine that is asked once for the words that all sends of a template share. They are kept in memory and,
 * if there is a store, on disk; what is somebody's is asked for each time and kept nowhere.
 *
 * Speech of whole messages, for calls that are tried again, is kept by core's `Speeches`, in memory alone.
 */
import { createHash } from "node:crypto"
import type { SpeechAudio, SpeechFailure, SpeechRequest } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"
import * as Splice from "../engine/Splice.ts"
import type { Speech } from "../engine/TakeSpeech.ts"
import * as Spelling from "../text/Spelling.ts"
import * as SpokenRequest from "../text/SpokenRequest.ts"
import * as PhraseBook from "./PhraseBook.ts"
import type { SpeechStore } from "./SpeechStore.ts"

export interface CacheOptions {
  /** The words that may be kept: nothing else ever is. */
  readonly phrases: PhraseBook.PhraseBook
  /** Where they are kept when the process ends; nowhere, if absent. */
  readonly store?: SpeechStore | undefined
  /** Of the speech in memory. */
  readonly bytesMax: number
  /**
   * What else decides how the engine sounds: its address, model, default voice, lexicon. Whoever changes it changes
   * this, and what was kept is not used any more.
   */
  readonly sound: string
}

/** Tagged with `engine` and `found`: `memory`, `disk`, or `made`, which costs. */
export const parts = Metric.counter("vsms_speech_fixed_parts_total", {
  description: "Parts of messages that are the same in every send",
  incremental: true
})

/**
 * Wraps an engine. Worth it where each request costs money or a long way, and not for an embedded one.
 *
 * **Details** Requests for the same words at once are one. It belongs to nobody: it goes on when the one who asked first
 * is gone, and ends with the scope.
 */
export const make = (speech: Speech, options: CacheOptions): Effect.Effect<Speech, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    const { phrases, sound, store } = options
    const { engine } = speech.capabilities
    const memory = makeMemory(options.bytesMax)
    const flying = new Map<string, Deferred.Deferred<SpeechAudio, SpeechFailure>>()
    const found = (where: string) =>
      Metric.increment(Metric.tagged(Metric.tagged(parts, "engine", engine), "found", where))

    const fetched = (key: string, text: string, request: SpeechRequest) =>
      Effect.gen(function* () {
        const kept = yield* store?.get(key) ?? Effect.succeed(undefined)
        yield* found(kept === undefined ? "made" : "disk")
        if (kept !== undefined) return kept
        const audio = yield* speech.synthesize({ ...request, segments: [{ _tag: "Text", text }] })
        const trimmed = Splice.trimmed(audio, edgeMillis)
        // Nobody waits for the disk; when the scope closes, what is being written is written.
        if (store !== undefined) yield* Effect.forkIn(Effect.uninterruptible(store.put(key, trimmed)), scope)
        return trimmed
      })

    const fixed = (text: string, request: SpeechRequest): Effect.Effect<SpeechAudio, SpeechFailure> =>
      Effect.uninterruptibleMask((restore) => {
        const key = keyOf(engine, sound, text, request)
        const kept = memory.get(key)
        if (kept !== undefined) return Effect.as(found("memory"), kept)
        const already = flying.get(key)
        if (already !== undefined) return restore(Deferred.await(already))
        const arrival = Deferred.unsafeMake<SpeechAudio, SpeechFailure>(FiberId.none)
        flying.set(key, arrival)
        const flight = fetched(key, text, request).pipe(
          Effect.tap((audio) => Effect.sync(() => memory.keep(key, audio))),
          Effect.interruptible,
          Effect.onExit((exit) => {
            flying.delete(key)
            return Deferred.done(arrival, exit)
          })
        )
        return Effect.zipRight(Effect.forkIn(flight, scope), restore(Deferred.await(arrival)))
      })

    const spoken = (part: PhraseBook.Part, request: SpeechRequest): Effect.Effect<Splice.Piece, SpeechFailure> => {
      switch (part._tag) {
        case "Silence":
          return Effect.succeed({ silenceMillis: part.millis })
        case "Fixed":
          return fixed(part.text, request)
        case "Own":
          return Effect.map(speech.synthesize({ ...request, segments: part.segments }), (audio) =>
            Splice.trimmed(audio, edgeMillis)
          )
      }
    }

    const forget = (texts: ReadonlyArray<string>, request: SpeechRequest) =>
      Effect.forEach(
        texts,
        (text) => {
          const key = keyOf(engine, sound, text, request)
          memory.forget(key)
          return store?.remove(key) ?? Effect.void
        },
        { discard: true }
      )

    const synthesize = (request: SpeechRequest): Effect.Effect<SpeechAudio, SpeechFailure> =>
      Effect.suspend(() => {
        const cut = PhraseBook.parts(request, phrases)
        const texts = cut.flatMap((part) => (part._tag === "Fixed" ? [part.text] : []))
        if (texts.length === 0) return speech.synthesize(request)
        const sounding = cut.filter(isSounding)
        return Effect.flatMap(
          Effect.forEach(sounding, (part) => spoken(part, request), { concurrency: "unbounded" }),
          (pieces) => {
            const audio = Splice.join(pieces.flatMap((piece, at) => [...gapBefore(sounding, at), piece]))
            if (audio !== undefined) return Effect.succeed(audio)
            // The engine has another sample rate than when this was kept.
            return Effect.zipRight(forget(texts, request), speech.synthesize(request))
          }
        )
      })

    return { ...speech, synthesize }
  })

/** Silence that speech keeps at a joint; the rest is of the joint's own length. */
const edgeMillis = 30

/** Marks alone are no request: what they ask for is in the joint. */
const isSounding = (part: PhraseBook.Part): boolean =>
  part._tag !== "Own" || part.segments.some((segment) => segment._tag !== "Pause" && /[\p{L}\p{N}]/u.test(segment.text))

/** How long a voice rests between two parts, where nobody said so. */
const gapBefore = (cut: ReadonlyArray<PhraseBook.Part>, at: number): ReadonlyArray<Splice.Piece> => {
  const [before, after] = [cut[at - 1], cut[at]!]
  if (before === undefined || before._tag === "Silence" || after._tag === "Silence") return []
  const ending = before._tag === "Fixed" ? before.text : textOf(before.segments.at(-1))
  const spelled = before._tag === "Own" && before.segments.at(-1)?._tag === "Spell"
  const spelling = after._tag === "Own" && after.segments[0]?._tag === "Spell"
  const { afterMillis, beforeMillis } = Spelling.defaultPace
  const millis = Math.max(
    /[。；！？]$/.test(ending) ? 450 : 220,
    spelled ? afterMillis : 0,
    spelling ? beforeMillis : 0
  )
  return [{ silenceMillis: millis }]
}

const textOf = (segment: SpeechRequest["segments"][number] | undefined): string =>
  segment === undefined || segment._tag === "Pause" ? "" : segment.text

/** How a text is read decides what is said, and changes with this package: so the reading is part of the key. */
const reading = SpokenRequest.speaker({ pace: Spelling.defaultPace, lexicon: {} })

const keyOf = (engine: string, sound: string, text: string, { language, ratePercent, voice }: SpeechRequest): string =>
  createHash("sha256")
    .update(
      JSON.stringify([
        engine,
        sound,
        language,
        voice ?? null,
        ratePercent ?? 100,
        text,
        reading([{ _tag: "Text", text }], language)
      ])
    )
    .digest("hex")

/** What was used last is kept, up to so many bytes. */
const makeMemory = (bytesMax: number) => {
  const kept = new Map<string, SpeechAudio>()
  let bytes = 0
  const forget = (key: string) => {
    const audio = kept.get(key)
    if (audio === undefined) return undefined
    kept.delete(key)
    bytes -= audio.samples.byteLength
    return audio
  }
  const keep = (key: string, audio: SpeechAudio) => {
    forget(key)
    if (audio.samples.byteLength > bytesMax) return
    kept.set(key, audio)
    bytes += audio.samples.byteLength
    for (const oldest of kept.keys()) {
      if (bytes <= bytesMax) return
      forget(oldest)
    }
  }
  return {
    forget,
    keep,
    get: (key: string) => {
      const audio = forget(key)
      if (audio !== undefined) keep(key, audio)
      return audio
    }
  }
}
