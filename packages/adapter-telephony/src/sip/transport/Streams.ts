/**
 * Adapter: connections over TCP and TLS, those that we make and those that are made to us. There is one to each hop;
 * whoever sends when there is none makes it. What each may keep in memory is bounded.
 */
import * as net from "node:net"
import * as tls from "node:tls"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import * as Hop from "./Hop.ts"
import { StreamFramer } from "./StreamFramer.ts"
import { ofSystem, TransportFailure } from "./TransportFailure.ts"

export interface StreamOptions {
  /** Where we listen and send from: an address of this machine, without brackets. */
  readonly address: string
  /** The same for UDP and TCP; 0 takes any that is free. */
  readonly port: number
  readonly protocols: ReadonlyArray<Hop.Protocol>
  readonly tls?: TlsOptions
  /** How long a connection may take to come about; 5 s if absent. */
  readonly connectMillis?: number
  /** Connections at once, of both directions; more are refused. 1,000 if absent. */
  readonly maxConnections?: number
  /** What may wait to be sent on one connection; 1 MiB if absent. */
  readonly maxBufferedBytes?: number
  /** How often an empty line goes out on each connection, so that nobody on the way forgets it; 30 s if absent. */
  readonly keepAliveMillis?: number
  /** How long others may take to read what was sent when we stop; 1 s if absent. */
  readonly lingerMillis?: number
}

/** Certificates are always verified: one that is nobody's but known can be given as `ca`. */
export interface TlsOptions {
  /** Whom to trust; those whom Node.js trusts if absent. PEM. */
  readonly ca?: string
  /** Our own, with which connections are taken; without it none are. PEM. */
  readonly own?: { readonly certificate: string; readonly key: string; readonly port: number }
}

export interface Streams {
  readonly port: number | undefined
  readonly tlsPort: number | undefined
  readonly send: (hop: Hop.Hop, bytes: Uint8Array) => Effect.Effect<void, TransportFailure>
  readonly counts: () => { readonly connections: number; readonly refusedConnections: number }
}

/** Whoever connects to us and then says nothing does not stay for ever. */
const idleMillis = 600_000

type Wait = (result: Effect.Effect<void, TransportFailure>) => void

interface Connection {
  readonly socket: net.Socket
  /** Those who wait for it to come about; `undefined` once it has. */
  waiting: Array<{ readonly bytes: Uint8Array; readonly resume: Wait }> | undefined
  waitingBytes: number
}

