import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Counters from "../../../src/sip/media/worker/Counters.js"
import * as G711 from "../../../src/sip/rtp/G711.ts"
import * as Reception from "../../../src/sip/rtp/Reception.ts"
import * as RtcpPacket from "../../../src/sip/rtp/RtcpPacket.ts"
import * as RtpPacket from "../../../src/sip/rtp/RtpPacket.ts"
import * as TelephoneEvent from "../../../src/sip/rtp/TelephoneEvent.ts"

const numRuns = process.env["NIGHTLY"] === "1" ? 50_000 : 2_000
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"))
const uint32 = FastCheck.nat(0xffff_ffff)

const rtp = FastCheck.record({
  payloadType: FastCheck.nat(127),
  marker: FastCheck.boolean(),
  sequence: FastCheck.nat(0xffff),
  timestamp: uint32,
  source: uint32,
  payload: FastCheck.uint8Array({ maxLength: 320 })
})

describe("RTP", () => {
  it("is laid out as RFC 3550 draws it", () => {
    expect(RtpPacket.parse(hex("80 88 abcd 00000320 deadbeef d5d5"))).toEqual({
      payloadType: 8,
      marker: true,
      sequence: 0xabcd,
      timestamp: 800,
      source: 0xdead_beef,
      payload: hex("d5d5")
    })
  })

  it("may have contributors, an extension and padding, which are not payload", () => {
    const packet = RtpPacket.parse(hex("b1 00 0001 00000002 00000003 11111111 bede0001 22222222 aabb 000003"))
    expect(packet?.payload).toEqual(hex("aabb"))
  })

  it.each([
    ["another version", "40 00 0001 00000002 00000003"],
    ["less than a header", "80 00 0001 00000002 000000"],
    ["contributors that are not there", "8f 00 0001 00000002 00000003"],
    ["an extension that is not there", "90 00 0001 00000002 00000003 be"],
    ["an extension longer than the packet", "90 00 0001 00000002 00000003 bede0009 00000000"],
    ["more padding than there is", "a0 00 0001 00000002 00000003 ff"],
    ["padding of nothing", "a0 00 0001 00000002 00000003 00"]
  ])("is not %s", (_, bytes) => {
    expect(RtpPacket.parse(hex(bytes))).toBeUndefined()
  })

  it("what is written is read again", () => {
    FastCheck.assert(
      FastCheck.property(rtp, (packet) => {
        expect(RtpPacket.parse(RtpPacket.toBytes(packet))).toEqual(packet)
      }),
      { numRuns: 1_000 }
    )
  })
})

describe("key presses", () => {
  it("are laid out as RFC 4733 draws them", () => {
    expect(TelephoneEvent.parse(hex("0b 8a 0640"))).toEqual({ key: "#", ended: true, volume: 10, duration: 1_600 })
    expect(TelephoneEvent.parse(hex("10 8a 0640"))).toBeUndefined()
    expect(TelephoneEvent.parse(hex("01 8a 06"))).toBeUndefined()
  })

  /** Many packets of each key, as phones send them: some lost, some doubled, some late by a few. */
  it("each is heard once, however its packets are lost, doubled and swapped", () => {
    const key = FastCheck.constantFrom(...TelephoneEvent.keys)
    const fate = FastCheck.constantFrom("kept", "kept", "lost", "doubled", "late")
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(key, { maxLength: 8 }),
        FastCheck.infiniteStream(fate),
        uint32,
        (pressed, fates, start) => {
          const sent = pressed.flatMap((one, i) =>
            Array.from({ length: 6 }, (_, packet) => ({
              // The first of each is kept, for something has to arrive.
              fate: packet === 0 ? "kept" : fates.next().value,
              timestamp: (start + i * 1_600) >>> 0,
              payload: TelephoneEvent.toBytes({ key: one, ended: packet > 2, volume: 10, duration: 160 * packet })
            }))
          )
          const late = sent.filter((one) => one.fate === "late").map((one) => ({ ...one, at: sent.indexOf(one) + 4.5 }))
          const arriving = sent
            .flatMap((one, at) =>
              one.fate === "lost" || one.fate === "late"
                ? []
                : one.fate === "doubled"
                  ? [
                      { ...one, at },
                      { ...one, at }
                    ]
                  : [{ ...one, at }]
            )
            .concat(late)
            .sort((one, other) => one.at - other.at)
          let heard: TelephoneEvent.Heard
          const keys: Array<string> = []
          for (const packet of arriving) {
            const result = TelephoneEvent.hear(heard, packet)
            heard = result.heard
            if (result.key !== undefined) keys.push(result.key)
          }
          expect(keys).toEqual(pressed)
        }
      ),
      { numRuns: 500 }
    )
  })
})

