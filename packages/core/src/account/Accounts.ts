/**
 * Service: opens, verifies and activates accounts, and keeps their applications with their secrets.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { IdGenerator } from "../IdGenerator.ts"
import { type InvalidInput, parser } from "../InvalidInput.ts"
import type { PortFailure } from "../PortFailure.ts"
import * as Decision from "../storage/Decision.ts"
import { Journal } from "../storage/Journal.ts"
import * as Kinds from "../storage/Kind.ts"
import type { Row } from "../storage/Kind.ts"
import { PageInput } from "../storage/PageInput.ts"
import { type Page, Records } from "../storage/Records.ts"
import * as DayRange from "../time/DayRange.ts"
import * as ShanghaiDay from "../time/ShanghaiDay.ts"
import * as Account from "./Account.ts"
import * as Application from "./Application.ts"
import * as ApplicationId from "./ApplicationId.ts"
import type * as AppSecret from "./AppSecret.ts"
import * as BoundedText from "./BoundedText.ts"
import * as Entitlement from "./Entitlement.ts"

/** An account as its holder sees it. */
export interface AccountView extends Account.State {
  readonly accountId: string
  /** What its verification lets it use (ACC-1). */
  readonly features: ReadonlyArray<Entitlement.Feature>
}

/** An application as its holder sees it: all but the values of its secrets (ACC-5). */
export interface ApplicationView extends Omit<Application.State, "exists"> {
  readonly applicationId: string
}

/** A row of the application list: with the use of the current month in Shanghai (ACC-4). */
export interface ApplicationUse extends ApplicationView {
  /** Billed voice minutes. */
  readonly voiceMinutes: number
  /** Text messages, which this platform does not send. */
  readonly domesticTexts: 0
  readonly internationalTexts: 0
}

/** A new secret. This is the only time that its value is handed out. */
export interface NewSecret {
  readonly applicationId: string
  readonly secretId: string
  readonly appKey: Redacted.Redacted
}

export class Accounts extends Context.Tag("@vsms/core/account/Accounts")<
  Accounts,
  {
    /** Opens an account, under the host's own id for it if one is given. Opening it again changes nothing. */
    readonly open: (input?: { readonly accountId?: string }) => Effect.Effect<string, InvalidInput | PortFailure>
    readonly get: (accountId: string) => Effect.Effect<AccountView, Account.UnknownAccount | PortFailure>
    /** Records how the account was verified, elsewhere (ACC-1). */
    readonly verify: (
      accountId: string,
      input: { readonly as: Account.Verified }
    ) => Effect.Effect<void, InvalidInput | Account.UnknownAccount | Account.VerificationLowered | PortFailure>
    /** Activates the service by accepting its agreement (ACC-2). Activating again changes nothing. */
    readonly activate: (
      accountId: string,
      input: { readonly agreementAccepted: boolean }
    ) => Effect.Effect<
      void,
      InvalidInput | Account.UnknownAccount | Account.NotEnterprise | Account.AgreementNotAccepted | PortFailure
    >
    /** Makes an application, and hands out its first secret (ACC-3). */
    readonly createApplication: (
      accountId: string,
      input: { readonly name: string; readonly description?: string }
    ) => Effect.Effect<NewSecret, InvalidInput | Account.NotEnterprise | Account.NotActivated | PortFailure>
    readonly application: (
      accountId: string,
      applicationId: string
    ) => Effect.Effect<ApplicationView, Application.UnknownApplication | PortFailure>
    /** The account's applications, the oldest first, with the use of this month (ACC-4). */
    readonly applications: (
      accountId: string,
      page?: PageInput
    ) => Effect.Effect<Page<ApplicationUse>, InvalidInput | PortFailure>
    readonly renameApplication: (
      accountId: string,
      applicationId: string,
      input: { readonly name: string; readonly description?: string }
    ) => Effect.Effect<void, InvalidInput | Application.UnknownApplication | PortFailure>
    readonly disableApplication: (
      accountId: string,
      applicationId: string
    ) => Effect.Effect<void, Application.UnknownApplication | PortFailure>
    readonly enableApplication: (
      accountId: string,
      applicationId: string
    ) => Effect.Effect<void, Application.UnknownApplication | PortFailure>
    /** Hands out a new secret; the others work on for `overlapMillis` (ACC-5). */
    readonly rotateSecret: (
      accountId: string,
      applicationId: string,
      input: { readonly overlapMillis: number }
    ) => Effect.Effect<
      NewSecret,
      InvalidInput | Application.UnknownApplication | AppSecret.OverlapTooLong | AppSecret.TooManySecrets | PortFailure
    >
    /** Finds an application, and with it its account, by the SDKAppID alone. */
    readonly find: (
      applicationId: string
    ) => Effect.Effect<ApplicationView, Application.UnknownApplication | PortFailure>
    /**
     * What a request signed for an application is checked with: whose it is, and the secrets that work now, the newest
     * first. A disabled application has them too: its refusal is a rule's, after the signature was found right.
     */
    readonly secretsOf: (
      applicationId: string
    ) => Effect.Effect<
      { readonly accountId: string; readonly secrets: ReadonlyArray<Redacted.Redacted> },
      Application.UnknownApplication | PortFailure
    >
  }
