import * as HttpRefusals from "@vsms/adapter-http/api/HttpRefusals"
import { NativeApi } from "@vsms/adapter-http/api/NativeApi"
import type { Problem } from "@vsms/adapter-http/api/Problem"
import * as Problems from "@vsms/adapter-http/api/Problems"
import { SendRequest } from "@vsms/adapter-http/api/SendsApi"
import * as ProblemAnswer from "@vsms/adapter-http/door/ProblemAnswer"
import * as HttpApi from "@effect/platform/HttpApi"
import { describe, expect, it } from "@effect/vitest"
import * as Core from "@vsms/core"
import * as Refusal from "@vsms/core/Refusal"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import * as World from "./World.ts"

const problems = Object.entries(Problems).flatMap(([name, one]): ReadonlyArray<readonly [string, Problem<any>]> =>
  "refusal" in one ? [[name, one]] : []
)

/** What never leaves the house: another id is drawn, or an adapter's refusal becomes a send's failure. */
const inside = new Set(["ApplicationIdTaken", "SpeechFailure", "ChannelFailure"])

describe("problems", () => {
  it("every refusal of core has a status", () => {
    const refusals = Object.values(Core).flatMap((module) =>
      Object.entries(module).filter(
        ([, one]) => typeof one === "function" && typeof one.rule === "string" && "transient" in one
      )
    )
    expect(refusals.length).toBeGreaterThan(70)
    const known = new Set(problems.map(([, { refusal }]) => refusal))
    for (const [name, one] of refusals) expect([name, known.has(one) || inside.has(name)]).toEqual([name, true])
  })

  it.each(problems)("%s is named alike, and its facts come back as the class that refused", (name, problem) => {
    expect(problem.refusal.identifier).toBe(name)
    expect(problem.status).toBeGreaterThanOrEqual(400)
    const facts = Arbitrary.make(
      Schema.typeSchema(Schema.Struct(omitTag(problem.refusal.fields)) as unknown as Schema.Schema<any>)
    )
    FastCheck.assert(
      // Of numbers that are none, JSON has no word.
      FastCheck.property(facts.filter(isFinite), (given) => {
        const refusal = new problem.refusal(given)
        const { headers, status, body } = ProblemAnswer.answerOf(refusal, { now: 0, requestId: "r" })
        const text = body as string
        expect([status, headers["content-type"]]).toEqual([problem.status, "application/problem+json"])
        const parsed = JSON.parse(text)
        expect(parsed.instance).toBe("urn:vsms:request:r")
        const back = Schema.decodeUnknownSync(problem)(parsed)
        expect(back).toBeInstanceOf(problem.refusal)
        expect(JSON.stringify(back)).toBe(JSON.stringify(refusal))
      }),
      { numRuns: 3 }
    )
  })

  it("what is none is told as ours to mend, without a word of it", () => {
    for (const error of [new Error("secret"), "secret", undefined, null, { _tag: "NotEnoughMinutes", secret: 1 }]) {
      const { body, status } = ProblemAnswer.answerOf(error, { now: 0, requestId: "r" })
      expect(status).toBe(500)
      expect(body).not.toContain("secret")
    }
    expect(Refusal.describe(new HttpRefusals.Broken())).toBe(HttpRefusals.Broken)
  })
})

const isFinite = (value: unknown): boolean =>
  typeof value === "number"
    ? Number.isFinite(value)
    : typeof value !== "object" || value === null || Object.values(value).every(isFinite)

const omitTag = (fields: Schema.Struct.Fields): Schema.Struct.Fields => Struct.omit(fields, "_tag")

describe("the contract", () => {
  it("no called number stands in a URL", () => {
    HttpApi.reflect(NativeApi, {
      onGroup: () => {},
      onEndpoint: ({ endpoint }) => {
        const names = [endpoint.path, JSON.stringify(endpoint.urlParamsSchema)].join(" ")
        expect(names).not.toMatch(/callee|\bto\b(?=.*phone)|mobile/)
      }
    })
  })
})

