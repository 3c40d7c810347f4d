/**
 * Rules: who may call an endpoint, and what is said of it. It stands in the contract beside the endpoint, so the
 * document shows it, the door enforces it, and no endpoint can be without.
 */
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"

/** What an account key may be allowed. Whoever may write something may not therefore read it. */
export const Scope = Schema.Literal(
  "account:read",
  "account:write",
  "applications:read",
  "applications:write",
  "orders:read",
  "orders:write",
  "templates:read",
  "templates:write",
  "sends:read",
  "sends:write",
  "callbacks:read",
  "callbacks:write",
  "alerts:read",
  "alerts:write",
  "statistics:read",
  "keys:write"
)
export type Scope = typeof Scope.Type

/** What the secret of an application may do, for its own application alone. */
export const secretScopes: ReadonlyArray<Scope> = [
  "applications:read",
  "templates:read",
  "sends:read",
  "sends:write",
  "callbacks:read",
  "statistics:read"
]

/** `anyone`: no credential is needed. `operator`: operator tokens alone. `tenant`: those, and keys with the scope. */
export type Who = "anyone" | "operator" | "tenant"

export interface Access {
  readonly who: Who
  readonly scope?: Scope
  /** The largest body that is taken, in bytes. */
  readonly maxBytes?: number
  /** Whether `Idempotency-Key` is honoured by the door. */
  readonly idempotent?: boolean
  /** Whether answers have an ETag, and `If-Match` is honoured. */
  readonly etag?: boolean
  /** Whether the answer goes on and on. */
  readonly streams?: boolean
}

/** Under which name it stands in the OpenAPI document. */
export const extension = "x-vsms-access"

const about = (access: Access, summary: string, description?: string) =>
  OpenApi.annotations({ summary, description, override: { [extension]: access } })

type More = Omit<Access, "who" | "scope"> & { readonly description?: string }

export const anyone = (summary: string, { description, ...more }: More = {}) =>
  about({ who: "anyone", ...more }, summary, description)

export const operator = (summary: string, { description, ...more }: More = {}) =>
  about({ who: "operator", ...more }, summary, description)

export const tenant = (scope: Scope, summary: string, { description, ...more }: More = {}) =>
  about({ who: "tenant", scope, ...more }, summary, description)
