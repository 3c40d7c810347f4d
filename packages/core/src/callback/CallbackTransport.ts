/**
 * Port: carries a callback to its receiver over HTTP.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { PortFailure } from "../PortFailure.ts"
import type { Trouble } from "./Delivery.ts"

export interface CallbackRequest {
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string
  readonly timeoutMillis: number
  /** Asked of every address that the URL's name resolves to; the connection is made to one of those asked. */
  readonly allows: (address: string) => boolean
}

/** What came back. Any status is an answer; a trouble is none. */
export type CallbackAnswer =
  | { readonly _tag: "Status"; readonly status: number; readonly retryAfterMillis: number | undefined }
  | { readonly _tag: "Trouble"; readonly trouble: Trouble }

export class CallbackTransport extends Context.Tag("@vsms/core/callback/CallbackTransport")<
  CallbackTransport,
  {
    /**
     * Posts once. Follows no redirect (`redirect`): where it leads was not checked. Does not connect to an address that
     * `allows` refuses (`privateAddress`), however the name resolved before. Reads no more of the answer than it must.
     * Fails only if the transport itself is broken; a receiver that is down is an answer.
     */
    readonly post: (request: CallbackRequest) => Effect.Effect<CallbackAnswer, PortFailure>
  }
>() {}
