/** Telephones in a process of their own, which take every call at once and let the caller talk; see `Phones.ts`. */
import * as Effect from "effect/Effect"
import * as Phones from "../test/sip/trunk/Phones.ts"

const audioPort = Number(process.argv[2])

await Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      const phones = yield* Phones.make()
      // Numbers of this bench are told apart by their last digits: each is set before it is called.
      for (let i = 0; i < 20_000; i++) phones.set(numberOf(i), { answers: true, rings: 0, audioPort })
      process.send?.({ port: phones.hop("udp").port })
      return yield* Effect.never
    })
  )
)

function numberOf(i: number): string {
  return `+86138${String(i).padStart(8, "0")}`
}
