import * as BlobStoreLaws from "@vsms/core/testing/laws/BlobStoreLaws"
import { Restart } from "@vsms/core/testing/laws/JournalLaws"
import { suite } from "@vsms/core/testing/Law"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { afterAll, describe, it, vi } from "vitest"
import { Database } from "../../src/place/Database.ts"
import * as PostgresBlobs from "../../src/store/PostgresBlobs.ts"
import * as PostgresStorage from "../../src/store/PostgresStorage.ts"
import * as TestPlaces from "../server/TestPlaces.ts"

vi.setConfig({ testTimeout: 60_000 })

const { laws } = BlobStoreLaws
const steady = laws.filter(({ needs }) => needs !== "durable")
const noRestart = Layer.succeed(Restart, Effect.void)

/** All laws use one database, whose blobs are removed for each of them: each law names its own in the same way. */
const put = <E>(name: string, place: Layer.Layer<Database | Restart, E>, chosen: typeof laws, runs: number): void => {
  const runtime = ManagedRuntime.make(
    PostgresBlobs.layer.pipe(Layer.provideMerge(PostgresStorage.layer()), Layer.provideMerge(place))
  )
  afterAll(() => runtime.dispose())
  const built = Layer.unwrapEffect(Effect.map(runtime.runtimeEffect, ({ context }) => Layer.succeedContext(context)))
  const emptied = Effect.flatMap(Database, ({ pool }) =>
    Effect.promise(() => pool.query("truncate vsms.certificates, vsms.sounds"))
  )
  suite({ describe, it }, name, chosen, Layer.provideMerge(Layer.effectDiscard(emptied), built), {
    abilities: ["durable"],
    ...(process.env["NIGHTLY"] === undefined ? { runs } : {})
  })
}

put("blobs on PostgreSQL", Layer.merge(TestPlaces.server({ sessions: 4 }), noRestart), steady, 20)
put("blobs on PGlite in a folder that crashes", TestPlaces.folder(), laws, 5)
