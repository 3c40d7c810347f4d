/** What the database refuses to hold, whichever program writes it: rules at rest. */
import * as Balance from "@vsms/core/balance/Balance"
import * as Minutes from "@vsms/core/money/Minutes"
import * as Holdings from "@vsms/core/number/Holdings"
import { Sends } from "@vsms/core/sending/Sends"
import * as Send from "@vsms/core/sending/Send"
import * as Decision from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import type { Kind, Row } from "@vsms/core/storage/Kind"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { IdGenerator } from "@vsms/core/IdGenerator"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import * as Enterprises from "../../bench/Enterprises.ts"
import * as Life from "../../bench/Life.ts"
import { Database } from "../../src/place/Database.ts"
import * as PostgresStorage from "../../src/store/PostgresStorage.ts"
import * as TestPlaces from "../server/TestPlaces.ts"

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

const storage = Layer.provideMerge(PostgresStorage.layer(), TestPlaces.server({ sessions: 2 }))
const runtime = ManagedRuntime.make(Layer.provideMerge(Sends.layer, Layer.merge(storage, IdGenerator.layer)))
afterAll(() => runtime.dispose())

let one = ""
let other = ""
let sendId = ""

beforeAll(async () => {
  await runtime.runPromise(
    Effect.gen(function* () {
      const [first, second] = yield* Enterprises.open(2, 1_000)
      one = first!.accountId
      other = second!.accountId
      const { sendIds } = yield* Life.live([first!], { times: 2, callers: 1, from: 0 })
      sendId = sendIds[0]!
      const { applicationId, templateId } = first!
      const input = {
        templateId,
        params: ["246802"],
        to: "13800138999",
        idempotencyKey: "a key"
      }
      yield* (yield* Sends).accept(one, applicationId, input)
    })
  )
})

/** The SQLSTATE and the constraint that stop a transaction of these statements; `undefined` if nothing does. */
const stoppedBy = (...statements: ReadonlyArray<string>): Promise<string | undefined> =>
  runtime.runPromise(
    Effect.flatMap(Database, ({ pool }) =>
      Effect.promise(async () => {
        const client = await pool.connect()
        try {
          await client.query("begin")
          for (const statement of statements) await client.query(statement)
          // What waits for the end of the transaction is looked at, and nothing kept.
          await client.query("set constraints all immediate")
          return undefined
        } catch (error) {
          const { code, constraint } = error as { readonly code: string; readonly constraint: string }
          return `${code} ${constraint}`
        } finally {
          await client.query("rollback")
          client.release()
        }
      })
    )
  )

const [checked, unique] = ["23514", "23505"]
const balance = (path: string, value: string) =>
  `update vsms.balances set state = jsonb_set(state, '${path}', '${value}') where account_id = '${one}'`
const sendWith = (path: string, value: string) =>
  `update vsms.sends set state = jsonb_set(state, '${path}', '${value}') where send_id = '${sendId}'`
const again = (table: string, changed: Record<string, string>) => {
  const columns = "account_id, key, version, sequence, state, personal, expires_at"
  const chosen = columns.split(", ").map((name) => changed[name] ?? name)
  return `insert into vsms.${table} (${columns}) select ${chosen.join(", ")} from vsms.${table} where account_id = '${one}'`
}
const entry = (tag: string) =>
  `insert into vsms.minute_ledger select account_id, sequence + 1000, cause, jsonb_set(entry, '{_tag}', '"${tag}"'),
    recorded_at from vsms.minute_ledger where cause = '${sendId}' limit 1`
const number = () =>
  `'{held,0,number}', (select state->'held'->0->'number' from vsms.number_holdings where account_id = '${one}')`

