/** Many decisions in one commit, one of which cannot be carried out: the others must not notice. */
import { inspect } from "node:util"
import * as Balance from "@vsms/core/balance/Balance"
import * as Minutes from "@vsms/core/money/Minutes"
import * as Holdings from "@vsms/core/number/Holdings"
import { PortFailure } from "@vsms/core/PortFailure"
import * as Decision from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import * as Kind from "@vsms/core/storage/Kind"
import { Records } from "@vsms/core/storage/Records"
import type { WorkQueue } from "@vsms/core/storage/WorkQueue"
import { purse, purseRef, slipRef } from "@vsms/core/testing/Specimen"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Database } from "../../src/place/Database.ts"
import * as PgliteMemory from "../../src/place/PgliteMemory.ts"
import * as PostgresStorage from "../../src/store/PostgresStorage.ts"
import * as TestDatabase from "../server/TestDatabase.ts"

/** Stands for a number that somebody was called at: it may be stored as personal data, and shown nowhere. */
const secret = "13812345678"

const long = process.env["NIGHTLY"] === "1"

/** How the culprit ends; the text that says so holds no personal data. */
type End =
  | "refused"
  /** The database cannot hold it: a failure of the port, and trying again is no use. */
  | "cannot be held"
  /** The rules have let pass what they must not: a defect. */
  | "defect"

interface Culprit {
  readonly what: string
  readonly end: End
  /** What must be there before, in a commit of its own. */
  readonly before?: (owner: string) => Effect.Effect<unknown, unknown, Journal>
  readonly act: (owner: string) => Effect.Effect<unknown, unknown, Journal>
}

const transact: (typeof Journal)["Service"]["transact"] = (refs, decide) =>
  Effect.flatMap(Journal, (journal) => journal.transact(refs, decide)) as never

const change = <K extends Kind.Kind.Any>(
  ref: Kind.Ref<K>,
  then: (row: Kind.Row<K>) => Partial<Decision.Change<K>>
): Effect.Effect<unknown, unknown, Journal> =>
  transact([ref], (rows) => {
    const row: Kind.Row<K> = rows[0]
    const unchanged = { ref, events: [], state: row.state, personal: row.personal, expiresAt: row.expiresAt }
    return Either.right(Decision.make("done", { changes: [{ ...unchanged, ...then(row) }] }))
  })

const label = (owner: string, key: string, text: string, holder = secret) =>
  change(purseRef(owner, key), () => ({
    events: [{ _tag: "Labelled" as const, label: text, at: 1 }],
    state: { ...purse.initial, label: text, changedAt: 1 },
    personal: { name: holder }
  }))

/** A balance with minutes, as if they had been bought, and entries of its ledger as given. */
const entries = (owner: string, state: Partial<Balance.State>, events: ReadonlyArray<Balance.Event>) =>
  change(Balance.ref(owner), () => ({ events, state: { ...Balance.initial, ...state } }))

const m = Minutes.unsafeMake

const settled = (sendId: string): Balance.Event => ({
  _tag: "HoldSettled",
  at: 1,
  sendId,
  minutes: m(1),
  shares: [],
  beyond: [],
  overrun: m(0)
})

const holding = (owner: string, number: string) =>
  change(Holdings.ref(owner), () => ({
    state: {
      reserved: [],
      held: [
        {
          number,
          region: "广东省深圳市",
          since: 1,
          expiresAt: 2,
          autoRenew: false,
          terms: 1,
          renewal: { orders: 0, failures: 0 }
        }
      ]
    }
  }))

