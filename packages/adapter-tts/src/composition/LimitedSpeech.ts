/** Adapter: an engine that is asked by no more at once than it says is worth while. Whoever comes beyond that waits. */
import * as Effect from "effect/Effect"
import type { Speech } from "../engine/TakeSpeech.ts"

/** Lets effects pass, so many at a time; all of them, if the number is infinite. */
export type Gate = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

export const gate = (concurrency: number): Effect.Effect<Gate> =>
  Number.isFinite(concurrency)
    ? Effect.map(Effect.makeSemaphore(Math.max(1, concurrency)), (permits) => permits.withPermits(1))
    : Effect.succeed((effect) => effect)

export const make = (speech: Speech): Effect.Effect<Speech> =>
  Effect.map(gate(speech.capabilities.concurrency), (pass) => ({
    ...speech,
    synthesize: (request) => pass(speech.synthesize(request))
  }))