const broken: ReadonlyArray<readonly [sentence: string, statements: () => ReadonlyArray<string>, by: RegExp]> = [
  [
    "BAL-5: an account has less than nothing",
    () => [balance("{available}", "-1")],
    new RegExp(`${checked} balance_conserved`)
  ],
  ["BAL-6: minutes are lost", () => [balance("{available}", "5")], new RegExp(`${checked} balance_conserved`)],
  [
    "BAL-6: minutes come from nowhere",
    () => [balance("{granted}", "5000")],
    new RegExp(`${checked} balance_conserved`)
  ],
  [
    "BAL-6: a balance says nothing of what is left",
    () => [`update vsms.balances set state = state - 'available' where account_id = '${one}'`],
    new RegExp(`${checked} balance_conserved`)
  ],
  [
    "BAL-5: a package has less than nothing",
    () => [balance("{open,0,free}", "-1")],
    new RegExp(`${checked} packages_conserved`)
  ],
  [
    "BAL-6: a package loses a minute",
    () => [balance("{open,0,spent}", "0")],
    new RegExp(`${checked} packages_conserved`)
  ],
  ["an account has two balances", () => [again("balances", {})], new RegExp(`${unique} balances_pkey`)],
  [
    "NUM-3: a number is held by two",
    () => [`update vsms.number_holdings set state = jsonb_set(state, ${number()}) where account_id = '${other}'`],
    new RegExp(`${unique} held_numbers_pkey`)
  ],
  [
    "NUM-3: a number is held by somebody whose book is new",
    () => [again("number_holdings", { account_id: "'stranger'", key: "'stranger'" })],
    new RegExp(`${unique} held_numbers_pkey`)
  ],
  [
    "NUM-3: there is a second inventory",
    () => [
      "insert into vsms.voice_numbers (account_id, number, version, sequence, state) values ('me', '1', 1, 0, 'null')"
    ],
    new RegExp(`${checked} one_inventory`)
  ],
  [
    "an application id is registered twice",
    () => [
      "insert into vsms.application_ids (account_id, application_id, version, sequence, state) values ('platform', '1', 1, 0, 'null')",
      "insert into vsms.application_ids (account_id, application_id, version, sequence, state) values ('me', '1', 1, 0, 'null')"
    ],
    new RegExp(`${checked} one_register`)
  ],
  [
    "SND-7: a key has two answers",
    () => [again("idempotency_keys", {})],
    new RegExp(`${unique} idempotency_keys_pkey`)
  ],
  [
    "SND-6: a send is there twice",
    () => [
      `insert into vsms.sends (account_id, send_id, version, sequence, state)
        select account_id, send_id, version, sequence, state from vsms.sends where send_id = '${sendId}'`
    ],
    new RegExp(`${unique} sends_.*pkey`)
  ],
  [
    "BAL-2: a call costs less than nothing",
    () => [sendWith("{billedMinutes}", "-1")],
    new RegExp(`${checked} send_billed`)
  ],
  [
    "BAL-2: a send that failed is billed",
    () => [sendWith("{stage}", '"failed"')],
    new RegExp(`${checked} send_billed`)
  ],
  [
    "BAL-2: a send that has not ended is billed",
    () => [sendWith("{stage}", '"answered"')],
    new RegExp(`${checked} send_billed`)
  ],
  [
    "BAL-8: no package could pay more than the call cost",
    () => [sendWith("{overrunMinutes}", "2")],
    new RegExp(`${checked} send_billed`)
  ],
  [
    "CBK-1: a send that has ended has no receipt",
    () => [sendWith("{receipt}", "0")],
    new RegExp(`${checked} send_billed`)
  ],
  ["BAL-4: a hold is settled twice", () => [entry("HoldSettled")], new RegExp(`${unique} minute_ledger_.*`)],
  [
    "BAL-4: what was settled is let go as well",
    () => [entry("HoldReleased")],
    new RegExp(`${unique} minute_ledger_.*`)
  ],
  ["BAL-4: minutes are held twice for a send", () => [entry("MinutesHeld")], new RegExp(`${unique} minute_ledger_.*`)],
  [
    "STA-2: fewer than no sends were counted",
    () => ["update vsms.hourly_statistics set sends = -1"],
    new RegExp(`${checked} hourly_statistics_sends_check`)
  ],
  [
    "STA-2: fewer than no minutes were counted",
    () => ["update vsms.daily_statistics set minutes = -1"],
    new RegExp(`${checked} daily_statistics_minutes_check`)
  ],
  [
    "a row has a version that nothing has",
    () => ["update vsms.accounts set version = 0"],
    new RegExp(`${checked} accounts_version_check`)
  ]
]

describe("at rest, it cannot be that", () => {
  for (const [sentence, statements, by] of broken)
    it(sentence, async () => {
      const stopped = await stoppedBy(...statements())
      expect(stopped).toMatch(by)
    })

  it("NUM-3: but a number may change hands within a transaction, whoever is written first", async () => {
    const gives = `update vsms.number_holdings set state = jsonb_set(state, '{held}', '[]') where account_id = '${one}'`
    const takes = again("number_holdings", { account_id: "'taker'", key: "'taker'" })
    expect(await stoppedBy(takes, gives)).toBe(undefined)
    expect(await stoppedBy(takes)).toMatch(/held_numbers_pkey/)
  })
})

/** A decision that core would never make: the row as nobody allowed it. */
const forge = <K extends Kind.Any>(
  row: Row<K>,
  state: Partial<Kind.State<K>>,
  events: ReadonlyArray<Kind.Event<K>> = []
): Decision.Decision<undefined> => ({
  ...Decision.answer(undefined),
  changes: [{ ...Decision.change(row, []), state: { ...row.state, ...state }, events }]
})

describe("a decision that breaks a rule is a defect, and leaves nothing", () => {
  const refused = (attempt: Effect.Effect<unknown, unknown, Journal>, constraint: RegExp) =>
    runtime.runPromise(
      Effect.gen(function* () {
        const journal = yield* Journal
        const before = yield* journal.load(Balance.ref(one))
        const exit = yield* Effect.exit(attempt)
        expect(Exit.isFailure(exit) && Cause.isDie(exit.cause)).toBe(true)
        if (Exit.isFailure(exit)) expect(Cause.pretty(exit.cause, { renderErrorCause: true })).toMatch(constraint)
        expect(yield* journal.load(Balance.ref(one))).toEqual(before)
      })
    )

  it("BAL-6: minutes from nowhere", () =>
    refused(
      Effect.flatMap(Journal, (journal) =>
        journal.transact([Balance.ref(one)], ([row]) => Either.right(forge(row, { available: Minutes.make(5_000) })))
      ),
      /balance_conserved/
    ))

  it("BAL-4: a second hold for a send", () =>
    refused(
      Effect.flatMap(Journal, (journal) =>
        journal.transact([Balance.ref(one)], ([row]) =>
          Either.right(forge(row, {}, [{ _tag: "MinutesHeld", at: 1, sendId, minutes: Minutes.make(1), parts: [] }]))
        )
      ),
      /minute_ledger/
    ))

  it("BAL-2: a failed send that is billed", () =>
    refused(
      Effect.flatMap(Journal, (journal) =>
        journal.transact([Send.ref(one, sendId)], ([row]) => Either.right(forge(row, { stage: "failed" })))
      ),
      /send_billed/
    ))

  it("NUM-3: a number that another account holds, which is found when the commit is made", () =>
    refused(
      Effect.flatMap(Journal, (journal) =>
        journal.transact([Holdings.ref(one), Holdings.ref(other)], ([held, row]) =>
          Either.right(forge(row, { held: held.state.held }))
        )
      ),
      /held_numbers/
    ))
})
