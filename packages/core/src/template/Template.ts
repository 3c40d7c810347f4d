/**
 * Rules: a spoken-text template of an application, and its way through review (TPL-1, TPL-4, TPL-5, TPL-6, TPL-8).
 * How a content is read is `TemplateText.ts`; how many may be approved, and which one is the default, `TemplateBook.ts`.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { Verdict } from "../qualification/Verdict.ts"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref } from "../storage/Kind.ts"
import * as TemplateText from "./TemplateText.ts"
import * as Variable from "./Variable.ts"

// ---------------------------------------------------------------------------------------------------------------------
// what it is
// ---------------------------------------------------------------------------------------------------------------------

/** What may be sent with it (类型): verification codes, notifications, or activities, which is marketing. */
export const TemplateKind = Schema.Literal("code", "notification", "activity")
export type TemplateKind = typeof TemplateKind.Type

/** `none`: nobody has made it. 待审核, 已通过, 未通过, and deleted for good. */
export const Stage = Schema.Literal("none", "pending", "approved", "rejected", "deleted")
export type Stage = typeof Stage.Type

/** What is written into a template, and read from its content. */
const submission = {
  name: Schema.String,
  content: Schema.String,
  note: Schema.String,
  kind: TemplateKind,
  variables: Variable.VariableKinds,
  spelling: TemplateText.Spelling,
  parts: Schema.Array(TemplateText.Part),
  arity: Schema.Int
}

/** Instants are epoch milliseconds. */
export const State = Schema.Struct({
  stage: Stage,
  applicationId: Schema.String,
  ...submission,
  /** Counts the submissions: 1 when it was made, one more with every edit (TPL-8). */
  version: Schema.Int,
  createdAt: Schema.Number,
  submittedAt: Schema.Number,
  decidedAt: Schema.optional(Schema.Number),
  /** Why it was rejected, in the reviewer's words. */
  reason: Schema.optional(Schema.String),
  deletedAt: Schema.optional(Schema.Number)
})
export type State = typeof State.Type

export const initial: State = {
  stage: "none",
  applicationId: "",
  name: "",
  content: "",
  note: "",
  kind: "notification",
  variables: [],
  spelling: "none",
  parts: [],
  arity: 0,
  version: 0,
  createdAt: 0,
  submittedAt: 0
}

export const Event = Schema.Union(
  Schema.TaggedStruct("TemplateCreated", { applicationId: Schema.String, ...submission, at: Schema.Number }),
  Schema.TaggedStruct("TemplateEdited", { ...submission, at: Schema.Number }),
  Schema.TaggedStruct("TemplateApproved", { version: Schema.Int, at: Schema.Number }),
  Schema.TaggedStruct("TemplateRejected", { version: Schema.Int, reason: Schema.String, at: Schema.Number }),
  Schema.TaggedStruct("TemplateDeleted", { at: Schema.Number })
)
export type Event = typeof Event.Type

/** What these decisions know of the world. */
export interface Env {
  /** Epoch milliseconds. */
  readonly now: number
}

/** What somebody writes. `variables` declares kinds by position; those not declared are guessed from each value. */
export interface Draft {
  readonly name: string
  readonly content: string
  readonly note: string
  readonly kind: TemplateKind
  readonly variables: Variable.VariableKinds
}

// ---------------------------------------------------------------------------------------------------------------------
// refusals, in order of precedence
// ---------------------------------------------------------------------------------------------------------------------

/** The application has no such template. */
export class UnknownTemplate extends Schema.TaggedError<UnknownTemplate>()("UnknownTemplate", {}) {
  static readonly rule = "TPL-1" as const
  static readonly code = 1014
  static readonly transient = false
}

/** The template was deleted, which is final. */
export class TemplateDeleted extends Schema.TaggedError<TemplateDeleted>()("TemplateDeleted", {}) {
  static readonly rule = "TPL-6" as const
  static readonly code = 1014
  static readonly transient = false
}

