/**
 * Adapter: turns notices of failed renewals into alerts (NUM-6).
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import { RenewalNotices } from "../number/RenewalNotices.ts"
import * as Decision from "../storage/Decision.ts"
import { Journal } from "../storage/Journal.ts"
import * as Alert from "./Alert.ts"

export const layer: Layer.Layer<RenewalNotices, never, Journal> = Layer.effect(
  RenewalNotices,
  Effect.map(Journal, (journal) => ({
    tell: Effect.fn("RenewalAlerts.tell")(function* ({ accountId, expiresAt, failedAt, noticeId, number, reason }) {
      yield* Effect.annotateCurrentSpan({ accountId })
      const now = yield* Clock.currentTimeMillis
      const alertId = `renewal-${noticeId}`
      const facts = { _tag: "RenewalFailed", number, reason, failedAt, expiresAt } as const
      yield* journal.transact([Alert.ref(accountId, alertId)], ([row]) =>
        Either.right(
          row.state === null
            ? Decision.make(undefined, Alert.fire({ now }, { accountId, alertId, facts }))
            : Decision.answer(undefined)
        )
      )
    })
  }))
)
