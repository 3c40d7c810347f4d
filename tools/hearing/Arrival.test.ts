import { randomInt } from "node:crypto"
import * as SipTrunk from "@vsms/adapter-telephony/sip/trunk/SipTrunk"
import * as TelephoneAudio from "@vsms/adapter-tts/audio/TelephoneAudio"
import type { Call, CallEvent } from "@vsms/core/dispatch/CallChannel"
import type { TelephoneAudio as Audio } from "@vsms/core/dispatch/TelephoneCodec"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import { describe, expect, it } from "vitest"
import * as Baresip from "../../packages/adapter-telephony/test/sip/peers/Baresip.ts"
import { missing } from "../debian/Debian.ts"
import { found, heard, samplesOf } from "../../packages/adapter-telephony/test/sip/peers/Recording.ts"
import * as Flite from "./Flite.ts"
import * as Recogniser from "./Recogniser.ts"

const why = missing({ ...Baresip.programs, ...Flite.programs, ...Recogniser.programs })

const isLong = process.env["NIGHTLY"] === "1"
/** How many phones are spoken to at once, and how often. */
const [phoneCount, rounds] = isLong ? [40, 8] : [8, 1]

const digits = 4
const sentence = "your verification code is"
const encode = TelephoneAudio.make()

const spoken = (code: string): Audio =>
  Either.getOrThrow(encode(Flite.speak(`${sentence}, ${Flite.spelt(code)}`, { stretch: 1.2 }), "alaw"))

const takenDown = (recordings: ReadonlyArray<Uint8Array>) =>
  Recogniser.recognise(
    { ...Recogniser.english, before: sentence, count: digits },
    recordings.map((recording) => Recogniser.extended(heard(recording), Recogniser.randomOf(1)))
  )

/** As many different codes, which nobody knows before. */
const codesOf = (count: number): ReadonlyArray<string> => {
  const codes = new Set<string>()
  while (codes.size < count) codes.add(String(randomInt(10 ** digits)).padStart(digits, "0"))
  return [...codes]
}

const numberOf = (at: number): string => `+86138001${String(at).padStart(5, "0")}`

/** Phones behind one trunk, each with a process and a number of its own. */
const phonesOf = (count: number) =>
  Effect.all(
    Array.from({ length: count }, (_, at) =>
      Effect.acquireRelease(
        Effect.promise(() => Baresip.start({ number: numberOf(at) })),
        ({ close }) => Effect.promise(close)
      )
    ),
    { concurrency: 8 }
  )

/** One trunk to all of them: it goes round, and a phone refuses calls that are not for its number. */
const trunkTo = (phones: ReadonlyArray<Baresip.Phone>) => {
  let calls = 0
  return SipTrunk.make({
    name: "phones",
    trunk: { host: "127.0.0.1", port: undefined, protocol: "udp", account: undefined },
    hops: Effect.sync(() => [
      { protocol: "udp", address: "127.0.0.1", port: phones[calls++ % phones.length]!.port } as const
    ]),
    local: { address: "127.0.0.1", port: 0 }
  })
}

/** Speaks to all at once: what each said was heard there, as a recording, and what was reported of each call. */
const speakToAll = (
  channel: Effect.Effect.Success<ReturnType<typeof trunkTo>>,
  phones: ReadonlyArray<Baresip.Phone>,
  round: number,
  audios: ReadonlyArray<Audio>
) =>
  Effect.forEach(
    phones,
    (phone, at) =>
      Effect.gen(function* () {
        const events: Array<CallEvent> = []
        const call: Call = {
          id: `${round}/${at}`,
          callee: numberOf(at),
          display: "075512340001",
          audio: audios[at]!,
          plays: 1,
          ringTimeoutMillis: 20_000,
          longestCallMillis: 60_000
        }
        yield* channel.place(call, (event) => Effect.sync(() => void events.push(event)))
        expect(events.map(({ _tag }) => _tag)).toEqual(["Ringing", "Answered", "HungUp"])
        yield* Effect.promise(() => phone.event("CALL_CLOSED", round + 1))
        return phone.recordings().at(-1)!
      }),
    { concurrency: "unbounded" }
  )

const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>) => Effect.runPromise(Effect.scoped(effect))

describe("SND-5: the code arrives", () => {
  it(
    `${phoneCount} at once, ${phoneCount * rounds} in all, each at the phone that it was for`,
    ({ skip }) => {
      if (why !== undefined) return skip(why)
      return run(
        Effect.gen(function* () {
          // The last two phones are controls: one hears silence, the other one a code that was not meant.
          const phones = yield* phonesOf(phoneCount + 2)
          const channel = yield* trunkTo(phones)
          const silence: Audio = { codec: "alaw", payload: new Uint8Array(32_000).fill(0xd5) }
          let arrived = 0
          let exact = 0
          for (let round = 0; round < rounds; round++) {
            const [wrong, meant, ...codes] = codesOf(phoneCount + 2)
            const audios = [...codes.map(spoken), silence, spoken(wrong!)]
            const recordings = yield* speakToAll(channel, phones, round, audios)
            const texts = yield* Effect.promise(() => takenDown(recordings))
            expect(texts.slice(0, phoneCount)).toEqual(codes)
            const [nothing, notMeant] = texts.slice(phoneCount)
            expect(nothing).toBe("")
            expect(notMeant).toBe(wrong)
            expect(notMeant).not.toBe(meant)
            // Nobody heard a second of what the neighbour was told.
            for (let at = 0; at < phoneCount; at++) {
              const other = samplesOf(audios[(at + 1) % phoneCount]!)
              expect(found(recordings[at]!, other.subarray(-16_000, -8_000))).toBe(-1)
              exact += found(recordings[at]!, samplesOf(audios[at]!)) < 0 ? 0 : 1
            }
            arrived += codes.length
          }
          process.stderr.write(`${arrived} of ${phoneCount * rounds} codes arrived, ${exact} sample for sample\n`)
        })
      )
    },
    isLong ? 1_800_000 : 120_000
  )
})
