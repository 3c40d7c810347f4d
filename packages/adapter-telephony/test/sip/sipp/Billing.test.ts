import type { Call, CallEvent } from "@vsms/core/dispatch/CallChannel"
import { minutesOf } from "@vsms/core/sending/SendStep"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { beforeEach, describe, expect, it } from "vitest"
import * as SipTrunk from "../../../src/sip/trunk/SipTrunk.ts"
import { missing } from "../../../../../tools/debian/Debian.ts"
import { freePort } from "../peers/FreePort.ts"
import { accept, ask, hear, invite, play, programs, receive, respond, sdp } from "./Scenario.ts"

const why = missing(programs)
/** Calls at once with each of the callees. */
const callCount = process.env["NIGHTLY"] === "1" ? 150 : 20

const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>) => Effect.runPromise(Effect.scoped(effect))

const answers = [invite, respond("180 Ringing"), respond("200 OK", sdp(), [], `retrans="500"`), receive("ACK")]

/** Who hangs up, and how long calls last: on both sides of a minute, and not so near to it that a network decides. */
const callees: ReadonlyArray<{
  readonly name: string
  readonly steps: ReadonlyArray<string>
  readonly speechMillis: (at: number) => number
}> = [
  {
    name: "we hang up",
    steps: [...answers, receive("BYE"), accept],
    // With what is silent before and after, 600 ms.
    speechMillis: (at) => [1_000, 58_000, 60_300][at % 3]! + 9 * (at % 100)
  },
  ...[
    [58_500, 59_500],
    [60_500, 61_500]
  ].map(([min, max]) => ({
    name: `the callee hangs up after ${min} to ${max} ms`,
    steps: [...answers, `<pause distribution="uniform" min="${min}" max="${max}"/>`, ask("BYE", 1, [], []), hear(200)],
    speechMillis: () => 70_000
  }))
]

/** How long each call was by sipp's own clock, from the answer's ACK to the BYE, by the callee's number. */
const measured = (messages: string): ReadonlyMap<string, number> => {
  const begun = new Map<string, number>()
  const lasted = new Map<string, number>()
  const entry = /-{20,} (\d{4}-\d\d-\d\d)[ \t]+(\d\d:\d\d:\d\d)\.(\d{3})\d*[^]*?(?=-{20,} \d{4}|$)/g
  for (const [text, day, time, millis] of messages.matchAll(entry)) {
    const at = Date.parse(`${day}T${time}.${millis}Z`)
    const method = /^(ACK|BYE) sip:/m.exec(text)?.[1]
    // Whoever calls has the number in From in what the callee asks.
    const number = /^(?:To|From):.*sip:(\+86138\d{8})@/m.exec(text)?.[1]
    if (method === undefined || number === undefined) continue
    if (method === "ACK" && !begun.has(number)) begun.set(number, at)
    if (method === "BYE" && !lasted.has(number)) lasted.set(number, at - begun.get(number)!)
  }
  return lasted
}

describe.concurrent("BAL-2: what is billed is what the other end measured, in started minutes", () => {
  beforeEach(({ skip }) => {
    if (why !== undefined) skip(why)
  })

  it.each(callees.map((callee) => [callee.name, callee] as const))(
    `${callCount} calls at once: %s`,
    (name, { speechMillis, steps }) =>
      run(
        Effect.gen(function* () {
          const port = yield* Effect.promise(() => freePort())
          const sipp = yield* Effect.acquireRelease(
            // sipp gives a call up whose INVITE comes twice, as over UDP it does on a busy machine.
            Effect.sync(() => play(name, steps, port, "tcp", { calls: callCount, seconds: 110 })),
            ({ kill }) => Effect.sync(kill)
          )
          const channel = yield* SipTrunk.make({
            name: "sipp",
            trunk: { host: "127.0.0.1", port, protocol: "tcp", account: undefined },
            local: { address: "127.0.0.1", port: 0 },
            responseMillis: 20_000
          })
          yield* Effect.repeat(Effect.delay(Effect.sync(sipp.listens), 20), { until: (listens) => listens })
          const payload = new Uint8Array(70_000 * 8).fill(0x2a)
          const ours = new Map<string, { readonly answeredAt: number; readonly hungUpAt: number }>()
          yield* Effect.forEach(
            Array.from({ length: callCount }, (_, at) => at),
            (at) =>
              Effect.gen(function* () {
                const callee = `+86138${String(at).padStart(8, "0")}`
                const call: Call = {
                  id: callee,
                  callee,
                  display: "075512340001",
                  audio: { codec: "alaw", payload: payload.subarray(0, speechMillis(at) * 8) },
                  plays: 1,
                  ringTimeoutMillis: 20_000,
                  longestCallMillis: 90_000
                }
                const events: Array<CallEvent> = []
                yield* Effect.delay(
                  channel.place(call, (event) => Effect.sync(() => void events.push(event))),
                  at * 40
                )
                const [answered, hungUp] = events.slice(-2)
                expect([answered?._tag, hungUp?._tag]).toEqual(["Answered", "HungUp"])
                ours.set(callee, { answeredAt: answered!.at, hungUpAt: hungUp!.at })
              }),
            { concurrency: "unbounded" }
          )
          const { messages, verdict } = yield* Effect.promise(() => sipp.over)
          expect(verdict).toBe("passed")
          const theirs = measured(messages)
          expect(theirs.size).toBe(callCount)
          const billed = [...ours].map(([callee, one]) => [callee, minutesOf(one.answeredAt, one.hungUpAt)])
          expect(billed).toEqual([...ours.keys()].map((callee) => [callee, Math.ceil(theirs.get(callee)! / 60_000)]))
          const apart = [...ours].map(([callee, one]) => Math.abs(one.hungUpAt - one.answeredAt - theirs.get(callee)!))
          process.stderr.write(
            `${callCount} calls, ${billed.filter(([, minutes]) => minutes === 2).length} of them of two minutes; durations apart by ${Math.max(...apart)} ms at most\n`
          )
        })
      ),
    120_000
  )
})
