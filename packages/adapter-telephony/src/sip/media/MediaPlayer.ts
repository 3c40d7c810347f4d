/**
 * Adapter: the audio of calls as RTP, paced by a worker thread: one for all calls, so that nothing that the main thread
 * does is heard. RTCP says now and then how it goes.
 */
import { randomInt } from "node:crypto"
import { Worker } from "node:worker_threads"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as G711 from "../rtp/G711.ts"
import * as Reception from "../rtp/Reception.ts"
import * as RtcpPacket from "../rtp/RtcpPacket.ts"
import * as TelephoneEvent from "../rtp/TelephoneEvent.ts"
import type { Agreed, Endpoint } from "../sdp/Negotiation.ts"
import { type Media, type MediaEvent, MediaFailure, type MediaSession, type Playback } from "./Media.ts"
import type { Flow, Notice, Order, Statistics } from "./worker/Protocol.ts"

export interface MediaPlayerOptions {
  /** Where we send from and receive at. */
  readonly address: string
  /** Our address as others see it, if that is another one. */
  readonly publicAddress?: string
  /** A call takes two, an even one and the next. 16384 to 32767 if absent. */
  readonly ports?: { readonly first: number; readonly last: number }
  /** How long the thread may take to find a port; 5 s if absent. */
  readonly openMillis?: number
  /** How often RTCP says how it goes; 5 s if absent, as RFC 3550 has it for a call of two. */
  readonly reportMillis?: number
}

const bytesPerMilli = 8
/** What is in jitter buffers when the last packet has left. */
const tailMillis = 200
const triedPorts = 20
/** Seconds from 1900 to 1970: RTCP counts from the one, clocks here from the other. */
const epochSeconds = 2_208_988_800

interface Session {
  readonly notice: (notice: Notice) => void
  readonly broken: () => void
}

