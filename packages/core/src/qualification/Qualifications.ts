/**
 * Service: takes submissions with the images of their certificates, has them reviewed, and erases what is no longer
 * needed of them.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Account from "../account/Account.ts"
import { IdGenerator } from "../IdGenerator.ts"
import { type InvalidInput, parser } from "../InvalidInput.ts"
import { PortFailure } from "../PortFailure.ts"
import * as Decision from "../storage/Decision.ts"
import { Journal } from "../storage/Journal.ts"
import { PageInput } from "../storage/PageInput.ts"
import { type Page, Records } from "../storage/Records.ts"
import type { Outcome } from "../storage/Worker.ts"
import type { Lease } from "../storage/WorkQueue.ts"
import type * as CertificateImage from "./CertificateImage.ts"
import { BlobStore } from "../storage/BlobStore.ts"
import * as Qualification from "./Qualification.ts"
import { type Answer, ReviewDesk } from "./ReviewDesk.ts"
import type { ReviewHandler } from "./ReviewWorker.ts"
import * as Submission from "./Submission.ts"
import { Verdict } from "./Verdict.ts"

/** What a deployment may choose. */
export interface Settings {
  /** How long after its review a submission, with the image of its certificate, is kept. */
  readonly retentionMillis: number
  /** How long after `Later` the review desk is asked again. */
  readonly askAgainMillis: number
}

const day = 86_400_000

export const defaults: Settings = { retentionMillis: 180 * day, askAgainMillis: 300_000 }

/** How long an image may lie in the store before anything refers to it: as long as no submission takes. */
const strayMillis = day

/** What an enterprise submits. */
export interface SubmissionInput extends Omit<Submission.Form, "note"> {
  readonly note?: string
  /** The bytes of the certificate's image, jpg or png. */
  readonly image: Uint8Array
}

/** A qualification as its account sees it. */
export interface QualificationView extends Qualification.State {
  readonly accountId: string
  /** What was submitted, the person's name and number hidden; none before, and none after its erasure. */
  readonly submission: Submission.Masked | undefined
}

/** What waits on the reviewer's desk. */
export interface PendingReview {
  readonly accountId: string
  readonly version: number
  readonly submittedAt: number
  readonly answerExpectedAt: number
}

/** All that a reviewer needs to judge a submission, the image apart. For nobody else's eyes. */
export interface ReviewFile extends Qualification.State {
  readonly accountId: string
  readonly submission: Submission.Submission | undefined
}

export class Qualifications extends Context.Tag("@vsms/core/qualification/Qualifications")<
  Qualifications,
  {
    /** Submits the next version (QUA-1 to QUA-4), and says when its answer can be expected (QUA-5). */
    readonly submit: (
      accountId: string,
      input: SubmissionInput
    ) => Effect.Effect<
      { readonly version: number; readonly answerExpectedAt: number },
      | InvalidInput
      | Account.NotEnterprise
      | Account.NotActivated
      | Qualification.QualificationPending
      | Qualification.AlreadyQualified
      | Submission.Refusal
      | PortFailure
    >
    /** Withdraws what is being reviewed, and erases it. */
    readonly withdraw: (accountId: string) => Effect.Effect<void, Qualification.QualificationNotPending | PortFailure>
    readonly get: (accountId: string) => Effect.Effect<QualificationView, PortFailure>
    /** Ends the review of one version; one that was replaced or withdrawn meanwhile is refused (QUA-6). */
    readonly decide: (
      accountId: string,
      input: { readonly version: number; readonly verdict: Verdict }
    ) => Effect.Effect<
      void,
      InvalidInput | Qualification.OutdatedReview | Qualification.QualificationNotPending | PortFailure
    >
    /** What waits for a review in the whole platform, the oldest first. For the reviewer's desk. */
    readonly pending: (page?: PageInput) => Effect.Effect<Page<PendingReview>, InvalidInput | PortFailure>
    /** A submission unmasked. For the reviewer's desk. */
    readonly file: (accountId: string) => Effect.Effect<ReviewFile, PortFailure>
    /** The image of the certificate that stands; `undefined` before, and after its erasure. */
    readonly certificate: (
      accountId: string
    ) => Effect.Effect<
      { readonly format: CertificateImage.Format; readonly bytes: Uint8Array } | undefined,
      PortFailure
    >
    /** Its share of the work in the queue `review`, for `ReviewWorker.run`. */
    readonly reviews: ReviewHandler
  }
