/**
 * Rules: an application of an account (ACC-3). It has a name, a description, an id (SDKAppID) and secrets (AppKey),
 * and it can be disabled and enabled again. What it sends and what that costs is not decided here.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref, Row } from "../storage/Kind.ts"
import * as AppSecret from "./AppSecret.ts"

// ---------------------------------------------------------------------------------------------------------------------
// what it is
// ---------------------------------------------------------------------------------------------------------------------

export const Status = Schema.Literal("enabled", "disabled")
export type Status = typeof Status.Type

/** Instants are epoch milliseconds. */
export const State = Schema.Struct({
  exists: Schema.Boolean,
  accountId: Schema.String,
  name: Schema.String,
  description: Schema.String,
  status: Status,
  createdAt: Schema.Number,
  /** The oldest first; the last is the current one. */
  secrets: Schema.Array(AppSecret.SecretMeta)
})
export type State = typeof State.Type

export const initial: State = {
  exists: false,
  accountId: "",
  name: "",
  description: "",
  status: "enabled",
  createdAt: 0,
  secrets: []
}

export const Event = Schema.Union(
  Schema.TaggedStruct("ApplicationCreated", {
    accountId: Schema.String,
    name: Schema.String,
    description: Schema.String,
    secretId: Schema.String,
    at: Schema.Number
  }),
  Schema.TaggedStruct("ApplicationRenamed", { name: Schema.String, description: Schema.String, at: Schema.Number }),
  Schema.TaggedStruct("ApplicationDisabled", { at: Schema.Number }),
  Schema.TaggedStruct("ApplicationEnabled", { at: Schema.Number }),
  Schema.TaggedStruct("SecretRotated", { secretId: Schema.String, at: Schema.Number, previousUntil: Schema.Number })
)
export type Event = typeof Event.Type

/** The values of the secrets: the only place where they are. */
export const Personal = AppSecret.Values
export type Personal = typeof Personal.Type

/** What these decisions know of the world. */
export interface Env {
  /** Epoch milliseconds. */
  readonly now: number
}

// ---------------------------------------------------------------------------------------------------------------------
// refusals, in order of precedence
// ---------------------------------------------------------------------------------------------------------------------

/** The account has no such application. */
export class UnknownApplication extends Schema.TaggedError<UnknownApplication>()("UnknownApplication", {}) {
  static readonly rule = "ACC-3" as const
  static readonly code = 1019
  static readonly transient = false
}

/** The application is disabled, and sends nothing. */
export class ApplicationDisabled extends Schema.TaggedError<ApplicationDisabled>()("ApplicationDisabled", {}) {
  static readonly rule = "ACC-3" as const
  static readonly code = 1020
  static readonly transient = true
}

// ---------------------------------------------------------------------------------------------------------------------
// decisions
// ---------------------------------------------------------------------------------------------------------------------

type Decided<R> = Either.Either<ReadonlyArray<Event>, R>

const nothing: Either.Either<ReadonlyArray<Event>> = Either.right([])

/** Makes the application. The caller sees to it that its id is nobody else's (`ApplicationId.ts`). */
export const create = (
  env: Env,
  state: State,
  command: {
    readonly accountId: string
    readonly name: string
    readonly description: string
    readonly secretId: string
  }
): Decided<never> => {
  if (state.exists) return nothing
  const { accountId, description, name, secretId } = command
  return Either.right([{ _tag: "ApplicationCreated", accountId, name, description, secretId, at: env.now }])
}

export const rename = (
  env: Env,
  state: State,
  command: { readonly name: string; readonly description: string }
): Decided<UnknownApplication> => {
  if (!state.exists) return Either.left(new UnknownApplication())
  const { description, name } = command
  if (state.name === name && state.description === description) return nothing
  return Either.right([{ _tag: "ApplicationRenamed", name, description, at: env.now }])
}

