/**
 * Service: keeps the spoken-text templates of applications, and carries out what reviewers decide about them.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Application from "../account/Application.ts"
import * as BoundedText from "../account/BoundedText.ts"
import { IdGenerator } from "../IdGenerator.ts"
import { type InvalidInput, parser } from "../InvalidInput.ts"
import type { PortFailure } from "../PortFailure.ts"
import { ReviewDesk } from "../qualification/ReviewDesk.ts"
import type { ReviewHandler } from "../qualification/ReviewWorker.ts"
import { Verdict } from "../qualification/Verdict.ts"
import * as Decision from "../storage/Decision.ts"
import { Journal } from "../storage/Journal.ts"
import * as Kinds from "../storage/Kind.ts"
import type { Row } from "../storage/Kind.ts"
import { PageInput } from "../storage/PageInput.ts"
import { type Page, Records } from "../storage/Records.ts"
import * as Template from "./Template.ts"
import * as TemplateBook from "./TemplateBook.ts"
import * as Variable from "./Variable.ts"
import * as VariableAdvice from "./VariableAdvice.ts"

/** What somebody writes; see `Template.Draft`. */
export interface DraftInput {
  readonly name: string
  readonly content: string
  readonly kind: Template.TemplateKind
  readonly note?: string | undefined
  readonly variables?: Variable.VariableKinds | undefined
}

/** A template as its application sees it (TPL-10); `reason` leads from a rejected one to why. */
export interface TemplateView extends Template.State {
  readonly templateId: string
  /** Kinds that somebody should declare before it is sent: without them, `{2}分钟` is spelled. */
  readonly advice: ReadonlyArray<VariableAdvice.Advice>
}

/** A template that waits for a reviewer. */
export interface ReviewView extends TemplateView {
  readonly accountId: string
}

export interface ReviewInput {
  /** The submission that was judged (TPL-8). */
  readonly version: number
  readonly verdict: Verdict
}

export class Templates extends Context.Tag("@vsms/core/template/Templates")<
  Templates,
  {
    /** Makes a template, which waits for its review from then on (TPL-1, TPL-2, TPL-3). */
    readonly create: (
      accountId: string,
      applicationId: string,
      input: DraftInput
    ) => Effect.Effect<
      TemplateView,
      InvalidInput | Application.UnknownApplication | Template.DraftRefusal | PortFailure
    >
    /** Writes a pending or rejected template anew, which submits it again (TPL-5). */
    readonly edit: (
      accountId: string,
      applicationId: string,
      templateId: string,
      input: DraftInput
    ) => Effect.Effect<
      TemplateView,
      | InvalidInput
      | Template.UnknownTemplate
      | Template.TemplateDeleted
      | Template.TemplateNotEditable
      | Template.DraftRefusal
      | PortFailure
    >
    /** Deletes a template for good (TPL-6). Deleting it again changes nothing. */
    readonly remove: (
      accountId: string,
      applicationId: string,
      templateId: string
    ) => Effect.Effect<void, Template.UnknownTemplate | PortFailure>
    /** One template, also if it was deleted. */
    readonly get: (
      accountId: string,
      applicationId: string,
      templateId: string
    ) => Effect.Effect<TemplateView, Template.UnknownTemplate | PortFailure>
    /** The templates that were not deleted, the newest first (TPL-10); those of one stage if it is given. */
    readonly list: (
      accountId: string,
      applicationId: string,
      input?: PageInput & { readonly stage?: "pending" | "approved" | "rejected" | undefined }
    ) => Effect.Effect<Page<TemplateView>, InvalidInput | PortFailure>
    /** Carries out a reviewer's verdict on one version (TPL-4, TPL-7, TPL-8). */
    readonly decide: (
      accountId: string,
      applicationId: string,
      templateId: string,
      input: ReviewInput
    ) => Effect.Effect<
      TemplateView,
      | InvalidInput
      | Template.UnknownTemplate
      | Template.TemplateDeleted
      | Template.OutdatedVersion
      | Template.AlreadyDecided
      | TemplateBook.TooManyApproved
      | PortFailure
    >
    /** What waits for a reviewer, of all accounts, the longest first. */
    readonly pending: (input?: PageInput) => Effect.Effect<Page<ReviewView>, InvalidInput | PortFailure>
    /** The template that verification codes are spoken with (SND-1); `undefined` while there is none. */
    readonly defaultCode: (accountId: string, applicationId: string) => Effect.Effect<string | undefined, PortFailure>
    /** Chooses that template: an approved verification template with the code as its only variable. */
    readonly setDefaultCode: (
      accountId: string,
      applicationId: string,
      templateId: string
    ) => Effect.Effect<void, Template.TemplateNotUsable | TemplateBook.NotACodeTemplate | PortFailure>
    /** Asks the `ReviewDesk` about each submission: for `ReviewWorker`. */
    readonly reviews: ReviewHandler
  }
