import { describe, expect, it } from "vitest"
import * as InviteClient from "../../../src/sip/transaction/InviteClient.ts"
import * as InviteServer from "../../../src/sip/transaction/InviteServer.ts"
import * as NonInviteClient from "../../../src/sip/transaction/NonInviteClient.ts"
import * as NonInviteServer from "../../../src/sip/transaction/NonInviteServer.ts"
import * as Timing from "../../../src/sip/transaction/Timing.ts"

const env = (now: number, reliable = false): Timing.Env => ({ now, timing: Timing.standard, reliable })
const unreliable = env(0)

type Phased = Timing.Timers & { readonly phase: string }

/** What happens if nothing comes: each action with its time, and when it is over. */
const alone = <State extends Phased>(
  first: Timing.Step<State>,
  elapse: (env: Timing.Env, state: State) => Timing.Step<State>,
  reliable = false
): ReadonlyArray<readonly [at: number, what: string]> => {
  const story: Array<readonly [number, string]> = first.actions.map(({ _tag }) => [0, _tag])
  let { state } = first
  for (let turn = 0; turn < 50 && state.phase !== "terminated"; turn++) {
    const at = Timing.next(state)
    if (at === Timing.never) return [...story, [at, state.phase]]
    // Nothing is done before its time.
    expect(elapse(env(at - 1, reliable), state)).toEqual({ state, actions: [] })
    const step = elapse(env(at, reliable), state)
    state = step.state
    for (const { _tag } of step.actions) story.push([at, _tag])
    if (state.phase === "terminated") story.push([at, "terminated"])
  }
  return story
}

const times = (story: ReturnType<typeof alone>, tag: string) => story.flatMap(([at, what]) => (what === tag ? at : []))

describe("an INVITE of ours (RFC 3261, 17.1.1)", () => {
  const start = InviteClient.start(unreliable)
  const after = (state: InviteClient.State, status: number, now = 100) => InviteClient.receive(env(now), state, status)

  it("is sent with doubling pauses for 32 s (timers A and B)", () => {
    const story = alone(start, InviteClient.elapse)
    expect(times(story, "Send")).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 31_500])
    expect(story.slice(-2)).toEqual([
      [32_000, "TimedOut"],
      [32_000, "terminated"]
    ])
  })

  it("is sent once over a stream, and still waits for 32 s only", () => {
    const story = alone(InviteClient.start(env(0, true)), InviteClient.elapse, true)
    expect(story).toEqual([
      [0, "Send"],
      [32_000, "TimedOut"],
      [32_000, "terminated"]
    ])
  })

  it("is not sent again once something came, and may ring for ever", () => {
    const rings = after(start.state, 180)
    expect(rings.actions).toEqual([Timing.tell])
    expect(alone(rings, InviteClient.elapse)).toEqual([
      [0, "Tell"],
      [Timing.never, "proceeding"]
    ])
    expect(after(rings.state, 183).actions).toEqual([Timing.tell])
  })

  it("that is refused is acknowledged as often as it is refused, told once, and forgotten after timer D", () => {
    for (const from of [start.state, after(start.state, 100).state]) {
      const refused = after(from, 486)
      expect(refused.actions).toEqual([Timing.acknowledge, Timing.tell])
      expect(after(refused.state, 486).actions).toEqual([Timing.acknowledge])
      expect(after(refused.state, 180).actions).toEqual([])
      expect(after(refused.state, 200).actions).toEqual([])
      expect(alone(refused, InviteClient.elapse).at(-1)).toEqual([32_100, "terminated"])
    }
    expect(InviteClient.receive(env(0, true), start.state, 486).state.phase).toBe("terminated")
  })

  it("that is answered tells every 2xx, of every fork, for timer M (RFC 6026)", () => {
    const answered = after(start.state, 200)
    expect(answered.actions).toEqual([Timing.tell])
    expect(after(answered.state, 200).actions).toEqual([Timing.tell])
    expect(after(answered.state, 180).actions).toEqual([])
    expect(after(answered.state, 486).actions).toEqual([])
    expect(alone(answered, InviteClient.elapse).at(-1)).toEqual([32_100, "terminated"])
    expect(InviteClient.fail(answered.state)).toBe(answered.state)
  })

  it("that cannot be sent is over", () => {
    expect(InviteClient.fail(start.state).phase).toBe("terminated")
  })
})

