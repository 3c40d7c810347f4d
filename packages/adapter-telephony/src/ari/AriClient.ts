/**
 * Adapter: the connection to an Asterisk: requests over HTTP, and events over a WebSocket that is opened again whenever
 * it is lost. It knows nothing of calls. Requests carry numbers in their bodies, never in their addresses, and no span,
 * log or failure holds either.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { WebSocket } from "ws"
import * as AriEvent from "./AriEvent.ts"
import type { AriUri } from "./AriUri.ts"

/** `sent`: it may have arrived. `detail` is for operators: an error code, a status. */
export class AriFailure extends Data.TaggedError("AriFailure")<{ readonly sent: boolean; readonly detail: string }> {}

export interface AriResponse {
  readonly status: number
  readonly body: unknown
}

export interface Listener {
  readonly onEvent: (event: AriEvent.AriEvent) => void
  /** The events flow, again or for the first time: those of before may have been missed. */
  readonly onUp: () => void
  readonly onDown: () => void
}

export interface AriClient {
  /** Any answer is one, whatever its status. */
  readonly request: (
    method: "GET" | "POST" | "DELETE",
    path: string,
    body?: Readonly<Record<string, unknown>>
  ) => Effect.Effect<AriResponse, AriFailure>
  /** Under this name Asterisk tells us of our channels. Another process has another one. */
  readonly app: string
  /** How long anything that is asked for may take. */
  readonly requestMillis: number
  /** Why there is no connection for events; `undefined`: there is one. */
  readonly down: () => string | undefined
  /** Connects at once, if there is no connection, and waits for how that ends. */
  readonly connect: Effect.Effect<void>
  /** Opens the connection for the audio of one channel. */
  readonly media: (connectionId: string, listener: AudioListener) => AudioSocket
}

export interface AudioListener {
  readonly onText: (text: string) => void
  readonly onGone: () => void
}

export interface AudioSocket {
  readonly send: (data: string | Uint8Array) => void
  readonly close: () => void
}

export interface ClientTiming {
  readonly requestMillis: number
  /** Before a lost connection is opened again; doubles with each try that fails, up to the longest. */
  readonly pauseMillis: number
  readonly longestPauseMillis: number
  /** A connection on which nothing comes back of a ping for so long is lost. */
  readonly pingMillis: number
}

export const usualTiming: ClientTiming = {
  requestMillis: 5_000,
  pauseMillis: 100,
  longestPauseMillis: 10_000,
  pingMillis: 10_000
}

/** Asterisk ends idle connections at any time, and its own limit of them is low: a few carry all requests. */
const requestsAtOnce = 32
const eventBytesMax = 1_000_000

