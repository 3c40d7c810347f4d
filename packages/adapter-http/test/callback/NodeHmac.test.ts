import { Hmac } from "@vsms/core/callback/Hmac"
import * as Signature from "@vsms/core/callback/Signature"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import { expect, it } from "vitest"
import * as NodeHmac from "../../src/callback/NodeHmac.ts"

const digest = (key: Uint8Array, message: Uint8Array) =>
  Effect.flatMap(Hmac, ({ sha256 }) => sha256(Redacted.make(key), message))

it("CBK-2: Node signs as Web Crypto does, and without a promise", () =>
  FastCheck.assert(
    FastCheck.asyncProperty(
      FastCheck.uint8Array({ minLength: 1, maxLength: 200 }),
      FastCheck.uint8Array({ maxLength: 500 }),
      async (key, message) => {
        const ours = Effect.runSync(Effect.provide(digest(key, message), NodeHmac.layer))
        const theirs = await Effect.runPromise(Effect.provide(digest(key, message), Hmac.layer))
        expect(ours).toStrictEqual(theirs)
      }
    )
  ))

it("CBK-2: a callback signed by Node carries the signature of the published example", () => {
  const secret = Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
  const body = `{"test": 2432232314}`
  const signed = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body }
  expect(Effect.runSync(Effect.provide(Signature.sign([secret], signed), NodeHmac.layer))).toBe(
    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
  )
})
