/**
 * Adapter: callbacks over HTTP and HTTPS, for Node. Signing them, and trying them again, is not done here.
 *
 * **Details** `node:http` carries them, not the `HttpClient` of `@effect/platform`: that has no place for the addresses
 * which one request may be connected to, opens a span that holds the URL with its query, and sends the span's id along.
 * A callback's URL is its owner's secret. Nothing of it, of headers or of bodies is logged here or put into an error; no
 * cookie is kept, and no proxy used, whatever the environment says.
 */
import * as Http from "node:http"
import * as Https from "node:https"
import * as Net from "node:net"
import * as Tls from "node:tls"
import { type CallbackAnswer, type CallbackRequest, CallbackTransport } from "@vsms/core/callback/CallbackTransport"
import { PortFailure } from "@vsms/core/PortFailure"
import * as RetryAfter from "@vsms/core/time/RetryAfter"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as HostLookup from "./HostLookup.ts"

export interface Options {
  readonly lookup: HostLookup.HostLookup
  /** Certificates (PEM) that are believed in addition to the well-known authorities. */
  readonly trusted: ReadonlyArray<string>
  readonly userAgent: string
  /** Of the answer's status line and headers; longer ones are `tooLarge`. */
  readonly headerBytes: number
  /** Of the answer's body. It is read only so that the connection can be used again; beyond this, it is dropped. */
  readonly bodyBytes: number
  /** How long that reading may take, from the headers on. */
  readonly bodyMillis: number
  /** How long a connection is kept for the next callback. */
  readonly idleMillis: number
  /** Connections kept for each receiver: as many as there are callbacks under way at once, or each of the rest is made anew. */
  readonly idleConnections: number
}

export const defaults: Options = {
  lookup: HostLookup.bySystem,
  trusted: [],
  userAgent: "vsms",
  headerBytes: 16_384,
  bodyBytes: 4_096,
  bodyMillis: 1_000,
  // Below the five seconds after which many servers close: who closes first cannot be surprised.
  idleMillis: 4_000,
  idleConnections: 64
}

/**
 * Opens the transport; its connections are closed with the scope.
 *
 * **Details** A name is looked up once for each post. Every address found is asked about, and the connection is made to
 * one of those allowed, in the order found, without asking the name again. A kept connection is taken up only by a post
 * that was allowed exactly the addresses which were allowed when it was opened.
 *
 * The status is the answer, as soon as the headers are there. Whatever becomes of the body, the receiver has spoken.
 *
 * **Gotchas** A receiver may close a kept connection at the moment it is taken up. If not one byte came back, the post
 * goes out once more, over a new connection; should the receiver have read the first one, it sees the same `webhook-id`.
 */
export const make = (options: Partial<Options> = {}): Effect.Effect<Transport, never, Scope.Scope> =>
  Effect.gen(function* () {
    const settings = { ...defaults, ...options }
    const agents = yield* Effect.acquireRelease(
      Effect.sync(() => openAgents(settings)),
      ({ all }) => Effect.sync(() => all.forEach((agent) => agent.destroy()))
    )
    const fork = Runtime.runFork(yield* Effect.runtime())

    // Node's own events and timers, and one step of the caller's fiber: a fiber for each of them takes more time than
    // all that Node does.
    const post = (request: CallbackRequest): Effect.Effect<CallbackAnswer, PortFailure> =>
      Effect.async((resume) => {
        const checked = targetOf(request, settings)
        if (Either.isLeft(checked)) return resume(checked.left)
        const target = checked.right
        let isOver = false
        /** Lets go of what is under way. */
        let drop = (): void => {}
        const end = (answer: Effect.Effect<CallbackAnswer>): void => {
          isOver = true
          clearTimeout(patience)
          resume(answer)
        }
        const patience = setTimeout(
          () => {
            end(Effect.succeed(trouble("timeout")))
            drop()
          },
          Math.min(request.timeoutMillis, longestTimerMillis)
        )

        const { fresh, kept } = target.isSecure ? agents.https : agents.http
        const exchange = (allowed: ReadonlyArray<string>): void => {
          const over = (agent: Http.Agent, then: (reply: Reply) => void): void => {
            drop = send(
              target,
              { ...target.options, agent, lookup: answering(allowed), pinnedTo: allowed.toSorted().join() },
              // What comes because it was let go of is not heard.
              (reply) => void (isOver || then(reply))
            )
          }
          const answered = (reply: Reply): void => {
            if (reply._tag !== "Response")
              return end(Effect.succeed(trouble(reply._tag === "Stale" ? "connection" : reply.trouble)))
            // The receiver has spoken: what is left is read to its end, although nobody waits for it.
            drop = () => {}
            readRest(reply.response, settings)
            end(answerOf(reply.response))
          }
          over(kept, (reply) => (reply._tag === "Stale" ? over(fresh, answered) : answered(reply)))
        }

        const { host } = target.options
        if (Net.isIP(host) !== 0) {
          if (request.allows(host)) exchange([host])
          else end(Effect.succeed(trouble("privateAddress")))
        } else {
          const allowed = Effect.map(settings.lookup(host), (found) =>
            found.length === 0 ? undefined : found.filter((address) => request.allows(address))
          )
          const looking = fork(allowed)
          drop = () => looking.unsafeInterruptAsFork(FiberId.none)
          looking.addObserver((exit) => {
            if (isOver) return
            if (Exit.isFailure(exit)) return end(Effect.failCause(exit.cause))
            if (exit.value === undefined) return end(Effect.succeed(trouble("dns")))
            if (exit.value.length === 0) return end(Effect.succeed(trouble("privateAddress")))
            exchange(exit.value)
          })
        }

        return Effect.sync(() => {
          isOver = true
          clearTimeout(patience)
          drop()
        })
      })

    return CallbackTransport.of({ post })
  })

