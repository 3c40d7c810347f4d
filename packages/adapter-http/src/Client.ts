/**
 * Adapter: a typed client, made of the same contract as the server: what an endpoint takes, gives and refuses is known to
 * the compiler, and a refusal arrives as the class that core refused with.
 */
import * as HttpApiClient from "@effect/platform/HttpApiClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"
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
