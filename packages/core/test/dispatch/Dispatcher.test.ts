import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import * as Application from "../../src/account/Application.ts"
import { SpeechFailure } from "../../src/dispatch/SpeechSynthesizer.ts"
import { PortFailure } from "../../src/PortFailure.ts"
import type { Journal } from "../../src/storage/Journal.ts"
import type { WorkQueue } from "../../src/storage/WorkQueue.ts"
import * as Template from "../../src/template/Template.ts"
import * as PlainDecoder from "../../src/testing/PlainDecoder.ts"
import * as ScriptedChannel from "../../src/testing/ScriptedChannel.ts"
import * as ToneSpeech from "../../src/testing/ToneSpeech.ts"
import * as VoiceFile from "../../src/voicefile/VoiceFile.ts"
import { accountId, applicationId, codeTemplate, makeTemplate, morning } from "../sending/SendWorld.ts"
import { makeDispatchWorld, minute, second } from "./DispatchWorld.ts"

const { answered, failed, refused, unrung } = ScriptedChannel

/** Two routes; the first is always tried first. */
const two = (first: ScriptedChannel.Story, then: ScriptedChannel.Story = answered) => ({
  first: { story: first },
  second: { story: then, route: { priority: 1 } }
})

const routesOf = (state: { readonly attempts: ReadonlyArray<{ readonly route: string }> }) =>
  state.attempts.map(({ route }) => route)

