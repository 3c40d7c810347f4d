/**
 * Rules: the qualification of an enterprise (QUA-1): none, pending, approved or rejected, version by version of what it
 * submitted. Whether a submission is right in itself is `Submission.ts`'s business, who reviews it a port's.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref } from "../storage/Kind.ts"
import * as ReviewHours from "../time/ReviewHours.ts"
import * as Submission from "./Submission.ts"
import type { Verdict } from "./Verdict.ts"

// ---------------------------------------------------------------------------------------------------------------------
// what it is
// ---------------------------------------------------------------------------------------------------------------------

export const Status = Schema.Literal("none", "pending", "approved", "rejected")
export type Status = typeof Status.Type

/** Instants are epoch milliseconds. */
export const State = Schema.Struct({
  status: Status,
  /** How often something was submitted: the version of the submission that stands, or stood last. */
  version: Schema.Number,
  submittedAt: Schema.optionalWith(Schema.Number, { exact: true }),
  /** When the answer can be expected (QUA-5). */
  answerExpectedAt: Schema.optionalWith(Schema.Number, { exact: true }),
  decidedAt: Schema.optionalWith(Schema.Number, { exact: true }),
  /** Why it was rejected. */
  reason: Schema.optionalWith(Schema.String, { exact: true })
})
export type State = typeof State.Type

export const initial: State = { status: "none", version: 0 }

export const Event = Schema.Union(
  Schema.TaggedStruct("QualificationSubmitted", {
    version: Schema.Number,
    at: Schema.Number,
    answerExpectedAt: Schema.Number
  }),
  Schema.TaggedStruct("QualificationWithdrawn", { version: Schema.Number, at: Schema.Number }),
  Schema.TaggedStruct("QualificationApproved", { version: Schema.Number, at: Schema.Number }),
  Schema.TaggedStruct("QualificationRejected", {
    version: Schema.Number,
    at: Schema.Number,
    reason: Schema.String
  })
)
export type Event = typeof Event.Type

/** The submission that stands, and the id under which the image of its certificate is kept. */
export const Personal = Schema.Struct({ submission: Submission.Submission, certificateId: Schema.String })
export type Personal = typeof Personal.Type

/** What these decisions know of the world. */
export interface Env {
  /** Epoch milliseconds. */
  readonly now: number
}

// ---------------------------------------------------------------------------------------------------------------------
// refusals, in order of precedence
// ---------------------------------------------------------------------------------------------------------------------

/** The account's qualification is not approved. */
export class NotQualified extends Schema.TaggedError<NotQualified>()("NotQualified", { status: Status }) {
  static readonly rule = "QUA-1" as const
  static readonly transient = true
}

/** What was submitted is being reviewed; it may be withdrawn. */
export class QualificationPending extends Schema.TaggedError<QualificationPending>()("QualificationPending", {
  version: Schema.Number
}) {
  static readonly rule = "QUA-1" as const
  static readonly transient = true
}

/** The account is qualified, for good. */
export class AlreadyQualified extends Schema.TaggedError<AlreadyQualified>()("AlreadyQualified", {}) {
  static readonly rule = "QUA-1" as const
  static readonly transient = false
}

/** The decision judged another version than the one that stands. */
export class OutdatedReview extends Schema.TaggedError<OutdatedReview>()("OutdatedReview", {
  judged: Schema.Number,
  current: Schema.Number
}) {
  static readonly rule = "QUA-6" as const
  static readonly transient = false
}

/** There is nothing to decide, or to withdraw: the version was decided, or withdrawn, before. */
export class QualificationNotPending extends Schema.TaggedError<QualificationNotPending>()("QualificationNotPending", {
  status: Status
}) {
  static readonly rule = "QUA-1" as const
  static readonly transient = false
}

// ---------------------------------------------------------------------------------------------------------------------
// decisions
// ---------------------------------------------------------------------------------------------------------------------

type Decided<R> = Either.Either<ReadonlyArray<Event>, R>

const nothing: Either.Either<ReadonlyArray<Event>> = Either.right([])

