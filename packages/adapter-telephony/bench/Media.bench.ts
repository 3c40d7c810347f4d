/**
 * What calls cost: real ones, over a SIP trunk's channel, to telephones in another process, whose ears are in a third
 * one: a C program (`sink.c`) that takes each packet's time from the kernel and compares its audio, byte for byte. Set
 * up, then held while the main thread stands still 100 ms of every 250, then hung up. Beside them, in the same rounds, to
 * the same telephones and ears, the same calls by an Asterisk that this process tells what to do (ARI).
 *
 * Goal: 1,000 calls at no more than 40 % of one core; 99 of 100 packets within 5 ms of their 20.
 */
import { type ChildProcess, execFileSync, fork, spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as readline from "node:readline"
import type { Call, Channel } from "@vsms/core/dispatch/CallChannel"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as AriClient from "../src/ari/AriClient.ts"
import * as AriUri from "../src/ari/AriUri.ts"
import * as AsteriskAri from "../src/ari/AsteriskAri.ts"
import type { TransportFailure } from "../src/sip/transport/TransportFailure.ts"
import * as SipTrunk from "../src/sip/trunk/SipTrunk.ts"
import * as Asterisk from "../test/ari/Asterisk.ts"

export const group = "media"

const leadMillis = 400
const holdSeconds = 8
const rounds = 3
/** The most come first: later rounds find the memory of those before. */
const sizes = [1_000, 500, 300, 100]
/** Of two cores, on which the telephones are too, it takes nearly one with them. */
const mostOfAsterisk = 300
/** Calls being set up at once. */
const settingUp = 50
/** A machine that is busy with other things is not what is measured. */
const patienceMillis = 20_000

const goal = { calls: 1_000, corePercent: 40, p99Millis: 5 }

/** Longer than any round: whatever is not played yet when it ends is not missed. No packet of it is like another. */
const speech = new Uint8Array(60 * 8_000)
for (let i = 0, state = 1; i < speech.length; i++) {
  state = Math.imul(state, 1_103_515_245) + 12_345
  speech[i] = state >>> 16
}

interface Ears {
  readonly port: number
  readonly mark: () => void
  readonly report: () => Promise<Heard>
  readonly stop: () => void
}

interface Heard {
  readonly calls: number
  readonly packets: number
  readonly lost: number
  readonly wrong: number
  /** How often a sender that was late held its audio up. */
  readonly held: number
  readonly p50: number
  readonly p99: number
  readonly most: number
}

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

const shown = (values: ReadonlyArray<number>, digits: number): string =>
  `${median(values).toFixed(digits)} [${Math.min(...values).toFixed(digits)} … ${Math.max(...values).toFixed(digits)}]`

/** Compiles the ears. They are the bench's alone: nothing that is published needs a compiler. */
const compiled = (folder: string): string => {
  const program = path.join(folder, "sink")
  // From `node_modules/.cache/bench/bench`, where this runs, to where it is written.
  const source = path.resolve(import.meta.dirname, "../../../../bench/sink.c")
  execFileSync("gcc", ["-O2", "-o", program, source, "-lm"], { stdio: "inherit" })
  return program
}

const ears = async (program: string, track: string): Promise<Ears> => {
  const child = spawn(program, [track], { stdio: ["pipe", "pipe", "inherit"] })
  const lines = readline.createInterface(child.stdout)
  const next = () => new Promise<string>((resolve) => lines.once("line", resolve))
  const { port } = JSON.parse(await next())
  return {
    port,
    mark: () => void child.stdin.write("mark\n"),
    report: async () => {
      child.stdin.write("report\n")
      return JSON.parse(await next())
    },
    stop: () => void child.stdin.end()
  }
}

const callees = (audioPort: number) =>
  new Promise<{ readonly port: number; readonly child: ChildProcess }>((resolve) => {
    const child = fork(path.join(import.meta.dirname, "Callee.js"), [String(audioPort)])
    child.once("message", (message: { readonly port: number }) => resolve({ port: message.port, child }))
  })

const callOf = (i: number): Call => ({
  // Of one length: Asterisk was seen to refuse `bench4` as being there already, and no id of one length.
  id: `bench${String(i).padStart(4, "0")}`,
  callee: `+86138${String(i).padStart(8, "0")}`,
  display: "075512340001",
  audio: { codec: "alaw", payload: speech },
  plays: 1,
  ringTimeoutMillis: 20_000,
  longestCallMillis: 600_000
})

/** Nobody runs, and nothing is burned: what the main thread's neighbours cost is not measured with it. */
const standStill = (millis: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, millis)
}

const pause = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis))

const megabytes = (): number => process.memoryUsage().rss / 1_048_576

interface Carrier {
  readonly channel: Channel
  /** The processes that it takes, this one last, and what each has used of the processor until now. */
  readonly processes: ReadonlyArray<() => NodeJS.CpuUsage>
}

/** Places the calls to the telephones at a port of this machine. */
interface Rival {
  readonly name: string
  readonly make: (port: number) => Effect.Effect<Carrier, TransportFailure, Scope.Scope>
}