/** Waits for the first try to connect, and stays whatever comes of it. */
export const make = (
  uri: AriUri,
  app: string,
  listener: Listener,
  timing: ClientTiming
): Effect.Effect<AriClient, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { password, user } = uri.account
    const authorization = `Basic ${Buffer.from(`${user}:${Redacted.value(password)}`).toString("base64")}`
    const http = HttpClient.withScope(yield* HttpClient.HttpClient)
    const lines = yield* Effect.makeSemaphore(requestsAtOnce)
    const socketBase = uri.base.replace(/^http/, "ws")

    const request: AriClient["request"] = (method, path, body) => {
      const plain = HttpClientRequest.make(method)(`${uri.base}/ari${path}`, { headers: { authorization } })
      const asked = body === undefined ? plain : HttpClientRequest.bodyUnsafeJson(plain, body)
      return Effect.scoped(
        Effect.flatMap(http.execute(asked), (response) =>
          Effect.map(response.text, (text): AriResponse => ({ status: response.status, body: json(text) }))
        )
      ).pipe(
        Effect.locally(HttpClient.currentTracerDisabledWhen, () => true),
        Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
        Effect.catchTags({
          RequestError: ({ cause }) => Effect.fail(ofSystem(cause)),
          ResponseError: () => Effect.fail(new AriFailure({ sent: true, detail: "the answer broke off" }))
        }),
        Effect.timeoutFail({
          duration: Duration.millis(timing.requestMillis),
          onTimeout: () => new AriFailure({ sent: true, detail: `no answer within ${timing.requestMillis} ms` })
        }),
        lines.withPermits(1)
      )
    }

    let down: string | undefined = "not connected yet"
    /** Whoever wants a connection now cuts the pause short. */
    const wishes = yield* Queue.sliding<void>(1)
    let tried = yield* Effect.makeLatch()

    const opened = Effect.async<WebSocket, string>((resume) => {
      const socket = new WebSocket(`${socketBase}/ari/events?app=${encodeURIComponent(app)}`, {
        headers: { authorization },
        handshakeTimeout: timing.requestMillis,
        maxPayload: eventBytesMax,
        perMessageDeflate: false
      })
      socket.on("message", (bytes: Buffer, isBinary) => {
        const event = isBinary ? undefined : AriEvent.parse(bytes.toString())
        if (event !== undefined) listener.onEvent(event)
      })
      socket.once("open", () => resume(Effect.succeed(socket)))
      socket.once("unexpected-response", (_, { statusCode }) => {
        socket.terminate()
        resume(Effect.fail(`refused with ${statusCode}`))
      })
      socket.on("error", (error) => resume(Effect.fail(code(error))))
      return Effect.sync(() => socket.terminate())
    })

    /** As long as it lives. */
    const watched = (socket: WebSocket) => {
      const closed = Effect.async<void>((resume) => {
        if (socket.readyState !== WebSocket.OPEN) return resume(Effect.void)
        socket.once("close", () => resume(Effect.void))
      })
      let heard = true
      socket.on("pong", () => (heard = true))
      const pings = Effect.gen(function* () {
        for (;;) {
          yield* Effect.sleep(Duration.millis(timing.pingMillis))
          if (!heard) return socket.terminate()
          heard = false
          socket.ping()
        }
      })
      return Effect.raceFirst(closed, pings)
    }

    const connection = Effect.gen(function* () {
      let failures = 0
      for (;;) {
        const result = yield* Effect.either(opened)
        if (result._tag === "Right") {
          failures = 0
          down = undefined
          listener.onUp()
          yield* tried.open
          yield* Effect.ensuring(
            watched(result.right),
            Effect.sync(() => result.right.terminate())
          )
          down = "the connection was lost"
          listener.onDown()
        } else {
          if (down !== result.left) yield* Effect.logWarning(`Asterisk is not to be reached: ${result.left}`)
          down = result.left
          yield* tried.open
        }
        tried = yield* Effect.makeLatch()
        const pause = Math.min(timing.pauseMillis * 2 ** failures++, timing.longestPauseMillis)
        yield* Effect.raceFirst(Effect.sleep(Duration.millis(pause)), Queue.take(wishes))
      }
    })
    const closed = Effect.sync(() => {
      down = "closed"
    })
    yield* Effect.forkScoped(Effect.ensuring(Effect.interruptible(connection), closed))
    yield* tried.await

    return {
      request,
      app,
      requestMillis: timing.requestMillis,
      down: () => down,
      connect: Effect.suspend(() =>
        down === undefined
          ? Effect.void
          : Effect.zipRight(
              Queue.offer(wishes, undefined),
              Effect.timeoutOption(
                Effect.suspend(() => tried.await),
                Duration.millis(timing.requestMillis)
              )
            )
      ),
      media: (connectionId, { onGone, onText }) => {
        const socket = new WebSocket(`${socketBase}/media/${encodeURIComponent(connectionId)}`, ["media"], {
          handshakeTimeout: timing.requestMillis,
          perMessageDeflate: false
        })
        socket.on("message", (bytes: Buffer, isBinary) => {
          if (!isBinary) onText(bytes.toString())
        })
        socket.on("error", onGone)
        socket.on("close", onGone)
        return { send: (data) => socket.send(data), close: () => socket.terminate() }
      }
    } satisfies AriClient
  }).pipe(Effect.provide(FetchHttpClient.layer))

/** What says that nothing was sent: nobody was there to send it to. */
const unsent = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|.*CERT.*)$/

const ofSystem = (cause: unknown): AriFailure => {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  const detail = code(inner)
  return new AriFailure({ sent: !unsent.test(detail), detail })
}

const code = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "no code"

const json = (text: string): unknown => Either.getOrUndefined(Schema.decodeUnknownEither(Schema.parseJson())(text))
