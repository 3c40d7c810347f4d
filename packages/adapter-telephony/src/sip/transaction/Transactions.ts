/**
 * Service: the transactions of one SIP element (RFC 3261, section 17): each request and its responses, as one exchange,
 * however often their messages are lost, doubled and swapped.
 *
 * **Details** The four state machines decide; here their timers run, and messages find their transaction. Everything
 * that is told is told within the call that took the message in, one after the other: listeners must not throw.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import * as Answer from "../message/Answer.ts"
import * as Envelope from "../message/Envelope.ts"
import { splitList } from "../message/Grammar.ts"
import * as Message from "../message/Message.ts"
import * as Via from "../message/Via.ts"
import * as Hop from "../transport/Hop.ts"
import type { Received, Transport } from "../transport/Transport.ts"
import type { TransportFailure } from "../transport/TransportFailure.ts"
import * as Alarms from "./Alarms.ts"
import * as InviteClient from "./InviteClient.ts"
import * as InviteServer from "./InviteServer.ts"
import * as NonInviteClient from "./NonInviteClient.ts"
import * as NonInviteServer from "./NonInviteServer.ts"
import * as Timing from "./Timing.ts"
import * as TransactionKey from "./TransactionKey.ts"

/** What a client learns. After a final response other than the 2xx of an INVITE, or a failure, it learns nothing more. */
export type ClientEvent =
  | { readonly _tag: "Response"; readonly response: Message.Response; readonly envelope: Envelope.Envelope }
  /** Nobody has answered in time (timers B and F). */
  | { readonly _tag: "TimedOut" }
  | { readonly _tag: "NotSent"; readonly failure: TransportFailure }

export interface ServerTransaction {
  readonly request: Message.Request
  readonly envelope: Envelope.Envelope
  readonly from: Hop.Hop
  /** Responds. After a final response it does nothing. */
  readonly respond: (response: Message.Response) => void
}

export type ServerEvent =
  | { readonly _tag: "Request"; readonly transaction: ServerTransaction }
  /** The ACK of a 2xx of ours. It may come again. */
  | { readonly _tag: "Acknowledged"; readonly request: Message.Request; readonly envelope: Envelope.Envelope }
  /** A final response of ours to an INVITE was never acknowledged. */
  | { readonly _tag: "Unacknowledged"; readonly transaction: ServerTransaction }

export interface TransactionsOptions {
  readonly timing?: Timing.Timing
  /** Unguessable and never the same twice: for branches. */
  readonly token: () => string
  /** What we are called in Via: our address and port as others see them. */
  readonly sentBy: (protocol: Hop.Protocol) => { readonly host: string; readonly port: number }
  /** Requests of others that are under way at once; more get a 503. 10,000 if absent. */
  readonly maxServerTransactions?: number
}

/** Why an exchange brought no response. */
export class NoResponse extends Data.TaggedError("NoResponse")<{
  readonly reason: "timedOut" | TransportFailure["reason"]
}> {}

export interface Transactions {
  /**
   * Sends a request, with a Via of ours on top. What becomes of it is told to `listener`, from within this call on.
   * Answers the request as it was sent. One that is too long for a datagram goes over TCP where the other end has that,
   * and over UDP all the same where it has not (RFC 3261, section 18.1.1).
   */
  readonly start: (hop: Hop.Hop, request: Message.Request, listener: (event: ClientEvent) => void) => Message.Request
  /**
   * Sends the CANCEL of an INVITE that `start` answered: it has the INVITE's branch. If the INVITE is still not answered
   * after 32 s, it is forgotten without a word.
   */
  readonly cancel: (hop: Hop.Hop, invite: Message.Request, reason?: string) => void
  /** Sends a request other than INVITE, and waits for its final response. */
  readonly exchange: (hop: Hop.Hop, request: Message.Request) => Effect.Effect<Message.Response, NoResponse>
  /** Sends the ACK of a 2xx, with a Via of ours on top: it is of no transaction, and nobody answers it. */
  readonly acknowledge: (hop: Hop.Hop, ack: Message.Request) => void
  /** What came in over the transport. */
  readonly receive: (received: Received) => void
  readonly alarms: Alarms.Alarms
  /** Transactions that are under way, or linger. */
  readonly count: () => number
}

/** A transaction whose timers run. */
interface Live {
  readonly key: string
  readonly timers: () => Timing.Timers
  readonly elapse: () => void
  /** When it is looked after next. */
  alarmAt: number
}

