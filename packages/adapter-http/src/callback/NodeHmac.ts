/**
 * Adapter: HMAC-SHA256 by Node's own library, without a promise: a callback is signed in one step of its fiber.
 */
import * as Crypto from "node:crypto"
import { Hmac } from "@vsms/core/callback/Hmac"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

export const layer: Layer.Layer<Hmac> = Layer.succeed(Hmac, {
  sha256: (key, message) =>
    Effect.sync(() => new Uint8Array(Crypto.createHmac("sha256", Redacted.value(key)).update(message).digest()))
})
