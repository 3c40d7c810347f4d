/**
 * Rules: the laws of the port `CallChannel`, put to a channel together with phones that it can reach.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import {
  type Call,
  CallChannel,
  type CallEvent,
  type ChannelFailure,
  failureCauses
} from "../../dispatch/CallChannel.ts"
import { example, expect, expectEqual, type Law } from "../Law.ts"

/** What a callee of the laws does. `listens`: answers, and does not hang up by himself. */
export type Behaviour = "answers" | "listens" | "busy" | "neverAnswers"

/** The phones for the laws, and the time in which they ring. */
export class FarEnd extends Context.Tag("@vsms/core/testing/FarEnd")<
  FarEnd,
  {
    /** A callee who behaves so: another one at each asking. */
    readonly callee: (behaviour: Behaviour) => Effect.Effect<string>
    /** How often a callee's phone was dialled. */
    readonly dialled: (callee: string) => Effect.Effect<number>
    /** Lets time pass: that of the test clock, or real time for channels that do not go by it. */
    readonly pass: (millis: number) => Effect.Effect<void>
    /** Breaks the channel or mends it; only asked of a channel that is `breakable`. */
    readonly setDown: (isDown: boolean) => Effect.Effect<void>
  }
>() {}

/** `remembers`: as in its capabilities. `breakable`: its far end can put it out of order. */
export type Ability = "remembers" | "breakable"

type Needs = CallChannel | FarEnd

const second = 1_000

let calls = 0

/** Ten seconds of a tone that is not silence in either codec, for a callee who behaves so. */
const callTo = (behaviour: Behaviour, parts: Partial<Call> = {}) =>
  Effect.gen(function* () {
    const { capabilities } = yield* CallChannel
    const callee = yield* (yield* FarEnd).callee(behaviour)
    const call: Call = {
      id: `law${(calls++).toString(16).padStart(8, "0")}`,
      callee,
      display: "075512340001",
      audio: { codec: capabilities.codecs[0] ?? "alaw", payload: new Uint8Array(8_000).fill(0x2a) },
      plays: 1,
      ringTimeoutMillis: 5 * second,
      longestCallMillis: 60 * second,
      ...parts
    }
    return call
  })

/** A call that is under way. */
interface Placed {
  readonly events: ReadonlyArray<CallEvent>
  readonly fiber: Fiber.RuntimeFiber<void, ChannelFailure>
}

const place = (call: Call, onEvent: (event: CallEvent) => Effect.Effect<void> = () => Effect.void) =>
  Effect.gen(function* () {
    const events: Array<CallEvent> = []
    const channel = yield* CallChannel
    const report = (event: CallEvent) =>
      Effect.zipRight(
        onEvent(event),
        Effect.sync(() => void events.push(event))
      )
    const placed: Placed = { events, fiber: yield* Effect.fork(channel.place(call, report)) }
    return placed
  })

/** Lets time pass until the call is over, or for so long. */
const untilOver = ({ fiber }: Placed, millis: number) =>
  Effect.gen(function* () {
    const farEnd = yield* FarEnd
    for (let passed = 0; passed < millis; passed += second) {
      const exit = yield* Fiber.poll(fiber)
      if (exit._tag === "Some") return exit.value
      yield* farEnd.pass(second)
    }
    const exit = yield* Fiber.poll(fiber)
    if (exit._tag === "None") yield* expect(false, `the call to be over after ${millis / second} s`)
    return exit._tag === "Some" ? exit.value : Exit.void
  })

/** Lets time pass until something was reported, or for so long. */
const untilReported = ({ events }: Placed, tag: CallEvent["_tag"], millis: number) =>
  Effect.gen(function* () {
    const farEnd = yield* FarEnd
    for (let passed = 0; passed < millis && !events.some(({ _tag }) => _tag === tag); passed += second)
      yield* farEnd.pass(second)
    yield* expect(
      events.some(({ _tag }) => _tag === tag),
      `${tag} to be reported within ${millis / second} s`
    )
  })

