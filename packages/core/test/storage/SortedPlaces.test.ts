import { describe, expect, it } from "vitest"
import * as FastCheck from "effect/FastCheck"
import { type Place, SortedPlaces } from "../../src/storage/internal/SortedPlaces.ts"
import { fresh } from "../../src/storage/Kind.ts"
import { slipRef } from "../../src/testing/Specimen.ts"

const place = (at: number, key: string, owner: string): Place => ({
  partition: "all",
  at,
  key,
  listed: { row: fresh(slipRef(owner, key)) }
})

const order = (a: Place, b: Place): number => {
  const [left, right] = [a.listed.row.ref, b.listed.row.ref]
  return a.at - b.at || compare(left.key, right.key) || compare(left.owner, right.owner)
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const names = (places: ReadonlyArray<Place>) => places.map(({ at, listed: { row } }) => `${at} ${row.ref.key}`)

/** So many places that chunks are split and given up. */
const many = FastCheck.record({
  at: FastCheck.uniqueArray(FastCheck.tuple(FastCheck.nat(40), FastCheck.nat(300)), {
    minLength: 600,
    maxLength: 3_000,
    selector: ([at, key]) => at * 1_000 + key,
    size: "max"
  }),
  keep: FastCheck.nat(9),
  from: FastCheck.option(FastCheck.nat(41), { nil: undefined }),
  until: FastCheck.option(FastCheck.nat(41), { nil: undefined }),
  limit: FastCheck.integer({ min: 1, max: 700 }),
  descending: FastCheck.boolean()
})

describe("SortedPlaces", () => {
  it("STA-3: however many rows come and go, pages hold the same as a sorted array", () => {
    FastCheck.assert(
      FastCheck.property(many, ({ at, descending, from, keep, limit, until }) => {
        const places = at.map(([time, key]) => place(time, String(key).padStart(3, "0"), "somebody"))
        const sorted = new SortedPlaces(places[0]!)
        for (const one of places.slice(1)) sorted.add(one)
        const left = places.filter((one, i) => {
          const stays = i % 10 <= keep
          if (!stays) sorted.remove(one)
          return stays
        })
        const inRange = left
          .filter((one) => (from === undefined || one.at >= from) && (until === undefined || one.at < until))
          .toSorted(order)
        if (descending) inRange.reverse()
        const found: Array<Place> = []
        for (;;) {
          const last = found.at(-1)
          const after = last === undefined ? undefined : { at: last.at, key: last.listed.row.ref.key }
          const range = { ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }) }
          const page = sorted.page({ ...range, after, limit, descending })
          found.push(...page)
          if (page.length < limit) break
        }
        expect(names(found)).toEqual(names(inRange))
        for (const one of left) sorted.remove(one)
        expect(sorted.isEmpty).toBe(true)
      }),
      { numRuns: 60 }
    )
  })
})
