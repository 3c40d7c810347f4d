/**
 * Adapter: a journal over a journal, that lets a request name the version of the thing it means to change (`If-Match`),
 * and compares it within the transaction that changes it: between the look and the change nobody comes.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberRef from "effect/FiberRef"
import * as GlobalValue from "effect/GlobalValue"
import * as Layer from "effect/Layer"
import type * as Decision from "@vsms/core/storage/Decision"
import { Journal, type Rows } from "@vsms/core/storage/Journal"
import type { Ref } from "@vsms/core/storage/Kind"
import { ChangedMeanwhile } from "../api/HttpRefusals.ts"

interface Expected {
  readonly ref: Ref<any>
  readonly version: number
}

const expected: FiberRef.FiberRef<Expected | undefined> = GlobalValue.globalValue(
  "@vsms/adapter-http/door/EditGuard",
  () => FiberRef.unsafeMake<Expected | undefined>(undefined)
)

/** Runs an edit that is refused with `ChangedMeanwhile` if the thing has another version when it is changed. */
export const expecting = <A, E, R>(
  edit: Effect.Effect<A, E, R>,
  thing: Expected
): Effect.Effect<A, E | ChangedMeanwhile, R> => Effect.locally(edit, expected, thing)

/** How a version is written in an ETag. */
export const etagOf = (version: number): string => `"${version}"`

/** Over the storage, and beneath the services: what the door needs to keep the promise of `If-Match`. */
export const layer: Layer.Layer<Journal, never, Journal> = Layer.effect(
  Journal,
  Effect.map(Journal, (journal) => ({
    ...journal,
    transact: <const Refs extends ReadonlyArray<Ref<any>>, A, R>(
      refs: Refs,
      decide: (rows: Rows<Refs>) => Either.Either<Decision.Decision<A>, R>
    ) =>
      Effect.withFiberRuntime<A, any>((fiber) => {
        const thing = fiber.getFiberRef(expected)
        const place = thing === undefined ? -1 : refs.findIndex((ref) => isSame(ref, thing.ref))
        if (thing === undefined || place < 0) return journal.transact(refs, decide)
        return journal.transact(refs, (rows): Either.Either<Decision.Decision<A>, R | ChangedMeanwhile> => {
          const { version } = rows[place]!
          return version === thing.version
            ? decide(rows)
            : Either.left(new ChangedMeanwhile({ current: etagOf(version) }))
        })
      })
  }))
)

const isSame = (left: Ref<any>, right: Ref<any>): boolean =>
  left.key === right.key && left.owner === right.owner && left.kind === right.kind
