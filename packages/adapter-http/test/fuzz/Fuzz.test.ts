import { NodeServer } from "@vsms/adapter-http/node/NodeServer"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Campaign from "./Campaign.ts"
import * as FuzzWorld from "./FuzzWorld.ts"
import { grownMegabytes, heldMegabytes, mostGrownMegabytes } from "./Heap.ts"
import { overSockets } from "./SocketExchange.ts"

const isLong = process.env["NIGHTLY"] === "1"
const seed = Number(process.env["SEED"])

/** Worlds of a thousand requests each: in one that lives longer, everything would be used up or deleted. */
const inProcess = isLong ? 80 : 3
const onSockets = isLong ? 20 : 1
const each = 1_000

/** Of a machine that others use as well. */
const timeoutMillis = (worlds: number) => worlds * 120_000

/** Runs worlds one after the other, and says how much memory is held after each. */
const worlds = (count: number, from: number, run: (seed: number) => Effect.Effect<Campaign.Report>) =>
  Effect.gen(function* () {
    const answers = new Map<string, number>()
    const held: Array<number> = []
    for (let world = 0; world < count; world++) {
      const report = yield* run(from + world)
      expect(report.failures).toEqual([])
      expect(report.requests).toBe(each)
      for (const [name, times] of report.answers) answers.set(name, (answers.get(name) ?? 0) + times)
      held.push(heldMegabytes())
    }
    expect(grownMegabytes(held)).toBeLessThan(mostGrownMegabytes)
    return { answers, held }
  })

const spread = (answers: ReadonlyMap<string, number>) => {
  const all = [...answers.keys()]
  return {
    different: all.length,
    taken: all.filter((name) => / 20\d$| 200 0$/.test(name)).length,
    problems: new Set(all.map((name) => name.split(" ").at(-1)!)).size
  }
}

const tell = (
  where: string,
  { answers, held }: { answers: ReadonlyMap<string, number>; held: ReadonlyArray<number> }
) => {
  if (!isLong) return
  const { different, problems, taken } = spread(answers)
  const [first = 0] = held
  process.stderr.write(
    `${where}: ${held.length * each} requests from seed ${seed}; ${different} different outcomes, ${problems} codes, ` +
      `${taken} successes; held ${first.toFixed(0)} MB after the first world, ${held.at(-1)!.toFixed(0)} MB after the ` +
      `last, ${Math.max(...held).toFixed(0)} MB at most\n`
  )
}

describe("requests that nobody should send", () => {
  it.effect(
    "are answered as the document says, change nothing when they are refused, and leave nothing in logs",
    () =>
      Effect.gen(function* () {
        const found = yield* worlds(inProcess, seed, (seed) =>
          Effect.orDie(Effect.provide(Campaign.run({ seed, requests: each }), FuzzWorld.layer()))
        )
        tell("in process", found)
        // They went as far as the rules, on every wire.
        const { problems, taken } = spread(found.answers)
        expect(taken).toBeGreaterThan(60)
        expect(problems).toBeGreaterThan(50)
      }),
    timeoutMillis(inProcess)
  )

  it.effect(
    "nor when they come over sockets",
    () =>
      Effect.gen(function* () {
        const found = yield* worlds(onSockets, seed + 1_000_000, (seed) =>
          Effect.gen(function* () {
            const { port } = yield* NodeServer
            return yield* Campaign.run({ seed, requests: each, carrier: overSockets(port) })
          }).pipe(
            Effect.provide(Layer.provideMerge(NodeServer.layer({ port: 0, graceMillis: 0 }), FuzzWorld.layer())),
            Effect.orDie
          )
        )
        tell("over sockets", found)
      }),
    timeoutMillis(onSockets)
  )
})
