/**
 * Service: accepts sends, records what becomes of them, and tells it (SND-1 to SND-8, SND-11). Who dials is the dispatch
 * domain's business: an accepted send lies in the queue `dial`, and in the queue `reconcile` for when nobody does.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Application from "../account/Application.ts"
import { IdGenerator } from "../IdGenerator.ts"
import { InvalidInput, parser } from "../InvalidInput.ts"
import * as Metrics from "../Metrics.ts"
import * as Now from "../Now.ts"
import type { PortFailure } from "../PortFailure.ts"
import * as Spans from "../Spans.ts"
import * as Decision from "../storage/Decision.ts"
import { Journal } from "../storage/Journal.ts"
import type { Ref, Row } from "../storage/Kind.ts"
import { PageInput } from "../storage/PageInput.ts"
import { type Page, Records } from "../storage/Records.ts"
import * as TemplateBook from "../template/TemplateBook.ts"
import * as VoiceFile from "../voicefile/VoiceFile.ts"
import * as Acceptance from "./Acceptance.ts"
import * as Admission from "./Admission.ts"
import * as Callee from "./Callee.ts"
import * as Explanation from "./Explanation.ts"
import * as Idempotency from "./Idempotency.ts"
import * as Progress from "./Progress.ts"
import * as Receipt from "./Receipt.ts"
import * as RefusedSend from "./RefusedSend.ts"
import * as Send from "./Send.ts"
import * as SendCheck from "./SendCheck.ts"
import * as SendLimits from "./SendLimits.ts"
import * as SendPolicy from "./SendPolicy.ts"
import * as SendRequest from "./SendRequest.ts"

export { UnknownSend } from "./Send.ts"

/** A send as its application sees it. `personal` is `undefined` once its retention time has ended. */
export interface SendView {
  readonly sendId: string
  readonly state: Send.State
  readonly personal: Send.Personal | undefined
}

/** A refused attempt, as its application sees it. */
export interface RefusedView extends RefusedSend.Refused {
  readonly attemptId: string
  readonly callee: string | undefined
}

/** The answer to one of several requests. */
export type BatchAnswer =
  | Acceptance.Outcome
  | { readonly _tag: "Malformed"; readonly refusal: SendRequest.FormRefusal }
  /** The storage failed: the send may have been accepted. Repeat it under its idempotency key. */
  | { readonly _tag: "Failed"; readonly failure: PortFailure }

export interface SendPage extends PageInput {
  /** Accepted at or after; epoch milliseconds. */
  readonly from?: number | undefined
  /** Accepted before; epoch milliseconds. */
  readonly until?: number | undefined
  /** The sends to one number, in any common writing. */
  readonly to?: string | undefined
}

