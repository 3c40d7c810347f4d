/**
 * Many ended sends of one application, as the store would have left them, made by one statement of the database in no
 * time. What is stored is encoded by the store: one send with marks in the places of what differs, cut up at the marks.
 */
import * as Minutes from "@vsms/core/money/Minutes"
import * as Balance from "@vsms/core/balance/Balance"
import * as Send from "@vsms/core/sending/Send"
import { Journal } from "@vsms/core/storage/Journal"
import * as Effect from "effect/Effect"
import type * as Pg from "pg"
import { Database } from "../../src/place/Database.ts"
import * as Codec from "../../src/store/Codec.ts"
import * as Tables from "../../src/store/Table.ts"

export interface Options {
  readonly accountId: string
  readonly applicationId: string
  readonly sends: number
  /** Epoch milliseconds of the first send, and how long after it the next one was accepted. */
  readonly from: number
  readonly everyMillis: number
  /** How many numbers were called, in turn. */
  readonly callees: number
  readonly retentionMillis: number
  /** Whether holds and settlements are put into the ledger too. */
  readonly ledger?: boolean
}

export const templateId = "100000001"

/** The number that is called by the sends 0, `callees`, … plus `nth`. */
export const callee = (nth: number): string => `+86138${String(nth).padStart(8, "0")}`

/** Every tenth failed. */
const failsEvery = 10

// Marks: what stands in their places differs from send to send.
const at = 7_000_000_000_000
const receipt = 777_777_777
const sendId = "<send id>"
const called = "<called number>"

const lot = { packageId: "package", purchasedAt: 1, expiresAt: 2 }
const parts = [{ ...lot, minutes: Minutes.make(1) }]

const accepted = (applicationId: string): Send.Accepted => ({
  at,
  applicationId,
  templateId,
  kind: "code",
  display: "075500000001",
  operator: "mobile",
  region: undefined,
  plays: 2,
  ringTimeoutMillis: 60_000,
  longestCallMillis: 60_000,
  dialUntilAt: at + 120_000,
  deadlineAt: at + 300_000,
  hold: { minutes: Minutes.make(1), parts },
  sight: { templateVersion: 1, textLength: 13, numbersHeld: 1 }
})

const began: ReadonlyArray<Send.Event> = [
  { _tag: "DialStarted", route: "first", at: at + 10 },
  { _tag: "Ringing", at: at + 1_000 }
]

const completes: ReadonlyArray<Send.Event> = [
  ...began,
  { _tag: "Answered", at: at + 5_000 },
  {
    _tag: "SendCompleted",
    at: at + 15_000,
    billedMinutes: Minutes.make(1),
    overrunMinutes: Minutes.zero,
    paid: parts,
    receipt
  }
]

const fails: ReadonlyArray<Send.Event> = [
  ...began,
  { _tag: "SendFailed", at: at + 61_000, reason: "noAnswer", receipt }
]

const personal: Send.Personal = {
  callee: called,
  text: "您的验证码是：******",
  segments: [
    { _tag: "Text", text: "您的验证码是：" },
    { _tag: "Spell", text: "******" }
  ]
}

const entries = (spent: boolean): ReadonlyArray<Balance.Event> => [
  { _tag: "MinutesHeld", at, sendId, minutes: Minutes.make(1), parts },
  spent
    ? {
        _tag: "HoldSettled",
        at: at + 15_000,
        sendId,
        minutes: Minutes.make(1),
        shares: [
          { ...lot, held: Minutes.make(1), spent: Minutes.make(1), returned: Minutes.zero, expired: Minutes.zero }
        ],
        beyond: [],
        overrun: Minutes.zero
      }
    : {
        _tag: "HoldReleased",
        at: at + 61_000,
        sendId,
        shares: [
          { ...lot, held: Minutes.make(1), spent: Minutes.zero, returned: Minutes.make(1), expired: Minutes.zero }
        ]
      }
]

/** A text with marks as an expression of SQL over a row `s`. */
const expression = (text: string): string => {
  const marks = new RegExp(`70000\\d{8}|${receipt}|${sendId}|${called.replace("+", "\\+")}`, "g")
  const literal = (part: string): string => `'${part.replaceAll("'", "''")}'`
  const pieces: Array<string> = []
  let end = 0
  for (const found of text.matchAll(marks)) {
    const [mark] = found
    pieces.push(literal(text.slice(end, found.index)))
    pieces.push(
      mark === sendId
        ? "s.id"
        : mark === called
          ? "s.callee"
          : mark === String(receipt)
            ? "s.receipt"
            : `(s.at + ${Number(mark) - at})`
    )
    end = found.index + mark.length
  }
  pieces.push(literal(text.slice(end)))
  return pieces.join(" || ")
}

