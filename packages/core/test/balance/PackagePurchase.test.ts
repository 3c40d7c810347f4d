import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Account from "../../src/account/Account.ts"
import * as PackagePurchase from "../../src/balance/PackagePurchase.ts"
import * as Minutes from "../../src/money/Minutes.ts"
import * as Tariff from "../../src/money/Tariff.ts"
import * as Holdings from "../../src/number/Holdings.ts"
import * as Order from "../../src/order/Order.ts"
import * as Refusal from "../../src/Refusal.ts"
import * as Kinds from "../../src/storage/Kind.ts"

const now = Date.UTC(2026, 10, 23)
const day = 86_400_000

const enterprise: Account.State = { verification: "enterprise", openedAt: 1, activatedAt: 2 }

const holding = (expiresAt: number): Holdings.State => ({
  reserved: [],
  held: [
    {
      number: "075512345678",
      region: "广东深圳",
      since: expiresAt - 30 * day,
      expiresAt,
      autoRenew: false,
      terms: 1,
      renewal: { orders: 0, failures: 0 }
    }
  ]
})

interface Case {
  account?: Account.State
  holdings?: Holdings.State
  agreementAccepted?: boolean
  packages?: PackagePurchase.Request["packages"]
}

const fixed = { kind: "fixed", minutes: 10_000, quantity: 1 } as const

const buy = ({
  account = enterprise,
  agreementAccepted = true,
  holdings = holding(now + 1),
  packages = [fixed]
}: Case) =>
  PackagePurchase.buy(
    { now, priceList: Tariff.standard },
    { account, holdings, order: Kinds.fresh(Order.ref("account", "order")) },
    { packages, agreementAccepted }
  )

