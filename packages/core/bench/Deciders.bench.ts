/**
 * The other deciders that work for every send, one by one: pure functions, no storage and no runtime around them.
 */
import * as Either from "effect/Either"
import * as RetryPlan from "../src/callback/RetryPlan.ts"
import * as Route from "../src/dispatch/Route.ts"
import * as RouteChoice from "../src/dispatch/RouteChoice.ts"
import * as RouteHealth from "../src/dispatch/RouteHealth.ts"
import * as RouteLoad from "../src/dispatch/RouteLoad.ts"
import * as Basket from "../src/money/Basket.ts"
import * as Minutes from "../src/money/Minutes.ts"
import * as Tariff from "../src/money/Tariff.ts"
import * as Acceptance from "../src/sending/Acceptance.ts"
import * as Admission from "../src/sending/Admission.ts"
import * as FrequencyLimit from "../src/sending/FrequencyLimit.ts"
import * as Send from "../src/sending/Send.ts"
import * as SendPolicy from "../src/sending/SendPolicy.ts"
import * as SendRequest from "../src/sending/SendRequest.ts"
import * as SendStep from "../src/sending/SendStep.ts"
import type { Ref } from "../src/storage/Kind.ts"
import * as Rendering from "../src/template/Rendering.ts"
import * as TemplateText from "../src/template/TemplateText.ts"
import { accountId, applicationId, codeTemplate, makeWorld, morning, noticeContent } from "../test/sending/SendWorld.ts"
import { contest, type Contestant, mustEqual } from "./Harness.ts"

/** What was decided last: somebody could look at it, so it has to be decided. */
export let decided: unknown

const each = (name: string, decide: (i: number) => unknown): Contestant => ({
  name,
  run: (times) => {
    for (let i = 0; i < times; i++) decided = decide(i)
  }
})

const policy = SendPolicy.standard
const world = makeWorld()
const env: Admission.Env = { now: morning, policy, plan: undefined }
const input = { to: "13800138000", code: "246802" }
const request = Either.getOrThrow(SendRequest.ofCode(policy, input))
const attempt: Acceptance.Attempt = { accountId, applicationId, sendId: "send", templateId: codeTemplate, request }
const books = Acceptance.refs(attempt, morning).map((ref: Ref<any>) => world.load(ref)) as unknown as Acceptance.Books
const asked = Acceptance.requestOf(attempt)
const seen = Acceptance.stateOf(books)

// --- a life ---

const accepted = (): Send.State => {
  const { changes } = Acceptance.decide(env, attempt, books, undefined)
  return changes[0]!.state as Send.State
}

const reports: ReadonlyArray<Send.Report> = [
  { _tag: "DialStarted", route: "first", at: morning + 10 },
  { _tag: "Ringing", at: morning + 1_000 },
  { _tag: "Answered", at: morning + 5_000 },
  { _tag: "HungUp", at: morning + 15_000 }
]

const life = (begun: Send.State): Send.State => {
  let state = begun
  for (const report of reports) {
    const step = SendStep.step({ now: report.at }, state, report)
    if (step._tag === "Moved") state = Send.evolve(state, step.event)
    else if (step._tag === "Completed") {
      const paid = state.accepted.hold.parts
      const end = { at: step.at, billedMinutes: step.minutes, overrunMinutes: Minutes.zero, paid, receipt: 1 }
      state = Send.evolve(state, { _tag: "SendCompleted", ...end })
    }
  }
  return state
}

// --- routes: two trunks for all, two of one operator, two of a region, two in reserve ---

const route = (id: string, more: Partial<Parameters<typeof Route.Route.make>[0]>): RouteChoice.Candidate => ({
  route: Route.Route.make({ id, channel: id, maxConcurrent: 1_000, callsPerSecond: 1_000_000, ...more }),
  health: RouteHealth.initial,
  load: RouteLoad.idle
})

