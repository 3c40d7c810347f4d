import { describe, expect, it } from "vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type CallbackRequest, CallbackTransport } from "../../src/callback/CallbackTransport.ts"
import { suite } from "../../src/testing/Law.ts"
import { laws, LawReceiver } from "../../src/testing/laws/CallbackTransportLaws.ts"
import * as Receiver from "./LawReceiver.ts"

suite({ describe, it }, "MemoryTransport: CallbackTransport", laws, Receiver.layer)

type Post = typeof CallbackTransport.Service.post

const broken = (post: (sound: Post) => Post) =>
  Layer.flatMap(Receiver.layer, (context) =>
    Layer.succeedContext(
      context.pipe(
        Context.add(CallbackTransport, { post: post(Context.get(context, CallbackTransport).post) }),
        Context.add(LawReceiver, Context.get(context, LawReceiver))
      )
    )
  )

const brokenTransports: ReadonlyArray<readonly [name: string, caughtBy: string, post: (sound: Post) => Post]> = [
  [
    "recoding: sends what a legacy character set can hold",
    "body and headers arrive byte for byte, once, and the receiver's status comes back",
    (post) => (request) => post({ ...request, body: request.body.replace(/[^\x20-\x7e]/g, "?") })
  ],
  [
    "trusting: asks about the name, not the address",
    "an address that is not allowed is not connected to; the address asked about is the resolved one",
    (post) => (request) => post({ ...request, allows: () => request.allows(new URL(request.url).hostname) || true })
  ],
  [
    "obedient: goes wherever it is sent",
    "a redirect is not followed",
    (post) => (request) =>
      Effect.flatMap(post(request), (answer) =>
        answer._tag === "Trouble" && answer.trouble === "redirect"
          ? post({ ...request, url: new URL("/elsewhere", request.url).href })
          : Effect.succeed(answer)
      )
  ],
  [
    "patient: waits for ever",
    "a receiver that does not answer is given up on in time",
    (post) => (request) => post({ ...request, timeoutMillis: 3_600_000 })
  ],
  [
    "hasty: does not listen to Retry-After",
    "a receiver's Retry-After in seconds is passed on, and nonsense in it is not",
    (post) => (request: CallbackRequest) =>
      Effect.map(post(request), (answer) =>
        answer._tag === "Status" ? { ...answer, retryAfterMillis: undefined } : answer
      )
  ]
]

describe("every law of CallbackTransport is seen to fail", () => {
  for (const [name, caughtBy, post] of brokenTransports) {
    it(`CBK-2, CBK-3: ${name} — is caught by «${caughtBy}»`, async () => {
      const law = laws.find(({ sentence }) => sentence === caughtBy)!
      await expect(law.run(broken(post), { seed: 7 })).rejects.toThrow()
    })
  }

  it("CBK-2: no law is left that no broken transport breaks", () => {
    expect(laws.map(({ sentence }) => sentence).sort()).toEqual(brokenTransports.map(([, by]) => by).sort())
  })
})
