import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { Accounts } from "../../src/account/Accounts.ts"
import * as Application from "../../src/account/Application.ts"
import { IdGenerator } from "../../src/IdGenerator.ts"
import { InvalidInput } from "../../src/InvalidInput.ts"
import { ReviewDesk } from "../../src/qualification/ReviewDesk.ts"
import * as Decision from "../../src/storage/Decision.ts"
import { Journal } from "../../src/storage/Journal.ts"
import * as MemoryStore from "../../src/storage/MemoryStore.ts"
import { WorkQueue } from "../../src/storage/WorkQueue.ts"
import * as Template from "../../src/template/Template.ts"
import * as TemplateBook from "../../src/template/TemplateBook.ts"
import { type DraftInput, Templates } from "../../src/template/Templates.ts"
import * as Law from "../../src/testing/Law.ts"

const core = (options: { approvedMax?: number; desk?: Layer.Layer<ReviewDesk>; ids?: Layer.Layer<IdGenerator> } = {}) =>
  Layer.provideMerge(
    Layer.merge(Templates.layerWith({ approvedMax: options.approvedMax ?? 1_000 }), Accounts.layer),
    Layer.mergeAll(MemoryStore.layer, options.ids ?? IdGenerator.layerSeeded(5), options.desk ?? ReviewDesk.layerManual)
  )

const draft: DraftInput = { name: "验证码", content: "您的验证码是：{1}", kind: "code" }
const accountId = "a"

const application = Effect.gen(function* () {
  const accounts = yield* Accounts
  yield* accounts.open({ accountId })
  yield* accounts.verify(accountId, { as: "enterprise" })
  yield* accounts.activate(accountId, { agreementAccepted: true })
  return (yield* accounts.createApplication(accountId, { name: "测试语音短信" })).applicationId
})

const approve = (version: number) => ({ version, verdict: { _tag: "Approve" } }) as const
const reject = (version: number) => ({ version, verdict: { _tag: "Reject", reason: "含营销内容" } }) as const

