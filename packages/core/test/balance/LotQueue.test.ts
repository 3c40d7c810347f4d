import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { byDraw, type Lot } from "../../src/balance/Lot.ts"
import * as LotQueue from "../../src/balance/LotQueue.ts"
import * as Minutes from "../../src/money/Minutes.ts"

const lot = (packageId: string, expiresAt: number, purchasedAt = 0): Lot => ({
  packageId,
  purchasedAt,
  expiresAt,
  orderId: "order",
  kind: "custom",
  effectiveAt: 0,
  minutes: Minutes.make(1),
  free: Minutes.make(1),
  held: Minutes.zero,
  spent: Minutes.zero,
  expired: Minutes.zero
})

const lots = FastCheck.uniqueArray(
  FastCheck.record({
    id: FastCheck.integer({ min: 0, max: 999 }),
    expiresAt: FastCheck.integer({ min: 0, max: 50 }),
    purchasedAt: FastCheck.integer({ min: 0, max: 2 })
  }),
  { selector: ({ id }) => id, minLength: 1, maxLength: 200, size: "max" }
).map((list) => list.map(({ expiresAt, id, purchasedAt }) => lot(`p${id}`, expiresAt, purchasedAt)))

/** Numbers that follow from a seed. A stream of generated ones would take for ever to shrink. */
const choices = (seed: number) => {
  let state = seed
  return () => (state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff) >>> 8
}

describe("LotQueue", () => {
  it("BAL-3: is a sorted array, whatever comes and goes", () => {
    FastCheck.assert(
      FastCheck.property(lots, FastCheck.nat(), (list, seed) => {
        const pick = choices(seed)
        let queue = LotQueue.empty
        let model: Array<Lot> = []
        const agree = () => {
          expect(LotQueue.isSound(queue)).toBe(true)
          expect(LotQueue.toLots(queue)).toEqual(model)
          expect(LotQueue.first(queue)).toBe(model[0])
          expect(LotQueue.last(queue)).toBe(model.at(-1))
        }
        for (const one of list) {
          expect(LotQueue.find(queue, one)).toBe(-1)
          queue = LotQueue.insert(queue, one)
          model = [...model, one].sort(byDraw)
          const changed = model[pick() % model.length]!
          const place = LotQueue.find(queue, changed)
          expect(LotQueue.get(queue, place)).toBe(changed)
          const next = { ...changed, spent: Minutes.make(changed.spent + 1) }
          queue = LotQueue.set(queue, place, next)
          model = model.map((old) => (old === changed ? next : old))
          const after = pick() % 55
          expect(LotQueue.firstAfter(queue, after)).toBe(model.find(({ expiresAt }) => expiresAt > after))
        }
        agree()
        while (model.length > 0) {
          const gone = model[pick() % model.length]!
          queue = LotQueue.remove(queue, LotQueue.find(queue, gone))
          model = model.filter((old) => old !== gone)
          if (model.length % 10 === 0) agree()
        }
        expect(queue.chunks).toEqual([])
      }),
      { numRuns: 50 }
    )
  })

  it("BAL-3: equal expiry and purchase time leave the order to the id", () => {
    const queue = LotQueue.fromLots([lot("c", 5), lot("a", 5), lot("b", 4), lot("d", 5, -1)])
    expect(LotQueue.toLots(queue).map(({ packageId }) => packageId)).toEqual(["b", "d", "a", "c"])
  })

  it("BAL-5: a lot cannot be in it twice, and a place without a lot is a defect", () => {
    const queue = LotQueue.fromLots([lot("a", 5)])
    expect(() => LotQueue.insert(queue, lot("a", 5))).toThrow("already")
    expect(() => LotQueue.get(queue, 7)).toThrow("none")
  })

  it("BAL-3: stays in few chunks, also where it was filled in order or emptied from the front", () => {
    let queue = LotQueue.empty
    for (let i = 0; i < 1_000; i++) queue = LotQueue.insert(queue, lot(`p${i}`, i))
    expect(queue.chunks.length).toBe(32)
    const shuffled = Array.from({ length: 1_000 }, (_, i) => (i * 617) % 1_000)
    for (const i of shuffled.slice(0, 900)) queue = LotQueue.remove(queue, LotQueue.find(queue, lot(`p${i}`, i)))
    expect(queue.size).toBe(100)
    expect(queue.chunks.length).toBeLessThan(20)
  })

  it("BAL-9: is stored as the array of its lots", () => {
    const encode = Schema.encodeSync(LotQueue.FromLots)
    const decode = Schema.decodeSync(LotQueue.FromLots)
    FastCheck.assert(
      FastCheck.property(lots, (list) => {
        const queue = LotQueue.fromLots(list)
        const read = decode(JSON.parse(JSON.stringify(encode(queue))))
        expect(read).toBeInstanceOf(LotQueue.LotQueue)
        expect(LotQueue.toLots(read)).toEqual(LotQueue.toLots(queue))
        expect(LotQueue.isSound(read)).toBe(true)
      })
    )
  })
})
