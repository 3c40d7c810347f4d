/**
 * Rules: whether a send is accepted, and with what (SND-3). The gates stand below as a list, in their order; the first
 * that is shut is the answer. Nothing is paid or counted here: what passing brings is stored with the send, or not.
 */
import * as Either from "effect/Either"
import * as Account from "../account/Account.ts"
import * as Application from "../account/Application.ts"
import type { Consequences } from "../alert/Alert.ts"
import * as DailyVolume from "../alert/DailyVolume.ts"
import * as Balance from "../balance/Balance.ts"
import * as Holdings from "../number/Holdings.ts"
import type { Row } from "../storage/Kind.ts"
import * as Rendering from "../template/Rendering.ts"
import * as Template from "../template/Template.ts"
import * as TemplateBook from "../template/TemplateBook.ts"
import * as VoiceFile from "../voicefile/VoiceFile.ts"
import type { Callee, NumberPlan } from "./Callee.ts"
import * as DisplayNumber from "./DisplayNumber.ts"
import * as FrequencyLimit from "./FrequencyLimit.ts"
import type { GateId, Sight } from "./Gate.ts"
import type * as SendLimits from "./SendLimits.ts"
import type { SendPolicy } from "./SendPolicy.ts"
import * as SpeechLength from "./SpeechLength.ts"
import { type BadVerificationCode, refusalOf } from "./VerificationCode.ts"

// ---------------------------------------------------------------------------------------------------------------------
// what it works on
// ---------------------------------------------------------------------------------------------------------------------

/** A request of the right form, in canonical writing. */
export interface Request {
  readonly sendId: string
  readonly applicationId: string
  readonly templateId: string
  /** Whether it was asked for as a verification code. */
  readonly asCode?: boolean | undefined
  readonly callee: Callee
  readonly params: ReadonlyArray<string>
  readonly plays: number
  readonly display: string | undefined
  readonly ext: string | undefined
}

export interface Env {
  /** Epoch milliseconds. */
  readonly now: number
  readonly policy: SendPolicy
  readonly plan: NumberPlan | undefined
}

/** Everything that is asked, all of it read in one step. */
export interface Books {
  readonly account: Account.State
  readonly application: Application.State
  readonly template: Template.State
  /** The file that is to be played; `undefined` where a text is spoken. */
  readonly file?: VoiceFile.State | undefined
  readonly limits: SendLimits.State
  readonly holdings: Holdings.State
  readonly shown: DisplayNumber.State
  readonly called: FrequencyLimit.State
  readonly volume: Row<typeof DailyVolume.settingsKind>
  readonly day: Row<typeof DailyVolume.dayKind>
  readonly balance: Balance.State
}

export type Refusal =
  | Account.NotEnterprise
  | Account.NotActivated
  | Application.UnknownApplication
  | Application.ApplicationDisabled
  | Template.TemplateNotUsable
  | TemplateBook.NotACodeTemplate
  | VoiceFile.VoiceFileNotUsable
  | Rendering.RenderRefusal
  | BadVerificationCode
  | DisplayNumber.NoNumberToShow
  | FrequencyLimit.TooFrequent
  | DailyVolume.DailyCapReached
  | Balance.NoUsablePackage
  | Balance.NotEnoughMinutes

/** What all gates together gave. Of a file, the text is its name, and nothing is spoken. */
export interface Admitted {
  readonly rendered: Rendering.Rendered
  readonly number: Holdings.HeldNumber
  readonly called: FrequencyLimit.Passed
  readonly volume: Consequences
  readonly held: Balance.Held
  readonly sight: Sight
}

/** The gate that was shut, and what had been seen up to there. */
export interface Shut {
  readonly gate: GateId
  readonly refusal: Refusal
  readonly sight: Sight
}

// ---------------------------------------------------------------------------------------------------------------------
// the gates
// ---------------------------------------------------------------------------------------------------------------------