describe("refusals of a purchase", () => {
  const bad = { kind: "custom", minutes: 999 } as const
  /** What is broken in one row stays broken in the rows above it, so that each row shows who goes first. */
  const worst: Case = {
    account: { verification: "personal", openedAt: 1 },
    holdings: Holdings.initial,
    agreementAccepted: false,
    packages: [{ ...bad, quantity: 0 }]
  }
  const outOfRange = (supplied: number) => new Tariff.PackageQuantityOutOfRange({ supplied, minimum: 1, maximum: 100 })
  const minimum = Minutes.make(1_000)

  it.each<[string, Case, PackagePurchase.Refusal, string]>([
    ["the account is no enterprise", worst, new Account.NotEnterprise({ verification: "personal" }), "ACC-1"],
    [
      "the service is not activated",
      { ...worst, account: { verification: "enterprise", openedAt: 1 } },
      new Account.NotActivated(),
      "ACC-2"
    ],
    ["no number is held", { ...worst, account: enterprise }, new PackagePurchase.NumberMissing(), "PKG-5"],
    [
      "the only number has expired this moment",
      { ...worst, account: enterprise, holdings: holding(now) },
      new PackagePurchase.NumberMissing(),
      "PKG-5"
    ],
    [
      "the agreement is not ticked",
      { agreementAccepted: false, packages: worst.packages! },
      new PackagePurchase.AgreementMissing(),
      "PKG-5"
    ],
    ["nothing is bought", { packages: [] }, outOfRange(0), "PKG-6"],
    ["the quantity is 0", { packages: worst.packages! }, outOfRange(0), "PKG-6"],
    ["the quantity is 101", { packages: [{ ...bad, quantity: 101 }] }, outOfRange(101), "PKG-6"],
    ["the quantity is a fraction", { packages: [{ ...bad, quantity: 1.5 }] }, outOfRange(1.5), "PKG-6"],
    [
      "the quantities add up to 101",
      {
        packages: [
          { ...bad, quantity: 100 },
          { ...bad, quantity: 1 }
        ]
      },
      outOfRange(101),
      "PKG-6"
    ],
    [
      "one quantity is below nothing, and another makes up for it",
      {
        packages: [
          { ...bad, quantity: 2 },
          { ...bad, quantity: -1 }
        ]
      },
      outOfRange(-1),
      "PKG-6"
    ],
    [
      "a custom package is too small",
      { packages: [{ ...bad, quantity: 1 }] },
      new Tariff.CustomMinutesTooFew({ supplied: 999, minimum }),
      "PKG-2"
    ],
    [
      "a custom package is too large",
      { packages: [{ kind: "custom", minutes: 1_000_000_001, quantity: 1 }] },
      new Tariff.CustomMinutesTooMany({ supplied: 1_000_000_001, maximum: Minutes.make(1_000_000_000) }),
      "PKG-2"
    ],
    [
      "a custom package has half a minute",
      { packages: [{ kind: "custom", minutes: 1_000.5, quantity: 1 }] },
      new Tariff.CustomMinutesNotWhole({ supplied: 1_000.5 }),
      "PKG-2"
    ],
    [
      "no fixed package has this size",
      { packages: [{ ...fixed, minutes: 20_000 }] },
      new Tariff.FixedPackageUnknown({
        supplied: 20_000,
        expected: Tariff.standard.fixed.map(({ minutes }) => minutes)
      }),
      "PKG-1"
    ]
  ])("PKG-5: a purchase is refused where %s", (_, given, refusal, rule) => {
    expect(buy(given)).toEqual(Either.left(refusal))
    expect(Refusal.describe(refusal)?.rule).toBe(rule)
  })

  it("PKG-5: an account that lacks nothing gets an order over the exact price", () => {
    const { basket, parts } = Either.getOrThrow(
      buy({ packages: [fixed, { kind: "custom", minutes: 1_001, quantity: 2 }] })
    )
    expect(basket.packageCount).toBe(3)
    expect(parts.changes).toHaveLength(1)
    expect(parts.changes[0]?.state).toMatchObject({
      status: "created",
      accountId: "account",
      amount: 1_050_000 + 220_220,
      agreementAccepted: true,
      item: {
        _tag: "MinutePackages",
        packages: [
          { kind: "fixed", minutes: 10_000, quantity: 1 },
          { kind: "custom", minutes: 1_001, quantity: 2 }
        ]
      }
    })
    expect(parts.work).toEqual([
      { _tag: "Enqueue", queue: "orderExpiry", owner: "account", key: "order", dueAt: now + 1_800_000 }
    ])
  })
})

describe("what a paid order puts into the balance", () => {
  const packagesOf = (paidAt: number, quantity = 1) =>
    PackagePurchase.packagesOf({
      orderId: "order",
      item: { _tag: "MinutePackages", packages: [{ kind: "fixed", minutes: Minutes.make(10_000), quantity }] },
      paidAt
    })

  it("PKG-6: a quantity of n makes n packages with ids of their own, in the order of the basket", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.integer({ min: 1, max: 100 }), (quantity) => {
        const ids = packagesOf(now, quantity).map(({ packageId }) => packageId)
        expect(new Set(ids).size).toBe(quantity)
        expect(ids.toSorted()).toEqual(ids)
      })
    )
  })

  it.each([
    ["2026-11-23T09:30:00.123+08:00", "2028-11-23T09:30:00.123+08:00"],
    ["2024-02-29T23:59:59.999+08:00", "2026-02-28T23:59:59.999+08:00"],
    ["2026-02-28T00:00:00.000+08:00", "2028-02-28T00:00:00.000+08:00"],
    // In Shanghai it is the 29th already, in UTC still the 28th.
    ["2028-02-28T16:30:00.000Z", "2030-02-27T16:30:00.000Z"]
  ])("PKG-7: bought at %s, a package is effective five minutes later and valid until %s", (paid, until) => {
    const paidAt = Date.parse(paid)
    expect(packagesOf(paidAt)[0]).toMatchObject({
      purchasedAt: paidAt,
      effectiveAt: paidAt + 300_000,
      expiresAt: Date.parse(until)
    })
  })
})
