/**
 * Rules: what a stored thing is. Each domain describes the things it keeps (an account, a balance, a template, a send)
 * as a `Kind`: its state, its events, its personal data and the indexes under which it is listed. Storage adapters
 * work from these descriptions; nothing here touches a database.
 */
import * as Schema from "effect/Schema"

/** The schema of the personal data of kinds that have none. */
export const nothingPersonal: Schema.Schema<undefined> = Schema.Undefined

/** Where an index lists a row: within a partition, in order of `at` (epoch milliseconds, or any number), then key. */
export interface Position {
  readonly partition: string
  readonly at: number
}

/**
 * A named order over the rows of one kind. A row whose `position` is `undefined` is not in it.
 *
 * **Gotchas** A partition may list rows of several owners, but no two with the same key: pages go on after a position and
 * a key. Keys that are ids, and so ASCII, have the same order in every storage.
 */
export interface Index<State, Personal> {
  readonly name: string
  readonly position: (key: string, state: State, personal: Personal | undefined) => Position | undefined
}

export interface Kind<State, Event, Personal = undefined> {
  /** Unique in the platform, and the stem of table names. */
  readonly name: string
  /** The state of a thing to which nothing has happened yet. */
  readonly initial: State
  readonly evolve: (state: State, event: Event) => State
  readonly state: Schema.Schema<State, any>
  readonly event: Schema.Schema<Event, any>
  /** Data about people: kept beside the state, never in events, and erased at the row's `expiresAt`. */
  readonly personal: Schema.Schema<Personal, any>
  /** Whether events are kept for good (`Journal.history`); where not, the state itself tells the story. */
  readonly journaled: boolean
  /** Whether the whole row, and not only its personal data, goes at `expiresAt`. Never together with `journaled`. */
  readonly ephemeral: boolean
  readonly indexes: { readonly [name: string]: Index<State, Personal> }
}

export declare namespace Kind {
  export type Any = Kind<any, any, any>
  export type State<K extends Any> = K extends Kind<infer S, any, any> ? S : never
  export type Event<K extends Any> = K extends Kind<any, infer E, any> ? E : never
  export type Personal<K extends Any> = K extends Kind<any, any, infer P> ? P : never
}

/**
 * Names one thing.
 *
 * **Details** `owner` is whose book the thing is in: an account id, or `platform` for what belongs to nobody. All
 * things of one owner change one after the other, whichever of them a decision names.
 */
export interface Ref<K extends Kind.Any> {
  readonly kind: K
  readonly owner: string
  readonly key: string
}

/** The owner of things that belong to no account, such as the inventory of numbers. */
export const platform = "platform"

export const ref = <K extends Kind.Any>(kind: K, owner: string, key: string): Ref<K> => ({ kind, owner, key })

/** A thing as it is stored. `version` 0: nothing has happened to it, and `state` is the kind's `initial`. */
export interface Row<K extends Kind.Any> {
  readonly ref: Ref<K>
  readonly state: Kind.State<K>
  readonly personal: Kind.Personal<K> | undefined
  /** Grows by one with every change: what an ETag is made of. */
  readonly version: number
  /** When its personal data (or, for an ephemeral kind, the row) goes; epoch milliseconds. */
  readonly expiresAt: number | undefined
}

/**
 * The row of a thing that nobody has made yet. A decision may change it without having named it, as long as it named
 * something of the same owner; that the thing exists after all is a defect.
 */
export const fresh = <K extends Kind.Any>(ref: Ref<K>): Row<K> => ({
  ref,
  state: ref.kind.initial,
  personal: undefined,
  version: 0,
  expiresAt: undefined
})