const makeOwn: Rival["make"] = (port) =>
  Effect.map(
    SipTrunk.make({
      name: "bench",
      trunk: { host: "bench.test", port: undefined, protocol: "udp", account: undefined },
      hops: Effect.succeed([{ protocol: "udp", address: "127.0.0.1", port }]),
      local: { address: "127.0.0.1", port: 0 },
      leadMillis,
      responseMillis: patienceMillis
    }),
    (channel) => ({ channel, processes: [() => process.cpuUsage()] })
  )

/** A new one each time, as the trunk is. */
const makeAsterisk: Rival["make"] = (port) =>
  Effect.gen(function* () {
    const exchange = yield* Asterisk.start
    const { httpPort, password, user } = exchange
    const endpoint = `PJSIP/out/sip:{number}@127.0.0.1:${port}`
    const line = AriUri.parse(`http://${user}:${password}@127.0.0.1:${httpPort}/ari?endpoint=${endpoint}`)
    const channel = yield* AsteriskAri.make({
      name: "bench",
      asterisk: Either.getOrThrow(line),
      leadMillis,
      timing: { ...AriClient.usualTiming, requestMillis: patienceMillis }
    })
    return { channel, processes: [exchange.usage, () => process.cpuUsage()] }
  })

const own: Rival = { name: "our own trunk", make: makeOwn }
const asterisk: Rival = { name: "Asterisk", make: makeAsterisk }

interface Figures {
  readonly setUpsPerSecond: number
  readonly setUpCpuMicros: number
  /** Of the packets that were due. */
  readonly sentPercent: number
  /** Of all processes together. */
  readonly corePercent: number
  /** The part of it that is the kernel's. */
  readonly kernelPercent: number
  /** The part of it that is this process's. */
  readonly nodePercent: number
  readonly kilobytesPerCall: number
  readonly heard: Heard
}

/** Process by process. */
const since = (
  before: ReadonlyArray<NodeJS.CpuUsage>,
  now: ReadonlyArray<NodeJS.CpuUsage>
): ReadonlyArray<NodeJS.CpuUsage> =>
  now.map(({ system, user }, i) => ({ user: user - before[i]!.user, system: system - before[i]!.system }))

const whole = ({ system, user }: NodeJS.CpuUsage): number => user + system

const sum = (usages: ReadonlyArray<NodeJS.CpuUsage>, of: (one: NodeJS.CpuUsage) => number): number =>
  usages.reduce((total, one) => total + of(one), 0)

/** One round with so many calls. Throws if anything that should have been heard was not. */
const round = (rival: Rival, program: string, track: string, size: number) =>
  Effect.scoped(
    Effect.gen(function* () {
      const ear = yield* Effect.acquireRelease(
        Effect.promise(() => ears(program, track)),
        (one) => Effect.sync(one.stop)
      )
      const { port } = yield* Effect.acquireRelease(
        Effect.promise(() => callees(ear.port)),
        ({ child }) => Effect.sync(() => void child.kill())
      )
      const { channel, processes } = yield* rival.make(port)
      const used = () => processes.map((one) => one())
      const failures: Array<string> = []
      const before = megabytes()
      const began = { at: performance.now(), cpu: used() }
      const fibers = yield* Effect.forEach(
        Array.from({ length: size }, (_, i) => i),
        (i) =>
          Effect.gen(function* () {
            const answered = yield* Effect.makeLatch()
            const fiber = yield* Effect.forkDaemon(
              channel
                .place(callOf(i), ({ _tag }) => {
                  if (_tag === "Failed" || _tag === "HungUp") failures.push(_tag)
                  return _tag === "Answered" ? answered.open : Effect.void
                })
                .pipe(
                  Effect.tapErrorCause((cause) =>
                    Effect.zipRight(
                      Effect.sync(() => failures.push(String(cause))),
                      answered.open
                    )
                  )
                )
            )
            yield* answered.await
            return fiber
          }),
        { concurrency: settingUp }
      )
      const setUp = { millis: performance.now() - began.at, cpu: since(began.cpu, used()) }
      // The first packets, and whatever set-up has left to do.
      yield* Effect.promise(() => pause(1_000))
      const grown = megabytes() - before

      ear.mark()
      const from = { at: performance.now(), cpu: used() }
      while (performance.now() - from.at < holdSeconds * 1_000) {
        yield* Effect.promise(() => pause(150))
        standStill(100)
      }
      const heard = yield* Effect.promise(() => ear.report())
      const cpu = since(from.cpu, used())
      const millis = performance.now() - from.at

      const complaints = [
        ...failures,
        heard.calls === size ? [] : `${heard.calls} of ${size} calls were heard`,
        heard.lost === 0 ? [] : `${heard.lost} packets were lost`,
        heard.wrong === 0 ? [] : `${heard.wrong} packets were wrong`
      ].flat()
      if (complaints.length > 0) throw new Error(`${rival.name}: ${complaints.slice(0, 5).join("; ")}`)
      yield* Effect.forEach(fibers, Fiber.interrupt, { concurrency: "unbounded", discard: true })
      const figures: Figures = {
        setUpsPerSecond: (size * 1_000) / setUp.millis,
        setUpCpuMicros: sum(setUp.cpu, whole) / size,
        // Those that a machine without time for us had us give up.
        sentPercent: (heard.packets * 100 * 20) / (size * millis),
        corePercent: sum(cpu, whole) / 10 / millis,
        kernelPercent: sum(cpu, ({ system }) => system) / 10 / millis,
        nodePercent: whole(cpu.at(-1)!) / 10 / millis,
        kilobytesPerCall: (grown * 1_024) / size,
        heard
      }
      return figures
    })
  )