describe("RTCP", () => {
  const reception = FastCheck.record({
    source: uint32,
    fractionLost: FastCheck.nat(255),
    lost: FastCheck.integer({ min: -0x80_0000, max: 0x7f_ffff }),
    highestSequence: uint32,
    jitter: uint32,
    lastReport: uint32,
    sinceLastReport: uint32
  })
  const reports = FastCheck.array(reception, { maxLength: 3 })
  const head: FastCheck.Arbitrary<RtcpPacket.Report> = FastCheck.oneof(
    FastCheck.record({
      _tag: FastCheck.constant("Sender" as const),
      source: uint32,
      seconds: uint32,
      fraction: uint32,
      timestamp: uint32,
      packets: uint32,
      bytes: uint32,
      reports
    }),
    FastCheck.record({ _tag: FastCheck.constant("Receiver" as const), source: uint32, reports })
  )
  const tail: FastCheck.Arbitrary<RtcpPacket.Report> = FastCheck.oneof(
    FastCheck.record({
      _tag: FastCheck.constant("Name" as const),
      source: uint32,
      name: FastCheck.string({ maxLength: 40 })
    }),
    FastCheck.record({ _tag: FastCheck.constant("Bye" as const), sources: FastCheck.array(uint32, { maxLength: 5 }) })
  )
  const compound = FastCheck.tuple(head, FastCheck.array(tail, { maxLength: 3 })).map(([first, rest]) => [
    first,
    ...rest
  ])

  it("what is written is read again", () => {
    FastCheck.assert(
      FastCheck.property(compound, (given) => {
        const bytes = RtcpPacket.toBytes(given)
        expect(bytes.length % 4).toBe(0)
        expect(RtcpPacket.isRtcp(bytes)).toBe(true)
        expect(RtcpPacket.parse(bytes)).toEqual(given)
      }),
      { numRuns: 1_000 }
    )
  })

  it("passes over what it does not know", () => {
    const application = hex("80 cc 0001 00000001")
    const bytes = Buffer.concat([RtcpPacket.toBytes([{ _tag: "Receiver", source: 1, reports: [] }]), application])
    expect(RtcpPacket.parse(bytes)).toEqual([{ _tag: "Receiver", source: 1, reports: [] }])
    expect(RtcpPacket.parse(application)).toBeUndefined()
  })

  it("and RTP take whatever comes", () => {
    FastCheck.assert(
      FastCheck.property(
        compound,
        FastCheck.array(FastCheck.tuple(FastCheck.nat(400), FastCheck.nat(255))),
        FastCheck.nat(400),
        (given, changes, length) => {
          const bytes = Uint8Array.from(RtcpPacket.toBytes(given))
          for (const [at, value] of changes) bytes[at % bytes.length] = value
          const cut = bytes.subarray(0, length)
          RtcpPacket.parse(cut)
          RtpPacket.parse(cut)
          TelephoneEvent.parse(cut)
        }
      ),
      { numRuns }
    )
  })
})

