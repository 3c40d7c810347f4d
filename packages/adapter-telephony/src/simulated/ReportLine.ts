/**
 * Adapter: the way that reports of a call take from the network to whoever placed it: in order, late ones keeping those
 * behind them waiting, until the last one, or until it breaks. One reads, and waits in one step of the runtime.
 */
import type { CallEvent } from "@vsms/core/dispatch/CallChannel"
import * as Effect from "effect/Effect"

/** A report on its way, and how long it takes. */
export interface Delivery {
  readonly event: CallEvent
  readonly lateMillis: number
}

/** What comes next: a report, or that none will come because the call is over, or because the connection broke. */
export type Next = CallEvent | "closed" | "severed"

export class ReportLine {
  private readonly underway: Array<Delivery | undefined> = []
  private isSevered = false
  private wake: (() => void) | undefined

  offer(delivery: Delivery): void {
    this.underway.push(delivery)
    this.wake?.()
  }

  /** Nothing more will come. */
  close(): void {
    this.underway.push(undefined)
    this.wake?.()
  }

  /** Breaks it: what is underway does not arrive. */
  sever(): void {
    this.isSevered = true
    this.wake?.()
  }

  /** Waits until it is so. Only what happens here makes anything so, and only one waits. */
  private until(isSo: () => boolean): Effect.Effect<void> {
    return Effect.async((resume) => {
      if (isSo()) return resume(Effect.void)
      this.wake = () => {
        if (!isSo()) return
        this.wake = undefined
        resume(Effect.void)
      }
    })
  }

  /** Waits for what comes next. */
  readonly next: Effect.Effect<Next> = Effect.suspend(() => {
    if (this.isSevered) return Effect.succeed("severed" as const)
    if (this.underway.length === 0) {
      const something = this.until(() => this.isSevered || this.underway.length > 0)
      return Effect.flatMap(something, () => this.next)
    }
    const delivery = this.underway.shift()
    if (delivery === undefined) return Effect.succeed("closed" as const)
    const { event, lateMillis } = delivery
    if (lateMillis <= 0) return Effect.succeed(event)
    const severed = this.until(() => this.isSevered)
    return Effect.raceFirst(Effect.as(Effect.sleep(lateMillis), event), Effect.as(severed, "severed" as const))
  })
}
