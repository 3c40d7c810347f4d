import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Database } from "../../src/place/Database.ts"
import * as PostgresServer from "../../src/place/PostgresServer.ts"
import * as TestDatabase from "../server/TestDatabase.ts"
import * as TestPlaces from "../server/TestPlaces.ts"

const setting = (name: string) =>
  Effect.flatMap(Database, ({ pool }) =>
    Effect.map(
      Effect.promise(() => pool.query(`show ${name}`)),
      ({ rows }) => rows[0][name]
    )
  )

const settings = Effect.all({
  seqscan: setting("enable_seqscan"),
  hashjoin: setting("enable_hashjoin"),
  mergejoin: setting("enable_mergejoin"),
  jit: setting("jit"),
  plans: setting("plan_cache_mode")
})

const off = { seqscan: "off", hashjoin: "off", mergejoin: "off", jit: "off", plans: "force_generic_plan" }

describe("Planning", () => {
  it.live("sessions on a server look things up by index only, and plan each statement once", () =>
    Effect.gen(function* () {
      expect(yield* settings).toEqual(off)
    }).pipe(Effect.provide(TestPlaces.server({ sessions: 1 })))
  )

  it.live("so do sessions of the embedded database", () =>
    Effect.gen(function* () {
      expect(yield* settings).toEqual(off)
    }).pipe(Effect.provide(TestPlaces.memory()))
  )

  it.live("what the operator has put into the URL holds, and what was not is not lost by it", () =>
    Effect.gen(function* () {
      const url = yield* Effect.promise(TestDatabase.create)
      const options = encodeURIComponent("-c enable_seqscan=on -c plan_cache_mode=auto")
      const place = PostgresServer.layer({ url: Redacted.make(`${url}?options=${options}`), sessions: 1 })
      yield* Effect.gen(function* () {
        expect(yield* settings).toEqual({ ...off, seqscan: "on", plans: "auto" })
      }).pipe(Effect.provide(place))
    })
  )
})
