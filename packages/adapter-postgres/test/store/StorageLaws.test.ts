import type { PaymentGateway } from "@vsms/core/order/PaymentGateway"
import type { Journal } from "@vsms/core/storage/Journal"
import type { Records } from "@vsms/core/storage/Records"
import type { WorkQueue } from "@vsms/core/storage/WorkQueue"
import * as AttentiveDesk from "@vsms/core/testing/AttentiveDesk"
import * as JournalLaws from "@vsms/core/testing/laws/JournalLaws"
import * as PaymentGatewayLaws from "@vsms/core/testing/laws/PaymentGatewayLaws"
import * as RecordsLaws from "@vsms/core/testing/laws/RecordsLaws"
import * as WorkQueueLaws from "@vsms/core/testing/laws/WorkQueueLaws"
import { type Law, suite } from "@vsms/core/testing/Law"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { afterAll, describe, it, vi } from "vitest"
import { Database } from "../../src/place/Database.ts"
import * as PostgresStorage from "../../src/store/PostgresStorage.ts"
import * as TestPlaces from "../server/TestPlaces.ts"

// A database that is killed a dozen times in one law takes its time.
vi.setConfig({ testTimeout: 180_000 })

type Place = Database | JournalLaws.Restart
type Storage = Journal | Records | WorkQueue | JournalLaws.Restart
type Laws = ReadonlyArray<Law<Storage | PaymentGateway | PaymentGatewayLaws.Payer>>

const laws: Laws = [...JournalLaws.laws, ...RecordsLaws.laws, ...WorkQueueLaws.laws]
const crashing = laws.filter(({ needs }) => needs === "durable")
const steady = laws.filter(({ needs }) => needs !== "durable")
/** Of payments that an operator confirms: what is known of them lies in the storage. */
const desk = PaymentGatewayLaws.laws.filter(({ needs }) => needs === undefined)

/** All laws use one database, which is emptied for each of them: to make one takes longer than most laws. */
const put = <E>(name: string, place: Layer.Layer<Place, E>, chosen: Laws, runs: number): void => {
  const runtime = ManagedRuntime.make(place)
  afterAll(() => runtime.dispose())
  const built = Layer.unwrapEffect(Effect.map(runtime.runtimeEffect, ({ context }) => Layer.succeedContext(context)))
  const storage = Layer.effectDiscard(emptied).pipe(Layer.provideMerge(PostgresStorage.layer()))
  const all = Layer.provideMerge(AttentiveDesk.layer, storage)
  suite({ describe, it }, name, chosen, Layer.provideMerge(all, built), {
    abilities: ["durable"],
    ...(process.env["NIGHTLY"] === undefined ? { runs } : {})
  })
}

const emptied = Effect.flatMap(Database, ({ pool }) =>
  Effect.promise(async () => {
    const { rows } = await pool.query<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = 'vsms' and tablename <> 'migrations'`
    )
    await pool.query(`truncate ${rows.map(({ name }) => `vsms.${name}`).join(", ")}`)
  })
)

/** For places that nothing may crash: laws about crashes are put to others. */
const noRestart = Layer.succeed(JournalLaws.Restart, Effect.void)

put("PostgreSQL, one session", Layer.merge(TestPlaces.server({ sessions: 1 }), noRestart), steady, 20)
put(
  "PostgreSQL, several sessions",
  Layer.merge(TestPlaces.server({ sessions: 4 }), noRestart),
  [...steady, ...desk],
  20
)
put("PostgreSQL that crashes", TestPlaces.ownServer({ sessions: 4, fsync: true }), crashing, 2)
put("PGlite in memory", Layer.merge(TestPlaces.memory(), noRestart), [...steady, ...desk], 10)
put("PGlite in a folder", TestPlaces.folder(), steady, 3)
put("PGlite in a folder whose process crashes", TestPlaces.folder(), crashing, 2)