describe("Templates", () => {
  it.effect("TPL-1, TPL-4, TPL-10: from its creation to its approval; the list shows all columns", () =>
    Effect.gen(function* () {
      const templates = yield* Templates
      const app = yield* application
      yield* TestClock.adjust(1_000)
      const created = yield* templates.create(accountId, app, draft)
      expect(created.templateId).toMatch(/^[1-9][0-9]{8}$/)
      yield* TestClock.adjust(1_000)
      const second = yield* templates.create(accountId, app, { ...draft, name: "第二", kind: "activity" })
      yield* templates.decide(accountId, app, created.templateId, approve(1))
      yield* templates.decide(accountId, app, second.templateId, reject(1))
      const { items } = yield* templates.list(accountId, app)
      expect(items.map(({ templateId }) => templateId)).toEqual([second.templateId, created.templateId])
      expect(items[1]).toMatchObject({
        kind: "code",
        createdAt: 1_000,
        name: "验证码",
        content: "您的验证码是：{1}",
        stage: "approved"
      })
      expect(items[0]).toMatchObject({ stage: "rejected", reason: "含营销内容" })
      expect((yield* templates.list(accountId, app, { stage: "rejected" })).items).toHaveLength(1)
      expect((yield* templates.list(accountId, app, { limit: 1 })).items).toEqual([items[0]])
      expect((yield* templates.list("stranger", app)).items).toEqual([])
    }).pipe(Effect.provide(core()))
  )

  it.effect("TPL-1: what is not a template is refused, and makes none", () =>
    Effect.gen(function* () {
      const templates = yield* Templates
      const app = yield* application
      expect(yield* Effect.flip(templates.create(accountId, "ghost", draft))).toEqual(
        new Application.UnknownApplication()
      )
      const malformed = yield* Effect.flip(templates.create(accountId, app, { ...draft, name: " " }))
      expect(malformed).toBeInstanceOf(InvalidInput)
      expect((yield* Effect.flip(templates.create(accountId, app, { ...draft, content: "{1}" })))._tag).toBe(
        "OnlyVariables"
      )
      expect((yield* templates.list(accountId, app)).items).toEqual([])
    }).pipe(Effect.provide(core()))
  )

  it.effect("TPL-9: who makes and who reviews a template is told which variables would be spelled by mistake", () =>
    Effect.gen(function* () {
      const templates = yield* Templates
      const app = yield* application
      const content = "您的验证码是：{1}，{2}分钟内有效"
      const { advice, templateId } = yield* templates.create(accountId, app, { ...draft, content })
      expect(advice).toEqual([{ index: 2, kind: "number" }])
      expect((yield* templates.pending()).items).toMatchObject([{ templateId, advice }])
      const declared = yield* templates.edit(accountId, app, templateId, {
        ...draft,
        content,
        variables: ["code", "number"]
      })
      expect(declared.advice).toEqual([])
    }).pipe(Effect.provide(core()))
  )

  it.effect("TPL-5, TPL-8: an edit makes the verdict on the version before void", () =>
    Effect.gen(function* () {
      const templates = yield* Templates
      const app = yield* application
      const { templateId } = yield* templates.create(accountId, app, draft)
      yield* templates.edit(accountId, app, templateId, { ...draft, content: "新的验证码：{1}" })
      expect(yield* Effect.flip(templates.decide(accountId, app, templateId, approve(1)))).toEqual(
        new Template.OutdatedVersion({ judged: 1, current: 2 })
      )
      expect((yield* templates.decide(accountId, app, templateId, approve(2))).stage).toBe("approved")
      expect(yield* Effect.flip(templates.edit(accountId, app, templateId, draft))).toEqual(
        new Template.TemplateNotEditable()
      )
    }).pipe(Effect.provide(core()))
  )

  it.effect("TPL-6: deletion is final, and the id is nobody's again", () => {
    const digits = ["111111111", "111111111", "222222222"]
    const ids = Layer.effect(
      IdGenerator,
      Effect.map(IdGenerator, (own) => ({
        ...own,
        digits: (length: number) =>
          Effect.suspend(() => (length === 9 ? Effect.sync(() => digits.shift()!) : own.digits(length)))
      }))
    ).pipe(Layer.provide(IdGenerator.layerSeeded(5)))
    return Effect.gen(function* () {
      const templates = yield* Templates
      const app = yield* application
      const { templateId } = yield* templates.create(accountId, app, draft)
      yield* templates.decide(accountId, app, templateId, approve(1))
      yield* templates.remove(accountId, app, templateId)
      yield* templates.remove(accountId, app, templateId)
      expect((yield* templates.get(accountId, app, templateId)).stage).toBe("deleted")
      expect((yield* templates.list(accountId, app)).items).toEqual([])
      expect((yield* templates.create(accountId, app, draft)).templateId).toBe("222222222")
    }).pipe(Effect.provide(core({ ids })))
  })

  it.effect(
    "SND-1: the default template of codes is the first approved one, or a chosen one, never a deleted one",
    () =>
      Effect.gen(function* () {
        const templates = yield* Templates
        const app = yield* application
        expect(yield* templates.defaultCode(accountId, app)).toBeUndefined()
        const one = (yield* templates.create(accountId, app, draft)).templateId
        const two = (yield* templates.create(accountId, app, draft)).templateId
        yield* templates.decide(accountId, app, one, approve(1))
        expect(yield* templates.defaultCode(accountId, app)).toBe(one)
        expect(yield* Effect.flip(templates.setDefaultCode(accountId, app, two))).toEqual(
          new Template.TemplateNotUsable({ stage: "pending" })
        )
        yield* templates.decide(accountId, app, two, approve(1))
        yield* templates.setDefaultCode(accountId, app, two)
        expect(yield* templates.defaultCode(accountId, app)).toBe(two)
        yield* templates.remove(accountId, app, two)
        expect(yield* templates.defaultCode(accountId, app)).toBeUndefined()
      }).pipe(Effect.provide(core()))
  )

  it.effect("TPL-4: the review desk is asked about each submission, and a decided one is asked about no more", () => {
    const asked: Array<number> = []
    const desk = Layer.succeed(ReviewDesk, {
      review: ({ version }) =>
        Effect.sync(() => {
          asked.push(version)
          return version === 1 ? ({ _tag: "Later" } as const) : ({ _tag: "Approve" } as const)
        })
    })
    return Effect.gen(function* () {
      const templates = yield* Templates
      const queue = yield* WorkQueue
      const app = yield* application
      const { templateId } = yield* templates.create(accountId, app, draft)
      const lease = (now: number) => queue.lease({ queue: "review", now, limit: 9, leaseMillis: 1_000 })
      const [first] = yield* lease(0)
      expect(templates.reviews.owns(first!.key)).toBe(true)
      expect(yield* templates.reviews.handle(first!)).toBe(60_000)
      yield* templates.edit(accountId, app, templateId, draft)
      expect((yield* templates.pending()).items).toMatchObject([{ accountId, templateId, version: 2 }])
      const [second] = yield* lease(0)
      expect(yield* templates.reviews.handle(second!)).toBeUndefined()
      expect((yield* templates.get(accountId, app, templateId)).stage).toBe("approved")
      expect(yield* templates.reviews.handle(second!)).toBeUndefined()
      expect(asked).toEqual([1, 2])
      expect(yield* lease(100_000)).toEqual([])
      expect((yield* templates.pending()).items).toEqual([])
    }).pipe(Effect.provide(core({ desk })))
  })

  it("TPL-7: however reviews, edits and deletions race, never more are approved than may be, and the count is right", () =>
    FastCheck.assert(
      FastCheck.asyncProperty(
        FastCheck.array(FastCheck.constantFrom("approve", "approve", "remove", "edit"), {
          minLength: 4,
          maxLength: 10
        }),
        FastCheck.scheduler(),
        FastCheck.integer({ min: 12, max: 48 }),
        (steps, order, slice) =>
          Law.interleaved(
            Effect.gen(function* () {
              const templates = yield* Templates
              const journal = yield* Journal
              const app = yield* application
              const ids = yield* Effect.forEach(steps, () =>
                Effect.map(templates.create(accountId, app, draft), (made) => made.templateId)
              )
              // Read in one step: between two loads one may go and another come.
              const approvedNow = journal.transact(
                ids.map((id) => Template.ref(accountId, app, id)),
                (rows) => Either.right(Decision.answer(rows.filter(({ state }) => state.stage === "approved").length))
              )
              yield* Effect.forEach(
                steps,
                (step, i) => {
                  const id = ids[i]!
                  const approval = Effect.either(templates.decide(accountId, app, id, approve(1)))
                  const change: Effect.Effect<unknown, unknown> =
                    step === "edit"
                      ? templates.edit(accountId, app, id, draft)
                      : step === "approve"
                        ? approval
                        : Effect.zipRight(approval, templates.remove(accountId, app, id))
                  return Effect.zipRight(
                    Effect.either(change),
                    Effect.map(approvedNow, (count) => expect(count).toBeLessThanOrEqual(3))
                  )
                },
                { concurrency: "unbounded" }
              )
              const book = yield* journal.load(TemplateBook.ref(accountId, app))
              expect(book.state.approved).toBe(yield* approvedNow)
              const wanted = steps.filter((step) => step === "approve").length
              if (!steps.includes("remove")) expect(book.state.approved).toBe(Math.min(3, wanted))
            }).pipe(Effect.provide(core({ approvedMax: 3 }))),
            order,
            slice
          )
      ),
      { numRuns: 30 }
    ))

  it("TPL-7: an approval that meets the cap leaves the template waiting", () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const templates = yield* Templates
        const app = yield* application
        const made = yield* Effect.forEach([1, 2], () => templates.create(accountId, app, draft))
        const ids = made.map(({ templateId }) => templateId)
        yield* templates.decide(accountId, app, ids[0]!, approve(1))
        expect(yield* Effect.either(templates.decide(accountId, app, ids[1]!, approve(1)))).toEqual(
          Either.left(new TemplateBook.TooManyApproved({ approved: 1, limit: 1 }))
        )
        expect((yield* templates.get(accountId, app, ids[1]!)).stage).toBe("pending")
      }).pipe(Effect.provide(core({ approvedMax: 1 })))
    ))
})
