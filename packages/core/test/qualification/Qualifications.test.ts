import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import * as Account from "../../src/account/Account.ts"
import { Accounts } from "../../src/account/Accounts.ts"
import { IdGenerator } from "../../src/IdGenerator.ts"
import { PortFailure } from "../../src/PortFailure.ts"
import { BlobStore } from "../../src/storage/BlobStore.ts"
import * as Qualification from "../../src/qualification/Qualification.ts"
import { Qualifications, type SubmissionInput } from "../../src/qualification/Qualifications.ts"
import { type Answer, ReviewDesk, type ReviewItem } from "../../src/qualification/ReviewDesk.ts"
import * as ReviewWorker from "../../src/qualification/ReviewWorker.ts"
import { Journal } from "../../src/storage/Journal.ts"
import * as MemoryStore from "../../src/storage/MemoryStore.ts"
import { Records } from "../../src/storage/Records.ts"
import { WorkQueue } from "../../src/storage/WorkQueue.ts"
import { interleaved } from "../../src/testing/Law.ts"
import { jpg, png } from "./Images.ts"

const day = 86_400_000
const morning = Date.parse("2026-11-23T10:00:00+08:00")

const input: SubmissionInput = {
  companyName: "深圳市腾讯计算机系统有限公司",
  creditCode: "9144030071526726XG",
  address: "深圳市南山区粤海街道",
  representativeName: "张三丰",
  representativeId: "11010519491231002X",
  certificateKind: "threeInOne",
  note: "登录验证码",
  image: jpg()
}

const core = (desk = ReviewDesk.layerManual, settings = {}) =>
  Layer.mergeAll(Accounts.layer, Qualifications.layerWith(settings)).pipe(
    Layer.provideMerge(Layer.mergeAll(MemoryStore.layer, IdGenerator.layerSeeded(7), BlobStore.layerMemory, desk))
  )

/** A desk that answers from a list, and notes what it was asked. */
const scripted = (answers: ReadonlyArray<Answer>, asked: Array<ReviewItem>) =>
  Layer.succeed(ReviewDesk, {
    review: (item) =>
      Effect.sync(() => {
        asked.push(item)
        return answers[Math.min(asked.length, answers.length) - 1]!
      })
  })

const enterprise = (accountId: string) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    yield* accounts.open({ accountId })
    yield* accounts.verify(accountId, { as: "enterprise" })
    yield* accounts.activate(accountId, { agreementAccepted: true })
  })

/** A world at ten in the morning, with one enterprise in it. */
const begin = (accountId = "a") =>
  Effect.gen(function* () {
    yield* TestClock.setTime(morning)
    yield* enterprise(accountId)
    return yield* Qualifications
  })

/** Does all the review work that is due; answers how many pieces. */
const work = Effect.gen(function* () {
  const queue = yield* WorkQueue
  const qualifications = yield* Qualifications
  const now = yield* TestClock.currentTimeMillis
  const leases = yield* queue.lease({ queue: "review", now, limit: 100, leaseMillis: 1_000 })
  for (const lease of leases) {
    const outcome = yield* ReviewWorker.dispatch([qualifications.reviews])(lease)
    if (outcome === undefined) yield* queue.finish(lease)
    else yield* queue.postpone(lease, outcome)
  }
  return leases.length
})

/** The id of the image that the qualification refers to. */
const certificateId = (accountId: string) =>
  Effect.flatMap(Journal, (journal) =>
    Effect.map(journal.load(Qualification.ref(accountId)), ({ personal }) => personal?.certificateId)
  )

