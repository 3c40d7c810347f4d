/**
 * Service: keeps and lists who did what.
 */
import { IdGenerator } from "@vsms/core/IdGenerator"
import type { PortFailure } from "@vsms/core/PortFailure"
import * as Decision from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import { type Cursor, type Page, Records } from "@vsms/core/storage/Records"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as AuditEntry from "./AuditEntry.ts"

export interface EntryView extends AuditEntry.Entry {
  readonly entryId: string
}

export class AuditLog extends Context.Tag("@vsms/adapter-http/auth/AuditLog")<
  AuditLog,
  {
    readonly record: (entry: AuditEntry.Entry) => Effect.Effect<void, PortFailure>
    /** The newest first. */
    readonly list: (
      holder: string,
      page: { readonly limit: number; readonly after?: Cursor | undefined }
    ) => Effect.Effect<Page<EntryView>, PortFailure>
  }
>() {
  static readonly layer: Layer.Layer<AuditLog, never, IdGenerator | Journal | Records> = Layer.effect(
    AuditLog,
    Effect.map(Effect.all([IdGenerator, Journal, Records]), ([ids, journal, records]) => ({
      record: (entry) =>
        Effect.flatMap(ids.next, (entryId) =>
          journal.transact([AuditEntry.ref(entry.holder, entryId)], ([row]) => {
            const expiresAt = entry.at + AuditEntry.keptMillis
            const change = Decision.change(row, [{ _tag: "Done", entry }], { expiresAt })
            return Either.right(Decision.make<void>(undefined, { changes: [change] }))
          })
        ),
      list: (partition, { after, limit }) =>
        Effect.map(
          records.list({ kind: AuditEntry.kind, index: "byHolder", partition, after, limit, descending: true }),
          ({ items, next }) => ({
            items: items.flatMap(({ ref, state }) => (state === null ? [] : [{ entryId: ref.key, ...state }])),
            next
          })
        )
    }))
  )
}
