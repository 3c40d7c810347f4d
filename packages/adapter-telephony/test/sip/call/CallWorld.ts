/** A user agent of ours, a callee that does as it is told, and a network between them, by a clock of their own. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import type { CallPlan, CallReport, OutgoingCall } from "../../../src/sip/call/OutgoingCall.ts"
import * as UserAgent from "../../../src/sip/call/UserAgent.ts"
import type { Media, MediaEvent } from "../../../src/sip/media/Media.ts"
import * as Answer from "../../../src/sip/message/Answer.ts"
import * as Message from "../../../src/sip/message/Message.ts"
import * as MessageParser from "../../../src/sip/message/MessageParser.ts"
import * as SipUri from "../../../src/sip/message/SipUri.ts"
import * as Negotiation from "../../../src/sip/sdp/Negotiation.ts"
import * as Transactions from "../../../src/sip/transaction/Transactions.ts"
import type * as Hop from "../../../src/sip/transport/Hop.ts"
import type { Received, Transport } from "../../../src/sip/transport/Transport.ts"
import { TransportFailure } from "../../../src/sip/transport/TransportFailure.ts"
import { VirtualTime } from "../VirtualTime.ts"

export const us: Hop.Hop = { protocol: "udp", address: "192.0.2.10", port: 5060 }
export const trunk: Hop.Hop = { protocol: "udp", address: "192.0.2.1", port: 5060 }

/** After how many milliseconds the copies of a datagram arrive. */
export type Link = () => ReadonlyArray<number>

export interface Options {
  readonly link?: Link
  readonly plan?: Partial<CallPlan>
  readonly protocol?: Hop.Protocol
}

const audio = { codec: "alaw" as const, payload: new Uint8Array(8_000) }

export const account = { user: "alice", password: Redacted.make("s3cret") }