describe("another request of ours (17.1.2)", () => {
  const start = NonInviteClient.start(unreliable)
  const after = (state: NonInviteClient.State, status: number, now = 100) =>
    NonInviteClient.receive(env(now), state, status)

  it("is sent with pauses of up to 4 s for 32 s (timers E and F)", () => {
    const story = alone(start, NonInviteClient.elapse)
    expect(times(story, "Send")).toEqual([0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500])
    expect(story.at(-2)).toEqual([32_000, "TimedOut"])
  })

  it("goes on being sent every 4 s after a provisional response, and ends all the same", () => {
    const proceeding = after(start.state, 100)
    expect(proceeding.actions).toEqual([Timing.tell])
    const story = alone(proceeding, NonInviteClient.elapse)
    expect(times(story, "Send")).toEqual([500, 4_500, 8_500, 12_500, 16_500, 20_500, 24_500, 28_500])
    expect(times(story, "TimedOut")).toEqual([32_000])
  })

  it("is over with its final response, told once, and forgotten after timer K", () => {
    const done = after(start.state, 200)
    expect(done.actions).toEqual([Timing.tell])
    expect(after(done.state, 200).actions).toEqual([])
    expect(alone(done, NonInviteClient.elapse).at(-1)).toEqual([5_100, "terminated"])
    expect(NonInviteClient.receive(env(0, true), start.state, 200).state.phase).toBe("terminated")
    expect(NonInviteClient.fail().phase).toBe("terminated")
  })
})

describe("an INVITE of others (17.2.1)", () => {
  const { state } = InviteServer.start

  it("is told once, and answered again when it comes again", () => {
    expect(InviteServer.start.actions).toEqual([Timing.tell])
    expect(InviteServer.repeat(state, false).actions).toEqual([])
    const rings = InviteServer.respond(unreliable, state, 180)
    expect(rings.actions).toEqual([Timing.send])
    expect(InviteServer.repeat(rings.state, true).actions).toEqual([Timing.send])
  })

  it.each([
    ["a refusal", 486, false],
    ["an answer", 200, false],
    ["an answer, over a stream too", 200, true]
  ])("%s is sent until it is acknowledged, for 32 s (timers G and H)", (_, status, reliable) => {
    const responded = InviteServer.respond(env(0, reliable), state, status)
    const story = alone(responded, InviteServer.elapse, reliable)
    expect(times(story, "Send")).toEqual([0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500])
    expect(times(story, "TimedOut")).toEqual([32_000])
  })

  it("a refusal over a stream is sent once", () => {
    const story = alone(InviteServer.respond(env(0, true), state, 486), InviteServer.elapse, true)
    expect(times(story, "Send")).toEqual([0])
    expect(times(story, "TimedOut")).toEqual([32_000])
  })

  it("an acknowledged refusal is not told, and forgotten after timer I", () => {
    const refused = InviteServer.respond(unreliable, state, 486).state
    expect(InviteServer.repeat(refused, true).actions).toEqual([Timing.send])
    const confirmed = InviteServer.acknowledged(env(200), refused)
    expect(confirmed.actions).toEqual([])
    expect(InviteServer.repeat(confirmed.state, true).actions).toEqual([])
    expect(alone(confirmed, InviteServer.elapse)).toEqual([[5_200, "terminated"]])
    expect(InviteServer.acknowledged(env(200, true), refused).state.phase).toBe("terminated")
  })

  it("an acknowledged answer is told once, and swallows INVITEs that are still under way", () => {
    const answered = InviteServer.respond(unreliable, state, 200).state
    expect(InviteServer.repeat(answered, true).actions).toEqual([])
    const acknowledged = InviteServer.acknowledged(env(200), answered)
    expect(acknowledged.actions).toEqual([Timing.tell])
    expect(InviteServer.acknowledged(env(300), acknowledged.state).actions).toEqual([])
    expect(alone(acknowledged, InviteServer.elapse)).toEqual([
      [0, "Tell"],
      [32_000, "terminated"]
    ])
  })

  it("is responded to once: a second final response changes nothing", () => {
    const refused = InviteServer.respond(unreliable, state, 486).state
    expect(InviteServer.respond(unreliable, refused, 200)).toEqual({ state: refused, actions: [] })
    expect(InviteServer.acknowledged(unreliable, state).actions).toEqual([])
  })
})

describe("another request of others (17.2.2)", () => {
  const { state } = NonInviteServer.start

  it("gets its last response again when it comes again, until timer J", () => {
    expect(NonInviteServer.repeat(state).actions).toEqual([])
    const trying = NonInviteServer.respond(unreliable, state, 100)
    expect(NonInviteServer.repeat(trying.state).actions).toEqual([Timing.send])
    const done = NonInviteServer.respond(unreliable, trying.state, 200)
    expect(done.actions).toEqual([Timing.send])
    expect(NonInviteServer.repeat(done.state).actions).toEqual([Timing.send])
    expect(NonInviteServer.respond(unreliable, done.state, 500).actions).toEqual([])
    expect(alone(done, NonInviteServer.elapse)).toEqual([
      [0, "Send"],
      [32_000, "terminated"]
    ])
    expect(NonInviteServer.respond(env(0, true), state, 200).state.phase).toBe("terminated")
  })
})
