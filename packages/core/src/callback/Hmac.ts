/**
 * Port: HMAC-SHA256, with which callbacks are signed. The default needs nothing but the platform's Web Crypto; a host
 * whose platform can do it without a promise may bring that instead.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

export class Hmac extends Context.Tag("@vsms/core/callback/Hmac")<
  Hmac,
  {
    /** The 32 bytes of the message's HMAC. `key` holds a secret's bytes and is never logged. */
    readonly sha256: (key: Redacted.Redacted<Uint8Array>, message: Uint8Array) => Effect.Effect<Uint8Array>
  }
>() {
  /** By Web Crypto. A key is prepared once; a key that is forgotten takes what was prepared along. */
  static readonly layer: Layer.Layer<Hmac> = Layer.sync(Hmac, () => {
    const prepared = new WeakMap<Redacted.Redacted<Uint8Array>, ReturnType<typeof importKey>>()
    const prepare = (key: Redacted.Redacted<Uint8Array>) => {
      const known = prepared.get(key)
      if (known !== undefined) return known
      const made = importKey(Redacted.value(key))
      prepared.set(key, made)
      return made
    }
    return {
      sha256: (key, message) =>
        Effect.promise(() =>
          prepare(key)
            .then((ready) => crypto.subtle.sign("HMAC", ready, copied(message)))
            .then((digest) => new Uint8Array(digest))
        )
    }
  })
}

const importKey = (bytes: Uint8Array) =>
  crypto.subtle.importKey("raw", copied(bytes), { name: "HMAC", hash: "SHA-256" }, false, ["sign"])

/** Web Crypto wants bytes in an unshared buffer of their own. */
const copied = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes)
