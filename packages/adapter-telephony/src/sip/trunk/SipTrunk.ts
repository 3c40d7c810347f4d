/**
 * Adapter: a SIP trunk as a `CallChannel`: calls leave this process as SIP and RTP, without a telephone exchange of our
 * own. Numbers are checked before they get into a URI; redirections are not followed; no call outlasts its limit.
 */
import { randomBytes } from "node:crypto"
import {
  type Call,
  CallChannel,
  type CallEvent,
  type CallFate,
  type Channel,
  ChannelFailure
} from "@vsms/core/dispatch/CallChannel"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import type { CallReport } from "../call/OutgoingCall.ts"
import * as Registration from "../call/Registration.ts"
import * as UserAgent from "../call/UserAgent.ts"
import type { Media } from "../media/Media.ts"
import * as MediaPlayer from "../media/MediaPlayer.ts"
import * as SipUri from "../message/SipUri.ts"
import type * as Timing from "../transaction/Timing.ts"
import * as Hop from "../transport/Hop.ts"
import * as Resolver from "../transport/Resolver.ts"
import * as Transport from "../transport/Transport.ts"
import { TransportFailure } from "../transport/TransportFailure.ts"
import * as TrunkUri from "./TrunkUri.ts"

export interface SipTrunkOptions {
  /** Of the channel: routes name it. */
  readonly name: string
  readonly trunk: TrunkUri.TrunkUri
  /** Where the trunk is: its servers, the best first. Looked up by its name (RFC 3263) if absent. */
  readonly hops?: Effect.Effect<ReadonlyArray<Hop.Hop>>
  /** For trunks that want to be told where we are: REGISTER, with the trunk's account. */
  readonly register?: boolean
  /** Where we listen and send from: an address of this machine, and a port (0 for any). */
  readonly local: { readonly address: string; readonly port: number }
  /** Our address as the trunk sees it, if that is another one. */
  readonly publicAddress?: string
  /** What stands behind the `@` in From and To; the trunk's host if absent. */
  readonly domain?: string
  readonly numbers?: TrunkUri.NumberForm
  readonly tls?: Transport.TransportOptions["tls"]
  /**
   * Whether the audio is encrypted (SRTP): `preferred` where the trunk takes it, `required` or there is no call. What
   * the trunk's line says if absent. The keys stand in the signalling, so they are offered over TLS alone, unless
   * `keysInClear` says that nobody listens there.
   */
  readonly srtp?: TrunkUri.Encryption
  readonly keysInClear?: boolean
  readonly rtpPorts?: MediaPlayer.MediaPlayerOptions["ports"]
  /** Silence after the answer, before the first play; 400 ms if absent. */
  readonly leadMillis?: number
  /** Until anything comes back of an INVITE; 5 s if absent. */
  readonly responseMillis?: number
  /** From there until the phone rings; 30 s if absent. */
  readonly setUpMillis?: number
  readonly timing?: Timing.Timing
  /** Plays; a player of this process if absent. */
  readonly media?: Media
  readonly lingerMillis?: number
}

/** As the simulated network has it. */
const usualPauseMillis = 1_000
const probeMillis = 5_000
/** So that there is time left for another way. */
const connectMillis = 3_000
/** How long a name leads where it led. */
const rememberMillis = 60_000

/** So many calls are remembered, the latest: of older ones nothing is known any more. */
const mostFates = 100_000

