/**
 * Port: where the images of certificates lie. They are too large for rows, and are erased one by one.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { PortFailure } from "../PortFailure.ts"

export class CertificateStore extends Context.Tag("@vsms/core/qualification/CertificateStore")<
  CertificateStore,
  {
    /**
     * Keeps the bytes under an id that the caller has drawn and uses for nothing else. When this succeeds they survive
     * a crash, whole. The same bytes may be put again; a put that failed may have kept them or not, never a part.
     */
    readonly put: (id: string, bytes: Uint8Array) => Effect.Effect<void, PortFailure>
    /** The bytes; `undefined` where there are none, or no longer. */
    readonly get: (id: string) => Effect.Effect<Uint8Array | undefined, PortFailure>
    /** Erases the bytes. Where there are none it does nothing, so it may be repeated. */
    readonly remove: (id: string) => Effect.Effect<void, PortFailure>
  }
>() {
  /** In this process's memory, and gone with it. */
  static readonly layerMemory: Layer.Layer<CertificateStore> = Layer.sync(CertificateStore, () => {
    const images = new Map<string, Uint8Array>()
    return {
      // Copies on both ways: what callers do to their bytes afterwards is their own affair.
      put: (id, bytes) => Effect.sync(() => void images.set(id, bytes.slice())),
      get: (id) => Effect.sync(() => images.get(id)?.slice()),
      remove: (id) => Effect.sync(() => void images.delete(id))
    }
  })
}