describe("a call", () => {
  it("SND-5, SND-6: is spoken, dialled, rings, is answered and ends, each step with its time", () => {
    const world = makeDispatchWorld()
    world.start()
    const send = world.send({ code: "4321", plays: 3 })
    const dialledAt = world.time.now
    expect(world.state(send).stage).toBe("dialling")
    world.time.pass(second)
    expect(world.state(send).stage).toBe("ringing")
    world.time.pass(4 * second)
    expect(world.state(send).stage).toBe("answered")
    world.time.pass(minute)
    expect(world.state(send)).toMatchObject({
      stage: "completed",
      diallingAt: dialledAt,
      ringingAt: dialledAt + 1_000,
      answeredAt: dialledAt + 5_000,
      endedAt: dialledAt + 15_000,
      billedMinutes: 1
    })
    const [placed] = world.callsOf(send)
    expect(ToneSpeech.heard(placed!.call.audio)).toBe("您的验证码是：4321")
    expect(placed!.call).toMatchObject({
      id: send,
      plays: 3,
      callee: "+8613800000000",
      display: "075512340001",
      pauseMillis: 1_000
    })
    expect(world.asked()).toBe(1)
    expect([world.queued("dial"), world.queued("reconcile")]).toEqual([undefined, undefined])
    expect(world.balance()).toMatchObject({ available: 9_999 })
  })

  it("SND-6: a callee who does not answer fails the send for his reason, and costs nothing", () => {
    const world = makeDispatchWorld({ exchanges: { first: { story: failed("busy") } } })
    world.start()
    const send = world.send()
    world.time.pass(minute)
    expect(world.state(send)).toMatchObject({ stage: "failed", reason: "busy", billedMinutes: 0 })
    expect(world.balance()).toMatchObject({ available: 10_000 })
  })

  it("SND-6: reports that are late, doubled or out of order lead to the same end", () => {
    const backwards: ScriptedChannel.Story = {
      ...answered,
      deliver: (events) => [...events, ...events].toReversed().map((event) => ({ event, lateMillis: 20_000 }))
    }
    const world = makeDispatchWorld({ exchanges: { first: { story: backwards } } })
    world.start()
    const send = world.send()
    world.time.pass(2 * minute)
    expect(world.state(send)).toMatchObject({ stage: "completed", billedMinutes: 1 })
    expect(world.callsOf(send)).toHaveLength(1)
    expect(world.balance()).toMatchObject({ available: 9_999 })
  })

  it("BAL-4: a call is never longer than its hold pays for, nor than the policy allows", () => {
    const talker: ScriptedChannel.Story = { ...answered, endsAfterMillis: 3_600 * second }
    const held = makeDispatchWorld({ exchanges: { first: { story: talker } } })
    held.start()
    const send = held.send()
    held.time.pass(10 * minute)
    // A second short of what it pays for: a hang-up that takes a moment begins no other minute.
    expect(held.callsOf(send)[0]!.call.longestCallMillis).toBe(59 * second)
    expect(held.state(send)).toMatchObject({ stage: "completed", billedMinutes: 1, overrunMinutes: 0 })
    const short = makeDispatchWorld({
      send: { longestCallMillis: 30 * second },
      exchanges: { first: { story: talker } }
    })
    short.start()
    const cut = short.send()
    short.time.pass(10 * minute)
    expect(short.callsOf(cut)[0]!.call.longestCallMillis).toBe(30 * second)
  })

  it("SND-5, BAL-4: speech that is longer than was thought is played as often as it fits whole", () => {
    // Eleven characters of four seconds each: once in a minute, not twice.
    const world = makeDispatchWorld({ speech: { millisPerCharacter: 4_000 } })
    world.start()
    const send = world.send({ plays: 2 })
    expect(world.callsOf(send)[0]!.call.plays).toBe(1)
  })

  it("SND-5, BAL-4: speech that does not fit at all is not begun: nobody pays for half a code", () => {
    const world = makeDispatchWorld({ speech: { millisPerCharacter: 6_000 } })
    world.start()
    const send = world.send()
    expect(world.state(send)).toMatchObject({ stage: "failed", reason: "speechFailure" })
    expect(world.asked()).toBe(0)
  })

  it("SND-6: a storage that goes away during a call misses no step", () => {
    let isAway = false
    const world = makeDispatchWorld()
    const journal: typeof Journal.Service = {
      ...world.journal,
      transact: (refs, decide) =>
        Effect.suspend(() =>
          isAway
            ? Effect.fail(new PortFailure({ port: "Journal", operation: "transact", retry: "later", cause: "away" }))
            : world.journal.transact(refs, decide)
        )
    }
    world.start({ journal })
    const send = world.send()
    const dialledAt = world.time.now
    isAway = true
    world.time.pass(30 * second)
    expect(world.state(send).stage).toBe("dialling")
    isAway = false
    world.time.pass(5 * second)
    expect(world.state(send)).toMatchObject({
      stage: "completed",
      ringingAt: dialledAt + 1_000,
      answeredAt: dialledAt + 5_000,
      endedAt: dialledAt + 15_000
    })
  })

  it("SND-4: a number that lapsed before the call is not displayed; one that was renewed is", () => {
    const atTheEnd = { startAt: morning + 30 * 86_400_000 - 10 * second }
    for (const renewed of [false, true]) {
      const world = makeDispatchWorld({ simulation: atTheEnd })
      world.setDown("first", true)
      world.start()
      const send = world.send()
      if (renewed) world.renewNumber()
      world.time.pass(15 * second)
      world.setDown("first", false)
      world.time.pass(minute)
      const end = renewed ? { stage: "completed" } : { stage: "failed", reason: "numberLapsed" }
      expect(world.state(send)).toMatchObject(end)
    }
  })
})