export const make = (options: SipTrunkOptions): Effect.Effect<Channel, TransportFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const { name, trunk } = options
    const token = () => randomBytes(12).toString("hex")
    const { address, port } = options.local
    const domain = options.domain ?? trunk.host
    if (options.publicAddress === undefined && (address === "0.0.0.0" || address === "::")) {
      // What stands in our messages has to be an address that somebody can send to.
      return yield* new TransportFailure({ reason: "unsupported", detail: `${address} needs a public address` })
    }
    const isPrivate = trunk.protocol === "tls" || options.keysInClear === true
    const wanted = options.srtp ?? trunk.srtp ?? "off"
    if (wanted === "required" && !isPrivate) {
      return yield* new TransportFailure({ reason: "unsupported", detail: "keys of SRTP want TLS" })
    }
    const srtp = wanted === "off" || !isPrivate ? undefined : wanted
    const outside = options.publicAddress === undefined ? {} : { publicAddress: options.publicAddress }
    const media =
      options.media ??
      (yield* MediaPlayer.make({
        address,
        ...outside,
        ...(options.rtpPorts === undefined ? {} : { ports: options.rtpPorts })
      }))
    const protocols: ReadonlyArray<Hop.Protocol> = trunk.protocol === "udp" ? ["udp", "tcp"] : [trunk.protocol]
    const hops = options.hops ?? (yield* Resolver.remembering(Resolver.system, trunk, address, rememberMillis))
    const agent = yield* UserAgent.make(
      (receive) =>
        Transport.make(
          { address, port, protocols, connectMillis, ...(options.tls === undefined ? {} : { tls: options.tls }) },
          receive
        ),
      {
        user: trunk.account?.user.replaceAll(/[^A-Za-z0-9_.-]/g, "") || "vsms",
        token,
        media,
        resolve: ({ host, params, port }) => {
          if (host === trunk.host && port === trunk.port) return hops
          const named = params.get("transport")?.toLowerCase()
          const protocol = Hop.protocols.find((known) => known === named) ?? trunk.protocol
          return Resolver.hops(Resolver.system, { host, port, protocol }, address)
        },
        ...outside,
        ...(options.timing === undefined ? {} : { timing: options.timing }),
        ...(options.lingerMillis === undefined ? {} : { lingerMillis: options.lingerMillis })
      }
    )

    if (options.register === true && trunk.account !== undefined) {
      yield* Registration.make(agent, { hops, domain, account: trunk.account, token })
    }
    const run = yield* FiberSet.makeRuntime()
    const fates = new Map<string, CallFate>()
    const remember = (id: string, fate: CallFate): void => {
      fates.set(id, fate)
      if (fates.size <= mostFates) return
      const [oldest] = fates.keys()
      if (oldest !== undefined) fates.delete(oldest)
    }
    const fail = (placed: "no" | "unknown", detail: string) => new ChannelFailure({ channel: name, placed, detail })
    const uriOf = (user: string) => SipUri.make({ user, host: domain })

    /** Places the call, and hands over what it reports until it is over. */
    const carry = (
      call: Call,
      hops: readonly [Hop.Hop, ...ReadonlyArray<Hop.Hop>],
      users: { readonly to: string; readonly from: string },
      report: (event: CallEvent) => Effect.Effect<void>
    ): Effect.Effect<void, ChannelFailure> =>
      Effect.gen(function* () {
        const reports = yield* Queue.unbounded<CallReport>()
        let answeredAt = 0
        const plan = {
          to: uriOf(users.to),
          from: uriOf(users.from),
          hops,
          account: trunk.account,
          codecs: call.audio.codec === "alaw" ? (["alaw", "mulaw"] as const) : (["mulaw", "alaw"] as const),
          playback: {
            audio: call.audio,
            plays: call.plays,
            pauseMillis: call.pauseMillis ?? usualPauseMillis,
            leadMillis: options.leadMillis ?? 400
          },
          srtp,
          responseMillis: options.responseMillis ?? 5_000,
          setUpMillis: options.setUpMillis ?? 30_000,
          ringMillis: call.ringTimeoutMillis,
          longestMillis: call.longestCallMillis
        }
        const listener = {
          report: (one: CallReport): void => {
            if (one._tag === "Answered") answeredAt = one.at
            else if (one._tag === "HungUp") remember(call.id, { _tag: "Completed", answeredAt, hungUpAt: one.at })
            else if (one._tag === "Failed") remember(call.id, one)
            else if (one._tag === "NotCarried") remember(call.id, { _tag: "Unknown" })
            reports.unsafeOffer(one)
          },
          answeredLate: (): void => {
            run(
              Effect.logWarning("A call was answered after it was given up").pipe(
                Effect.annotateLogs({ callId: call.id })
              )
            )
          },
          done: () => {}
        }
        const placed = Effect.mapError(agent.call(plan, listener), ({ detail }) => fail("no", detail))
        yield* Effect.acquireUseRelease(
          placed,
          () => handOver(reports, report),
          // Whoever lets go of a call hangs it up; one that is over does not mind.
          (outgoing) => Effect.sync(() => outgoing.hangUp())
        )
      })

    const handOver = (
      reports: Queue.Dequeue<CallReport>,
      report: (event: CallEvent) => Effect.Effect<void>
    ): Effect.Effect<void, ChannelFailure> =>
      Effect.gen(function* () {
        for (;;) {
          const one = yield* Queue.take(reports)
          if (one._tag === "NotCarried") return yield* fail(one.placed, one.detail)
          yield* report(one)
          if (one._tag === "HungUp" || one._tag === "Failed") return
        }
      })

    const failed = (
      call: Call,
      failure: "invalidNumber" | "callerBarred",
      report: (event: CallEvent) => Effect.Effect<void>
    ) =>
      Effect.suspend(() => {
        const event = { _tag: "Failed" as const, at: agent.transactions.alarms.wall(), failure }
        remember(call.id, event)
        return report(event)
      })

    const form = options.numbers ?? "plus"
    const placed = (call: Call, report: (event: CallEvent) => Effect.Effect<void>) =>
      Effect.gen(function* () {
        const to = TrunkUri.numberIn(form, call.callee)
        const from = TrunkUri.numberIn(form, call.display)
        if (to === undefined) return yield* failed(call, "invalidNumber", report)
        if (from === undefined) return yield* failed(call, "callerBarred", report)
        const [first, ...others] = yield* hops
        if (first === undefined) return yield* fail("no", "the trunk's name leads nowhere")
        return yield* carry(call, [first, ...others], { to, from }, report)
      }).pipe(
        // What did not even begin is not in progress either.
        Effect.ensuring(
          Effect.sync(() => {
            if (fates.get(call.id)?._tag === "InProgress") remember(call.id, { _tag: "Unknown" })
          })
        )
      )

    const channel: Channel = {
      name,
      // What another process, or this one before it was started again, has placed is not known here: of an id that is
      // not known, nothing can be promised.
      capabilities: { codecs: ["alaw", "mulaw"], keyPresses: true, remembers: false },
      place: (call, report) =>
        Effect.suspend(() => {
          if (fates.has(call.id)) return fail("unknown", "this call was placed before")
          remember(call.id, { _tag: "InProgress" })
          return placed(call, report)
        }),
      ask: (id) => Effect.sync(() => fates.get(id) ?? { _tag: "Unknown" }),
      probe: Effect.gen(function* () {
        const [hop] = yield* hops
        if (hop === undefined) return yield* fail("no", "the trunk's name leads nowhere")
        const uri = SipUri.make({ host: domain })
        const us = uriOf(agent.contact(hop.protocol).user ?? "vsms")
        const parts = { uri, from: us, to: uri, callId: token(), localTag: token(), sequence: 1 }
        const response = yield* agent.request(hop, "OPTIONS", parts).pipe(
          Effect.mapError(({ reason }) => fail("no", reason)),
          Effect.timeoutFail({ duration: probeMillis, onTimeout: () => fail("no", "no response") })
        )
        // Whoever refuses to say what he can do is there all the same.
        if (response.status >= 500) return yield* fail("no", `refused with ${response.status}`)
      })
    }
    return channel
  })

export const layer = (options: SipTrunkOptions): Layer.Layer<CallChannel, TransportFailure> =>
  Layer.scoped(CallChannel, make(options))
