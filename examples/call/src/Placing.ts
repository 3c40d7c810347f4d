/** The two ways in which a call leaves: straight to a telephone by its SIP address, or over a trunk to a number. */
import { randomBytes } from "node:crypto"
import * as dgram from "node:dgram"
import { isIP } from "node:net"
import type { CallReport } from "@vsms/adapter-telephony/sip/call/OutgoingCall"
import * as UserAgent from "@vsms/adapter-telephony/sip/call/UserAgent"
import * as MediaPlayer from "@vsms/adapter-telephony/sip/media/MediaPlayer"
import * as SipUri from "@vsms/adapter-telephony/sip/message/SipUri"
import * as Hop from "@vsms/adapter-telephony/sip/transport/Hop"
import * as Resolver from "@vsms/adapter-telephony/sip/transport/Resolver"
import * as Transport from "@vsms/adapter-telephony/sip/transport/Transport"
import * as SipTrunk from "@vsms/adapter-telephony/sip/trunk/SipTrunk"
import { type CallEvent, ChannelFailure } from "@vsms/core/dispatch/CallChannel"
import type { TelephoneAudio } from "@vsms/core/dispatch/TelephoneCodec"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type { Options, Way } from "./CallOptions.ts"

const usualPauseMillis = 1_000
const leadMillis = 400
const longestMillis = 180_000

const token = () => randomBytes(12).toString("hex")

const fail = (placed: "no" | "unknown", detail: string) => new ChannelFailure({ channel: "call", placed, detail })

/** Places the call, and reports until it is over. */
export const place = (options: Options, audio: TelephoneAudio, report: (event: CallEvent) => Effect.Effect<void>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { way } = options
      const target = way._tag === "Trunk" ? way.trunk : placeOf(way)
      const [hop] = yield* Resolver.hops(Resolver.system, target, options.local.address ?? "0.0.0.0")
      if (hop === undefined) return yield* fail("no", `${target.host}: no such host`)
      const address = options.local.address ?? (yield* addressTowards(hop))
      return yield* way._tag === "Trunk"
        ? overTrunk(options, way, address, audio, report)
        : straight(options, way, hop, address, audio, report)
    })
  )

const placeOf = ({ to }: Extract<Way, { readonly _tag: "Direct" }>): Resolver.Place => {
  const named = to.params.get("transport")?.toLowerCase()
  const protocol = to.scheme === "sips" ? "tls" : (Hop.protocols.find((known) => known === named) ?? "udp")
  return { host: to.host, port: to.port, protocol }
}

/** Our own address in the network that leads there: what a socket takes that is to send there. */
const addressTowards = (hop: Hop.Hop): Effect.Effect<string, ChannelFailure> =>
  Effect.async((resume) => {
    const socket = dgram.createSocket(isIP(hop.address) === 6 ? "udp6" : "udp4")
    const done = (result: Effect.Effect<string, ChannelFailure>) => {
      socket.close()
      resume(result)
    }
    socket.on("error", () => done(fail("no", `no way to ${hop.address}`)))
    socket.connect(hop.port, hop.address, () => done(Effect.succeed(socket.address().address)))
  })

const overTrunk = (
  options: Options,
  { register, to, trunk }: Extract<Way, { readonly _tag: "Trunk" }>,
  address: string,
  audio: TelephoneAudio,
  report: (event: CallEvent) => Effect.Effect<void>
) =>
  Effect.gen(function* () {
    const { display, local, plays, publicAddress, ringMillis } = options
    const channel = yield* SipTrunk.make({
      name: trunk.host,
      trunk,
      register,
      local: { address, port: local.port },
      ...(publicAddress === undefined ? {} : { publicAddress })
    })
    yield* channel.place(
      {
        id: token(),
        callee: to,
        display,
        audio,
        plays,
        ringTimeoutMillis: ringMillis,
        longestCallMillis: longestMillis
      },
      report
    )
  })

const straight = (
  options: Options,
  { to }: Extract<Way, { readonly _tag: "Direct" }>,
  hop: Hop.Hop,
  address: string,
  audio: TelephoneAudio,
  report: (event: CallEvent) => Effect.Effect<void>
) =>
  Effect.gen(function* () {
    const { display, local, plays, publicAddress, ringMillis } = options
    const outside = publicAddress === undefined ? {} : { publicAddress }
    const media = yield* MediaPlayer.make({ address, ...outside })
    const protocols = hop.protocol === "udp" ? (["udp", "tcp"] as const) : [hop.protocol]
    const agent = yield* UserAgent.make(
      (receive) => Transport.make({ address, port: local.port, protocols }, receive),
      {
        user: display,
        token,
        media,
        resolve: ({ host, port }) => Resolver.hops(Resolver.system, { host, port, protocol: hop.protocol }, address),
        ...outside
      }
    )
    const reports = yield* Queue.unbounded<CallReport>()
    const plan = {
      to,
      from: SipUri.make({ user: display, host: Hop.bracketed(publicAddress ?? address) }),
      hops: [hop] as const,
      account: undefined,
      codecs: audio.codec === "alaw" ? (["alaw", "mulaw"] as const) : (["mulaw", "alaw"] as const),
      playback: { audio, plays, pauseMillis: usualPauseMillis, leadMillis },
      responseMillis: 5_000,
      setUpMillis: 30_000,
      ringMillis,
      longestMillis
    }
    yield* Effect.acquireUseRelease(
      agent
        .call(plan, {
          report: (one) => void reports.unsafeOffer(one),
          answeredLate: () => {},
          done: () => {}
        })
        .pipe(Effect.mapError(({ detail }) => fail("no", detail))),
      () => handOver(reports, report),
      (outgoing) => Effect.sync(() => outgoing.hangUp())
    )
  })

const handOver = (
  reports: Queue.Dequeue<CallReport>,
  report: (event: CallEvent) => Effect.Effect<void>
): Effect.Effect<void, ChannelFailure> =>
  Effect.flatMap(Queue.take(reports), (one) => {
    if (one._tag === "NotCarried") return fail(one.placed, one.detail)
    const isLast = one._tag === "HungUp" || one._tag === "Failed"
    return Effect.zipRight(report(one), isLast ? Effect.void : handOver(reports, report))
  })
