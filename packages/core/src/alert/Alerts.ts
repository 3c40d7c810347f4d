/**
 * Service: alert contacts, thresholds and presets are kept, alerts are listed, and contacts are told of them. What fires
 * an alert is decided where it happens.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Application from "../account/Application.ts"
import * as Balance from "../balance/Balance.ts"
import { IdGenerator } from "../IdGenerator.ts"
import { type InvalidInput, parser } from "../InvalidInput.ts"
import * as Minutes from "../money/Minutes.ts"
import * as Metrics from "../Metrics.ts"
import type { PortFailure } from "../PortFailure.ts"
import * as Decision from "../storage/Decision.ts"
import { Journal } from "../storage/Journal.ts"
import type { Row } from "../storage/Kind.ts"
import { PageInput } from "../storage/PageInput.ts"
import { type Cursor, type Page, Records } from "../storage/Records.ts"
import type { Outcome } from "../storage/Worker.ts"
import type { Lease } from "../storage/WorkQueue.ts"
import * as TargetUrl from "../TargetUrl.ts"
import * as ShanghaiDay from "../time/ShanghaiDay.ts"
import * as Alert from "./Alert.ts"
import * as AlertContact from "./AlertContact.ts"
import { messageOf } from "./AlertMessage.ts"
import { AlertTransport } from "./AlertTransport.ts"
import * as DailyVolume from "./DailyVolume.ts"
import * as LowBalance from "./LowBalance.ts"

/** What a deployment decides for all alerts. */
export interface AlertOptions {
  /** Where the webhooks of contacts may lead, as far as their URLs tell; the transport asks again when it knows more. */
  readonly targets: TargetUrl.TargetPolicy
}

export const standard: AlertOptions = { targets: TargetUrl.standard }

/** An alert as it is listed, with its deliveries and their tries. */
export interface AlertView extends Alert.Fired {
  readonly alertId: string
}

export interface ContactView extends AlertContact.Contact {
  readonly contactId: string
  readonly addedAt: number
}

/** The preset and the cap of an application, and how far today has come (ALR-2, ALR-3). */
export interface DailyVolumeView extends DailyVolume.Settings {
  readonly sendsToday: number
}

export const ContactInput = AlertContact.Contact
export const ThresholdInput = Schema.Struct({ threshold: Minutes.Minutes })
export const DailyVolumeInput = DailyVolume.Settings
export const ListInput = PageInput

type ContactRefusal = AlertContact.ContactWithoutAddress | TargetUrl.UnusableUrl | TargetUrl.PrivateTarget

type OfApplication<R> = InvalidInput | Application.UnknownApplication | R | PortFailure

export class Alerts extends Context.Tag("@vsms/core/alert/Alerts")<
  Alerts,
  {
    /** Adds a contact of an application (ALR-4), and answers its id. */
    readonly addContact: (
      accountId: string,
      applicationId: string,
      input: typeof ContactInput.Encoded
    ) => Effect.Effect<string, OfApplication<ContactRefusal | AlertContact.TooManyContacts>>
    /** Replaces a contact's name and addresses. */
    readonly changeContact: (
      accountId: string,
      applicationId: string,
      contactId: string,
      input: typeof ContactInput.Encoded
    ) => Effect.Effect<void, InvalidInput | AlertContact.UnknownContact | ContactRefusal | PortFailure>
    /** Removes a contact, and erases its name and addresses. */
    readonly removeContact: (
      accountId: string,
      applicationId: string,
      contactId: string
    ) => Effect.Effect<void, AlertContact.UnknownContact | PortFailure>
    readonly contacts: (
      accountId: string,
      applicationId: string
    ) => Effect.Effect<ReadonlyArray<ContactView>, PortFailure>
    /** The low-balance threshold of the account (ALR-1); 0 is off. */
    readonly threshold: (accountId: string) => Effect.Effect<LowBalance.State, PortFailure>
    readonly setThreshold: (
      accountId: string,
      input: typeof ThresholdInput.Encoded
    ) => Effect.Effect<void, InvalidInput | PortFailure>
    readonly dailyVolume: (accountId: string, applicationId: string) => Effect.Effect<DailyVolumeView, PortFailure>
    /** Sets the preset and the cap of an application's sends in a day; `null` is off. */
    readonly setDailyVolume: (
      accountId: string,
      applicationId: string,
      input: typeof DailyVolumeInput.Encoded
    ) => Effect.Effect<void, OfApplication<never>>
    /** The account's alerts, the newest first. */
    readonly list: (
      accountId: string,
      input?: typeof ListInput.Encoded
    ) => Effect.Effect<Page<AlertView>, InvalidInput | PortFailure>
    readonly handlers: {
      /** Tells the contacts of one alert, and those again who were not reached (ALR-5). */
      readonly alert: (lease: Lease) => Effect.Effect<Outcome, PortFailure>
    }
  }