type Transport = (typeof CallbackTransport)["Service"]

type Trouble = Extract<CallbackAnswer, { _tag: "Trouble" }>["trouble"]

export const layer = (options: Partial<Options> = {}): Layer.Layer<CallbackTransport> =>
  Layer.scoped(CallbackTransport, make(options))

const trouble = (trouble: Trouble): CallbackAnswer => ({ _tag: "Trouble", trouble })

const answerOf = ({ headers, statusCode: status = 0 }: Http.IncomingMessage): Effect.Effect<CallbackAnswer> => {
  if (status >= 300 && status < 400) return Effect.succeed(trouble("redirect"))
  const retryAfter = headers["retry-after"]
  return retryAfter === undefined
    ? Effect.succeed({ _tag: "Status", status, retryAfterMillis: undefined })
    : Effect.map(Clock.currentTimeMillis, (now) => ({
        _tag: "Status",
        status,
        retryAfterMillis: RetryAfter.parse(retryAfter, now)
      }))
}

/** Beyond this, Node's timers ring at once. */
const longestTimerMillis = 2 ** 31 - 1

// ---------------------------------------------------------------------------------------------------------------------
// connections
// ---------------------------------------------------------------------------------------------------------------------

/** Node's options, and the addresses that the connection may lead to. */
interface Outgoing extends Https.RequestOptions {
  readonly pinnedTo: string
}

/** Agents share connections among requests of one name; here the addresses are part of the name. */
const pinning = <A extends Http.Agent>(agent: A): A => {
  const nameOf = agent.getName.bind(agent)
  agent.getName = (options: Partial<Outgoing> = {}) => `${nameOf(options)}|${options.pinnedTo ?? ""}`
  return agent
}

const openAgents = (settings: Options) => {
  const options: Https.AgentOptions = {
    timeout: settings.idleMillis,
    maxFreeSockets: settings.idleConnections,
    // Of several addresses the next one is tried where one does not answer. Node's own patience of a quarter of a second
    // is too little between continents.
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: 1_000,
    // Said aloud: NODE_TLS_REJECT_UNAUTHORIZED in the environment would turn it off.
    rejectUnauthorized: true,
    // Made once: reading all certificates takes longer than a handshake.
    secureContext: Tls.createSecureContext(
      settings.trusted.length === 0 ? {} : { ca: [...Tls.rootCertificates, ...settings.trusted] }
    )
  }
  const http = { kept: pinning(new Http.Agent({ ...options, keepAlive: true })), fresh: new Http.Agent(options) }
  const https = { kept: pinning(new Https.Agent({ ...options, keepAlive: true })), fresh: new Https.Agent(options) }
  return { http, https, all: [http.kept, http.fresh, https.kept, https.fresh] }
}

/** A lookup that knows the answer already: what was checked is what is connected to. */
const answering =
  (addresses: ReadonlyArray<string>): Net.LookupFunction =>
  (_host, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: Net.isIP(address) }))
    )

