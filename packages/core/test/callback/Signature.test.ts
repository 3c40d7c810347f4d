import { describe, expect, it } from "vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import { createHmac } from "node:crypto"
import { Hmac } from "../../src/callback/Hmac.ts"
import * as Signature from "../../src/callback/Signature.ts"

/** What a receiver's own library does, on another implementation of the hash. */
const byHand = (secret: string, id: string, timestamp: number, body: string) =>
  `v1,${createHmac("sha256", Buffer.from(secret.replace(/^whsec_/, ""), "base64"))
    .update(`${id}.${timestamp}.${body}`)
    .digest("base64")}`

/** Signs by the platform's Web Crypto. */
const run = <A>(effect: Effect.Effect<A, never, Hmac>) => Effect.runPromise(Effect.provide(effect, Hmac.layer))

const secretOf = (bytes: Uint8Array) => `whsec_${Buffer.from(bytes).toString("base64")}`

const bytes = FastCheck.uint8Array({ minLength: 24, maxLength: 64 })

describe("Signature", () => {
  it("CBK-2: the example of the Standard Webhooks specification signs as it says", async () => {
    const signature = await run(
      Signature.sign([Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")], {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp: 1614265330,
        body: '{"test": 2432232314}'
      })
    )
    expect(signature).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
  })

  it("CBK-2: signatures equal another implementation's, and during a rotation either secret convinces", async () => {
    await FastCheck.assert(
      FastCheck.asyncProperty(bytes, bytes, FastCheck.fullUnicodeString(), async (one, two, text) => {
        // An unpaired surrogate has no UTF-8: bodies are made by JSON.stringify, which has none.
        const body = JSON.stringify(text)
        const [a, b] = [secretOf(one), secretOf(two)]
        const message = { id: "id/1/end", timestamp: 1_700_000_000, body }
        const signature = await run(Signature.sign([Redacted.make(a), Redacted.make(b)], message))
        expect(signature).toBe(
          `${byHand(a, message.id, message.timestamp, body)} ${byHand(b, message.id, message.timestamp, body)}`
        )
        for (const secret of [a, b]) {
          const check = Signature.verify(Redacted.make(secret), {
            ...message,
            signature,
            nowSeconds: message.timestamp
          })
          expect(await run(check)).toBe(true)
        }
      })
    )
  })

  it("CBK-2: another body, id, timestamp or secret does not convince, and neither does an old callback", async () => {
    const secret = Redacted.make(secretOf(new Uint8Array(32).fill(7)))
    const message = { id: "a", timestamp: 1_000, body: "{}" }
    const signature = await run(Signature.sign([secret], message))
    const verify = (over: object, by = secret) =>
      run(Signature.verify(by, { ...message, signature, nowSeconds: 1_000, ...over }))
    expect(await verify({})).toBe(true)
    expect(await verify({ body: "{ }" })).toBe(false)
    expect(await verify({ id: "b" })).toBe(false)
    expect(await verify({ timestamp: 1_001 })).toBe(false)
    expect(await verify({ nowSeconds: 1_301 })).toBe(false)
    expect(await verify({ nowSeconds: 1_300 })).toBe(true)
    expect(await verify({ signature: "" })).toBe(false)
    expect(await verify({}, Redacted.make(secretOf(new Uint8Array(32).fill(8))))).toBe(false)
  })
})