>() {
  static readonly layer: Layer.Layer<Accounts, never, IdGenerator | Journal | Records> = Layer.effect(
    Accounts,
    Effect.gen(function* () {
      const ids = yield* IdGenerator
      const journal = yield* Journal
      const records = yield* Records

      /** Decides on one account, and stores what was decided. */
      const changeAccount = <R>(
        accountId: string,
        decide: (env: Account.Env, state: Account.State) => Either.Either<ReadonlyArray<Account.Event>, R>
      ): Effect.Effect<void, R | PortFailure> =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          journal.transact([Account.ref(accountId)], ([row]) =>
            Either.map(decide({ now }, row.state), (events) => stored(row, events))
          )
        )

      /** Likewise for one application, where no secret is involved. */
      const changeApplication = <R>(
        accountId: string,
        applicationId: string,
        decide: (env: Application.Env, state: Application.State) => Either.Either<ReadonlyArray<Application.Event>, R>
      ): Effect.Effect<void, R | PortFailure> =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          journal.transact([Application.ref(accountId, applicationId)], ([row]) =>
            Either.map(decide({ now }, row.state), (events) => stored(row, events))
          )
        )

      const open = Effect.fn("Accounts.open")(function* (input?: { readonly accountId?: string }) {
        const { accountId = yield* ids.next } = yield* parseOpen(input ?? {})
        yield* changeAccount(accountId, Account.open)
        return accountId
      })

      const get = Effect.fn("Accounts.get")(function* (accountId: string) {
        yield* Effect.annotateCurrentSpan({ accountId })
        const { state } = yield* journal.load(Account.ref(accountId))
        if (state.openedAt === undefined) return yield* new Account.UnknownAccount()
        return { accountId, ...state, features: Entitlement.of(state.verification) }
      })

      const verify = Effect.fn("Accounts.verify")(function* (
        accountId: string,
        input: { readonly as: Account.Verified }
      ) {
        yield* Effect.annotateCurrentSpan({ accountId })
        const command = yield* parseVerify(input)
        yield* changeAccount(accountId, (env, state) => Account.verify(env, state, command))
      })

      const activate = Effect.fn("Accounts.activate")(function* (
        accountId: string,
        input: { readonly agreementAccepted: boolean }
      ) {
        yield* Effect.annotateCurrentSpan({ accountId })
        const command = yield* parseActivate(input)
        yield* changeAccount(accountId, (env, state) => Account.activate(env, state, command))
      })

      /** One try with one random id. */
      const tryCreate = (
        accountId: string,
        command: { readonly name: string; readonly description: string },
        secret: { readonly id: string; readonly value: Redacted.Redacted }
      ) =>
        Effect.gen(function* () {
          const applicationId = ApplicationId.prefix + (yield* ids.digits(ApplicationId.randomDigits))
          const now = yield* Clock.currentTimeMillis
          const env = { now }
          const refs = [Account.ref(accountId), ApplicationId.ref(applicationId)] as const
          return yield* journal.transact(refs, ([account, id]) =>
            Either.gen(function* () {
              yield* Account.mayUseVoice(account.state)
              const given = yield* ApplicationId.give(env, id.state, { accountId })
              const application = Kinds.fresh(Application.ref(accountId, applicationId))
              const { description, name } = command
              const created = yield* Application.create(env, application.state, {
                accountId,
                name,
                description,
                secretId: secret.id
              })
              return Decision.make(applicationId, {
                changes: [
                  Decision.change(id, given),
                  Decision.change(application, created, { personal: { secrets: [secret] } })
                ]
              })
            })
          )
        })

      const createApplication = Effect.fn("Accounts.createApplication")(function* (
        accountId: string,
        input: { readonly name: string; readonly description?: string }
      ) {
        yield* Effect.annotateCurrentSpan({ accountId })
        const { description = "", name } = yield* parseApplication(input)
        const secret = { id: yield* ids.next, value: yield* ids.secret }
        const applicationId = yield* tryCreate(accountId, { name, description }, secret).pipe(
          Effect.retry({ while: isTaken, times: maxDraws }),
          // So many in a row are taken only when the ids run out: no caller could do anything about it.
          Effect.catchTag("ApplicationIdTaken", Effect.die)
        )
        yield* Effect.annotateCurrentSpan({ applicationId })
        return { applicationId, secretId: secret.id, appKey: secret.value }
      })

      const application = Effect.fn("Accounts.application")(function* (accountId: string, applicationId: string) {
        yield* Effect.annotateCurrentSpan({ accountId, applicationId })
        const row = yield* journal.load(Application.ref(accountId, applicationId))
        return row.state.exists ? viewOf(row) : yield* new Application.UnknownApplication()
      })

      const applications = Effect.fn("Accounts.applications")(function* (accountId: string, page?: PageInput) {
        yield* Effect.annotateCurrentSpan({ accountId })
        const { after, limit } = yield* parsePage(page ?? {})
        const listed = yield* records.list({
          kind: Application.kind,
          index: "byAccount",
          partition: accountId,
          after,
          limit
        })
        const month = DayRange.month(ShanghaiDay.ofInstant(yield* Clock.currentTimeMillis))
        const sums = yield* records.sum({
          owner: accountId,
          fromHour: DayRange.startAt(month) / millisPerHour,
          untilHour: DayRange.endAt(month) / millisPerHour,
          by: "application"
        })
        const minutes = new Map(sums.map((sum) => [sum.group, sum.minutes]))
        const items = listed.items.map((row): ApplicationUse => ({
          ...viewOf(row),
          voiceMinutes: minutes.get(row.ref.key) ?? 0,
          domesticTexts: 0,
          internationalTexts: 0
        }))
        return { items, next: listed.next }
      })

      const renameApplication = Effect.fn("Accounts.renameApplication")(function* (
        accountId: string,
        applicationId: string,
        input: { readonly name: string; readonly description?: string }
      ) {
        yield* Effect.annotateCurrentSpan({ accountId, applicationId })
        const { description = "", name } = yield* parseApplication(input)
        yield* changeApplication(accountId, applicationId, (env, state) =>
          Application.rename(env, state, { name, description })
        )
      })

      const disableApplication = Effect.fn("Accounts.disableApplication")(function* (
        accountId: string,
        applicationId: string
      ) {
        yield* Effect.annotateCurrentSpan({ accountId, applicationId })
        yield* changeApplication(accountId, applicationId, Application.disable)
      })

      const enableApplication = Effect.fn("Accounts.enableApplication")(function* (
        accountId: string,
        applicationId: string
      ) {
        yield* Effect.annotateCurrentSpan({ accountId, applicationId })
        yield* changeApplication(accountId, applicationId, Application.enable)
      })

      const rotateSecret = Effect.fn("Accounts.rotateSecret")(function* (
        accountId: string,
        applicationId: string,
        input: { readonly overlapMillis: number }
      ) {
        yield* Effect.annotateCurrentSpan({ accountId, applicationId })
        const { overlapMillis } = yield* parseRotate(input)
        const secret = { id: yield* ids.next, value: yield* ids.secret }
        const now = yield* Clock.currentTimeMillis
        yield* journal.transact([Application.ref(accountId, applicationId)], ([row]) =>
          Either.map(Application.rotateSecret({ now }, row.state, { secretId: secret.id, overlapMillis }), (events) => {
            const change = Decision.change(row, events)
            return Decision.make(undefined, {
              changes: [{ ...change, personal: Application.withSecret(change.state, row.personal, secret) }]
            })
          })
        )
        return { applicationId, secretId: secret.id, appKey: secret.value }
      })

      /** On the way of every signed request: no span. */
      const findRow = (applicationId: string) =>
        Effect.flatMap(
          records.list({ kind: Application.kind, index: "byId", partition: applicationId, limit: 1 }),
          ({ items: [row] }) => (row === undefined ? new Application.UnknownApplication() : Effect.succeed(row))
        )

      return {
        open,
        get,
        verify,
        activate,
        createApplication,
        application,
        applications,
        renameApplication,
        disableApplication,
        enableApplication,
        rotateSecret,
        find: (applicationId) => Effect.map(findRow(applicationId), viewOf),
        secretsOf: (applicationId) =>
          Effect.zipWith(findRow(applicationId), Clock.currentTimeMillis, (row, now) => ({
            accountId: row.ref.owner,
            secrets: Application.usableSecrets(row, now)
          }))
      }
    })
  )
}

