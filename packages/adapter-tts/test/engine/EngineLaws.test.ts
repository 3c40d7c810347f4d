import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { SpeechSynthesizer } from "@vsms/core/dispatch/SpeechSynthesizer"
import { suite } from "@vsms/core/testing/Law"
import * as SpeechSynthesizerLaws from "@vsms/core/testing/laws/SpeechSynthesizerLaws"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, it } from "vitest"
import * as FakeServer from "../support/FakeServer.ts"
import { vendors } from "../support/Vendors.ts"

for (const vendor of vendors) {
  const layer = Layer.scoped(
    SpeechSynthesizer,
    Effect.gen(function* () {
      const server = yield* FakeServer.start
      server.behave(vendor.speaks)
      return yield* vendor.make(server.url)
    })
  ).pipe(Layer.provide(NodeHttpClient.layer))

  suite({ describe, it }, `${vendor.name}, over a server that speaks`, SpeechSynthesizerLaws.laws, layer, { runs: 10 })
}
