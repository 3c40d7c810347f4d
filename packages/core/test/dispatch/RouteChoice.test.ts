import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { mismatch, Route, type Traits } from "../../src/dispatch/Route.ts"
import * as RouteChoice from "../../src/dispatch/RouteChoice.ts"
import * as RouteHealth from "../../src/dispatch/RouteHealth.ts"
import * as RouteLoad from "../../src/dispatch/RouteLoad.ts"

const { choose, draw, outlook } = RouteChoice

const traits: Traits = { kind: "code", operator: "mobile", region: "北京" }
const env: RouteChoice.Env = { now: 1_000, draw: 0, balance: "weighted" }

type RouteParts = Partial<Parameters<typeof Route.make>[0]>

const candidate = (
  id: string,
  parts: RouteParts = {},
  live: Partial<Omit<RouteChoice.Candidate, "route">> = {}
): RouteChoice.Candidate => ({
  route: Route.make({ id, channel: "c", maxConcurrent: 2, callsPerSecond: 10, ...parts }),
  health: RouteHealth.initial,
  load: RouteLoad.idle,
  ...live
})

const open: RouteHealth.RouteHealth = { _tag: "Open", since: 0, until: 5_000, openings: 1 }

/** In the order in which they are asked: a route with all obstacles at once is passed over for the first. */
const obstacles: ReadonlyArray<
  readonly [RouteChoice.Why, RouteParts, Partial<Omit<RouteChoice.Candidate, "route">>, tried?: true]
> = [
  ["kind", { kinds: ["activity"] }, {}],
  ["operator", { operators: ["telecom", "unknown"] }, {}],
  ["region", { regions: ["上海"] }, {}],
  ["tried", {}, {}, true],
  ["unhealthy", {}, { health: open }],
  ["full", {}, { load: { active: 2, nextAtMicros: 0 } }],
  ["rate", {}, { load: { active: 1, nextAtMicros: 1_001_000 } }],
  ["priority", { priority: 1 }, {}],
  ["share", {}, {}]
]