export const world = async (options: Options = {}) => {
  const { link = () => [5], protocol = "udp" } = options
  const time = new VirtualTime()
  const scope = Effect.runSync(Scope.make())
  const receivers = new Map<string, (received: Received) => void>()
  const dead = new Set<string>()
  const wire: Array<string> = []
  const messages: Array<Message.Message> = []
  /** Where each of `messages` went. */
  const hops: Array<Hop.Hop> = []
  let tokens = 0
  const token = () => `t${tokens++}`

  const open = (from: Hop.Hop) => (receive: (received: Received) => void) => {
    receivers.set(from.address, receive)
    const transport: Transport = {
      ...from,
      tlsPort: undefined,
      protocols: protocol === "tls" ? ["tls"] : ["udp", "tcp"],
      counts: Effect.succeed({ malformed: 0, refusedConnections: 0, connections: 0 }),
      send: (hop, message) => {
        if (dead.has(hop.address) || !transport.protocols.includes(hop.protocol))
          return new TransportFailure({ reason: "unreachable", detail: "ECONNREFUSED" })
        const bytes = Message.toBytes(message)
        messages.push(message)
        hops.push(hop)
        const what = message._tag === "Request" ? message.method : `${message.status}`
        wire.push(`${time.now} ${from.address === us.address ? "" : "< "}${what}`)
        for (const delay of protocol === "udp" ? link() : [5]) {
          time.after(delay, () =>
            receivers.get(hop.address)?.({
              message: Either.getOrThrow(MessageParser.parse(bytes)),
              from: { ...from, protocol }
            })
          )
        }
        return Effect.void
      }
    }
    return Effect.succeed(transport)
  }

  const played: Array<string> = []
  let mediaListener: (event: MediaEvent) => void = () => {}
  const media: Media = {
    open: (listener) =>
      Effect.sync(() => {
        mediaListener = listener
        let stopped = false
        return {
          local: { address: us.address, port: 40_000 },
          start: ({ codec, remote, sends }, { audio: { payload }, leadMillis, pauseMillis, plays }) => {
            played.push(`${time.now} start ${codec} ${remote.address}:${remote.port} ${sends}`)
            const millis = leadMillis + plays * (payload.length / 8) + (plays - 1) * pauseMillis
            time.after(millis, () => stopped || listener({ _tag: "Played" }))
          },
          update: ({ codec, remote, sends }) => {
            played.push(`${time.now} update ${codec} ${remote.address}:${remote.port} ${sends}`)
          },
          stop: () => {
            if (!stopped) played.push(`${time.now} stop`)
            stopped = true
          }
        }
      })
  }

  const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>) =>
    Effect.runPromise(effect.pipe(Effect.withClock(time.clock), Scope.extend(scope)))

  const agent = await run(UserAgent.make(open(us), { user: "vsms", token, media, resolve: () => Effect.succeed([]) }))

  // ---------------------------------------------------------------- the callee

  const requests: Array<Transactions.ServerTransaction> = []
  const acknowledged: Array<Message.Request> = []
  const unacknowledged: Array<string> = []
  const script: Record<string, (transaction: Transactions.ServerTransaction) => void> = {}
  const callee = await run(
    Transactions.make(open(trunk), { token, sentBy: () => ({ host: trunk.address, port: 5060 }) }, (event) => {
      if (event._tag === "Acknowledged") return void acknowledged.push(event.request)
      if (event._tag === "Unacknowledged") return void unacknowledged.push(event.transaction.request.method)
      requests.push(event.transaction)
      const { request, respond } = event.transaction
      const scripted = script[request.method]
      if (scripted !== undefined) scripted(event.transaction)
      else respond(Answer.response(request, request.method === "INVITE" ? 100 : 200))
    })
  )
  const contact = { name: "Contact", value: "<sip:callee@192.0.2.1:5060>" }
  const sdp = (port = 6_000, codecs: Negotiation.Local["codecs"] = ["alaw", "mulaw"]) =>
    Negotiation.offer({ sessionId: 1, version: 1, address: trunk.address, port, codecs })

  /** Responds to an INVITE, with a description where it is given one. */
  const respond = (
    { request, respond: send }: Transactions.ServerTransaction,
    status: number,
    parts: { readonly body?: Uint8Array; readonly headers?: ReadonlyArray<Message.Header>; readonly tag?: string } = {}
  ) => {
    const { body = Message.noBody, headers = [], tag = "theirs" } = parts
    const type = body.length === 0 ? [] : [{ name: "Content-Type", value: "application/sdp" }]
    send(Answer.response(request, status, { tag, body, headers: [contact, ...headers, ...type] }))
  }

  const invites = () => requests.filter(({ request }) => request.method === "INVITE")
  let sequence = 100

  /** A request of the callee's within the dialog; answers the response as it comes. */
  const ask = (
    method: string,
    parts: {
      readonly body?: Uint8Array
      readonly headers?: ReadonlyArray<Message.Header>
      readonly tag?: string
      readonly sequence?: number
      readonly contact?: string
    } = {}
  ) => {
    const { request } = invites().at(-1)!
    const responses: Array<Message.Response> = []
    const message: Message.Request = {
      _tag: "Request",
      method,
      uri: "sip:vsms@192.0.2.10:5060",
      headers: [
        { name: "From", value: `${Message.first(request, "To")};tag=${parts.tag ?? "theirs"}` },
        { name: "To", value: Message.first(request, "From")! },
        { name: "Call-ID", value: Message.first(request, "Call-ID")! },
        { name: "CSeq", value: `${parts.sequence ?? sequence++} ${method}` },
        parts.contact === undefined ? contact : { name: "Contact", value: parts.contact },
        ...(parts.headers ?? [])
      ],
      body: parts.body ?? Message.noBody
    }
    callee.start({ ...us, protocol }, message, (event) => event._tag === "Response" && responses.push(event.response))
    return { responses, message }
  }

  // ---------------------------------------------------------------- the call

  const reports: Array<string> = []
  const ends = { late: 0, done: 0 }
  const uri = (user: string) => SipUri.make({ user, host: "trunk.test" })
  const place = (plan: Partial<CallPlan> = {}): Promise<OutgoingCall> =>
    run(
      agent.call(
        {
          to: uri("+8613800138000"),
          from: uri("075512340001"),
          hops: [{ ...trunk, protocol }],
          account: undefined,
          codecs: ["alaw", "mulaw"],
          playback: { audio, plays: 2, pauseMillis: 500, leadMillis: 300 },
          responseMillis: 5_000,
          setUpMillis: 20_000,
          ringMillis: 30_000,
          longestMillis: 60_000,
          ...options.plan,
          ...plan
        },
        {
          report: (report: CallReport) => {
            const more =
              report._tag === "Failed" ? ` ${report.failure}` : report._tag === "KeyPressed" ? ` ${report.key}` : ""
            reports.push(
              report._tag === "NotCarried"
                ? `${time.now} NotCarried ${report.placed}: ${report.detail}`
                : `${report.at} ${report._tag}${more}`
            )
          },
          answeredLate: () => ends.late++,
          done: () => ends.done++
        }
      )
    )

  return {
    time,
    wire,
    messages,
    hops,
    dead,
    played,
    agent,
    callee,
    requests,
    acknowledged,
    unacknowledged,
    script,
    respond,
    invites,
    ask,
    sdp,
    reports,
    ends,
    place,
    key: (key: string) => mediaListener({ _tag: "Key", key }),
    breakMedia: () => mediaListener({ _tag: "Broken" }),
    /** What of `wire` we sent, without times. */
    sent: () => wire.filter((line) => !line.includes("<")).map((line) => line.split(" ")[1]!),
    stop: async () => {
      const closing = Effect.runPromise(Scope.close(scope, Exit.void).pipe(Effect.withClock(time.clock)))
      await time.pass(5_000)
      await closing
    }
  }
}
