/**
 * Rules: a key with which programs act for an account, or the token of an operator. Of its secrets only digests are kept;
 * several may work at once, while a new one takes over from an old one.
 */
import * as AppSecret from "@vsms/core/account/AppSecret"
import * as Kinds from "@vsms/core/storage/Kind"
import type { Kind, Ref } from "@vsms/core/storage/Kind"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { Scope } from "../api/Access.ts"
import { NothingHere } from "../api/HttpRefusals.ts"

// ---------------------------------------------------------------------------------------------------------------------
// what it is
// ---------------------------------------------------------------------------------------------------------------------

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

export const Role = Schema.Literal("none", "operator", "account")
export type Role = typeof Role.Type

/** `id` of a secret is its digest: SHA-256 in hex. Values are random, 128 bits: nobody guesses one from its digest. */
export const State = Schema.Struct({
  role: Role,
  /** Empty for operators. */
  accountId: Schema.String,
  name: Schema.String,
  scopes: Schema.Array(Scope),
  createdAt: Schema.Int,
  expiresAt: optional(Schema.Int),
  revokedAt: optional(Schema.Int),
  secrets: Schema.Array(AppSecret.SecretMeta)
})
export type State = typeof State.Type

export const initial: State = { role: "none", accountId: "", name: "", scopes: [], createdAt: 0, secrets: [] }

export const Event = Schema.Union(
  Schema.TaggedStruct("KeyCreated", {
    role: Schema.Literal("operator", "account"),
    accountId: Schema.String,
    name: Schema.String,
    scopes: Schema.Array(Scope),
    expiresAt: optional(Schema.Int),
    digest: Schema.String,
    at: Schema.Int
  }),
  Schema.TaggedStruct("KeyRotated", { digest: Schema.String, at: Schema.Int, previousUntil: Schema.Int }),
  Schema.TaggedStruct("KeyRevoked", { at: Schema.Int })
)
export type Event = typeof Event.Type

/** What these decisions know of the world. */
export interface Env {
  /** Epoch milliseconds. */
  readonly now: number
}

// ---------------------------------------------------------------------------------------------------------------------
// decisions
// ---------------------------------------------------------------------------------------------------------------------

type Decided<R> = Either.Either<ReadonlyArray<Event>, R>

/** Whose keys: an account's, or the operators' if it is empty. Others' keys are as if they were not there. */
const isOf = (state: State, accountId: string): boolean =>
  state.role !== "none" && state.accountId === accountId && state.revokedAt === undefined

const missing: Either.Either<never, NothingHere> = Either.left(new NothingHere())

/** Takes a new secret into use; the others work on for `overlapMillis` (at most 24 h, and five at once). */
export const rotate = (
  env: Env,
  state: State,
  command: { readonly accountId: string; readonly digest: string; readonly overlapMillis: number }
): Decided<NothingHere | AppSecret.OverlapTooLong | AppSecret.TooManySecrets> => {
  const { accountId, digest, overlapMillis } = command
  if (!isOf(state, accountId)) return missing
  return Either.map(AppSecret.mayRotate(state.secrets, { now: env.now, overlapMillis }), () => [
    { _tag: "KeyRotated", digest, at: env.now, previousUntil: env.now + overlapMillis }
  ])
}

/** Ends the key for good. */
export const revoke = (env: Env, state: State, command: { readonly accountId: string }): Decided<NothingHere> =>
  isOf(state, command.accountId) ? Either.right([{ _tag: "KeyRevoked", at: env.now }]) : missing

export const evolve = (state: State, event: Event): State => {
  switch (event._tag) {
    case "KeyCreated": {
      const { accountId, at, digest, expiresAt, name, role, scopes } = event
      const secrets = [{ id: digest, createdAt: at }]
      const key = { role, accountId, name, scopes, createdAt: at, secrets }
      return expiresAt === undefined ? key : { ...key, expiresAt }
    }
    case "KeyRotated": {
      const { at, digest, previousUntil } = event
      return { ...state, secrets: AppSecret.rotated(state.secrets, { id: digest, at, previousUntil }) }
    }
    case "KeyRevoked":
      return { ...state, revokedAt: event.at, secrets: [] }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// queries
// ---------------------------------------------------------------------------------------------------------------------

/** The digests that work at `now`; none of a key that was revoked or has expired. */
export const digests = (state: State, now: number): ReadonlyArray<string> =>
  state.revokedAt !== undefined || (state.expiresAt !== undefined && now >= state.expiresAt)
    ? []
    : state.secrets.filter((secret) => AppSecret.isUsable(secret, now)).map(({ id }) => id)

const written = /^vsms_([0-9a-f]{32})_([0-9a-f]{32})$/

/** The id and the secret in the text of a key; `undefined` if it is none. */
export const parse = (text: string): { readonly keyId: string; readonly secret: string } | undefined => {
  const found = written.exec(text)
  return found === null ? undefined : { keyId: found[1]!, secret: found[2]! }
}

export const format = (keyId: string, secret: string): string => `vsms_${keyId}_${secret}`

// ---------------------------------------------------------------------------------------------------------------------
// storage
// ---------------------------------------------------------------------------------------------------------------------

/** Keys of operators are listed here; no account has this id. */
export const operators = Kinds.platform

export const kind: Kind<State, Event> = {
  name: "apiKey",
  initial,
  evolve,
  state: State,
  event: Event,
  personal: Kinds.nothingPersonal,
  journaled: true,
  ephemeral: false,
  indexes: {
    /** The keys of an account, or of the operators, in the order in which they were made. */
    byHolder: {
      name: "byHolder",
      position: (_key, { accountId, createdAt, role }) =>
        role === "none" ? undefined : { partition: role === "operator" ? operators : accountId, at: createdAt }
    }
  }
}

/** Keys are found by their ids alone, so they are the platform's. */
export const ref = (keyId: string): Ref<typeof kind> => Kinds.ref(kind, Kinds.platform, keyId)