describe("RouteChoice", () => {
  it.each(obstacles.map(([why], i) => [why, i] as const))(
    "SND-9: a route is passed over for %s, and for nothing that is asked later",
    (why, index) => {
      const rest = obstacles.slice(index)
      const parts: RouteParts = Object.assign({}, ...rest.map(([, parts]) => parts))
      // `full` is asked before `rate`, so its load stands where both would.
      const live = Object.assign({}, ...rest.toReversed().map(([, , live]) => live))
      const tried = rest.some(([, , , tried]) => tried === true) ? ["bad"] : []
      const { chosen, passedOver } = choose(env, traits, [candidate("good"), candidate("bad", parts, live)], tried)
      expect(chosen?.route.id).toBe("good")
      expect(passedOver).toEqual([{ route: "bad", why }])
    }
  )

  it("SND-9: kind, operator and region: an absent list lets all through, an unknown callee only where it is named", () => {
    const all = candidate("r").route
    const some = candidate("r", { kinds: ["code"], operators: ["mobile", "unknown"], regions: ["北京"] }).route
    expect(mismatch(all, { kind: "activity", operator: "unknown" })).toBeUndefined()
    expect(mismatch(some, traits)).toBeUndefined()
    expect(mismatch(some, { ...traits, operator: "unknown" })).toBeUndefined()
    expect(mismatch(some, { ...traits, operator: "unicom" })).toBe("operator")
    expect(mismatch(some, { ...traits, region: undefined })).toBe("region")
    expect(mismatch(some, { ...traits, kind: "notification" })).toBe("kind")
  })

  it("SND-9: a worse priority is used when every better route is out of use", () => {
    const better = candidate("better", { priority: 1 }, { health: open })
    const worse = candidate("worse", { priority: 2 })
    const worst = candidate("worst", { priority: 3 })
    const choice = choose(env, traits, [worst, better, worse], [])
    expect(choice.chosen?.route.id).toBe("worse")
    expect(choice.passedOver).toEqual([
      { route: "worst", why: "priority" },
      { route: "better", why: "unhealthy" }
    ])
  })

  it("SND-9: weights share the calls out", () => {
    const routes = [candidate("a", { weight: 1 }), candidate("b", { weight: 3 })]
    const at = (luck: number) => choose({ ...env, draw: luck }, traits, routes, []).chosen?.route.id
    expect([0, 0.249, 0.25, 0.5, 0.999].map(at)).toEqual(["a", "a", "b", "b", "b"])
    const counts = new Map<string, number>()
    for (let i = 0; i < 4_000; i++) {
      const id = at(draw(`018f${i.toString(16).padStart(28, "0")}`, 0))!
      counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    expect(counts.get("b")! / 4_000).toBeCloseTo(0.75, 1)
  })

  it("SND-9: the least loaded has the smallest part of its capacity in use, and weights decide among equals", () => {
    const load = (active: number) => ({ load: { active, nextAtMicros: 0 } })
    const routes = [
      candidate("half", { maxConcurrent: 10 }, load(5)),
      candidate("tenth", { maxConcurrent: 10 }, load(1)),
      candidate("tenth too", { maxConcurrent: 100, weight: 3 }, load(10))
    ]
    const at = (luck: number) =>
      choose({ ...env, balance: "leastLoaded", draw: luck }, traits, routes, []).chosen?.route.id
    expect([0, 0.24, 0.26, 0.99].map(at)).toEqual(["tenth", "tenth", "tenth too", "tenth too"])
  })

  it("SND-9: the draw of a send is always the same, differs from try to try, and is spread evenly", () => {
    expect(draw("send", 0)).toBe(draw("send", 0))
    expect(draw("send", 0)).not.toBe(draw("send", 1))
    const buckets = Array.from({ length: 10 }, () => 0)
    for (let i = 0; i < 10_000; i++) buckets[Math.floor(draw(`${i}`, i % 3) * 10)]!++
    for (const bucket of buckets) expect(Math.abs(bucket - 1_000)).toBeLessThan(150)
  })

  it("SND-9: what to hope for when no route is left", () => {
    const over = (...whys: ReadonlyArray<RouteChoice.Why>) => outlook(whys.map((why, i) => ({ route: `r${i}`, why })))
    expect(over()).toBe("never")
    expect(over("kind", "operator", "region")).toBe("never")
    expect(over("kind", "unhealthy")).toBe("later")
    expect(over("tried")).toBe("later")
    expect(over("unhealthy", "tried", "rate")).toBe("soon")
    expect(over("full")).toBe("soon")
  })

  const candidates = FastCheck.uniqueArray(
    FastCheck.record({
      id: FastCheck.nat({ max: 30 }).map((n) => `r${n}`),
      kinds: FastCheck.constantFrom(undefined, ["code"] as const, ["activity"] as const),
      operators: FastCheck.constantFrom(undefined, ["mobile"] as const, ["telecom"] as const),
      regions: FastCheck.constantFrom(undefined, ["北京"] as const, ["上海"] as const),
      priority: FastCheck.nat({ max: 2 }),
      weight: FastCheck.integer({ min: 1, max: 5 }),
      health: FastCheck.constantFrom(RouteHealth.initial, open),
      active: FastCheck.nat({ max: 2 }),
      nextAtMicros: FastCheck.constantFrom(0, 2_000_000)
    }),
    { selector: ({ id }) => id, maxLength: 8 }
  ).map((all) =>
    all.map(({ active, health, id, nextAtMicros, ...parts }) =>
      candidate(id, parts, { health, load: { active, nextAtMicros } })
    )
  )
  const luck = FastCheck.double({ min: 0, max: 0.999999, noNaN: true })
  const balance = FastCheck.constantFrom<RouteChoice.Balance>("weighted", "leastLoaded")

  it("SND-9: a route is chosen if any can be used, one that can, of the best priority; all others are accounted for", () => {
    const triedIds = FastCheck.subarray(Array.from({ length: 31 }, (_, n) => `r${n}`))
    FastCheck.assert(
      FastCheck.property(candidates, triedIds, luck, balance, (routes, tried, draw, balance) => {
        const { chosen, passedOver } = choose({ now: 1_000, draw, balance }, traits, routes, tried)
        const usable = routes.filter(
          ({ health, load, route }) =>
            mismatch(route, traits) === undefined &&
            !tried.includes(route.id) &&
            health._tag === "Closed" &&
            load.active < route.maxConcurrent &&
            load.nextAtMicros <= 1_000_000
        )
        const best = Math.min(...usable.map(({ route }) => route.priority))
        const finalists = usable.filter(({ route }) => route.priority === best)
        expect(finalists.length === 0 ? [undefined] : finalists).toContain(chosen)
        const others = routes.filter((one) => one !== chosen)
        expect(passedOver.map(({ route }) => route)).toEqual(others.map(({ route }) => route.id))
        for (const [i, { why }] of passedOver.entries())
          expect(usable.includes(others[i]!)).toBe(why === "priority" || why === "share")
      })
    )
  })

  it("SND-9: the same facts lead to the same route", () => {
    FastCheck.assert(
      FastCheck.property(candidates, luck, balance, (routes, draw, balance) => {
        const again = () => choose({ now: 1_000, draw, balance }, traits, routes, [])
        expect(again()).toEqual(again())
      })
    )
  })
})
