/**
 * What a tenant's own program does: it sends a code, listens to the call while it happens, and reads its receipt. The
 * compiler knows what each request takes, gives and refuses; a refusal arrives as the class that core refused with.
 */
import * as Client from "@vsms/adapter-http/client"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

export interface Wish {
  readonly applicationId: string
  readonly phone: string
  readonly code: string
  /** The same key again is the same send: whoever does not know whether he was heard asks again (SND-7). */
  readonly key: string
}

/** Sends, follows, and answers the receipt. `say` is told in between. */
export const send = (options: Client.ClientOptions, wish: Wish, say: (line: string) => void) =>
  Effect.gen(function* () {
    const { applicationId, code, key, phone } = wish
    const api = yield* Client.make(options)
    const path = { applicationId }

    const { display, holdMinutes, repeated, sendId } = yield* api.sends.create({
      path,
      headers: { "idempotency-key": key },
      payload: { to: phone, code }
    })
    say(`${repeated ? "accepted before" : "accepted"}: ${sendId}, from ${display}, at most ${holdMinutes} min`)

    yield* Client.follow(options, { applicationId, sendId }).pipe(
      Stream.runForEach((event) =>
        Effect.sync(() => say(event._tag === "stage" ? event.stage : `  ${event.step} ${event.route ?? ""}`.trimEnd()))
      )
    )

    // Whoever keeps the last number and asks `after` it misses none.
    for (let after = 0; ;) {
      const page = yield* api.sends.receipts({ path, urlParams: { after, limit: 100 } })
      const receipt = page.items.find((one) => one.sendId === sendId)
      if (receipt !== undefined || page.items.length === 0) return receipt
      after = page.next
    }
  }).pipe(
    // One of many that are declared; what is not caught here is in the type of whoever calls.
    Effect.catchTag("TooFrequent", ({ retryAfterMillis }) =>
      Effect.sync(() => {
        say(`called too often: again in ${Math.ceil(retryAfterMillis / 1_000)} s`)
        return undefined
      })
    )
  )