describe("reception", () => {
  const counted = (
    sequences: ReadonlyArray<number>,
    arrival = (sequence: number) => sequence * 20,
    from?: ReturnType<typeof Counters.begin>
  ) =>
    sequences.reduce(
      (counters, sequence) =>
        Counters.receive(counters, 5, sequence & 0xffff, (sequence * 160) >>> 0, arrival(sequence)),
      from
    )!
  const reportOf = (sequences: ReadonlyArray<number>) => Reception.report(counted(sequences), Reception.nothing).report

  it("counts what is lost over a turn of the sequence numbers, since the beginning and since the last report", () => {
    const numbers = Array.from({ length: 100 }, (_, i) => 0xfff0 + i)
    const counters = counted(numbers.filter((_, i) => i % 4 !== 1))
    const first = Reception.report(counters, Reception.nothing)
    expect(first.report).toEqual({ source: 5, fractionLost: 64, lost: 25, highestSequence: 0xfff0 + 99, jitter: 0 })
    const more = counted(
      Array.from({ length: 10 }, (_, i) => 0xfff0 + 100 + i),
      undefined,
      counters
    )
    expect(Reception.report(more, first.reported).report).toMatchObject({ fractionLost: 0, lost: 25 })
  })

  it("packets that come late are not lost, and doubled ones make up for none in the fraction", () => {
    expect(reportOf([1, 2, 4, 3, 5])).toMatchObject({ lost: 0, highestSequence: 5 })
    expect(reportOf([1, 1, 1, 2])).toMatchObject({ lost: -2, fractionLost: 0 })
  })

  it("a sequence that jumps begins anew, and so does another source", () => {
    expect(reportOf([1, 2, 40_000, 40_001])).toMatchObject({ lost: 0, highestSequence: 40_001 })
    expect(Counters.receive(counted([1, 2]), 6, 9, 0, 0)).toMatchObject({ source: 6, received: 1, firstSequence: 9 })
  })

  it("jitter settles at the mean deviation: packets that are early and late by 5 ms deviate by 10 ms", () => {
    const numbers = Array.from({ length: 400 }, (_, i) => i)
    const uneven = counted(numbers, (sequence) => sequence * 20 + (sequence % 2) * 10)
    const { jitter } = Reception.report(uneven, Reception.nothing).report
    expect(jitter).toBeGreaterThanOrEqual(79)
    expect(jitter).toBeLessThanOrEqual(80)
  })
})

describe("G.711", () => {
  const every = Uint8Array.from({ length: 256 }, (_, byte) => byte)

  it("there and back is the same but where the laws are coarser than each other, and silence stays silence", () => {
    for (const [one, other] of [
      ["alaw", "mulaw"],
      ["mulaw", "alaw"]
    ] as const) {
      const there = G711.translated(every, one, other)
      const back = G711.translated(there, other, one)
      // What was once in the other law loses nothing more.
      expect(G711.translated(back, one, other)).toEqual(
        G711.translated(G711.translated(back, one, other), other, other)
      )
      expect(back.filter((byte, i) => byte !== i).length).toBeLessThan(60)
      // The sign is kept, and so is the order of loudness.
      expect(there.every((byte, i) => (byte & 0x80) === (i & 0x80))).toBe(true)
      expect(G711.translated(every, one, one)).toBe(every)
    }
    expect([...G711.translated(Uint8Array.of(G711.silence.alaw), "alaw", "mulaw")]).toEqual([0xfe])
    expect([...G711.translated(Uint8Array.of(G711.silence.mulaw), "mulaw", "alaw")]).toEqual([G711.silence.alaw])
  })

  it("has its loudest and its quietest where ITU-T G.711 has them", () => {
    // 32,256 and 32,124; -32,256 and -32,124; 8 and 8; and nothing at all, which A-law cannot say.
    expect([...G711.translated(Uint8Array.of(0xaa, 0x2a, 0xd5), "alaw", "mulaw")]).toEqual([0x80, 0x00, 0xfe])
    expect([...G711.translated(Uint8Array.of(0x80, 0x00, 0xfe, 0xff), "mulaw", "alaw")]).toEqual([
      0xaa, 0x2a, 0xd5, 0xd5
    ])
  })
})
