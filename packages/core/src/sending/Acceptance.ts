/**
 * Rules: the acceptance of a send as one decision: everything it changes, all of it or nothing (SND-3, SND-6, SND-7,
 * SND-8, SND-10). Which gates it passes is `Admission.ts`.
 */
import * as Either from "effect/Either"
import * as Account from "../account/Account.ts"
import * as Application from "../account/Application.ts"
import * as DailyVolume from "../alert/DailyVolume.ts"
import * as LowBalance from "../alert/LowBalance.ts"
import * as Balance from "../balance/Balance.ts"
import * as Holdings from "../number/Holdings.ts"
import * as Decision from "../storage/Decision.ts"
import * as Kinds from "../storage/Kind.ts"
import type { Ref, Row } from "../storage/Kind.ts"
import * as Template from "../template/Template.ts"
import * as ShanghaiDay from "../time/ShanghaiDay.ts"
import type * as VoiceFile from "../voicefile/VoiceFile.ts"
import * as Admission from "./Admission.ts"
import * as Callee from "./Callee.ts"
import * as DisplayNumber from "./DisplayNumber.ts"
import * as FrequencyLimit from "./FrequencyLimit.ts"
import type { GateId, Sight } from "./Gate.ts"
import * as Idempotency from "./Idempotency.ts"
import * as RefusedSend from "./RefusedSend.ts"
import * as Send from "./Send.ts"
import * as SendLimits from "./SendLimits.ts"
import * as SendRequest from "./SendRequest.ts"

// ---------------------------------------------------------------------------------------------------------------------
// what is read
// ---------------------------------------------------------------------------------------------------------------------

/** Whose request it is, and which id it gets if it is accepted; a refused attempt is recorded under it. */
export interface Attempt {
  readonly accountId: string
  readonly applicationId: string
  readonly sendId: string
  readonly templateId: string
  readonly request: SendRequest.SendRequest
}

/** Everything that is asked and changed, but for the memory of an idempotency key, and the file that is played. */
export const refs = (attempt: Attempt, now: number) => {
  const { accountId, applicationId, request, templateId } = attempt
  return [
    Account.ref(accountId),
    Application.ref(accountId, applicationId),
    Template.ref(accountId, applicationId, templateId),
    SendLimits.ref(accountId, applicationId),
    Holdings.ref(accountId),
    DisplayNumber.ref(accountId),
    FrequencyLimit.ref(accountId, applicationId, request.callee),
    DailyVolume.ref(accountId, applicationId),
    DailyVolume.dayRef(accountId, applicationId, ShanghaiDay.ofInstant(now)),
    Balance.ref(accountId),
    LowBalance.ref(accountId)
  ] as const
}

/** The rows of a list of refs, in the same order. */
export type RowsOf<Refs extends ReadonlyArray<Ref<any>>> = {
  readonly [I in keyof Refs]: Refs[I] extends Ref<infer K> ? Row<K> : never
}

export type Books = RowsOf<ReturnType<typeof refs>>

export type Memory = Row<typeof Idempotency.kind>

/** The file that is to be played. */
export type File = Row<typeof VoiceFile.kind>

// ---------------------------------------------------------------------------------------------------------------------
// what is answered
// ---------------------------------------------------------------------------------------------------------------------

/** What the caller of an accepted send is answered. */
export interface Acceptance {
  readonly sendId: string
  readonly acceptedAt: number
  /** The number that the callee will see. */
  readonly display: string
  /** The most that the call can cost. */
  readonly holdMinutes: number
  /** As it was given (SND-11). */
  readonly ext: string | undefined
  /** Whether this is the answer to an earlier request under the same key (SND-7). */
  readonly repeated: boolean
}

/** Why a request of the right form is not accepted, in order of precedence. */
export type Refusal = Idempotency.IdempotencyConflict | Admission.Refusal

export type Outcome =
  | { readonly _tag: "Accepted"; readonly acceptance: Acceptance }
  /** `attemptId` is what `Sends.explain` explains; `undefined` where refusals are not recorded. */
  | { readonly _tag: "Refused"; readonly attemptId: string | undefined; readonly refusal: Refusal }

// ---------------------------------------------------------------------------------------------------------------------
// decisions
// ---------------------------------------------------------------------------------------------------------------------

/** Accepts the send or refuses it; a refusal is a decision too, as it is recorded. */
export const decide = (
  env: Admission.Env,
  attempt: Attempt,
  books: Books,
  memory: Memory | undefined,
  file?: File
): Decision.Decision<Outcome> => {
  if (memory !== undefined) {
    const recalled = Idempotency.recall(env, memory, SendRequest.fingerprint(attempt.request))
    if (Either.isLeft(recalled))
      return refuse(env, attempt, { gate: "idempotency", refusal: recalled.left, sight: nothingSeen })
    if (recalled.right !== undefined) {
      const acceptance = { ...recalled.right, ext: attempt.request.ext, repeated: true }
      return Decision.answer({ _tag: "Accepted", acceptance })
    }
  }
  const admitted = Admission.admit(env, requestOf(attempt), stateOf(books, file))
  return Either.isLeft(admitted)
    ? refuse(env, attempt, admitted.left)
    : accept(env, attempt, books, memory, file, admitted.right)
}