export class Sends extends Context.Tag("@vsms/core/sending/Sends")<
  Sends,
  {
    /** Accepts a send, or refuses it with the first gate that is shut. */
    readonly accept: (
      accountId: string,
      applicationId: string,
      input: SendRequest.SendInput
    ) => Effect.Effect<Acceptance.Acceptance, SendRequest.FormRefusal | Acceptance.Refusal | PortFailure>
    /** Accepts a verification code, spoken with the application's default template (SND-1). */
    readonly acceptCode: (
      accountId: string,
      applicationId: string,
      input: SendRequest.CodeInput
    ) => Effect.Effect<Acceptance.Acceptance, SendRequest.FormRefusal | Acceptance.Refusal | PortFailure>
    /** Accepts a send that plays a file (VOF-4). */
    readonly acceptFile: (
      accountId: string,
      applicationId: string,
      input: SendRequest.FileInput
    ) => Effect.Effect<Acceptance.Acceptance, SendRequest.FormRefusal | Acceptance.Refusal | PortFailure>
    /** Like those above, by what the input has; a refusal comes as a value, with the id to explain. */
    readonly attempt: (
      accountId: string,
      applicationId: string,
      input: SendRequest.Input
    ) => Effect.Effect<Acceptance.Outcome, SendRequest.FormRefusal | PortFailure>
    /** Up to 200 sends, each answered by itself: what is wrong with one is nothing to the others. */
    readonly acceptBatch: (
      accountId: string,
      applicationId: string,
      inputs: ReadonlyArray<SendRequest.Input>
    ) => Effect.Effect<ReadonlyArray<BatchAnswer>, InvalidInput>
    /** What a send would meet now. Nothing is stored, counted or held. */
    readonly check: (
      accountId: string,
      applicationId: string,
      input: SendRequest.Input
    ) => Effect.Effect<SendCheck.Check, SendRequest.FormRefusal | PortFailure>
    /** Records what happened to a send, and at its end everything that follows from it, in one step. */
    readonly record: (ref: Ref<typeof Send.kind>, report: Send.Report) => Effect.Effect<Progress.Recorded, PortFailure>
    /** Records what happened to a send since it was last recorded, in the order in which it happened, as one step. */
    readonly recordAll: (
      ref: Ref<typeof Send.kind>,
      reports: ReadonlyArray<Send.Report>
    ) => Effect.Effect<ReadonlyArray<Progress.Recorded>, PortFailure>
    /** A send's row, for the domains that carry it on. */
    readonly load: (ref: Ref<typeof Send.kind>) => Effect.Effect<Row<typeof Send.kind>, PortFailure>
    readonly get: (
      accountId: string,
      applicationId: string,
      sendId: string
    ) => Effect.Effect<SendView, Send.UnknownSend | PortFailure>
    /** The application's sends, the newest first. */
    readonly list: (
      accountId: string,
      applicationId: string,
      page?: SendPage
    ) => Effect.Effect<Page<SendView>, InvalidInput | Callee.CalleeNotServed | PortFailure>
    /**
     * The receipts with a number above `after`, in order; whoever asks again with the last number never misses one
     * (CBK-1, STA-6). `next` is the number to ask with.
     */
    readonly receipts: (
      accountId: string,
      applicationId: string,
      page?: { readonly after?: number | undefined; readonly limit?: number | undefined }
    ) => Effect.Effect<
      { readonly items: ReadonlyArray<Receipt.Receipt>; readonly next: number },
      InvalidInput | PortFailure
    >
    /** The attempts that were refused lately, the newest first. */
    readonly refused: (
      accountId: string,
      applicationId: string,
      page?: PageInput
    ) => Effect.Effect<Page<RefusedView>, InvalidInput | PortFailure>
    /** Why a send was accepted or refused, what became of it, and who paid. */
    readonly explain: (
      accountId: string,
      applicationId: string,
      id: string
    ) => Effect.Effect<Explanation.Explanation, Send.UnknownSend | PortFailure>
    /** The limits that the application has set for itself; `null`: the default holds (SND-8, TPL-9). */
    readonly limits: (accountId: string, applicationId: string) => Effect.Effect<SendLimits.State, PortFailure>
    /** Sets all of them. */
    readonly setLimits: (
      accountId: string,
      applicationId: string,
      limits: SendLimits.State
    ) => Effect.Effect<void, InvalidInput | Application.UnknownApplication | PortFailure>
    /** The policy of this deployment. */
    readonly policy: SendPolicy.SendPolicy
  }
>() {
  /** With the standard policy, and no table of regions. */
  static readonly layer: Layer.Layer<Sends, never, IdGenerator | Journal | Records> = Layer.suspend(() =>
    Sends.layerWith({ policy: SendPolicy.standard })
  )

  static readonly layerWith = (options: {
    readonly policy: SendPolicy.SendPolicy
    readonly plan?: Callee.NumberPlan | undefined
  }): Layer.Layer<Sends, never, IdGenerator | Journal | Records> => Layer.effect(Sends, make(options))
}

