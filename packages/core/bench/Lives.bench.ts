/**
 * What whole lives of sends cost: accepted, dialled, ringing, answered, completed, told. From the rules alone, by way of
 * the services, to the platform with all its workers at work.
 */
import * as Effect from "effect/Effect"
import * as Send from "../src/sending/Send.ts"
import { accountId, applicationId, codeTemplate, makeWorld, type World } from "../test/sending/SendWorld.ts"
import { contest, type Contestant, type Figure, goal, mustEqual, note, ratio } from "./Harness.ts"
import { callee, type LiveOptions, LivePlatform } from "./LivePlatform.ts"
import { PlainPlatform } from "./PlainPlatform.ts"

const minutes = 1_000_000
const inputOf = (i: number) => ({ to: callee(i), code: "246802" })

// --- rules alone ---

const plainOf = (world: World): PlainPlatform =>
  new PlainPlatform({ accountId, applicationId, templateId: codeTemplate, policy: world.policy, load: world.load })

const plainLives = (platform: PlainPlatform, now: number, times: number): ReadonlyArray<Send.State> =>
  Array.from({ length: times }, (_, i) => platform.life(`send-${i}`, inputOf(i), now))

const rulesAlone = (): Contestant => {
  let world = makeWorld({ minutes })
  let platform = plainOf(world)
  return {
    name: "the rules alone: a loop over a Map, no Effect",
    prepare: () => {
      world = makeWorld({ minutes })
      platform = plainOf(world)
    },
    run: (times) => void plainLives(platform, world.time.now, times),
    check: (times) => mustEqual("minutes spent", platform.balance().spent, times)
  }
}

// --- services: the caller does by itself what workers would do ---

const serviceLives = ({ run, sends, time }: World, times: number): ReadonlyArray<string> => {
  const now = time.now
  const sendIds: Array<string> = []
  const life = (i: number) =>
    Effect.flatMap(sends.acceptCode(accountId, applicationId, inputOf(i)), ({ sendId }) => {
      sendIds.push(sendId)
      const ref = Send.ref(accountId, sendId)
      const reports: ReadonlyArray<Send.Report> = [
        { _tag: "DialStarted", route: "first", at: now },
        { _tag: "Ringing", at: now },
        { _tag: "Answered", at: now },
        { _tag: "HungUp", at: now }
      ]
      return Effect.forEach(reports, (report) => sends.record(ref, report), { discard: true })
    })
  let i = 0
  run(
    Effect.whileLoop({ while: () => i < times, body: () => life(i), step: () => void i++ }).pipe(
      Effect.withTracerEnabled(false)
    )
  )
  return sendIds
}

const servicesAlone = (): Contestant => {
  let world = makeWorld({ minutes })
  return {
    name: "the service Sends on the memory store, no workers",
    prepare: () => {
      world = makeWorld({ minutes })
    },
    run: (times) => void serviceLives(world, times),
    check: (times) => mustEqual("minutes spent", world.balance().spent, times)
  }
}

// --- the platform ---

const platform = (name: string, options: LiveOptions): Contestant => {
  let live: LivePlatform | undefined
  return {
    name,
    prepare: () => {
      live = new LivePlatform(options)
      return live.open()
    },
    run: (times) => live!.live(times),
    check: async (times) => {
      await live!.check(times)
      await live!.close()
      live = undefined
    }
  }
}

/** Rules and service leave the same sends and the same balance. What the platform leaves is checked after each round. */
const sameResults = (): void => {
  const [one, other] = [makeWorld({ minutes }), makeWorld({ minutes })]
  const plain = plainOf(one)
  const states = plainLives(plain, one.time.now, 300)
  const served = serviceLives(other, 300).map((sendId) => other.load(Send.ref(accountId, sendId)).state)
  mustEqual("sends", states, served)
  mustEqual("balances", plain.balance(), other.balance())
}

export const run = async (): Promise<void> => {
  const [rules, service, quiet, told, traced] = (await contest({
    title: "a send's life: accepted, dialled, ringing, answered, completed; every number another one",
    unit: "µs",
    times: 5_000,
    rounds: 9,
    sameResults,
    contestants: [
      rulesAlone(),
      servicesAlone(),
      platform("the platform: dialled by workers, nobody is told", { callbacks: false, traced: false }),
      platform("the platform, and a signed callback for each", { callbacks: true, traced: false }),
      platform("the same, with a tracer that keeps its spans", { callbacks: true, traced: true })
    ]
  })) as [Figure, Figure, Figure, Figure, Figure]
  goal("whole lives in a second of one core, callbacks delivered, tracing off", told.perSecond, 10_000, "more")
  goal("the same, nobody told", quiet.perSecond, 10_000, "more")
  note(
    `Effect, storage and workers take ×${ratio(quiet, rules).toFixed(1)} of the rules alone; the service ×${ratio(service, rules).toFixed(1)}.`
  )
  note(
    `A tracer takes ${((ratio(traced, told) - 1) * 100).toFixed(0)} % more. Requests come in bursts of 100; HMAC is Node's own.`
  )
}