describe("routes", () => {
  it("SND-9: a route that takes no call is followed by the next one, within the same send", () => {
    const world = makeDispatchWorld({ exchanges: two(refused) })
    world.start()
    const send = world.send()
    world.time.pass(minute)
    const state = world.state(send)
    expect(routesOf(state)).toEqual(["first", "second"])
    expect(state.attempts[0]!.failedAt).toBe(state.accepted.at)
    expect(state.stage).toBe("completed")
    expect(world.callsOf(send).map(({ call, channel }) => [channel, call.id])).toEqual([["second", `${send}-2`]])
  })

  it.each(["congestion", "channelFailure"] as const)(
    "SND-9: %s before any ring lets another route take over",
    (why) => {
      const world = makeDispatchWorld({ exchanges: two(unrung(why)) })
      world.start()
      const send = world.send()
      world.time.pass(minute)
      expect(routesOf(world.state(send))).toEqual(["first", "second"])
      expect(world.state(send).stage).toBe("completed")
    }
  )

  it("SND-9: the same after a ring is the end: the callee is not called again", () => {
    for (const late of [false, true]) {
      // Late: the ring is reported after the failure.
      const story: ScriptedChannel.Story = {
        ...failed("congestion"),
        deliver: (events) => (late ? events.toReversed() : events).map((event) => ({ event, lateMillis: 5_000 }))
      }
      const world = makeDispatchWorld({ exchanges: two(story) })
      world.start()
      const send = world.send()
      world.time.pass(minute)
      expect(world.state(send)).toMatchObject({ stage: "failed", reason: "congestion" })
      expect(routesOf(world.state(send))).toEqual(["first"])
    }
  })

  it.each(["busy", "rejected", "noAnswer", "poweredOff", "callerBarred"] as const)(
    "SND-9: a callee who is %s is not a failure of the channel",
    (why) => {
      const world = makeDispatchWorld({ exchanges: two(unrung(why)) })
      const { routes } = world.start()
      for (let i = 0; i < 20; i++) {
        const send = world.send()
        world.time.pass(minute)
        expect(world.state(send)).toMatchObject({ stage: "failed", reason: why })
      }
      expect(routes()[0]).toMatchObject({ route: "first", health: { _tag: "Closed" }, active: 0 })
      expect(world.placed.every(({ channel }) => channel === "first")).toBe(true)
    }
  )

  it("SND-9, SND-10: a channel that cannot say whether it placed the call is asked, not passed over", () => {
    const severed: ScriptedChannel.Story = { ...answered, connection: "severed" }
    const world = makeDispatchWorld({ exchanges: two(severed) })
    world.start()
    const send = world.send()
    world.time.pass(2 * minute)
    expect(world.state(send)).toMatchObject({ stage: "completed", billedMinutes: 1 })
    expect(world.callsOf(send)).toHaveLength(1)
    expect(routesOf(world.state(send))).toEqual(["first"])
  })

  it("SND-9, SND-10: one that says that it did not may be dialled again", () => {
    const world = makeDispatchWorld({
      exchanges: { first: { story: (_, nth) => (nth === 0 ? { ...refused, refuses: "unknown" } : answered) } }
    })
    world.start()
    const send = world.send()
    world.time.pass(2 * minute)
    expect(world.state(send).stage).toBe("completed")
    expect(routesOf(world.state(send))).toEqual(["first", "first"])
    expect(world.callsOf(send).map(({ call }) => call.id)).toEqual([`${send}-2`])
  })

  it("SND-9: kind, operator and region of the callee choose the route", () => {
    const world = makeDispatchWorld({
      exchanges: {
        mobile: { route: { operators: ["mobile"] } },
        telecom: { route: { operators: ["telecom"], kinds: ["code"] } },
        notices: { route: { kinds: ["notification"] } }
      }
    })
    world.start()
    const sends = ["13800138000", "18900138000", "13000138000"].map((to) => world.sendTo(to))
    world.time.pass(minute)
    expect(sends.map((send) => routesOf(world.state(send)))).toEqual([["mobile"], ["telecom"], []])
    expect(world.state(sends[2]!)).toMatchObject({ stage: "failed", reason: "noRoute" })
  })

  it("SND-9: a route that goes on failing is left alone, is probed when its pause is over, and comes back", () => {
    const world = makeDispatchWorld({ exchanges: two(answered) })
    const { routes } = world.start()
    world.setDown("first", true)
    const during = Array.from({ length: 20 }, () => {
      const send = world.send()
      world.time.pass(100)
      return send
    })
    world.time.pass(minute)
    for (const send of during) expect(world.state(send).stage).toBe("completed")
    expect(during.map((send) => routesOf(world.state(send)).length)).toEqual([
      ...Array.from({ length: 5 }, () => 2),
      ...Array.from({ length: 15 }, () => 1)
    ])
    expect(routes()[0]!.health._tag).toBe("Open")
    world.setDown("first", false)
    world.time.pass(10 * minute)
    expect(routes()[0]!.health._tag).toBe("Closed")
    const after = world.send()
    expect(routesOf(world.state(after))).toEqual(["first"])
  })

  it("SND-9: while no route works sends wait, and are dialled when one does", () => {
    const world = makeDispatchWorld()
    world.start()
    world.setDown("first", true)
    const send = world.send()
    world.time.pass(90 * second)
    expect(world.state(send)).toMatchObject({ stage: "dialling" })
    world.setDown("first", false)
    world.time.pass(2 * minute)
    expect(world.state(send).stage).toBe("completed")
  })

  it("SND-9, SND-10: when none works in time the send fails, and its minutes are free again", () => {
    const world = makeDispatchWorld()
    world.start()
    world.setDown("first", true)
    const send = world.send()
    world.time.pass(119 * second)
    expect(world.state(send).stage).toBe("dialling")
    world.time.pass(2 * second)
    expect(world.state(send)).toMatchObject({ stage: "failed", reason: "channelFailure" })
    expect(world.balance()).toMatchObject({ available: 10_000 })
  })

  it("SND-9: no route carries more calls at once, or begins more in a second, than it may; all are dialled in turn", () => {
    const world = makeDispatchWorld({
      exchanges: { first: { route: { maxConcurrent: 3, callsPerSecond: 2 } } },
      send: { dialWithinMillis: { code: 30 * minute, notification: 30 * minute, activity: 30 * minute } }
    })
    world.start()
    const sends = Array.from({ length: 30 }, () => world.send())
    world.time.pass(10 * minute)
    for (const send of sends) expect(world.state(send).stage).toBe("completed")
    const begun = world.placed.map(({ at }) => at)
    for (const at of begun) {
      expect(begun.filter((other) => other >= at && other < at + 1_000).length).toBeLessThanOrEqual(2)
      expect(begun.filter((other) => other <= at && other + 15_000 > at).length).toBeLessThanOrEqual(3)
    }
    // Three calls of 15 s at a time: thirty take ten times that.
    expect(Math.max(...begun) - morning).toBeLessThan(170 * second)
  })

  it("SND-9: who cannot be dialled in time for want of room fails, and says so", () => {
    const world = makeDispatchWorld({ exchanges: { first: { route: { maxConcurrent: 1 } } } })
    world.start()
    const sends = Array.from({ length: 12 }, () => world.send())
    world.time.pass(10 * minute)
    const ends = sends.map((send) => world.state(send).reason ?? "completed")
    expect(ends.filter((end) => end === "completed").length).toBe(8)
    expect(ends.filter((end) => end === "tooLate").length).toBe(4)
  })

  it("SND-9: a jammed route keeps no places of the others: a code is dialled at once whatever waits", () => {
    let spoken = 0
    const count = () => {
      spoken++
      return undefined
    }
    const world = makeDispatchWorld({
      speech: { fails: count },
      exchanges: {
        bulk: { route: { kinds: ["activity"], maxConcurrent: 5 } },
        codes: { route: { kinds: ["code"] } }
      }
    })
    makeTemplate(world, "100000003", "activity", "新年快乐")
    // One line each: as many operators, and somebody's whose operator nobody knows.
    const operators = ["138", "130", "189", "192", "170", "140"]
    const activities = Array.from({ length: 1_500 }, (_, i) => {
      const to = `${operators[i % operators.length]!}${String(i).padStart(8, "0")}`
      const activity = { templateId: "100000003", to, params: [] }
      return world.run(world.sends.accept(accountId, applicationId, activity)).sendId
    })
    world.start()
    world.time.pass(second)
    expect(world.placed).toHaveLength(5)
    const send = world.send()
    expect(world.state(send)).toMatchObject({ stage: "dialling", diallingAt: world.time.now })
    // Those that found no room in memory wait in the storage, unspoken but for those of the first moment: nobody failed.
    expect(spoken).toBeLessThan(300)
    expect(activities.every((id) => world.state(id).stage !== "failed")).toBe(true)
  })

  it("SND-9: a route without the codec of the others gets its own", () => {
    const world = makeDispatchWorld({
      exchanges: {
        first: { story: refused },
        second: { route: { priority: 1 }, codecs: ["mulaw"] }
      }
    })
    world.start()
    const send = world.send()
    world.time.pass(minute)
    expect(world.callsOf(send)[0]!.call.audio.codec).toBe("mulaw")
    expect(ToneSpeech.heard(world.callsOf(send)[0]!.call.audio)).toBe("您的验证码是：4321")
  })
})

