import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import type { Lot } from "../../src/balance/Lot.ts"
import * as MinutePackage from "../../src/balance/MinutePackage.ts"
import * as Minutes from "../../src/money/Minutes.ts"

const m = Minutes.make

const lot = (places: Partial<Record<"free" | "held" | "spent" | "expired", number>>): Lot => {
  const { expired = 0, free = 0, held = 0, spent = 0 } = places
  return {
    packageId: "package",
    purchasedAt: 0,
    effectiveAt: 100,
    expiresAt: 200,
    orderId: "order",
    kind: "fixed",
    minutes: m(free + held + spent + expired),
    free: m(free),
    held: m(held),
    spent: m(spent),
    expired: m(expired)
  }
}

describe("the package list", () => {
  it.each<[string, Lot, number, MinutePackage.Status, number, number]>([
    ["before it takes effect", lot({ free: 10 }), 99, "notYetEffective", 10, 0],
    ["from the instant on", lot({ free: 10 }), 100, "active", 10, 0],
    ["to the last instant", lot({ free: 4, spent: 6 }), 199, "active", 4, 0],
    ["with all that is left on hold", lot({ held: 1, spent: 9 }), 150, "active", 1, 0],
    ["with all spent", lot({ spent: 10 }), 150, "usedUp", 0, 0],
    ["with all spent, after its date", lot({ spent: 10 }), 300, "usedUp", 0, 0],
    ["at its date, nobody having written off the rest", lot({ free: 4, spent: 6 }), 200, "expired", 0, 4],
    ["at its date, with minutes on hold", lot({ held: 2, spent: 6, expired: 2 }), 200, "expired", 2, 2],
    ["after its date", lot({ spent: 6, expired: 4 }), 300, "expired", 0, 4]
  ])("PKG-8: a package is shown %s", (_, given, now, status, remaining, expired) => {
    expect(MinutePackage.viewOfLot(given, now)).toMatchObject({
      packageId: "package",
      name: "固定套餐包 10 分钟",
      minutes: 10,
      remaining,
      expired,
      validUntil: 200,
      status
    })
  })

  it("PKG-8: a closed package is used up or expired, and is shown as it was before it was closed", () => {
    for (const closed of [lot({ spent: 10 }), lot({ spent: 6, expired: 4 }), lot({ expired: 3 })])
      expect(MinutePackage.viewOfClosed(MinutePackage.closed("account", closed))).toEqual(
        MinutePackage.viewOfLot(closed, 300)
      )
  })

  it("PKG-8: pages of open and closed packages together are the whole list, the newest first, each once", () => {
    const views = FastCheck.uniqueArray(
      FastCheck.record({
        id: FastCheck.integer({ min: 0, max: 99 }),
        at: FastCheck.integer({ min: 0, max: 5 }),
        place: FastCheck.constantFrom("open", "closed", "both")
      }),
      { selector: ({ id }) => id, maxLength: 30 }
    )
    FastCheck.assert(
      FastCheck.property(views, FastCheck.integer({ min: 1, max: 7 }), (given, limit) => {
        const all = given
          .map(({ at, id, place }) => ({
            place,
            view: { ...MinutePackage.viewOfLot(lot({ free: 1 }), 150), packageId: `p${id}`, purchasedAt: at }
          }))
          .sort(({ view: a }, { view: b }) => b.purchasedAt - a.purchasedAt || (a.packageId < b.packageId ? 1 : -1))
        const shown: Array<string> = []
        let after: { at: number; key: string } | undefined
        do {
          const from = after
          const closed = all
            .filter(({ place }) => place !== "open")
            .map(({ view }) => view)
            .filter(
              ({ packageId, purchasedAt }) =>
                from === undefined || purchasedAt < from.at || (purchasedAt === from.at && packageId < from.key)
            )
            .slice(0, limit)
          const open = all.filter(({ place }) => place !== "closed").map(({ view }) => view)
          const page = MinutePackage.merge({ open, closed, after, limit })
          shown.push(...page.map(({ packageId }) => packageId))
          const last = page.length === limit ? page.at(-1) : undefined
          after = last === undefined ? undefined : { at: last.purchasedAt, key: last.packageId }
        } while (after !== undefined)
        expect(shown).toEqual(all.map(({ view }) => view.packageId))
      })
    )
  })
})