interface Client extends Live {
  readonly hop: Hop.Hop
  readonly request: Message.Request
  /** Waits for nothing more. */
  readonly abandon: () => void
  readonly receive: (response: Message.Response, envelope: Envelope.Envelope) => void
}

interface Server extends Live {
  readonly repeat: () => void
  readonly acknowledge: (request: Message.Request, envelope: Envelope.Envelope) => void
}

interface Way {
  readonly hop: Hop.Hop
  readonly request: Message.Request
}

type Phased = Timing.Timers & { readonly phase: string }

/** What the machines of both kinds of clients have in common. */
interface ClientMachine<State extends Phased> {
  readonly start: (env: Timing.Env) => Timing.Step<State>
  readonly receive: (env: Timing.Env, state: State, status: number) => Timing.Step<State>
  readonly elapse: (env: Timing.Env, state: State) => Timing.Step<State>
  readonly fail: (state: State) => State
}

/** What those of both kinds of servers have in common. */
interface ServerMachine<State extends Phased> {
  readonly start: Timing.Step<State>
  readonly respond: (env: Timing.Env, state: State, status: number) => Timing.Step<State>
  readonly repeat: (state: State, hasResponded: boolean) => Timing.Step<State>
  readonly acknowledged?: (env: Timing.Env, state: State) => Timing.Step<State>
  readonly elapse: (env: Timing.Env, state: State) => Timing.Step<State>
}