/** What the gates are asked about. */
export const requestOf = (attempt: Attempt): Admission.Request => {
  const { applicationId, request, sendId, templateId } = attempt
  const { asCode, callee, display, ext, params, plays } = request
  return { sendId, applicationId, templateId, asCode, callee, params, plays, display, ext }
}

/** What the gates look at. */
export const stateOf = (books: Books, file?: File): Admission.Books => ({
  account: books[0].state,
  application: books[1].state,
  template: books[2].state,
  file: file?.state,
  limits: books[3].state,
  holdings: books[4].state,
  shown: books[5].state,
  called: books[6].state,
  volume: books[7],
  day: books[8],
  balance: books[9].state
})

const accept = (
  env: Admission.Env,
  attempt: Attempt,
  books: Books,
  memory: Memory | undefined,
  file: File | undefined,
  admitted: Admission.Admitted
): Decision.Decision<Outcome> => {
  const { now, policy } = env
  const { accountId, applicationId, request, sendId, templateId } = attempt
  const { called, held, number, rendered, sight, volume } = admitted
  const [, , template, , holdings, shown, frequency, , , balance, lowBalance] = books
  const kind = Admission.kindOf({ file: file?.state, template: template.state })
  const dialUntilAt = now + policy.dialWithinMillis[kind]
  const callMillis = policy.ringTimeoutMillis + policy.longestCallMillis
  const accepted: Send.Accepted = {
    at: now,
    applicationId,
    templateId,
    fileId: request.fileId,
    kind,
    display: number.number,
    operator: Callee.operatorOf(request.callee),
    region: Callee.regionOf(env.plan, request.callee),
    plays: request.plays,
    ringTimeoutMillis: policy.ringTimeoutMillis,
    longestCallMillis: policy.longestCallMillis,
    dialUntilAt,
    deadlineAt: dialUntilAt + callMillis + policy.reconcileMarginMillis,
    hold: held.hold,
    sight
  }
  const send = Kinds.fresh(Send.ref(accountId, sendId))
  const changes: Array<Decision.Change> = [
    Decision.change(send, [{ _tag: "SendAccepted", accepted }], {
      personal: { callee: request.callee, text: rendered.text, segments: rendered.segments, ext: request.ext },
      expiresAt: now + policy.personalMillis
    })
  ]
  // Without limits nothing is counted. The row holds both groups, and stays for the one that counts longer.
  if (called.counted.length > 0) {
    const expiresAt = Math.max(frequency.expiresAt ?? 0, called.expiresAt)
    changes.push(Decision.change(frequency, [called.event], { expiresAt }))
  }
  // The number that was shown last stays the last one.
  if (shown.state.turn === 0 || shown.state.shown[number.number] !== shown.state.turn) {
    const numbers = holdings.state.held.map((held) => held.number)
    changes.push(Decision.change(shown, [{ _tag: "NumberShown", number: number.number, held: numbers }]))
  }
  for (const change of volume.changes) changes.push(change)
  const drawn = Balance.after(balance, held.events)
  for (const change of drawn.changes) changes.push(change)
  const low = LowBalance.observe(env, lowBalance, drawn.state.available, "usage")
  for (const change of low.changes) changes.push(change)
  if (memory !== undefined) {
    const answer = { sendId, acceptedAt: now, display: number.number, holdMinutes: held.hold.minutes }
    changes.push(
      Decision.change(memory, [{ _tag: "AnswerRemembered", memory: { answer } }], {
        personal: { fingerprint: SendRequest.fingerprint(request) },
        expiresAt: now + Idempotency.rememberedMillis
      })
    )
  }
  const acceptance: Acceptance = {
    sendId,
    acceptedAt: now,
    display: number.number,
    holdMinutes: held.hold.minutes,
    ext: request.ext,
    repeated: false
  }
  return {
    answer: { _tag: "Accepted", acceptance },
    changes,
    work: [
      Decision.enqueue("dial", send.ref, now),
      Decision.enqueue("reconcile", send.ref, accepted.deadlineAt),
      ...volume.work,
      ...low.work
    ],
    tallies: [Send.tally(accountId, accepted, { sends: 1 })]
  }
}

const refuse = (
  env: Admission.Env,
  attempt: Attempt,
  shut: { readonly gate: GateId; readonly refusal: Refusal; readonly sight: Sight }
): Decision.Decision<Outcome> => {
  const { now, policy } = env
  const { accountId, applicationId, request, sendId, templateId } = attempt
  const { refusal } = shut
  if (policy.refusalsMillis === 0) return Decision.answer({ _tag: "Refused", attemptId: undefined, refusal })
  const record = RefusedSend.record({ at: now, applicationId, templateId, fileId: request.fileId }, shut)
  return Decision.make<Outcome>(
    { _tag: "Refused", attemptId: sendId, refusal },
    {
      changes: [
        Decision.change(Kinds.fresh(RefusedSend.ref(accountId, sendId)), [record], {
          personal: { callee: request.callee },
          expiresAt: now + policy.refusalsMillis
        })
      ]
    }
  )
}

const nothingSeen: Sight = {}
