/**
 * Rules: the SQL of owners, whose rows are locks and clocks at once: whoever writes anything of an owner locks its row
 * and moves its revision on.
 */
import { type Query, Values } from "./Statement.ts"

/** Takes the row locks of these owners, in their order, until the transaction ends; owners that are new are made. */
export const lock = (owners: ReadonlyArray<string>): Query => {
  const values = new Values()
  return values.query(
    `insert into vsms.owners as o (owner, revision)
      select w.owner, 0 from unnest(${values.addArray(owners, "text")}) as w(owner) order by w.owner
      on conflict (owner) do update set revision = o.revision`
  )
}

/** Moves locked owners on: every process that remembers something of them will find that out. */
export const advance = (owners: ReadonlyArray<string>): Query => {
  const values = new Values()
  return values.query(
    `update vsms.owners set revision = revision + 1 where owner = any(${values.addArray(owners, "text")})`
  )
}

/**
 * Locks the owners and moves them on, those that are still at the revision that was seen; `0` for one that is not known
 * yet. Answers a row for each that it moved.
 */
export const move = (values: Values, seen: ReadonlyArray<readonly [owner: string, revision: string]>): string => {
  const owners = values.addArray(
    seen.map(([owner]) => owner),
    "text"
  )
  const revisions = values.addArray(
    seen.map(([, revision]) => revision),
    "bigint"
  )
  return `insert into vsms.owners as o (owner, revision)
      select w.owner, w.seen + 1 from unnest(${owners}, ${revisions}) as w(owner, seen) order by w.owner
      on conflict (owner) do update set revision = excluded.revision where o.revision = excluded.revision - 1
      returning 1`
}
