/**
 * Port: where bytes lie that are too large for rows and are erased one by one: images of certificates, sound.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { PortFailure } from "../PortFailure.ts"

/** What the bytes are. Each kind has its ids for itself, and may be kept in a place of its own. */
export type BlobKind = "certificate" | "sound"

export class BlobStore extends Context.Tag("@vsms/core/storage/BlobStore")<
  BlobStore,
  {
    /**
     * Keeps the bytes under an id that the caller has drawn and uses for nothing else. When this succeeds they survive
     * a crash, whole. The same bytes may be put again; a put that failed may have kept them or not, never a part.
     */
    readonly put: (kind: BlobKind, id: string, bytes: Uint8Array) => Effect.Effect<void, PortFailure>
    /** The bytes; `undefined` where there are none, or no longer. */
    readonly get: (kind: BlobKind, id: string) => Effect.Effect<Uint8Array | undefined, PortFailure>
    /** Erases the bytes. Where there are none it does nothing, so it may be repeated. */
    readonly remove: (kind: BlobKind, id: string) => Effect.Effect<void, PortFailure>
  }
>() {
  /** In this process's memory, and gone with it. */
  static readonly layerMemory: Layer.Layer<BlobStore> = Layer.sync(BlobStore, () => {
    const blobs = new Map<string, Uint8Array>()
    return {
      // Copies on both ways: what callers do to their bytes afterwards is their own affair.
      put: (kind, id, bytes) => Effect.sync(() => void blobs.set(`${kind}/${id}`, bytes.slice())),
      get: (kind, id) => Effect.sync(() => blobs.get(`${kind}/${id}`)?.slice()),
      remove: (kind, id) => Effect.sync(() => void blobs.delete(`${kind}/${id}`))
    }
  })
}
