/**
 * Adapter: stores of blobs that are wrong on purpose, each in one way, and the law that catches each.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type BlobKind, BlobStore } from "../../storage/BlobStore.ts"
import { Restart } from "../laws/JournalLaws.ts"

/** A store that is wrong, and the sentence of the law that must catch it. */
export interface BrokenBlobStore {
  readonly name: string
  readonly caughtBy: string
  readonly layer: Layer.Layer<BlobStore | Restart>
}

type Store = typeof BlobStore.Service
type Blobs = Map<string, Uint8Array>

const at = (kind: BlobKind, id: string): string => `${kind}/${id}`

/** A sound store over `blobs`, in which something is replaced. */
const broken = (
  name: string,
  caughtBy: string,
  wrong: (blobs: Blobs) => Partial<Store> & { readonly restart?: Effect.Effect<void> }
): BrokenBlobStore => ({
  name,
  caughtBy,
  layer: Layer.effectContext(
    Effect.sync(() => {
      const blobs: Blobs = new Map()
      const { restart = Effect.void, ...replaced } = wrong(blobs)
      const store: Store = {
        put: (kind, id, bytes) => Effect.sync(() => void blobs.set(at(kind, id), bytes.slice())),
        get: (kind, id) => Effect.sync(() => blobs.get(at(kind, id))?.slice()),
        remove: (kind, id) => Effect.sync(() => void blobs.delete(at(kind, id))),
        ...replaced
      }
      return Context.empty().pipe(Context.add(BlobStore, store), Context.add(Restart, restart))
    })
  )
})

export const brokenBlobStores: ReadonlyArray<BrokenBlobStore> = [
  broken(
    "gives empty bytes for what it does not have",
    "where nothing was put there is nothing, and removing it does nothing",
    (blobs) => ({ get: (kind, id) => Effect.sync(() => blobs.get(at(kind, id))?.slice() ?? new Uint8Array()) })
  ),
  broken("keeps bytes as text", "every byte comes back as it was put, however often it is put and read", (blobs) => ({
    put: (kind, id, bytes) =>
      Effect.sync(
        () =>
          void blobs.set(
            at(kind, id),
            Uint8Array.from(bytes, (byte) => (byte < 128 ? byte : 0x3f))
          )
      )
  })),
  broken("gives bytes out once", "every byte comes back as it was put, however often it is put and read", (blobs) => ({
    get: (kind, id) =>
      Effect.sync(() => {
        const found = blobs.get(at(kind, id))
        blobs.delete(at(kind, id))
        return found
      })
  })),
  broken("cuts off at four million bytes", "what is as large as anything that is taken is kept whole", (blobs) => ({
    put: (kind, id, bytes) => Effect.sync(() => void blobs.set(at(kind, id), bytes.slice(0, 4_000_000)))
  })),
  broken(
    "keeps the caller's own bytes",
    "what callers do to their bytes afterwards changes nothing that is kept",
    (blobs) => ({ put: (kind, id, bytes) => Effect.sync(() => void blobs.set(at(kind, id), bytes)) })
  ),
  broken(
    "lets readers write on what it keeps",
    "what callers do to their bytes afterwards changes nothing that is kept",
    (blobs) => ({ get: (kind, id) => Effect.sync(() => blobs.get(at(kind, id))) })
  ),
  broken("forgets to remove", "what is removed is gone, and nothing else is", () => ({ remove: () => Effect.void })),
  broken("removes whatever begins alike", "what is removed is gone, and nothing else is", (blobs) => ({
    remove: (kind, id) =>
      Effect.sync(() => {
        for (const other of blobs.keys()) if (other.startsWith(at(kind, id))) blobs.delete(other)
      })
  })),
  broken("keeps all kinds in one drawer", "ids of one kind are nothing to the other", (blobs) => ({
    put: (_, id, bytes) => Effect.sync(() => void blobs.set(id, bytes.slice())),
    get: (_, id) => Effect.sync(() => blobs.get(id)?.slice()),
    remove: (_, id) => Effect.sync(() => void blobs.delete(id))
  })),
  broken("fills one buffer for all", "blobs that are put and removed at the same time do not mix", (blobs) => {
    let buffer = new Uint8Array()
    return {
      put: (kind, id, bytes) =>
        Effect.gen(function* () {
          buffer = bytes.slice()
          yield* Effect.yieldNow()
          blobs.set(at(kind, id), buffer)
        })
    }
  }),
  broken("forgets everything in a crash", "whatever is acknowledged survives a crash, removals too", (blobs) => ({
    restart: Effect.sync(() => blobs.clear())
  }))
]
