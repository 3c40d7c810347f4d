/**
 * Service: a SIP user agent that calls and is not called (RFC 3261): one transport, its transactions, and the calls
 * that are under way. When its scope closes it ends them all, and stays until the other ends know.
 */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type * as Digest from "../auth/Digest.ts"
import * as Answer from "../message/Answer.ts"
import * as Message from "../message/Message.ts"
import * as SipUri from "../message/SipUri.ts"
import type { Media, MediaEvent, MediaFailure, MediaSession } from "../media/Media.ts"
import type { Timing } from "../transaction/Timing.ts"
import * as TransactionTiming from "../transaction/Timing.ts"
import * as Transactions from "../transaction/Transactions.ts"
import * as Hop from "../transport/Hop.ts"
import type { Received, Transport } from "../transport/Transport.ts"
import { allowed, type CallEnv, type CallListener, type CallPlan, OutgoingCall } from "./OutgoingCall.ts"

export interface UserAgentOptions {
  /** The part of our own URIs before the `@`. */
  readonly user: string
  /** The name that goes into User-Agent. */
  readonly product?: string
  /** Our address as others see it, if that is not the one that we listen at. */
  readonly publicAddress?: string
  readonly timing?: Timing
  /** Unguessable and never the same twice. */
  readonly token: () => string
  /** Where a URI leads: only asked for those that name a host instead of an address. */
  readonly resolve: (uri: SipUri.SipUri) => Effect.Effect<ReadonlyArray<Hop.Hop>>
  readonly media: Media
  /** How long the calls that are under way may take to end when we stop; 2 s if absent. */
  readonly lingerMillis?: number
}

export interface UserAgent {
  readonly transport: Transport
  readonly transactions: Transactions.Transactions
  /** Takes a port for the audio and calls. All that follows is told to the listener. */
  readonly call: (
    plan: Omit<CallPlan, "callId" | "localTag">,
    listener: CallListener
  ) => Effect.Effect<OutgoingCall, MediaFailure>
  /** A request of no dialog, with all that it needs but its method's own headers; as `Transactions.exchange`. */
  readonly request: (
    hop: Hop.Hop,
    method: string,
    parts: {
      readonly uri: SipUri.SipUri
      readonly from: SipUri.SipUri
      readonly to: SipUri.SipUri
      readonly callId: string
      readonly localTag: string
      readonly sequence: number
      readonly headers?: ReadonlyArray<Message.Header>
    },
    authorise?: (request: Message.Request) => Message.Request
  ) => Effect.Effect<Message.Response, Transactions.NoResponse>
  readonly contact: (protocol: Hop.Protocol) => SipUri.SipUri
  readonly callsInProgress: () => number
}

export type Account = Digest.Account

