/** What shows only after years, or after a restart. */
import * as Decision from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import type { Kind } from "@vsms/core/storage/Kind"
import { Records } from "@vsms/core/storage/Records"
import { purseRef } from "@vsms/core/testing/Specimen"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Database } from "../../src/place/Database.ts"
import * as PostgresStorage from "../../src/store/PostgresStorage.ts"
import * as TestPlaces from "../server/TestPlaces.ts"

const pay = Effect.flatMap(Journal, (journal) =>
  journal.transact([purseRef("busy")], ([row]) =>
    Either.right(Decision.make(row.version, { changes: [Decision.change(row, [{ _tag: "Paid", amount: 1, at: 1 }])] }))
  )
)

const ask = (text: string, values: Array<unknown> = []) =>
  Effect.flatMap(Database, ({ pool }) => Effect.promise(() => pool.query(text, values)))

it.live("BAL-9: a thing may change more often than 2^31 times, and its events are told", () =>
  Effect.gen(function* () {
    yield* pay
    const often = 2 ** 31 + 5
    yield* ask("update vsms.things set version = $1, sequence = $1", [often])
    yield* ask("update vsms.owners set revision = revision + 1")
    expect(yield* pay).toBe(often)
    expect(yield* pay).toBe(often + 1)
    const journal = yield* Journal
    expect((yield* journal.load(purseRef("busy"))).version).toBe(often + 2)
    const history = yield* journal.history(purseRef("busy"), { after: often, limit: 9 })
    expect(history.map(({ sequence }) => sequence)).toEqual([often + 1, often + 2])
  }).pipe(Effect.provide(Layer.provideMerge(PostgresStorage.layer(), TestPlaces.server())))
)

/** A host's own kind, of which this process has never written anything. */
const guest: Kind<{ readonly visits: number }, number, { readonly name: string }> = {
  name: "guest",
  initial: { visits: 0 },
  evolve: ({ visits }, more) => ({ visits: visits + more }),
  state: Schema.Struct({ visits: Schema.Number }),
  event: Schema.Number,
  personal: Schema.Struct({ name: Schema.String }),
  journaled: false,
  ephemeral: false,
  indexes: {}
}

it.live("SND-6: personal data of a host's kind that was stored by an earlier process is erased in time", () => {
  const leave = ask(`insert into vsms.things (owner, kind, key, version, sequence, state, personal, expires_at)
    values ('hotel', 'guest', '1', 1, 0, '{"visits":1}', '{"name":"张三"}', 5)`)
  const purge = Effect.flatMap(Records, (records) => records.purge({ now: 5, limit: 10 }))
  const left = Effect.map(ask("select personal from vsms.things"), ({ rows }) => rows)
  return Effect.gen(function* () {
    yield* Effect.provide(leave, PostgresStorage.layer())
    expect(yield* Effect.provide(purge, PostgresStorage.layer({ kinds: [guest] }))).toBe(1)
    expect(yield* left).toEqual([{ personal: null }])
  }).pipe(Effect.provide(TestPlaces.server()))
})