const routes = [
  route("one", { weight: 3 }),
  route("two", {}),
  route("mobile one", { operators: ["mobile"] }),
  route("telecom one", { operators: ["telecom"] }),
  route("south", { regions: ["广东省"] }),
  route("north", { regions: ["北京市"] }),
  route("reserve one", { priority: 1 }),
  route("reserve two", { priority: 1 })
]
const traits = { kind: "code", operator: "mobile", region: "广东省" } as const

// --- a number that was called before ---

const called: FrequencyLimit.State = { code: [morning - 700_000, morning - 500_000], notice: [] }
const tooOften: FrequencyLimit.State = { code: [morning - 10_000], notice: [] }
const limits = FrequencyLimit.defaults.code

// --- what is spoken ---

const text = Either.getOrThrow(TemplateText.parse(noticeContent))
const spoken: Rendering.Spoken = { kind: "notification", parts: text.parts, arity: text.arity, variables: [] }
const values = ["王先生", "12345"]

/** Sizes around the cliffs of the price list and far from them. */
const sizes = [1_000, 9_600, 12_345, 96_000, 470_000, 949_999, 2_850_000, 40_000_000].map((size) => Minutes.make(size))

const contestants: ReadonlyArray<Contestant> = [
  each("request: read what a caller wrote", () => SendRequest.ofCode(policy, input)),
  each("admission: all gates of SND-3", () => Admission.admit(env, asked, seen)),
  each("acceptance: admission, and all it changes", () => Acceptance.decide(env, attempt, books, undefined)),
  each("frequency limit: a number called twice before", () => FrequencyLimit.count(env, "code", limits, called)),
  each("frequency limit: refused", () => FrequencyLimit.count(env, "code", limits, tooOften)),
  each(
    "send: four reports, from accepted to completed",
    (() => {
      const begun = accepted()
      return () => life(begun)
    })()
  ),
  each("route choice: among 8 routes", (i) =>
    RouteChoice.choose({ now: morning, draw: (i % 97) / 97, balance: "weighted" }, traits, routes, [])
  ),
  each("template: read a content of two variables", () => TemplateText.parse(noticeContent)),
  each("template: render it", () => Rendering.render(spoken, values, policy.rendering)),
  each("quote: the cheapest basket", (i) => Basket.cheapest(Tariff.standard, sizes[i % sizes.length]!)),
  each("retry plan: when next", (i) => RetryPlan.next({ firstAt: morning, now: morning + i, failures: 1 + (i % 13) }))
]

/** What is timed decides what it is named after. */
const rightResults = (): void => {
  const admitted = Either.getOrThrow(Admission.admit(env, asked, seen))
  mustEqual("what is spoken", admitted.rendered.text, "您的验证码是：246802")
  mustEqual("what is held", admitted.held.hold.minutes, 1)
  const passed = Either.getOrThrow(FrequencyLimit.count(env, "code", limits, called))
  mustEqual("what was counted", passed.counted, [0, 1, 2])
  mustEqual("a refusal", Either.isLeft(FrequencyLimit.count(env, "code", limits, tooOften)), true)
  const ended = life(accepted())
  mustEqual("a life", [ended.stage, ended.billedMinutes, ended.endedAt], ["completed", 1, morning + 15_000])
  const choice = RouteChoice.choose({ now: morning, draw: 0.99, balance: "weighted" }, traits, routes, [])
  mustEqual("a route", [choice.chosen?.route.id, choice.passedOver.length], ["south", 7])
  const rendered = Either.getOrThrow(Rendering.render(spoken, values, policy.rendering))
  mustEqual("a text", rendered.text, "尊敬的王先生，您的订单12345已发货")
  const basket = Either.getOrThrow(Basket.cheapest(Tariff.standard, Minutes.make(96_000)))
  mustEqual("a basket", [basket.minutes, basket.payable], [100_000, 10_000_000])
  mustEqual("a retry", RetryPlan.next({ firstAt: morning, now: morning, failures: 1 }), morning + 5_000)
}

export const run = async (): Promise<void> => {
  await contest({
    title: "deciders of every send, each by itself",
    unit: "ns",
    times: 50_000,
    rounds: 11,
    unrelated: true,
    sameResults: rightResults,
    contestants
  })
}
