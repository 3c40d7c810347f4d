/** What a template says in every send is asked of a speech server once: the gateway's own composition, before a server. */
import * as fs from "node:fs"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as path from "node:path"
import * as SimulatedNetwork from "@vsms/adapter-telephony/simulated/SimulatedNetwork"
import * as PgliteMemory from "@vsms/adapter-postgres/place/PgliteMemory"
import * as Wav from "@vsms/adapter-tts/audio/Wav"
import { Routes } from "@vsms/core/dispatch/Routes"
import { Sends } from "@vsms/core/sending/Sends"
import * as Tenant from "@vsms/core/testing/Tenant"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import { describe, expect, it } from "vitest"
import * as Platform from "../src/Platform.ts"
import * as Settings from "../src/Settings.ts"
import { newFolder } from "./support/GatewayProcess.ts"

/** A server as `openai` wants one: it hums for a tenth of a second a character, and keeps what it was asked to say. */
const speechServer = Effect.acquireRelease(
  Effect.async<{ readonly server: Http.Server; readonly url: string; readonly asked: Array<string> }>((resume) => {
    const asked: Array<string> = []
    const server = Http.createServer(async (request, response) => {
      let body = ""
      for await (const chunk of request) body += String(chunk)
      const { input } = JSON.parse(body) as { readonly input: string }
      asked.push(input)
      const samples = Int16Array.from({ length: 800 * input.length }, (_, at) => 8_000 * Math.sin(at / 3))
      response.writeHead(200, { "content-type": "audio/wav" }).end(Wav.write({ sampleRate: 8_000, samples }))
    })
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      resume(Effect.succeed({ server, url: `http://127.0.0.1:${port}`, asked }))
    })
  }),
  ({ server }) => Effect.promise(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))
)

const phone = { setUpMillis: 0, ringMillis: 0, reaction: { _tag: "Answers", listensMillis: 0, presses: [] } } as const

describe("the words of templates", () => {
  it("SND-5: a second send of a template asks the engine for what is put into it, and for nothing else", async () => {
    const folder = await newFolder()
    const cache = path.join(folder, "speech")
    await Effect.gen(function* () {
      const { asked, url } = yield* speechServer
      const heard = yield* Queue.unbounded<void>()
      const network = SimulatedNetwork.layer({ behaviour: () => phone, onHeard: () => Queue.offer(heard, undefined) })
      const environment = {
        SPEECH_ENGINES: "openai",
        SPEECH_OPENAI_URL: url,
        SPEECH_OPENAI_MODEL: "hum",
        SPEECH_OPENAI_VOICE: "hum",
        SPEECH_CACHE_DIRECTORY: cache
      }
      const variables = ConfigProvider.fromMap(new Map(Object.entries(environment)), { pathDelim: "_" })
      const platform = Platform.layer(Either.getOrThrow(Settings.read({ PORT: "0", VSMS_DATA: folder })), {
        operatorTokens: [Redacted.make("x".repeat(40))],
        parts: { database: PgliteMemory.layer(), routes: Layer.provide(Routes.single(), network) }
      })
      const said = yield* Effect.gen(function* () {
        const { accountId, applicationId } = yield* Tenant.established()
        const sends = yield* Sends
        return yield* Effect.forEach(["3842", "9057"], (code, nth) =>
          Effect.gen(function* () {
            yield* sends.acceptCode(accountId, applicationId, { to: `1380013800${nth}`, code })
            yield* Queue.take(heard)
            return asked.splice(0).toSorted()
          })
        )
      }).pipe(Effect.provide(Layer.provide(platform, Layer.setConfigProvider(variables))))
      expect(said).toEqual([["三、八、四、二", "您的验证码是，"], ["九、零、五、七"]])
    }).pipe(Effect.scoped, Effect.runPromise)
    expect(fs.readdirSync(cache)).toHaveLength(1)
  })
})