const find = <Tag extends CallEvent["_tag"]>(events: ReadonlyArray<CallEvent>, tag: Tag) =>
  events.find((event): event is Extract<CallEvent, { readonly _tag: Tag }> => event._tag === tag)

const tags = (events: ReadonlyArray<CallEvent>) => events.map(({ _tag }) => _tag)

const answered: Law<Needs> = example({
  rules: ["SND-6"],
  sentence: "an answered call reports its answer and then its hang-up, and is over when both were taken",
  then: Effect.gen(function* () {
    const placed = yield* place(yield* callTo("answers"))
    const exit = yield* untilOver(placed, 60 * second)
    yield* expect(Exit.isSuccess(exit), "the call to succeed")
    const steps = tags(placed.events).filter((tag) => tag === "Answered" || tag === "HungUp" || tag === "Failed")
    yield* expectEqual(steps, ["Answered", "HungUp"], "the reports")
    const [answer, end] = [find(placed.events, "Answered"), find(placed.events, "HungUp")]
    yield* expect(answer!.at <= end!.at, "the hang-up not to be before the answer")
    const ringing = find(placed.events, "Ringing")
    yield* expect(ringing === undefined || ringing.at <= answer!.at, "the ring not to be after the answer")
  })
})

const inTurn: Law<Needs> = example({
  rules: ["SND-6"],
  sentence: "reports are handed over one after the other, and the call is not over before the last was taken",
  then: Effect.gen(function* () {
    let taking = 0
    let most = 0
    let taken = 0
    const slowly = () =>
      Effect.gen(function* () {
        most = Math.max(most, ++taking)
        yield* Effect.sleep(3 * second)
        taking--
        taken++
      })
    const placed = yield* place(yield* callTo("answers"), slowly)
    yield* untilOver(placed, 90 * second)
    yield* expectEqual(most, 1, "reports taken at once")
    yield* expectEqual(taken, placed.events.length, "reports taken when the call was over")
    yield* expect(find(placed.events, "HungUp") !== undefined, "the hang-up to be reported")
  })
})

const busy: Law<Needs> = example({
  rules: ["SND-6", "SND-9"],
  sentence: "a busy callee fails the call as busy: no failure of the channel, and no answer",
  then: Effect.gen(function* () {
    const placed = yield* place(yield* callTo("busy"))
    const exit = yield* untilOver(placed, 60 * second)
    yield* expect(Exit.isSuccess(exit), "the channel not to fail")
    const failure = find(placed.events, "Failed")
    yield* expectEqual(failure?.failure, "busy", "the failure")
    yield* expectEqual(failureCauses[failure!.failure], "callee", "whose doing it is")
    yield* expectEqual(find(placed.events, "Answered"), undefined, "the answer")
  })
})

const ringsOnlySoLong: Law<Needs> = example({
  rules: ["SND-6", "BAL-4"],
  sentence: "a phone that nobody answers rings no longer than the ring timeout",
  then: Effect.gen(function* () {
    const placed = yield* place(yield* callTo("neverAnswers", { ringTimeoutMillis: 8 * second }))
    yield* untilOver(placed, 30 * second)
    const failure = find(placed.events, "Failed")
    yield* expectEqual(failure?.failure, "noAnswer", "the failure")
    const ringing = find(placed.events, "Ringing")
    const rung = ringing === undefined ? 0 : failure!.at - ringing.at
    yield* expect(rung <= 10 * second, `8 s of ringing, not ${rung} ms`)
  })
})

