/**
 * Port: whoever wants to know when an account's minutes move. Asked within the decision that moves them, so that what it
 * wants done is done exactly when they moved. Sends ask their watch themselves.
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import type * as Minutes from "../money/Minutes.ts"
import type { Change, WorkOrder } from "../storage/Decision.ts"
import type { Kind, Ref, Row } from "../storage/Kind.ts"

/** What a watch wants stored besides. */
export interface Consequences {
  readonly changes: ReadonlyArray<Change>
  readonly work: ReadonlyArray<WorkOrder>
}

export class BalanceWatch extends Context.Tag("@vsms/core/balance/BalanceWatch")<
  BalanceWatch,
  {
    /** The things of this account that the watch decides upon. The decision that moves minutes names them. */
    readonly refs: (accountId: string) => ReadonlyArray<Ref<Kind.Any>>
    /**
     * What is to be stored besides. Pure, as it is part of a decision. `purchase`: minutes were bought, or those bought
     * became effective; `usage`: minutes went.
     */
    readonly observe: (
      env: { readonly now: number },
      rows: ReadonlyArray<Row<Kind.Any>>,
      available: Minutes.Minutes,
      cause: "usage" | "purchase"
    ) => Consequences
  }
>() {
  /** Nobody watches. */
  static readonly layerNobody: Layer.Layer<BalanceWatch> = Layer.succeed(BalanceWatch, {
    refs: () => [],
    observe: () => ({ changes: [], work: [] })
  })
}
