/**
 * Rules: accounts, their verification and activation (ACC-1, ACC-2), and the keys with which programs act for them.
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Account from "@vsms/core/account/Account"
import * as Entitlement from "@vsms/core/account/Entitlement"
import * as Schema from "effect/Schema"
import { operator, Scope, tenant } from "./Access.ts"
import * as Paging from "./Paging.ts"
import * as Problems from "./Problems.ts"

export const AccountView = Schema.Struct({
  accountId: Schema.String,
  ...Account.State.fields,
  features: Schema.Array(Entitlement.Feature)
}).annotations({ identifier: "Account" })

const EntitlementView = Schema.Struct({
  feature: Entitlement.Feature,
  personal: Schema.Boolean,
  enterprise: Schema.Boolean
}).annotations({ identifier: "Entitlement" })

export class AccountsApi extends HttpApiGroup.make("accounts")
  .add(
    HttpApiEndpoint.post("open", "/v1/accounts")
      .setPayload(Schema.Struct({ accountId: Schema.optionalWith(Schema.String, { exact: true }) }))
      .addSuccess(AccountView, { status: 201 })
      .annotateContext(
        operator("Opens an account", {
          description: "Under the host's own id for it if one is given. Again: no change."
        })
      )
  )
  .add(
    HttpApiEndpoint.get("list", "/v1/accounts")
      .setUrlParams(Paging.PageQuery)
      .addSuccess(Paging.Page(AccountView))
      .annotateContext(operator("All accounts, the oldest first"))
  )
  .add(
    HttpApiEndpoint.get("get", "/v1/accounts/:accountId")
      .setPath(Paging.AccountPath)
      .addSuccess(AccountView)
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("account:read", "One account, and what it may use (ACC-1)"))
  )
  .add(
    HttpApiEndpoint.put("verify", "/v1/accounts/:accountId/verification")
      .setPath(Paging.AccountPath)
      .setPayload(Schema.Struct({ as: Account.Verified }))
      .addSuccess(AccountView)
      .addError(Schema.Union(Problems.UnknownAccount, Problems.VerificationLowered))
      .annotateContext(operator("Records how the account was verified, elsewhere (ACC-1)"))
  )
  .add(
    HttpApiEndpoint.put("activate", "/v1/accounts/:accountId/activation")
      .setPath(Paging.AccountPath)
      .setPayload(Schema.Struct({ agreementAccepted: Schema.Boolean }))
      .addSuccess(AccountView)
      .addError(Schema.Union(Problems.UnknownAccount, Problems.NotEnterprise, Problems.AgreementNotAccepted))
      .annotateContext(tenant("account:write", "Activates voice by accepting the service agreement (ACC-2)"))
  )
  .add(
    HttpApiEndpoint.get("entitlements", "/v1/entitlements")
      .addSuccess(Schema.Array(EntitlementView))
      .annotateContext(tenant("account:read", "Which verification may use what (ACC-1)"))
  ) {}

/** A key without its value, which is shown once. Instants are epoch milliseconds. */
export const KeyView = Schema.Struct({
  keyId: Schema.String,
  name: Schema.String,
  scopes: Schema.Array(Scope),
  createdAt: Paging.Instant,
  expiresAt: Schema.optional(Paging.Instant),
  revokedAt: Schema.optional(Paging.Instant),
  /** The secrets that work, without their values: two or more while one takes over from another. */
  secrets: Schema.Array(Schema.Struct({ createdAt: Paging.Instant, until: Schema.optional(Paging.Instant) }))
}).annotations({ identifier: "Key" })

export const NewKey = Schema.Struct({ keyId: Schema.String, key: Schema.String }).annotations({
  identifier: "NewKey",
  description: "The only time that the value is handed out",
  examples: [{ keyId: "0198a6f2c4d1a1b2c3d4e5f60718293a", key: "vsms_0198a6f2c4d1a1b2c3d4e5f60718293a_…" }]
})

const KeyPath = Schema.Struct({ ...Paging.AccountPath.fields, keyId: Paging.Id })
const TokenPath = Schema.Struct({ keyId: Paging.Id })
const name = Schema.Trim.pipe(Schema.minLength(1), Schema.maxLength(50), Schema.pattern(/^[^\p{Cc}\p{Cs}]*$/u))
const overlap = Schema.Struct({ overlapMillis: Schema.Int.pipe(Schema.nonNegative()) })

export class KeysApi extends HttpApiGroup.make("keys")
  .add(
    HttpApiEndpoint.post("create", "/v1/accounts/:accountId/keys")
      .setPath(Paging.AccountPath)
      .setPayload(
        Schema.Struct({
          name,
          scopes: Schema.Array(Scope).pipe(Schema.minItems(1), Schema.maxItems(Scope.literals.length)),
          expiresAt: Schema.optional(Schema.Int)
        })
      )
      .addSuccess(NewKey, { status: 201 })
      .addError(Problems.UnknownAccount)
      .annotateContext(
        tenant("keys:write", "Makes a key", { description: "A key never gives another one a scope that it lacks." })
      )
  )
  .add(
    HttpApiEndpoint.get("list", "/v1/accounts/:accountId/keys")
      .setPath(Paging.AccountPath)
      .setUrlParams(Paging.PageQuery)
      .addSuccess(Paging.Page(KeyView))
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("keys:write", "The keys of the account, the newest first"))
  )
  .add(
    HttpApiEndpoint.post("rotate", "/v1/accounts/:accountId/keys/:keyId/rotation")
      .setPath(KeyPath)
      .setPayload(overlap)
      .addSuccess(NewKey, { status: 201 })
      .addError(Schema.Union(Problems.NothingHere, Problems.OverlapTooLong, Problems.TooManySecrets))
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("keys:write", "A new value for a key; the old ones work on for the overlap"))
  )
  .add(
    HttpApiEndpoint.del("revoke", "/v1/accounts/:accountId/keys/:keyId")
      .setPath(KeyPath)
      .addSuccess(HttpApiSchema.NoContent)
      .addError(Problems.NothingHere)
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("keys:write", "Ends a key for good, in all processes within five seconds"))
  ) {}

export class TokensApi extends HttpApiGroup.make("tokens")
  .add(
    HttpApiEndpoint.post("create", "/v1/operator-tokens")
      .setPayload(Schema.Struct({ name, expiresAt: Schema.optional(Schema.Int) }))
      .addSuccess(NewKey, { status: 201 })
      .annotateContext(operator("Makes an operator token"))
  )
  .add(
    HttpApiEndpoint.get("list", "/v1/operator-tokens")
      .setUrlParams(Paging.PageQuery)
      .addSuccess(Paging.Page(KeyView))
      .annotateContext(operator("The operator tokens, the newest first"))
  )
  .add(
    HttpApiEndpoint.post("rotate", "/v1/operator-tokens/:keyId/rotation")
      .setPath(TokenPath)
      .setPayload(overlap)
      .addSuccess(NewKey, { status: 201 })
      .addError(Schema.Union(Problems.NothingHere, Problems.OverlapTooLong, Problems.TooManySecrets))
      .annotateContext(operator("A new value for an operator token; the old ones work on for the overlap"))
  )
  .add(
    HttpApiEndpoint.del("revoke", "/v1/operator-tokens/:keyId")
      .setPath(TokenPath)
      .addSuccess(HttpApiSchema.NoContent)
      .addError(Problems.NothingHere)
      .annotateContext(operator("Ends an operator token for good"))
  ) {}