// ---------------------------------------------------------------------------------------------------------------------
// the forms of the input
// ---------------------------------------------------------------------------------------------------------------------

const AccountId = Schema.String.pipe(
  Schema.pattern(/^[A-Za-z0-9._-]{1,64}$/),
  // Things that belong to nobody are kept under this name.
  Schema.filter((id) => id !== Kinds.platform),
  Schema.annotations({ identifier: "1 to 64 letters, digits, dots, dashes or underscores" })
)

const parseOpen = parser(Schema.Struct({ accountId: Schema.optionalWith(AccountId, { exact: true }) }))

const parseVerify = parser(Schema.Struct({ as: Account.Verified }))

const parseActivate = parser(Schema.Struct({ agreementAccepted: Schema.Boolean }))

const parseApplication = parser(
  Schema.Struct({
    name: BoundedText.line({ min: 1, max: 50 }),
    description: Schema.optionalWith(BoundedText.paragraph({ min: 0, max: 200 }), { exact: true })
  })
)

const parseRotate = parser(
  Schema.Struct({
    overlapMillis: Schema.Int.pipe(
      Schema.nonNegative(),
      Schema.annotations({ identifier: "a whole number of milliseconds, not negative" })
    )
  })
)

const parsePage = parser(PageInput)

// ---------------------------------------------------------------------------------------------------------------------

const millisPerHour = 3_600_000

/** With ten million of ninety million ids given out, nine draws in a row fail once in a thousand million times. */
const maxDraws = 9

const isTaken = (error: { readonly _tag: string }): boolean => error._tag === "ApplicationIdTaken"

const nothingDone = Decision.answer<void>(undefined)

const stored = <K extends Kinds.Kind.Any>(row: Row<K>, events: ReadonlyArray<Kinds.Kind.Event<K>>) =>
  events.length === 0 ? nothingDone : Decision.make<void>(undefined, { changes: [Decision.change(row, events)] })

const viewOf = (row: Row<typeof Application.kind>): ApplicationView => {
  const { exists: _, ...state } = row.state
  return { applicationId: row.ref.key, ...state }
}
