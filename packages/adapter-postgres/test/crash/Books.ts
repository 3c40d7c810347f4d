/** All that a database holds of its accounts, as of one moment: read by SQL, so that no code under test is in between. */
import type * as Balance from "@vsms/core/balance/Balance"
import type * as Send from "@vsms/core/sending/Send"

export interface Books {
  readonly sends: ReadonlyArray<{ readonly account: string; readonly id: string; readonly state: Send.State }>
  /** By idempotency key, without the application in front of it. */
  readonly memories: ReadonlyArray<{ readonly account: string; readonly key: string; readonly sendId: string }>
  readonly balances: ReadonlyArray<{
    readonly account: string
    readonly state: typeof Balance.State.Encoded
    readonly sequence: number
    readonly version: number
  }>
  readonly ledger: ReadonlyArray<{ readonly account: string; readonly sequence: number; readonly entry: Balance.Event }>
  readonly statistics: ReadonlyArray<Counted>
  readonly days: ReadonlyArray<Counted>
  readonly work: ReadonlyArray<{ readonly account: string; readonly queue: string; readonly key: string }>
  readonly receipts: ReadonlyArray<{ readonly account: string; readonly last: number }>
  readonly refused: ReadonlyArray<string>
  /** Things whose events have a gap or a repeat. */
  readonly gaps: ReadonlyArray<string>
  readonly deliveries: ReadonlyArray<{ readonly sendId: string; readonly status: string }>
}

export interface Counted {
  readonly account: string
  /** Hours or Shanghai days since 1970. */
  readonly at: number
  readonly application: string
  readonly template: string
  readonly reason: string
  readonly sends: number
  readonly answered: number
  readonly failed: number
  readonly minutes: number
}

type Query = (sql: string) => Promise<ReadonlyArray<any>>

/** `query` runs statements one after the other in one session. */
export const read = async (query: Query): Promise<Books> => {
  await query("begin isolation level repeatable read read only")
  const counted = (
    table: string,
    at: string
  ) => `select account_id as account, ${at} as at, application_id as application,
    template_id as template, reason, sends::int, answered::int, failed::int, minutes::int from vsms.${table}`
  const books: Books = {
    sends: await query("select account_id as account, send_id as id, state from vsms.sends"),
    memories: await query(`select account_id as account, split_part(key, '/', 2) as key,
      state->'answer'->>'sendId' as "sendId" from vsms.idempotency_keys`),
    balances: await query("select account_id as account, state, sequence::int, version::int from vsms.balances"),
    ledger: await query("select account_id as account, sequence::int, entry from vsms.minute_ledger order by 1, 2"),
    statistics: await query(counted("hourly_statistics", "hour")),
    days: await query(counted("daily_statistics", "day")),
    work: await query("select account_id as account, queue, key from vsms.work"),
    receipts: await query(`select account_id as account, (state->>'last')::int as last from vsms.receipt_logs`),
    refused: (await query("select attempt_id as id from vsms.refused_sends")).map(({ id }) => String(id)),
    gaps: (
      await query(`select owner || ' ' || kind || ' ' || key as id from vsms.events group by owner, kind, key
        having min(sequence) <> 1 or max(sequence) <> count(*)`)
    ).map(({ id }) => String(id)),
    deliveries: await query(
      `select state->>'sendId' as "sendId", state->>'status' as status from vsms.callback_deliveries`
    )
  }
  await query("commit")
  return books
}

/** How many sends, calls and callbacks are not over. */
export const left = `select (select count(*) from vsms.sends where state->>'stage' not in ('completed', 'failed'))::int
  + (select count(*) from vsms.work where queue in ('dial', 'reconcile', 'callback'))::int as left`
