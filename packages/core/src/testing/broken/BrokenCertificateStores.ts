/**
 * Adapter: stores of certificates that are wrong on purpose, each in one way, and the law that catches each.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CertificateStore } from "../../qualification/CertificateStore.ts"
import { Restart } from "../laws/JournalLaws.ts"

/** A store that is wrong, and the sentence of the law that must catch it. */
export interface BrokenCertificateStore {
  readonly name: string
  readonly caughtBy: string
  readonly layer: Layer.Layer<CertificateStore | Restart>
}

type Store = typeof CertificateStore.Service
type Images = Map<string, Uint8Array>

/** A sound store over `images`, in which something is replaced. */
const broken = (
  name: string,
  caughtBy: string,
  wrong: (images: Images) => Partial<Store> & { readonly restart?: Effect.Effect<void> }
): BrokenCertificateStore => ({
  name,
  caughtBy,
  layer: Layer.effectContext(
    Effect.sync(() => {
      const images: Images = new Map()
      const { restart = Effect.void, ...replaced } = wrong(images)
      const store: Store = {
        put: (id, bytes) => Effect.sync(() => void images.set(id, bytes.slice())),
        get: (id) => Effect.sync(() => images.get(id)?.slice()),
        remove: (id) => Effect.sync(() => void images.delete(id)),
        ...replaced
      }
      return Context.empty().pipe(Context.add(CertificateStore, store), Context.add(Restart, restart))
    })
  )
})

export const brokenCertificateStores: ReadonlyArray<BrokenCertificateStore> = [
  broken(
    "gives an empty image for what it does not have",
    "where nothing was put there is nothing, and removing it does nothing",
    (images) => ({ get: (id) => Effect.sync(() => images.get(id)?.slice() ?? new Uint8Array()) })
  ),
  broken("keeps images as text", "every byte comes back as it was put, however often it is put and read", (images) => ({
    put: (id, bytes) =>
      Effect.sync(
        () =>
          void images.set(
            id,
            Uint8Array.from(bytes, (byte) => (byte < 128 ? byte : 0x3f))
          )
      )
  })),
  broken(
    "gives an image out once",
    "every byte comes back as it was put, however often it is put and read",
    (images) => ({
      get: (id) =>
        Effect.sync(() => {
          const found = images.get(id)
          images.delete(id)
          return found
        })
    })
  ),
  broken("cuts off at four million bytes", "an image of the largest size is kept whole", (images) => ({
    put: (id, bytes) => Effect.sync(() => void images.set(id, bytes.slice(0, 4_000_000)))
  })),
  broken(
    "keeps the caller's own bytes",
    "what callers do to their bytes afterwards changes nothing that is kept",
    (images) => ({ put: (id, bytes) => Effect.sync(() => void images.set(id, bytes)) })
  ),
  broken(
    "lets readers write on what it keeps",
    "what callers do to their bytes afterwards changes nothing that is kept",
    (images) => ({ get: (id) => Effect.sync(() => images.get(id)) })
  ),
  broken("forgets to remove", "what is removed is gone, and nothing else is", () => ({ remove: () => Effect.void })),
  broken("removes whatever begins alike", "what is removed is gone, and nothing else is", (images) => ({
    remove: (id) =>
      Effect.sync(() => {
        for (const other of images.keys()) if (other.startsWith(id)) images.delete(other)
      })
  })),
  broken("fills one buffer for all", "images that are put and removed at the same time do not mix", (images) => {
    let buffer = new Uint8Array()
    return {
      put: (id, bytes) =>
        Effect.gen(function* () {
          buffer = bytes.slice()
          yield* Effect.yieldNow()
          images.set(id, buffer)
        })
    }
  }),
  broken("forgets everything in a crash", "whatever is acknowledged survives a crash, removals too", (images) => ({
    restart: Effect.sync(() => images.clear())
  }))
]
