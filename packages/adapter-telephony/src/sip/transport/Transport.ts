/**
 * Adapter: SIP over UDP, TCP and TLS, all at one port. Messages that come in are handed over parsed; what is no message
 * is counted and dropped. Nothing is kept for later: what cannot be sent now fails.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Malformed } from "../message/Malformed.ts"
import * as Message from "../message/Message.ts"
import * as MessageParser from "../message/MessageParser.ts"
import * as Datagrams from "./Datagrams.ts"
import type * as Hop from "./Hop.ts"
import * as Streams from "./Streams.ts"
import { TransportFailure } from "./TransportFailure.ts"

export type TransportOptions = Streams.StreamOptions

export interface Received {
  readonly message: Message.Message
  /** Where it came from, and where an answer goes: over a stream, the same connection. */
  readonly from: Hop.Hop
}

export interface Counts {
  readonly malformed: number
  readonly refusedConnections: number
  readonly connections: number
}

export interface Transport {
  readonly address: string
  /** Of UDP and TCP; `undefined` if we speak neither. */
  readonly port: number | undefined
  /** Where TLS connections are taken; `undefined` without a certificate of our own. */
  readonly tlsPort: number | undefined
  readonly protocols: ReadonlyArray<Hop.Protocol>
  /**
   * Done when the message has left this process. Over a stream, it connects first if it is not connected; a connection
   * that broke is made anew by the next message.
   */
  readonly send: (hop: Hop.Hop, message: Message.Message) => Effect.Effect<void, TransportFailure>
  readonly counts: Effect.Effect<Counts>
}

/**
 * Opens the sockets. `receive` is called for each message, one after the other, and must not throw.
 *
 * **Gotchas** When the scope closes, what was given to `send` before has left this process.
 */
export const make = (
  options: TransportOptions,
  receive: (received: Received) => void
): Effect.Effect<Transport, TransportFailure, Scope.Scope> => {
  // Any port that is free for one protocol may be taken for another one.
  const tries = options.port === 0 ? 10 : 0
  return Effect.retry(attempt(options, receive), { times: tries, while: ({ detail }) => detail === "EADDRINUSE" })
}

/** Opens all sockets or none. */
const attempt = (
  options: TransportOptions,
  receive: (received: Received) => void
): Effect.Effect<Transport, TransportFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.acquireRelease(Scope.make(), (opened, exit) => Scope.close(opened, exit))
    return yield* opened(options, receive).pipe(
      Scope.extend(scope),
      Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
    )
  })

const opened = (
  options: TransportOptions,
  receive: (received: Received) => void
): Effect.Effect<Transport, TransportFailure, Scope.Scope> =>
  Effect.gen(function* () {
    let malformed = 0
    const take = (bytes: Uint8Array, from: Hop.Hop): void => {
      const message: Either.Either<Message.Message, Malformed> = MessageParser.parse(bytes)
      if (Either.isRight(message)) receive({ message: message.right, from })
      else malformed++
    }
    const datagrams = options.protocols.includes("udp")
      ? yield* Datagrams.open(options.address, options.port, take)
      : undefined
    const streams = yield* Streams.open({ ...options, port: datagrams?.port ?? options.port }, take, () => malformed++)
    const transport: Transport = {
      address: options.address,
      port: datagrams?.port ?? streams.port,
      tlsPort: streams.tlsPort,
      protocols: options.protocols,
      send: (hop, message) => {
        if (!options.protocols.includes(hop.protocol)) {
          return new TransportFailure({ reason: "unsupported", detail: hop.protocol })
        }
        const bytes = Message.toBytes(message)
        return hop.protocol === "udp" && datagrams !== undefined ? datagrams.send(hop, bytes) : streams.send(hop, bytes)
      },
      counts: Effect.sync(() => ({ malformed, ...streams.counts() }))
    }
    return transport
  })
