/**
 * Rules: what a law is, and how it is run. A law is a value: the rules it stands for, a sentence, and a check that any
 * adapter can be put to. It knows no test runner; `suite` binds a list of laws to one.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import type * as Scheduler from "effect/Scheduler"
import * as TestContext from "effect/TestContext"
import type { RuleId } from "../RuleId.ts"

export interface Law<out R> {
  readonly rules: ReadonlyArray<RuleId>
  readonly sentence: string
  /** An ability of the adapter without which the law does not apply. */
  readonly needs: string | undefined
  /** Rejects with what broke the law: the smallest counterexample found, its seed and its path. */
  readonly run: <E>(layer: Layer.Layer<R, E>, options: RunOptions) => Promise<void>
}

export interface RunOptions {
  /** How often a law with generated input is tried; what fast-check is set to for all (100) if absent. */
  readonly runs?: number | undefined
  readonly seed?: number | undefined
  /** Replays one counterexample, together with `seed`. */
  readonly path?: string | undefined
}

/** What every constructor is told. */
interface About {
  readonly rules: ReadonlyArray<RuleId>
  readonly sentence: string
  readonly needs?: string
}

/** The check failed: `expected` says what should have held. */
export class Broken extends Error {
  override readonly name = "Broken"
}

/** Fails the law unless `holds`. */
export const expect = (holds: boolean, expected: string): Effect.Effect<void> =>
  holds ? Effect.void : Effect.die(new Broken(expected))

/** Fails the law unless both are equal as JSON; the message shows both. */
export const expectEqual = (actual: unknown, expected: unknown, what: string): Effect.Effect<void> => {
  const [a, b] = [show(actual), show(expected)]
  return a === b ? Effect.void : Effect.die(new Broken(`${what}: expected ${b}, got ${a}`))
}

/** Fails the law if the effect takes longer than this in real time, even under a clock that stands still. */
export const within = <A, E, R>(
  millis: number,
  effect: Effect.Effect<A, E, R>,
  expected: string
): Effect.Effect<A, E, R> =>
  Effect.raceFirst(
    effect,
    Effect.withClock(Effect.zipRight(Effect.sleep(millis), Effect.die(new Broken(expected))), Clock.make())
  )

const show = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === "bigint") return `${inner}n`
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
  }) ?? "undefined"

/**
 * One story. It runs in a fresh layer, under a clock that stands still until the law moves it.
 */
export const example = <R>(about: About & { readonly then: Effect.Effect<void, unknown, R> }): Law<R> => ({
  ...described(about),
  run: (layer) => settle(about.then.pipe(Effect.provide(layer), Effect.scoped, Effect.provide(TestContext.TestContext)))
})

/**
 * Holds for all that `given` generates.
 *
 * **Details** All runs share one layer, because building a database for each would take too long; each run gets a name
 * of its own to make its keys from. Times are passed to ports as values, so no clock is moved.
 */
export const forAll = <A, R>(
  about: About & {
    readonly given: FastCheck.Arbitrary<A>
    readonly then: (input: A, name: string) => Effect.Effect<void, unknown, R>
  }
): Law<R> => ({
  ...described(about),
  run: (layer, options) =>
    withContext(layer, (provide) => {
      let count = 0
      return FastCheck.assert(
        FastCheck.asyncProperty(about.given, (input) => settle(provide(about.then(input, `run${count++}`)))),
        parameters(options)
      )
    })
})

/**
 * Like `forAll`, and whatever runs concurrently in it is interleaved in generated orders, between any two steps.
 */
export const race = <A, R>(
  about: About & {
    readonly given: FastCheck.Arbitrary<A>
    readonly then: (input: A, name: string) => Effect.Effect<void, unknown, R>
  }
): Law<R> => ({
  ...described(about),
  run: (layer, options) =>
    withContext(layer, (provide) => {
      let count = 0
      return FastCheck.assert(
        FastCheck.asyncProperty(about.given, FastCheck.scheduler(), sliceLength, (input, order, slice) =>
          interleaved(provide(about.then(input, `run${count++}`)), order, slice)
        ),
        parameters(options)
      )
    })
})

/**
 * Follows a model: generated commands run against the adapter and a plain model of it, one after the other, and each
 * compares the two.
 */