const make = (options: { readonly policy: SendPolicy.SendPolicy; readonly plan?: Callee.NumberPlan | undefined }) =>
  Effect.gen(function* () {
    const ids = yield* IdGenerator
    const journal = yield* Journal
    const records = yield* Records
    const { plan, policy } = options
    const { keepCodes } = policy

    // -----------------------------------------------------------------------------------------------------------------
    // accepting: thousands of times a second
    // -----------------------------------------------------------------------------------------------------------------

    const parse = (input: SendRequest.Input): Either.Either<SendRequest.SendRequest, SendRequest.FormRefusal> => {
      if ("code" in input) return SendRequest.ofCode(policy, input)
      return "fileId" in input ? SendRequest.ofFile(policy, input) : SendRequest.ofSend(policy, input)
    }

    /** The template of a request: the one it names (none, if it plays a file), or the default one for codes. */
    const templateOf = (accountId: string, applicationId: string, request: SendRequest.SendRequest) =>
      request.templateId === undefined
        ? Effect.map(
            journal.load(TemplateBook.ref(accountId, applicationId)),
            // A template with this id is nobody's: the gate says that there is none.
            ({ state }) => state.defaultCode ?? "default"
          )
        : Effect.succeed(request.templateId)

    const decide = (attempt: Acceptance.Attempt, now: number): Effect.Effect<Acceptance.Outcome, PortFailure> => {
      const env: Admission.Env = { now, policy, plan }
      const refs = Acceptance.refs(attempt, now)
      const { fileId, idempotencyKey } = attempt.request
      if (fileId !== undefined) return decideFile(env, attempt, fileId, refs)
      return idempotencyKey === undefined
        ? journal.transact(refs, (books) => Either.right(Acceptance.decide(env, attempt, books, undefined)))
        : journal.transact(
            [Idempotency.ref(attempt.accountId, attempt.applicationId, idempotencyKey), ...refs],
            ([memory, ...books]) => Either.right(Acceptance.decide(env, attempt, books, memory))
          )
    }

    /** Apart from the others, so that they ask for nothing that they do not need. */
    const decideFile = (
      env: Admission.Env,
      attempt: Acceptance.Attempt,
      fileId: string,
      refs: ReturnType<typeof Acceptance.refs>
    ): Effect.Effect<Acceptance.Outcome, PortFailure> => {
      const { accountId, applicationId, request } = attempt
      const memory = Idempotency.ref(accountId, applicationId, request.idempotencyKey ?? "")
      const file = VoiceFile.ref(accountId, applicationId, fileId)
      return journal.transact([memory, file, ...refs], ([memory, file, ...books]) => {
        const remembered = request.idempotencyKey === undefined ? undefined : memory
        return Either.right(Acceptance.decide(env, attempt, books, remembered, file))
      })
    }

    const attempt = (
      accountId: string,
      applicationId: string,
      input: SendRequest.Input
    ): Effect.Effect<Acceptance.Outcome, SendRequest.FormRefusal | PortFailure> => {
      const parsed = parse(input)
      if (Either.isLeft(parsed)) {
        Metrics.asked(parsed.left._tag)
        return Effect.fail(parsed.left)
      }
      const request = parsed.right
      const decided = Spans.within(
        "Sends.accept",
        () => ({ accountId, applicationId }),
        Effect.flatMap(templateOf(accountId, applicationId, request), (templateId) =>
          Effect.flatMap(ids.next, (sendId) =>
            Now.use((now) => decide({ accountId, applicationId, sendId, templateId, request }, now))
          )
        ),
        { outcome: outcomeOf }
      )
      return Effect.mapBoth(decided, {
        onFailure: (failure) => {
          Metrics.asked(failure._tag)
          return failure
        },
        onSuccess: (outcome) => {
          Metrics.asked(nameOf(outcome))
          return outcome
        }
      })
    }

    const accept = (accountId: string, applicationId: string, input: SendRequest.Input) =>
      Effect.flatMap(
        attempt(accountId, applicationId, input),
        (outcome): Effect.Effect<Acceptance.Acceptance, Acceptance.Refusal> =>
          outcome._tag === "Accepted" ? Effect.succeed(outcome.acceptance) : Effect.fail(outcome.refusal)
      )

    const answer = (accountId: string, applicationId: string, input: SendRequest.Input): Effect.Effect<BatchAnswer> =>
      Effect.catchAll(attempt(accountId, applicationId, input), (error) =>
        Effect.succeed<BatchAnswer>(
          error._tag === "PortFailure" ? { _tag: "Failed", failure: error } : { _tag: "Malformed", refusal: error }
        )
      )

    // -----------------------------------------------------------------------------------------------------------------
    // recording: several times for each of them
    // -----------------------------------------------------------------------------------------------------------------

    const record = (ref: Ref<typeof Send.kind>, report: Send.Report): Effect.Effect<Progress.Recorded, PortFailure> =>
      Spans.within(
        "Sends.record",
        () => ({ sendId: ref.key, report: report._tag }),
        Now.use((now) => {
          const env = { now, keepCodes }
          return Progress.canEnd(report)
            ? Effect.map(
                journal.transact(Progress.endingRefs(ref), (books) =>
                  Either.right(Progress.finish(env, books, report))
                ),
                counted
              )
            : journal.transact([ref], ([send]) => Either.right(Progress.advance(env, send, report)))
        })
      )

    const recordAll = (
      ref: Ref<typeof Send.kind>,
      reports: ReadonlyArray<Send.Report>
    ): Effect.Effect<ReadonlyArray<Progress.Recorded>, PortFailure> =>
      Spans.within(
        "Sends.record",
        () => ({ sendId: ref.key, report: reports.map(({ _tag }) => _tag).join() }),
        Now.use((now) => {
          const env = { now, keepCodes }
          return reports.some(Progress.canEnd)
            ? Effect.map(
                journal.transact(Progress.endingRefs(ref), (books) => Either.right(Progress.all(env, books, reports))),
                (recorded) => recorded.map(counted)
              )
            : journal.transact([ref], (books) => Either.right(Progress.all(env, books, reports)))
        })
      )

    // -----------------------------------------------------------------------------------------------------------------
    // telling
    // -----------------------------------------------------------------------------------------------------------------

    const check = Effect.fn("Sends.check")(function* (
      accountId: string,
      applicationId: string,
      input: SendRequest.Input
    ) {
      yield* Effect.annotateCurrentSpan({ accountId, applicationId })
      const request = yield* parse(input)
      const templateId = yield* templateOf(accountId, applicationId, request)
      const now = yield* Clock.currentTimeMillis
      const attempted = { accountId, applicationId, sendId: "", templateId, request }
      const memory = Idempotency.ref(accountId, applicationId, request.idempotencyKey ?? "")
      // Of a text no file is asked for: its key is nobody's.
      const file = VoiceFile.ref(accountId, applicationId, request.fileId ?? "")
      const refs = [memory, file, ...Acceptance.refs(attempted, now)] as const
      return yield* journal.transact(refs, ([remembered, played, ...books]) => {
        const recalled =
          request.idempotencyKey === undefined
            ? undefined
            : Idempotency.recall({ now }, remembered, SendRequest.fingerprint(request))
        const env = { now, policy, plan }
        const state = Acceptance.stateOf(books, request.fileId === undefined ? undefined : played)
        const inspected = Admission.inspect(env, Acceptance.requestOf(attempted), state)
        return Either.right(Decision.answer(SendCheck.of(request.fileId, inspected, recalled)))
      })
    })

    const loadOwn = (accountId: string, applicationId: string, sendId: string) =>
      Effect.flatMap(journal.load(Send.ref(accountId, sendId)), (row) =>
        row.state.stage !== "none" && row.state.accepted.applicationId === applicationId
          ? Effect.succeed(row)
          : new Send.UnknownSend()
      )

    const get = Effect.fn("Sends.get")(function* (accountId: string, applicationId: string, sendId: string) {
      yield* Effect.annotateCurrentSpan({ accountId, applicationId, sendId })
      return viewOf(yield* loadOwn(accountId, applicationId, sendId))
    })

    const list = Effect.fn("Sends.list")(function* (accountId: string, applicationId: string, page?: SendPage) {
      yield* Effect.annotateCurrentSpan({ accountId, applicationId })
      const { after, from, limit, to, until } = yield* parseList(page ?? {})
      const callee = to === undefined ? undefined : yield* Callee.parse(to)
      const found = yield* records.list({
        kind: Send.kind,
        index: callee === undefined ? "byApplication" : "byCallee",
        partition: callee === undefined ? applicationId : `${applicationId}/${callee}`,
        ...(from === undefined ? {} : { from }),
        ...(until === undefined ? {} : { until }),
        after,
        limit,
        descending: true
      })
      return { items: own(accountId, found).map(viewOf), next: found.next }
    })

    const receipts = Effect.fn("Sends.receipts")(function* (
      accountId: string,
      applicationId: string,
      page?: { readonly after?: number | undefined; readonly limit?: number | undefined }
    ) {
      yield* Effect.annotateCurrentSpan({ accountId, applicationId })
      const { after, limit } = yield* parseReceipts(page ?? {})
      const query = { kind: Send.kind, index: "receipts", partition: applicationId, from: after + 1, limit }
      const found = yield* records.list(query)
      const items = own(accountId, found).flatMap((row) => Receipt.of(row) ?? [])
      return { items, next: items.at(-1)?.number ?? after }
    })

    const refused = Effect.fn("Sends.refused")(function* (accountId: string, applicationId: string, page?: PageInput) {
      yield* Effect.annotateCurrentSpan({ accountId, applicationId })
      const { after, limit } = yield* parsePage(page ?? {})
      const found = yield* records.list({
        kind: RefusedSend.kind,
        index: "byApplication",
        partition: applicationId,
        after,
        limit,
        descending: true
      })
      const items = own(accountId, found).flatMap(({ personal, ref, state }): ReadonlyArray<RefusedView> =>
        state === null ? [] : [{ attemptId: ref.key, callee: personal?.callee, ...state }]
      )
      return { items, next: found.next }
    })

    const explain = Effect.fn("Sends.explain")(function* (accountId: string, applicationId: string, id: string) {
      yield* Effect.annotateCurrentSpan({ accountId, applicationId, sendId: id })
      const { state } = yield* journal.load(RefusedSend.ref(accountId, id))
      if (state?.applicationId === applicationId) return Explanation.ofRefusal(id, state)
      return Explanation.ofSend(yield* loadOwn(accountId, applicationId, id))
    })

    const setLimits = Effect.fn("Sends.setLimits")(function* (
      accountId: string,
      applicationId: string,
      input: SendLimits.State
    ) {
      yield* Effect.annotateCurrentSpan({ accountId, applicationId })
      const limits = yield* parseLimits(input)
      const now = yield* Clock.currentTimeMillis
      yield* journal.transact(
        [Application.ref(accountId, applicationId), SendLimits.ref(accountId, applicationId)],
        ([application, row]) => {
          if (!application.state.exists) return Either.left(new Application.UnknownApplication())
          const events = SendLimits.set({ now }, row.state, limits)
          const changes = events.length === 0 ? [] : [Decision.change(row, events)]
          return Either.right(Decision.make<void>(undefined, { changes }))
        }
      )
    })

    return {
      accept,
      acceptCode: accept,
      acceptFile: accept,
      attempt,
      acceptBatch: (accountId, applicationId, inputs) =>
        inputs.length > batchMax
          ? new InvalidInput({ problems: [{ field: "", expected: `at most ${batchMax} sends` }] })
          : Effect.forEach(inputs, (input) => answer(accountId, applicationId, input), {
              // All at once: they are decided together, and share a commit.
              concurrency: "unbounded"
            }),
      check,
      record,
      recordAll,
      load: (ref) => journal.load(ref),
      get,
      list,
      receipts,
      refused,
      explain,
      limits: (accountId, applicationId) =>
        Effect.map(journal.load(SendLimits.ref(accountId, applicationId)), ({ state }) => state),
      setLimits,
      policy
    } satisfies typeof Sends.Service
  })

