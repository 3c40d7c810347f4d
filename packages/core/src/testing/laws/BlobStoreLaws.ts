/**
 * Rules: the laws of the port `BlobStore`: bytes come back as they were put, until they are removed.
 */
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { maxBytes } from "../../qualification/CertificateImage.ts"
import { type BlobKind, BlobStore } from "../../storage/BlobStore.ts"
import { example, expect, forAll, type Law, race } from "../Law.ts"
import { Restart } from "./JournalLaws.ts"

const kind = FastCheck.constantFrom<BlobKind>("certificate", "sound")
const blob = FastCheck.uint8Array({ minLength: 1, maxLength: 300 })

const isSame = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === undefined || b === undefined ? a === b : a.length === b.length && a.every((byte, i) => byte === b[i])

/** Fails unless what is kept under an id is `bytes`; `undefined`: nothing is. */
const expectKept = (kind: BlobKind, id: string, bytes: Uint8Array | undefined, what: string) =>
  Effect.gen(function* () {
    const store = yield* BlobStore
    const found = yield* store.get(kind, id)
    yield* expect(isSame(found, bytes), `${what}, got ${found === undefined ? "nothing" : `${found.length} bytes`}`)
  })

const nothing: Law<BlobStore> = example({
  rules: ["QUA-2", "VOF-6"],
  sentence: "where nothing was put there is nothing, and removing it does nothing",
  then: Effect.gen(function* () {
    const store = yield* BlobStore
    for (const kind of ["certificate", "sound"] as const) {
      yield* expectKept(kind, "never", undefined, "expected nothing")
      yield* store.remove(kind, "never")
      yield* expectKept(kind, "never", undefined, "expected nothing still")
    }
  })
})

const roundTrip: Law<BlobStore> = forAll({
  rules: ["QUA-2", "QUA-3", "VOF-6"],
  sentence: "every byte comes back as it was put, however often it is put and read",
  given: FastCheck.tuple(kind, blob, blob),
  then: ([kind, one, other], name) =>
    Effect.gen(function* () {
      const store = yield* BlobStore
      yield* store.put(kind, `${name}-1`, one)
      yield* store.put(kind, `${name}-2`, other)
      yield* store.put(kind, `${name}-1`, one)
      for (let i = 0; i < 2; i++) {
        yield* expectKept(kind, `${name}-1`, one, "expected the first blob")
        yield* expectKept(kind, `${name}-2`, other, "expected the second blob")
      }
    })
})

const largest: Law<BlobStore> = example({
  rules: ["QUA-3", "VOF-1"],
  sentence: "what is as large as anything that is taken is kept whole",
  then: Effect.gen(function* () {
    const store = yield* BlobStore
    // No byte is the same as its neighbours, so that a part that is missing or moved shows.
    const bytes = Uint8Array.from({ length: maxBytes }, (_, i) => (i * 31 + (i >>> 8)) & 255)
    yield* store.put("certificate", "largest", bytes)
    yield* expectKept("certificate", "largest", bytes, `expected ${maxBytes} bytes`)
    yield* store.remove("certificate", "largest")
  })
})

const own: Law<BlobStore> = forAll({
  rules: ["QUA-2", "VOF-6"],
  sentence: "what callers do to their bytes afterwards changes nothing that is kept",
  given: FastCheck.tuple(kind, blob),
  then: ([kind, bytes], name) =>
    Effect.gen(function* () {
      const store = yield* BlobStore
      const original = bytes.slice()
      yield* store.put(kind, name, bytes)
      bytes.fill(0)
      yield* expectKept(kind, name, original, "expected the blob as it was put")
      const read = yield* store.get(kind, name)
      read?.fill(1)
      yield* expectKept(kind, name, original, "expected the blob as it was put, after a reader wrote on it")
    })
})

const removed: Law<BlobStore> = forAll({
  rules: ["QUA-2", "VOF-6"],
  sentence: "what is removed is gone, and nothing else is",
  given: FastCheck.tuple(kind, blob, blob),
  then: ([kind, one, other], name) =>
    Effect.gen(function* () {
      const store = yield* BlobStore
      yield* store.put(kind, `${name}-1`, one)
      // The ids begin alike: a removal by prefix takes too much.
      yield* store.put(kind, `${name}-12`, other)
      yield* store.remove(kind, `${name}-1`)
      yield* store.remove(kind, `${name}-1`)
      yield* expectKept(kind, `${name}-1`, undefined, "expected nothing after the removal")
      yield* expectKept(kind, `${name}-12`, other, "expected the other blob")
    })
})

const kinds: Law<BlobStore> = forAll({
  rules: ["QUA-2", "VOF-6"],
  sentence: "ids of one kind are nothing to the other",
  given: FastCheck.tuple(blob, blob),
  then: ([one, other], name) =>
    Effect.gen(function* () {
      const store = yield* BlobStore
      yield* store.put("certificate", name, one)
      yield* expectKept("sound", name, undefined, "expected nothing of the other kind")
      yield* store.put("sound", name, other)
      yield* expectKept("certificate", name, one, "expected the first kind as it was put")
      yield* store.remove("certificate", name)
      yield* expectKept("sound", name, other, "expected the other kind to stay")
    })
})

const together: Law<BlobStore> = race({
  rules: ["QUA-2", "VOF-6"],
  sentence: "blobs that are put and removed at the same time do not mix",
  given: FastCheck.array(FastCheck.record({ kind, bytes: blob, isRemoved: FastCheck.boolean() }), {
    minLength: 2,
    maxLength: 5
  }),
  then: (blobs, name) =>
    Effect.gen(function* () {
      const store = yield* BlobStore
      yield* Effect.forEach(
        blobs,
        ({ bytes, isRemoved, kind }, i) =>
          Effect.zipRight(
            store.put(kind, `${name}-${i}`, bytes),
            isRemoved
              ? store.remove(kind, `${name}-${i}`)
              : expectKept(kind, `${name}-${i}`, bytes, "expected what was just put")
          ),
        { concurrency: "unbounded" }
      )
      for (const [i, { bytes, isRemoved, kind }] of blobs.entries()) {
        yield* expectKept(kind, `${name}-${i}`, isRemoved ? undefined : bytes, `expected blob ${i} as it was left`)
      }
    })
})

const survives: Law<BlobStore | Restart> = forAll({
  rules: ["QUA-2", "VOF-6"],
  sentence: "whatever is acknowledged survives a crash, removals too",
  needs: "durable",
  given: FastCheck.tuple(kind, blob, blob),
  then: ([kind, one, other], name) =>
    Effect.gen(function* () {
      const store = yield* BlobStore
      const restart = yield* Restart
      yield* store.put(kind, `${name}-1`, one)
      yield* store.put(kind, `${name}-2`, other)
      yield* store.remove(kind, `${name}-2`)
      yield* restart
      yield* expectKept(kind, `${name}-1`, one, "expected the blob after the crash")
      yield* expectKept(kind, `${name}-2`, undefined, "expected the removed blob to be gone after the crash")
    })
})

export const laws: ReadonlyArray<Law<BlobStore | Restart>> = [
  nothing,
  roundTrip,
  largest,
  own,
  removed,
  kinds,
  together,
  survives
]
