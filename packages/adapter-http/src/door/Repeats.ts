/**
 * Service: carries a request out once under its `Idempotency-Key`, and answers its repeats.
 */
import * as Crypto from "node:crypto"
import { InvalidInput } from "@vsms/core/InvalidInput"
import type { PortFailure } from "@vsms/core/PortFailure"
import * as Decision from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type { KeyUsedBefore, RequestUnderWay } from "../api/HttpRefusals.ts"
import { Answer } from "./Exchange.ts"
import * as Repeat from "./Repeat.ts"

export interface Repeatable {
  readonly accountId: string
  readonly operation: string
  readonly key: string
  readonly requestId: string
  /** All that was asked. */
  readonly request: unknown
}

export class Repeats extends Context.Tag("@vsms/adapter-http/door/Repeats")<
  Repeats,
  {
    readonly once: <E, R>(
      request: Repeatable,
      carryOut: Effect.Effect<Answer, E, R>
    ) => Effect.Effect<Answer, E | InvalidInput | RequestUnderWay | KeyUsedBefore | PortFailure, R>
  }
>() {
  static readonly layer: Layer.Layer<Repeats, never, Journal> = Layer.effect(
    Repeats,
    Effect.map(Journal, (journal) => ({ once: (request, carryOut) => once(journal, request, carryOut) }))
  )
}

/** As for sends (SND-7). */
const keys = /^[^\p{Cc}\p{Cs}]{1,128}$/u

const badKey = new InvalidInput({
  problems: [{ field: "idempotency-key", expected: "1 to 128 characters, none of them a control character" }]
})

const once = <E, R>(
  journal: typeof Journal.Service,
  { accountId, key, operation, request, requestId }: Repeatable,
  carryOut: Effect.Effect<Answer, E, R>
) =>
  Effect.gen(function* () {
    if (!keys.test(key)) return yield* badKey
    const ref = Repeat.ref(accountId, operation, key)
    const fingerprint = Crypto.createHash("sha256").update(JSON.stringify(request)).digest("hex")
    const now = yield* Clock.currentTimeMillis
    const expiresAt = now + Repeat.rememberedMillis
    const claimed = yield* journal.transact([ref], ([row]) =>
      Either.map(Repeat.claim(now, row, fingerprint), (claim): Decision.Decision<Repeat.Claim> => {
        if (claim._tag === "Before") return Decision.answer(claim)
        const started = { _tag: "RequestStarted", requestId, at: now } as const
        const personal = { fingerprint, body: "" }
        return Decision.make(claim, { changes: [Decision.change(row, [started], { personal, expiresAt })] })
      })
    )
    if (claimed._tag === "Before")
      return new Answer(
        claimed.status,
        { "content-type": "application/json", "idempotency-replayed": "true" },
        claimed.body
      )

    /** Ends the claim, unless it was taken over from a request that seemed dead. */
    const end = (event: Repeat.Event, body: string) =>
      journal.transact([ref], ([row]) => {
        if (row.state.requestId !== requestId) return Either.right(Decision.answer<void>(undefined))
        const change = Decision.change(row, [event], { personal: { fingerprint, body } })
        return Either.right(Decision.make<void>(undefined, { changes: [change] }))
      })

    return yield* Effect.uninterruptibleMask((restore) =>
      restore(carryOut).pipe(
        Effect.onError(() => Effect.ignore(end({ _tag: "RequestRefused" }, ""))),
        Effect.tap(({ body, status }) =>
          // What it did is done: that its answer cannot be remembered must not hide that from the caller.
          Effect.ignore(end({ _tag: "RequestAnswered", status }, typeof body === "string" ? body : ""))
        )
      )
    )
  })
