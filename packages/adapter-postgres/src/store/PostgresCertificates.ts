/**
 * Adapter: images of certificates in the database of a place, so that a backup has them too.
 *
 * **Gotchas** The table is made by `PostgresStorage.layer`: build that one first, or beside this one.
 */
import type { PortFailure } from "@vsms/core/PortFailure"
import { CertificateStore } from "@vsms/core/qualification/CertificateStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Database } from "../place/Database.ts"
import * as Session from "./Session.ts"
import { named, type Statement } from "./Statement.ts"

export const layer: Layer.Layer<CertificateStore, never, Database> = Layer.effect(
  CertificateStore,
  Effect.map(Database, ({ pool }) => {
    const run = (operation: string, statement: Statement, values: ReadonlyArray<unknown>) =>
      Effect.mapError(Session.run(pool, { statement, values }), (fault): PortFailure =>
        fault.toFailure("CertificateStore", operation)
      )
    return {
      // An id is drawn for one image: what is there already under it is the same.
      put: (id, bytes) => Effect.asVoid(run("put", insert, [id, bytes.slice()])),
      get: (id) => Effect.map(run("get", select, [id]), ([row]) => row && new Uint8Array(row.image)),
      remove: (id) => Effect.asVoid(run("remove", remove, [id]))
    }
  })
)

const insert = named("insert into vsms.certificates values ($1, $2) on conflict do nothing")
const select = named("select image from vsms.certificates where certificate_id = $1")
const remove = named("delete from vsms.certificates where certificate_id = $1")
