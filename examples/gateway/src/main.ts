/** The gateway: `npm start`; `npm start -- --once` places one call. */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as CommandLine from "./CommandLine.ts"
import * as Environment from "./Environment.ts"
import * as Gateway from "./Gateway.ts"
import * as Logging from "./Logging.ts"
import * as Refusals from "./Refusals.ts"
import * as Settings from "./Settings.ts"
import * as Telemetry from "./Telemetry.ts"
import * as Story from "./story/Story.ts"
import * as Troubles from "./Troubles.ts"

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const complain = (text: string): void => void process.stderr.write(`${text}\n`)

/** Runs to its end, or until a signal stops it; a second signal ends the process where it is. */
const run = async (program: Effect.Effect<void, unknown>, stop: () => void): Promise<number> => {
  let signalled = false
  const signal = (name: NodeJS.Signals) => {
    if (signalled) process.exit(name === "SIGINT" ? 130 : 143)
    signalled = true
    stop()
  }
  process.on("SIGINT", signal).on("SIGTERM", signal)
  const exit = await Effect.runPromiseExit(program)
  if (Exit.isSuccess(exit)) return 0
  if (Cause.isInterruptedOnly(exit.cause)) return 130
  const error = Cause.squash(exit.cause)
  const known = Refusals.describe(error) ?? Troubles.describe(error)
  complain(known ?? Cause.pretty(exit.cause))
  return known === undefined ? 70 : 1
}

const start = async (): Promise<number> => {
  const options = CommandLine.parse(process.argv.slice(2))
  if (options === "help") {
    print(CommandLine.help)
    return 0
  }
  if ("problem" in options) {
    complain(`${options.problem}\n\n${CommandLine.help}`)
    return 2
  }
  const settings = Settings.read(process.env)
  if (Either.isLeft(settings)) {
    for (const problem of settings.left) complain(Environment.describe(problem))
    return 2
  }
  const stop = Deferred.unsafeMake<void>(FiberId.none)
  const program: Effect.Effect<void, unknown> = options.once
    ? Effect.raceFirst(
        Story.once(options, settings.right, print),
        Effect.zipRight(Deferred.await(stop), Effect.interrupt)
      )
    : Gateway.serve(settings.right, options, stop, print)
  const watched = Layer.provideMerge(Telemetry.layer(settings.right), Logging.layer(settings.right))
  return run(Effect.provide(program, watched), () => Deferred.unsafeDone(stop, Effect.void))
}

process.exitCode = await start()
