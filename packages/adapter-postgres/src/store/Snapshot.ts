/**
 * Adapter: the rows that decisions name, all as of one moment: out of this process's memory where the owner has not moved
 * on since, else out of the database.
 */
import type { Ref } from "@vsms/core/storage/Kind"
import * as Effect from "effect/Effect"
import type * as Pg from "pg"
import type { Held } from "./Batch.ts"
import type { OwnerCache } from "./OwnerCache.ts"
import { RefMap } from "./RefMap.ts"
import * as RowStatements from "./RowStatements.ts"
import * as Session from "./Session.ts"
import * as Tables from "./Table.ts"

export interface Snapshot {
  /** `undefined` for a row that does not exist. */
  readonly rows: RefMap<Held | undefined>
  /** The rows that came out of the database, and not out of memory. */
  readonly read: ReadonlyArray<Ref<any>>
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
  readonly rows: RefMap<Held>
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
  const rows = new RefMap<Held | undefined>()
  const missing: Array<Ref<any>> = []
  const revisions = new Map<string, string>()
  for (const owner of owners) {
    const before = underway?.before.get(owner)
    const revision = before === undefined ? remembered(owner)?.revision(owner) : next(before)
    if (revision !== undefined) revisions.set(owner, revision)
  }
  for (const ref of refs) {
    if (rows.has(ref)) continue
    const written = underway?.rows.get(ref)
    const cache = remembered(ref.owner)
    if (written !== undefined) rows.set(ref, written)
    else if (cache?.knows(ref) === true) rows.set(ref, cache.get(ref))
    else {
      rows.set(ref, undefined)
      missing.push(ref)
    }
  }
  if (!fresh && missing.length === 0 && revisions.size === owners.length)
    return Effect.succeed({ rows, read: missing, revisions, isFresh: false })
  return Effect.flatMap(read(client, owners, missing), (seen): Effect.Effect<Snapshot, Session.Fault> => {
    const holds = (owner: string): boolean => {
      const believed = revisions.get(owner)
      const actual = seen.revisions.get(owner)
      return believed === undefined || believed === actual || underway?.before.get(owner) === actual
    }
    if (owners.every(holds)) {
      for (const held of seen.rows) rows.set(held.row.ref, held)
      return Effect.succeed({
        rows,
        read: missing,
        revisions: new Map([...seen.revisions, ...revisions]),
        // The commit under way comes later than the rows that were read just now: of other owners, too late perhaps.
        isFresh: owners.length === 1 || underway === undefined || !owners.some((owner) => underway.before.has(owner))
      })
    }
    // Somebody else has moved an owner on: what is remembered of it is worth nothing. All is read at one moment.
    return Effect.map(read(client, owners, refs), (again) => {
      const all = new RefMap<Held | undefined>()
      for (const held of again.rows) all.set(held.row.ref, held)
      return { rows: all, read: refs, revisions: again.revisions, isFresh: true }
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