const culprits: ReadonlyArray<Culprit> = [
  {
    what: "is refused",
    end: "refused",
    act: (owner) => transact([purseRef(owner)], () => Either.left("no" as const))
  },
  {
    what: "throws",
    end: "defect",
    act: (owner) =>
      transact([purseRef(owner)], () => {
        throw new Error("a mistake in a rule")
      })
  },
  {
    what: "changes what it has not named",
    end: "defect",
    before: (owner) => label(owner, "other", "there"),
    act: (owner) =>
      transact([purseRef(owner), purseRef(owner, "other")], ([first]) =>
        Either.right(
          Decision.make("done", {
            changes: [Decision.change(Kind.fresh(purseRef("a stranger", "other")), []), Decision.change(first, [])]
          })
        )
      )
  },
  {
    what: "makes a thing that is there already",
    end: "defect",
    before: (owner) => label(owner, "made", "before"),
    act: (owner) =>
      transact([purseRef(owner, "another")], () =>
        Either.right(
          Decision.make("done", {
            changes: [
              Decision.change(Kind.fresh(purseRef(owner, "made")), [{ _tag: "Paid", amount: 1, at: 1 }], {
                personal: { name: secret }
              })
            ]
          })
        )
      )
  },
  { what: "has NUL in a key", end: "cannot be held", act: (owner) => label(owner, `${secret}\0`, "x") },
  {
    what: "has half a character in a key",
    end: "cannot be held",
    act: (owner) => label(owner, `${secret}\ud800`, "x")
  },
  { what: "has NUL in an owner", end: "cannot be held", act: (owner) => label(`${owner}/${secret}\0`, "x", "x") },
  { what: "has NUL in a state", end: "cannot be held", act: (owner) => label(owner, "purse", "a\0b") },
  { what: "has half a character in a state", end: "cannot be held", act: (owner) => label(owner, "purse", "a\udc00b") },
  {
    what: "has NUL in a place of an index",
    end: "cannot be held",
    act: (owner) => label(owner, "purse", "x", `${secret}\0`)
  },
  {
    what: "has half a character in a place of an index",
    end: "cannot be held",
    act: (owner) => label(owner, "purse", "x", `${secret}\ud800`)
  },
  {
    what: "has a time that is none",
    end: "cannot be held",
    act: (owner) => change(purseRef(owner), () => ({ expiresAt: Number.NaN, personal: { name: secret } }))
  },
  {
    what: "has NUL in the key of its work",
    end: "cannot be held",
    act: (owner) =>
      transact([purseRef(owner)], () =>
        Either.right(Decision.make("done", { work: [Decision.enqueue("alert", { owner, key: `${secret}\0` }, 1)] }))
      )
  },
  {
    what: "has a state that its schema does not know",
    end: "defect",
    act: (owner) => change(Balance.ref(owner), () => ({ state: { ...Balance.initial, open: secret as never } }))
  },
  {
    what: "has a state that is not to be written as JSON",
    end: "defect",
    act: (owner) =>
      change(purseRef(owner), () => ({ state: { ...purse.initial, total: 1n as never }, personal: { name: secret } }))
  },
  {
    what: "has an index that throws",
    end: "defect",
    act: (owner) => change(purseRef(owner), () => ({ state: null as never }))
  },
  {
    what: "makes a kind of thing whose name another has",
    end: "defect",
    act: (owner) => change(Kind.ref({ ...purse }, owner, "twin"), () => ({ personal: { name: secret } }))
  },
  {
    what: "has a negative balance",
    end: "defect",
    act: (owner) => entries(owner, { available: m(-1), granted: m(-1) }, [])
  },
  {
    what: "has a balance that does not add up",
    end: "defect",
    act: (owner) => entries(owner, { granted: m(7), available: m(6) }, [])
  },
  {
    what: "settles a send twice",
    end: "defect",
    before: (owner) => entries(owner, { granted: m(1), spent: m(1) }, [settled("send")]),
    act: (owner) => entries(owner, { granted: m(2), spent: m(2) }, [settled("send")])
  },
  {
    what: "holds a number that another account holds",
    end: "defect",
    before: (owner) => holding(`${owner}-other`, `9${owner}`),
    act: (owner) => holding(owner, `9${owner}`)
  },
  {
    what: "counts below nothing",
    end: "defect",
    act: (owner) =>
      transact([purseRef(owner)], () =>
        Either.right(
          Decision.make("done", {
            tallies: [
              {
                owner,
                applicationId: "a",
                templateId: "t",
                hour: 1,
                reason: "",
                sends: -1,
                answered: 0,
                failed: 0,
                minutes: 0
              }
            ]
          })
        )
      )
  }
]

const places = {
  "PostgreSQL, 1 session": () => TestDatabase.layer({ sessions: 1 }),
  "PostgreSQL, 4 sessions": () => TestDatabase.layer({ sessions: 4 }),
  "PGlite in memory": () => PgliteMemory.layer()
}