const told = (text: string): void => console.log(text)

const tell = (title: string, figures: ReadonlyArray<Figures>, isOfTwo: boolean): void => {
  const of = (pick: (one: Figures) => number, digits: number) => shown(figures.map(pick), digits)
  told(`\n  ${title}`)
  told(`    packets sent, of those due           ${of((one) => one.sentPercent, 1)} %`)
  told(`    processor, signalling and audio     ${of((one) => one.corePercent, 1)} % of one core`)
  told(`    of which the kernel's               ${of((one) => one.kernelPercent, 1)} %`)
  if (isOfTwo) {
    told(`    of which Asterisk's                 ${of((one) => one.corePercent - one.nodePercent, 1)} %`)
    told(`    of which this process's             ${of((one) => one.nodePercent, 1)} %`)
  }
  told(`    audio held up, packets              ${of(({ heard }) => heard.held, 0)}`)
  told(`    off 20 ms at the receiver, median   ${of(({ heard }) => heard.p50, 2)} ms`)
  told(`    off 20 ms at the receiver, 99 %     ${of(({ heard }) => heard.p99, 2)} ms`)
  told(`    off 20 ms at the receiver, worst    ${of(({ heard }) => heard.most, 1)} ms`)
  told(`    set-up                              ${of((one) => one.setUpsPerSecond, 0)} calls a second`)
  told(`    set-up, processor                   ${of((one) => one.setUpCpuMicros, 0)} µs a call`)
}

export const run = async (): Promise<void> => {
  told(`\nCalls over a SIP trunk, ${holdSeconds} s each, the main thread still 100 ms of every 250; ${rounds} rounds`)
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-media-"))
  try {
    const program = compiled(folder)
    const track = path.join(folder, "track")
    fs.writeFileSync(track, Buffer.concat([Buffer.alloc(leadMillis * 8, 0xd5), speech]))
    told(
      "  Every packet that was sent arrived, and its audio was compared, before a figure is printed. Arrival: the kernel's time."
    )
    const why = Asterisk.missing()
    told(why === undefined ? "  Asterisk by ARI beside it." : `  Nothing beside it: ${why}`)
    const all = new Map<number, Array<Figures>>(sizes.map((size) => [size, []]))
    const theirs = new Map<number, Array<Figures>>(
      sizes.filter((size) => why === undefined && size <= mostOfAsterisk).map((size) => [size, []])
    )
    for (let i = 0; i < rounds; i++) {
      for (const size of sizes) {
        const turns = [
          { rival: own, into: all.get(size) },
          { rival: asterisk, into: theirs.get(size) }
        ]
        // Neither is always the one that finds the other's traces.
        for (const { into, rival } of i % 2 === 0 ? turns : turns.toReversed()) {
          if (into === undefined) continue
          try {
            into.push(await Effect.runPromise(round(rival, program, track, size)))
          } catch (error) {
            if (rival === own) throw error
            // Ours are measured all the same; of a round without all calls of the other's there are no figures.
            told(`  Round ${i + 1}, ${size} calls, no figures: ${String(error).split("\n")[0]}`)
          }
        }
      }
    }
    for (const [size, figures] of all) {
      tell(`${size.toLocaleString("en-US")} calls at once`, figures, false)
      const rival = theirs.get(size)
      if (rival === undefined || rival.length === 0) continue
      tell(
        `${size.toLocaleString("en-US")} calls at once, by Asterisk, ${rival.length} of ${rounds} rounds`,
        rival,
        true
      )
    }
    const final = all.get(goal.calls)!
    told(
      `\n  Memory: ${final[0]!.kilobytesPerCall.toFixed(0)} kB a call, of the first ${goal.calls.toLocaleString("en-US")} of the process`
    )
    const corePercent = median(final.map((one) => one.corePercent))
    const p99 = median(final.map(({ heard }) => heard.p99))
    const verdict = (is: number, most: number) => (is <= most ? "met" : "MISSED")
    told(
      `\n  Goal with ${goal.calls} calls: ${corePercent.toFixed(1)} % of ${goal.corePercent} %: ${verdict(corePercent, goal.corePercent)}; ` +
        `99 % within ${p99.toFixed(2)} ms of ${goal.p99Millis} ms: ${verdict(p99, goal.p99Millis)}`
    )
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}