// ---------------------------------------------------------------------------------------------------------------------
// the forms of the input
// ---------------------------------------------------------------------------------------------------------------------

const parsePage = parser(PageInput)

const parseList = parser(
  Schema.Struct({
    ...PageInput.fields,
    from: Schema.optional(Schema.Number),
    until: Schema.optional(Schema.Number),
    to: Schema.optional(Schema.String)
  })
)

const parseReceipts = parser(
  Schema.Struct({
    limit: PageInput.fields.limit,
    after: Schema.optionalWith(Schema.NonNegativeInt, { default: () => 0 })
  })
)

const parseLimits = parser(SendLimits.State)

// ---------------------------------------------------------------------------------------------------------------------

const batchMax = 200

const counted = (recorded: Progress.Recorded): Progress.Recorded => {
  const { billedMinutes, reason } = recorded.state
  if (recorded.ended) Metrics.ended(reason ?? "completed", billedMinutes)
  return recorded
}

/** How an attempt is counted. */
const nameOf = (outcome: Acceptance.Outcome): string =>
  outcome._tag === "Refused" ? outcome.refusal._tag : outcome.acceptance.repeated ? "repeated" : "accepted"

/** What a span says of an attempt. */
const outcomeOf = (outcome: Acceptance.Outcome): Spans.Attributes =>
  outcome._tag === "Accepted" ? { sendId: outcome.acceptance.sendId } : { refusal: outcome.refusal._tag }

const viewOf = ({ personal, ref, state }: Row<typeof Send.kind>): SendView => ({ sendId: ref.key, state, personal })

/** An application's id is nobody else's, so this leaves out nothing but the guesses of strangers. */
const own = <A extends { readonly ref: { readonly owner: string } }>(accountId: string, found: Page<A>) =>
  found.items.filter(({ ref }) => ref.owner === accountId)
