import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import * as NodeContext from "@effect/platform-node/NodeContext"
import type { SpeechSegment } from "@vsms/core/dispatch/SpeechSynthesizer"
import { suite, within } from "@vsms/core/testing/Law"
import * as SpeechSynthesizerLaws from "@vsms/core/testing/laws/SpeechSynthesizerLaws"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestContext from "effect/TestContext"
import { afterAll, describe, expect, it } from "vitest"
import * as CommandSpeech from "../../src/command/CommandSpeech.ts"
import type { Given } from "../../src/command/Config.ts"
import { pass, turn } from "../support/Moved.ts"
import { observed } from "../support/Observed.ts"

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-command-"))
afterAll(() => fs.rmSync(folder, { recursive: true }))

const program = fileURLToPath(new URL("../support/FakeProgram.js", import.meta.url))

const given = (does: string, ...more: ReadonlyArray<string>): Given => ({
  program: process.execPath,
  args: () => [program, does, ...more],
  ratePercent: [100, 100]
})

const text = (text: string): ReadonlyArray<SpeechSegment> => [{ _tag: "Text", text }]

const speak = (given: Given, segments: ReadonlyArray<SpeechSegment> = text("您的密码是六一九")) =>
  Effect.flatMap(CommandSpeech.make(given), (speech) => speech.synthesize({ segments, language: "zh-CN" })).pipe(
    Effect.provide(NodeContext.layer)
  )

const outcomeOf = (given: Given) => Effect.runPromise(Effect.either(speak(given)))

suite(
  { describe, it },
  "a program that speaks",
  SpeechSynthesizerLaws.laws,
  Layer.provide(CommandSpeech.layer(given("speaks")), NodeContext.layer),
  // Each word that it says is a start of Node.
  { runs: 1 }
)

/** Waits until the process has come, and gives its id. */
const processIn = (file: string) =>
  Effect.gen(function* () {
    while (!fs.existsSync(file) || fs.readFileSync(file, "utf8") === "") yield* turn
    return Number(fs.readFileSync(file, "utf8"))
  })

/** Whether a process of the group still runs: what has ended and was not yet waited for by its parent does not. */
const runs = (group: number): boolean =>
  fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .some((name) => {
      const stat = fs.readFileSync(`/proc/${name}/stat`, { encoding: "utf8", flag: "r" }).split(") ").at(-1)!.split(" ")
      return Number(stat[2]) === group && stat[0] !== "Z"
    })

describe("a program of the machine", () => {
  it("SND-5: is told the text by its standard input: not by its command line or environment, where others could read it", async () => {
    const seen = path.join(folder, "seen")
    expect(await outcomeOf(given("tells", path.join(folder, "pid"), seen))).toMatchObject({
      right: { sampleRate: 8_000 }
    })
    expect(fs.readFileSync(seen, "utf8")).toContain("tells")
    expect(fs.readFileSync(seen, "utf8")).not.toMatch(/您的|六一九/)
  })

  it("no shell reads what it is told", async () => {
    const file = path.join(folder, "shell")
    const injected = text(`您好\`touch ${file}\`; touch ${file} $(touch ${file}) | touch ${file}`)
    await Effect.runPromise(speak({ ...given("speaks"), lexicon: {} }, injected))
    expect(fs.existsSync(file)).toBe(false)
  })

  it("that is not there is EngineMissing, and says what to do", async () => {
    const outcome = await outcomeOf({
      ...given("speaks"),
      program: "vsms-no-such-program",
      install: "run: apt-get install x"
    })
    expect(outcome).toMatchObject({
      left: { reason: "EngineMissing", retryable: false, detail: "there is none: run: apt-get install x" }
    })
  })

  it("that may not be run is EngineMissing too", async () => {
    const file = path.join(folder, "plain")
    fs.writeFileSync(file, "", { mode: 0o600 })
    expect(await outcomeOf({ ...given("speaks"), program: file })).toMatchObject({ left: { reason: "EngineMissing" } })
  })

  it.each([
    ["fails", "Unavailable", true, "it ended with code 3"],
    ["dies", "Unavailable", true, "it was killed"],
    ["garbage", "BadAudio", true, "no WAV file: NotWav"],
    ["endless", "BadAudio", false, "it writes without end"]
  ])("that %s is %s", async (does, reason, retryable, detail) => {
    const outcome = await outcomeOf({ ...given(does), answerBytesMax: 1_000_000 })
    expect(outcome).toMatchObject({ left: { engine: "command", reason, retryable, detail } })
  })

  it.each(["deaf", "chatty"])("that is %s speaks all the same", async (does) => {
    expect(await outcomeOf(given(does))).toMatchObject({ right: { sampleRate: 8_000 } })
  })

  it("that takes too long is killed, with what it started, however stubborn", () =>
    Effect.gen(function* () {
      const file = path.join(folder, "late")
      const fiber = yield* Effect.fork(Effect.either(speak({ ...given("stubborn", file), runLimitMillis: 5_000 })))
      const process = yield* processIn(file)
      expect(runs(process)).toBe(true)
      yield* pass(5_000)
      expect(yield* within(10_000, Fiber.join(fiber), "an end")).toMatchObject({
        left: { reason: "Unavailable", retryable: true, detail: "it did not end within 5000 ms" }
      })
      expect(runs(process)).toBe(false)
    }).pipe(Effect.provide(TestContext.TestContext), Effect.runPromise))

  it("that nobody waits for any more is killed as well", () =>
    Effect.gen(function* () {
      const file = path.join(folder, "let-go")
      const fiber = yield* Effect.fork(speak(given("stubborn", file)))
      const process = yield* processIn(file)
      yield* within(10_000, Fiber.interrupt(fiber), "an end")
      expect(runs(process)).toBe(false)
    }).pipe(Effect.provide(TestContext.TestContext), Effect.runPromise))

  it("SND-5: no span, log or failure holds the text", async () => {
    for (const does of ["speaks", "fails", "garbage", "deaf"]) {
      const { seen } = await Effect.runPromise(observed(speak(given(does))))
      expect(seen).toContain("command.synthesize")
      expect(seen).not.toMatch(/您的|六一九/)
    }
  })
})
