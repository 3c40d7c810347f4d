/**
 * Adapter: a typed client, made of the same contract as the server: what an endpoint takes, gives and refuses is known to
 * the compiler, and a refusal arrives as the class that core refused with.
 */
import * as HttpApiClient from "@effect/platform/HttpApiClient"
import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Send from "@vsms/core/sending/Send"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { NativeApi } from "./api/NativeApi.ts"

/** Who calls: a key of an account or an operator's token, or an application with its AppKey. */
export type Credential =
  | { readonly key: Redacted.Redacted }
  | { readonly applicationId: string; readonly appKey: Redacted.Redacted }

export interface ClientOptions {
  /** Where the API is, such as `https://vsms.example`. */
  readonly baseUrl: string
  readonly credential: Credential
}

const authorization = (credential: Credential): string =>
  "key" in credential
    ? `Bearer ${Redacted.value(credential.key)}`
    : `Basic ${Encoding.encodeBase64(`${credential.applicationId}:${Redacted.value(credential.appKey)}`)}`

/** The client: `client.sends.create({ path, payload, headers })`. Needs an `HttpClient`, such as `FetchHttpClient.layer`. */
export const make = ({ baseUrl, credential }: ClientOptions) =>
  HttpApiClient.make(NativeApi, {
    baseUrl,
    transformClient: HttpClient.mapRequest(HttpClientRequest.setHeader("authorization", authorization(credential)))
  })

/** What is told of a send while it happens. Instants are milliseconds since 1970. */
export type SendEvent =
  /** From the record, whichever process places the call. The last one is `completed` or `failed`. */
  | {
      readonly _tag: "stage"
      readonly stage: string
      readonly at: number
      readonly reason?: Send.FailureReason
      readonly billedMinutes?: number
    }
  /** Live, where the process that is asked places the call. */
  | {
      readonly _tag: "step"
      readonly step: string
      readonly at: number
      readonly route?: string
      readonly reason?: string
    }

/**
 * The life of a send while it happens (SND-6), to its end: each stage once and in order.
 *
 * **Details** A server that stops lets its readers go: the next one is asked, a second later, and what was told already
 * is passed over. A connection that breaks is a failure: whoever wants to go on asks anew.
 */
export const follow = (
  { baseUrl, credential }: ClientOptions,
  { applicationId, sendId }: { readonly applicationId: string; readonly sendId: string }
): Stream.Stream<SendEvent, Send.UnknownSend | HttpClientError, HttpClient.HttpClient> =>
  Stream.suspend(() => {
    const path = `/v1/applications/${encodeURIComponent(applicationId)}/sends/${encodeURIComponent(sendId)}/events`
    const request = HttpClientRequest.get(baseUrl + path, {
      headers: { authorization: authorization(credential), accept: "text/event-stream" }
    })
    const opened = Effect.flatMap(
      HttpClient.execute(request),
      (response): Effect.Effect<HttpClientResponse.HttpClientResponse, Send.UnknownSend | HttpClientError> =>
        response.status === 404 ? new Send.UnknownSend() : HttpClientResponse.filterStatusOk(response)
    )
    let told = 0
    let isOver = false
    const once = Stream.suspend(() => {
      let stages = 0
      return HttpClientResponse.stream(opened).pipe(
        Stream.decodeText(),
        Stream.splitLines,
        Stream.mapAccum("", (event, line): readonly [string, SendEvent | undefined] => {
          if (line.startsWith("event: ")) return [line.slice("event: ".length), undefined]
          if (!line.startsWith("data: ")) return [event, undefined]
          return [event, { _tag: event, ...JSON.parse(line.slice("data: ".length)) } as SendEvent]
        }),
        Stream.filter((event): event is SendEvent => {
          if (event?._tag !== "stage") return event !== undefined
          if (event.stage === "completed" || event.stage === "failed") isOver = true
          return ++stages > told && (told = stages) > 0
        })
      )
    })
    const again: Stream.Stream<SendEvent, Send.UnknownSend | HttpClientError, HttpClient.HttpClient> = Stream.suspend(
      () => (isOver ? Stream.empty : Stream.concat(Stream.drain(Stream.fromEffect(Effect.sleep(pause))), whole))
    )
    const whole = Stream.concat(once, again)
    return whole
  })

const pause = Duration.seconds(1)
