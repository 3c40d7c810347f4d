/**
 * Rules: an account, how it is verified, what its verification lets it use, and whether it accepted the service
 * agreement. Who a person or an enterprise really is was established elsewhere: here stands only the outcome.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref } from "../storage/Kind.ts"

// ---------------------------------------------------------------------------------------------------------------------
// what it is
// ---------------------------------------------------------------------------------------------------------------------

/** What an account can be verified as (实名认证). */
export const Verified = Schema.Literal("personal", "enterprise")
export type Verified = typeof Verified.Type

/** How an account is verified; `none` until somebody vouched for it. */
export const Verification = Schema.Literal("none", "personal", "enterprise")
export type Verification = typeof Verification.Type

/** Instants are epoch milliseconds; one that is missing has not come yet. */
export const State = Schema.Struct({
  verification: Verification,
  openedAt: Schema.optionalWith(Schema.Number, { exact: true }),
  verifiedAt: Schema.optionalWith(Schema.Number, { exact: true }),
  activatedAt: Schema.optionalWith(Schema.Number, { exact: true })
})
export type State = typeof State.Type

export const initial: State = { verification: "none" }

export const Event = Schema.Union(
  Schema.TaggedStruct("AccountOpened", { at: Schema.Number }),
  Schema.TaggedStruct("AccountVerified", { as: Verified, at: Schema.Number }),
  Schema.TaggedStruct("ServiceActivated", { at: Schema.Number })
)
export type Event = typeof Event.Type

/** What these decisions know of the world. */
export interface Env {
  /** Epoch milliseconds. */
  readonly now: number
}

// ---------------------------------------------------------------------------------------------------------------------
// refusals, in order of precedence
// ---------------------------------------------------------------------------------------------------------------------

/** No account was opened under this id. */
export class UnknownAccount extends Schema.TaggedError<UnknownAccount>()("UnknownAccount", {}) {
  static readonly rule = "ACC-1" as const
  static readonly transient = false
}

/** An enterprise does not become a person again: its numbers and minutes would belong to nobody. */
export class VerificationLowered extends Schema.TaggedError<VerificationLowered>()("VerificationLowered", {
  from: Verified,
  to: Verified
}) {
  static readonly rule = "ACC-1" as const
  static readonly transient = false
}

/** Voice is for accounts verified as an enterprise. */
export class NotEnterprise extends Schema.TaggedError<NotEnterprise>()("NotEnterprise", {
  verification: Verification
}) {
  static readonly rule = "ACC-1" as const
  static readonly code = 1006
  static readonly transient = true
}

/** The service agreement was put to the account, and not accepted. */
export class AgreementNotAccepted extends Schema.TaggedError<AgreementNotAccepted>()("AgreementNotAccepted", {}) {
  static readonly rule = "ACC-2" as const
  static readonly transient = false
}

/** The service was not activated yet. */
export class NotActivated extends Schema.TaggedError<NotActivated>()("NotActivated", {}) {
  static readonly rule = "ACC-2" as const
  static readonly code = 1006
  static readonly transient = true
}

// ---------------------------------------------------------------------------------------------------------------------
// decisions
// ---------------------------------------------------------------------------------------------------------------------

const nothing: Either.Either<ReadonlyArray<Event>> = Either.right([])
const allowed: Either.Either<void> = Either.void

/** Opens the account. One that is open stays as it is. */
export const open = (env: Env, state: State): Either.Either<ReadonlyArray<Event>> =>
  state.openedAt === undefined ? Either.right([{ _tag: "AccountOpened", at: env.now }]) : nothing

/**
 * Records how the account is verified (ACC-1). A person may become an enterprise; an enterprise remains one.
 */
export const verify = (
  env: Env,
  state: State,
  command: { readonly as: Verified }
): Either.Either<ReadonlyArray<Event>, UnknownAccount | VerificationLowered> => {
  if (state.openedAt === undefined) return Either.left(new UnknownAccount())
  if (state.verification === command.as) return nothing
  if (state.verification === "enterprise")
    return Either.left(new VerificationLowered({ from: "enterprise", to: command.as }))
  return Either.right([{ _tag: "AccountVerified", as: command.as, at: env.now }])
}

/** Activates the service (ACC-2), once; only for whom it is meant (ACC-1). */
export const activate = (
  env: Env,
  state: State,
  command: { readonly agreementAccepted: boolean }
): Either.Either<ReadonlyArray<Event>, UnknownAccount | NotEnterprise | AgreementNotAccepted> => {
  if (state.openedAt === undefined) return Either.left(new UnknownAccount())
  if (state.verification !== "enterprise") return Either.left(new NotEnterprise({ verification: state.verification }))
  if (state.activatedAt !== undefined) return nothing
  if (!command.agreementAccepted) return Either.left(new AgreementNotAccepted())
  return Either.right([{ _tag: "ServiceActivated", at: env.now }])
}

export const evolve = (state: State, event: Event): State => {
  switch (event._tag) {
    case "AccountOpened":
      return { ...state, openedAt: event.at }
    case "AccountVerified":
      return { ...state, verification: event.as, verifiedAt: event.at }
    case "ServiceActivated":
      return { ...state, activatedAt: event.at }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// queries
// ---------------------------------------------------------------------------------------------------------------------

/** Whether the account may use voice at all: the first two checks at every door (ACC-1, then ACC-2). */
export const mayUseVoice = (state: State): Either.Either<void, NotEnterprise | NotActivated> => {
  if (state.verification !== "enterprise") return Either.left(new NotEnterprise({ verification: state.verification }))
  if (state.activatedAt === undefined) return Either.left(new NotActivated())
  return allowed
}

// ---------------------------------------------------------------------------------------------------------------------
// storage
// ---------------------------------------------------------------------------------------------------------------------

export const kind: Kind<State, Event> = {
  name: "account",
  initial,
  evolve,
  state: State,
  event: Event,
  personal: Schema.Undefined,
  journaled: true,
  ephemeral: false,
  indexes: {
    /** All accounts, the oldest first. */
    all: {
      name: "all",
      position: (_key, state) => (state.openedAt === undefined ? undefined : { partition: "", at: state.openedAt })
    }
  }
}

/** An account's own row: owner and key are its id. */
export const ref = (accountId: string): Ref<typeof kind> => Kinds.ref(kind, accountId, accountId)
