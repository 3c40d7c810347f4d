/** The port `Records`: lists by index, sums of the tallies, and the erasure of what has expired. */
import type { Tally } from "@vsms/core/storage/Decision"
import type { Kind, Row } from "@vsms/core/storage/Kind"
import type { ListQuery, Page, Records, TallyGroup, TallyQuery, TallySum } from "@vsms/core/storage/Records"
import type { Connection, Database, Value } from "./Database.ts"
import * as Rows from "./Rows.ts"

export const make = (database: Database): typeof Records.Service => ({
  list: (query) => database.attempt("Records", "list", () => list(database, query)),
  sum: (query) => database.attempt("Records", "sum", () => sum(database, query)),
  purge: (options) => database.attempt("Records", "purge", () => database.atomically(() => purge(database, options)))
})

const list = <K extends Kind.Any>(connection: Connection, query: ListQuery<K>): Page<Row<K>> => {
  const { after, descending = false, from, index, kind, limit, partition, until } = query
  const where = ["e.kind = ? AND e.name = ? AND e.partition = ?"]
  const values: Array<Value> = [kind.name, index, partition]
  const only = (condition: string, ...given: ReadonlyArray<Value>): void => {
    where.push(condition)
    values.push(...given)
  }
  if (from !== undefined) only("e.at >= ?", from)
  if (until !== undefined) only("e.at < ?", until)
  if (after !== undefined) only(`(e.at, e.key) ${descending ? "<" : ">"} (?, ?)`, after.at, after.key)
  const order = (descending ? ["e.at DESC", "e.key DESC", "e.owner DESC"] : ["e.at", "e.key", "e.owner"]).join(", ")
  const found = connection.rows<Rows.StoredThing & { readonly at: number }>(
    `SELECT e.at, t.owner, t.key, t.version, t.state, t.personal, t.expires_at
      FROM entry e JOIN thing t ON t.id = e.thing
      WHERE ${where.join(" AND ")} ORDER BY ${order} LIMIT ?`,
    ...values,
    limit
  )
  const last = found.length === limit ? found.at(-1) : undefined
  return {
    items: found.map((stored) => Rows.read(kind, stored)),
    next: last === undefined ? undefined : { at: last.at, key: last.key }
  }
}

/** Counts are added where they are: they are not read first, so decisions need not name them. */
export const addTally = (connection: Connection, tally: Tally): void => {
  const place = [tally.owner, tally.hour, tally.applicationId, tally.templateId, tally.reason]
  const counts = [tally.sends, tally.answered, tally.failed, tally.minutes]
  connection.run(
    `INSERT INTO tally (owner, hour, application_id, template_id, reason, sends, answered, failed, minutes)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (owner, hour, application_id, template_id, reason) DO UPDATE SET sends = sends + excluded.sends,
        answered = answered + excluded.answered, failed = failed + excluded.failed,
        minutes = minutes + excluded.minutes`,
    ...place,
    ...counts
  )
}

/** Shanghai is eight hours ahead of UTC, all the year round. */
const groups: Readonly<Record<TallyGroup, string>> = {
  total: "''",
  hour: "hour",
  day: "(hour + 8) / 24",
  template: "template_id",
  reason: "reason",
  application: "application_id"
}

const sum = (connection: Connection, query: TallyQuery): ReadonlyArray<TallySum> =>
  connection.rows<TallySum>(
    `SELECT ${groups[query.by]} AS "group", sum(sends) AS sends, sum(answered) AS answered, sum(failed) AS failed,
        sum(minutes) AS minutes
      FROM tally
      WHERE owner = ? AND hour >= ? AND hour < ? AND application_id = coalesce(?, application_id)
        AND template_id = coalesce(?, template_id)
      GROUP BY 1 ORDER BY 1`,
    query.owner,
    query.fromHour,
    query.untilHour,
    query.applicationId ?? null,
    query.templateId ?? null
  )

const purge = (connection: Connection, options: { readonly now: number; readonly limit: number }): number => {
  const due = connection.rows<{ readonly id: number; readonly ephemeral: number }>(
    "SELECT id, ephemeral FROM thing WHERE expires_at <= ? ORDER BY expires_at LIMIT ?",
    options.now,
    options.limit
  )
  for (const { ephemeral, id } of due)
    if (ephemeral === 1) {
      connection.run("DELETE FROM entry WHERE thing = ?", id)
      connection.run("DELETE FROM thing WHERE id = ?", id)
    } else {
      connection.run("UPDATE thing SET personal = NULL, expires_at = NULL, version = version + 1 WHERE id = ?", id)
      connection.run("UPDATE entry SET partition = erased_partition, at = erased_at WHERE thing = ?", id)
    }
  return due.length
}
