/**
 * Adapter: lets the low-balance alert watch the balance (ALR-1), for purchases and for minutes that come and go by time.
 */
import * as Layer from "effect/Layer"
import { BalanceWatch } from "../balance/BalanceWatch.ts"
import * as Alert from "./Alert.ts"
import * as LowBalance from "./LowBalance.ts"

export const layer: Layer.Layer<BalanceWatch> = Layer.succeed(BalanceWatch, {
  refs: (accountId) => [LowBalance.ref(accountId)],
  observe: (env, [row], available, cause) =>
    row === undefined ? Alert.noConsequences : LowBalance.observe(env, row, available, cause)
})
