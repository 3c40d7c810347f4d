/**
 * Several trunks as routes of one platform (SND-9), each a real channel with sockets of its own, to telephones behind
 * sockets. The time is real: what is measured is what happens.
 */
import * as Core from "@vsms/core/Core"
import { Numbers } from "@vsms/core/number/Numbers"
import { VoiceNumbers } from "@vsms/core/number/VoiceNumbers"
import { Orders } from "@vsms/core/order/Orders"
import type { Channel } from "@vsms/core/dispatch/CallChannel"
import * as DispatchPolicy from "@vsms/core/dispatch/DispatchPolicy"
import { Dispatcher } from "@vsms/core/dispatch/Dispatcher"
import { Route } from "@vsms/core/dispatch/Route"
import { Routes } from "@vsms/core/dispatch/Routes"
import * as Send from "@vsms/core/sending/Send"
import { Sends } from "@vsms/core/sending/Sends"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import { Simulation } from "@vsms/core/testing/Simulation"
import * as Tenant from "@vsms/core/testing/Tenant"
import * as ToneSpeech from "@vsms/core/testing/ToneSpeech"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import { describe, expect, it } from "vitest"
import * as SipTrunk from "../../../src/sip/trunk/SipTrunk.ts"
import type * as Hop from "../../../src/sip/transport/Hop.ts"
import * as Phones from "./Phones.ts"

/** A trunk that can be unplugged, and its channel, which counts what it carries. */
const trunk = (name: string, protocol: Hop.Protocol) =>
  Effect.gen(function* () {
    let life = yield* Scope.make()
    let phones = yield* Scope.extend(Phones.make(), life)
    yield* Effect.addFinalizer(() => Scope.close(life, Exit.void))
    let dead = false
    const channel = yield* SipTrunk.make({
      name,
      trunk: { host: `${name}.test`, port: undefined, protocol, account: undefined },
      hops: Effect.sync(() => [phones.hop(protocol)]),
      local: { address: "127.0.0.1", port: 0 },
      rtpPorts: { first: 30_000, last: 31_999 },
      leadMillis: 20,
      lingerMillis: 200
    })
    const began: Array<number> = []
    let carrying = 0
    let most = 0
    const counted: Channel = {
      ...channel,
      place: (call, report) =>
        Effect.acquireUseRelease(
          Effect.sync(() => {
            began.push(performance.now())
            most = Math.max(most, ++carrying)
          }),
          () => channel.place(call, report),
          () => Effect.sync(() => carrying--)
        )
    }
    return {
      channel: counted,
      began,
      most: () => most,
      phones: () => phones,
      /** Its sockets are gone, with all who are connected. */
      unplug: Effect.suspend(() => {
        dead = true
        return Scope.close(life, Exit.void)
      }),
      plugIn: Effect.gen(function* () {
        if (!dead) return
        life = yield* Scope.make()
        phones = yield* Scope.extend(Phones.make(), life)
        dead = false
      })
    }
  })

type Trunk = Effect.Effect.Success<ReturnType<typeof trunk>>

/** A fault or three, half a second's pause, and probes ten times a second: what takes minutes elsewhere. */
const policy: DispatchPolicy.DispatchPolicy = {
  ...DispatchPolicy.standard,
  health: { windowMillis: 60_000, faults: 3, faultPercent: 30, pauseMillis: 300, pauseMillisMax: 300, probes: 2 },
  probeMillis: 100,
  retryMillis: 200,
  graceMillis: 1_000
}

