/**
 * Adapter: one run of a program. What it is told goes in by its standard input; nothing of it is on its command line,
 * where every user of the machine could read it, and no shell takes part.
 */
import * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import type * as PlatformError from "@effect/platform/Error"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import type { RunSettings } from "./Config.ts"

export interface RunOptions extends RunSettings {
  readonly program: string
  readonly args: ReadonlyArray<string>
  readonly input: string
}

/** Why there is no output. `Missing`: there is no such program, or nobody may start it. */
export class RunFault extends Data.TaggedError("RunFault")<{
  readonly problem: "Missing" | "Failed" | "TimedOut" | "TooLong"
  readonly detail: string
}> {}

/**
 * What the program writes to its standard output, if it ends well. What it writes to its standard error is thrown away:
 * it may quote its input.
 *
 * **Details** Whoever lets go of it kills it, with all processes that it started, and waits until it is gone.
 */
export const run = (options: RunOptions): Effect.Effect<Uint8Array, RunFault, CommandExecutor.CommandExecutor> =>
  CommandExecutor.CommandExecutor.pipe(
    Effect.flatMap((executor) => executor.start(commandOf(options))),
    Effect.mapError(startFault),
    Effect.flatMap((process) =>
      Effect.onExit(outputOf(process, options), (exit) =>
        // Asked to end, some programs do not; and the scope would wait for that.
        Exit.isSuccess(exit) ? Effect.void : Effect.ignore(process.kill("SIGKILL"))
      )
    ),
    Effect.scoped,
    Effect.timeoutFail({
      duration: Duration.millis(options.runLimitMillis),
      onTimeout: () =>
        new RunFault({ problem: "TimedOut", detail: `it did not end within ${options.runLimitMillis} ms` })
    })
  )

const commandOf = ({ args, input, program }: RunOptions): Command.Command =>
  Command.feed(Command.make(program, ...args), input)

const outputOf = (
  process: CommandExecutor.Process,
  { answerBytesMax }: RunOptions
): Effect.Effect<Uint8Array, RunFault> => {
  const chunks: Array<Uint8Array> = []
  let length = 0
  const output = Stream.runForEachWhile(process.stdout, (chunk) =>
    Effect.sync(() => {
      length += chunk.length
      chunks.push(chunk)
      return length <= answerBytesMax
    })
  )
  return Effect.zipRight(
    output,
    Effect.suspend(() => (length > answerBytesMax ? Effect.fail(tooLong) : Effect.void))
  ).pipe(
    // A pipe that nobody empties would stop the program in the end.
    Effect.zipLeft(Stream.runDrain(process.stderr), { concurrent: true }),
    Effect.zipRight(process.exitCode),
    Effect.catchAll((error) => Effect.fail("problem" in error ? error : died)),
    Effect.flatMap((code) =>
      code === 0
        ? Effect.sync(() => new Uint8Array(Buffer.concat(chunks)))
        : Effect.fail(new RunFault({ problem: "Failed", detail: `it ended with code ${code}` }))
    )
  )
}

const tooLong = new RunFault({ problem: "TooLong", detail: "it writes without end" })

const died = new RunFault({ problem: "Failed", detail: "it was killed" })

const startFault = (error: PlatformError.PlatformError): RunFault =>
  error._tag === "SystemError" && (error.reason === "NotFound" || error.reason === "PermissionDenied")
    ? new RunFault({ problem: "Missing", detail: error.reason === "NotFound" ? "there is none" : "it may not be run" })
    : new RunFault({ problem: "Failed", detail: "it does not start" })