const hangsUp: Law<Needs> = example({
  rules: ["BAL-4"],
  sentence: "a call is hung up after the longest time that it may last, whatever the callee does",
  then: Effect.gen(function* () {
    const { capabilities } = yield* CallChannel
    const audio = { codec: capabilities.codecs[0] ?? "alaw", payload: new Uint8Array(8_000 * 60).fill(0x2a) } as const
    const placed = yield* place(yield* callTo("listens", { longestCallMillis: 7 * second, audio, plays: 3 }))
    yield* untilOver(placed, 60 * second)
    const [answer, end] = [find(placed.events, "Answered"), find(placed.events, "HungUp")]
    yield* expect(answer !== undefined && end !== undefined, "the call to be answered and hung up")
    yield* expect(end!.at - answer!.at <= 8 * second, `7 s of call, not ${end!.at - answer!.at} ms`)
  })
})

const onceOnly: Law<Needs> = example({
  rules: ["SND-10"],
  sentence: "an id that was placed once rings no phone again, neither during the call nor after it",
  then: Effect.gen(function* () {
    const farEnd = yield* FarEnd
    const call = yield* callTo("answers")
    const first = yield* place(call)
    yield* farEnd.pass(100)
    const during = yield* place(call)
    yield* untilOver(first, 60 * second)
    yield* Fiber.interrupt(during.fiber)
    const after = yield* place(call)
    yield* farEnd.pass(10 * second)
    yield* Fiber.interrupt(after.fiber)
    yield* expectEqual(yield* farEnd.dialled(call.callee), 1, "times that the phone was dialled")
    yield* expect(find(first.events, "HungUp") !== undefined, "the first call to come to its end")
  })
})

const interrupted: Law<Needs> = example({
  rules: ["SND-10"],
  sentence: "whoever lets go of a call hangs it up: afterwards nothing is in progress, and nothing is reported",
  then: Effect.gen(function* () {
    const channel = yield* CallChannel
    const farEnd = yield* FarEnd
    const call = yield* callTo("listens")
    const placed = yield* place(call)
    yield* untilReported(placed, "Answered", 60 * second)
    yield* Fiber.interrupt(placed.fiber)
    const reported = placed.events.length
    yield* farEnd.pass(20 * second)
    yield* expectEqual(placed.events.length, reported, "reports")
    const fate = yield* channel.ask(call.id)
    yield* expect(fate._tag === "Completed" || fate._tag === "Unknown", `the call to be over, not ${fate._tag}`)
  })
})

const neverPlaced: Law<Needs> = example({
  rules: ["SND-10"],
  sentence: "a call that the channel says it never placed is not placed later either, under that id",
  needs: "remembers",
  then: Effect.gen(function* () {
    const channel = yield* CallChannel
    const farEnd = yield* FarEnd
    const call = yield* callTo("answers")
    yield* expectEqual(yield* channel.ask(call.id), { _tag: "NeverPlaced" }, "the fate")
    const exit = yield* untilOver(yield* place(call), 60 * second)
    const failure = Exit.isFailure(exit) && exit.cause._tag === "Fail" ? exit.cause.error : undefined
    yield* expectEqual(failure?.placed, "no", "whether it was placed")
    yield* expectEqual(yield* farEnd.dialled(call.callee), 0, "times that the phone was dialled")
    // Another try has another id, and may be placed.
    const again = yield* place({ ...call, id: `${call.id}-2` })
    yield* untilReported(again, "Answered", 60 * second)
    yield* Fiber.interrupt(again.fiber)
  })
})

const fates: Law<Needs> = example({
  rules: ["SND-10"],
  sentence: "asked about a call, the channel says what it reported: in progress, completed or failed, with the times",
  needs: "remembers",
  then: Effect.gen(function* () {
    const channel = yield* CallChannel
    const good = yield* callTo("answers")
    const talking = yield* place(good)
    yield* untilReported(talking, "Answered", 60 * second)
    yield* expectEqual((yield* channel.ask(good.id))._tag, "InProgress", "the fate of a call that is up")
    yield* untilOver(talking, 60 * second)
    const [answer, end] = [find(talking.events, "Answered"), find(talking.events, "HungUp")]
    yield* expectEqual(
      yield* channel.ask(good.id),
      { _tag: "Completed", answeredAt: answer?.at, hungUpAt: end?.at },
      "the fate of an answered call"
    )
    const bad = yield* callTo("busy")
    const failing = yield* place(bad)
    yield* untilOver(failing, 60 * second)
    yield* expectEqual(yield* channel.ask(bad.id), find(failing.events, "Failed"), "the fate of a failed call")
  })
})