describe("Qualifications", () => {
  it.effect("QUA-1, QUA-5: submitted, expected, approved; the account sees no more of the person than it must", () =>
    Effect.gen(function* () {
      const qualifications = yield* begin()
      expect((yield* qualifications.get("a")).status).toBe("none")
      expect(yield* qualifications.submit("a", input)).toEqual({
        version: 1,
        answerExpectedAt: Date.parse("2026-11-23T16:00:00+08:00")
      })
      const view = yield* qualifications.get("a")
      expect(view).toMatchObject({ status: "pending", submittedAt: morning })
      expect(view.submission).toMatchObject({ companyName: input.companyName, representativeName: "张**" })
      expect(JSON.stringify(view)).not.toContain(input.representativeId)
      expect(yield* qualifications.certificate("a")).toEqual({ format: "jpg", bytes: input.image })
      const file = yield* qualifications.file("a")
      expect(file.submission).toMatchObject({ representativeId: input.representativeId })

      yield* qualifications.decide("a", { version: 1, verdict: { _tag: "Approve" } })
      expect((yield* qualifications.get("a")).status).toBe("approved")
      expect(yield* Effect.flip(qualifications.submit("a", input))).toEqual(new Qualification.AlreadyQualified())
    }).pipe(Effect.provide(core()))
  )

  it.effect("QUA-1, ACC-1, ACC-2: first the form, then the account, then the state, then the contents", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(morning)
      const accounts = yield* Accounts
      const qualifications = yield* Qualifications
      const wrong = { ...input, creditCode: "1", image: new Uint8Array(1) }
      const tag = (submission: SubmissionInput) =>
        Effect.map(Effect.flip(qualifications.submit("a", submission)), ({ _tag }) => _tag)
      expect(yield* tag({ ...wrong, companyName: "" })).toBe("InvalidInput")
      expect(yield* tag(wrong)).toBe("NotEnterprise")
      yield* accounts.open({ accountId: "a" })
      yield* accounts.verify("a", { as: "enterprise" })
      expect(yield* tag(wrong)).toBe("NotActivated")
      yield* accounts.activate("a", { agreementAccepted: true })
      yield* qualifications.submit("a", input)
      expect(yield* tag(wrong)).toBe("QualificationPending")
      yield* qualifications.withdraw("a")
      expect(yield* tag(wrong)).toBe("CertificateNotAnImage")
      expect(yield* tag({ ...wrong, image: png() })).toBe("InvalidCreditCode")
      expect(yield* tag({ ...input, representativeId: "110101202611240017" })).toBe("InvalidResidentId")
      expect((yield* qualifications.get("a")).status).toBe("none")
    }).pipe(Effect.provide(core()))
  )

  it.effect("QUA-2: what is not of the form is refused by field, and no value is repeated", () =>
    Effect.gen(function* () {
      const qualifications = yield* begin()
      const refused = yield* Effect.flip(
        qualifications.submit("a", {
          ...input,
          companyName: "",
          address: "x".repeat(201),
          representativeName: "李\u0000"
        })
      )
      expect(refused.message).toBe(
        "companyName: expected a line of 1 to 100 characters; address: expected a line of 1 to 200 characters; " +
          "representativeName: expected a line of 1 to 50 characters"
      )
    }).pipe(Effect.provide(core()))
  )

  it.effect("QUA-1: rejected with a reason, submitted again as the next version; pending can be withdrawn", () =>
    Effect.gen(function* () {
      const qualifications = yield* begin()
      yield* qualifications.submit("a", input)
      const unreasonable = { version: 1, verdict: { _tag: "Reject" as const, reason: " " } }
      expect((yield* Effect.flip(qualifications.decide("a", unreasonable)))._tag).toBe("InvalidInput")
      yield* qualifications.decide("a", { version: 1, verdict: { _tag: "Reject", reason: "图片不清晰" } })
      expect(yield* qualifications.get("a")).toMatchObject({ status: "rejected", reason: "图片不清晰" })
      expect((yield* qualifications.submit("a", { ...input, image: png() })).version).toBe(2)
      expect(yield* qualifications.certificate("a")).toMatchObject({ format: "png" })
      yield* qualifications.withdraw("a")
      yield* qualifications.withdraw("a")
      const view = yield* qualifications.get("a")
      expect(view).toMatchObject({ status: "none", version: 2, submission: undefined })
      expect((yield* qualifications.submit("a", input)).version).toBe(3)
    }).pipe(Effect.provide(core()))
  )

  it.effect("QUA-6: a decision on a version that was withdrawn and replaced is refused, and changes nothing", () =>
    Effect.gen(function* () {
      const qualifications = yield* begin()
      yield* qualifications.submit("a", input)
      yield* qualifications.withdraw("a")
      const verdict = { _tag: "Approve" as const }
      expect(yield* Effect.flip(qualifications.decide("a", { version: 1, verdict }))).toEqual(
        new Qualification.QualificationNotPending({ status: "none" })
      )
      yield* qualifications.submit("a", input)
      expect(yield* Effect.flip(qualifications.decide("a", { version: 1, verdict }))).toEqual(
        new Qualification.OutdatedReview({ judged: 1, current: 2 })
      )
      expect((yield* qualifications.get("a")).status).toBe("pending")
    }).pipe(Effect.provide(core()))
  )

  it.effect("QUA-6: the desk's answer about a version that was replaced while it thought has no effect", () =>
    Effect.gen(function* () {
      const answered = yield* Deferred.make<void>()
      const asked: Array<ReviewItem> = []
      const slowDesk = Layer.succeed(ReviewDesk, {
        review: (item) =>
          Effect.zipRight(
            Effect.sync(() => void asked.push(item)),
            Effect.as(asked.length === 0 ? Deferred.await(answered) : Effect.void, {
              _tag: "Reject" as const,
              reason: `v${item.version}`
            })
          )
      })
      yield* Effect.gen(function* () {
        const qualifications = yield* begin()
        yield* qualifications.submit("a", input)
        const worker = yield* Effect.fork(work)
        while (asked.length === 0) yield* Effect.yieldNow()
        yield* qualifications.withdraw("a")
        yield* qualifications.submit("a", input)
        yield* Deferred.succeed(answered, undefined)
        yield* worker
        expect(yield* qualifications.get("a")).toMatchObject({ status: "pending", version: 2 })
        // The work for the new version was not lost with the old one's.
        yield* work
        expect(yield* qualifications.get("a")).toMatchObject({ status: "rejected", reason: "v2" })
      }).pipe(Effect.provide(core(slowDesk)))
    })
  )

  it("QUA-6: of several decisions and a resubmission at once, one verdict stands, on the version that it judged", () =>
    FastCheck.assert(
      FastCheck.asyncProperty(FastCheck.scheduler(), FastCheck.integer({ min: 12, max: 48 }), (order, slice) =>
        interleaved(
          Effect.gen(function* () {
            yield* enterprise("a")
            const qualifications = yield* Qualifications
            yield* qualifications.submit("a", input)
            const reject = (version: number, reason: string) =>
              Effect.either(qualifications.decide("a", { version, verdict: { _tag: "Reject", reason } }))
            const [one, two, , three] = yield* Effect.all(
              [
                reject(1, "one"),
                reject(1, "two"),
                Effect.either(Effect.zipRight(qualifications.withdraw("a"), qualifications.submit("a", input))),
                reject(2, "three")
              ],
              { concurrency: "unbounded" }
            )
            const { reason, status, version } = yield* qualifications.get("a")
            if (Either.isRight(one)) expect(Either.isLeft(two)).toBe(true)
            if (status === "rejected") {
              const stands = { one: [one, 1], two: [two, 1], three: [three, 2] } as const
              const [verdict, judged] = stands[reason as keyof typeof stands]
              expect(Either.isRight(verdict)).toBe(true)
              expect(version).toBe(judged)
            } else expect(status === "pending" && version).toBe(2)
          }).pipe(Effect.provide(core())),
          order,
          slice
        )
      ),
      { numRuns: 50 }
    ))

  it("QUA-1: of two submissions at once, one is taken, and the image of the other does not stay", () =>
    FastCheck.assert(
      FastCheck.asyncProperty(FastCheck.scheduler(), FastCheck.integer({ min: 12, max: 48 }), (order, slice) =>
        interleaved(
          Effect.gen(function* () {
            yield* enterprise("a")
            const qualifications = yield* Qualifications
            const kept: Array<string> = []
            const results = yield* Effect.all(
              [1, 2, 3].map(() => Effect.either(qualifications.submit("a", input))),
              {
                concurrency: "unbounded"
              }
            )
            expect(results.filter(Either.isRight).length).toBe(1)
            const standing = yield* certificateId("a")
            const queue = yield* WorkQueue
            const blobs = yield* BlobStore
            const leases = yield* queue.lease({ queue: "review", now: 9e15, limit: 100, leaseMillis: 1_000 })
            for (const lease of leases.filter(({ key }) => key.startsWith("certificate/"))) {
              yield* qualifications.reviews.handle(lease)
              const id = lease.key.slice("certificate/".length)
              if ((yield* blobs.get("certificate", id)) !== undefined) kept.push(id)
            }
            expect(kept).toEqual([standing])
          }).pipe(Effect.provide(core())),
          order,
          slice
        )
      ),
      { numRuns: 50 }
    ))

  it.effect("QUA-1: an automatic desk approves by itself", () =>
    Effect.gen(function* () {
      const qualifications = yield* begin()
      yield* qualifications.submit("a", input)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* ReviewWorker.run([qualifications.reviews])
          while ((yield* qualifications.get("a")).status !== "approved") yield* Effect.yieldNow()
        })
      )
    }).pipe(Effect.provide(core(ReviewDesk.layerAutomatic)))
  )

  it.effect("QUA-1: a desk that answers later is asked again, about the same version, until it decides", () =>
    Effect.gen(function* () {
      const asked: Array<ReviewItem> = []
      const answers: ReadonlyArray<Answer> = [{ _tag: "Later" }, { _tag: "Later" }, { _tag: "Approve" }]
      yield* Effect.gen(function* () {
        const qualifications = yield* begin()
        yield* qualifications.submit("a", input)
        expect(yield* work).toBe(1)
        yield* TestClock.adjust(299_999)
        expect(yield* work).toBe(0)
        yield* TestClock.adjust(1)
        expect(yield* work).toBe(1)
        yield* TestClock.adjust(300_000)
        yield* work
        expect((yield* qualifications.get("a")).status).toBe("approved")
        expect(asked).toEqual(
          Array.from({ length: 3 }, () => ({ subject: "qualification", owner: "a", key: "qualification", version: 1 }))
        )
        yield* TestClock.adjust(300_000)
        expect(yield* work).toBe(0)
      }).pipe(Effect.provide(core(scripted(answers, asked))))
    })
  )

  it.effect("QUA-1: a desk that rejects without a reason has failed, and decided nothing", () =>
    Effect.gen(function* () {
      const qualifications = yield* begin()
      yield* qualifications.submit("a", input)
      const failure = yield* Effect.flip(work)
      expect(failure).toBeInstanceOf(PortFailure)
      expect((yield* qualifications.get("a")).status).toBe("pending")
    }).pipe(Effect.provide(core(scripted([{ _tag: "Reject", reason: "" }], []))))
  )

  it.effect("QUA-1: work of the queue that nobody owns is a defect", () =>
    Effect.gen(function* () {
      const { reviews } = yield* Qualifications
      const lease = { queue: "review" as const, owner: "a", key: "template/1/2", attempt: 1, token: "1" }
      expect(reviews.owns(lease.key)).toBe(false)
      const exit = yield* Effect.exit(ReviewWorker.dispatch([reviews])(lease))
      expect(exit._tag === "Failure" && exit.cause._tag).toBe("Die")
    }).pipe(Effect.provide(core()))
  )

  it.effect("QUA-5: the reviewer's desk lists what waits, the oldest first, in pages", () =>
    Effect.gen(function* () {
      const qualifications = yield* begin()
      const accounts = ["c", "a", "e", "b", "d"]
      for (const accountId of accounts) {
        yield* enterprise(accountId)
        yield* TestClock.adjust(1)
        yield* qualifications.submit(accountId, input)
      }
      yield* qualifications.decide("e", { version: 1, verdict: { _tag: "Approve" } })
      const first = yield* qualifications.pending({ limit: 3 })
      expect(first.items.map(({ accountId }) => accountId)).toEqual(["c", "a", "b"])
      const second = yield* qualifications.pending({ limit: 3, after: first.next })
      expect(second.items).toEqual([
        { accountId: "d", version: 1, submittedAt: morning + 5, answerExpectedAt: morning + 5 + 6 * 3_600_000 }
      ])
      yield* qualifications.withdraw("c")
      expect((yield* qualifications.pending()).items.length).toBe(3)
    }).pipe(Effect.provide(core()))
  )
})

