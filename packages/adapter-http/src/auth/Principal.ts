/**
 * Rules: who makes a request, and what that allows. An operator may do everything; a key what its scopes say, in its own
 * account; the secret of an application what `secretScopes` say, for that application alone.
 */
import * as Either from "effect/Either"
import { NotPermitted } from "../api/HttpRefusals.ts"
import { type Access, type Scope, secretScopes } from "../api/Access.ts"

export interface Operator {
  readonly _tag: "Operator"
  /** Which token it is; `host` for the one that the deployment was given. */
  readonly id: string
}

export interface Key {
  readonly _tag: "Key"
  readonly id: string
  readonly accountId: string
  readonly scopes: ReadonlyArray<Scope>
}

export interface Application {
  readonly _tag: "Application"
  /** The SDKAppID. */
  readonly id: string
  readonly accountId: string
}

export interface Nobody {
  readonly _tag: "Nobody"
}

export type Principal = Operator | Key | Application | Nobody

export const nobody: Nobody = { _tag: "Nobody" }

const allowed: Either.Either<void> = Either.void

/** Whether a principal may call such an endpoint at all. Whose things it may see there is decided by the path. */
export const mayCall = (
  principal: Principal,
  access: Access,
  path: { readonly applicationId?: string | undefined }
): Either.Either<void, NotPermitted> => {
  const { scope, who } = access
  if (who === "anyone" || principal._tag === "Operator") return allowed
  if (who === "operator" || scope === undefined) return Either.left(new NotPermitted({ needed: "operator" }))
  switch (principal._tag) {
    case "Nobody":
      return Either.left(new NotPermitted({ needed: scope }))
    case "Key":
      return principal.scopes.includes(scope) ? allowed : Either.left(new NotPermitted({ needed: scope }))
    case "Application":
      return path.applicationId !== undefined && secretScopes.includes(scope)
        ? allowed
        : Either.left(new NotPermitted({ needed: scope }))
  }
}

/** Whose account it acts for; `undefined` for operators, who act for any. */
export const accountOf = (principal: Principal): string | undefined =>
  principal._tag === "Key" || principal._tag === "Application" ? principal.accountId : undefined

/** By which its requests are counted. */
export const rateKey = (principal: Principal): string =>
  principal._tag === "Nobody" ? "nobody" : `${principal._tag}/${principal.id}`