for (const [name, place] of Object.entries(places))
  describe(`bad neighbours on ${name}`, () => {
    type Services = Journal | Records | WorkQueue | Database
    let runtime: ManagedRuntime.ManagedRuntime<Services, unknown>
    const run = <A, E>(effect: Effect.Effect<A, E, Services>) => runtime.runPromise(effect)

    beforeAll(async () => {
      runtime = ManagedRuntime.make(
        PostgresStorage.layer().pipe(Layer.provideMerge(place() as Layer.Layer<Database, unknown>))
      )
      await runtime.runtime()
    }, 90_000)
    afterAll(() => runtime.dispose())

    const pay = (owner: string, i: number) =>
      transact([purseRef(owner, "neighbours"), slipRef(owner, `slip${i}`)], ([row, paper]) =>
        Either.right(
          Decision.make(row.state.payments + 1, {
            changes: [
              Decision.change(row, [{ _tag: "Paid", amount: 1, at: i }]),
              Decision.change(paper, [{ _tag: "Written", text: secret, at: i }])
            ]
          })
        )
      )

    it("BAL-5: what is asked for at once is one commit", () =>
      run(
        Effect.gen(function* () {
          yield* Effect.all(
            Array.from({ length: 9 }, (_, i) => pay("together", i)),
            { concurrency: "unbounded" }
          )
          const { pool } = yield* Database
          const found = yield* Effect.promise(() =>
            pool.query("select count(distinct xmin::text)::int as commits from vsms.things where owner = 'together'")
          )
          expect(found.rows).toEqual([{ commits: 1 }])
        })
      ))

    for (const [nth, { act, before, end, what }] of culprits.entries())
      it(`BAL-5: only the decision suffers that ${what}`, () =>
        run(
          Effect.gen(function* () {
            const journal = yield* Journal
            for (const at of long ? [0, 4, 9] : [nth % 10]) {
              const owner = `culprit${nth}-${at}`
              if (before !== undefined) yield* before(owner)
              const asked: Array<Effect.Effect<unknown, unknown, Journal>> = Array.from({ length: 9 }, (_, i) =>
                pay(owner, i)
              )
              asked.splice(at, 0, act(owner))
              const exits = yield* Effect.all(asked.map(Effect.exit), { concurrency: "unbounded" })
              const [culprit] = exits.splice(at, 1)

              expect(Exit.isFailure(culprit!), "the culprit fails").toBe(true)
              const cause = Exit.isFailure(culprit!) ? culprit.cause : Cause.empty
              expect(familyOf(cause), inspect(cause, { depth: 8 })).toBe(end)
              // Whatever a log makes of it: the text, what hangs below it, and all properties.
              const shown = [Cause.pretty(cause), inspect(cause, { depth: 12 }), JSON.stringify(cause)]
              for (const text of shown) expect(text).not.toContain(secret)

              // Each got an answer of its own, and all of them are stored, once.
              const answers = exits.map((exit) => (Exit.isSuccess(exit) ? Number(exit.value) : Number.NaN))
              expect(answers.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
              const row = yield* journal.load(purseRef(owner, "neighbours"))
              expect([row.state.total, row.version]).toEqual([9, 9])
              const history = yield* journal.history(purseRef(owner, "neighbours"), { after: 0, limit: 100 })
              expect(history.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
              for (let i = 0; i < 9; i++) expect((yield* journal.load(slipRef(owner, `slip${i}`))).version).toBe(1)
            }
            // And whoever comes after is served.
            expect(yield* pay(`after${nth}`, 0)).toBe(1)
          })
        ))

    it("BAL-5: who asks for a key that cannot be held harms nobody who asks for another", () =>
      run(
        Effect.gen(function* () {
          const journal = yield* Journal
          yield* pay("asker", 0)
          for (const key of [`${secret}\0`, `${secret}\udc00`]) {
            const loads = Array.from({ length: 6 }, (_, i) =>
              journal.load(purseRef("asker", i === 2 ? key : "neighbours"))
            )
            const exits = yield* Effect.all(loads.map(Effect.exit), { concurrency: "unbounded" })
            expect(exits.map((exit) => Exit.isSuccess(exit) && exit.value.version === 1)).toEqual([
              true,
              true,
              false,
              true,
              true,
              true
            ])
            const cause = Exit.isFailure(exits[2]!) ? exits[2].cause : Cause.empty
            expect(familyOf(cause)).toBe("cannot be held")
            expect(inspect(cause, { depth: 12 })).not.toContain(secret)
          }
        })
      ))

    it("a row that cannot be read harms nobody who reads another", () =>
      run(
        Effect.gen(function* () {
          const journal = yield* Journal
          yield* pay("reader", 0)
          yield* label("reader", "broken", "x")
          const { pool } = yield* Database
          yield* Effect.promise(() =>
            pool.query(
              `update vsms.things set state = '{"total": "${secret}"}' where owner = 'reader' and key = 'broken'`
            )
          )
          // Nobody else can have written that: what is remembered is still taken for right, so ask by another way too.
          yield* Effect.promise(() =>
            pool.query("update vsms.owners set revision = revision + 1 where owner = 'reader'")
          )
          const loads = Array.from({ length: 6 }, (_, i) =>
            i === 3 ? journal.load(purseRef("reader", "broken")) : journal.load(purseRef("reader", "neighbours"))
          )
          const exits = yield* Effect.all(loads.map(Effect.exit), { concurrency: "unbounded" })
          expect(exits.map(Exit.isSuccess)).toEqual([true, true, true, false, true, true])
          const cause = Exit.isFailure(exits[3]!) ? exits[3].cause : Cause.empty
          expect(familyOf(cause)).toBe("defect")
          expect(inspect(cause, { depth: 12 })).not.toContain(secret)
          const writes = [pay("reader", 1), label("reader", "broken", "y"), pay("reader", 2)]
          const written = yield* Effect.all(writes.map(Effect.exit), { concurrency: "unbounded" })
          expect(written.map(Exit.isSuccess)).toEqual([true, false, true])
        })
      ))
  })

const familyOf = (cause: Cause.Cause<unknown>): End | "something else" => {
  if (Cause.isInterrupted(cause)) return "something else"
  if (Cause.isDie(cause)) return "defect"
  const error = Cause.squash(cause)
  if (error instanceof PortFailure) return error.retry === "never" ? "cannot be held" : "something else"
  return "refused"
}