/** Disables the application (停用). Calls that are dialling already finish: nothing asks again on their way. */
export const disable = (env: Env, state: State): Decided<UnknownApplication> => {
  if (!state.exists) return Either.left(new UnknownApplication())
  return state.status === "disabled" ? nothing : Either.right([{ _tag: "ApplicationDisabled", at: env.now }])
}

export const enable = (env: Env, state: State): Decided<UnknownApplication> => {
  if (!state.exists) return Either.left(new UnknownApplication())
  return state.status === "enabled" ? nothing : Either.right([{ _tag: "ApplicationEnabled", at: env.now }])
}

/** Makes another secret the current one; what was current works on for `overlapMillis` (ACC-5). */
export const rotateSecret = (
  env: Env,
  state: State,
  command: { readonly secretId: string; readonly overlapMillis: number }
): Decided<UnknownApplication | AppSecret.OverlapTooLong | AppSecret.TooManySecrets> => {
  if (!state.exists) return Either.left(new UnknownApplication())
  const { overlapMillis, secretId } = command
  return Either.map(AppSecret.mayRotate(state.secrets, { now: env.now, overlapMillis }), () => [
    { _tag: "SecretRotated", secretId, at: env.now, previousUntil: env.now + overlapMillis }
  ])
}

export const evolve = (state: State, event: Event): State => {
  switch (event._tag) {
    case "ApplicationCreated":
      return {
        exists: true,
        accountId: event.accountId,
        name: event.name,
        description: event.description,
        status: "enabled",
        createdAt: event.at,
        secrets: [{ id: event.secretId, createdAt: event.at }]
      }
    case "ApplicationRenamed":
      return { ...state, name: event.name, description: event.description }
    case "ApplicationDisabled":
      return { ...state, status: "disabled" }
    case "ApplicationEnabled":
      return { ...state, status: "enabled" }
    case "SecretRotated":
      return {
        ...state,
        secrets: AppSecret.rotated(state.secrets, {
          id: event.secretId,
          at: event.at,
          previousUntil: event.previousUntil
        })
      }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// queries
// ---------------------------------------------------------------------------------------------------------------------

const maySendVoid: Either.Either<void> = Either.void
const unknown: Either.Either<never, UnknownApplication> = Either.left(new UnknownApplication())

/** Whether the application may send: it is there, and it is enabled (ACC-3). */
export const maySend = (state: State): Either.Either<void, UnknownApplication | ApplicationDisabled> => {
  if (!state.exists) return unknown
  if (state.status === "disabled") return Either.left(new ApplicationDisabled())
  return maySendVoid
}

/** The values to keep with a state to which a secret was just added: the new one, and those that still work. */
export const withSecret = (
  state: State,
  personal: Personal | undefined,
  secret: Personal["secrets"][number]
): Personal => ({ secrets: [...AppSecret.kept(personal, state.secrets).secrets, secret] })

/** The secrets that work at `now`, the newest first (ACC-5). */
export const usableSecrets = (row: Row<typeof kind>, now: number) => AppSecret.usableSecrets(row, now)

// ---------------------------------------------------------------------------------------------------------------------
// storage
// ---------------------------------------------------------------------------------------------------------------------

export const kind: Kind<State, Event, Personal> = {
  name: "application",
  initial,
  evolve,
  state: State,
  event: Event,
  personal: Personal,
  journaled: true,
  ephemeral: false,
  indexes: {
    /** Finds the account of an SDKAppID: the partition is the application's id. */
    byId: {
      name: "byId",
      position: (key, state) => (state.exists ? { partition: key, at: 0 } : undefined)
    },
    /** The applications of an account, the oldest first. */
    byAccount: {
      name: "byAccount",
      position: (_key, state) => (state.exists ? { partition: state.accountId, at: state.createdAt } : undefined)
    }
  }
}

export const ref = (accountId: string, applicationId: string): Ref<typeof kind> =>
  Kinds.ref(kind, accountId, applicationId)