describe("a send that plays a file", () => {
  const hum = PlainDecoder.humming(20_000)
  /** What `ToneSpeech.codec` makes of it: the low byte of each sample. */
  const onTheLine = new Uint8Array(hum.samples)

  it("VOF-4, SND-5: its sound is played, as often as was asked for, and paid from its hold", () => {
    const world = makeDispatchWorld()
    world.start()
    const send = world.sendFile(world.file(hum), 3)
    expect(world.state(send).accepted).toMatchObject({ kind: "notification", templateId: "", hold: { minutes: 2 } })
    world.time.pass(2 * minute)
    const [{ call }] = world.callsOf(send) as [(typeof world.placed)[number]]
    expect([call.audio.payload, call.plays]).toEqual([onTheLine, 3])
    expect(world.state(send)).toMatchObject({ stage: "completed", billedMinutes: 1, overrunMinutes: 0 })
    expect(world.balance()).toMatchObject({ available: 9_999, held: 0, spent: 1 })
  })

  it("VOF-4: a file that is sent many times is fetched once; each codec gets its own", () => {
    const world = makeDispatchWorld({
      exchanges: {
        first: { story: (_, nth) => (nth === 0 ? ScriptedChannel.answered : refused) },
        second: { route: { priority: 1 }, codecs: ["mulaw"] }
      }
    })
    let fetched = 0
    const { get } = world.blobs
    Object.assign(world.blobs, {
      get: (...asked: Parameters<typeof get>) => {
        fetched++
        return get(...asked)
      }
    })
    world.start()
    const fileId = world.file(hum)
    const sends = [1, 2, 3, 4].map(() => world.sendFile(fileId, 1))
    world.time.pass(2 * minute)
    expect(sends.map((send) => world.state(send).stage)).toEqual(Array(4).fill("completed"))
    const codecs = new Set(world.placed.map(({ call }) => call.audio.codec))
    expect(codecs).toEqual(new Set(["alaw", "mulaw"]))
    expect(fetched).toBe(codecs.size)
  })

  it("VOF-6: without its sound it fails for good, and costs nothing; a storage that is away is asked again", () => {
    const world = makeDispatchWorld()
    const fileId = world.file(hum)
    const { get } = world.blobs
    const away = new PortFailure({ port: "BlobStore", operation: "get", retry: "later", cause: "away" })
    Object.assign(world.blobs, { get: () => Effect.fail(away) })
    world.start()
    const waiting = world.sendFile(fileId)
    world.time.pass(second)
    expect(world.state(waiting)).toMatchObject({ stage: "accepted", attempts: [] })
    Object.assign(world.blobs, { get })
    world.time.pass(3 * minute)
    expect(world.state(waiting)).toMatchObject({ stage: "completed", billedMinutes: 1 })

    const other = world.file(PlainDecoder.humming(1_000, 300))
    Effect.runSync(world.blobs.remove("sound", other))
    const erased = world.sendFile(other)
    world.time.pass(minute)
    expect(world.state(erased)).toMatchObject({ stage: "failed", reason: "speechFailure", attempts: [] })
    expect(world.balance()).toMatchObject({ available: 9_999, held: 0 })
  })

  it("VOF-5: who waits with a file that is deleted meanwhile is not called, though its sound is known", () => {
    const world = makeDispatchWorld({ exchanges: { first: { route: { maxConcurrent: 1 } } } })
    world.start()
    const fileId = world.file(hum)
    const [inProgress, waiting] = [world.sendFile(fileId), world.sendFile(fileId)]
    world.time.pass(3 * second)
    world.put(VoiceFile.ref(accountId, applicationId, fileId), [{ _tag: "VoiceFileDeleted", at: world.time.now }])
    world.time.pass(2 * minute)
    expect(world.state(inProgress)).toMatchObject({ stage: "completed", billedMinutes: 1 })
    expect(world.state(waiting)).toMatchObject({ stage: "failed", reason: "fileDeleted", attempts: [] })
    expect([world.asked(), world.balance().available]).toEqual([1, 9_999])
  })
})

