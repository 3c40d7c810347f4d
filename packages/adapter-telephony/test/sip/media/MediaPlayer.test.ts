import * as dgram from "node:dgram"
import { Worker } from "node:worker_threads"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { describe, expect, it } from "vitest"
import * as Srtp from "../../../src/sip/media/worker/Srtp.js"
import type { MediaEvent, Playback } from "../../../src/sip/media/Media.ts"
import * as MediaPlayer from "../../../src/sip/media/MediaPlayer.ts"
import * as G711 from "../../../src/sip/rtp/G711.ts"
import * as RtcpPacket from "../../../src/sip/rtp/RtcpPacket.ts"
import * as RtpPacket from "../../../src/sip/rtp/RtpPacket.ts"
import * as TelephoneEvent from "../../../src/sip/rtp/TelephoneEvent.ts"
import type { Agreed } from "../../../src/sip/sdp/Negotiation.ts"

const address = "127.0.0.1"
/** A range of its own for each test file that opens ports, away from those that systems give out. */
const ports = { first: 20_000, last: 23_999 }

const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>) =>
  Effect.runPromise(Effect.scoped(Effect.timeout(effect, 20_000)))

interface Heard {
  readonly at: number
  readonly packet: Uint8Array
  readonly port: number
}

/** Phones that hear, each with its port. */
const recorder = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => new Worker(new URL("./Recorder.js", import.meta.url), { execArgv: [] })),
    (worker) => Effect.promise(() => worker.terminate())
  ),
  (worker) => {
    let ids = 0
    const ask = <A>(id: number, request: object, pick: (reply: any) => A) =>
      Effect.async<A>((resume) => {
        const listener = (reply: { readonly id: number }) => {
          if (reply.id !== id) return
          worker.off("message", listener)
          resume(Effect.succeed(pick(reply)))
        }
        worker.on("message", listener)
        worker.postMessage({ ...request, id }, [])
      })
    return {
      phone: Effect.suspend(() => {
        const id = ids++
        return Effect.map(
          ask(id, { _tag: "Open" }, ({ port }): number => port),
          (port) => ({
            port,
            send: (to: number, bytes: Uint8Array) => worker.postMessage({ _tag: "Send", id, bytes, to }, []),
            heard: ask(id, { _tag: "Heard" }, ({ heard }): ReadonlyArray<Heard> => heard)
          })
        )
      })
    }
  }
)

const agreed = (port: number, parts: Partial<Agreed> = {}): Agreed => ({
  codec: "alaw",
  payloadType: 8,
  keysPayloadType: 101,
  remote: { address, port },
  remoteControl: { address, port: 9 },
  packetMillis: 20,
  sends: true,
  receives: true,
  ...parts
})

const speech = (bytes: number) => Uint8Array.from({ length: bytes }, (_, i) => (i * 7) % 251)

const playback = (parts: Partial<Playback> = {}): Playback => ({
  audio: { codec: "alaw", payload: speech(1_000) },
  plays: 2,
  pauseMillis: 50,
  leadMillis: 30,
  ...parts
})

const opened = Effect.gen(function* () {
  const media = yield* MediaPlayer.make({ address, ports, reportMillis: 1_000 })
  const events = yield* Queue.unbounded<MediaEvent>()
  const session = yield* media.open((event) => void events.unsafeOffer(event))
  const ears = yield* recorder
  const phone = yield* ears.phone
  return { media, events, session, phone, ears }
})

const packetsOf = (heard: ReadonlyArray<Heard>) => heard.map(({ packet }) => RtpPacket.parse(packet)!)
const lineOf = (heard: ReadonlyArray<Heard>) => Buffer.concat(packetsOf(heard).map(({ payload }) => payload))

const line = (parts: ReadonlyArray<number | Uint8Array>, silence = 0xd5) =>
  Buffer.concat(parts.map((part) => (typeof part === "number" ? Buffer.alloc(part, silence) : part)))