/** An approved template is not edited: it would be sent without a review. */
export class TemplateNotEditable extends Schema.TaggedError<TemplateNotEditable>()("TemplateNotEditable", {}) {
  static readonly rule = "TPL-5" as const
  static readonly transient = false
}

/** A kind was declared for a variable that the content does not have. */
export class UndeclaredVariable extends Schema.TaggedError<UndeclaredVariable>()("UndeclaredVariable", {
  declared: Schema.Int,
  expected: Schema.Int
}) {
  static readonly rule = "TPL-2" as const
  static readonly transient = false
}

/** A verification template without a variable for the code: it could be approved, and never be sent. */
export class NoCodeVariable extends Schema.TaggedError<NoCodeVariable>()("NoCodeVariable", {
  variables: Schema.Int
}) {
  static readonly rule = "SND-1" as const
  static readonly transient = false
}

/** The reviewer looked at another submission than the one that waits. */
export class OutdatedVersion extends Schema.TaggedError<OutdatedVersion>()("OutdatedVersion", {
  judged: Schema.Int,
  current: Schema.Int
}) {
  static readonly rule = "TPL-8" as const
  static readonly transient = false
}

/** This submission was decided already, the other way. */
export class AlreadyDecided extends Schema.TaggedError<AlreadyDecided>()("AlreadyDecided", { stage: Stage }) {
  static readonly rule = "TPL-4" as const
  static readonly transient = false
}

/** Only an approved template can be sent. `none`: there is no such template. */
export class TemplateNotUsable extends Schema.TaggedError<TemplateNotUsable>()("TemplateNotUsable", { stage: Stage }) {
  static readonly rule = "TPL-4" as const
  static readonly code = 1014
  static readonly transient = true
}

export type DraftRefusal = TemplateText.TextRefusal | UndeclaredVariable | NoCodeVariable

// ---------------------------------------------------------------------------------------------------------------------
// decisions
// ---------------------------------------------------------------------------------------------------------------------

type Decided<R> = Either.Either<ReadonlyArray<Event>, R>

const nothing: Either.Either<ReadonlyArray<Event>> = Either.right([])

/** Makes a template, which waits for its review from then on. An id that was ever used makes nothing. */
export const create = (
  env: Env,
  state: State,
  command: Draft & { readonly applicationId: string }
): Decided<DraftRefusal> => {
  if (state.stage !== "none") return nothing
  return Either.map(read(command), (submission) => [
    { _tag: "TemplateCreated", applicationId: command.applicationId, ...submission, at: env.now }
  ])
}

/** Writes a pending or rejected template anew, which submits it again (TPL-5). */
export const edit = (
  env: Env,
  state: State,
  command: Draft
): Decided<UnknownTemplate | TemplateDeleted | TemplateNotEditable | DraftRefusal> => {
  if (state.stage === "none") return Either.left(new UnknownTemplate())
  if (state.stage === "deleted") return Either.left(new TemplateDeleted())
  if (state.stage === "approved") return Either.left(new TemplateNotEditable())
  return Either.map(read(command), (submission) => [{ _tag: "TemplateEdited", ...submission, at: env.now }])
}

/** Carries out a verdict on the submission that it names (TPL-4, TPL-8). The same verdict again is nothing new. */
export const review = (
  env: Env,
  state: State,
  command: { readonly version: number; readonly verdict: Verdict }
): Decided<UnknownTemplate | TemplateDeleted | OutdatedVersion | AlreadyDecided> => {
  const { verdict, version } = command
  if (state.stage === "none") return Either.left(new UnknownTemplate())
  if (state.stage === "deleted") return Either.left(new TemplateDeleted())
  if (version !== state.version) return Either.left(new OutdatedVersion({ judged: version, current: state.version }))
  if (state.stage !== "pending") {
    const same = verdict._tag === "Approve" ? state.stage === "approved" : state.reason === verdict.reason
    return same ? nothing : Either.left(new AlreadyDecided({ stage: state.stage }))
  }
  return Either.right([
    verdict._tag === "Approve"
      ? { _tag: "TemplateApproved", version, at: env.now }
      : { _tag: "TemplateRejected", version, reason: verdict.reason, at: env.now }
  ])
}

