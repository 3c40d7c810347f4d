/**
 * Service: edits that name the version they were made from, and answers that tell it.
 */
import type { PortFailure } from "@vsms/core/PortFailure"
import { Journal } from "@vsms/core/storage/Journal"
import type { Kind, Ref } from "@vsms/core/storage/Kind"
import * as Effect from "effect/Effect"
import { ChangedMeanwhile } from "../api/HttpRefusals.ts"
import * as EditGuard from "../door/EditGuard.ts"
import { Versioned } from "../door/Handler.ts"

export interface Editing {
  /**
   * A thing's view with its version. The version is read first: should the thing change in between, it is the older
   * one, and an edit that names it is refused.
   */
  readonly versioned: <A, E, R>(
    ref: Ref<Kind.Any>,
    view: Effect.Effect<A, E, R>
  ) => Effect.Effect<Versioned<A>, E | PortFailure, R>
  /** An edit that is refused if the thing is not as `ifMatch` says; where that is `undefined`, whatever it is like. */
  readonly guarded: <A, E, R>(
    ref: Ref<Kind.Any>,
    ifMatch: number | undefined,
    edit: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | ChangedMeanwhile | PortFailure, R>
}

export const editing: Effect.Effect<Editing, never, Journal> = Effect.map(Journal, (journal) => ({
  versioned: (ref, view) =>
    Effect.zipWith(journal.load(ref), view, ({ version }, value) => new Versioned(value, version)),
  guarded: <A, E, R>(
    ref: Ref<Kind.Any>,
    ifMatch: number | undefined,
    edit: Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | ChangedMeanwhile | PortFailure, R> =>
    ifMatch === undefined
      ? edit
      : Effect.flatMap(journal.load(ref), ({ version }): Effect.Effect<A, E | ChangedMeanwhile, R> =>
          // Looked at here, so that an edit that would change nothing is refused, too; what counts is the guard.
          version === ifMatch
            ? EditGuard.expecting(edit, { ref, version })
            : new ChangedMeanwhile({ current: EditGuard.etagOf(version) })
        )
}))