/** Puts them there; nobody else may write meanwhile. */
export const sow = async (pool: Pg.Pool, options: Options): Promise<void> => {
  const { accountId, applicationId, callees, everyMillis, from, retentionMillis, sends } = options
  const table = Tables.of(Send.kind)
  const codec = Codec.of(Send.kind)
  const stateOf = (events: ReadonlyArray<Send.Event>): Send.State =>
    [{ _tag: "SendAccepted", accepted: accepted(applicationId) } as const, ...events].reduce<Send.State>(
      Send.evolve,
      Send.initial
    )
  const [completed, failed] = [stateOf(completes), stateOf(fails)]
  const either = (of: (state: Send.State) => string): string =>
    `case when s.fails then ${of(failed)} else ${of(completed)} end`
  const columns: ReadonlyArray<readonly [name: string, value: string]> = [
    [table.owner, `'${accountId}'`],
    [table.key, "s.id"],
    ["version", String(completes.length + 1)],
    ["sequence", "0"],
    ["state", `(${either((state) => expression(codec.writeState(state)))})::jsonb`],
    ["personal", `(${expression(codec.writePersonal(personal)!)})::json`],
    ["expires_at", `s.at + ${retentionMillis}`],
    ...table.places.flatMap(({ at: column, index, partition }) => {
      const position = Send.kind.indexes[index]!.position(sendId, completed, personal)!
      return [
        [partition, expression(position.partition)],
        [column, `(${expression(String(position.at))})::double precision`]
      ] as const
    })
  ]
  // Ids as `IdGenerator` makes them: 48 bits of time, and what looks like chance.
  const source = `(
    select i, i + 1 as receipt, i % ${failsEvery} = 0 as fails, ${from} + i * ${everyMillis}::bigint as at,
      lpad(to_hex(${from} + i * ${everyMillis}::bigint), 12, '0') || substr(md5(i::text), 1, 20) as id,
      '+86138' || lpad((i % ${callees})::text, 8, '0') as callee
    from generate_series(0, ${sends - 1}) i) s`
  await pool.query(`insert into vsms.owners values ('${accountId}', 1) on conflict do nothing`)
  await pool.query(
    `insert into vsms.sends (${columns.map(([name]) => name).join(", ")})
      select ${columns.map(([, value]) => value).join(",\n")} from ${source}`
  )
  for (const [name, unit, of] of [
    ["hourly_statistics", "hour", "s.at / 3600000"],
    ["daily_statistics", "day", "(s.at / 3600000 + 8) / 24"]
  ]) {
    // As core counts: a send under no reason, a failure under its own.
    await pool.query(
      `insert into vsms.${name} (account_id, ${unit}, application_id, template_id, reason, sends, answered, failed, minutes)
        select '${accountId}', ${of}, '${applicationId}', '${templateId}', r.reason, sum(r.sends), sum(r.answered),
          sum(r.failed), sum(r.answered)
        from ${source} cross join lateral (values
          ('', 1, case when s.fails then 0 else 1 end, 0),
          (case when s.fails then 'noAnswer' end, 0, 0, 1)) r(reason, sends, answered, failed)
        where r.reason is not null group by 2, 5`
    )
  }
  if (options.ledger === true) {
    const write = (nth: 0 | 1): string => {
      const of = (spent: boolean) => expression(Codec.of(Balance.kind).writeEvent(entries(spent)[nth]))
      return `(case when s.fails then ${of(false)} else ${of(true)} end)::jsonb`
    }
    for (const nth of [0, 1] as const) {
      await pool.query(
        `insert into vsms.minute_ledger (account_id, sequence, cause, entry, recorded_at)
          select '${accountId}', 2 * i + ${nth + 1}, s.id, ${write(nth)}, s.at + ${nth * 15_000} from ${source}`
      )
    }
  }
}

/** That samples of what was put there are, to the last column, what the store would have written. Throws if not. */
export const check = (options: Pick<Options, "accountId" | "sends">) =>
  Effect.gen(function* () {
    const journal = yield* Journal
    const { pool } = yield* Database
    const table = Tables.of(Send.kind)
    const codec = Codec.of(Send.kind)
    const places = table.places.flatMap(({ at: column, partition }) => [partition, column])
    const wanted = [0, 1, options.sends >> 1, options.sends - 1]
    const ids = yield* Effect.promise(() =>
      pool.query(
        `select send_id as id from vsms.sends where account_id = $1 and receipts_at = any($2) order by receipts_at`,
        [options.accountId, wanted.map((i) => i + 1)]
      )
    )
    const samples = yield* Effect.forEach(ids.rows, ({ id }) => journal.load(Send.ref(options.accountId, String(id))))
    for (const { personal, ref, state, version } of samples) {
      const { rows } = yield* Effect.promise(() =>
        pool.query(
          `select state = $1::jsonb as state, personal::text = $2 as personal, version, ${places.join(", ")}
            from vsms.sends where account_id = $3 and send_id = $4`,
          [codec.writeState(state), codec.writePersonal(personal), ref.owner, ref.key]
        )
      )
      const indexed = table.places.flatMap(({ index }) => {
        const position = Send.kind.indexes[index]!.position(ref.key, state, personal)
        return [position?.partition ?? null, position?.at ?? null]
      })
      const found = [rows[0].state, rows[0].personal, Number(rows[0].version), ...places.map((name) => rows[0][name])]
      const expected = [true, true, version, ...indexed]
      if (JSON.stringify(found) !== JSON.stringify(expected))
        throw new Error(`a sample is not as the store writes it: ${JSON.stringify(found)}, ${JSON.stringify(expected)}`)
    }
    if (samples.length !== new Set(wanted).size) throw new Error(`there are ${samples.length} samples`)
  })
