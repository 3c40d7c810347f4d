/**
 * Service: what the endpoints of accounts, their keys, and operators' tokens do.
 */
import * as Account from "@vsms/core/account/Account"
import { Accounts } from "@vsms/core/account/Accounts"
import * as Entitlement from "@vsms/core/account/Entitlement"
import { Records } from "@vsms/core/storage/Records"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { AccountsApi, KeysApi, TokensApi } from "../api/AccountsApi.ts"
import * as HttpRefusals from "../api/HttpRefusals.ts"
import { ApiKeys, type KeyView, type NewKey } from "../auth/ApiKeys.ts"
import type { Principal } from "../auth/Principal.ts"
import type { Scope } from "../api/Access.ts"
import type { Handlers } from "../door/Handler.ts"
import * as Pages from "./Pages.ts"

export const accounts = Effect.map(
  Effect.all({ accounts: Accounts, records: Records }),
  ({ accounts, records }): Handlers<typeof AccountsApi> => ({
    open: ({ payload }) =>
      // What was just opened is known.
      Effect.flatMap(accounts.open(payload), (accountId) =>
        Effect.catchTag(accounts.get(accountId), "UnknownAccount", Effect.die)
      ),
    list: ({ urlParams }) =>
      Effect.map(records.list({ kind: Account.kind, index: "all", partition: "", ...Pages.asked(urlParams) }), (page) =>
        Pages.mapped(page, ({ ref, state }) => ({
          accountId: ref.key,
          ...state,
          features: Entitlement.of(state.verification)
        }))
      ),
    get: ({ accountId }) => accounts.get(accountId),
    verify: ({ accountId, payload }) => Effect.zipRight(accounts.verify(accountId, payload), accounts.get(accountId)),
    activate: ({ accountId, payload }) =>
      Effect.zipRight(accounts.activate(accountId, payload), accounts.get(accountId)),
    entitlements: () => Effect.succeed(Entitlement.table)
  })
)

const shown = ({ key, keyId }: NewKey) => ({ keyId, key: Redacted.value(key) })

const view = ({ createdAt, expiresAt, keyId, name, revokedAt, scopes, secrets }: KeyView) => ({
  keyId,
  name,
  scopes,
  createdAt,
  expiresAt,
  revokedAt,
  secrets: secrets.map(({ createdAt, until }) => ({ createdAt, until }))
})

/** A key never makes another that may do more than itself. */
const mayGive = (
  principal: Principal,
  scopes: ReadonlyArray<Scope>
): Effect.Effect<void, HttpRefusals.NotPermitted> => {
  const missing = principal._tag === "Key" ? scopes.find((scope) => !principal.scopes.includes(scope)) : undefined
  return missing === undefined ? Effect.void : new HttpRefusals.NotPermitted({ needed: missing })
}

export const keys = Effect.map(ApiKeys, (keys): Handlers<typeof KeysApi> => {
  /** A key that may do more than the caller is not the caller's to take over. */
  const mayHave = (principal: Principal, accountId: string, keyId: string) =>
    Effect.flatMap(keys.find(keyId), (state) =>
      state !== undefined && state.accountId === accountId ? mayGive(principal, state.scopes) : Effect.void
    )
  return {
    create: ({ accountId, payload, principal }) =>
      Effect.zipRight(mayGive(principal, payload.scopes), Effect.map(keys.createForAccount(accountId, payload), shown)),
    list: ({ accountId, urlParams }) =>
      Effect.map(keys.list(accountId, Pages.asked(urlParams)), (page) => Pages.mapped(page, view)),
    rotate: ({ accountId, path, payload, principal }) =>
      Effect.zipRight(
        mayHave(principal, accountId, path.keyId),
        Effect.map(keys.rotate(accountId, path.keyId, payload), shown)
      ),
    revoke: ({ accountId, path }) => keys.revoke(accountId, path.keyId)
  }
})

export const tokens = Effect.map(ApiKeys, (keys): Handlers<typeof TokensApi> => ({
  create: ({ payload }) => Effect.map(keys.createForOperator(payload), shown),
  list: ({ urlParams }) => Effect.map(keys.list("", Pages.asked(urlParams)), (page) => Pages.mapped(page, view)),
  rotate: ({ path, payload }) => Effect.map(keys.rotate("", path.keyId, payload), shown),
  revoke: ({ path }) => keys.revoke("", path.keyId)
}))
