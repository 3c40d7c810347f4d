/**
 * Adapter: the rows that decisions name, all as of one moment: out of this process's memory where the owner has not moved
 * on since, else out of the database.
 */
import type { Ref } from "@vsms/core/storage/Kind"
import * as Effect from "effect/Effect"
import type * as Pg from "pg"
import { type Held, idOf } from "./Batch.ts"
import type { OwnerCache } from "./OwnerCache.ts"
import * as RowStatements from "./RowStatements.ts"
import * as Session from "./Session.ts"
import * as Tables from "./Table.ts"

/** By owner and id; `undefined` for a row that does not exist. */
export type Rows = ReadonlyMap<string, ReadonlyMap<string, Held | undefined>>

export interface Snapshot {
  readonly rows: Rows
  /** The owners' revisions at that moment; `0` for one that has none yet. */
  readonly revisions: ReadonlyMap<string, string>
  /** Whether the revisions were read just now, and not only remembered. */
  readonly isFresh: boolean
}

/** What is known without asking the database. */
export interface Known {
  /** Rows as of the revision that the owner is believed to be at; `undefined` if nothing of it is remembered. */
  readonly remembered: (owner: string) => OwnerCache | undefined
  /** A commit that is under way, on which `remembered` builds: the database may not show it yet. */
  readonly underway?: Underway | undefined
}

export interface Underway {
  /** The owners' revisions before it. */
  readonly before: ReadonlyMap<string, string>
  /** What it writes. */
  readonly rows: Rows
}

export interface Wanted {
  readonly owners: ReadonlyArray<string>
  readonly refs: ReadonlyArray<Ref<any>>
  /** Whether the database is asked even if nothing is missing. */
  readonly fresh: boolean
}

export const take = (
  client: Pg.Pool | Pg.PoolClient,
  { fresh, owners, refs }: Wanted,
  { remembered, underway }: Known
): Effect.Effect<Snapshot, Session.Fault> => {
  const rows = new Map<string, Map<string, Held | undefined>>()
  const missing: Array<Ref<any>> = []
  const revisions = new Map<string, string>()
  for (const owner of owners) {
    const before = underway?.before.get(owner)
    const revision = before === undefined ? remembered(owner)?.revision(owner) : next(before)
    if (revision !== undefined) revisions.set(owner, revision)
    rows.set(owner, new Map())
  }
  for (const ref of refs) {
    const ofOwner = rows.get(ref.owner)!
    const id = idOf(ref.kind, ref.key)
    if (ofOwner.has(id)) continue
    const cache = remembered(ref.owner)
    const written = underway?.rows.get(ref.owner)?.get(id)
    if (written !== undefined) ofOwner.set(id, written)
    else if (cache?.knows(ref.owner, id) === true) ofOwner.set(id, cache.get(ref.owner, id))
    else {
      ofOwner.set(id, undefined)
      missing.push(ref)
    }
  }
  if (!fresh && missing.length === 0 && revisions.size === owners.length)
    return Effect.succeed({ rows, revisions, isFresh: false })
  return Effect.flatMap(read(client, owners, missing), (seen) => {
    const holds = (owner: string): boolean => {
      const believed = revisions.get(owner)
      const actual = seen.revisions.get(owner)
      return believed === undefined || believed === actual || underway?.before.get(owner) === actual
    }
    if (owners.every(holds)) {
      merge(rows, seen)
      return Effect.succeed({ rows, revisions: new Map([...seen.revisions, ...revisions]), isFresh: true })
    }
    // Somebody else has moved an owner on: what is remembered of it is worth nothing. All is read at one moment.
    for (const ofOwner of rows.values()) for (const id of ofOwner.keys()) ofOwner.set(id, undefined)
    return Effect.map(read(client, owners, refs), (again) => {
      merge(rows, again)
      return { rows, revisions: again.revisions, isFresh: true }
    })
  })
}

/** The revision that a commit leaves. */
export const next = (revision: string): string => String(BigInt(revision) + 1n)

/** The revisions that the owners have now. */
export const revisions = (
  client: Pg.Pool | Pg.PoolClient,
  owners: ReadonlyArray<string>
): Effect.Effect<ReadonlyMap<string, string>, Session.Fault> =>
  Effect.map(read(client, owners, []), (seen) => seen.revisions)

interface Seen {
  readonly rows: ReadonlyArray<Held>
  readonly revisions: ReadonlyMap<string, string>
}

const read = (
  client: Pg.Pool | Pg.PoolClient,
  owners: ReadonlyArray<string>,
  refs: ReadonlyArray<Ref<any>>
): Effect.Effect<Seen, Session.Fault> => {
  const tables = new Map<Tables.Table, Map<string, Ref<any>>>()
  for (const ref of refs) {
    const table = Tables.of(ref.kind)
    let ofTable = tables.get(table)
    if (ofTable === undefined) tables.set(table, (ofTable = new Map<string, Ref<any>>()))
    ofTable.set(`${ref.owner}\n${ref.key}`, ref)
  }
  const query = RowStatements.read(owners, tables)
  return Effect.map(Session.run(client, query), (found: ReadonlyArray<RowStatements.ReadRow>) => {
    const rows: Array<Held> = []
    const revisions = new Map(owners.map((owner) => [owner, "0"]))
    for (const row of found) {
      if (row.n === -1) revisions.set(row.owner, row.key)
      else rows.push(RowStatements.heldOf(row, tables.get(query.tables[row.n]!)!.get(`${row.owner}\n${row.key}`)!))
    }
    return { rows, revisions }
  })
}

const merge = (rows: ReadonlyMap<string, Map<string, Held | undefined>>, seen: Seen): void => {
  for (const held of seen.rows) {
    const { key, kind, owner } = held.row.ref
    rows.get(owner)!.set(idOf(kind, key), held)
  }
}
