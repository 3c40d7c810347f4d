import * as OpenApiDocument from "@vsms/adapter-http/api/OpenApiDocument"
import * as Operations from "@vsms/adapter-http/door/Operation"
import { describe, expect, it } from "@effect/vitest"
import { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import * as Core from "@vsms/core/Core"
import type { Decision } from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import { Records } from "@vsms/core/storage/Records"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as World from "./World.ts"

const { paths } = OpenApiDocument.make() as { paths: Record<string, Record<string, any>> }

/** What may stand where something else was meant. */
const wrong = FastCheck.oneof(
  FastCheck.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    1.5,
    1e308,
    Number.MAX_SAFE_INTEGER,
    "",
    " ",
    "\0",
    "\ud800",
    "=cmd()",
    "a".repeat(5_000),
    "𠮷".repeat(300),
    "../..",
    "%00",
    [],
    {},
    [[]],
    [null],
    { _tag: "Approve" },
    { __proto__: null, constructor: 1 }
  ),
  FastCheck.string(),
  FastCheck.integer(),
  FastCheck.double(),
  FastCheck.jsonValue()
)

/** An example with one of its fields, however deep, replaced, missing, or one too many. */
const mutated = (example: unknown): FastCheck.Arbitrary<unknown> => {
  const places: Array<ReadonlyArray<string>> = [[]]
  const visit = (value: unknown, path: ReadonlyArray<string>): void => {
    if (typeof value !== "object" || value === null) return
    for (const [name, inner] of Object.entries(value)) {
      places.push([...path, name])
      visit(inner, [...path, name])
    }
  }
  visit(example, [])
  return FastCheck.record({
    place: FastCheck.constantFrom(...places),
    how: FastCheck.constantFrom("replaced", "replaced", "missing", "more"),
    value: wrong
  }).map(({ how, place, value }) => change(example, place, how, value))
}

const change = (value: any, place: ReadonlyArray<string>, how: string, by: unknown): unknown => {
  const [name, ...rest] = place
  if (name === undefined) return how === "more" && typeof value === "object" ? { ...value, more: by } : by
  const copy = Array.isArray(value) ? [...value] : { ...value }
  if (rest.length === 0 && how === "missing") delete copy[name]
  else copy[name] = change(copy[name], rest, how, by)
  return copy
}

/** Half a character cannot be written in a URL. */
const encoded = (text: string): string => encodeURIComponent(text.replace(/\p{Cs}/gu, ""))

const runs = process.env["NIGHTLY"] === undefined ? 6 : 400

/** A storage that breaks at what a database would not take: NUL, and half a character. */
const fussy = NativeDoor.layer({
  operatorTokens: [Redacted.make(World.operatorToken)],
  rate: { perSecond: 1e9, burst: 1e9 }
}).pipe(
  Layer.provideMerge(Core.layer()),
  Layer.provideMerge(
    Layer.effectContext(
      Effect.gen(function* () {
        const journal = yield* Journal
        const records = yield* Records
        const checked = (...values: ReadonlyArray<unknown>): void => {
          const text = JSON.stringify(values, (key, value) => (key === "kind" ? undefined : value))
          if (/\\u0000|\\ud[89a-f]/.test(text)) throw new Error(`no storage takes ${text}`)
        }
        const transact = (refs: any, decide: any) => {
          checked(refs)
          return journal.transact(refs, (rows) =>
            Either.map(decide(rows) as Either.Either<Decision<unknown>, unknown>, (decision) => {
              for (const { events, personal, state } of decision.changes) checked(events, state, personal)
              return decision
            })
          )
        }
        const guarded: typeof Journal.Service = {
          ...journal,
          transact: ((refs: any, decide: any) =>
            Effect.suspend(() => transact(refs, decide))) as typeof journal.transact,
          load: (ref) => Effect.suspend(() => (checked(ref), journal.load(ref)))
        }
        return Context.empty().pipe(
          Context.add(Journal, guarded),
          Context.add(Records, {
            ...records,
            list: (query) => Effect.suspend(() => (checked(query), records.list(query)))
          })
        )
      })
    )
  ),
  Layer.provideMerge(CoreMemory.layerPorts())
)

describe("wrong input of every kind", () => {
  it.effect("is refused or taken at every endpoint, and breaks none", () =>
    Effect.gen(function* () {
      const { accountId, applicationId, templateId, number } = yield* World.tenant()
      const ids: Record<string, string> = { accountId, applicationId, templateId, number }
      const seen = new Set<number>()
      for (const { access, form, method, name, path } of Operations.all()) {
        if (access.streams === true && name === "sends.follow") continue
        const operation = paths[path.replace(/:(\w+)/g, "{$1}")]![method.toLowerCase()]
        const example = operation.requestBody?.content["application/json"]?.example
        const bodies = FastCheck.sample(example === undefined ? FastCheck.constant(undefined) : mutated(example), runs)
        const queries = operation.parameters.filter((one: any) => one.in === "query").map((one: any) => one.name)
        for (const body of bodies) {
          const [param, value, own] = FastCheck.sample(
            FastCheck.tuple(
              FastCheck.constantFrom<string>(...queries, "other"),
              FastCheck.oneof(
                FastCheck.constantFrom("0", "-1", "1e9", "NaN", "\u{feff}", "2026-13-45", "9".repeat(400)),
                FastCheck.string()
              ),
              FastCheck.boolean()
            ),
            1
          )[0]!
          const segment = own ? undefined : FastCheck.sample(FastCheck.string({ minLength: 1, maxLength: 12 }), 1)[0]!
          const filled = path.replace(/:(\w+)/g, (_, id: string) =>
            id === "accountId" || id === "applicationId" ? ids[id]! : encodeURIComponent(segment ?? ids[id] ?? "x")
          )
          const query = queries.length === 0 ? "" : `?${param}=${encoded(value)}`
          const asked: World.Asked =
            body === undefined ? (form === "multipart" ? { form: new FormData() } : {}) : { body }
          const answered = yield* World.ask(method, filled + query, { as: World.operator, ...asked })
          expect([
            name,
            filled + query,
            JSON.stringify(body)?.slice(0, 300),
            answered.status,
            answered.text.slice(0, 300)
          ]).toSatisfy(() => answered.status < 500)
          if (answered.status >= 400) expect(answered.headers.get("content-type")).toBe("application/problem+json")
          seen.add(answered.status)
        }
      }
      for (const status of [200, 404, 422]) expect(seen).toContain(status)
      yield* TestClock.adjust("1 minute")
    }).pipe(Effect.provide(fussy))
  )

  it.effect("of headers, too", () =>
    Effect.gen(function* () {
      const { applicationId, key: as } = yield* World.tenant()
      const path = `/v1/applications/${applicationId}`
      for (const name of [
        "if-match",
        "if-none-match",
        "idempotency-key",
        "traceparent",
        "content-type",
        "authorization",
        "content-length"
      ])
        for (const value of FastCheck.sample(
          FastCheck.oneof(
            FastCheck.string(),
            FastCheck.constantFrom("", "*", '"', "00-0-0-0", "-1", "application/json;charset", "Bearer ", "Basic =")
          ),
          8
        )) {
          const legal = value.replace(/[^\x20-\x7e]/g, "")
          const put = yield* World.ask("PUT", path, { as, body: { name: "x" }, headers: { [name]: legal } })
          const post = yield* World.ask("POST", `${path}/sends/check`, {
            as,
            body: { to: "1", code: "1" },
            headers: { [name]: legal }
          })
          expect([name, legal, put.status < 500, post.status < 500]).toEqual([name, legal, true, true])
        }
    }).pipe(World.within())
  )
})