>() {
  static readonly layerWith = (
    settings: Partial<Settings>
  ): Layer.Layer<Qualifications, never, BlobStore | IdGenerator | Journal | Records | ReviewDesk> =>
    Layer.effect(
      Qualifications,
      Effect.suspend(() => make({ ...defaults, ...settings }))
    )

  static readonly layer = Qualifications.layerWith({})
}

const make = (settings: Settings) =>
  Effect.gen(function* () {
    const blobs = yield* BlobStore
    const desk = yield* ReviewDesk
    const ids = yield* IdGenerator
    const journal = yield* Journal
    const records = yield* Records

    const submit = Effect.fn("Qualifications.submit")(function* (accountId: string, input: SubmissionInput) {
      yield* Effect.annotateCurrentSpan({ accountId })
      const { image, note = "", ...form } = yield* parseSubmission(input)
      const certificateId = yield* ids.next
      const begunAt = yield* Clock.currentTimeMillis
      const checked = Submission.check({ now: begunAt }, { ...form, note }, image)
      const refs = [Account.ref(accountId), Qualification.ref(accountId)] as const
      // Before the image is kept, the work that removes it should nothing come of the submission is enqueued.
      const submission = yield* journal.transact(refs, ([account, row]) =>
        Either.gen(function* () {
          yield* Account.mayUseVoice(account.state)
          yield* Qualification.maySubmit(row.state)
          return Decision.make(yield* checked, { work: [cleanUp(accountId, certificateId, begunAt + strayMillis)] })
        })
      )
      yield* blobs.put("certificate", certificateId, image)
      const now = yield* Clock.currentTimeMillis
      return yield* journal.transact(refs, ([account, row]) =>
        Either.gen(function* () {
          yield* Account.mayUseVoice(account.state)
          const events = yield* Qualification.submit({ now }, row.state)
          const change = Decision.change(row, events, { personal: { submission, certificateId } })
          const { answerExpectedAt = now, version } = change.state
          const replaced = row.personal?.certificateId
          return Decision.make(
            { version, answerExpectedAt },
            {
              // While it waits it does not expire.
              changes: [{ ...change, expiresAt: undefined }],
              work: [
                Decision.enqueue("review", { owner: accountId, key: qualificationKey }, now),
                ...(replaced === undefined ? [] : [cleanUp(accountId, replaced, now)])
              ]
            }
          )
        })
      )
    })

    const withdraw = Effect.fn("Qualifications.withdraw")(function* (accountId: string) {
      yield* Effect.annotateCurrentSpan({ accountId })
      const now = yield* Clock.currentTimeMillis
      yield* journal.transact([Qualification.ref(accountId)], ([row]) =>
        Either.map(Qualification.withdraw({ now }, row.state), (events) => {
          if (events.length === 0) return Decision.answer(undefined)
          const withdrawn = row.personal?.certificateId
          return Decision.make(undefined, {
            changes: [Decision.change(row, events, { personal: null })],
            work: [
              Decision.cancel("review", { owner: accountId, key: qualificationKey }),
              ...(withdrawn === undefined ? [] : [cleanUp(accountId, withdrawn, now)])
            ]
          })
        })
      )
    })

    const judge = (accountId: string, command: { readonly version: number; readonly verdict: Verdict }) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        journal.transact([Qualification.ref(accountId)], ([row]) =>
          Either.map(Qualification.decide({ now }, row.state, command), (events) =>
            events.length === 0
              ? Decision.answer<void>(undefined)
              : Decision.make<void>(undefined, {
                  changes: [Decision.change(row, events, { expiresAt: now + settings.retentionMillis })],
                  work: [Decision.cancel("review", { owner: accountId, key: qualificationKey })]
                })
          )
        )
      )

    const decide = Effect.fn("Qualifications.decide")(function* (
      accountId: string,
      input: { readonly version: number; readonly verdict: Verdict }
    ) {
      yield* Effect.annotateCurrentSpan({ accountId })
      yield* judge(accountId, yield* parseDecision(input))
    })

    const get = Effect.fn("Qualifications.get")(function* (accountId: string) {
      yield* Effect.annotateCurrentSpan({ accountId })
      const { personal, state } = yield* journal.load(Qualification.ref(accountId))
      return {
        accountId,
        ...state,
        submission: personal === undefined ? undefined : Submission.mask(personal.submission)
      }
    })

    const file = Effect.fn("Qualifications.file")(function* (accountId: string) {
      yield* Effect.annotateCurrentSpan({ accountId })
      const { personal, state } = yield* journal.load(Qualification.ref(accountId))
      return { accountId, ...state, submission: personal?.submission }
    })

    const certificate = Effect.fn("Qualifications.certificate")(function* (accountId: string) {
      yield* Effect.annotateCurrentSpan({ accountId })
      const { personal } = yield* journal.load(Qualification.ref(accountId))
      if (personal === undefined) return undefined
      const bytes = yield* blobs.get("certificate", personal.certificateId)
      return bytes === undefined ? undefined : { format: personal.submission.certificate.format, bytes }
    })

    const pending = Effect.fn("Qualifications.pending")(function* (page?: PageInput) {
      const { after, limit } = yield* parsePage(page ?? {})
      const query = { kind: Qualification.kind, index: "pending", partition: "", after, limit }
      const listed = yield* records.list(query)
      const items = listed.items.map(({ ref, state }): PendingReview => {
        const { answerExpectedAt = 0, submittedAt = 0, version } = state
        return { accountId: ref.owner, version, submittedAt, answerExpectedAt }
      })
      return { items, next: listed.next }
    })

    /** Asks the desk about the version that stands, if one waits. */
    const review = Effect.fn("Qualifications.review")(function* (lease: Lease) {
      const accountId = lease.owner
      yield* Effect.annotateCurrentSpan({ accountId })
      const { state } = yield* journal.load(Qualification.ref(accountId))
      if (state.status !== "pending") return undefined
      const { version } = state
      const answer = yield* desk.review({ subject: "qualification", owner: accountId, key: lease.key, version })
      if (answer._tag === "Later") return (yield* Clock.currentTimeMillis) + settings.askAgainMillis
      const verdict = yield* understood(answer)
      // Withdrawn or decided meanwhile, then this answer is too late; replaced, then the new version is new work.
      yield* judge(accountId, { version, verdict }).pipe(
        Effect.catchTags({ OutdatedReview: () => Effect.void, QualificationNotPending: () => Effect.void })
      )
      return undefined
    })

    /** Removes an image to which nothing refers, or no longer has a right to. */
    const sweep = Effect.fn("Qualifications.sweep")(function* (lease: Lease) {
      const certificateId = lease.key.slice(certificatePrefix.length)
      const { expiresAt, personal } = yield* journal.load(Qualification.ref(lease.owner))
      const now = yield* Clock.currentTimeMillis
      const kept = personal?.certificateId === certificateId && (expiresAt === undefined || expiresAt > now)
      if (kept) return expiresAt ?? now + strayMillis
      yield* blobs.remove("certificate", certificateId)
      return undefined
    })

    const reviews: ReviewHandler = {
      owns: (key) => key === qualificationKey || key.startsWith(certificatePrefix),
      handle: (lease): Effect.Effect<Outcome, PortFailure> =>
        lease.key === qualificationKey ? review(lease) : sweep(lease)
    }

    return { submit, withdraw, get, decide, pending, file, certificate, reviews }
  })

