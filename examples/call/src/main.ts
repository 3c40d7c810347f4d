/**
 * The ten-minute proof that a person can hear: `npm run call -- --to sip:bob@192.168.1.20 --text "您的验证码是：3842"`.
 * `CallOptions.ts` has the options.
 */
import { FetchHttpClient } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { type CallEvent, failureCauses } from "@vsms/core/dispatch/CallChannel"
import { durationMillis } from "@vsms/core/dispatch/TelephoneCodec"
import { meanings } from "@vsms/core/statistics/FailureShares"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as CallOptions from "./CallOptions.ts"
import * as Placing from "./Placing.ts"
import * as Speech from "./Speech.ts"

/** How it ended, for whoever asks the shell. */
const codes = { answered: 0, wrong: 1, notTaken: 2, failed: 3 } as const

const seconds = (millis: number): string => (millis / 1_000).toFixed(1)

const program = (options: CallOptions.Options) =>
  Effect.gen(function* () {
    const began = yield* Clock.currentTimeMillis
    const say = (zh: string, en: string) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Console.log(`${seconds(now - began).padStart(6)} 秒  ${zh} · ${en}`)
      )
    const audio = yield* Speech.make(options.speech)
    const length = seconds(durationMillis(audio))
    yield* say(
      `语音就绪，${length} 秒，播放 ${options.plays} 遍`,
      `speech is ready: ${length} s, played ${options.plays} times`
    )
    yield* say("拨号中", "dialling")
    let answeredAt = 0
    let code: number = codes.failed
    const report = (event: CallEvent): Effect.Effect<void> => {
      switch (event._tag) {
        case "Ringing":
          return say("振铃中", "ringing")
        case "Answered":
          answeredAt = event.at
          return say("已接听，播放语音", "answered, speaking")
        case "KeyPressed":
          return say(`对方按键 ${event.key}`, `key ${event.key} was pressed`)
        case "HungUp": {
          code = codes.answered
          const talked = seconds(event.at - answeredAt)
          return say(`通话结束，${talked} 秒`, `hung up after ${talked} s`)
        }
        case "Failed": {
          code = failureCauses[event.failure] === "channel" ? codes.failed : codes.notTaken
          const { en, zh } = meanings[event.failure]
          return say(`未接通：${zh}`, `not answered: ${en}`)
        }
      }
    }
    yield* Placing.place(options, audio, report)
    return code
  })

const fail = (code: number, zh: string, en: string) => Effect.as(Console.error(`✗ ${zh} · ${en}`), code)

const parsed = CallOptions.parse(process.argv.slice(2), process.env["VSMS_SIP_TRUNK"])
if (parsed === "help") {
  console.log(CallOptions.help)
} else if ("problem" in parsed) {
  console.error(`✗ ${parsed.problem}\n\n${CallOptions.help}`)
  process.exitCode = codes.wrong
} else {
  const fiber = program(parsed).pipe(
    Effect.provide(Layer.merge(FetchHttpClient.layer, NodeContext.layer)),
    Effect.catchTags({
      NoSpeech: ({ en, zh }) => fail(codes.wrong, zh, en),
      SpeechFailure: (failure) => fail(codes.wrong, `语音合成失败：${failure.message}`, "there is no speech"),
      ConfigError: (error) =>
        fail(codes.wrong, "语音引擎缺少配置", `the engine is not configured: ${Cause.pretty(Cause.fail(error))}`),
      ChannelFailure: ({ detail }) => fail(codes.failed, `线路故障：${detail}`, "the call did not get through"),
      TransportFailure: ({ detail, reason }) =>
        fail(codes.failed, `本机网络不可用：${reason} ${detail}`, "cannot use the network of this machine")
    }),
    Effect.runFork
  )
  // Whoever stops it hangs up first.
  process.once("SIGINT", () => void Effect.runFork(Fiber.interrupt(fiber)))
  process.once("SIGTERM", () => void Effect.runFork(Fiber.interrupt(fiber)))
  const exit = await Effect.runPromise(Fiber.await(fiber))
  if (Exit.isFailure(exit) && !Exit.isInterrupted(exit)) console.error(exit.cause.toString())
  process.exitCode = Exit.isSuccess(exit) ? exit.value : codes.failed
}
