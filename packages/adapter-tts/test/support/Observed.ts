/** All that an operator could see of a program: its spans with their attributes, and its logs. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Inspectable from "effect/Inspectable"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"

/** Runs the effect, and answers with what was seen of it and of its end besides. */
export const observed = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<{ readonly exit: Exit.Exit<A, E>; readonly seen: string }, never, R> =>
  Effect.suspend(() => {
    const seen: Array<string> = []
    const tracer = Tracer.make({
      span: (name, parent, context, links, startTime, kind) => {
        seen.push(name)
        const attributes = new Map<string, unknown>()
        return {
          _tag: "Span",
          name,
          spanId: `span${seen.length}`,
          traceId: "trace",
          parent,
          context,
          status: { _tag: "Started", startTime },
          attributes,
          links,
          sampled: true,
          kind,
          attribute: (key, value) => void seen.push(`${key}=${Inspectable.toStringUnknown(value)}`),
          event: (name, _, attributes) => void seen.push(name, Inspectable.toStringUnknown(attributes)),
          addLinks: () => {},
          end: (_, exit) => {
            if (Exit.isFailure(exit)) seen.push(Cause.pretty(exit.cause), Inspectable.toStringUnknown(exit))
          }
        }
      },
      context: (run) => run()
    })
    const logger = Logger.make(({ annotations, cause, message }) => {
      seen.push(Inspectable.toStringUnknown(message), Cause.pretty(cause), Inspectable.toStringUnknown(annotations))
    })
    return Effect.exit(effect).pipe(
      Effect.withTracer(tracer),
      Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
      Logger.withMinimumLogLevel(LogLevel.All),
      Effect.map((exit) => {
        if (Exit.isFailure(exit)) {
          seen.push(Cause.pretty(exit.cause), Inspectable.toStringUnknown(exit))
          const failure = Cause.failureOption(exit.cause)
          if (Option.isSome(failure)) seen.push(JSON.stringify(failure.value), String(failure.value))
        }
        return { exit, seen: seen.join("\n") }
      })
    )
  })
