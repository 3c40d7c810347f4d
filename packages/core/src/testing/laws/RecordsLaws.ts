/**
 * Rules: the laws of the port `Records`, the read side: lists by index, sums of tallies, erasure.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Decision from "../../storage/Decision.ts"
import { Journal } from "../../storage/Journal.ts"
import { type Cursor, Records, type TallyGroup, type TallySum } from "../../storage/Records.ts"
import { expect, expectEqual, forAll, type Law } from "../Law.ts"
import { purse, purseRef, slip, slipRef } from "../Specimen.ts"

const label = (
  owner: string,
  key: string,
  text: string | null,
  at: number,
  also?: Parameters<typeof Decision.change>[2]
) =>
  Effect.flatMap(Journal, (journal) =>
    journal.transact([purseRef(owner, key)], ([row]) =>
      Either.right(
        Decision.make(undefined, { changes: [Decision.change(row, [{ _tag: "Labelled", label: text, at }], also)] })
      )
    )
  )

/** All keys of an index, `limit` at a time. */
const pages = (partition: string, query: { from?: number; until?: number; limit: number; descending: boolean }) =>
  Effect.gen(function* () {
    const records = yield* Records
    const keys: Array<string> = []
    let after: Cursor | undefined
    for (;;) {
      const page = yield* records.list({ kind: purse, index: "byLabel", partition, after, ...query })
      yield* expect(page.items.length <= query.limit, "no page above its limit")
      keys.push(...page.items.map((row) => row.ref.key))
      if (page.next === undefined) return keys
      after = page.next
    }
  })

/** Few, so that rows share them: what is at one time is ordered by key, and a page may end there. */
const time = FastCheck.integer({ min: 0, max: 3 })

const listed: Law<Journal | Records> = forAll({
  rules: ["STA-3", "PKG-8", "TPL-10"],
  sentence: "a list holds exactly the rows whose last state is in its index and range, in order, page by page",
  given: FastCheck.record({
    writes: FastCheck.array(
      FastCheck.record({
        key: FastCheck.constantFrom("a", "b", "c", "d", "e", "f", "g"),
        label: FastCheck.constantFrom("red", "red", "blue", null),
        at: time
      }),
      { maxLength: 20, size: "max" }
    ),
    from: FastCheck.option(time, { nil: undefined, freq: 1 }),
    until: FastCheck.option(time, { nil: undefined, freq: 1 }),
    limit: FastCheck.integer({ min: 1, max: 4 }),
    descending: FastCheck.boolean()
  }),
  then: ({ descending, from, limit, until, writes }, name) =>
    Effect.gen(function* () {
      const last = new Map<string, { label: string | null; at: number }>()
      for (const write of writes) {
        yield* label(name, write.key, write.label === null ? null : `${name}-${write.label}`, write.at)
        last.set(write.key, { label: write.label, at: write.at })
      }
      const wanted = Array.from(last)
        .filter(([, row]) => row.label === "red")
        .filter(([, row]) => (from === undefined || row.at >= from) && (until === undefined || row.at < until))
        .sort(([a, x], [b, y]) => x.at - y.at || (a < b ? -1 : 1))
        .map(([key]) => key)
      if (descending) wanted.reverse()
      const range = { ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }) }
      yield* expectEqual(yield* pages(`${name}-red`, { ...range, limit, descending }), wanted, "the keys listed")
    })
})

const steadyPaging: Law<Journal | Records> = forAll({
  rules: ["STA-6"],
  sentence: "a cursor misses nothing and repeats nothing that stays in place, whatever comes and goes meanwhile",
  given: FastCheck.record({
    rows: FastCheck.uniqueArray(FastCheck.integer({ min: 0, max: 30 }), { minLength: 3, maxLength: 12 }),
    gone: FastCheck.integer({ min: 0, max: 2 }),
    added: FastCheck.integer({ min: 0, max: 30 })
  }),
  then: ({ added, gone, rows }, name) =>
    Effect.gen(function* () {
      const records = yield* Records
      const key = (at: number) => `k${String(at).padStart(2, "0")}`
      for (const at of rows) yield* label(name, key(at), name, at)
      const order = rows.toSorted((a, b) => a - b)
      const query = { kind: purse, index: "byLabel", partition: name, limit: 3 }
      const first = yield* records.list(query)
      yield* label(name, key(order[gone]!), null, 0)
      yield* label(name, `new${added}`, name, added)
      const seen = first.items.map((row) => row.ref.key)
      let after = first.next
      while (after !== undefined) {
        const page = yield* records.list({ ...query, after })
        seen.push(...page.items.map((row) => row.ref.key))
        after = page.next
      }
      const steady = order.map(key).filter((one) => one !== key(order[gone]!))
      yield* expectEqual(
        seen.filter((one) => steady.includes(one)),
        steady,
        "the rows that stayed"
      )
      yield* expectEqual(new Set(seen).size, seen.length, "rows seen twice")
    })
})

const groups: ReadonlyArray<TallyGroup> = ["total", "hour", "day", "template", "reason", "application"]