/** `open` opens the transport; what comes in there goes to the function that it is given. */
export const make = <E, R>(
  open: (receive: (received: Received) => void) => Effect.Effect<Pick<Transport, "send" | "protocols">, E, R>,
  options: TransactionsOptions,
  listener: (event: ServerEvent) => void
): Effect.Effect<Transactions, E, R | Scope.Scope> =>
  Effect.gen(function* () {
    const { maxServerTransactions = 10_000, timing = Timing.standard } = options
    const alarms = yield* Alarms.make
    const run = yield* FiberSet.makeRuntime()
    const clients = new Map<string, Client>()
    const servers = new Map<string, Server>()
    /** Servers whose 2xx was not acknowledged yet: the ACK has a branch of its own. */
    const unacknowledged = new Map<string, Server>()
    let receive: (received: Received) => void = () => {}
    const transport = yield* open((received) => receive(received))

    const envOf = (hop: Hop.Hop): Timing.Env => ({
      now: alarms.now(),
      timing,
      reliable: Hop.isReliable(hop.protocol)
    })

    const send = (hop: Hop.Hop, message: Message.Message, onFailure: (failure: TransportFailure) => void): void => {
      run(Effect.catchAll(transport.send(hop, message), (failure) => Effect.sync(() => onFailure(failure))))
    }

    /** Sees to it that the next timer of a transaction fires. */
    const watch = (live: Live): void => {
      const at = Timing.next(live.timers())
      if (at >= live.alarmAt) return
      live.alarmAt = at
      alarms.set(at, () => {
        // An alarm that was overtaken by an earlier one may still ring.
        if (live.alarmAt === at) live.alarmAt = Timing.never
        live.elapse()
        watch(live)
      })
    }

    const client = <State extends Phased>(
      machine: ClientMachine<State>,
      hop: Hop.Hop,
      request: Message.Request,
      key: string,
      tell: (event: ClientEvent) => void
    ): void => {
      let acknowledgement: Message.Request | undefined
      let told: ClientEvent | undefined
      const first = machine.start(envOf(hop))
      let state = first.state

      const apply = (step: Timing.Step<State>): void => {
        state = step.state
        if (state.phase === "terminated") clients.delete(key)
        for (const action of step.actions) {
          if (action._tag === "Send") send(hop, request, fail)
          else if (action._tag === "Acknowledge") {
            if (acknowledgement !== undefined) send(hop, acknowledgement, () => {})
          } else if (action._tag === "TimedOut") tell({ _tag: "TimedOut" })
          else if (told !== undefined) tell(told)
        }
        watch(live)
      }

      const fail = (failure: TransportFailure): void => {
        const before = state.phase
        state = machine.fail(state)
        if (state.phase !== "terminated") return
        clients.delete(key)
        if (before !== "terminated" && before !== "completed") tell({ _tag: "NotSent", failure })
      }

      const live: Client = {
        key,
        hop,
        request,
        alarmAt: Timing.never,
        timers: () => state,
        elapse: () => apply(machine.elapse(envOf(hop), state)),
        abandon: () => {
          state = machine.fail(state)
          if (state.phase === "terminated") clients.delete(key)
        },
        receive: (response, envelope) => {
          told = { _tag: "Response", response, envelope }
          if (response.status >= 300) acknowledgement ??= Answer.acknowledgement(request, response)
          apply(machine.receive(envOf(hop), state, response.status))
        }
      }
      clients.set(key, live)
      apply(first)
    }

    const launch = (
      hop: Hop.Hop,
      request: Message.Request,
      branch: string,
      tell: (event: ClientEvent) => void
    ): void => {
      const key = TransactionKey.ofSent(branch, request.method)
      if (request.method === "INVITE") client(InviteClient, hop, request, key, tell)
      else client(NonInviteClient, hop, request, key, tell)
    }

    const server = <State extends Phased>(
      machine: ServerMachine<State>,
      hop: Hop.Hop,
      request: Message.Request,
      envelope: Envelope.Envelope,
      key: string
    ): void => {
      const ackKey = dialogKey(envelope)
      let lastResponse: Message.Response | undefined
      let state = machine.start.state
      let acknowledged: ServerEvent | undefined

      const apply = (step: Timing.Step<State>): void => {
        state = step.state
        if (state.phase === "terminated") {
          servers.delete(key)
          if (unacknowledged.get(ackKey) === live) unacknowledged.delete(ackKey)
        } else if (state.phase === "accepted") unacknowledged.set(ackKey, live)
        for (const action of step.actions) {
          if (action._tag === "Send") {
            if (lastResponse !== undefined) send(hop, lastResponse, () => {})
          } else if (action._tag === "TimedOut") listener({ _tag: "Unacknowledged", transaction })
          else if (acknowledged !== undefined) listener(acknowledged)
        }
        watch(live)
      }

      const transaction: ServerTransaction = {
        request,
        envelope,
        from: hop,
        respond: (response) => {
          // The first final response stays the last one.
          if (lastResponse !== undefined && lastResponse.status >= 200) return
          lastResponse = response
          apply(machine.respond(envOf(hop), state, response.status))
        }
      }
      const live: Server = {
        key,
        alarmAt: Timing.never,
        timers: () => state,
        elapse: () => apply(machine.elapse(envOf(hop), state)),
        repeat: () => apply(machine.repeat(state, lastResponse !== undefined)),
        acknowledge: (ack, ackEnvelope) => {
          acknowledged = { _tag: "Acknowledged", request: ack, envelope: ackEnvelope }
          if (machine.acknowledged !== undefined) apply(machine.acknowledged(envOf(hop), state))
        }
      }
      servers.set(key, live)
      listener({ _tag: "Request", transaction })
    }

    const received = (message: Message.Request, from: Hop.Hop): void => {
      const found = Envelope.of(message)
      if (Either.isLeft(found)) {
        const hasVia = message.headers.some(({ name }) => name === "Via")
        if (message.method !== "ACK" && hasVia) send(from, Answer.response(message, 400), () => {})
        return
      }
      const envelope = found.right
      const known = servers.get(TransactionKey.ofRequest(envelope))
      if (message.method === "ACK") {
        const waiting = known ?? unacknowledged.get(dialogKey(envelope))
        waiting?.acknowledge(message, envelope)
        return
      }
      if (known !== undefined) return known.repeat()
      const request = withSource(message, envelope.via, from)
      const hop = answerHop(envelope.via, from)
      if (servers.size >= maxServerTransactions) {
        const headers = [{ name: "Retry-After", value: "10" }]
        send(hop, Answer.response(request, 503, { headers }), () => {})
        return
      }
      const key = TransactionKey.ofRequest(envelope)
      if (message.method === "INVITE") server(InviteServer, hop, request, envelope, key)
      else server(NonInviteServer, hop, request, envelope, key)
    }

    receive = ({ from, message }) => {
      if (message._tag === "Request") return received(message, from)
      const envelope = Envelope.of(message)
      if (Either.isRight(envelope))
        clients.get(TransactionKey.ofResponse(envelope.right))?.receive(message, envelope.right)
    }

    const newBranch = (): string => Via.magicCookie + options.token()

    const withVia = (request: Message.Request, { protocol }: Hop.Hop, branch: string): Message.Request => {
      const params = new Map([
        ["branch", branch],
        ["rport", ""]
      ])
      const value = Via.format({ transport: protocol.toUpperCase(), ...options.sentBy(protocol), params })
      return { ...request, headers: [{ name: "Via", value }, ...request.headers] }
    }

    /** Those who take no connections, and until when that is believed. */
    const withoutStream = new Map<string, number>()

    const takesStreams = (hop: Hop.Hop): boolean => {
      const until = withoutStream.get(Hop.key(hop))
      if (until !== undefined && until <= alarms.now()) withoutStream.delete(Hop.key(hop))
      return !withoutStream.has(Hop.key(hop))
    }

    /** The way of a request, and another one if that turns out to be none. */
    const waysOf = (hop: Hop.Hop, request: Message.Request, branch: string): readonly [Way, Way?] => {
      const usual = { hop, request: withVia(request, hop, branch) }
      if (hop.protocol !== "udp" || Message.toBytes(usual.request).length <= Hop.largestDatagramRequest) return [usual]
      if (!transport.protocols.includes("tcp") || !takesStreams(hop)) return [usual]
      const stream = { ...hop, protocol: "tcp" as const }
      return [{ hop: stream, request: withVia(request, stream, branch) }, usual]
    }

    const start: Transactions["start"] = (hop, request, tell) => {
      const branch = newBranch()
      const [first, other] = waysOf(hop, request, branch)
      launch(first.hop, first.request, branch, (event) => {
        if (other === undefined || event._tag !== "NotSent") return tell(event)
        withoutStream.set(Hop.key(hop), alarms.now() + rememberMillis)
        launch(hop, other.request, branch, tell)
      })
      return first.request
    }

    return {
      start,
      cancel: (hop, invite, reason) => {
        const via = Envelope.of(invite)
        const branch = Either.isRight(via) ? via.right.via.params.get("branch") : undefined
        if (branch === undefined) return
        // It takes the way that its INVITE took at last.
        const taken = clients.get(TransactionKey.ofSent(branch, "INVITE")) ?? { hop, request: invite }
        launch(taken.hop, Answer.cancellation(taken.request, reason), branch, () => {})
        // Whoever does not answer an INVITE that was taken back never will (RFC 3261, section 9.1).
        const cancelled = clients.get(TransactionKey.ofSent(branch, "INVITE"))
        alarms.set(alarms.now() + Timing.patience(timing), () => cancelled?.abandon())
      },
      exchange: (hop, request) =>
        Effect.async<Message.Response, NoResponse>((resume) => {
          start(hop, request, (event) => {
            if (event._tag === "TimedOut") resume(new NoResponse({ reason: "timedOut" }))
            else if (event._tag === "NotSent") resume(new NoResponse({ reason: event.failure.reason }))
            else if (event.response.status >= 200) resume(Effect.succeed(event.response))
          })
        }),
      acknowledge: (hop, ack) => {
        const [first, other] = waysOf(hop, ack, newBranch())
        send(first.hop, first.request, () => {
          if (other !== undefined) send(other.hop, other.request, () => {})
        })
      },
      receive: (one) => receive(one),
      alarms,
      count: () => clients.size + servers.size
    }
  })

