/**
 * Adapter: the rows that decisions name, all as of one moment: out of this process's memory where the owner has not moved
 * on since, else out of the database.
 */
import type { Ref } from "@vsms/core/storage/Kind"
import * as Effect from "effect/Effect"
import type * as Pg from "pg"
import { type Held, idOf } from "./Batch.ts"
import type { OwnerCache } from "./OwnerCache.ts"
import * as Session from "./Session.ts"
import * as Statement from "./Statement.ts"
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

/** `fresh`: whether the database is asked even if nothing is missing. */
export const take = (
  client: Pg.Pool | Pg.PoolClient,
  wanted: { readonly owners: ReadonlyArray<string>; readonly refs: ReadonlyArray<Ref<any>>; readonly fresh: boolean },
  remembered: (owner: string) => OwnerCache
): Effect.Effect<Snapshot, Session.Fault> => {
  const { fresh, owners, refs } = wanted
  const rows = new Map<string, Map<string, Held | undefined>>()
  const missing: Array<Ref<any>> = []
  const revisions = new Map<string, string>()
  for (const owner of owners) {
    const revision = remembered(owner).revision(owner)
    if (revision !== undefined) revisions.set(owner, revision)
    rows.set(owner, new Map())
  }
  for (const ref of refs) {
    const ofOwner = rows.get(ref.owner)!
    const id = idOf(ref.kind, ref.key)
    if (ofOwner.has(id)) continue
    const cache = remembered(ref.owner)
    if (!cache.knows(ref.owner, id)) missing.push(ref)
    ofOwner.set(id, cache.get(ref.owner, id))
  }
  if (!fresh && missing.length === 0 && revisions.size === owners.length)
    return Effect.succeed({ rows, revisions, isFresh: false })
  return Effect.flatMap(read(client, owners, missing), (seen) => {
    if (
      owners.every((owner) => revisions.get(owner) === undefined || revisions.get(owner) === seen.revisions.get(owner))
    )
      return Effect.succeed(merged(rows, seen))
    // Somebody else has moved an owner on: what is remembered of it is worth nothing. All is read at one moment.
    for (const [owner, revision] of revisions)
      if (revision !== seen.revisions.get(owner) && remembered(owner).revision(owner) === revision)
        remembered(owner).forget(owner)
    for (const ofOwner of rows.values()) for (const id of ofOwner.keys()) ofOwner.set(id, undefined)
    return Effect.map(read(client, owners, refs), (again) => merged(rows, again))
  })
}

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
  const query = Statement.read(owners, tables)
  return Effect.map(Session.run(client, query), (found: ReadonlyArray<Statement.ReadRow>) => {
    const rows: Array<Held> = []
    const revisions = new Map(owners.map((owner) => [owner, "0"]))
    for (const row of found) {
      if (row.n === -1) revisions.set(row.owner, row.key)
      else rows.push(Statement.heldOf(row, tables.get(query.tables[row.n]!)!.get(`${row.owner}\n${row.key}`)!))
    }
    return { rows, revisions }
  })
}

const merged = (rows: ReadonlyMap<string, Map<string, Held | undefined>>, seen: Seen): Snapshot => {
  for (const held of seen.rows) {
    const { key, kind, owner } = held.row.ref
    rows.get(owner)!.set(idOf(kind, key), held)
  }
  return { rows, revisions: seen.revisions, isFresh: true }
}
