import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as Template from "../../src/template/Template.ts"
import * as TemplateBook from "../../src/template/TemplateBook.ts"
import * as TemplateText from "../../src/template/TemplateText.ts"

const env = { now: 1_000 }
const draft: Template.Draft = { name: "验证码", content: "您的验证码是：{1}", note: "", kind: "code", variables: [] }
const fold = (events: ReadonlyArray<Template.Event>, state = Template.initial) => events.reduce(Template.evolve, state)

const pending = fold(Either.getOrThrow(Template.create(env, Template.initial, { ...draft, applicationId: "app" })))
const approve = { version: 1, verdict: { _tag: "Approve" } } as const
const reject = { version: 1, verdict: { _tag: "Reject", reason: "含营销内容" } } as const
const approved = fold(Either.getOrThrow(Template.review(env, pending, approve)), pending)
const rejected = fold(Either.getOrThrow(Template.review(env, pending, reject)), pending)
const deleted = fold(Either.getOrThrow(Template.remove(env, approved)), approved)
const states = { none: Template.initial, pending, approved, rejected, deleted }

describe("Template", () => {
  const bad = { ...draft, content: "{2}" }
  const undeclared = { ...draft, variables: ["code", "text"] as const }
  const missing = new TemplateText.VariablesNotContiguous({ missing: 1, largest: 2 })

  const refused: ReadonlyArray<readonly [string, Either.Either<unknown, unknown>, unknown]> = [
    ["TPL-2: a bad content", Template.create(env, Template.initial, { ...bad, applicationId: "app" }), missing],
    [
      "TPL-2: a kind for a variable that is not there",
      Template.create(env, Template.initial, { ...undeclared, applicationId: "app" }),
      new Template.UndeclaredVariable({ declared: 2, expected: 1 })
    ],
    [
      "SND-1: a verification template without a variable",
      Template.create(env, Template.initial, { ...draft, content: "请查收验证码", applicationId: "app" }),
      new Template.NoCodeVariable({ variables: 0 })
    ],
    [
      "SND-1: a verification template whose variables are all of other kinds",
      Template.create(env, Template.initial, {
        ...draft,
        content: "{1}分钟，{2}元",
        variables: ["number", "amount"],
        applicationId: "app"
      }),
      new Template.NoCodeVariable({ variables: 2 })
    ],
    ["TPL-5: an edit of nothing", Template.edit(env, states.none, bad), new Template.UnknownTemplate()],
    ["TPL-6: an edit of a deleted one", Template.edit(env, deleted, bad), new Template.TemplateDeleted()],
    ["TPL-5: an edit of an approved one", Template.edit(env, approved, bad), new Template.TemplateNotEditable()],
    ["TPL-5: an edit with a bad content", Template.edit(env, rejected, bad), missing],
    [
      "SND-1: an edit that takes the code away",
      Template.edit(env, rejected, { ...draft, content: "请查收验证码" }),
      new Template.NoCodeVariable({ variables: 0 })
    ],
    ["TPL-4: a verdict on nothing", Template.review(env, states.none, approve), new Template.UnknownTemplate()],
    ["TPL-6: a verdict on a deleted one", Template.review(env, deleted, approve), new Template.TemplateDeleted()],
    [
      "TPL-8: a verdict on an older version",
      Template.review(env, approved, { ...approve, version: 0 }),
      new Template.OutdatedVersion({ judged: 0, current: 1 })
    ],
    [
      "TPL-4: the other verdict on a decided version",
      Template.review(env, approved, reject),
      new Template.AlreadyDecided({ stage: "approved" })
    ],
    [
      "TPL-4: another reason for a rejected version",
      Template.review(env, rejected, { version: 1, verdict: { _tag: "Reject", reason: "别的" } }),
      new Template.AlreadyDecided({ stage: "rejected" })
    ],
    ["TPL-6: deleting nothing", Template.remove(env, states.none), new Template.UnknownTemplate()]
  ]

  it.each(refused)("%s is refused", (_, decided, expected) => {
    expect(decided).toEqual(Either.left(expected))
  })

  it("SND-1: a verification template has a variable for the code: declared as one, or not declared", () => {
    const created = (content: string, variables: Template.Draft["variables"], kind: Template.TemplateKind = "code") =>
      Either.isRight(
        Template.create(env, Template.initial, { ...draft, content, variables, kind, applicationId: "app" })
      )
    expect(created("{1}，{2}分钟内有效", ["code", "number"])).toBe(true)
    expect(created("{1}，{2}分钟内有效", [null, "number"])).toBe(true)
    expect(created("{1}分钟内有效，{2}", ["number"])).toBe(true)
    expect(created("会议取消", [], "notification")).toBe(true)
    expect(created("{1}分钟后开会", ["number"], "notification")).toBe(true)
  })

  it("TPL-4, TPL-6: what is so already is decided by nothing", () => {
    expect(Template.review(env, approved, approve)).toEqual(Either.right([]))
    expect(Template.review(env, rejected, reject)).toEqual(Either.right([]))
    expect(Template.remove(env, deleted)).toEqual(Either.right([]))
    for (const state of [pending, approved, rejected, deleted])
      expect(Template.create(env, state, { ...draft, applicationId: "other" })).toEqual(Either.right([]))
  })

  it("TPL-4: only an approved template can be sent", () => {
    for (const [stage, state] of Object.entries(states)) {
      expect(Either.isRight(Template.maySend(state))).toBe(stage === "approved")
      if (stage !== "approved")
        expect(Template.maySend(state)).toEqual(
          Either.left(new Template.TemplateNotUsable({ stage: stage as Template.Stage }))
        )
    }
  })

  it("TPL-5: an edit submits again, and takes nothing along of the review before", () => {
    const edited = fold(Either.getOrThrow(Template.edit({ now: 2_000 }, rejected, { ...draft, name: "新" })), rejected)
    expect(edited).toMatchObject({ stage: "pending", version: 2, name: "新", createdAt: 1_000, submittedAt: 2_000 })
    expect(edited.reason).toBeUndefined()
    expect(edited.decidedAt).toBeUndefined()
  })

  type Command =
    | { readonly _tag: "Edit"; readonly content: string }
    | { readonly _tag: "Review"; readonly behind: number; readonly approve: boolean }
    | { readonly _tag: "Remove" }

  const command: FastCheck.Arbitrary<Command> = FastCheck.oneof(
    FastCheck.constantFrom("甲{1}", "乙{1}{2}", "丙").map((content) => ({ _tag: "Edit", content }) as const),
    FastCheck.record({
      _tag: FastCheck.constant("Review" as const),
      behind: FastCheck.constantFrom(0, 0, 0, 1),
      approve: FastCheck.boolean()
    }),
    FastCheck.constant({ _tag: "Remove" } as const)
  )

  it("TPL-4, TPL-5, TPL-6, TPL-8: whatever happens, nobody sends what was not reviewed as it is", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(command, { maxLength: 20 }), (commands) => {
        let state = pending
        const judged = new Set<string>()
        for (const one of commands) {
          const before = state
          const decided: Either.Either<ReadonlyArray<Template.Event>, unknown> = one._tag === "Edit"
            ? Template.edit(env, state, { ...draft, content: one.content })
            : one._tag === "Remove"
              ? Template.remove(env, state)
              : Template.review(env, state, {
                  version: state.version - one.behind,
                  verdict: one.approve ? { _tag: "Approve" } : { _tag: "Reject", reason: "x" }
                })
          if (Either.isRight(decided)) state = fold(decided.right, state)
          if (one._tag === "Review" && one.behind === 0 && one.approve && Either.isRight(decided))
            judged.add(`${before.version} ${before.content}`)
          if (state.stage === "approved") expect(judged).toContain(`${state.version} ${state.content}`)
          if (before.stage === "deleted") expect(state).toEqual(before)
          if (before.stage === "approved") expect(state.content).toBe(before.content)
          expect(Schema.decodeUnknownSync(Template.State)(JSON.parse(JSON.stringify(state)))).toEqual(state)
        }
      })
    )
  })
})

