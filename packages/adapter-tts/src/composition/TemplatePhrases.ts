/**
 * Adapter: a journal over the journal, from which a book learns the words of the templates that are sent with. An
 * acceptance reads its template, so a book knows what this process has accepted; what only others have is spoken as any
 * text is.
 */
import type { Decision } from "@vsms/core/storage/Decision"
import { Journal, type Rows } from "@vsms/core/storage/Journal"
import type { Ref, Row } from "@vsms/core/storage/Kind"
import * as Template from "@vsms/core/template/Template"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type { PhraseBook } from "./PhraseBook.ts"

/** Only what a reviewer has passed is learnt: that is what sends are made of (TPL-4). */
export const layer = (phrases: PhraseBook): Layer.Layer<Journal, never, Journal> =>
  Layer.effect(
    Journal,
    Effect.map(Journal, (journal) => ({
      ...journal,
      transact: <const Refs extends ReadonlyArray<Ref<any>>, A, R>(
        refs: Refs,
        decide: (rows: Rows<Refs>) => Either.Either<Decision<A>, R>
      ) => {
        const at = refs.findIndex(({ kind }) => kind === Template.kind)
        if (at < 0) return journal.transact(refs, decide)
        return journal.transact(refs, (rows) => {
          // A decision may run again: to learn twice is to learn once.
          const { state } = rows[at] as Row<typeof Template.kind>
          if (state.stage === "approved") phrases.learn(state.content)
          return decide(rows)
        })
      }
    }))
  )
