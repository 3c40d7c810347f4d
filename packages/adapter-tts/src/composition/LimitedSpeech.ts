/** Adapter: an engine that is asked by no more at once than it says is worth while. Whoever comes beyond that waits. */
import * as Effect from "effect/Effect"
import type { Speech } from "../engine/TakeSpeech.ts"

export const make = (speech: Speech): Effect.Effect<Speech> => {
  const { concurrency } = speech.capabilities
  if (!Number.isFinite(concurrency)) return Effect.succeed(speech)
  return Effect.map(Effect.makeSemaphore(Math.max(1, concurrency)), (permits) => ({
    ...speech,
    synthesize: (request) => permits.withPermits(1)(speech.synthesize(request))
  }))
}
