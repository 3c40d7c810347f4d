/** Adapter: one espeak-ng in a worker thread of its own. It is asked one thing at a time; see `EspeakSpeech.ts`. */
import { Worker } from "node:worker_threads"
import { SpeechFailure, type SpeechFailureReason } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Reply, Request, WorkerData } from "./worker/Protocol.ts"

export const engine = "espeak-ng"

/** The optional peer that brings the engine, with its licence (GPL-3.0). */
export const engineModule = "@echogarden/espeak-ng-emscripten"

export const failure = (reason: SpeechFailureReason, detail: string): SpeechFailure =>
  new SpeechFailure({ engine, reason, retryable: reason === "Unavailable", detail })

export interface EspeakInstance {
  readonly sampleRate: number
  /** Whether the thread still runs: it may have died between two requests. */
  readonly isAlive: () => boolean
  /** **Gotchas** After a failure, a time-out or an interruption the instance must be stopped, not asked again. */
  readonly speak: (request: Request) => Effect.Effect<Int16Array, SpeechFailure>
  readonly stop: Effect.Effect<void>
}

export interface StartOptions {
  readonly engineModule: string
  readonly startLimitMillis: number
  readonly speakLimitMillis: number
  /** What ends each thread that runs: there from its start, before the engine in it is ready, to its end. */
  readonly threads: Set<Effect.Effect<void>>
}

/** Starts a thread and waits until the engine in it can speak. */
export const start = (options: StartOptions): Effect.Effect<EspeakInstance, SpeechFailure> =>
  Effect.suspend(() => {
    const workerData: WorkerData = { engineModule: options.engineModule }
    // No flags of the host: neither its loaders nor its debugger concern this thread.
    const worker = new Worker(new URL("./worker/EspeakWorker.js", import.meta.url), { workerData, execArgv: [] })
    const stop = Effect.asVoid(Effect.promise(() => worker.terminate()))
    options.threads.add(stop)
    worker.on("exit", () => options.threads.delete(stop))
    // Without a listener the error of a thread is one of the process. The thread's end follows.
    worker.on("error", () => {})
    return nextReply(worker).pipe(
      Effect.flatMap((reply) =>
        reply._tag === "Ready"
          ? Effect.succeed<EspeakInstance>({
              sampleRate: reply.sampleRate,
              isAlive: () => options.threads.has(stop),
              speak: (request) => speak(worker, request, options.speakLimitMillis),
              stop
            })
          : Effect.fail(refusal(reply))
      ),
      within(options.startLimitMillis),
      Effect.onError(() => stop)
    )
  })

const speak = (worker: Worker, request: Request, limitMillis: number): Effect.Effect<Int16Array, SpeechFailure> =>
  nextReply(worker, request).pipe(
    Effect.flatMap((reply) => (reply._tag === "Spoken" ? Effect.succeed(reply.samples) : Effect.fail(refusal(reply)))),
    within(limitMillis)
  )

const within = (millis: number) =>
  Effect.timeoutFail({
    duration: Duration.millis(millis),
    onTimeout: () => failure("Unavailable", `no answer within ${millis} ms`)
  })

/** The thread's next message. Only while somebody waits for one does the thread keep the process alive. */
const nextReply = (worker: Worker, request?: Request): Effect.Effect<Reply, SpeechFailure> =>
  Effect.async((resume) => {
    const onMessage = (reply: Reply) => settle(Effect.succeed(reply))
    const onEnd = () => settle(Effect.fail(failure("Unavailable", "its thread ended")))
    const letGo = () => {
      worker.off("message", onMessage).off("error", onEnd).off("exit", onEnd).unref()
    }
    const settle = (reply: Effect.Effect<Reply, SpeechFailure>) => {
      letGo()
      resume(reply)
    }
    worker.on("message", onMessage).on("error", onEnd).on("exit", onEnd).ref()
    if (request !== undefined) worker.postMessage(request, [])
    return Effect.sync(letGo)
  })

const refusal = (reply: Reply): SpeechFailure => {
  switch (reply._tag) {
    case "Missing":
      return failure("EngineMissing", `run: npm install ${engineModule}`)
    case "Broken":
      return failure("EngineMissing", `${engineModule} does not start: ${reply.detail}`)
    case "UnknownVoice":
      return failure("Unsupported", "it has no such voice")
    case "Failed":
      return failure("Unavailable", `synthesis failed: ${reply.detail}`)
    case "Ready":
    case "Spoken":
      return failure("Unavailable", "an answer to nothing that was asked")
  }
}
