/**
 * Port: tells the holder's alert contacts that a renewal was declined (NUM-6). Declared here, carried out by whoever
 * knows the contacts.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { DeclineReason } from "../order/Order.ts"
import type { PortFailure } from "../PortFailure.ts"

/** One failed renewal of one day. */
export interface RenewalNotice {
  /** The same for every repeat of this notice. */
  readonly noticeId: string
  readonly accountId: string
  readonly number: string
  readonly reason: DeclineReason
  readonly failedAt: number
  /** When the number is released unless a renewal is paid. */
  readonly expiresAt: number
}

export class RenewalNotices extends Context.Tag("@vsms/core/number/RenewalNotices")<
  RenewalNotices,
  {
    /** Takes the notice over for delivery, so that it survives a crash. A repeat of a `noticeId` tells nobody twice. */
    readonly tell: (notice: RenewalNotice) => Effect.Effect<void, PortFailure>
  }
>() {}
