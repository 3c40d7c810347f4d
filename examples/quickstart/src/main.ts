/** The quick start: `npm start`, or `npm start -- --once`. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as readline from "node:readline/promises"
import * as Journey from "./Journey.ts"
import * as Options from "./Options.ts"
import * as Place from "./Place.ts"
import * as Platform from "./Platform.ts"
import * as QuickClock from "./QuickClock.ts"
import * as Receiver from "./Receiver.ts"
import * as Refusals from "./Refusals.ts"
import * as Troubles from "./Troubles.ts"

const options = Options.parse(process.argv.slice(2))

const print = (line: string): void => void process.stdout.write(`${line}\n`)

const place = Place.of(process.env)

const story = (given: Options.Options) =>
  Effect.gen(function* () {
    const say = Journey.sayTo(print)
    const receiver = yield* Receiver.start
    const tenant = yield* Journey.open(given, Place.name(place), receiver, say)
    const first = { ...given, patient: true }
    print(JSON.stringify(yield* Journey.send(tenant, first, place.folder, receiver, say)))
    if (!given.once) yield* more(given, tenant, receiver, say)
  })

/** Asks for more calls: a number, and the values of the template. */
const more = (
  given: Options.Options,
  tenant: Journey.Tenant,
  receiver: Receiver.Receiver,
  say: ReturnType<typeof Journey.sayTo>
) =>
  Effect.gen(function* () {
    const lines = readline.createInterface({
      input: process.stdin,
      output: process.stdout,
      prompt: "号码 验证码 · phone code > "
    })
    yield* Effect.addFinalizer(() => Effect.sync(() => lines.close()))
    print("再打一个？输入「号码 验证码」，Ctrl-D 结束 · one more? type a phone and a code, Ctrl-D ends")
    const input = lines[Symbol.asyncIterator]()
    for (;;) {
      lines.prompt()
      const line = yield* Effect.promise(() => input.next())
      if (line.done === true) return
      const [phone, code = given.code] = line.value.trim().split(/\s+/)
      if (phone === undefined || phone === "") continue
      const sending = Journey.send(tenant, { ...given, phone, code, patient: false }, place.folder, receiver, say)
      const ended = yield* Effect.either(sending)
      if (ended._tag === "Right") print(JSON.stringify(ended.right))
      else print(Refusals.describe(ended.left) ?? String(ended.left))
    }
  })

/** Standard output belongs to the story, and its last line is JSON. */
const toStandardError = Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger))

const start = async (given: Options.Options): Promise<number> => {
  const clock = QuickClock.make(given.speed)
  const program = Effect.scoped(story(given)).pipe(
    Effect.provide(Platform.layer(place, clock)),
    Effect.provide(
      Layer.mergeAll(Layer.setClock(clock.clock), toStandardError, Logger.minimumLogLevel(LogLevel.Warning))
    )
  )
  const running = Effect.runFork(program)
  const stop = () => running.unsafeInterruptAsFork(running.id())
  process.once("SIGINT", stop).once("SIGTERM", stop)
  const exit = await new Promise<Exit.Exit<void, unknown>>((resolve) => running.addObserver(resolve))
  if (Exit.isSuccess(exit)) return 0
  if (Cause.isInterruptedOnly(exit.cause)) return 130
  const error = Cause.squash(exit.cause)
  const known = Refusals.describe(error) ?? Troubles.describe(error)
  process.stderr.write(`${known ?? Cause.pretty(exit.cause)}\n`)
  return known === undefined ? 70 : 1
}

if (options === "help") print(Options.help)
else if ("problem" in options) {
  process.stderr.write(`${options.problem}\n\n${Options.help}`)
  process.exitCode = 2
} else process.exitCode = await start(options)
