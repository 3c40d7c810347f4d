/**
 * Rules: what the templates of one application share: how many of them are approved (TPL-7), and which of them a
 * verification code is spoken with (SND-1). A decision on a template that touches either names this row too.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref } from "../storage/Kind.ts"
import type * as Template from "./Template.ts"

// ---------------------------------------------------------------------------------------------------------------------
// what it is
// ---------------------------------------------------------------------------------------------------------------------

export const State = Schema.Struct({
  /** How many templates are approved now. */
  approved: Schema.NonNegativeInt,
  /** The id of the template of verification codes; `null` while there is none. Approved whenever it is set. */
  defaultCode: Schema.NullOr(Schema.String)
})
export type State = typeof State.Type

export const initial: State = { approved: 0, defaultCode: null }

export const Event = Schema.Union(
  Schema.TaggedStruct("ApprovalCounted", { templateId: Schema.String }),
  Schema.TaggedStruct("ApprovalEnded", { templateId: Schema.String }),
  Schema.TaggedStruct("DefaultCodeChosen", { templateId: Schema.String })
)
export type Event = typeof Event.Type

/** How many templates of an application may be approved at once. */
export const approvedMax = 1_000

// ---------------------------------------------------------------------------------------------------------------------
// refusals
// ---------------------------------------------------------------------------------------------------------------------

/** As many templates are approved as may be; when one of them is deleted, another can be approved. */
export class TooManyApproved extends Schema.TaggedError<TooManyApproved>()("TooManyApproved", {
  approved: Schema.Int,
  limit: Schema.Int
}) {
  static readonly rule = "TPL-7" as const
  static readonly transient = true
}

/** A verification code is spoken with a verification template that has the code as its only variable. */
export class NotACodeTemplate extends Schema.TaggedError<NotACodeTemplate>()("NotACodeTemplate", {
  variables: Schema.Int
}) {
  static readonly rule = "SND-1" as const
  static readonly code = 1014
  static readonly transient = false
}

// ---------------------------------------------------------------------------------------------------------------------
// decisions
// ---------------------------------------------------------------------------------------------------------------------

/** Counts a template that becomes approved. The first one that can speak a code becomes the default of codes. */
export const approve = (
  env: { readonly approvedMax: number },
  state: State,
  templateId: string,
  template: Template.State
): Either.Either<ReadonlyArray<Event>, TooManyApproved> => {
  const { approved, defaultCode } = state
  if (approved >= env.approvedMax) return Either.left(new TooManyApproved({ approved, limit: env.approvedMax }))
  const counted: Event = { _tag: "ApprovalCounted", templateId }
  return Either.right(
    defaultCode === null && speaksCodes(template) ? [counted, { _tag: "DefaultCodeChosen", templateId }] : [counted]
  )
}

/** An approved template was deleted. */
export const end = (templateId: string): ReadonlyArray<Event> => [{ _tag: "ApprovalEnded", templateId }]

/** Chooses the template that codes are spoken with. The caller has seen that it may be sent. */
export const chooseDefault = (
  state: State,
  templateId: string,
  template: Template.State
): Either.Either<ReadonlyArray<Event>, NotACodeTemplate> => {
  const spoken = maySpeakCode(template)
  if (Either.isLeft(spoken)) return Either.left(spoken.left)
  return Either.right(state.defaultCode === templateId ? [] : [{ _tag: "DefaultCodeChosen", templateId }])
}

/** Whether a code, and nothing else, can be given to the template to be spoken. */
export const maySpeakCode = (template: Template.State): Either.Either<void, NotACodeTemplate> =>
  speaksCodes(template) ? Either.void : Either.left(new NotACodeTemplate({ variables: template.arity }))

export const evolve = (state: State, event: Event): State => {
  switch (event._tag) {
    case "ApprovalCounted":
      return { ...state, approved: state.approved + 1 }
    case "ApprovalEnded":
      return {
        approved: state.approved - 1,
        defaultCode: state.defaultCode === event.templateId ? null : state.defaultCode
      }
    case "DefaultCodeChosen":
      return { ...state, defaultCode: event.templateId }
  }
}

const speaksCodes = ({ arity, kind, variables: [declared = null] }: Template.State): boolean =>
  kind === "code" && arity === 1 && (declared === null || declared === "code")

// ---------------------------------------------------------------------------------------------------------------------
// storage
// ---------------------------------------------------------------------------------------------------------------------

export const kind: Kind<State, Event> = {
  name: "templateBook",
  initial,
  evolve,
  state: State,
  event: Event,
  personal: Kinds.nothingPersonal,
  journaled: false,
  ephemeral: false,
  indexes: {}
}

export const ref = (accountId: string, applicationId: string): Ref<typeof kind> =>
  Kinds.ref(kind, accountId, applicationId)