describe("what may not send any more", () => {
  type World = ReturnType<typeof makeDispatchWorld>

  const stops = [
    [
      "ACC-3",
      "applicationDisabled",
      (world: World) =>
        world.put(Application.ref(accountId, applicationId), [{ _tag: "ApplicationDisabled", at: world.time.now }])
    ],
    [
      "TPL-6",
      "templateDeleted",
      (world: World) =>
        world.put(Template.ref(accountId, applicationId, codeTemplate), [
          { _tag: "TemplateDeleted", at: world.time.now }
        ])
    ]
  ] as const

  it.each(stops)("%s: %s: what was accepted before is not dialled, and costs nothing", (_, reason, stop) => {
    const world = makeDispatchWorld()
    const send = world.send()
    stop(world)
    world.start()
    world.time.pass(second)
    expect(world.state(send)).toMatchObject({ stage: "failed", reason, attempts: [] })
    expect(world.asked()).toBe(0)
    expect(world.balance()).toMatchObject({ available: 10_000 })
  })

  it.each(stops)(
    "%s: %s: who waits for a busy route is not dialled either; a call that began ends well",
    (_, reason, stop) => {
      const world = makeDispatchWorld({ exchanges: { first: { route: { maxConcurrent: 1 } } } })
      world.start()
      const [inProgress, waiting] = [world.send(), world.send()]
      world.time.pass(3 * second)
      stop(world)
      world.time.pass(minute)
      expect(world.state(inProgress)).toMatchObject({ stage: "completed", billedMinutes: 1 })
      expect(world.state(waiting)).toMatchObject({ stage: "failed", reason, attempts: [] })
      expect(world.asked()).toBe(1)
    }
  )

  it.each(stops)("%s: %s: nor does another route take over", (_, reason, stop) => {
    const slow: ScriptedChannel.Story = { endsAfterMillis: 5_000, failure: "congestion" }
    const world = makeDispatchWorld({ exchanges: two(slow) })
    world.start()
    const send = world.send()
    world.time.pass(2 * second)
    stop(world)
    world.time.pass(minute)
    expect(world.state(send)).toMatchObject({ stage: "failed", reason })
    expect(routesOf(world.state(send))).toEqual(["first"])
  })
})