// ---------------------------------------------------------------------------------------------------------------------
// one request
// ---------------------------------------------------------------------------------------------------------------------

interface Target {
  readonly isSecure: boolean
  readonly options: Https.RequestOptions & { readonly host: string }
  readonly body: Buffer
}

/** Fails for what core never asks for: a URL that is not HTTP's, a header that cannot be written. */
const targetOf = (request: CallbackRequest, settings: Options): Either.Either<Target, PortFailure> =>
  Either.try({
    try: () => {
      const url = new URL(request.url)
      const isSecure = url.protocol === "https:"
      if (!isSecure && url.protocol !== "http:") throw new TypeError("scheme")
      const host = url.hostname.replace(/^\[|\]$/g, "")
      const body = Buffer.from(request.body, "utf8")
      const headers: Record<string, string | number> = { "user-agent": settings.userAgent }
      for (const [name, value] of Object.entries(request.headers)) {
        Http.validateHeaderName(name)
        Http.validateHeaderValue(name, value)
        headers[name.toLowerCase()] = value
      }
      headers["host"] = url.host
      headers["content-length"] = body.length
      return {
        isSecure,
        body,
        options: {
          method: "POST",
          host,
          port: url.port === "" ? (isSecure ? 443 : 80) : Number(url.port),
          path: url.pathname + url.search,
          headers,
          maxHeaderSize: settings.headerBytes,
          insecureHTTPParser: false,
          // The name that the certificate must bear. An address is no server name; Node compares it all the same.
          servername: Net.isIP(host) === 0 ? host.replace(/\.$/, "") : ""
        }
      }
    },
    // What was thrown may quote the URL or the header.
    catch: () =>
      new PortFailure({
        port: "CallbackTransport",
        operation: "post",
        retry: "never",
        cause: new Error("the URL is not HTTP's, or a header cannot be written")
      })
  })

type Reply =
  | { readonly _tag: "Response"; readonly response: Http.IncomingMessage }
  | { readonly _tag: "Trouble"; readonly trouble: Trouble }
  /** A kept connection was closed before the first byte of an answer. */
  | { readonly _tag: "Stale" }

/** How far a connection came: `reached` its address, then `open` for HTTP. */
type Stage = "none" | "reached" | "open"

/** Sends a request and tells of the answer's headers, once. What it gives back lets go of it, with its connection. */
const send = (target: Target, options: Outgoing, tell: (reply: Reply) => void): (() => void) => {
  const sent = (target.isSecure ? Https : Http).request(options)
  let stage: Stage = "none"
  let bytesBefore = 0
  let isTold = false
  const reply = (reply: Reply): void => {
    if (isTold) return
    isTold = true
    tell(reply)
  }
  sent.once("socket", (socket) => {
    bytesBefore = socket.bytesRead
    if (sent.reusedSocket) {
      stage = "open"
      return
    }
    socket.once("connect", () => (stage = target.isSecure ? "reached" : "open"))
    socket.once("secureConnect", () => (stage = "open"))
  })
  sent.once("response", (response) => reply({ _tag: "Response", response }))
  sent.on("error", (error: NodeJS.ErrnoException) => {
    const code = error.code ?? ""
    const isSilent = sent.reusedSocket && sent.socket?.bytesRead === bytesBefore
    const isStale = isSilent && (code === "ECONNRESET" || code === "EPIPE")
    reply(isStale ? { _tag: "Stale" } : { _tag: "Trouble", trouble: troubleOf(code, stage) })
  })
  // After anything else, such as a change of protocols that nobody asked for.
  sent.once("close", () => reply({ _tag: "Trouble", trouble: "connection" }))
  sent.end(target.body)
  return () => void sent.destroy()
}

const troubleOf = (code: string, stage: Stage): Trouble => {
  if (stage === "reached" || code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_")) return "tls"
  if (code === "HPE_HEADER_OVERFLOW") return "tooLarge"
  return code === "ETIMEDOUT" ? "timeout" : "connection"
}

/** Reads the body to its end, so that the connection can be kept, or drops both. */
const readRest = (response: Http.IncomingMessage, { bodyBytes, bodyMillis }: Options): void => {
  let left = bodyBytes
  const patience = setTimeout(() => response.destroy(), bodyMillis)
  response.on("error", () => {})
  response.once("close", () => clearTimeout(patience))
  response.on("data", (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) response.destroy()
  })
}