/** Whether something may be submitted now: at first, and after a rejection or a withdrawal (QUA-1). */
export const maySubmit = (state: State): Either.Either<void, QualificationPending | AlreadyQualified> => {
  switch (state.status) {
    case "pending":
      return Either.left(new QualificationPending({ version: state.version }))
    case "approved":
      return Either.left(new AlreadyQualified())
    case "none":
    case "rejected":
      return Either.void
  }
}

/** Submits the next version; its answer is expected six review hours later (QUA-5). */
export const submit = (env: Env, state: State): Decided<QualificationPending | AlreadyQualified> =>
  Either.map(maySubmit(state), () => [
    {
      _tag: "QualificationSubmitted",
      version: state.version + 1,
      at: env.now,
      answerExpectedAt: ReviewHours.answerExpectedAt(env.now)
    }
  ])

/** Withdraws what is being reviewed. Where nothing stands, nothing happens. */
export const withdraw = (env: Env, state: State): Decided<QualificationNotPending> => {
  switch (state.status) {
    case "none":
      return nothing
    case "pending":
      return Either.right([{ _tag: "QualificationWithdrawn", version: state.version, at: env.now }])
    case "approved":
    case "rejected":
      return Either.left(new QualificationNotPending({ status: state.status }))
  }
}

/** Ends the review of one version (QUA-6). The same verdict may be given again. */
export const decide = (
  env: Env,
  state: State,
  command: { readonly version: number; readonly verdict: Verdict }
): Decided<OutdatedReview | QualificationNotPending> => {
  const { verdict, version } = command
  if (version !== state.version) return Either.left(new OutdatedReview({ judged: version, current: state.version }))
  if (state.status !== "pending") {
    return isSaid(state, verdict) ? nothing : Either.left(new QualificationNotPending({ status: state.status }))
  }
  switch (verdict._tag) {
    case "Approve":
      return Either.right([{ _tag: "QualificationApproved", version, at: env.now }])
    case "Reject":
      return Either.right([{ _tag: "QualificationRejected", version, at: env.now, reason: verdict.reason }])
  }
}

const isSaid = (state: State, verdict: Verdict): boolean =>
  verdict._tag === "Approve"
    ? state.status === "approved"
    : state.status === "rejected" && state.reason === verdict.reason

export const evolve = (state: State, event: Event): State => {
  switch (event._tag) {
    case "QualificationSubmitted":
      return {
        status: "pending",
        version: event.version,
        submittedAt: event.at,
        answerExpectedAt: event.answerExpectedAt
      }
    case "QualificationWithdrawn":
      return { status: "none", version: event.version }
    case "QualificationApproved":
      return { ...state, status: "approved", decidedAt: event.at }
    case "QualificationRejected":
      return { ...state, status: "rejected", decidedAt: event.at, reason: event.reason }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// queries
// ---------------------------------------------------------------------------------------------------------------------

/** Whether numbers may be bought (QUA-1). */
export const isApproved = (state: State): boolean => state.status === "approved"

/** Likewise, as a check among checks. */
export const mayBuyNumbers = (state: State): Either.Either<void, NotQualified> =>
  isApproved(state) ? Either.void : Either.left(new NotQualified({ status: state.status }))

// ---------------------------------------------------------------------------------------------------------------------
// storage
// ---------------------------------------------------------------------------------------------------------------------

export const kind: Kind<State, Event, Personal> = {
  name: "qualification",
  initial,
  evolve,
  state: State,
  event: Event,
  personal: Personal,
  journaled: true,
  ephemeral: false,
  indexes: {
    /** What waits for a review in the whole platform, the oldest first. */
    pending: {
      name: "pending",
      position: (_key, state) =>
        state.status === "pending" && state.submittedAt !== undefined
          ? { partition: "", at: state.submittedAt }
          : undefined
    }
  }
}

/** An account's own row: owner and key are its id. */
export const ref = (accountId: string): Ref<typeof kind> => Kinds.ref(kind, accountId, accountId)