>() {
  static readonly layer: Layer.Layer<Templates, never, IdGenerator | Journal | Records | ReviewDesk> = Layer.suspend(
    () => Templates.layerWith({ approvedMax: TemplateBook.approvedMax })
  )

  /** For deployments, and tests, that allow another number of approved templates. */
  static readonly layerWith = (options: {
    readonly approvedMax: number
  }): Layer.Layer<Templates, never, IdGenerator | Journal | Records | ReviewDesk> =>
    Layer.effect(Templates, make(options))
}

const make = (options: { readonly approvedMax: number }) =>
  Effect.gen(function* () {
    const ids = yield* IdGenerator
    const journal = yield* Journal
    const records = yield* Records
    const desk = yield* ReviewDesk

    const tryCreate = (accountId: string, applicationId: string, draft: Template.Draft) =>
      Effect.flatMap(Effect.zip(ids.digits(idDigits), Clock.currentTimeMillis), ([templateId, now]) =>
        journal.transact(
          [Application.ref(accountId, applicationId), Template.ref(accountId, applicationId, templateId)],
          ([application, row]) =>
            Either.gen(function* () {
              if (!application.state.exists) return yield* Either.left(new Application.UnknownApplication())
              // The id is somebody's, or was: a template that was deleted keeps its own (TPL-6).
              if (row.version > 0) return yield* Either.left(taken)
              const events = yield* Template.create({ now }, row.state, { ...draft, applicationId })
              return submitted(row, events, now)
            })
        )
      )

    const create = Effect.fn("Templates.create")(function* (
      accountId: string,
      applicationId: string,
      input: DraftInput
    ) {
      yield* Effect.annotateCurrentSpan({ accountId, applicationId })
      const draft = yield* parseDraft(input)
      const view = yield* tryCreate(accountId, applicationId, draft).pipe(
        Effect.retry({ while: (error) => error._tag === "IdTaken", times: 9 }),
        // So many in a row are taken only when the ids run out: no caller could do anything about it.
        Effect.catchTag("IdTaken", Effect.die)
      )
      yield* Effect.annotateCurrentSpan({ templateId: view.templateId })
      return view
    })

    const edit = Effect.fn("Templates.edit")(function* (
      accountId: string,
      applicationId: string,
      templateId: string,
      input: DraftInput
    ) {
      yield* Effect.annotateCurrentSpan({ accountId, applicationId, templateId })
      const draft = yield* parseDraft(input)
      const now = yield* Clock.currentTimeMillis
      return yield* journal.transact([Template.ref(accountId, applicationId, templateId)], ([row]) =>
        Either.map(Template.edit({ now }, row.state, draft), (events) => submitted(row, events, now))
      )
    })

    const remove = Effect.fn("Templates.remove")(function* (
      accountId: string,
      applicationId: string,
      templateId: string
    ) {
      yield* Effect.annotateCurrentSpan({ accountId, applicationId, templateId })
      const now = yield* Clock.currentTimeMillis
      yield* journal.transact(
        [Template.ref(accountId, applicationId, templateId), TemplateBook.ref(accountId, applicationId)],
        ([row, book]) =>
          Either.map(Template.remove({ now }, row.state), (events) => {
            if (events.length === 0) return Decision.answer<void>(undefined)
            const changes: Array<Decision.Change> = [Decision.change(row, events)]
            if (row.state.stage === "approved") changes.push(Decision.change(book, TemplateBook.end(templateId)))
            return Decision.make<void>(undefined, { changes, work: [Decision.cancel("review", reviewOf(row.ref))] })
          })
      )
    })

    const get = Effect.fn("Templates.get")(function* (accountId: string, applicationId: string, templateId: string) {
      yield* Effect.annotateCurrentSpan({ accountId, applicationId, templateId })
      const row = yield* journal.load(Template.ref(accountId, applicationId, templateId))
      return row.version === 0 ? yield* new Template.UnknownTemplate() : viewOf(row)
    })

    const list = Effect.fn("Templates.list")(function* (
      accountId: string,
      applicationId: string,
      input?: PageInput & { readonly stage?: "pending" | "approved" | "rejected" | undefined }
    ) {
      yield* Effect.annotateCurrentSpan({ accountId, applicationId })
      const { after, limit, stage } = yield* parseList(input ?? {})
      const page = yield* records.list({
        kind: Template.kind,
        index: stage === undefined ? "byApplication" : "byStage",
        partition: stage === undefined ? applicationId : `${applicationId}/${stage}`,
        after,
        limit,
        descending: true
      })
      // An application's id is nobody else's, so this leaves out nothing but the guesses of strangers.
      return { items: page.items.filter(({ ref }) => ref.owner === accountId).map(viewOf), next: page.next }
    })

    /** In one step with the count of approved templates, which is a row of its own (TPL-7). */
    const carryOut = (ref: Kinds.Ref<typeof Template.kind>, command: ReviewInput) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const templateId = Template.idOf(ref.key)
        const applicationId = ref.key.slice(0, -templateId.length - 1)
        return journal.transact([ref, TemplateBook.ref(ref.owner, applicationId)], ([row, book]) =>
          Either.gen(function* () {
            const events = yield* Template.review({ now }, row.state, command)
            if (events.length === 0) return Decision.answer(viewOf(row))
            const changes: Array<Decision.Change> = []
            if (command.verdict._tag === "Approve") {
              const counted = yield* TemplateBook.approve(options, book.state, templateId, row.state)
              changes.push(Decision.change(book, counted))
            }
            const change = Decision.change(row, events)
            changes.push(change)
            return Decision.make(view(templateId, change.state), {
              changes,
              work: [Decision.cancel("review", reviewOf(ref))]
            })
          })
        )
      })

    const decide = Effect.fn("Templates.decide")(function* (
      accountId: string,
      applicationId: string,
      templateId: string,
      input: ReviewInput
    ) {
      yield* Effect.annotateCurrentSpan({ accountId, applicationId, templateId })
      const command = yield* parseReview(input)
      return yield* carryOut(Template.ref(accountId, applicationId, templateId), command)
    })

    const pending = Effect.fn("Templates.pending")(function* (input?: PageInput) {
      const { after, limit } = yield* parsePage(input ?? {})
      const page = yield* records.list({ kind: Template.kind, index: "pending", partition: "", after, limit })
      return {
        items: page.items.map((row): ReviewView => ({ accountId: row.ref.owner, ...viewOf(row) })),
        next: page.next
      }
    })

    const setDefaultCode = Effect.fn("Templates.setDefaultCode")(function* (
      accountId: string,
      applicationId: string,
      templateId: string
    ) {
      yield* Effect.annotateCurrentSpan({ accountId, applicationId, templateId })
      yield* journal.transact(
        [Template.ref(accountId, applicationId, templateId), TemplateBook.ref(accountId, applicationId)],
        ([row, book]) =>
          Either.gen(function* () {
            yield* Template.maySend(row.state)
            const events = yield* TemplateBook.chooseDefault(book.state, templateId, row.state)
            if (events.length === 0) return Decision.answer<void>(undefined)
            return Decision.make<void>(undefined, { changes: [Decision.change(book, events)] })
          })
      )
    })

    const review = Effect.fn("Templates.review")(function* (work: { readonly owner: string; readonly key: string }) {
      const ref = Kinds.ref(Template.kind, work.owner, work.key.slice(reviewPrefix.length))
      const { state } = yield* journal.load(ref)
      if (state.stage !== "pending") return undefined
      const { version } = state
      const answer = yield* desk.review({ subject: "template", owner: ref.owner, key: ref.key, version })
      const now = yield* Clock.currentTimeMillis
      if (answer._tag === "Later") return now + askAgainMillis
      return yield* carryOut(ref, { version, verdict: answer }).pipe(
        Effect.as(undefined),
        Effect.catchTags({
          // Deleted, edited or decided meanwhile: whoever did that has seen to the review of what there is now.
          UnknownTemplate: () => Effect.succeed(undefined),
          TemplateDeleted: () => Effect.succeed(undefined),
          OutdatedVersion: () => Effect.succeed(undefined),
          AlreadyDecided: () => Effect.succeed(undefined),
          // Somebody has to delete an approved template first; until then this one waits.
          TooManyApproved: () => Effect.succeed(now + askAgainMillis)
        })
      )
    })

    return {
      create,
      edit,
      remove,
      get,
      list,
      decide,
      pending,
      defaultCode: (accountId, applicationId) =>
        Effect.map(
          journal.load(TemplateBook.ref(accountId, applicationId)),
          ({ state }) => state.defaultCode ?? undefined
        ),
      setDefaultCode,
      reviews: { owns: (key) => key.startsWith(reviewPrefix), handle: review }
    } satisfies typeof Templates.Service
  })