describe("erasure", () => {
  it.effect("QUA-2: events, states and work show nobody's data", () =>
    Effect.gen(function* () {
      const qualifications = yield* begin()
      yield* qualifications.submit("a", input)
      yield* qualifications.decide("a", { version: 1, verdict: { _tag: "Reject", reason: "图片不清晰" } })
      const journal = yield* Journal
      const queue = yield* WorkQueue
      const { state } = yield* journal.load(Qualification.ref("a"))
      const events = yield* journal.history(Qualification.ref("a"), { after: 0, limit: 10 })
      const leases = yield* queue.lease({ queue: "review", now: 9e15, limit: 100, leaseMillis: 1_000 })
      const seen = JSON.stringify([state, events, leases])
      for (const value of [input.companyName, input.creditCode, input.address, input.representativeName, input.note!]) {
        expect(seen).not.toContain(value)
      }
      expect(seen).not.toContain(input.representativeId)
      expect(JSON.stringify([state, events])).not.toContain(yield* certificateId("a"))
    }).pipe(Effect.provide(core()))
  )

  it.effect("QUA-2: kept while it waits, and for the retention after its review; then data and image are gone", () =>
    Effect.gen(function* () {
      const qualifications = yield* begin()
      const records = yield* Records
      const blobs = yield* BlobStore
      yield* qualifications.submit("a", input)
      const id = Option.getOrThrow(Option.fromNullable(yield* certificateId("a")))
      const purge = Effect.flatMap(TestClock.currentTimeMillis, (now) => records.purge({ now, limit: 100 }))

      // A review that takes a year: nothing goes meanwhile.
      for (let i = 0; i < 365; i++) {
        yield* TestClock.adjust(day)
        yield* work
      }
      expect(yield* purge).toBe(0)
      expect(yield* qualifications.certificate("a")).toBeDefined()

      yield* qualifications.decide("a", { version: 1, verdict: { _tag: "Approve" } })
      yield* TestClock.adjust(10 * day - 1)
      yield* work
      expect(yield* purge).toBe(0)
      expect((yield* qualifications.get("a")).submission).toBeDefined()
      expect(yield* blobs.get("certificate", id)).toBeDefined()

      yield* TestClock.adjust(1)
      yield* work
      expect(yield* blobs.get("certificate", id)).toBeUndefined()
      expect(yield* purge).toBe(1)
      expect((yield* qualifications.file("a")).submission).toBeUndefined()
      expect(yield* qualifications.certificate("a")).toBeUndefined()
      // What was decided stays decided.
      expect((yield* qualifications.get("a")).status).toBe("approved")
    }).pipe(Effect.provide(core(ReviewDesk.layerManual, { retentionMillis: 10 * day })))
  )

  it.effect("QUA-2: a rejected submission that is replaced does not expire under the review of the new one", () =>
    Effect.gen(function* () {
      const qualifications = yield* begin()
      const blobs = yield* BlobStore
      const records = yield* Records
      yield* qualifications.submit("a", input)
      const first = Option.getOrThrow(Option.fromNullable(yield* certificateId("a")))
      yield* qualifications.decide("a", { version: 1, verdict: { _tag: "Reject", reason: "图片不清晰" } })
      yield* TestClock.adjust(9 * day)
      yield* work
      expect(yield* blobs.get("certificate", first)).toBeDefined()
      yield* qualifications.submit("a", input)
      yield* work
      expect(yield* blobs.get("certificate", first)).toBeUndefined()
      yield* TestClock.adjust(9 * day)
      yield* work
      expect(yield* records.purge({ now: morning + 18 * day, limit: 100 })).toBe(0)
      expect((yield* qualifications.file("a")).submission).toBeDefined()
      expect(yield* qualifications.certificate("a")).toBeDefined()
    }).pipe(Effect.provide(core(ReviewDesk.layerManual, { retentionMillis: 10 * day })))
  )

  it.effect("QUA-2: what is withdrawn is erased at once, its image with it", () =>
    Effect.gen(function* () {
      const qualifications = yield* begin()
      const blobs = yield* BlobStore
      yield* qualifications.submit("a", input)
      const id = Option.getOrThrow(Option.fromNullable(yield* certificateId("a")))
      yield* qualifications.withdraw("a")
      expect((yield* qualifications.file("a")).submission).toBeUndefined()
      yield* work
      expect(yield* blobs.get("certificate", id)).toBeUndefined()
    }).pipe(Effect.provide(core()))
  )

  it.effect("QUA-2: an image whose submission crashed before it was stored is removed", () =>
    Effect.gen(function* () {
      const images = new Map<string, Uint8Array>()
      // The process dies right after the image was kept.
      const dying = Layer.succeed(BlobStore, {
        put: (_, id, bytes) =>
          Effect.zipRight(
            Effect.sync(() => images.set(id, bytes)),
            Effect.interrupt
          ),
        get: (_, id) => Effect.sync(() => images.get(id)),
        remove: (_, id) => Effect.sync(() => void images.delete(id))
      })
      yield* Effect.gen(function* () {
        const qualifications = yield* begin()
        yield* Effect.exit(qualifications.submit("a", input))
        expect(images.size).toBe(1)
        expect((yield* qualifications.get("a")).status).toBe("none")
        yield* TestClock.adjust(day)
        yield* work
        expect(images.size).toBe(0)
      }).pipe(
        Effect.provide(
          Layer.mergeAll(Accounts.layer, Qualifications.layer).pipe(
            Layer.provideMerge(
              Layer.mergeAll(MemoryStore.layer, IdGenerator.layerSeeded(7), dying, ReviewDesk.layerManual)
            )
          )
        )
      )
    })
  )

  it.effect("ACC-1: a refused submission stores no image", () =>
    Effect.gen(function* () {
      let puts = 0
      const counting = Layer.succeed(BlobStore, {
        put: () => Effect.sync(() => void puts++),
        get: () => Effect.succeed(undefined),
        remove: () => Effect.void
      })
      const qualifications = Effect.provide(
        Effect.gen(function* () {
          const service = yield* Qualifications
          expect(yield* Effect.flip(service.submit("a", input))).toEqual(
            new Account.NotEnterprise({ verification: "none" })
          )
        }),
        Qualifications.layer.pipe(
          Layer.provide(Layer.mergeAll(MemoryStore.layer, IdGenerator.layerSeeded(7), counting, ReviewDesk.layerManual))
        )
      )
      yield* qualifications
      expect(puts).toBe(0)
    })
  )
})