describe.concurrent("the player", () => {
  it.each([20, 40])(
    "plays all, byte for byte, in packets of %d ms at their time, and tells when it is done",
    (packetMillis) =>
      run(
        Effect.gen(function* () {
          const { events, phone, session } = yield* opened
          session.start(agreed(phone.port, { packetMillis }), playback())
          expect(yield* events.take).toEqual({ _tag: "Played" })
          yield* Effect.sleep(50)
          const heard = yield* phone.heard
          const packets = packetsOf(heard)
          const expected = line([240, speech(1_000), 400, speech(1_000), 1_600])
          expect(lineOf(heard).subarray(0, expected.length).equals(expected)).toBe(true)
          const bytes = packetMillis * 8
          for (const [i, packet] of packets.entries()) {
            expect(packet).toMatchObject({ payloadType: 8, marker: i === 0, source: packets[0]!.source })
            expect(packet.payload).toHaveLength(bytes)
            expect(packet.sequence).toBe((packets[0]!.sequence + i) & 0xffff)
            expect(packet.timestamp).toBe((packets[0]!.timestamp + i * bytes) >>> 0)
          }
          expect(heard.every(({ port }) => port === session.local.port)).toBe(true)
          const [first, last] = [heard[0]!.at, heard.at(-1)!.at]
          const pace = (last - first) / (heard.length - 1)
          expect(Math.abs(pace - packetMillis)).toBeLessThan(4)
          session.stop()
        })
      )
  )

  it("goes on with silence until it is stopped, and then with nothing", () =>
    run(
      Effect.gen(function* () {
        const { events, phone, session } = yield* opened
        session.start(agreed(phone.port), playback({ plays: 1, audio: { codec: "alaw", payload: speech(160) } }))
        yield* events.take
        yield* Effect.sleep(200)
        session.stop()
        session.stop()
        yield* Effect.sleep(200)
        const count = (yield* phone.heard).length
        expect(
          lineOf(yield* phone.heard)
            .subarray(-800)
            .every((byte) => byte === 0xd5)
        ).toBe(true)
        yield* Effect.sleep(100)
        expect((yield* phone.heard).length).toBe(count)
        expect(yield* Queue.size(events)).toBe(0)
      })
    ))

  it("says nothing before it is started", () =>
    run(
      Effect.gen(function* () {
        const { phone, session } = yield* opened
        phone.send(
          session.local.port,
          RtpPacket.toBytes({
            payloadType: 8,
            marker: false,
            sequence: 1,
            timestamp: 1,
            source: 1,
            payload: speech(160)
          })
        )
        yield* Effect.sleep(100)
        expect(yield* phone.heard).toEqual([])
        session.stop()
      })
    ))

  it("speaks the other law where that is the only one", () =>
    run(
      Effect.gen(function* () {
        const { events, phone, session } = yield* opened
        session.start(agreed(phone.port, { codec: "mulaw", payloadType: 0 }), playback({ plays: 1 }))
        yield* events.take
        const heard = yield* phone.heard
        const expected = line([240, G711.translated(speech(1_000), "alaw", "mulaw"), 400], 0xff)
        expect(lineOf(heard).subarray(0, expected.length).equals(expected)).toBe(true)
        session.stop()
      })
    ))

  it("stands still on hold, and goes on where it was", () =>
    run(
      Effect.gen(function* () {
        const { events, phone, session } = yield* opened
        const payload = speech(4_000)
        session.start(agreed(phone.port), playback({ plays: 1, leadMillis: 0, audio: { codec: "alaw", payload } }))
        yield* Effect.sleep(150)
        session.update(agreed(phone.port, { sends: false }))
        yield* Effect.sleep(60)
        const before = (yield* phone.heard).length
        yield* Effect.sleep(300)
        expect((yield* phone.heard).length).toBe(before)
        session.update(agreed(phone.port))
        yield* events.take
        const heard = yield* phone.heard
        expect(lineOf(heard).subarray(0, 4_000).equals(payload)).toBe(true)
        const packets = packetsOf(heard)
        expect(packets[before]?.marker).toBe(true)
        // The sequence goes on, and time has passed.
        expect(packets[before]!.sequence).toBe((packets[before - 1]!.sequence + 1) & 0xffff)
        expect((packets[before]!.timestamp - packets[before - 1]!.timestamp) >>> 0).toBeGreaterThan(2_000)
        session.stop()
      })
    ))

  const key = (pressed: string, timestamp: number, sequence: number) =>
    RtpPacket.toBytes({
      payloadType: 101,
      marker: false,
      sequence,
      timestamp,
      source: 77,
      payload: TelephoneEvent.toBytes({ key: pressed, ended: false, volume: 10, duration: 160 })
    })

  it("hears keys, each once, and only of the callee: strangers are not listened to", () =>
    run(
      Effect.gen(function* () {
        const { ears, events, phone, session } = yield* opened
        const stranger = yield* ears.phone
        session.start(agreed(phone.port), playback({ plays: 3, audio: { codec: "alaw", payload: speech(8_000) } }))
        phone.send(session.local.port, key("4", 100, 1))
        phone.send(session.local.port, key("4", 100, 2))
        yield* Effect.sleep(50)
        stranger.send(session.local.port, key("9", 300, 1))
        phone.send(session.local.port, Buffer.from("nonsense that is no RTP at all"))
        phone.send(session.local.port, key("#", 200, 3))
        yield* Effect.sleep(100)
        session.stop()
        expect([...(yield* events.takeAll)]).toEqual([
          { _tag: "Key", key: "4" },
          { _tag: "Key", key: "#" }
        ])
        expect(yield* stranger.heard).toEqual([])
      })
    ))

  it("sends to where the callee's packets come from, if they come from elsewhere at first", () =>
    run(
      Effect.gen(function* () {
        const { ears, phone, session } = yield* opened
        const behindNat = yield* ears.phone
        session.start(agreed(phone.port), playback({ plays: 3, audio: { codec: "alaw", payload: speech(8_000) } }))
        behindNat.send(session.local.port, key("1", 100, 1))
        yield* Effect.sleep(60)
        const before = (yield* phone.heard).length
        yield* Effect.sleep(100)
        expect((yield* phone.heard).length).toBe(before)
        expect((yield* behindNat.heard).length).toBeGreaterThan(3)
        session.stop()
      })
    ))

  it("finds the callee by the law that we do not speak to him, with contributors and an extension, too", () =>
    run(
      Effect.gen(function* () {
        const { ears, events, phone, session } = yield* opened
        const behindNat = yield* ears.phone
        session.start(agreed(phone.port), playback({ plays: 3, audio: { codec: "alaw", payload: speech(8_000) } }))
        /** With a contributor and an extension of one word. */
        const longer = (packet: Uint8Array) => {
          const head = Buffer.from(packet.subarray(0, 12))
          head[0] = 0x91
          return Buffer.concat([head, Buffer.from("00000001bede0001aabbccdd", "hex"), packet.subarray(12)])
        }
        const other = { payloadType: 0, marker: false, sequence: 1, timestamp: 1, source: 77, payload: speech(160) }
        behindNat.send(session.local.port, longer(RtpPacket.toBytes(other)))
        behindNat.send(session.local.port, longer(key("6", 400, 2)))
        yield* Effect.sleep(150)
        expect((yield* behindNat.heard).length).toBeGreaterThan(3)
        session.stop()
        expect([...(yield* events.takeAll)]).toEqual([{ _tag: "Key", key: "6" }])
      })
    ))

  it("encrypts all that it says, and listens to nobody else who has not got the key", () =>
    run(
      Effect.gen(function* () {
        const { ears, events, phone, session } = yield* opened
        const stranger = yield* ears.phone
        const keys = { ours: new Uint8Array(30).fill(1), theirs: new Uint8Array(30).fill(2) }
        const [ours, theirs] = [Srtp.locksOf(keys.ours), Srtp.locksOf(keys.theirs)]
        session.start(agreed(phone.port, { keys }), playback({ plays: 1 }))
        // In the clear, and with another key: neither is the callee, whoever comes first.
        const sealed = (lock: Srtp.Lock, packet: Uint8Array) => {
          const bytes = Buffer.concat([packet, Buffer.alloc(Srtp.tagBytes)])
          Srtp.protect(lock, bytes, 0)
          return bytes
        }
        stranger.send(session.local.port, key("9", 100, 1))
        stranger.send(session.local.port, sealed(ours.audio, key("9", 100, 1)))
        yield* Effect.sleep(50)
        phone.send(session.local.port, sealed(theirs.audio, key("5", 200, 2)))
        phone.send(session.local.port, sealed(theirs.audio, key("5", 200, 2)))
        yield* Effect.iterate(0, { while: (played) => played < 2, body: (n) => Effect.as(events.take, n + 1) })
        session.stop()
        yield* Effect.sleep(50)
        const heard = yield* phone.heard
        expect(yield* stranger.heard).toEqual([])
        const sources = new Map()
        const packets = heard.map(({ packet }) => Srtp.open(ours.audio, sources, Buffer.from(packet))!)
        const expected = line([240, speech(1_000), 400])
        const clear = Buffer.concat(packets.map((packet) => packet.subarray(12)))
        expect(clear.subarray(0, expected.length).equals(expected)).toBe(true)
        expect(Buffer.concat(heard.map(({ packet }) => packet)).includes(Buffer.from(speech(160)))).toBe(false)
      })
    ))

  it("goes on byte for byte when it is clear where the other end is, hears no stranger then, and moves when it is told to", () =>
    run(
      Effect.gen(function* () {
        const { ears, events, phone, session } = yield* opened
        const [other, stranger] = [yield* ears.phone, yield* ears.phone]
        const payload = speech(80_000)
        session.start(agreed(phone.port), playback({ plays: 1, leadMillis: 0, audio: { codec: "alaw", payload } }))
        // A callee may show for three seconds that he is elsewhere; from then on the socket is his alone.
        yield* Effect.sleep(3_400)
        stranger.send(session.local.port, key("9", 100, 1))
        phone.send(session.local.port, key("1", 100, 1))
        yield* Effect.sleep(100)
        session.update(agreed(other.port))
        yield* Effect.sleep(100)
        other.send(session.local.port, key("2", 300, 1))
        yield* Effect.sleep(200)
        session.stop()
        yield* Effect.sleep(60)
        const keys = [...(yield* events.takeAll)].flatMap((event) => (event._tag === "Key" ? event.key : []))
        expect(keys).toEqual(["1", "2"])
        const [before, after] = [yield* phone.heard, yield* other.heard]
        expect(after.length).toBeGreaterThan(10)
        const whole = Buffer.concat([lineOf(before), lineOf(after)])
        expect(whole.equals(payload.subarray(0, whole.length))).toBe(true)
        expect(yield* stranger.heard).toEqual([])
      })
    ))

  it("tells by RTCP how it goes, and says good-bye", () =>
    run(
      Effect.gen(function* () {
        const { phone, session } = yield* opened
        const heard: Array<ReadonlyArray<RtcpPacket.Report> | undefined> = []
        const control = yield* Effect.acquireRelease(
          Effect.async<dgram.Socket>((resume) => {
            const socket = dgram.createSocket("udp4")
            socket.on("message", (bytes) => heard.push(RtcpPacket.parse(bytes)))
            socket.bind(0, address, () => resume(Effect.succeed(socket)))
          }),
          (socket) => Effect.sync(() => void socket.close())
        )
        const parts = { remoteControl: { address, port: control.address().port } }
        session.start(
          agreed(phone.port, parts),
          playback({ plays: 3, audio: { codec: "alaw", payload: speech(80_000) } })
        )
        for (const sequence of [1, 2, 5]) phone.send(session.local.port, key("1", 100, sequence))
        const theirs: RtcpPacket.Report = {
          _tag: "Sender",
          source: 77,
          seconds: 0x1_0002,
          fraction: 0x0003_0000,
          timestamp: 0,
          packets: 0,
          bytes: 0,
          reports: []
        }
        control.send(RtcpPacket.toBytes([theirs]), session.local.port + 1, address)
        yield* Effect.sleep(1_500)
        session.stop()
        yield* Effect.sleep(50)
        const packets = packetsOf(yield* phone.heard)
        const [report, name] = heard[0]!
        expect(report).toMatchObject({ _tag: "Sender", source: packets[0]!.source })
        if (report?._tag !== "Sender") return
        expect(report.packets).toBeGreaterThan(35)
        expect(report.bytes).toBe(report.packets * 160)
        expect(report.reports[0]).toMatchObject({ source: 77, lost: 2, highestSequence: 5, lastReport: 0x0002_0003 })
        // About a second, in 1/65,536 s.
        const since = report.reports[0]!.sinceLastReport / 65_536
        expect(since).toBeGreaterThan(0.5)
        expect(since).toBeLessThan(5)
        expect(name).toMatchObject({ _tag: "Name" })
        expect(heard.at(-1)?.at(-1)).toEqual({ _tag: "Bye", sources: [packets[0]!.source] })
      })
    ))
})