const neverDenies: Law<Needs> = example({
  rules: ["SND-10"],
  sentence: "no channel says of a call that it placed, or is about to place, that it never did",
  then: Effect.gen(function* () {
    const channel = yield* CallChannel
    const call = yield* callTo("answers")
    const heard = yield* Deferred.make<void>()
    const placed = yield* place(call, () => Effect.asVoid(Deferred.succeed(heard, undefined)))
    yield* untilReported(placed, "Answered", 60 * second)
    yield* expect((yield* channel.ask(call.id))._tag !== "NeverPlaced", "a call that is up not to be denied")
    yield* untilOver(placed, 60 * second)
    yield* expect((yield* channel.ask(call.id))._tag !== "NeverPlaced", "a call that is over not to be denied")
  })
})

const outOfOrder: Law<Needs> = example({
  rules: ["SND-9"],
  sentence: "a channel that is down places nothing and says so, fails its probe, and works again when it is mended",
  needs: "breakable",
  then: Effect.gen(function* () {
    const channel = yield* CallChannel
    const farEnd = yield* FarEnd
    const call = yield* callTo("answers")
    yield* farEnd.setDown(true)
    const exit = yield* untilOver(yield* place(call), 60 * second)
    const failure = Exit.isFailure(exit) && exit.cause._tag === "Fail" ? exit.cause.error : undefined
    yield* expectEqual(failure?.placed, "no", "whether it was placed")
    const probing = yield* Effect.fork(Effect.exit(channel.probe))
    yield* farEnd.pass(30 * second)
    yield* expect(Exit.isFailure(yield* Fiber.join(probing)), "the probe to fail")
    yield* farEnd.setDown(false)
    const probingAgain = yield* Effect.fork(Effect.exit(channel.probe))
    yield* farEnd.pass(30 * second)
    yield* expect(Exit.isSuccess(yield* Fiber.join(probingAgain)), "the probe to succeed")
    yield* expectEqual(yield* farEnd.dialled(call.callee), 0, "times that the phone was dialled")
    const again = yield* place({ ...call, id: `${call.id}-2` })
    yield* untilReported(again, "Answered", 60 * second)
    yield* Fiber.interrupt(again.fiber)
  })
})

const apart: Law<Needs> = example({
  rules: ["SND-6"],
  sentence: "calls at once keep apart: each gets its own reports",
  then: Effect.gen(function* () {
    const placed: Array<Placed> = []
    const behaviours = ["answers", "busy", "neverAnswers", "answers", "busy"] as const
    for (const behaviour of behaviours) placed.push(yield* place(yield* callTo(behaviour)))
    for (const one of placed) yield* untilOver(one, 60 * second)
    const ends = placed.map(({ events }) => events.flatMap((event) => (event._tag === "Failed" ? event.failure : [])))
    yield* expectEqual(ends, [[], ["busy"], ["noAnswer"], [], ["busy"]], "the failures")
    const hangUps = placed.map(({ events }) => tags(events).filter((tag) => tag === "HungUp").length)
    yield* expectEqual(hangUps, [1, 0, 0, 1, 0], "the hang-ups")
  })
})

export const laws: ReadonlyArray<Law<Needs>> = [
  answered,
  inTurn,
  busy,
  ringsOnlySoLong,
  hangsUp,
  onceOnly,
  interrupted,
  neverPlaced,
  fates,
  neverDenies,
  outOfOrder,
  apart
]