const sums: Law<Journal | Records> = forAll({
  rules: ["STA-7", "STA-2", "STA-4", "STA-5", "ACC-4"],
  sentence: "sums of tallies equal a recount, for every grouping, range and filter; days begin at Shanghai's midnight",
  given: FastCheck.record({
    tallies: FastCheck.array(
      FastCheck.record({
        applicationId: FastCheck.constantFrom("1400000001", "1400000002"),
        templateId: FastCheck.constantFrom("1", "2"),
        hour: FastCheck.integer({ min: 480_000, max: 480_060 }),
        reason: FastCheck.constantFrom("", "busy", "noAnswer"),
        sends: FastCheck.nat(3),
        answered: FastCheck.nat(3),
        failed: FastCheck.nat(3),
        minutes: FastCheck.nat(1_000_000)
      }),
      { maxLength: 25 }
    ),
    // Days are where mistakes are made: half of the runs look at them.
    by: FastCheck.oneof(FastCheck.constant<TallyGroup>("day"), FastCheck.constantFrom(...groups)),
    applicationId: FastCheck.constantFrom("1400000001", undefined),
    templateId: FastCheck.constantFrom("2", undefined),
    range: FastCheck.oneof(
      FastCheck.constant([0, 1_000_000] as const),
      FastCheck.tuple(
        FastCheck.integer({ min: 480_000, max: 480_060 }),
        FastCheck.integer({ min: 480_000, max: 480_060 })
      )
    )
  }),
  then: ({ applicationId, by, range: [fromHour, untilHour], tallies, templateId }, name) =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const records = yield* Records
      for (const tally of tallies) {
        yield* journal.transact([purseRef(name)], () =>
          Either.right(
            Decision.make(undefined, {
              tallies: [
                { owner: name, ...tally },
                { owner: `${name}-other`, ...tally }
              ]
            })
          )
        )
      }
      const recount = new Map<string | number, TallySum>()
      for (const tally of tallies) {
        if (tally.hour < fromHour || tally.hour >= untilHour) continue
        if (applicationId !== undefined && tally.applicationId !== applicationId) continue
        if (templateId !== undefined && tally.templateId !== templateId) continue
        const group = {
          total: "",
          hour: tally.hour,
          // A second way to the Shanghai day: what a UTC calendar shows eight hours later.
          day: Date.parse(new Date((tally.hour + 8) * 3_600_000).toISOString().slice(0, 10)) / 86_400_000,
          template: tally.templateId,
          reason: tally.reason,
          application: tally.applicationId
        }[by]
        const sum = recount.get(group) ?? { group, sends: 0, answered: 0, failed: 0, minutes: 0 }
        recount.set(group, {
          group,
          sends: sum.sends + tally.sends,
          answered: sum.answered + tally.answered,
          failed: sum.failed + tally.failed,
          minutes: sum.minutes + tally.minutes
        })
      }
      const counted = yield* records.sum({ owner: name, applicationId, templateId, fromHour, untilHour, by })
      const inOrder = Array.from(recount.values()).sort((a, b) => (a.group < b.group ? -1 : 1))
      // A group whose counts are all zero may be there or not.
      const real = (sum: TallySum) => sum.sends + sum.answered + sum.failed + sum.minutes > 0
      yield* expectEqual(counted.filter(real), inOrder.filter(real), `sums by ${by}`)
    })
})

const purged: Law<Journal | Records> = forAll({
  rules: ["SND-6", "QUA-2", "SND-8"],
  sentence: "at its expiry, and not before, personal data goes and leaves state and events; ephemeral rows go wholly",
  given: FastCheck.record({
    expiries: FastCheck.array(FastCheck.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }),
    now: FastCheck.integer({ min: 0, max: 10 }),
    limit: FastCheck.integer({ min: 1, max: 5 })
  }),
  then: ({ expiries, limit, now }, name) =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const records = yield* Records
      // What earlier runs left behind is not counted here.
      while ((yield* records.purge({ now: 10, limit: 1_000 })) === 1_000);
      for (const [i, expiresAt] of expiries.entries()) {
        yield* label(name, `p${i}`, "kept", 1, { personal: { name: `${name}-holder` }, expiresAt })
        yield* journal.transact([slipRef(name, `s${i}`)], ([row]) =>
          Either.right(
            Decision.make(undefined, {
              changes: [Decision.change(row, [{ _tag: "Written", text: "x", at: 1 }], { expiresAt })]
            })
          )
        )
      }
      const due = expiries.filter((expiresAt) => expiresAt <= now).length * 2
      let total = 0
      for (;;) {
        const count = yield* records.purge({ now, limit })
        yield* expect(count <= limit, "no more than the limit at once")
        total += count
        if (count < limit) break
      }
      yield* expectEqual(total, due, "rows purged")
      for (const [i, expiresAt] of expiries.entries()) {
        const row = yield* journal.load(purseRef(name, `p${i}`))
        const gone = expiresAt <= now
        yield* expectEqual(
          [row.state.label, row.personal?.name],
          ["kept", gone ? undefined : `${name}-holder`],
          "a purse"
        )
        const history = yield* journal.history(purseRef(name, `p${i}`), { after: 0, limit: 9 })
        yield* expectEqual(history.length, 1, "its events")
        yield* expectEqual((yield* journal.load(slipRef(name, `s${i}`))).version, gone ? 0 : 1, "a slip")
      }
      const held = yield* records.list({ kind: purse, index: "byHolder", partition: `${name}-holder`, limit: 100 })
      const slips = yield* records.list({ kind: slip, index: "all", partition: "all", limit: 1_000 })
      const left = expiries.length - due / 2
      yield* expectEqual(
        [held.items.length, slips.items.filter((row) => row.ref.owner === name).length],
        [left, left],
        "what is still listed"
      )
    })
})

export const laws: ReadonlyArray<Law<Journal | Records>> = [listed, steadyPaging, sums, purged]
