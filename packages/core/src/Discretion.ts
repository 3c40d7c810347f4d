/**
 * Service: what may be told of what broke. The message of an error was written by whoever threw it, and may quote what it
 * was given: a number, a code, a text, a key. Logs and spans have the error's name and where it was thrown, and no word
 * of it.
 */
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Tracer from "effect/Tracer"
import { PortFailure } from "./PortFailure.ts"

/** The same cause, discreet: names and places. What a port's failure says is ours, and is kept. */
export const ofCause = (cause: Cause.Cause<unknown>): Cause.Cause<never> => {
  const errors = [...Chunk.toReadonlyArray(Cause.failures(cause)), ...Chunk.toReadonlyArray(Cause.defects(cause))]
  if (errors.length === 0) return Cause.isInterrupted(cause) ? Cause.interrupt(FiberId.none) : Cause.empty
  return errors.map((error): Cause.Cause<never> => Cause.die(discreet(error))).reduce(Cause.sequential)
}

const discreet = (error: unknown): Error => {
  const told = new Error(error instanceof PortFailure ? error.message : "")
  told.name = nameOf(error)
  told.stack = [told.name, ...placesOf(error)].join("\n")
  return told
}

const aName = /^[A-Za-z][A-Za-z0-9]{0,60}$/

const nameOf = (error: unknown): string => {
  if (typeof error !== "object" || error === null) return typeof error
  const name: unknown = "_tag" in error ? error._tag : error.constructor?.name
  return typeof name === "string" && aName.test(name) ? name : "object"
}

/** A line of a stack ends in a place; lines of a message that look otherwise are not taken for one. */
const aPlace = /^\s+at .{1,400}:\d+:\d+\)?$/

const placesOf = (error: unknown): ReadonlyArray<string> =>
  error instanceof Error ? (error.stack ?? "").split("\n").filter((line) => aPlace.test(line)) : []

/** Those that `tracer` made, and what it made of the others. */
const made = new WeakMap<Tracer.Tracer, Tracer.Tracer>()

/** The same tracer, whose spans end discreetly. */
export const tracer = (inner: Tracer.Tracer): Tracer.Tracer => {
  const known = made.get(inner)
  if (known !== undefined) return known
  const own = Tracer.make({
    context: (run, fiber) => inner.context(run, fiber),
    span: (...about) => {
      const span = inner.span(...about)
      const end = span.end.bind(span)
      // The span itself, as tracers know their own again.
      return Object.assign(span, {
        end: (at: bigint, exit: Exit.Exit<unknown, unknown>) =>
          end(at, Exit.isSuccess(exit) ? Exit.void : Exit.failCause(ofCause(exit.cause)))
      })
    }
  })
  made.set(inner, own).set(own, own)
  return own
}
