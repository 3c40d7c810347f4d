/** The vendor's SDK of the older wire, unchanged, against a server of ours. */
import * as Https from "node:https"
import { createRequire } from "node:module"
import * as Net from "node:net"
import { NodeServer } from "@vsms/adapter-http/node/NodeServer"
import { Sends } from "@vsms/core/sending/Sends"
import { describe, expect, it } from "@effect/vitest"
import * as PlainDecoder from "@vsms/core/testing/PlainDecoder"
import * as SoundFile from "@vsms/core/voicefile/SoundFile"
import { VoiceFiles } from "@vsms/core/voicefile/VoiceFiles"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as Wire from "./Wire.ts"

type Callback = (error: Error | undefined, response: unknown, answer: any) => void

/** What of it is called here; it has no types of its own that fit. */
type Sender = Readonly<Record<string, (...given: ReadonlyArray<unknown>) => void>>
type Sdk = Readonly<Record<string, () => Sender>>

const require = createRequire(import.meta.url)
const sdk = require("qcloudsms_js") as (appId: string, appKey: string) => Sdk

/** The module as the SDK has it: an object whose agent can be another one. */
const https = require("node:https") as { globalAgent: Https.Agent }

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

const call = (sender: Sender, method: string, ...given: ReadonlyArray<unknown>) =>
  Effect.async<any, Error>((resume) => {
    const callback: Callback = (error, _, answer) => resume(error ? Effect.fail(error) : Effect.succeed(answer))
    sender[method]!(...given, callback)
  })

const world = Effect.gen(function* () {
  const server = yield* NodeServer
  yield* redirected(server.port)
  const tenant = yield* Wire.tenant()
  const templateId = yield* Wire.template(tenant, "订单{1}已发货")
  yield* (yield* VoiceFiles).upload(tenant.accountId, tenant.applicationId, { sound })
  yield* Wire.today
  return { tenant, templateId }
})

/** A file that is approved, and its id. */
const sound = Buffer.from(PlainDecoder.wav(PlainDecoder.humming(2_000)))
const fid = SoundFile.idOf(sound, "wav")

/** Every operation of the SDK, each for another number, and what it is answered. */
const operations = (templateId: string): ReadonlyArray<readonly [string, string, ReadonlyArray<unknown>, number]> => [
  ["CodeVoiceSender", "send", ["86", "13800138001", "4821", 2, "ext"], 0],
  ["SmsVoiceVerifyCodeSender", "send", [86, 13_800_138_002, "ab12", 3, ""], 0],
  ["TtsVoiceSender", "send", ["86", "13800138003", templateId, ["A1"], 2, "ext"], 0],
  ["PromptVoiceSender", "send", ["86", "13800138004", 2, "订单B2已发货", 2, "ext"], 0],
  ["SmsVoicePromptSender", "send", ["86", "13800138005", 2, "订单B3已发货", 1, ""], 0],
  ["VoiceFileUploader", "upload", [sound, "wav"], 0],
  // What it is, its bytes say.
  ["VoiceFileUploader", "upload", [sound, "mp3"], 0],
  ["VoiceFileUploader", "upload", [Buffer.from("RIFF"), "wav"], 1004],
  ["FileVoiceSender", "send", ["86", "13800138006", fid, 2, "ext"], 0],
  ["FileVoiceSender", "send", ["86", "13800138009", fid.replace("wav", "mp3"), 2, ""], 1014],
  ["SmsSingleSender", "send", [0, 86, "13800138007", "text", "", ""], 1030],
  ["SmsSingleSender", "sendWithParam", [86, "13800138007", 1, ["a"], "sign", "", ""], 1030],
  ["SmsMultiSender", "send", [0, "86", ["13800138007", "13800138008"], "text", "", ""], 1030],
  ["SmsMultiSender", "sendWithParam", ["86", ["13800138007", "13800138008"], 1, ["a"], "sign", "", ""], 1030],
  ["SmsStatusPuller", "pullCallback", [10], 1030],
  ["SmsStatusPuller", "pullReply", [10], 1030],
  ["SmsMobileStatusPuller", "pullCallback", ["86", "13800138007", 1, 2, 10], 1030],
  ["SmsMobileStatusPuller", "pullReply", ["86", "13800138007", 1, 2, 10], 1030]
]

describe("qcloudsms_js, unchanged", () => {
  it.effect("goes through every operation that it has", () =>
    Effect.gen(function* () {
      const { templateId, tenant } = yield* world
      const client = sdk(tenant.applicationId, tenant.appKey)
      const names = Object.keys(client).filter((name) => typeof client[name] === "function")
      expect(new Set(operations(templateId).map(([sender]) => sender))).toEqual(new Set(names))
      for (const [sender, method, given, result] of operations(templateId)) {
        const answer = yield* call(client[sender]!(), method, ...given)
        expect([sender, method, answer.result]).toEqual([sender, method, result])
        expect(typeof answer.errmsg).toBe("string")
        if (result !== 0) continue
        if (sender === "VoiceFileUploader") {
          expect(answer.fid).toBe(fid)
          continue
        }
        expect(answer.ext).toBe(given.at(-1))
        const sends = yield* Sends
        const { state } = yield* sends.get(tenant.accountId, tenant.applicationId, answer.callid)
        expect(state.accepted.plays).toBe(given.at(-2))
      }
    }).pipe(Wire.served())
  )

  it.effect("is refused with a wrong key, and with another application's", () =>
    Effect.gen(function* () {
      const { templateId, tenant } = yield* world
      const other = yield* Wire.tenant({ number: "000002" })
      const wrong = sdk(tenant.applicationId, other.appKey)
      for (const [sender, method, given] of operations(templateId)) {
        const answer = yield* call(wrong[sender]!(), method, ...given)
        expect([sender, method, answer.result]).toEqual([sender, method, 1001])
      }
      const unknown = sdk("1400000000", tenant.appKey)
      expect((yield* call(unknown["CodeVoiceSender"]!(), "send", "86", "13800138000", "1234", 2, "")).result).toBe(1019)
    }).pipe(Wire.served())
  )

  it.effect("is told what a rule says", () =>
    Effect.gen(function* () {
      const { templateId, tenant } = yield* world
      const client = sdk(tenant.applicationId, tenant.appKey)
      const code = (mobile: string, msg: string, playtimes = 2) =>
        Effect.map(call(client["CodeVoiceSender"]!(), "send", "86", mobile, msg, playtimes, ""), (it) => it.result)
      expect(yield* code("138", "4821")).toBe(1016)
      expect(yield* code("13800138000", "4")).toBe(1018)
      expect(yield* code("13800138000", "4821", 4)).toBe(1004)
      expect(yield* code("13800138000", "4821")).toBe(0)
      expect(yield* code("13800138000", "4822")).toBe(1013)
      const tts = client["TtsVoiceSender"]!()
      const long = yield* call(tts, "send", "86", "13800138001", templateId, ["a".repeat(16)], 2, "")
      expect(long.result).toBe(1036)
      yield* TestClock.adjust("11 minutes")
      expect(yield* code("13800138002", "4821")).toBe(1021)
    }).pipe(Wire.served())
  )
})