describe("several processes", () => {
  it("SND-10: those that all believe that they have the send place one call, whoever was first", () => {
    const world = makeDispatchWorld({ exchanges: two(answered) })
    let send: string | undefined
    // Every look at the send comes before any record of it: all think that nobody has dialled.
    const looks: Array<() => void> = []
    const journal: typeof Journal.Service = {
      ...world.journal,
      load: (ref) =>
        Effect.flatMap(world.journal.load(ref), (row) =>
          ref.kind.name !== "send" || looks.length >= 3
            ? Effect.succeed(row)
            : Effect.async<typeof row>((resume) => {
                looks.push(() => resume(Effect.succeed(row)))
                if (looks.length === 3) for (const look of looks) look()
              })
        )
    }
    for (let i = 0; i < 3; i++) {
      // A queue that gives everybody the same work.
      let leased = false
      const queue: typeof WorkQueue.Service = {
        ...world.queue,
        lease: ({ queue }) =>
          Effect.sync(() => {
            if (leased || queue !== "dial" || send === undefined) return []
            leased = true
            return [{ queue, owner: accountId, key: send, attempt: 1, token: "any" }]
          }),
        extend: () => Effect.succeed(true)
      }
      world.start({ journal, queue })
    }
    send = world.send()
    world.time.pass(minute)
    expect(looks).toHaveLength(3)
    expect(world.asked()).toBe(1)
    expect(world.state(send).stage).toBe("completed")
  })
})

