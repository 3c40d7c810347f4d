/**
 * What the hosts do by themselves: whoever logs in is called with a code. The services of core are in their process, so
 * there is no HTTP between.
 */
import * as Crypto from "node:crypto"
import { Sends } from "@vsms/core/sending/Sends"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Platform from "./Platform.ts"

/** Which tenant of the platform the host itself is. */
export interface Shop {
  readonly accountId: string
  readonly applicationId: string
}

/** The host's own session, which is nothing to VSMS. */
export const isLoggedIn = (cookie: string | null | undefined): boolean => cookie === "session=open-sesame"

export interface Answer {
  readonly status: number
  readonly body: { readonly sendId: string } | { readonly why: string }
}

/** Calls a phone with a code. */
export const sendCode = (runtime: Platform.Runtime, shop: Shop, phone: string): Promise<Answer> => {
  const code = String(Crypto.randomInt(100_000, 1_000_000))
  const send = Effect.flatMap(Sends, (sends) =>
    sends.acceptCode(shop.accountId, shop.applicationId, { to: phone, code })
  )
  return runtime.runPromise(
    Effect.map(
      Effect.either(send),
      Either.match({
        onLeft: ({ _tag }): Answer => ({ status: 429, body: { why: _tag } }),
        onRight: ({ sendId }): Answer => ({ status: 202, body: { sendId } })
      })
    )
  )
}
