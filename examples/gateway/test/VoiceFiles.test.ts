/** A voice file from the vendor's SDK to somebody's ear: real doors, decoder, codec and network, in one process. */
import * as fs from "node:fs"
import * as Https from "node:https"
import { createRequire } from "node:module"
import * as Net from "node:net"
import * as path from "node:path"
import { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import { NodeServer } from "@vsms/adapter-http/node/NodeServer"
import * as VendorDoor from "@vsms/adapter-http/wire/VendorDoor"
import * as Behaviour from "@vsms/adapter-telephony/simulated/Behaviour"
import * as SimulatedNetwork from "@vsms/adapter-telephony/simulated/SimulatedNetwork"
import * as SoundDecoder from "@vsms/adapter-tts/audio/SoundDecoder"
import * as TelephoneAudio from "@vsms/adapter-tts/audio/TelephoneAudio"
import { Accounts } from "@vsms/core/account/Accounts"
import * as Core from "@vsms/core/Core"
import { Routes } from "@vsms/core/dispatch/Routes"
import { Sends } from "@vsms/core/sending/Sends"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import * as Tenant from "@vsms/core/testing/Tenant"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"

const require = createRequire(import.meta.url)
const sdk = require("qcloudsms_js") as (appId: string, appKey: string) => Record<string, () => Record<string, Function>>
const https = require("node:https") as { globalAgent: Https.Agent }

/** One second of a hum of 440 Hz, stereo, of changing bit rates. */
const mp3 = fs.readFileSync(
  path.join(import.meta.dirname, "../../../packages/adapter-tts/test/audio/files/stereo-vbr.mp3")
)

/** The SDK has no setting for its address: its connections are led here, as an entry in a hosts file would. */
const redirected = (port: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = https.globalAgent
      https.globalAgent = Object.assign(new Https.Agent(), { createConnection: () => Net.connect(port, "127.0.0.1") })
      return before
    }),
    (before) => Effect.sync(() => void (https.globalAgent = before))
  )

const asked = (sender: Record<string, Function>, method: string, ...given: ReadonlyArray<unknown>) =>
  Effect.async<any, Error>((resume) => {
    sender[method]!(...given, (error: Error | undefined, _: unknown, answer: unknown) =>
      resume(error ? Effect.fail(error) : Effect.succeed(answer))
    )
  })

/** How much of the power lies at one pitch, 0 to 1. */
const purity = (samples: Int16Array, pitch: number): number => {
  let [cosine, sine, power] = [0, 0, 0]
  samples.forEach((sample, i) => {
    cosine += sample * Math.cos((2 * Math.PI * pitch * i) / 8_000)
    sine += sample * Math.sin((2 * Math.PI * pitch * i) / 8_000)
    power += sample * sample
  })
  return (2 * (cosine ** 2 + sine ** 2)) / samples.length / power
}

describe("a voice file", () => {
  it.effect("VOF-1, VOF-4, SND-5: MP3 that the vendor's SDK uploads and sends is heard, twice, and paid", () => {
    const heard: Array<SimulatedNetwork.HeardCall> = []
    const network = SimulatedNetwork.layer({
      behaviour: () => Behaviour.answers(),
      onHeard: (call) => Effect.sync(() => void heard.push(call))
    })
    // The gateway's parts for sound and calls, over a storage whose time a test can move.
    const platform = NodeServer.layer({ port: 0 }).pipe(
      Layer.provideMerge(VendorDoor.layer()),
      Layer.provideMerge(NativeDoor.layer()),
      Layer.provideMerge(Core.layer()),
      Layer.provideMerge(NativeDoor.editGuard),
      Layer.provideMerge(
        Layer.mergeAll(
          CoreMemory.layerPorts(),
          SoundDecoder.layer(),
          TelephoneAudio.layer,
          Layer.provide(Routes.single(), network)
        )
      )
    )
    return Effect.gen(function* () {
      yield* redirected((yield* NodeServer).port)
      const { accountId, applicationId } = yield* Tenant.open()
      const { secrets } = yield* (yield* Accounts).secretsOf(applicationId)
      yield* TestClock.setTime(Date.now())
      const client = sdk(applicationId, Redacted.value(secrets[0]!))
      const uploaded = yield* asked(client["VoiceFileUploader"]!(), "upload", mp3, "mp3")
      expect([uploaded.result, uploaded.fid]).toEqual([0, expect.stringMatching(/^[0-9a-f]{40}\.mp3$/)])
      yield* TestClock.adjust("1 second")
      const sent = yield* asked(client["FileVoiceSender"]!(), "send", "86", "13800138000", uploaded.fid, 2, "ext")
      expect([sent.result, sent.ext]).toEqual([0, "ext"])
      // The decoder's thread has its own time: the clock of the test waits for it.
      while (heard.length === 0) {
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 20)))
        yield* TestClock.adjust("1 second")
      }
      const { samples } = TelephoneAudio.decode(heard[0]!.audio)
      // Two plays of a second, and the pause between them.
      expect(samples.length).toBe(3 * 8_000)
      for (const from of [0, 2]) {
        expect(purity(samples.slice((from + 0.2) * 8_000, (from + 0.8) * 8_000), 440)).toBeGreaterThan(0.95)
      }
      yield* TestClock.adjust("1 minute")
      const { state } = yield* (yield* Sends).get(accountId, applicationId, sent.callid)
      expect(state).toMatchObject({ stage: "completed", billedMinutes: 1, accepted: { hold: { minutes: 1 } } })
    }).pipe(Effect.scoped, Effect.ensuring(TestClock.adjust("1 hour")), Effect.provide(platform), (story) =>
      Effect.zipRight(TestClock.setTime(Date.now() - 900_000), story)
    )
  })
})
