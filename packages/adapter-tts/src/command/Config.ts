/** Adapter: what is set for an engine that is a program of this machine. */
import * as Config from "effect/Config"
import * as RequestLimits from "../engine/RequestLimits.ts"
import type { Lexicon } from "../text/Lexicon.ts"
import * as Spelling from "../text/Spelling.ts"

/** How any program is run: the text goes in by its standard input, a WAV file comes out of its standard output. */
export interface RunSettings {
  /** For one take, from its start to its end. A program that takes longer is killed, with all that it started. */
  readonly runLimitMillis: number
  readonly answerBytesMax: number
}

export interface Options extends RunSettings, RequestLimits.RequestLimits {
  /** What failures call it. */
  readonly engine: string
  readonly program: string
  /** No part of the text is ever among them, and no shell reads them. */
  readonly args: (request: RunRequest) => ReadonlyArray<string>
  readonly languages: ReadonlyArray<Spelling.Language>
  readonly concurrency: number
  readonly pace: Spelling.Pace
  readonly lexicon: Lexicon
  /** Silences from here on are made here; shorter ones become marks, at which the voice rests by itself. */
  readonly splitMillis: number
  /** What a failure says to do if the program is not there. */
  readonly install: string
}

export interface RunRequest {
  readonly language: Spelling.Language
  readonly voice: string | undefined
  readonly ratePercent: number
}

export type Required = "program" | "args"

export const defaults: Omit<Options, Required> = {
  ...RequestLimits.defaults,
  engine: "command",
  ratePercent: [100, 100],
  runLimitMillis: 15_000,
  answerBytesMax: 16_000_000,
  languages: ["zh-CN", "en-US"],
  concurrency: 2,
  pace: Spelling.defaultPace,
  lexicon: {},
  splitMillis: 800,
  install: "install it, or give its path"
}

export type Given = Pick<Options, Required> & Partial<Options>

/** Of `EspeakNgSpeech`. */
export interface EspeakNgOptions extends RunSettings, Omit<RequestLimits.RequestLimits, "ratePercent"> {
  readonly program: string
  /** A voice of the program, for each language; Mandarin's is looked for where none is named. */
  readonly voices: Readonly<Partial<Record<Spelling.Language, string>>>
  readonly wordsPerMinute: number
  readonly concurrency: number
  readonly pace: Spelling.Pace
  /** Added to what the engine is known to misread. */
  readonly lexicon: Lexicon
}

export const espeakNgDefaults: EspeakNgOptions = {
  ...RequestLimits.defaults,
  program: "espeak-ng",
  voices: {},
  wordsPerMinute: 150,
  concurrency: 2,
  runLimitMillis: 15_000,
  answerBytesMax: 16_000_000,
  pace: Spelling.defaultPace,
  lexicon: {}
}

/** `PROGRAM`, `CONCURRENCY`; hosts put a name before them. */
export const espeakNgConfig: Config.Config<Partial<EspeakNgOptions>> = Config.all({
  program: Config.withDefault(Config.string("PROGRAM"), espeakNgDefaults.program),
  concurrency: Config.withDefault(Config.integer("CONCURRENCY"), espeakNgDefaults.concurrency)
})