describe("what sends", () => {
  const text = FastCheck.oneof(
    FastCheck.constantFrom(
      "13800138000",
      "4821",
      "1234567",
      `${"0".repeat(40)}.wav`,
      "",
      "x\0",
      "\ud800",
      "a".repeat(3_000)
    ),
    FastCheck.string()
  )
  const value = FastCheck.oneof(text, FastCheck.constantFrom(1, 2, 1.5, -1, null, true, [], {}, ["a"], [1]))
  const anything = FastCheck.dictionary(
    FastCheck.constantFrom(
      "to",
      "plays",
      "display",
      "ext",
      "idempotencyKey",
      "templateId",
      "params",
      "code",
      "fileId",
      "other"
    ),
    value,
    { maxKeys: 6 }
  )
  const decode = Schema.decodeUnknownEither(SendRequest, { onExcessProperty: "error" })

  it.effect("SND-2: whatever the hand-written parser takes fits the contract, and nothing breaks it", () =>
    Effect.gen(function* () {
      const { applicationId, key } = yield* World.tenant()
      const path = `/v1/applications/${applicationId}/sends/check`
      const ask = (body: unknown) => World.ask("POST", path, { as: key, body })
      // By hand, so that every run is within the one world.
      for (const body of FastCheck.sample(anything, 150)) {
        const { json, status } = yield* ask(body)
        expect([body, status === 200 || status === 422]).toEqual([body, true])
        if (status === 200) expect([body, Either.isRight(decode(body))]).toEqual([body, true])
        else if (json.type.endsWith("InvalidInput")) expect(json.facts.problems.length).toBeGreaterThan(0)
      }
      for (const good of [
        { to: "13800138000", code: "4821" },
        { to: "13800138000", code: "4821", templateId: "1", plays: 1, ext: "", idempotencyKey: "k", display: "1" },
        { to: "13800138000", templateId: "1" },
        { to: "13800138000", templateId: "1", params: [], plays: 3 },
        { to: "13800138000", fileId: `${"0".repeat(40)}.wav`, plays: 3 }
      ])
        expect([good, (yield* ask(good)).status, Either.isRight(decode(good))]).toEqual([good, 200, true])
      const file = { to: "13800138000", fileId: `${"0".repeat(40)}.wav` }
      const mixed = [{ templateId: "1" }, { params: [] }, { code: "4821" }].map((text) => ({ ...file, ...text }))
      for (const bad of [[], "text", 1, null, { to: "13800138000", code: "4821", params: [] }, ...mixed])
        expect([bad, (yield* ask(bad)).status]).toEqual([bad, 422])
    }).pipe(World.within())
  )

  it.effect("SND-7: a batch is answered one by one, and is a batch", () =>
    Effect.gen(function* () {
      const { applicationId, secret: as } = yield* World.tenant()
      const ask = (body: unknown) => World.ask("POST", `/v1/applications/${applicationId}/sends/batch`, { as, body })
      for (const bad of [
        [],
        {},
        { sends: [] },
        { sends: {} },
        { sends: [{}], more: 1 },
        { sends: Array.from({ length: 201 }, () => ({})) }
      ])
        expect((yield* ask(bad)).json.type).toBe("urn:vsms:problem:InvalidInput")
      const numbers = Array.from({ length: 40 }, (_, i) => `138${String(10_000_000 + i)}`)
      const { json, status } = yield* ask({ sends: numbers.map((to) => ({ to, code: "4821", idempotencyKey: to })) })
      expect(status).toBe(200)
      expect(json.answers.filter((one: any) => one.accepted !== undefined)).toHaveLength(40)
      const again = (yield* ask({ sends: numbers.map((to) => ({ to, code: "4821", idempotencyKey: to })) })).json
      expect(again.answers.map((one: any) => one.accepted.sendId)).toEqual(
        json.answers.map((one: any) => one.accepted.sendId)
      )
    }).pipe(World.within())
  )
})
