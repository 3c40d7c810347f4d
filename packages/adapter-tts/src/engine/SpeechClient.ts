/**
 * Adapter: how engines are asked over HTTP. Every answer has a time and a size, redirects are not followed, and what
 * fails for the moment is asked again a bounded number of times, when the server says.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { SpeechFailure, type SpeechFailureReason } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as RetryAfter from "@vsms/core/time/RetryAfter"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"

export interface ClientSettings {
  /** From asking to the last byte of the answer. Each try has as much, as long as all together have as much left. */
  readonly answerLimitMillis: number
  /** From the first try to the last byte of the last one: somebody waits for a call. */
  readonly triesLimitMillis: number
  readonly answerBytesMax: number
  /** How often a failed request is made again. */
  readonly retries: number
  /** Before the first of them; doubles with each that follows. */
  readonly retryPauseMillis: number
  /** Who asks for a longer pause gets none: the failure goes to the caller, and the wish with it. */
  readonly longestRetryPauseMillis: number
}

export const defaults: ClientSettings = {
  answerLimitMillis: 8_000,
  triesLimitMillis: 12_000,
  answerBytesMax: 16_000_000,
  retries: 2,
  retryPauseMillis: 250,
  longestRetryPauseMillis: 2_000
}

/** What came, with a status of 200 to 299. */
export interface Answer {
  readonly contentType: string | undefined
  readonly bytes: Uint8Array
}

/** What a vendor makes of an answer, and what it says is wrong with it. */
export type Read<A> = (answer: Answer) => Either.Either<A, Fault>

export interface Fault {
  readonly reason: SpeechFailureReason
  readonly retryable: boolean
  readonly detail: string
}

export interface SpeechClient {
  /**
   * Asks, and reads the answer. `make` is called for each try: signatures have a time in them.
   *
   * **Details** An interrupted request closes its connection. No span, log or failure holds the request or its answer.
   */
  readonly ask: <A>(
    make: (now: number) => HttpClientRequest.HttpClientRequest,
    read: Read<A>
  ) => Effect.Effect<A, SpeechFailure>
}

export const make = (
  engine: string,
  settings: ClientSettings
): Effect.Effect<SpeechClient, never, HttpClient.HttpClient> =>
  Effect.map(HttpClient.HttpClient, (plain): SpeechClient => {
    const client = HttpClient.withScope(plain)
    const failure = (fault: Fault, retryAfterMillis?: number) =>
      new SpeechFailure({ engine, ...fault, retryAfterMillis })

    const once = <A>(request: HttpClientRequest.HttpClientRequest, read: Read<A>, limitMillis: number) =>
      Effect.scoped(
        Effect.flatMap(client.execute(request), (response) =>
          response.status >= 200 && response.status < 300
            ? Effect.flatMap(bodyOf(response, settings.answerBytesMax), (bytes) =>
                bytes === undefined
                  ? Effect.fail(failure(tooLong))
                  : Either.mapLeft(read({ contentType: response.headers["content-type"], bytes }), (fault) =>
                      failure(fault)
                    )
              )
            : Effect.flatMap(Clock.currentTimeMillis, (now) =>
                Effect.fail(failure(faultOf(response.status), RetryAfter.parse(response.headers["retry-after"], now)))
              )
        )
      ).pipe(
        Effect.catchTags({
          RequestError: (error) => Effect.fail(failure(unreached(error))),
          ResponseError: () => Effect.fail(failure(brokenOff))
        }),
        Effect.timeoutFail({
          duration: Duration.millis(limitMillis),
          onTimeout: () => failure({ ...brokenOff, detail: `no answer within ${limitMillis} ms` })
        })
      )

    const ask = <A>(make: (now: number) => HttpClientRequest.HttpClientRequest, read: Read<A>) => {
      const attempt = (tries: number, until: number): Effect.Effect<A, SpeechFailure> =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Effect.catchAll(once(make(now), read, Math.min(settings.answerLimitMillis, until - now)), (failed) => {
            const pause = failed.retryAfterMillis ?? settings.retryPauseMillis * 2 ** tries
            const again = failed.reason === "Unavailable" && failed.retryable && tries < settings.retries
            if (!again || pause > settings.longestRetryPauseMillis) return Effect.fail(failed)
            return Effect.flatMap(Clock.currentTimeMillis, (failedAt) =>
              failedAt + pause < until
                ? Effect.zipRight(Effect.sleep(Duration.millis(pause)), attempt(tries + 1, until))
                : Effect.fail(failed)
            )
          })
        )
      return Effect.flatMap(Clock.currentTimeMillis, (now) => attempt(0, now + settings.triesLimitMillis))
    }

    return {
      ask: (make, read) =>
        ask(make, read).pipe(
          // Headers hold keys, and what a server sends back may hold anything: its spans are not ours to show.
          Effect.locally(HttpClient.currentTracerDisabledWhen, () => true),
          Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" })
        )
    }
  })

/** The whole body; `undefined` if it is longer than that. */
const bodyOf = (
  response: HttpClientResponse.HttpClientResponse,
  bytesMax: number
): Effect.Effect<Uint8Array | undefined, HttpClientError.ResponseError> => {
  if (Number(response.headers["content-length"] ?? 0) > bytesMax) return Effect.succeed(undefined)
  const chunks: Array<Uint8Array> = []
  let length = 0
  return response.stream.pipe(
    Stream.runForEachWhile((chunk) =>
      Effect.sync(() => {
        length += chunk.length
        chunks.push(chunk)
        return length <= bytesMax
      })
    ),
    Effect.map(() => (length > bytesMax ? undefined : Buffer.concat(chunks))),
    Effect.catchIf(
      (error) => error.reason === "EmptyBody",
      () => Effect.succeed(new Uint8Array(0))
    )
  )
}

const tooLong: Fault = { reason: "BadAudio", retryable: false, detail: "an answer that does not end" }

const brokenOff: Fault = { reason: "Unavailable", retryable: true, detail: "the answer broke off" }

const unreached = ({ cause, reason }: HttpClientError.RequestError): Fault =>
  reason === "Transport"
    ? { reason: "Unavailable", retryable: true, detail: `no connection${codeOf(cause)}` }
    : { reason: "Unavailable", retryable: false, detail: "its address is no URL" }

/** `ECONNREFUSED` and the like, from whatever depth. Anything else of an error may hold what was sent. */
const codeOf = (cause: unknown): string => {
  for (let inner = cause, depth = 0; typeof inner === "object" && inner !== null && depth < 4; depth++) {
    if ("code" in inner && typeof inner.code === "string" && /^[A-Z][A-Z0-9_]{2,40}$/.test(inner.code)) {
      return `: ${inner.code}`
    }
    inner = "cause" in inner ? inner.cause : undefined
  }
  return ""
}

/** What a status other than 200 to 299 means for who asked. */
export const faultOf = (status: number): Fault => {
  const fault = (reason: SpeechFailureReason, retryable: boolean, what = ""): Fault => ({
    reason,
    retryable,
    detail: `status ${status}${what}`
  })
  if (status === 408 || status === 425 || status === 429 || status >= 500) return fault("Unavailable", true)
  if (status === 401 || status === 403) return fault("Unavailable", false, ": is its key right?")
  if (status === 402) return fault("Unavailable", false, ": is it paid?")
  if (status === 404 || status === 405) return fault("Unsupported", false, ": is its address, model and voice right?")
  if (status < 400) return fault("Unavailable", false, ": redirects are not followed")
  return fault("Rejected", false)
}