>() {
  /** Webhooks lead into the open Internet only. */
  static readonly layer: Layer.Layer<Alerts, never, AlertTransport | IdGenerator | Journal | Records> = Layer.suspend(
    () => Alerts.layerWith({})
  )

  static readonly layerWith = (
    options: Partial<AlertOptions>
  ): Layer.Layer<Alerts, never, AlertTransport | IdGenerator | Journal | Records> =>
    Layer.effect(Alerts, make({ ...standard, ...options }))
}

const parseContact = parser(ContactInput)
const parseThreshold = parser(ThresholdInput)
const parseDailyVolume = parser(DailyVolumeInput)
const parseList = parser(ListInput)

const make = Effect.fnUntraced(function* (options: AlertOptions) {
  const ids = yield* IdGenerator
  const journal = yield* Journal
  const records = yield* Records
  const transport = yield* AlertTransport

  const checkedContact = Effect.fnUntraced(function* (input: typeof ContactInput.Encoded) {
    const contact = yield* parseContact(input)
    if (contact.webhook === undefined) return contact
    return { ...contact, webhook: yield* TargetUrl.check(options.targets, contact.webhook) }
  })

  const addContact = Effect.fn("Alerts.addContact")(function* (
    accountId: string,
    applicationId: string,
    input: typeof ContactInput.Encoded
  ) {
    yield* Effect.annotateCurrentSpan({ accountId, applicationId })
    const contact = yield* checkedContact(input)
    const contactId = yield* ids.next
    const env = { now: yield* Clock.currentTimeMillis }
    const refs = [Application.ref(accountId, applicationId), AlertContact.ref(accountId, applicationId)] as const
    return yield* journal.transact(refs, ([application, row]) =>
      Either.gen(function* () {
        if (!application.state.exists) return yield* Either.left(new Application.UnknownApplication())
        const events = yield* AlertContact.add(env, row.state, { accountId, contactId, contact })
        return storedContacts(row, events, contactId, { contactId, contact })
      })
    )
  })

  const changeContact = Effect.fn("Alerts.changeContact")(function* (
    accountId: string,
    applicationId: string,
    contactId: string,
    input: typeof ContactInput.Encoded
  ) {
    yield* Effect.annotateCurrentSpan({ accountId, applicationId, contactId })
    const contact = yield* checkedContact(input)
    const env = { now: yield* Clock.currentTimeMillis }
    yield* journal.transact([AlertContact.ref(accountId, applicationId)], ([row]) =>
      Either.map(AlertContact.change(env, row.state, { contactId, contact }), (events) =>
        storedContacts(row, events, undefined, { contactId, contact })
      )
    )
  })

  const removeContact = Effect.fn("Alerts.removeContact")(function* (
    accountId: string,
    applicationId: string,
    contactId: string
  ) {
    yield* Effect.annotateCurrentSpan({ accountId, applicationId, contactId })
    const env = { now: yield* Clock.currentTimeMillis }
    yield* journal.transact([AlertContact.ref(accountId, applicationId)], ([row]) =>
      Either.map(AlertContact.remove(env, row.state, { contactId }), (events) => storedContacts(row, events, undefined))
    )
  })

  const contacts = Effect.fn("Alerts.contacts")(function* (accountId: string, applicationId: string) {
    yield* Effect.annotateCurrentSpan({ accountId, applicationId })
    const { personal, state } = yield* journal.load(AlertContact.ref(accountId, applicationId))
    return state.contacts.flatMap(({ addedAt, contactId }): ReadonlyArray<ContactView> => {
      const contact = personal?.[contactId]
      return contact === undefined ? [] : [{ contactId, addedAt, ...contact }]
    })
  })

  const threshold = Effect.fn("Alerts.threshold")(function* (accountId: string) {
    yield* Effect.annotateCurrentSpan({ accountId })
    return (yield* journal.load(LowBalance.ref(accountId))).state
  })

  const setThreshold = Effect.fn("Alerts.setThreshold")(function* (
    accountId: string,
    input: typeof ThresholdInput.Encoded
  ) {
    yield* Effect.annotateCurrentSpan({ accountId })
    const { threshold } = yield* parseThreshold(input)
    const env = { now: yield* Clock.currentTimeMillis }
    yield* journal.transact([LowBalance.ref(accountId), Balance.ref(accountId)], ([row, balance]) => {
      const available = Balance.available(balance.state, env.now)
      const events = LowBalance.setThreshold(env, row.state, { threshold, available })
      return Either.right(
        events.length === 0 ? nothingDone : Decision.make(undefined, { changes: [Decision.change(row, events)] })
      )
    })
  })

  const dailyVolume = Effect.fn("Alerts.dailyVolume")(function* (accountId: string, applicationId: string) {
    yield* Effect.annotateCurrentSpan({ accountId, applicationId })
    const today = ShanghaiDay.ofInstant(yield* Clock.currentTimeMillis)
    const settings = yield* journal.load(DailyVolume.ref(accountId, applicationId))
    const day = yield* journal.load(DailyVolume.dayRef(accountId, applicationId, today))
    return { ...settings.state, sendsToday: day.state.sends }
  })

  const setDailyVolume = Effect.fn("Alerts.setDailyVolume")(function* (
    accountId: string,
    applicationId: string,
    input: typeof DailyVolumeInput.Encoded
  ) {
    yield* Effect.annotateCurrentSpan({ accountId, applicationId })
    const settings = yield* parseDailyVolume(input)
    const env = { now: yield* Clock.currentTimeMillis }
    const refs = [Application.ref(accountId, applicationId), DailyVolume.ref(accountId, applicationId)] as const
    yield* journal.transact(refs, ([application, row]) => {
      if (!application.state.exists) return Either.left(new Application.UnknownApplication())
      const events = DailyVolume.set(env, row.state, settings)
      return Either.right(
        events.length === 0 ? nothingDone : Decision.make(undefined, { changes: [Decision.change(row, events)] })
      )
    })
  })

  const list = Effect.fn("Alerts.list")(function* (accountId: string, input?: typeof ListInput.Encoded) {
    yield* Effect.annotateCurrentSpan({ accountId })
    const { after, limit } = yield* parseList(input ?? {})
    const query = { kind: Alert.kind, index: "byAccount", partition: accountId, descending: true }
    const { items, next } = yield* records.list({ ...query, after, limit })
    const views = items.flatMap(({ ref, state }) => (state === null ? [] : [{ alertId: ref.key, ...state }]))
    return { items: views, next }
  })

  /** The contacts whom an alert concerns: those of its application, or of the whole account. */
  const contactsFor = (accountId: string, facts: Alert.Facts) =>
    facts._tag === "DailyVolume"
      ? Effect.map(journal.load(AlertContact.ref(accountId, facts.applicationId)), (row) => [row])
      : allContacts(accountId)

  const allContacts = Effect.fnUntraced(function* (accountId: string) {
    const rows: Array<Row<typeof AlertContact.kind>> = []
    let after: Cursor | undefined
    do {
      const query = { kind: AlertContact.kind, index: "byAccount", partition: accountId, limit: 100 }
      const page = yield* records.list({ ...query, after })
      rows.push(...page.items)
      after = page.next
    } while (after !== undefined)
    return rows
  })

  /** Decides on the alert, stores it, and answers how it stands then. */
  const change = (
    alert: Row<typeof Alert.kind>["ref"],
    decide: (env: { readonly now: number }, state: Alert.State) => ReadonlyArray<Alert.Event>
  ) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      journal.transact([alert], ([row]) => {
        const events = decide({ now }, row.state)
        if (events.length === 0) return Either.right(Decision.answer(row.state))
        const changed = Decision.change(row, events)
        return Either.right(Decision.make<Alert.State>(changed.state, { changes: [changed] }))
      })
    )

  /** Delivers once, and records what became of it before anything else. */
  const deliver = Effect.fnUntraced(function* (
    alert: Row<typeof Alert.kind>["ref"],
    fired: Alert.Fired,
    { applicationId, channel, contactId }: Alert.Delivery
  ) {
    const accountId = alert.owner
    // Read anew for every try: a contact that was removed is not told, and an address may have been put right.
    const reach = AlertContact.reach(yield* journal.load(AlertContact.ref(accountId, applicationId)), {
      contactId,
      channel
    })
    if (reach === undefined) {
      yield* change(alert, (env, state) => Alert.record(env, state, { contactId, channel }, "never"))
      return
    }
    const application =
      fired.facts._tag === "DailyVolume"
        ? (yield* journal.load(Application.ref(accountId, fired.facts.applicationId))).state.name
        : ""
    const outcome = yield* transport
      .deliver({
        deliveryId: `${accountId}/${alert.key}/${contactId}/${channel}`,
        accountId,
        alertId: alert.key,
        channel,
        address: reach.address,
        name: reach.name,
        message: messageOf(fired.facts, application),
        facts: fired.facts,
        firedAt: fired.firedAt
      })
      .pipe(
        Effect.as("delivered" as const),
        Effect.catchTag("PortFailure", ({ retry }) =>
          Effect.succeed(retry === "never" ? ("never" as const) : ("later" as const))
        )
      )
    Metrics.alertTried(channel, outcome)
    yield* change(alert, (env, state) => Alert.record(env, state, { contactId, channel }, outcome))
  })

  const handle = Effect.fn("Alerts.alert")(function* ({ key: alertId, owner: accountId }: Lease) {
    yield* Effect.annotateCurrentSpan({ accountId, alertId })
    const ref = Alert.ref(accountId, alertId)
    const { state } = yield* journal.load(ref)
    if (state === null) return undefined
    const targets = state.addressed
      ? []
      : AlertContact.reachAll(yield* contactsFor(accountId, state.facts)).map(targetOf)
    const fired = yield* change(ref, (env, state) => Alert.address(env, state, targets))
    if (fired === null) return undefined
    if (!state.addressed) Metrics.alerted(state.facts._tag)
    const now = yield* Clock.currentTimeMillis
    const due = fired.deliveries.filter((delivery) => (Alert.dueAt(fired, delivery) ?? Infinity) <= now)
    yield* Effect.forEach(due, (delivery) => deliver(ref, fired, delivery), { concurrency: 8, discard: true })
    const after = yield* journal.load(ref)
    return after.state === null ? undefined : Alert.nextDueAt(after.state)
  })

  return {
    addContact,
    changeContact,
    removeContact,
    contacts,
    threshold,
    setThreshold,
    dailyVolume,
    setDailyVolume,
    list,
    handlers: { alert: handle }
  }
})

const nothingDone = Decision.answer<undefined>(undefined)

const targetOf = ({ applicationId, channel, contactId }: AlertContact.Reach): Alert.Target => {
  return { contactId, applicationId, channel }
}

/** Contacts with what is known of their people; whoever is gone is erased with the same change. */
const storedContacts = <A>(
  row: Row<typeof AlertContact.kind>,
  events: ReadonlyArray<AlertContact.Event>,
  answer: A,
  changed?: { readonly contactId: string; readonly contact: AlertContact.Contact }
): Decision.Decision<A> => {
  if (events.length === 0) return Decision.answer(answer)
  const { state } = Decision.change(row, events)
  const personal = AlertContact.personalOf(state, row.personal, changed)
  return Decision.make(answer, { changes: [Decision.change(row, events, { personal })] })
}