/** What is found out on the way. */
class Passage {
  readonly env: Env
  readonly request: Request
  readonly books: Books
  readonly sight: { -readonly [K in keyof Sight]: Sight[K] } = {}
  rendered: Rendering.Rendered | undefined = undefined
  number: Holdings.HeldNumber | undefined = undefined
  called: FrequencyLimit.Passed | undefined = undefined
  volume: Consequences | undefined = undefined
  held: Balance.Held | undefined = undefined

  constructor(env: Env, request: Request, books: Books) {
    this.env = env
    this.request = request
    this.books = books
  }
}

interface Gate {
  readonly gate: GateId
  /** Whether enough is known to ask at all; after a shut gate it may not be. */
  readonly ready: (passage: Passage) => boolean
  /** Asks: a refusal, or `undefined` and what was found out. */
  readonly ask: (passage: Passage) => Refusal | undefined
}

const always = (): boolean => true
const hasTemplate = ({ books }: Passage): boolean => books.template.stage !== "none"
const hasKind = (passage: Passage): boolean => passage.books.file !== undefined || hasTemplate(passage)

/** What a send counts as. A file is a notification (VOF-4). */
export const kindOf = ({ file, template }: Pick<Books, "file" | "template">): Template.TemplateKind =>
  file === undefined ? template.kind : "notification"

const enterprise: Gate = {
  gate: "enterprise",
  ready: always,
  ask: ({ books }) => {
    const allowed = Account.mayUseVoice(books.account)
    return Either.isLeft(allowed) && allowed.left._tag === "NotEnterprise" ? allowed.left : undefined
  }
}

const activated: Gate = {
  gate: "activated",
  ready: ({ books }) => books.account.verification === "enterprise",
  ask: ({ books, sight }) => {
    const allowed = Account.mayUseVoice(books.account)
    if (Either.isLeft(allowed)) return allowed.left
    sight.activatedAt = books.account.activatedAt
    return undefined
  }
}

const application: Gate = {
  gate: "application",
  ready: always,
  ask: ({ books }) => leftOf(Application.maySend(books.application))
}

const template: Gate = {
  gate: "template",
  ready: always,
  ask: ({ books, request, sight }) => {
    sight.templateVersion = books.template.version
    const usable = leftOf(Template.maySend(books.template))
    return usable === undefined && request.asCode === true ? leftOf(TemplateBook.maySpeakCode(books.template)) : usable
  }
}

const file: Gate = {
  gate: "file",
  ready: always,
  ask: (passage) => {
    const { books, sight } = passage
    const { file = VoiceFile.initial } = books
    sight.fileVersion = file.version
    if (VoiceFile.exists(file)) passage.rendered = { text: file.name, segments: [], length: 0 }
    return leftOf(VoiceFile.maySend(file))
  }
}

const parameters: Gate = {
  gate: "parameters",
  ready: hasTemplate,
  ask: (passage) => {
    const { books, env, request, sight } = passage
    const { parameterMax } = books.limits
    const limits = parameterMax === null ? env.policy.rendering : { ...env.policy.rendering, parameterMax }
    const rendered = Rendering.render(books.template, request.params, limits)
    if (Either.isLeft(rendered)) return rendered.left
    const badCode = books.template.kind === "code" ? refusalOf(books.template, request.params) : undefined
    if (badCode !== undefined) return badCode
    passage.rendered = rendered.right
    sight.textLength = rendered.right.length
    return undefined
  }
}

const number: Gate = {
  gate: "number",
  ready: always,
  ask: (passage) => {
    const { books, env, request, sight } = passage
    const usable = Holdings.usable(books.holdings, env.now)
    const chosen = DisplayNumber.choose(books.shown, usable, request.display)
    if (Either.isLeft(chosen)) return chosen.left
    passage.number = chosen.right
    sight.numbersHeld = usable.length
    sight.numberChosen = request.display !== undefined
    sight.numberExpiresAt = chosen.right.expiresAt
    return undefined
  }
}

