/**
 * Things as rows: what a `Kind` says of its states, events and personal data, turned into JSON and back, and its
 * indexes into entries. Everything here runs within somebody else's transaction.
 */
import type { Change } from "@vsms/core/storage/Decision"
import type { Recorded } from "@vsms/core/storage/Journal"
import { fresh, type Kind, type Position, type Ref, type Row } from "@vsms/core/storage/Kind"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { Connection } from "./Database.ts"

export interface StoredThing {
  readonly owner: string
  readonly key: string
  readonly version: number
  readonly state: string
  readonly personal: string | null
  readonly expires_at: number | null
}

const nameOf = ({ key, kind, owner }: Ref<any>) => [owner, kind.name, key] as const

export const find = (connection: Connection, ref: Ref<any>): Row<any> => {
  const [stored] = connection.rows<StoredThing>(
    "SELECT owner, key, version, state, personal, expires_at FROM thing WHERE owner = ? AND kind = ? AND key = ?",
    ...nameOf(ref)
  )
  return stored === undefined ? fresh(ref) : read(ref.kind, stored)
}

export const read = <K extends Kind.Any>(kind: K, stored: StoredThing): Row<K> => {
  const codec = codecOf(kind)
  return {
    ref: { kind, owner: stored.owner, key: stored.key },
    state: codec.state.decode(stored.state),
    personal: stored.personal === null ? undefined : codec.personal.decode(stored.personal),
    version: stored.version,
    expiresAt: stored.expires_at ?? undefined
  }
}

export const put = (connection: Connection, change: Change): void => {
  const { expiresAt, personal, ref, state } = change
  const codec = codecOf(ref.kind)
  const [stored] = connection.rows<{ readonly id: number }>(
    `INSERT INTO thing (owner, kind, key, version, state, personal, expires_at, ephemeral)
      VALUES (?, ?, ?, 1, ?, ?, ?, ?)
      ON CONFLICT (owner, kind, key) DO UPDATE SET version = version + 1, state = excluded.state,
        personal = excluded.personal, expires_at = excluded.expires_at
      RETURNING id`,
    ...nameOf(ref),
    codec.state.encode(state),
    personal === undefined ? null : codec.personal.encode(personal),
    expiresAt ?? null,
    ref.kind.ephemeral ? 1 : 0
  )
  const { id } = stored!
  if (ref.kind.journaled) record(connection, id, change.events.map(codec.event.encode))
  list(connection, id, change)
}

const record = (connection: Connection, id: number, events: ReadonlyArray<string>): void => {
  for (const event of events)
    connection.run(
      `INSERT INTO event (thing, sequence, event)
        SELECT ?, coalesce(max(sequence), 0) + 1, ? FROM event WHERE thing = ?`,
      id,
      event,
      id
    )
}

/** Where the thing stands in each index: now, and once its personal data is gone. */
const list = (connection: Connection, id: number, { personal, ref, state }: Change): void => {
  const indexes = Object.values(ref.kind.indexes)
  if (indexes.length > 0) connection.run("DELETE FROM entry WHERE thing = ?", id)
  for (const index of indexes) {
    const now = index.position(ref.key, state, personal)
    const erased = index.position(ref.key, state, undefined)
    if (now === undefined && erased === undefined) continue
    connection.run(
      `INSERT INTO entry (thing, name, owner, kind, key, partition, at, erased_partition, erased_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      index.name,
      ...nameOf(ref),
      ...placeOf(now),
      ...placeOf(erased)
    )
  }
}

const placeOf = (position: Position | undefined) => [position?.partition ?? null, position?.at ?? null] as const

export const history = (
  connection: Connection,
  ref: Ref<any>,
  page: { readonly after: number; readonly limit: number }
): ReadonlyArray<Recorded<any>> =>
  connection
    .rows<{ readonly sequence: number; readonly event: string }>(
      `SELECT sequence, event FROM event
        WHERE thing = (SELECT id FROM thing WHERE owner = ? AND kind = ? AND key = ?) AND sequence > ?
        ORDER BY sequence LIMIT ?`,
      ...nameOf(ref),
      page.after,
      page.limit
    )
    .map(({ event, sequence }) => ({ sequence, event: codecOf(ref.kind).event.decode(event) }))

interface Codec<A> {
  readonly encode: (value: A) => string
  readonly decode: (json: string) => A
}

interface KindCodec {
  readonly state: Codec<any>
  readonly event: Codec<any>
  readonly personal: Codec<any>
}

const codecs = new WeakMap<Kind.Any, KindCodec>()

const codecOf = (kind: Kind.Any): KindCodec => {
  const known = codecs.get(kind)
  if (known !== undefined) return known
  const codec: KindCodec = {
    state: jsonOf(`state of a ${kind.name}`, kind.state),
    event: jsonOf(`event of a ${kind.name}`, kind.event),
    personal: jsonOf(`personal data of a ${kind.name}`, kind.personal)
  }
  codecs.set(kind, codec)
  return codec
}

/** A schema's own error would quote the value, which may be somebody's name: the defect says only what it was. */
const jsonOf = <A>(what: string, schema: Schema.Schema<A, any>): Codec<A> => {
  const json = Schema.parseJson(schema)
  const orThrow = Either.getOrThrowWith(() => new Error(`the ${what} does not fit its schema`))
  const encode = Schema.encodeEither(json)
  const decode = Schema.decodeEither(json)
  return { encode: (value) => orThrow(encode(value)), decode: (text) => orThrow(decode(text)) }
}