describe("speech", () => {
  const failure = (retryable: boolean, retryAfterMillis?: number) =>
    new SpeechFailure({ engine: "tone", reason: "Unavailable", retryable, detail: "test", retryAfterMillis })

  it("SND-5: an engine that is away for a while is asked again", () => {
    let isAway = true
    const world = makeDispatchWorld({ speech: { fails: () => (isAway ? failure(true, 20_000) : undefined) } })
    world.start()
    const send = world.send()
    world.time.pass(10 * second)
    isAway = false
    world.time.pass(9 * second)
    expect(world.asked()).toBe(0)
    world.time.pass(minute)
    expect(world.state(send).stage).toBe("completed")
  })

  it("SND-5, SND-10: one that is away for too long, or will never speak this, fails the send", () => {
    for (const retryable of [true, false]) {
      const world = makeDispatchWorld({ speech: { fails: () => failure(retryable) } })
      world.start()
      const send = world.send()
      world.time.pass(retryable ? 3 * minute : 1)
      expect(world.state(send)).toMatchObject({ stage: "failed", reason: "speechFailure" })
      expect(world.asked()).toBe(0)
    }
  })

  it("SND-5: the text is spoken once for all routes, and again only for what was not kept", () => {
    for (const speechBytes of [1_000_000, 1_000]) {
      let spoken = 0
      const count = () => {
        spoken++
        return undefined
      }
      const world = makeDispatchWorld({
        exchanges: two(refused, refused),
        speech: { fails: count },
        dispatch: { speechBytes }
      })
      world.start()
      world.send()
      world.time.pass(10 * second)
      expect(world.asked()).toBe(6)
      expect(spoken).toBe(speechBytes > 1_000 ? 1 : 3)
    }
  })
})

describe("a stop", () => {
  it("SND-10: calls in progress come to their end, what has not begun is left to others", () => {
    const world = makeDispatchWorld({ exchanges: { first: { route: { maxConcurrent: 1 } } } })
    const { process } = world.start()
    const [inProgress, waiting] = [world.send(), world.send()]
    world.time.pass(2 * second)
    process.stop()
    world.time.pass(second)
    const late = world.send()
    world.time.pass(20 * second)
    expect(process.exit).toBeDefined()
    expect(world.state(inProgress).stage).toBe("completed")
    expect(world.state(waiting).stage).toBe("accepted")
    expect(world.state(late).stage).toBe("accepted")
    world.start()
    world.time.pass(minute)
    expect(world.state(waiting).stage).toBe("completed")
    expect(world.state(late).stage).toBe("completed")
  })

  it("SND-10: what is not over within the grace is hung up, and asked after by another process", () => {
    const world = makeDispatchWorld({ dispatch: { graceMillis: 3 * second } })
    const { process } = world.start()
    const send = world.send()
    world.time.pass(6 * second)
    expect(world.state(send).stage).toBe("answered")
    process.stop()
    world.time.pass(4 * second)
    expect(process.exit).toBeDefined()
    expect(world.callsOf(send)[0]!.cutAt).toBe(morning + 9 * second)
    world.start()
    world.time.pass(5 * second)
    expect(world.state(send)).toMatchObject({ stage: "completed", endedAt: morning + 9 * second })
  })
})

describe("progress", () => {
  it("SND-6: tells each step as it happens, without personal data", () => {
    const world = makeDispatchWorld({ exchanges: two(refused) })
    world.start()
    const send = world.send({ code: "987654" })
    world.time.pass(minute)
    expect(world.steps.map(({ at, reason, route, step }) => [step, at - morning, route ?? reason])).toEqual([
      ["speaking", 0, undefined],
      ["dialling", 0, "first"],
      ["routeFailed", 0, "first"],
      ["dialling", 0, "second"],
      ["ringing", 1_000, undefined],
      ["answered", 5_000, undefined],
      ["completed", 15_000, undefined]
    ])
    expect(world.steps.every((step) => step.sendId === send)).toBe(true)
    expect(world.steps.flatMap(({ passedOver }) => passedOver ?? [])).toEqual([
      { route: "second", why: "priority" },
      { route: "first", why: "tried" }
    ])
    const told = JSON.stringify(world.steps)
    expect(told).not.toContain("987654")
    expect(told).not.toContain("138000")
  })
})