/** How long it is believed that somebody takes no connections. */
const rememberMillis = 600_000

/** What an INVITE and the ACK of its 2xx have in common. */
const dialogKey = (envelope: Envelope.Envelope): string =>
  `${envelope.callId} ${Envelope.fromTag(envelope) ?? ""} ${envelope.cseq.number}`

/** Where an answer goes (RFC 3261, section 18.2.2, and RFC 3581). */
const answerHop = (via: Via.Via, from: Hop.Hop): Hop.Hop =>
  Hop.isReliable(from.protocol) || via.params.has("rport")
    ? from
    : { ...from, port: via.port ?? Hop.defaultPort(from.protocol) }

/** The request with what the topmost Via did not know: where it came from. */
const withSource = (request: Message.Request, via: Via.Via, from: Hop.Hop): Message.Request => {
  const params = new Map(via.params)
  if (via.host !== Hop.bracketed(from.address)) params.set("received", from.address)
  if (params.has("rport")) params.set("rport", String(from.port))
  const at = request.headers.findIndex(({ name }) => name === "Via")
  const [, ...others] = splitList(request.headers[at]!.value) ?? []
  const value = [Via.format({ ...via, params }), ...others].join(", ")
  return { ...request, headers: request.headers.with(at, { name: "Via", value }) }
}