// ---------------------------------------------------------------------------------------------------------------------
// the forms of the input
// ---------------------------------------------------------------------------------------------------------------------

const parseDraft = parser(
  Schema.Struct({
    name: BoundedText.line({ min: 1, max: 50 }),
    content: Schema.String,
    kind: Template.TemplateKind,
    note: Schema.optionalWith(BoundedText.paragraph({ min: 0, max: 200 }), { default: () => "" }),
    variables: Schema.optionalWith(Variable.VariableKinds, { default: () => [] })
  })
)

const parsePage = parser(PageInput)

const parseList = parser(
  Schema.Struct({ ...PageInput.fields, stage: Schema.optional(Schema.Literal("pending", "approved", "rejected")) })
)

const parseReview = parser(Schema.Struct({ version: Schema.Int, verdict: Verdict }))

// ---------------------------------------------------------------------------------------------------------------------

/** Ids are numbers on the wire, of 32 bits with a sign: nine digits are the most that always fit. */
const idDigits = 9

/** How long a reviewer who has not decided is left alone. */
const askAgainMillis = 60_000

const taken = { _tag: "IdTaken" } as const

const view = (templateId: string, state: Template.State): TemplateView => ({
  templateId,
  ...state,
  advice: VariableAdvice.of(state)
})

const viewOf = (row: Row<typeof Template.kind>): TemplateView => view(Template.idOf(row.ref.key), row.state)

/** The work of reviewing a template; the queue is shared with other things that are reviewed. */
const reviewOf = (ref: { readonly owner: string; readonly key: string }) => ({
  owner: ref.owner,
  key: reviewPrefix + ref.key
})

const reviewPrefix = "template/"

/** A new submission: stored, and put before the reviewers. */
const submitted = (row: Row<typeof Template.kind>, events: ReadonlyArray<Template.Event>, now: number) => {
  const change = Decision.change(row, events)
  return Decision.make(view(Template.idOf(row.ref.key), change.state), {
    changes: [change],
    work: [Decision.enqueue("review", reviewOf(row.ref), now)]
  })
}
