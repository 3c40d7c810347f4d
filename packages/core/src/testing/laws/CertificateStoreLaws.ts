/**
 * Rules: the laws of the port `CertificateStore`: images come back as they were put, until they are removed.
 */
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { maxBytes } from "../../qualification/CertificateImage.ts"
import { CertificateStore } from "../../qualification/CertificateStore.ts"
import { example, expect, forAll, type Law, race } from "../Law.ts"
import { Restart } from "./JournalLaws.ts"

const image = FastCheck.uint8Array({ minLength: 1, maxLength: 300 })

const isSame = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === undefined || b === undefined ? a === b : a.length === b.length && a.every((byte, i) => byte === b[i])

/** Fails unless what is kept under an id is `bytes`; `undefined`: nothing is. */
const expectKept = (id: string, bytes: Uint8Array | undefined, what: string) =>
  Effect.gen(function* () {
    const store = yield* CertificateStore
    const found = yield* store.get(id)
    yield* expect(isSame(found, bytes), `${what}, got ${found === undefined ? "nothing" : `${found.length} bytes`}`)
  })

const nothing: Law<CertificateStore> = example({
  rules: ["QUA-2"],
  sentence: "where nothing was put there is nothing, and removing it does nothing",
  then: Effect.gen(function* () {
    const store = yield* CertificateStore
    yield* expectKept("never", undefined, "expected nothing")
    yield* store.remove("never")
    yield* expectKept("never", undefined, "expected nothing still")
  })
})

const roundTrip: Law<CertificateStore> = forAll({
  rules: ["QUA-2", "QUA-3"],
  sentence: "every byte comes back as it was put, however often it is put and read",
  given: FastCheck.tuple(image, image),
  then: ([one, other], name) =>
    Effect.gen(function* () {
      const store = yield* CertificateStore
      yield* store.put(`${name}-1`, one)
      yield* store.put(`${name}-2`, other)
      yield* store.put(`${name}-1`, one)
      for (let i = 0; i < 2; i++) {
        yield* expectKept(`${name}-1`, one, "expected the first image")
        yield* expectKept(`${name}-2`, other, "expected the second image")
      }
    })
})

const largest: Law<CertificateStore> = example({
  rules: ["QUA-3"],
  sentence: "an image of the largest size is kept whole",
  then: Effect.gen(function* () {
    const store = yield* CertificateStore
    // No byte is the same as its neighbours, so that a part that is missing or moved shows.
    const bytes = Uint8Array.from({ length: maxBytes }, (_, i) => (i * 31 + (i >>> 8)) & 255)
    yield* store.put("largest", bytes)
    yield* expectKept("largest", bytes, `expected ${maxBytes} bytes`)
    yield* store.remove("largest")
  })
})

const own: Law<CertificateStore> = forAll({
  rules: ["QUA-2"],
  sentence: "what callers do to their bytes afterwards changes nothing that is kept",
  given: image,
  then: (bytes, name) =>
    Effect.gen(function* () {
      const store = yield* CertificateStore
      const original = bytes.slice()
      yield* store.put(name, bytes)
      bytes.fill(0)
      yield* expectKept(name, original, "expected the image as it was put")
      const read = yield* store.get(name)
      read?.fill(1)
      yield* expectKept(name, original, "expected the image as it was put, after a reader wrote on it")
    })
})

const removed: Law<CertificateStore> = forAll({
  rules: ["QUA-2"],
  sentence: "what is removed is gone, and nothing else is",
  given: FastCheck.tuple(image, image),
  then: ([one, other], name) =>
    Effect.gen(function* () {
      const store = yield* CertificateStore
      yield* store.put(`${name}-1`, one)
      // The ids begin alike: a removal by prefix takes too much.
      yield* store.put(`${name}-12`, other)
      yield* store.remove(`${name}-1`)
      yield* store.remove(`${name}-1`)
      yield* expectKept(`${name}-1`, undefined, "expected nothing after the removal")
      yield* expectKept(`${name}-12`, other, "expected the other image")
    })
})

const together: Law<CertificateStore> = race({
  rules: ["QUA-2"],
  sentence: "images that are put and removed at the same time do not mix",
  given: FastCheck.array(FastCheck.record({ bytes: image, isRemoved: FastCheck.boolean() }), {
    minLength: 2,
    maxLength: 5
  }),
  then: (images, name) =>
    Effect.gen(function* () {
      const store = yield* CertificateStore
      yield* Effect.forEach(
        images,
        ({ bytes, isRemoved }, i) =>
          Effect.zipRight(
            store.put(`${name}-${i}`, bytes),
            isRemoved ? store.remove(`${name}-${i}`) : expectKept(`${name}-${i}`, bytes, "expected what was just put")
          ),
        { concurrency: "unbounded" }
      )
      for (const [i, { bytes, isRemoved }] of images.entries()) {
        yield* expectKept(`${name}-${i}`, isRemoved ? undefined : bytes, `expected image ${i} as it was left`)
      }
    })
})

const survives: Law<CertificateStore | Restart> = forAll({
  rules: ["QUA-2"],
  sentence: "whatever is acknowledged survives a crash, removals too",
  needs: "durable",
  given: FastCheck.tuple(image, image),
  then: ([one, other], name) =>
    Effect.gen(function* () {
      const store = yield* CertificateStore
      const restart = yield* Restart
      yield* store.put(`${name}-1`, one)
      yield* store.put(`${name}-2`, other)
      yield* store.remove(`${name}-2`)
      yield* restart
      yield* expectKept(`${name}-1`, one, "expected the image after the crash")
      yield* expectKept(`${name}-2`, undefined, "expected the removed image to be gone after the crash")
    })
})

export const laws: ReadonlyArray<Law<CertificateStore | Restart>> = [
  nothing,
  roundTrip,
  largest,
  own,
  removed,
  together,
  survives
]