/** The platform over these trunks, with a tenant of two numbers. */
const platform = (trunks: ReadonlyArray<Trunk>, routes: ReadonlyArray<Route>) =>
  Effect.gen(function* () {
    const ports = Layer.mergeAll(
      CoreMemory.layerPorts(),
      ToneSpeech.layer({ millisPerCharacter: 15 }),
      Routes.layer(
        routes,
        trunks.map(({ channel }) => channel)
      )
    )
    const outside = yield* Layer.build(ports)
    // What takes a tenant minutes is over before the time is real.
    const past = new Simulation({ startAt: Date.now() - 600_000 })
    const opening = past.spawn(
      Effect.gen(function* () {
        const tenant = yield* Tenant.open({ pass: Effect.sleep })
        const { accountId } = tenant
        const other = "075500000002"
        yield* (yield* VoiceNumbers).add({ region: "广东省深圳市", numbers: [other] })
        const rent = yield* (yield* Numbers).buy({ accountId, numbers: [other], autoRenew: false })
        yield* (yield* Orders).pay({ accountId, orderId: rent.orderId, method: "balance" })
        yield* Effect.sleep("10 seconds")
        return { ...tenant, other }
      }).pipe(Effect.provide(Core.layer()), Effect.provide(outside), Effect.scoped)
    )
    past.pass(600_000)
    const tenant = yield* opening.exit!
    const services = yield* Layer.build(Layer.provide(Core.layer({ dispatch: policy }), Layer.succeedContext(outside)))
    const { accountId, applicationId } = tenant
    const within = Effect.provide(services)
    const send = (to: string, display?: string) =>
      Effect.flatMap(Sends, (sends) =>
        sends.acceptCode(accountId, applicationId, {
          to,
          code: "3842",
          plays: 1,
          ...(display === undefined ? {} : { display })
        })
      ).pipe(
        within,
        Effect.map(({ sendId }) => sendId)
      )
    const ended = (sendId: string) =>
      Effect.flatMap(Sends, (sends) => sends.get(accountId, applicationId, sendId)).pipe(
        within,
        Effect.map(({ state }) => state),
        Effect.delay(30),
        Effect.repeat({ until: Send.isFinal })
      )
    return {
      tenant,
      send,
      /** The ends of all, when there are all. */
      ends: (sendIds: ReadonlyArray<string>) => Effect.forEach(sendIds, ended),
      health: (id: string) =>
        Effect.flatMap(Dispatcher, ({ routes }) => routes).pipe(
          within,
          Effect.map((all) => all.find(({ route }) => route === id)!.health._tag)
        )
    }
  })

const run = (effect: Effect.Effect<void, unknown, Scope.Scope>) =>
  effect.pipe(
    Effect.scoped,
    Effect.provide(Logger.remove(Logger.defaultLogger)),
    Effect.timeout(60_000),
    Effect.runPromise
  )

const callees = (first: number, count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, i) => `1380013${String(first + i).padStart(4, "0")}`)

