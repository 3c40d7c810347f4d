import type { CallEvent } from "@vsms/core/dispatch/CallChannel"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import { describe, expect, it } from "vitest"
import * as AriCall from "../../src/ari/AriCall.ts"
import * as AriEvent from "../../src/ari/AriEvent.ts"
import * as AriUri from "../../src/ari/AriUri.ts"
import * as Playlist from "../../src/ari/Playlist.ts"

describe("an Asterisk in one line", () => {
  const endpoint = "endpoint=PJSIP/{number}@trunk"

  it("says where it is, who we are there and how to dial", () => {
    const uri = Either.getOrThrow(
      AriUri.parse(`https://a%40b:p%3A%C3%A4ss@pbx.test:8089/ari?${endpoint}&numbers=national`)
    )
    expect(uri).toMatchObject({ base: "https://pbx.test:8089", app: "vsms", endpoint: "PJSIP/{number}@trunk" })
    expect(uri.account.user).toBe("a@b")
    expect(Redacted.value(uri.account.password)).toBe("p:äss")
    expect(JSON.stringify(uri)).not.toContain("äss")
    expect(AriUri.endpointOf(uri, "+8613800138000")).toBe("PJSIP/13800138000@trunk")
  })

  it.each([
    ["a prefix of its HTTP server", `http://u:p@h/asterisk/ari?${endpoint}`, "http://h/asterisk"],
    ["no path at all", `http://u:p@h?${endpoint}`, "http://h"],
    ["an address of IPv6", `http://u:p@[::1]:8088/ari?${endpoint}`, "http://[::1]:8088"]
  ])("may have %s", (_, line, base) => {
    expect(Either.getOrThrow(AriUri.parse(line)).base).toBe(base)
  })

  it.each([
    ["address", "asterisk"],
    ["address", `ws://u:secret@h/ari?${endpoint}`],
    ["account", `http://h/ari?${endpoint}`],
    ["account", `http://u@h/ari?${endpoint}`],
    ["account", `http://a%3Ab:secret@h/ari?${endpoint}`],
    ["account", `http://u:secret%E4@h/ari?${endpoint}`],
    ["path", `http://u:secret@h/other?${endpoint}`],
    ["option", `http://u:secret@h/ari?${endpoint}&nubmers=plus`],
    ["option", `http://u:secret@h/ari?${endpoint}&app=a&app=b`],
    ["endpoint", "http://u:secret@h/ari"],
    ["endpoint", "http://u:secret@h/ari?endpoint=PJSIP/trunk"],
    ["endpoint", "http://u:secret@h/ari?endpoint=PJSIP/{number}{number}@trunk"],
    ["app", `http://u:secret@h/ari?${endpoint}&app=a b`],
    ["numbers", `http://u:secret@h/ari?${endpoint}&numbers=e164`]
  ])("is refused for its %s: %s", (part, line) => {
    const refusal = Either.getOrThrow(Either.flip(AriUri.parse(line)))
    expect(refusal).toMatchObject({ _tag: "BadAriUri", part })
    expect(`${refusal.message} ${JSON.stringify(refusal)}`).not.toContain("secret")
  })

  it("nothing but digits gets into what is dialled", () => {
    const uri = Either.getOrThrow(AriUri.parse(`http://u:p@h/ari?${endpoint}`))
    FastCheck.assert(
      FastCheck.property(FastCheck.string(), (number) => {
        const dialled = AriUri.endpointOf(uri, number)
        expect(dialled === undefined || /^PJSIP\/\+?[0-9]{3,15}@trunk$/.test(dialled)).toBe(true)
      })
    )
    expect(AriUri.endpointOf(uri, "123@elsewhere")).toBeUndefined()
    expect(AriUri.endpointOf(uri, "$&13800138000")).toBeUndefined()
  })
})

describe("what Asterisk tells", () => {
  const channel = { id: "a", state: "Up", name: "PJSIP/out-1" }

  it.each<readonly [object, AriEvent.AriEvent | undefined]>([
    [
      { type: "StasisStart", channel, args: [] },
      { _tag: "Entered", channel: "a" }
    ],
    [
      { type: "ChannelStateChange", channel: { ...channel, state: "Ringing" } },
      { _tag: "Progress", channel: "a", rings: true }
    ],
    [{ type: "ChannelStateChange", channel }, undefined],
    [
      { type: "Dial", peer: channel, dialstatus: "PROGRESS" },
      { _tag: "Progress", channel: "a", rings: false }
    ],
    [{ type: "Dial", peer: channel, dialstatus: "" }, undefined],
    [
      { type: "ChannelDtmfReceived", channel, digit: "#" },
      { _tag: "Key", channel: "a", key: "#" }
    ],
    [
      { type: "ChannelDestroyed", channel: { ...channel, state: "Down" }, cause: 17, tech_cause: 486 },
      { _tag: "Ended", channel: "a", cause: 17, status: 486, wasUp: false }
    ],
    // Asterisk 16 to 20 know no other cause.
    [
      { type: "ChannelDestroyed", channel, cause: 16 },
      { _tag: "Ended", channel: "a", cause: 16, status: undefined, wasUp: true }
    ],
    [{ type: "ChannelDestroyed", cause: 16 }, undefined],
    [{ type: "DeviceStateChanged" }, undefined]
  ])("%j", (told, event) => {
    expect(AriEvent.parse(JSON.stringify(told))).toEqual(event)
  })

  it("is nothing, where it is not JSON", () => {
    FastCheck.assert(FastCheck.property(FastCheck.string(), (text) => AriEvent.parse(`{${text}`) === undefined))
  })
})