export const open = (
  options: StreamOptions,
  take: (bytes: Uint8Array, from: Hop.Hop) => void,
  onMalformed: () => void
): Effect.Effect<Streams, TransportFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const {
      connectMillis = 5_000,
      keepAliveMillis = 30_000,
      lingerMillis = 1_000,
      maxBufferedBytes = 1_048_576,
      maxConnections = 1_000
    } = options
    const connections = new Map<string, Connection>()
    /** Sockets that are about to close are no connection any more, but have something to send. */
    const sockets = new Set<net.Socket>()
    let refusedConnections = 0
    let closed = false

    const adopt = (socket: net.Socket, hop: Hop.Hop, connection: Connection): void => {
      const id = Hop.key(hop)
      const framer = new StreamFramer()
      connections.set(id, connection)
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.setKeepAlive(true, keepAliveMillis)
      socket.on("data", (chunk) => {
        const frames = framer.push(chunk)
        if (Either.isLeft(frames)) {
          onMalformed()
          socket.destroy()
          return
        }
        for (const frame of frames.right) {
          if (frame._tag === "Message") take(frame.bytes, hop)
          else if (socket.writableLength < maxBufferedBytes) socket.write("\r\n")
        }
      })
      let cause = new TransportFailure({ reason: "unreachable", detail: "the connection was closed" })
      socket.on("error", (error) => {
        cause = ofSystem(error)
      })
      socket.on("close", () => {
        sockets.delete(socket)
        if (connections.get(id) === connection) connections.delete(id)
        for (const { resume } of connection.waiting ?? []) resume(cause)
        connection.waiting = undefined
      })
    }

    const connect = (hop: Hop.Hop): Connection => {
      const secure = hop.protocol === "tls"
      const everywhere = options.address === "0.0.0.0" || options.address === "::"
      // Many trunks know their customers by the address that they come from.
      const place = { host: hop.address, port: hop.port, ...(everywhere ? {} : { localAddress: options.address }) }
      const name = hop.serverName !== undefined && net.isIP(hop.serverName) === 0 ? { servername: hop.serverName } : {}
      const trust = options.tls?.ca === undefined ? {} : { ca: options.tls.ca }
      const socket = secure ? tls.connect({ ...place, ...name, ...trust }) : net.connect(place)
      const connection: Connection = { socket, waiting: [], waitingBytes: 0 }
      adopt(socket, hop, connection)
      socket.once(secure ? "secureConnect" : "connect", () => {
        const { waiting = [] } = connection
        connection.waiting = undefined
        for (const { bytes, resume } of waiting) write(socket, bytes, resume)
        if (closed) socket.destroySoon()
      })
      return connection
    }

    const write = (socket: net.Socket, bytes: Uint8Array, resume: Wait): void => {
      if (socket.writableLength + bytes.length > maxBufferedBytes) {
        return resume(new TransportFailure({ reason: "congested", detail: `${socket.writableLength} bytes wait` }))
      }
      socket.write(bytes, (error) => resume(error == null ? Effect.void : ofSystem(error)))
    }

    const send = (hop: Hop.Hop, bytes: Uint8Array): Effect.Effect<void, TransportFailure> =>
      Effect.suspend(() => {
        if (closed) return new TransportFailure({ reason: "closed", detail: hop.protocol })
        const known = connections.get(Hop.key(hop))
        if (known === undefined && connections.size >= maxConnections) {
          return new TransportFailure({ reason: "congested", detail: `${connections.size} connections` })
        }
        const connection = known ?? connect(hop)
        if (connection.waiting === undefined) {
          return Effect.async<void, TransportFailure>((resume) => write(connection.socket, bytes, resume))
        }
        if (connection.waitingBytes + bytes.length > maxBufferedBytes) {
          return new TransportFailure({ reason: "congested", detail: "not connected yet" })
        }
        connection.waitingBytes += bytes.length
        return Effect.timeoutTo(
          Effect.async<void, TransportFailure>((resume) => {
            if (connection.waiting === undefined) write(connection.socket, bytes, resume)
            else connection.waiting.push({ bytes, resume })
          }),
          {
            duration: Duration.millis(connectMillis),
            onSuccess: () => Effect.void,
            onTimeout: () =>
              Effect.suspend(() => {
                connections.delete(Hop.key(hop))
                connection.socket.destroy()
                return new TransportFailure({ reason: "unreachable", detail: `no connection in ${connectMillis} ms` })
              })
          }
        ).pipe(Effect.flatten)
      })

    const accept = (protocol: Hop.Protocol) => (socket: net.Socket) => {
      const { remoteAddress, remotePort } = socket
      if (closed || remoteAddress === undefined || remotePort === undefined || connections.size >= maxConnections) {
        refusedConnections++
        socket.on("error", () => {})
        socket.destroy()
        return
      }
      socket.setTimeout(idleMillis, () => socket.destroy())
      const hop = { protocol, address: remoteAddress, port: remotePort }
      adopt(socket, hop, { socket, waiting: undefined, waitingBytes: 0 })
    }

    const own = options.tls?.own
    const tcp = options.protocols.includes("tcp")
      ? yield* listen(net.createServer(accept("tcp")), options.address, options.port)
      : undefined
    const secured =
      own !== undefined && options.protocols.includes("tls")
        ? yield* listen(
            tls.createServer({ cert: own.certificate, key: own.key }, accept("tls")),
            options.address,
            own.port
          )
        : undefined

    // What was written leaves first; whoever does not take it is not waited for.
    yield* Effect.addFinalizer(() =>
      Effect.async<void>((resume) => {
        closed = true
        const check = () => sockets.size === 0 && resume(Effect.void)
        const connecting = new Set([...connections.values()].map(({ socket, waiting }) => waiting && socket))
        for (const socket of sockets) {
          socket.on("close", check)
          if (!connecting.has(socket)) socket.destroySoon()
        }
        check()
      }).pipe(
        // A finaliser cannot be interrupted, and a time limit interrupts.
        Effect.interruptible,
        Effect.timeoutOption(lingerMillis),
        Effect.ensuring(
          Effect.sync(() => {
            for (const socket of sockets) socket.destroy()
          })
        )
      )
    )

    const ping = Effect.sync(() => {
      for (const { socket, waiting } of connections.values()) {
        if (waiting === undefined && socket.writableLength === 0) socket.write("\r\n\r\n")
      }
    })
    yield* Effect.forkScoped(Effect.forever(Effect.delay(ping, keepAliveMillis)))

    return {
      port: tcp,
      tlsPort: secured,
      send,
      counts: () => ({ connections: connections.size, refusedConnections })
    }
  })

/** Opens a port to connections; answers which. */
const listen = (
  server: net.Server,
  address: string,
  port: number
): Effect.Effect<number, TransportFailure, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<number, TransportFailure>((resume) => {
      server.on("error", (error) => resume(ofSystem(error)))
      // A handshake that fails is the caller's affair.
      server.on("tlsClientError", () => {})
      server.listen({ host: address, port, ipv6Only: true }, () => {
        const bound = server.address()
        resume(Effect.succeed(typeof bound === "object" && bound !== null ? bound.port : port))
      })
    }),
    () =>
      Effect.sync(() => {
        server.close()
      })
  )
