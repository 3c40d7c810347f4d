import * as JournalLaws from "@vsms/core/testing/laws/JournalLaws"
import * as RecordsLaws from "@vsms/core/testing/laws/RecordsLaws"
import * as WorkQueueLaws from "@vsms/core/testing/laws/WorkQueueLaws"
import { suite } from "@vsms/core/testing/Law"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, it } from "vitest"
import { Database } from "../../src/place/Database.ts"
import { sql } from "../../src/schema/migrations/M0001Initial.ts"
import * as PostgresStorage from "../../src/store/PostgresStorage.ts"
import * as TestDatabase from "../server/TestDatabase.ts"

const schema = Layer.effectDiscard(Effect.flatMap(Database, ({ pool }) => Effect.promise(() => pool.query(sql))))

for (const sessions of [1, 4]) {
  const layer = PostgresStorage.layer().pipe(Layer.provide(schema), Layer.provide(TestDatabase.layer({ sessions })))
  suite(
    { describe, it },
    `Journal on PostgreSQL, ${sessions} sessions`,
    JournalLaws.laws,
    layer as never,
    { runs: 20 } as never
  )
  suite(
    { describe, it },
    `Records on PostgreSQL, ${sessions} sessions`,
    RecordsLaws.laws,
    layer as never,
    { runs: 20 } as never
  )
  suite(
    { describe, it },
    `WorkQueue on PostgreSQL, ${sessions} sessions`,
    WorkQueueLaws.laws,
    layer as never,
    { runs: 20 } as never
  )
}
