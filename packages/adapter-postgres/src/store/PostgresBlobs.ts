/**
 * Adapter: bytes that are too large for rows in the database of a place, each kind in a table of its own, so that a
 * backup has them too.
 *
 * **Gotchas** The tables are made by `PostgresStorage.layer`: build that one first, or beside this one.
 */
import type { PortFailure } from "@vsms/core/PortFailure"
import { type BlobKind, BlobStore } from "@vsms/core/storage/BlobStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Database } from "../place/Database.ts"
import * as Session from "./Session.ts"
import { named, type Statement } from "./Statement.ts"

export const layer: Layer.Layer<BlobStore, never, Database> = Layer.effect(
  BlobStore,
  Effect.map(Database, ({ pool }) => {
    const run = (operation: string, statement: Statement, values: ReadonlyArray<unknown>) =>
      Effect.mapError(Session.run(pool, { statement, values }), (fault): PortFailure =>
        fault.toFailure("BlobStore", operation)
      )
    return {
      // An id is drawn for one blob: what is there already under it is the same.
      put: (kind, id, bytes) => Effect.asVoid(run("put", statements[kind].insert, [id, bytes.slice()])),
      get: (kind, id) =>
        Effect.map(run("get", statements[kind].select, [id]), ([row]) => row && new Uint8Array(row.bytes)),
      remove: (kind, id) => Effect.asVoid(run("remove", statements[kind].remove, [id]))
    }
  })
)

const statementsOf = (table: string, key: string, bytes: string) => ({
  insert: named(`insert into vsms.${table} values ($1, $2) on conflict do nothing`),
  select: named(`select ${bytes} as bytes from vsms.${table} where ${key} = $1`),
  remove: named(`delete from vsms.${table} where ${key} = $1`)
})

const statements: { readonly [K in BlobKind]: ReturnType<typeof statementsOf> } = {
  certificate: statementsOf("certificates", "certificate_id", "image"),
  sound: statementsOf("sounds", "sound_id", "sound")
}