const frequency: Gate = {
  gate: "frequency",
  ready: hasKind,
  ask: (passage) => {
    const { books, env, sight } = passage
    const group = FrequencyLimit.groupOf(kindOf(books))
    const limits = books.limits[group] ?? env.policy.frequency[group]
    const passed = FrequencyLimit.count(env, group, limits, books.called)
    if (Either.isLeft(passed)) return passed.left
    passage.called = passed.right
    sight.counted = passed.right.counted
    return undefined
  }
}

const dailyCap: Gate = {
  gate: "dailyCap",
  ready: always,
  ask: (passage) => {
    const { books, env, sight } = passage
    const counted = DailyVolume.count(env, books.volume, books.day)
    if (Either.isLeft(counted)) return counted.left
    passage.volume = counted.right
    sight.sentToday = books.day.state.sends + 1
    return undefined
  }
}

const minutes: Gate = {
  gate: "minutes",
  ready: ({ rendered }) => rendered !== undefined,
  ask: (passage) => {
    const { books, env, request, sight } = passage
    const speechMillis =
      books.file === undefined
        ? SpeechLength.boundMillis(passage.rendered!.segments, env.policy)
        : books.file.durationMillis
    const needed = SpeechLength.holdMinutes(env.policy, speechMillis, request.plays)
    sight.speechMillis = speechMillis
    sight.holdMinutes = needed
    const held = Balance.hold(env, books.balance, { sendId: request.sendId, minutes: needed })
    if (Either.isLeft(held)) return held.left
    passage.held = held.right
    sight.availableMinutes = Balance.available(books.balance, env.now)
    return undefined
  }
}

/** SND-3, with the limits that cost nothing before the minutes. `form` and `idempotency` were passed before. */
const inOrder: ReadonlyArray<Gate> = [
  enterprise,
  activated,
  application,
  template,
  parameters,
  number,
  frequency,
  dailyCap,
  minutes
]

/** The same with the file in the place of the template (VOF-4). */
const inOrderOfFiles: ReadonlyArray<Gate> = [
  enterprise,
  activated,
  application,
  file,
  number,
  frequency,
  dailyCap,
  minutes
]

const gatesOf = ({ file }: Books): ReadonlyArray<Gate> => (file === undefined ? inOrder : inOrderOfFiles)

// ---------------------------------------------------------------------------------------------------------------------
// decisions
// ---------------------------------------------------------------------------------------------------------------------

/** Goes through the gates until one is shut. */
export const admit = (env: Env, request: Request, books: Books): Either.Either<Admitted, Shut> => {
  const passage = new Passage(env, request, books)
  for (const { ask, gate } of gatesOf(books)) {
    const refusal = ask(passage)
    if (refusal !== undefined) return Either.left({ gate, refusal, sight: passage.sight })
  }
  const { called, held, number, rendered, sight, volume } = passage
  return Either.right({
    rendered: rendered!,
    number: number!,
    called: called!,
    volume: volume!,
    held: held!,
    sight
  })
}

/** What one gate says in a dry run. `refusal` is missing where it was passed, `null` where it could not be asked. */
export interface Inspected {
  readonly gate: GateId
  readonly refusal: Refusal | null | undefined
}

/** Asks every gate that can be asked, also after one was shut: all that is in the way, at once. */
export const inspect = (
  env: Env,
  request: Request,
  books: Books
): {
  readonly gates: ReadonlyArray<Inspected>
  readonly sight: Sight
  readonly rendered: Rendering.Rendered | undefined
} => {
  const passage = new Passage(env, request, books)
  const gates = gatesOf(books).map(({ ask, gate, ready }): Inspected => ({
    gate,
    refusal: ready(passage) ? ask(passage) : null
  }))
  return { gates, sight: passage.sight, rendered: passage.rendered }
}

const leftOf = <L>(either: Either.Either<unknown, L>): L | undefined =>
  Either.isLeft(either) ? either.left : undefined