export const make = <E, R>(
  open: (receive: (received: Received) => void) => Effect.Effect<Transport, E, R>,
  options: UserAgentOptions
): Effect.Effect<UserAgent, E, R | Scope.Scope> =>
  Effect.gen(function* () {
    const { lingerMillis = 2_000, media, product = "VSMS", timing = TransactionTiming.standard, token } = options
    const run = yield* FiberSet.makeRuntime()
    const calls = new Map<string, OutgoingCall>()
    let opened: Transport | undefined

    const here = (protocol: Hop.Protocol): { readonly host: string; readonly port: number } => {
      const address = options.publicAddress ?? opened?.address ?? "127.0.0.1"
      // Without a certificate nobody can connect to us over TLS: answers come by the connection that we made.
      const port = protocol === "tls" ? opened?.tlsPort : opened?.port
      return { host: Hop.bracketed(address), port: port ?? Hop.defaultPort(protocol) }
    }

    const contact = (protocol: Hop.Protocol): SipUri.SipUri =>
      SipUri.make({
        user: options.user,
        ...here(protocol),
        ...(protocol === "udp" ? {} : { params: new Map([["transport", protocol]]) })
      })

    const onServer = (event: Transactions.ServerEvent): void => {
      if (event._tag === "Acknowledged") return calls.get(event.envelope.callId)?.onAcknowledged(event.request)
      const { envelope, request, respond } = event.transaction
      const call = calls.get(envelope.callId)
      if (event._tag === "Unacknowledged") return call?.onUnacknowledged()
      // A final response was given to every INVITE at once: there is nothing left to cancel.
      if (request.method === "CANCEL") return respond(Answer.response(request, 481))
      if (call !== undefined) return call.onRequest(event.transaction)
      respond(outside(request, token()))
    }

    const transactions = yield* Transactions.make(
      (receive) =>
        Effect.tap(open(receive), (transport) =>
          Effect.sync(() => {
            opened = transport
          })
        ),
      { timing, token, sentBy: here },
      onServer
    )
    const transport = opened!

    const env: CallEnv = {
      transactions,
      run,
      token,
      contact,
      resolve: (uri) => {
        const known = literal(uri)
        const found = known !== undefined ? Effect.succeed([known]) : options.resolve(uri)
        // Many forget to say that they mean the protocol that they were called by.
        return Effect.map(found, (hops) => hops.find(({ protocol }) => transport.protocols.includes(protocol)))
      },
      userAgent: product,
      patienceMillis: TransactionTiming.patience(timing)
    }

    // Calls end before the transport does: this was added after it, and so comes first.
    yield* Effect.addFinalizer(() =>
      Effect.gen(function* () {
        for (const call of calls.values()) call.hangUp()
        for (let waited = 0; calls.size > 0 && waited < lingerMillis; waited += 20) yield* Effect.sleep(20)
      })
    )

    return {
      transport,
      transactions,
      contact,
      callsInProgress: () => calls.size,
      call: (plan, listener) =>
        Effect.gen(function* () {
          // What the audio tells before there is a call concerns nobody.
          let call: OutgoingCall | undefined
          const session: MediaSession = yield* media.open((event: MediaEvent) => call?.onMedia(event))
          const callId = token()
          call = new OutgoingCall(env, { ...plan, callId, localTag: token() }, session, {
            ...listener,
            done: () => {
              calls.delete(callId)
              listener.done()
            }
          })
          calls.set(callId, call)
          call.begin()
          return call
        }),
      request: (hop, method, parts, authorise = (request) => request) => {
        const { callId, from, headers = [], localTag, sequence, to, uri } = parts
        const request: Message.Request = {
          _tag: "Request",
          method,
          uri: SipUri.format(uri),
          headers: [
            { name: "Max-Forwards", value: "70" },
            { name: "From", value: `<${SipUri.format(from)}>;tag=${localTag}` },
            { name: "To", value: `<${SipUri.format(to)}>` },
            { name: "Call-ID", value: callId },
            { name: "CSeq", value: `${sequence} ${method}` },
            { name: "User-Agent", value: product },
            ...headers
          ],
          body: Message.noBody
        }
        return transactions.exchange(hop, authorise(request))
      }
    }
  })

/** What strangers get who are of no call of ours. */
const outside = (request: Message.Request, tag: string): Message.Response => {
  const headers = [{ name: "Allow", value: allowed }]
  const ofDialog = /;\s*tag\s*=/i.test(Message.first(request, "To") ?? "")
  if (ofDialog || request.method === "BYE") return Answer.response(request, 481, { tag })
  if (request.method === "OPTIONS") return Answer.response(request, 200, { tag, headers })
  // Nobody is here to take a call.
  if (request.method === "INVITE") return Answer.response(request, 403, { tag })
  return Answer.response(request, 405, { tag, headers })
}

/** The hop of a URI that names an address: there is nothing to look up. */
export const literal = (uri: SipUri.SipUri): Hop.Hop | undefined => {
  const address = SipUri.address(uri.params.get("maddr") ?? uri.host)
  if (!Hop.isAddress(address)) return undefined
  const named = uri.params.get("transport")?.toLowerCase()
  const protocol = uri.scheme === "sips" ? "tls" : (Hop.protocols.find((known) => known === named) ?? "udp")
  return { protocol, address, port: uri.port ?? Hop.defaultPort(protocol) }
}
