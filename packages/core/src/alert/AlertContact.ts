/**
 * Rules: who hears of an application's alerts (ALR-4): at most five contacts, each with a name and at least one address.
 * Names and addresses are personal data, and go with the contact.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as BoundedText from "../account/BoundedText.ts"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref, Row } from "../storage/Kind.ts"
import { Channel } from "./Alert.ts"

// ---------------------------------------------------------------------------------------------------------------------
// what they are
// ---------------------------------------------------------------------------------------------------------------------

/** Kept as its 11 digits, however it was written: who is told once has one number. */
const Mobile = Schema.transform(
  Schema.String.pipe(
    Schema.pattern(/^(?:\+86)?1[3-9]\d{9}$/),
    Schema.annotations({ identifier: "a mobile number of mainland China" })
  ),
  Schema.String,
  { strict: true, decode: (text) => text.slice(-11), encode: (digits) => digits }
)

const Email = Schema.String.pipe(
  Schema.maxLength(254),
  Schema.pattern(/^[^\s@<>()",;:\\]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/),
  Schema.annotations({ identifier: "an e-mail address" })
)

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

/** A contact as it is given and shown. */
export const Contact = Schema.Struct({
  name: BoundedText.line({ min: 1, max: 50 }),
  mobile: optional(Mobile),
  email: optional(Email),
  /** A URL: where it may lead is the deployment's to say (CBK-3). */
  webhook: optional(Schema.String)
})
export type Contact = typeof Contact.Type

/** What is known of a contact without knowing who it is. */
export const Entry = Schema.Struct({ contactId: Schema.String, channels: Schema.Array(Channel), addedAt: Schema.Int })
export type Entry = typeof Entry.Type

/** The contacts of one application, the first added first. */
export const State = Schema.Struct({ accountId: Schema.String, contacts: Schema.Array(Entry) })
export type State = typeof State.Type

export const initial: State = { accountId: "", contacts: [] }

/** Names and addresses, by contact id. */
export const Personal = Schema.Record({ key: Schema.String, value: Contact })
export type Personal = typeof Personal.Type

export const Event = Schema.Union(
  Schema.TaggedStruct("ContactAdded", {
    accountId: Schema.String,
    contactId: Schema.String,
    channels: Schema.Array(Channel),
    at: Schema.Int
  }),
  Schema.TaggedStruct("ContactChanged", {
    contactId: Schema.String,
    channels: Schema.Array(Channel),
    at: Schema.Int
  }),
  Schema.TaggedStruct("ContactRemoved", { contactId: Schema.String, at: Schema.Int })
)
export type Event = typeof Event.Type

/** How many contacts an application may have. */
export const contactsMax = 5

export interface Env {
  /** Epoch milliseconds. */
  readonly now: number
}

// ---------------------------------------------------------------------------------------------------------------------
// refusals, in order of precedence
// ---------------------------------------------------------------------------------------------------------------------

/** The application has no such contact. */
export class UnknownContact extends Schema.TaggedError<UnknownContact>()("UnknownContact", {}) {
  static readonly rule = "ALR-4" as const
  static readonly transient = false
}

/** The contact has no address at all. */
export class ContactWithoutAddress extends Schema.TaggedError<ContactWithoutAddress>()("ContactWithoutAddress", {
  accepted: Schema.Array(Channel)
}) {
  static readonly rule = "ALR-4" as const
  static readonly transient = false
}

/** The application has as many contacts as it may have. */
export class TooManyContacts extends Schema.TaggedError<TooManyContacts>()("TooManyContacts", {
  maximum: Schema.Int
}) {
  static readonly rule = "ALR-4" as const
  static readonly transient = true
}

// ---------------------------------------------------------------------------------------------------------------------
// decisions
// ---------------------------------------------------------------------------------------------------------------------

type Decided<R> = Either.Either<ReadonlyArray<Event>, R>

/** Adds a contact. The id is new; one that is there already is left as it is. */
export const add = (
  env: Env,
  state: State,
  command: { readonly accountId: string; readonly contactId: string; readonly contact: Contact }
): Decided<ContactWithoutAddress | TooManyContacts> => {
  const { accountId, contact, contactId } = command
  if (find(state, contactId) !== undefined) return Either.right([])
  return Either.flatMap(channelsOf(contact), (channels) =>
    state.contacts.length < contactsMax
      ? Either.right([{ _tag: "ContactAdded", accountId, contactId, channels, at: env.now }])
      : Either.left(new TooManyContacts({ maximum: contactsMax }))
  )
}

/** Replaces a contact's name and addresses. */
export const change = (
  env: Env,
  state: State,
  command: { readonly contactId: string; readonly contact: Contact }
): Decided<UnknownContact | ContactWithoutAddress> => {
  const { contact, contactId } = command
  if (find(state, contactId) === undefined) return Either.left(new UnknownContact())
  return Either.map(channelsOf(contact), (channels) => [{ _tag: "ContactChanged", contactId, channels, at: env.now }])
}

export const remove = (env: Env, state: State, command: { readonly contactId: string }): Decided<UnknownContact> =>
  find(state, command.contactId) === undefined
    ? Either.left(new UnknownContact())
    : Either.right([{ _tag: "ContactRemoved", contactId: command.contactId, at: env.now }])

export const evolve = (state: State, event: Event): State => {
  switch (event._tag) {
    case "ContactAdded": {
      const { accountId, at: addedAt, channels, contactId } = event
      return { accountId, contacts: [...state.contacts, { contactId, channels, addedAt }] }
    }
    case "ContactChanged": {
      const { channels, contactId } = event
      const changed = (entry: Entry): Entry => (entry.contactId === contactId ? { ...entry, channels } : entry)
      return { ...state, contacts: state.contacts.map(changed) }
    }
    case "ContactRemoved":
      return { ...state, contacts: state.contacts.filter(({ contactId }) => contactId !== event.contactId) }
  }
}

/** The names and addresses to keep with a state; `null` where nobody is left. */
export const personalOf = (
  state: State,
  before: Personal | undefined,
  changed?: { readonly contactId: string; readonly contact: Contact }
): Personal | null => {
  const kept: Record<string, Contact> = {}
  for (const { contactId } of state.contacts) {
    const contact = contactId === changed?.contactId ? changed.contact : before?.[contactId]
    if (contact !== undefined) kept[contactId] = contact
  }
  return state.contacts.length === 0 ? null : kept
}

// ---------------------------------------------------------------------------------------------------------------------
// queries
// ---------------------------------------------------------------------------------------------------------------------

/** One way to reach one contact. */
export interface Reach {
  readonly contactId: string
  readonly applicationId: string
  readonly channel: Channel
  readonly address: string
  readonly name: string
}

/**
 * All ways to reach the contacts of these applications, each address once: who is a contact of three applications is
 * told once.
 */
export const reachAll = (rows: ReadonlyArray<Row<typeof kind>>): ReadonlyArray<Reach> => {
  const seen = new Set<string>()
  return rows
    .flatMap((row) =>
      row.state.contacts.flatMap(({ channels, contactId }) =>
        channels.flatMap((channel) => reach(row, { contactId, channel }) ?? [])
      )
    )
    .filter(({ address, channel }) => {
      const place = `${channel} ${address}`
      return !seen.has(place) && seen.add(place) === seen
    })
}

/** How to reach one contact in one way; `undefined` if it is gone, or has no such address any more. */
export const reach = (
  row: Row<typeof kind>,
  to: { readonly contactId: string; readonly channel: Channel }
): Reach | undefined => {
  const contact = row.personal?.[to.contactId]
  const address = contact?.[to.channel]
  if (contact === undefined || address === undefined) return undefined
  return { ...to, applicationId: row.ref.key, address, name: contact.name }
}

const find = (state: State, contactId: string): Entry | undefined =>
  state.contacts.find((entry) => entry.contactId === contactId)

const channelsOf = (contact: Contact): Either.Either<ReadonlyArray<Channel>, ContactWithoutAddress> => {
  const channels = Channel.literals.filter((channel) => contact[channel] !== undefined)
  return channels.length > 0
    ? Either.right(channels)
    : Either.left(new ContactWithoutAddress({ accepted: Channel.literals }))
}

// ---------------------------------------------------------------------------------------------------------------------
// storage
// ---------------------------------------------------------------------------------------------------------------------

export const kind: Kind<State, Event, Personal> = {
  name: "alertContacts",
  initial,
  evolve,
  state: State,
  event: Event,
  personal: Personal,
  journaled: false,
  ephemeral: false,
  indexes: {
    /** The applications of an account that have contacts. */
    byAccount: {
      name: "byAccount",
      position: (_, state) => {
        const [first] = state.contacts
        return first === undefined ? undefined : { partition: state.accountId, at: first.addedAt }
      }
    }
  }
}

/** The contacts of one application. */
export const ref = (accountId: string, applicationId: string): Ref<typeof kind> =>
  Kinds.ref(kind, accountId, applicationId)