describe("ports", () => {
  it("of which only one is free are left alone", () =>
    run(
      Effect.gen(function* () {
        const taken = yield* Effect.async<dgram.Socket>((resume) => {
          const socket = dgram.createSocket("udp4")
          socket.bind(24_101, address, () => resume(Effect.succeed(socket)))
        })
        const media = yield* MediaPlayer.make({ address, ports: { first: 24_100, last: 24_103 } })
        const open = media.open(() => {})
        expect((yield* open).local.port).toBe(24_102)
        expect(yield* Effect.flip(open)).toMatchObject({ _tag: "MediaFailure" })
        yield* Effect.async<void>((resume) => void taken.close(() => resume(Effect.void)))
        expect((yield* open).local.port).toBe(24_100)
      })
    ))

  it("are even, differ, and are given back", () =>
    run(
      Effect.gen(function* () {
        // Room for two calls.
        const media = yield* MediaPlayer.make({ address, ports: { first: 24_000, last: 24_003 } })
        const open = media.open(() => {})
        const [one, two] = [yield* open, yield* open]
        expect(new Set([one.local.port, two.local.port])).toEqual(new Set([24_000, 24_002]))
        expect(yield* Effect.flip(open)).toMatchObject({ _tag: "MediaFailure" })
        one.stop()
        expect((yield* open).local.port).toBe(one.local.port)
      })
    ))
})

it("packets leave at their time while the main thread is busy 100 ms of every 250", () =>
  run(
    Effect.gen(function* () {
      const media = yield* MediaPlayer.make({ address, ports: { first: 25_000, last: 25_999 } })
      const ears = yield* recorder
      const calls = []
      for (let i = 0; i < 20; i++) {
        const phone = yield* ears.phone
        const session = yield* media.open(() => {})
        session.start(agreed(phone.port), playback({ audio: { codec: "alaw", payload: speech(80_000) } }))
        calls.push({ phone, session })
      }
      for (let turn = 0; turn < 6; turn++) {
        yield* Effect.sleep(150)
        const until = performance.now() + 100
        while (performance.now() < until);
      }
      const deviations: Array<number> = []
      for (const { phone, session } of calls) {
        session.stop()
        const heard = yield* phone.heard
        for (const [i, { at }] of heard.entries()) if (i > 0) deviations.push(Math.abs(at - heard[i - 1]!.at - 20))
      }
      deviations.sort((one, other) => one - other)
      expect(deviations.length).toBeGreaterThan(20 * 60)
      // In the main thread it would be a tenth of all packets that come 80 ms late.
      expect(deviations[Math.floor(deviations.length * 0.95)]).toBeLessThan(20)
    })
  ))