export const make = (options: MediaPlayerOptions): Effect.Effect<Media, never, Scope.Scope> =>
  Effect.gen(function* () {
    const {
      address,
      openMillis = 5_000,
      ports = { first: 16_384, last: 32_767 },
      publicAddress = address,
      reportMillis = 5_000
    } = options
    const clock = yield* Effect.clock
    const sessions = new Map<number, Session>()
    let ids = 0
    let worker: Worker | undefined
    let closed = false

    /** The thread; another one if the last has died. */
    const thread = (): Worker => {
      if (worker !== undefined) return worker
      // No flags of the host: neither its loaders nor its debugger concern this thread.
      const started = new Worker(new URL("./worker/MediaWorker.js", import.meta.url), { execArgv: [] })
      worker = started
      started.unref()
      started.on("message", (notice: Notice) => sessions.get(notice.id)?.notice(notice))
      started.on("error", () => {})
      started.on("exit", () => {
        if (worker !== started) return
        worker = undefined
        const orphans = [...sessions.values()]
        sessions.clear()
        for (const session of orphans) session.broken()
      })
      return started
    }

    const order = (one: Order): void => worker?.postMessage(one, [])

    yield* Effect.addFinalizer(() =>
      Effect.promise(() => {
        closed = true
        return worker?.terminate() ?? Promise.resolve(0)
      })
    )

    const candidates = (): ReadonlyArray<number> => {
      const first = ports.first + (ports.first % 2)
      const pairs = Math.max(1, Math.floor((ports.last + 1 - first) / 2))
      // Ports that nobody can guess: whoever knows one could speak to us.
      return Array.from({ length: triedPorts }, () => first + 2 * randomInt(pairs))
    }

    const open = (listener: (event: MediaEvent) => void): Effect.Effect<MediaSession, MediaFailure> =>
      Effect.suspend(() => {
        if (closed) return new MediaFailure({ detail: "stopped" })
        const id = ids++
        const opening = Effect.async<number, MediaFailure>((resume) => {
          const playing = thread()
          sessions.set(id, {
            notice: (notice) => {
              if (notice._tag === "Opened") resume(Effect.succeed(notice.port))
              else if (notice._tag === "Refused") resume(new MediaFailure({ detail: notice.detail }))
            },
            broken: () => resume(new MediaFailure({ detail: "the player died" }))
          })
          playing.postMessage({ _tag: "Open", id, address, ports: candidates() } satisfies Order, [])
        })
        const giveUp = Effect.sync(() => {
          sessions.delete(id)
          order({ _tag: "Stop", id, bytes: undefined })
        })
        return opening.pipe(
          Effect.timeoutFail({
            duration: openMillis,
            onTimeout: () => new MediaFailure({ detail: "the player is late" })
          }),
          Effect.onError(() => giveUp),
          Effect.map((port) => session(id, port, listener))
        )
      })

    const session = (id: number, port: number, listener: (event: MediaEvent) => void): MediaSession => {
      const source = randomInt(2 ** 32)
      const name = `${id}@${publicAddress}`
      let heard: TelephoneEvent.Heard
      let last: Statistics | undefined
      let reported = Reception.nothing
      let lastReport = { middle: 0, at: 0 }
      let isStarted = false
      let isStopped = false

      const report = (statistics: Statistics): ReadonlyArray<RtcpPacket.Report> => {
        const now = clock.unsafeCurrentTimeMillis()
        const { bytes, packets, reception, timestamp } = statistics
        let reports: ReadonlyArray<RtcpPacket.ReceptionReport> = []
        if (reception !== undefined) {
          const next = Reception.report(reception, reported)
          reported = next.reported
          const since = lastReport.middle === 0 ? 0 : Math.round(((now - lastReport.at) * 65_536) / 1_000)
          reports = [{ ...next.report, lastReport: lastReport.middle, sinceLastReport: since }]
        }
        const seconds = Math.floor(now / 1_000) + epochSeconds
        const fraction = Math.floor(((now % 1_000) / 1_000) * 2 ** 32)
        return [
          { _tag: "Sender", source, seconds, fraction, timestamp, packets, bytes, reports },
          { _tag: "Name", source, name }
        ]
      }

      sessions.set(id, {
        broken: () => listener({ _tag: "Broken" }),
        notice: (notice) => {
          switch (notice._tag) {
            case "Played":
              return listener({ _tag: "Played" })
            case "Key": {
              const result = TelephoneEvent.hear(heard, notice)
              heard = result.heard
              return result.key === undefined ? undefined : listener({ _tag: "Key", key: result.key })
            }
            case "Statistics":
              last = notice.statistics
              return order({ _tag: "Control", id, bytes: RtcpPacket.toBytes(report(last)) })
            case "Control": {
              const sender = RtcpPacket.parse(notice.bytes)?.find((one) => one._tag === "Sender")
              if (sender?._tag !== "Sender") return
              const middle = ((sender.seconds & 0xffff) * 65_536 + (sender.fraction >>> 16)) >>> 0
              lastReport = { middle, at: clock.unsafeCurrentTimeMillis() }
              return
            }
            case "Opened":
            case "Refused":
              return
          }
        }
      })

      return {
        local: { address: publicAddress, port },
        start: (agreed, playback) => {
          isStarted = true
          const track = trackOf(agreed, playback)
          const [sequence, timestamp] = [randomInt(2 ** 16), randomInt(2 ** 32)]
          order({
            _tag: "Start",
            id,
            flow: flowOf(agreed),
            track,
            source,
            sequence,
            timestamp,
            statisticsMillis: reportMillis
          })
        },
        update: (agreed) => order({ _tag: "Update", id, flow: flowOf(agreed) }),
        stop: () => {
          if (isStopped) return
          isStopped = true
          sessions.delete(id)
          const bye: RtcpPacket.Report = { _tag: "Bye", sources: [source] }
          const before: ReadonlyArray<RtcpPacket.Report> =
            last === undefined ? [{ _tag: "Receiver", source, reports: [] }] : report(last)
          order({ _tag: "Stop", id, bytes: isStarted ? RtcpPacket.toBytes([...before, bye]) : undefined })
        }
      }
    }

    return { open }
  })

const flowOf = ({ keys, keysPayloadType, packetMillis, payloadType, remote, remoteControl, sends }: Agreed): Flow => ({
  ...remote,
  ...controlOf(remoteControl),
  payloadType,
  keysPayloadType: keysPayloadType ?? -1,
  packetBytes: packetMillis * bytesPerMilli,
  sends,
  keys
})

const controlOf = ({ address, port }: Endpoint): Pick<Flow, "controlAddress" | "controlPort"> => ({
  controlAddress: address,
  controlPort: port
})

const trackOf = ({ codec }: Agreed, { audio, leadMillis, pauseMillis, plays }: Playback) => ({
  payload: G711.translated(audio.payload, audio.codec, codec),
  silence: G711.silence[codec],
  plays,
  leadBytes: leadMillis * bytesPerMilli,
  pauseBytes: pauseMillis * bytesPerMilli,
  tailBytes: tailMillis * bytesPerMilli
})
