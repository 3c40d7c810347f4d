/**
 * Writes speech into a store, over and over, until it is killed: `StoreWriter.ts <directory> <keys> <bytes max>`. What
 * it writes under a key is always the same, so that a reader can see whether it is whole.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import * as SpeechStore from "../../src/composition/SpeechStore.ts"
import { speechOf } from "./StoredSpeech.ts"

const [, , directory = "", keys = "1", bytesMax = "0"] = process.argv

await SpeechStore.open({ directory, bytesMax: Number(bytesMax) }).pipe(
  Effect.flatMap((store) =>
    Effect.gen(function* () {
      console.log("open")
      for (let at = 0; ; at++) {
        const number = at % Number(keys)
        yield* store.put(`k${number}`, speechOf(number))
        yield* store.get(`k${number}`)
      }
    })
  ),
  Effect.provide(NodeContext.layer),
  Effect.runPromise
)