describe("TemplateBook", () => {
  const cap = { approvedMax: 2 }
  const foldBook = (events: ReadonlyArray<TemplateBook.Event>, state: TemplateBook.State) =>
    events.reduce(TemplateBook.evolve, state)
  const count = (id: string, state: TemplateBook.State, template = pending) =>
    Either.map(TemplateBook.approve(cap, state, id, template), (events) => foldBook(events, state))

  it("TPL-7: as many as may be, and no more; a deletion makes room", () => {
    const one = Either.getOrThrow(count("1", TemplateBook.initial))
    const two = Either.getOrThrow(count("2", one))
    expect(count("3", two)).toEqual(Either.left(new TemplateBook.TooManyApproved({ approved: 2, limit: 2 })))
    expect(Either.isRight(count("3", foldBook(TemplateBook.end("1"), two)))).toBe(true)
    expect(TemplateBook.approvedMax).toBe(1_000)
  })

  it("SND-1: the first template that can speak a code becomes the default, until it is deleted", () => {
    const notice = { ...pending, kind: "notification" } as const
    const wordy = { ...pending, arity: 2 }
    const priced = { ...pending, variables: ["amount"] as const }
    for (const other of [notice, wordy, priced])
      expect(Either.getOrThrow(count("1", TemplateBook.initial, other)).defaultCode).toBeNull()
    const first = Either.getOrThrow(count("1", TemplateBook.initial))
    expect(first.defaultCode).toBe("1")
    const second = Either.getOrThrow(count("2", first))
    expect(second.defaultCode).toBe("1")
    expect(foldBook(TemplateBook.end("2"), second).defaultCode).toBe("1")
    expect(foldBook(TemplateBook.end("1"), second).defaultCode).toBeNull()
  })

  it("SND-1: only a template that can speak a code is chosen as the default", () => {
    const notice = { ...approved, kind: "notification" } as const
    expect(TemplateBook.chooseDefault(TemplateBook.initial, "1", notice)).toEqual(
      Either.left(new TemplateBook.NotACodeTemplate({ variables: 1 }))
    )
    expect(TemplateBook.chooseDefault({ approved: 1, defaultCode: "1" }, "1", approved)).toEqual(Either.right([]))
  })
})