export const model = <Model extends object, Real extends object, R>(
  about: About & {
    readonly commands: ReadonlyArray<FastCheck.Arbitrary<ModelCommand<Model, Real, R>>>
    readonly start: (name: string) => Effect.Effect<{ readonly model: Model; readonly real: Real }, unknown, R>
    readonly maxCommands?: number
  }
): Law<R> => ({
  ...described(about),
  run: (layer, options) =>
    withContext(layer, (provide) => {
      let count = 0
      const commands = about.commands.map((arbitrary) =>
        arbitrary.map((command): FastCheck.AsyncCommand<Model, Real> => ({
          check: (state) => command.check(state),
          run: (state, real) => settle(provide(command.run(state, real))),
          toString: () => command.toString()
        }))
      )
      return FastCheck.assert(
        // Traces of any length up to the longest: fast-check's own choice is a command or two, after which little can be
        // wrong yet.
        FastCheck.asyncProperty(
          FastCheck.commands(commands, { maxCommands: about.maxCommands ?? 40, size: "max" }),
          (trace) => FastCheck.asyncModelRun(() => settle(provide(about.start(`run${count++}`))), trace)
        ),
        parameters(options)
      )
    })
})

/** A step of `model`. `check` says whether it makes sense in this state; `toString` is what a counterexample shows. */
export interface ModelCommand<Model, Real, R> {
  readonly check: (model: Readonly<Model>) => boolean
  readonly run: (model: Model, real: Real) => Effect.Effect<void, unknown, R>
  readonly toString: () => string
}

const described = (about: About) => ({ rules: about.rules, sentence: about.sentence, needs: about.needs })

/** Below about ten operations a fiber would do nothing but yield. */
const sliceLength = FastCheck.integer({ min: 12, max: 48 })

/** Runs an effect with every task of every fiber in the order that fast-check's scheduler chooses. */
export const interleaved = <A>(
  effect: Effect.Effect<A, unknown>,
  order: FastCheck.Scheduler,
  slice: number
): Promise<A> => {
  const scheduler: Scheduler.Scheduler = {
    shouldYield: (fiber) => (fiber.currentOpCount > slice ? 0 : false),
    scheduleTask: (task) => void order.schedule(Promise.resolve()).then(task)
  }
  const fiber = Effect.runFork(Effect.withScheduler(effect, scheduler), { scheduler })
  return order.waitFor(new Promise<A>((resolve, reject) => fiber.addObserver((exit) => end(exit, resolve, reject))))
}

const withContext = <R, E>(
  layer: Layer.Layer<R, E>,
  body: (provide: <A>(effect: Effect.Effect<A, unknown, R>) => Effect.Effect<A, unknown>) => Promise<void>
): Promise<void> =>
  settle(
    Effect.scoped(
      Effect.flatMap(Layer.build(layer), (context) =>
        Effect.promise(() => body((effect) => Effect.provide(effect, context)))
      )
    )
  )

const settle = <A>(effect: Effect.Effect<A, unknown>): Promise<A> =>
  new Promise((resolve, reject) => Effect.runFork(effect).addObserver((exit) => end(exit, resolve, reject)))

const end = <A>(exit: Exit.Exit<A, unknown>, resolve: (value: A) => void, reject: (error: unknown) => void): void =>
  Exit.isSuccess(exit) ? resolve(exit.value) : reject(Cause.squash(exit.cause))

const parameters = (options: RunOptions): FastCheck.Parameters<any> => ({
  numRuns: options.runs ?? FastCheck.readConfigureGlobal().numRuns ?? 100,
  ...(options.seed === undefined ? {} : { seed: options.seed }),
  ...(options.path === undefined ? {} : { path: options.path })
})

// ---------------------------------------------------------------------------------------------------------------------
// binding to test runners
// ---------------------------------------------------------------------------------------------------------------------

/** What `suite` needs of a test runner: vitest, node:test, jest and bun all have it. */
export interface Runner {
  readonly describe: (name: string, body: () => void) => void
  readonly it: {
    (name: string, body: () => Promise<void>): void
    readonly skip: (name: string, body: () => Promise<void>) => void
  }
}

export interface SuiteOptions<Ability extends string = string> extends RunOptions {
  /** The adapter's abilities. A law that needs one which is not here is reported as skipped, with the reason. */
  readonly abilities?: ReadonlyArray<Ability>
}

/** The name under which a law is reported. */
export const title = (law: Law<unknown>): string => `law ${law.rules.join(", ")}: ${law.sentence}`

/** Puts an adapter to all the laws. */
export const suite = <R, E>(
  runner: Runner,
  name: string,
  laws: ReadonlyArray<Law<R>>,
  layer: Layer.Layer<R, E>,
  options: SuiteOptions = {}
): void =>
  runner.describe(name, () => {
    for (const law of laws) {
      const check = () => law.run(layer, options)
      if (law.needs === undefined || options.abilities?.includes(law.needs) === true) runner.it(title(law), check)
      else runner.it.skip(`${title(law)} [does not apply: ${name} is not ${law.needs}]`, check)
    }
  })
