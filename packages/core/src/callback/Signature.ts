/**
 * Service: signs callbacks as Standard Webhooks has it (CBK-2): HMAC-SHA256 over id, timestamp and body. While a secret
 * is being rotated there are two signatures, and either convinces the receiver.
 */
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"
import { Hmac } from "./Hmac.ts"

/** A secret as receivers know it: `whsec_` and the base64 of its bytes. */
export const prefix = "whsec_"

/** What is signed. `timestamp` is in whole seconds since the epoch. */
export interface Signed {
  readonly id: string
  readonly timestamp: number
  readonly body: string
}

/** The `webhook-signature` header: one `v1,…` for each secret, separated by spaces. */
export const sign = (secrets: ReadonlyArray<Redacted.Redacted>, message: Signed): Effect.Effect<string, never, Hmac> =>
  Effect.flatMap(Hmac, (by) => signBy(by, secrets, message))

const signBy = (
  by: typeof Hmac.Service,
  secrets: ReadonlyArray<Redacted.Redacted>,
  message: Signed
): Effect.Effect<string> => {
  const [secret] = secrets
  // Nearly always there is one.
  if (secret !== undefined && secrets.length === 1) return hmac(by, secret, message)
  return Effect.map(
    Effect.forEach(secrets, (secret) => hmac(by, secret, message)),
    (signatures) => signatures.join(" ")
  )
}

/** The headers of a signed callback. */
export const headers = (
  by: typeof Hmac.Service,
  secrets: ReadonlyArray<Redacted.Redacted>,
  message: Signed
): Effect.Effect<{ readonly [name: string]: string }> =>
  Effect.map(signBy(by, secrets, message), (signature) => ({
    "content-type": "application/json; charset=utf-8",
    "webhook-id": message.id,
    "webhook-timestamp": String(message.timestamp),
    "webhook-signature": signature
  }))

/** How far a timestamp may be from the receiver's clock, in seconds: an old callback cannot be replayed by a stranger. */
export const toleranceSeconds = 300

/** What a receiver does: whether any of the signatures is right and the timestamp is near. Takes the same time either way. */
export const verify = (
  secret: Redacted.Redacted,
  message: Signed & { readonly signature: string; readonly nowSeconds: number }
): Effect.Effect<boolean, never, Hmac> =>
  Effect.map(
    Effect.flatMap(Hmac, (by) => hmac(by, secret, message)),
    (right) => {
      let found = false
      for (const part of message.signature.split(" ")) found = equal(part, right) || found
      return found && Math.abs(message.nowSeconds - message.timestamp) <= toleranceSeconds
    }
  )

const equal = (a: string, b: string): boolean => {
  let different = a.length ^ b.length
  for (let i = 0; i < b.length; i++) different |= a.charCodeAt(i) ^ b.charCodeAt(i)
  return different === 0
}

const encoder = new TextEncoder()

const hmac = (
  { sha256 }: typeof Hmac.Service,
  secret: Redacted.Redacted,
  { body, id, timestamp }: Signed
): Effect.Effect<string> =>
  Effect.map(
    sha256(keyOf(secret), encoder.encode(`${id}.${timestamp}.${body}`)),
    (bytes) => `v1,${Encoding.encodeBase64(bytes)}`
  )

/** The bytes of each secret in use. */
const keys = new WeakMap<Redacted.Redacted, Redacted.Redacted<Uint8Array>>()

const keyOf = (secret: Redacted.Redacted): Redacted.Redacted<Uint8Array> => {
  const known = keys.get(secret)
  if (known !== undefined) return known
  const text = Redacted.value(secret)
  const bytes = Encoding.decodeBase64(text.startsWith(prefix) ? text.slice(prefix.length) : text)
  // A secret that is no base64 signs with its own characters: it still signs, and the same way every time.
  const key = Redacted.make(bytes._tag === "Right" ? bytes.right : encoder.encode(text))
  keys.set(secret, key)
  return key
}
