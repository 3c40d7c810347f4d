/**
 * The engines that run on this machine: how much speech a second of the processor makes, how soon it is there, what 50
 * messages at once take, and what 3,000 messages leave in memory.
 */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as v8 from "node:v8"
import * as vm from "node:vm"
import * as NodeContext from "@effect/platform-node/NodeContext"
import type { SpeechRequest } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as EspeakNgSpeech from "../src/command/EspeakNgSpeech.ts"
import type { Speech } from "../src/engine/TakeSpeech.ts"
import * as EspeakSpeech from "../src/espeak/EspeakSpeech.ts"
import { SpeechSynthesizer } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as ToneSpeech from "../src/tone/ToneSpeech.ts"
import { line, number, shown, spread, title } from "./Figures.ts"

export const group = "speech"

/** A message as most are, with a code of its own. */
const message = (at: number): SpeechRequest => ({
  segments: [
    { _tag: "Text", text: "【测试】您的验证码是：" },
    { _tag: "Spell", text: String(100_000 + ((at * 7_919) % 900_000)) },
    { _tag: "Text", text: "，5分钟内有效，请勿泄露给他人。" }
  ],
  language: "zh-CN"
})

const secondsOf = ({ sampleRate, samples }: { readonly sampleRate: number; readonly samples: Int16Array }): number =>
  samples.length / sampleRate

interface Running {
  readonly speech: Speech
  readonly close: () => Promise<void>
}

const running = async (make: Effect.Effect<Speech, unknown, Scope.Scope>): Promise<Running> => {
  const scope = Effect.runSync(Scope.make())
  const speech = await Effect.runPromise(Scope.extend(make, scope))
  return { speech, close: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}

const engines: ReadonlyArray<readonly [name: string, make: Effect.Effect<Speech, unknown, Scope.Scope>]> = [
  ["espeak-ng, embedded, one worker", EspeakSpeech.make()],
  ["espeak-ng of the machine", Effect.provide(EspeakNgSpeech.make(), NodeContext.layer)],
  ["tones", Effect.provide(SpeechSynthesizer, ToneSpeech.layer)]
]

const isNative = spawnSync("espeak-ng", ["--version"]).status === 0

/** Processor seconds of this process, its threads and the children that it has waited for. */
const processorSeconds = (): number => {
  const { system, user } = process.cpuUsage()
  // Fields 16 and 17 of the line, counted from 1: the children's, in ticks of 10 ms.
  const fields = fs.readFileSync("/proc/self/stat", "utf8").split(") ").at(-1)!.split(" ")
  return (user + system) / 1e6 + (Number(fields[13]) + Number(fields[14])) / 100
}

const rounds = 7
const perRound = 40

const speed = async (): Promise<void> => {
  title(
    "engines: seconds of speech in a second of the processor; a message's first sample, from the start of the engine"
  )
  for (const [name, make] of engines) {
    if (name.includes("machine") && !isNative) {
      line(name, "skipped: this machine has no espeak-ng (Debian: apt-get install espeak-ng)")
      continue
    }
    const started = performance.now()
    const { close, speech } = await running(make)
    const first = await Effect.runPromise(speech.synthesize(message(0)))
    const cold = performance.now() - started
    if (secondsOf(first) < 4) throw new Error(`${name}: a message of ${secondsOf(first)} s`)
    const ratios: Array<number> = []
    const warm: Array<number> = []
    for (let round = 0; round < rounds; round++) {
      const before = processorSeconds()
      let audio = 0
      for (let at = 0; at < perRound; at++) {
        const from = performance.now()
        audio += secondsOf(await Effect.runPromise(speech.synthesize(message(round * perRound + at))))
        warm.push(performance.now() - from)
      }
      ratios.push(audio / (processorSeconds() - before))
    }
    line(
      name,
      `${shown(spread(ratios))} s per s`,
      `first ${number(cold)} ms, then ${shown(spread(warm))} ms`,
      `(${secondsOf(first).toFixed(1)} s of speech)`
    )
    await close()
  }
}

const atOnce = async (): Promise<void> => {
  title("50 messages at once: until the last is there, on the wall")
  const [one, two] = [await running(EspeakSpeech.make()), await running(EspeakSpeech.make({ instances: 2 }))]
  // Both threads of the second engine are started before anything is timed.
  for (const { speech } of [one, two]) await Effect.runPromise(many(speech, 4))
  const walls = [one, two].map(() => new Array<number>())
  const lasts = [one, two].map(() => new Array<number>())
  for (let round = 0; round < rounds; round++) {
    for (const [at, { speech }] of [one, two].entries()) {
      const from = performance.now()
      const times = await Effect.runPromise(many(speech, 50))
      walls[at]!.push(performance.now() - from)
      lasts[at]!.push(spread(times).median)
    }
  }
  for (const [at, name] of ["one worker", "two workers"].entries()) {
    line(name, `${shown(spread(walls[at]!))} ms`, `the middle message after ${shown(spread(lasts[at]!))} ms`)
  }
  line("two are", `×${number(spread(walls[0]!.map((wall, round) => wall / walls[1]![round]!)).median)} as fast`)
  await Promise.all([one.close(), two.close()])
}

/** How long each of so many took that came at once; each is as long as it should be. */
const many = (speech: Speech, count: number) =>
  Effect.suspend(() => {
    const from = performance.now()
    return Effect.forEach(
      Array.from({ length: count }, (_, at) => message(at)),
      (request) =>
        Effect.map(speech.synthesize(request), (audio) => {
          if (secondsOf(audio) < 4 || secondsOf(audio) > 20) throw new Error(`${secondsOf(audio)} s of speech`)
          return performance.now() - from
        }),
      { concurrency: "unbounded" }
    )
  })

v8.setFlagsFromString("--expose-gc")
const collect = vm.runInNewContext("gc") as () => void

const memory = async (): Promise<void> => {
  title("memory of the process, in MB, while the embedded engine speaks 3,000 messages")
  const { close, speech } = await running(EspeakSpeech.make())
  const measured: Array<number> = []
  for (let at = 1; at <= 3_000; at++) {
    await Effect.runPromise(speech.synthesize(message(at)))
    if (at % 500 !== 0) continue
    collect()
    measured.push(process.memoryUsage().rss / 1e6)
  }
  line("resident after 500, 1,000 … 3,000", measured.map((mb) => number(mb)).join("  "))
  const growth = measured.at(-1)! - measured[1]!
  line("grown over the last 2,000", `${number(growth)} MB: ${growth < 20 ? "flat" : "NOT flat"}`)
  await close()
}

export const run = async (): Promise<void> => {
  await speed()
  await atOnce()
  await memory()
}