describe("SND-6, SND-9: why a call failed", () => {
  it.each([
    [17, 486, false, "busy"],
    [17, undefined, false, "busy"],
    [21, 603, true, "rejected"],
    [21, 403, false, "callerBarred"],
    [21, 407, false, "callerBarred"],
    [21, undefined, true, "rejected"],
    [19, 480, true, "noAnswer"],
    [19, 480, false, "unreachable"],
    [19, undefined, false, "noAnswer"],
    [18, 408, true, "noAnswer"],
    [20, 480, false, "poweredOff"],
    [1, 404, false, "notInService"],
    [28, 484, false, "invalidNumber"],
    [34, 503, false, "congestion"],
    [38, 500, false, "congestion"],
    [17, 503, false, "busy"],
    [0, undefined, false, "channelFailure"],
    [0, 486, false, "busy"]
  ] as const)("cause %s, status %s, rang: %s", (cause, status, rang, failure) => {
    expect(AriCall.failureOf(cause, status, rang)).toBe(failure)
  })
})

describe("a call at an Asterisk", () => {
  const plan: AriCall.Plan = { setUp: 30_000, ring: 60_000, longest: 20_000, patience: 5_000 }

  /** What comes of inputs that are a second apart, as words. */
  const story = (...inputs: ReadonlyArray<AriCall.Input>) => {
    let state = AriCall.initial(plan, 0)
    const words: Array<string> = []
    for (const [i, input] of inputs.entries()) {
      const [next, acts] = AriCall.step(plan, state, input, (i + 1) * 1_000)
      state = next
      for (const act of acts) {
        if (act._tag === "NotCarried") words.push(act.placed)
        else if (act._tag !== "Report") words.push(act._tag)
        else words.push(act.event._tag === "Failed" ? act.event.failure : `${act.event._tag} ${act.event.at}`)
      }
    }
    return { words, state }
  }

  const progress = (rings: boolean): AriCall.Input => ({ _tag: "Progress", rings })
  const ended = (cause: number, status?: number, wasUp = false): AriCall.Input => ({
    _tag: "Ended",
    cause,
    status,
    wasUp
  })
  const found = (isUp: boolean, rings = false): AriCall.Input => ({ _tag: "Found", isUp, rings })
  const [answered, audible, silenced, played, hungUp, lost, missing, deadline] = (
    ["Answered", "Audible", "Silenced", "Played", "HungUp", "Lost", "Missing", "Deadline"] as const
  ).map((_tag): AriCall.Input => ({ _tag })) as [
    AriCall.Input,
    AriCall.Input,
    AriCall.Input,
    AriCall.Input,
    AriCall.Input,
    AriCall.Input,
    AriCall.Input,
    AriCall.Input
  ]

  it.each<readonly [string, ReadonlyArray<AriCall.Input>, ReadonlyArray<string>]>([
    [
      "its whole way",
      [progress(true), answered, audible, played, hungUp, ended(16)],
      ["Ringing 1000", "Play", "Answered 2000", "HangUp", "HungUp 5000"]
    ],
    ["the callee hangs up", [answered, audible, ended(0, undefined, true)], ["Play", "Answered 1000", "HungUp 3000"]],
    [
      "the callee hangs up before a word",
      [answered, ended(16, undefined, true)],
      ["Play", "Answered 1000", "HungUp 2000"]
    ],
    [
      "a key before a word",
      [answered, { _tag: "Key", key: "1" }, audible],
      ["Play", "Answered 1000", "KeyPressed 2000"]
    ],
    ["rings twice, by two reports", [progress(true), progress(true)], ["Ringing 1000"]],
    ["early media is no ring", [progress(false), ended(17, 486)], ["busy"]],
    ["congestion before a ring", [ended(34, 503)], ["no"]],
    ["congestion after a ring", [progress(true), ended(34, 503)], ["Ringing 1000", "congestion"]],
    ["congestion after early media", [progress(false), ended(34, 503)], ["congestion"]],
    ["nothing ever rings", [deadline], ["HangUp", "unreachable"]],
    ["nobody answers", [progress(false), deadline], ["HangUp", "noAnswer"]],
    ["nobody can be seen to answer", [progress(true), lost, deadline], ["Ringing 1000", "unknown"]],
    ["too long", [answered, audible, deadline, hungUp], ["Play", "Answered 1000", "HangUp", "HungUp 4000"]],
    [
      "too long, and not to be reached",
      [answered, audible, lost, deadline, deadline],
      ["Play", "Answered 1000", "HangUp", "unknown"]
    ],
    [
      "whoever carries it stops",
      [answered, audible, { _tag: "Stop" }, hungUp],
      ["Play", "Answered 1000", "HangUp", "HungUp 4000"]
    ],
    ["no audio comes about", [answered, silenced], ["Play", "HangUp", "channelFailure"]],
    ["audio breaks off", [answered, audible, silenced, audible, played], ["Play", "Answered 1000", "Play", "HangUp"]],
    [
      "audio breaks off again and again",
      [answered, audible, silenced, silenced, silenced],
      ["Play", "Answered 1000", "Play", "Play", "HangUp"]
    ],
    [
      "audio breaks off with the connection",
      [answered, audible, lost, silenced, found(true)],
      ["Play", "Answered 1000", "Play"]
    ],
    [
      "the connection breaks off, and the audio goes on",
      [answered, audible, lost, found(true), played],
      ["Play", "Answered 1000", "HangUp"]
    ],
    ["answered unseen, and still up", [lost, found(true), audible], ["Play", "Answered 2000"]],
    ["rings unseen", [lost, found(false, true)], ["Ringing 2000"]],
    ["answered and ended unseen", [lost, ended(16, undefined, true)], ["unknown"]],
    ["ended unseen", [progress(true), lost, missing], ["Ringing 1000", "unknown"]],
    ["ended unseen while it was up", [answered, audible, lost, missing], ["Play", "Answered 1000", "unknown"]],
    [
      "is hung up once it is found",
      [answered, audible, played, lost, found(true), hungUp],
      ["Play", "Answered 1000", "HangUp", "HangUp", "HungUp 6000"]
    ]
  ])("SND-6, SND-10: %s", (_, inputs, words) => {
    expect(story(...inputs).words).toEqual(words)
  })

  const input = FastCheck.oneof(
    FastCheck.constantFrom(answered, audible, silenced, played, hungUp, lost, missing, deadline),
    FastCheck.boolean().map(progress),
    FastCheck.constantFrom(ended(16, undefined, true), ended(17, 486), ended(34), ended(0)),
    FastCheck.tuple(FastCheck.boolean(), FastCheck.boolean()).map(([isUp, rings]) => found(isUp, rings)),
    FastCheck.constant<AriCall.Input>({ _tag: "Key", key: "5" })
  )

  it("SND-6, SND-10: has one end, after which nothing is done, and its reports are in order, whatever is told", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(input, { maxLength: 30, size: "max" }), (inputs) => {
        let state = AriCall.initial(plan, 0)
        const tags: Array<CallEvent["_tag"] | "NotCarried"> = []
        for (const [i, one] of inputs.entries()) {
          const wasOver = state.phase === "over"
          const [next, acts] = AriCall.step(plan, state, one, i)
          if (wasOver) expect(acts).toEqual([])
          state = next
          for (const act of acts) {
            if (act._tag === "Report") tags.push(act.event._tag)
            if (act._tag === "NotCarried") tags.push(act._tag)
          }
        }
        const ends = tags.filter((tag) => tag === "HungUp" || tag === "Failed" || tag === "NotCarried")
        expect(ends.length).toBe(state.phase === "over" ? 1 : 0)
        if (ends.length === 1) expect(tags.at(-1)).toBe(ends[0])
        expect(tags.filter((tag) => tag === "Answered").length).toBeLessThanOrEqual(1)
        expect(tags.filter((tag) => tag === "Ringing").length).toBeLessThanOrEqual(1)
        if (tags.includes("KeyPressed")) expect(tags.indexOf("Answered")).toBeLessThan(tags.indexOf("KeyPressed"))
        if (tags.includes("HungUp")) expect(tags).toContain("Answered")
        if (tags.includes("Failed")) expect(tags).not.toContain("Answered")
      })
    )
  })
})

describe("SND-5: what a callee hears", () => {
  const playback = {
    audio: { codec: "alaw" as const, payload: new Uint8Array(12_000).fill(1) },
    plays: 2,
    pauseMillis: 1_000,
    leadMillis: 400
  }

  it("is silence, the plays with their pauses and marks, and silence", () => {
    const chunks = [...Playlist.chunks(playback)]
    const shown = chunks.map((chunk) => (chunk === Playlist.mark ? chunk : `${chunk.length} of ${chunk[0]}`))
    const play = ["8000 of 1", "4000 of 1", "mark"]
    expect(shown).toEqual(["3200 of 213", ...play, "8000 of 213", ...play, "1600 of 213"])
    for (const chunk of chunks) if (chunk !== Playlist.mark) expect(new Set(chunk).size).toBe(1)
  })

  it("is a moment of silence where nothing is left to play", () => {
    expect([...Playlist.chunks({ ...playback, plays: 0 })].map(({ length }) => length)).toEqual([3_200, 1_600])
  })
})