describe.concurrent("several trunks", () => {
  it(
    "SND-9: share calls by weight; one that dies is left alone, and is back when it answers OPTIONS again",
    () =>
      run(
        Effect.gen(function* () {
          const [big, small, reserve] = yield* Effect.all([
            trunk("big", "tcp"),
            trunk("small", "udp"),
            trunk("reserve", "udp")
          ])
          const { ends, health, send } = yield* platform(
            [big, small, reserve],
            [
              Route.make({ id: "big", channel: "big", weight: 3, maxConcurrent: 200, callsPerSecond: 10_000 }),
              Route.make({ id: "small", channel: "small", weight: 1, maxConcurrent: 200, callsPerSecond: 10_000 }),
              Route.make({ id: "reserve", channel: "reserve", priority: 1, maxConcurrent: 50, callsPerSecond: 500 })
            ]
          )
          const dialled = ({ phones }: Trunk, numbers: ReadonlyArray<string>) =>
            numbers.filter((number) => phones().dialled(`+86${number}`) > 0).length

          const early = callees(0, 20)
          const before = yield* Effect.forEach(early, (to) => send(to))
          for (const state of yield* ends(before)) expect([state.stage, state.billedMinutes]).toEqual(["completed", 1])
          expect(dialled(big, early) + dialled(small, early)).toBe(20)
          expect(dialled(reserve, early)).toBe(0)

          // It dies in the middle of a run; all calls arrive, and nobody is rung twice.
          const middle = callees(100, 40)
          const during: Array<string> = []
          const phonesBefore = big.phones()
          for (const [i, to] of middle.entries()) {
            during.push(yield* send(to))
            if (i !== 5) continue
            // A call that is being set up then has an unknown fate, and is another matter (SND-10).
            yield* ends(during)
            yield* big.unplug
          }
          const states = yield* ends(during)
          expect(states.map(({ stage }) => stage)).toEqual(middle.map(() => "completed"))
          for (const to of middle) {
            const rung = [phonesBefore, small.phones(), reserve.phones()].map((phones) => phones.dialled(`+86${to}`))
            expect(rung.reduce((sum, one) => sum + one)).toBe(1)
          }
          expect(states.some(({ attempts }) => attempts.length === 2 && attempts[0]!.route === "big")).toBe(true)
          expect(yield* health("big")).not.toBe("Closed")
          // As long as it is, nobody tries it.
          const tries = big.began.length
          yield* ends(yield* Effect.forEach(callees(200, 10), (to) => send(to)))
          expect(big.began.length).toBe(tries)

          yield* big.plugIn
          yield* Effect.repeat(Effect.delay(health("big"), 30), { until: (tag) => tag === "Closed" })
          expect(big.phones().asked.filter((method) => method === "OPTIONS").length).toBe(2)
          // Three of four, as luck has it: four deviations to either side; with equal weights it would be half of them.
          // Limits that nobody reaches leave it to the weights.
          const late = callees(1_000, 160)
          yield* ends(yield* Effect.forEach(late, (to) => send(to)))
          const share = dialled(big, late)
          expect(share).toBeGreaterThan(98)
          expect(share).toBeLessThan(142)
          expect([dialled(small, late), dialled(reserve, late)]).toEqual([160 - share, 0])
        })
      ),
    60_000
  )

  it(
    "SND-9: carry no more calls at once, and begin no more in a second, than they are told",
    () =>
      run(
        Effect.gen(function* () {
          const [narrow, slow] = yield* Effect.all([trunk("narrow", "udp"), trunk("slow", "udp")])
          const { ends, send } = yield* platform(
            [narrow, slow],
            [
              Route.make({
                id: "narrow",
                channel: "narrow",
                operators: ["mobile"],
                maxConcurrent: 3,
                callsPerSecond: 500
              }),
              Route.make({ id: "slow", channel: "slow", operators: ["unicom"], maxConcurrent: 50, callsPerSecond: 8 })
            ]
          )
          const sendIds = [
            ...(yield* Effect.forEach(callees(0, 12), (to) => send(to))),
            ...(yield* Effect.forEach(callees(0, 12), (to) => send(to.replace("138", "130"))))
          ]
          expect((yield* ends(sendIds)).every(({ stage }) => stage === "completed")).toBe(true)
          expect([narrow.began.length, narrow.most()]).toEqual([12, 3])
          expect([slow.began.length, slow.most() > 3]).toEqual([12, true])
          // The twelfth call begins eleven beats of 125 ms after the first; timers here are late, never early.
          expect(slow.began.at(-1)! - slow.began[0]!).toBeGreaterThan(11 * 125 - 15)
        })
      ),
    60_000
  )

  it(
    "SND-9, SND-4: are chosen by the callee's operator, and show the number that the tenant has rented",
    () =>
      run(
        Effect.gen(function* () {
          const [first, second] = yield* Effect.all([trunk("first", "tcp"), trunk("second", "udp")])
          const { ends, send, tenant } = yield* platform(
            [first, second],
            [
              Route.make({
                id: "first",
                channel: "first",
                operators: ["mobile", "broadnet"],
                maxConcurrent: 50,
                callsPerSecond: 500
              }),
              Route.make({
                id: "second",
                channel: "second",
                operators: ["unicom", "telecom", "virtual", "unknown"],
                maxConcurrent: 50,
                callsPerSecond: 500
              })
            ]
          )
          const rows = [
            ["13800138000", first, tenant.number],
            ["19200138000", first, tenant.other],
            ["13000138000", second, tenant.number],
            ["13300138000", second, tenant.other],
            ["17000138000", second, tenant.number],
            ["17400138000", second, tenant.other]
          ] as const
          const sendIds = yield* Effect.forEach(rows, ([to, , display]) => send(to, display))
          expect((yield* ends(sendIds)).every(({ stage }) => stage === "completed")).toBe(true)
          for (const [to, meant, display] of rows) {
            for (const one of [first, second]) {
              expect(one.phones().shown(`+86${to}`)).toEqual(one === meant ? [display] : [])
            }
          }
        })
      ),
    60_000
  )
})
