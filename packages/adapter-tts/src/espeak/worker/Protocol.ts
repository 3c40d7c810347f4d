/** What a speech worker is asked and what it answers: one answer a request, one request at a time. */

export interface WorkerData {
  /** What is imported: the package's name, or the URL of its module. */
  readonly engineModule: string
}

export interface Request {
  /** Speech markup of `Markup.ts`. */
  readonly markup: string
  readonly voice: string
  /** Words a minute. */
  readonly rate: number
  /** Of 100, each. */
  readonly pitch: number
  readonly range: number
  readonly volume: number
}

export type Reply =
  /** The first message: it may be asked now. */
  | { readonly _tag: "Ready"; readonly sampleRate: number }
  /** Instead of `Ready`: the package is not installed. */
  | { readonly _tag: "Missing" }
  /** Instead of `Ready`: it is, but does not start, or does not speak. */
  | { readonly _tag: "Broken"; readonly detail: string }
  | { readonly _tag: "Spoken"; readonly samples: Int16Array<ArrayBuffer> }
  | { readonly _tag: "UnknownVoice" }
  | { readonly _tag: "Failed"; readonly detail: string }