// ---------------------------------------------------------------------------------------------------------------------
// the keys of its work in the queue `review`, and the forms of the input
// ---------------------------------------------------------------------------------------------------------------------

const qualificationKey = "qualification"

/** Followed by the id of a certificate whose image is to be removed. The id alone tells nothing about anybody. */
const certificatePrefix = "certificate/"

const cleanUp = (accountId: string, certificateId: string, dueAt: number) =>
  Decision.enqueue("review", { owner: accountId, key: certificatePrefix + certificateId }, dueAt)

const parseSubmission = parser(
  Schema.Struct({
    ...Submission.Form.fields,
    note: Schema.optionalWith(Submission.Form.fields.note, { exact: true }),
    image: Schema.Uint8ArrayFromSelf.annotations({ identifier: "the bytes of an image" })
  })
)

const parseDecision = parser(Schema.Struct({ version: Schema.Int, verdict: Verdict }))

const parsePage = parser(PageInput)

const decodeVerdict = Schema.decodeUnknownEither(Verdict)

/** A verdict from outside: one without a proper reason is the desk's failure, not the account's. */
const understood = (answer: Exclude<Answer, { readonly _tag: "Later" }>): Either.Either<Verdict, PortFailure> =>
  Either.mapLeft(
    decodeVerdict(answer),
    () =>
      new PortFailure({
        port: "ReviewDesk",
        operation: "review",
        retry: "later",
        cause: "a rejection needs a reason of 1 to 200 characters"
      })
  )