/** Deletes a template for good (TPL-6): its row stays, so that its id is never anybody else's. */
export const remove = (env: Env, state: State): Decided<UnknownTemplate> => {
  if (state.stage === "none") return Either.left(new UnknownTemplate())
  return state.stage === "deleted" ? nothing : Either.right([{ _tag: "TemplateDeleted", at: env.now }])
}

export const evolve = (state: State, event: Event): State => {
  switch (event._tag) {
    case "TemplateCreated": {
      const { _tag, applicationId, at, ...submission } = event
      return { stage: "pending", applicationId, ...submission, version: 1, createdAt: at, submittedAt: at }
    }
    case "TemplateEdited": {
      const { _tag, at, ...submission } = event
      const { applicationId, createdAt, version } = state
      return { stage: "pending", applicationId, ...submission, version: version + 1, createdAt, submittedAt: at }
    }
    case "TemplateApproved":
      return { ...state, stage: "approved", decidedAt: event.at }
    case "TemplateRejected":
      return { ...state, stage: "rejected", decidedAt: event.at, reason: event.reason }
    case "TemplateDeleted":
      return { ...state, stage: "deleted", deletedAt: event.at }
  }
}

const read = (draft: Draft): Either.Either<Draft & TemplateText.TemplateText, DraftRefusal> =>
  Either.flatMap(TemplateText.parse(draft.content), (text): ReturnType<typeof read> => {
    const { content, kind, name, note, variables } = draft
    if (variables.length > text.arity)
      return Either.left(new UndeclaredVariable({ declared: variables.length, expected: text.arity }))
    if (kind === "code" && !hasCode(variables, text.arity))
      return Either.left(new NoCodeVariable({ variables: text.arity }))
    return Either.right({ name, content, note, kind, variables, ...text })
  })

/** Whether one of the variables may hold a code: it is declared as one, or not declared at all. */
const hasCode = (variables: Variable.VariableKinds, arity: number): boolean =>
  arity > variables.length || variables.some((declared) => declared === null || declared === "code")

// ---------------------------------------------------------------------------------------------------------------------
// queries
// ---------------------------------------------------------------------------------------------------------------------

const allowed: Either.Either<void> = Either.void

/** Whether the template may be sent: it was approved, and not deleted since (TPL-4, TPL-6). */
export const maySend = (state: State): Either.Either<void, TemplateNotUsable> =>
  state.stage === "approved" ? allowed : Either.left(new TemplateNotUsable({ stage: state.stage }))

// ---------------------------------------------------------------------------------------------------------------------
// storage
// ---------------------------------------------------------------------------------------------------------------------

export const kind: Kind<State, Event> = {
  name: "template",
  initial,
  evolve,
  state: State,
  event: Event,
  personal: Kinds.nothingPersonal,
  journaled: true,
  ephemeral: false,
  indexes: {
    /** The templates of an application that were not deleted, in order of their creation (TPL-10). */
    byApplication: {
      name: "byApplication",
      position: (_key, state) => (exists(state) ? { partition: state.applicationId, at: state.createdAt } : undefined)
    },
    /** The same, of one stage: the partition is `applicationId/stage`. */
    byStage: {
      name: "byStage",
      position: (_key, state) =>
        exists(state) ? { partition: `${state.applicationId}/${state.stage}`, at: state.createdAt } : undefined
    },
    /** What waits for a reviewer, of all accounts, the longest first; the partition is empty. */
    pending: {
      name: "pending",
      position: (_key, state) => (state.stage === "pending" ? { partition: "", at: state.submittedAt } : undefined)
    }
  }
}

const exists = (state: State): boolean => state.stage !== "none" && state.stage !== "deleted"

/** The key is the application's id and the template's, as templates are numbered per application. */
export const ref = (accountId: string, applicationId: string, templateId: string): Ref<typeof kind> =>
  Kinds.ref(kind, accountId, `${applicationId}/${templateId}`)

/** The template's id, from the key of its row. */
export const idOf = (key: string): string => key.slice(key.indexOf("/") + 1)
