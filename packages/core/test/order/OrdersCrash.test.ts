import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Order from "../../src/order/Order.ts"
import { faults, type Point } from "./CrashPoints.ts"
import { amount, type Ending, minute, name, play, type Story } from "./OrderLife.ts"

const pays = { payer: "pays" } as const
const waits = { payer: "waits" } as const
const card = { ...name, method: "card" } as const

const stories: ReadonlyArray<Story> = [
  { name: "pays at once", behaviours: [pays], buyer: (orders) => orders.pay(card), ends: ["fulfilled"] },
  {
    name: "is declined, and pays at the second attempt",
    behaviours: [{ payer: "insufficientFunds" }, pays],
    buyer: (orders) => Effect.zipRight(orders.pay(card), orders.pay(card)),
    ends: ["fulfilled"]
  },
  {
    name: "is declined, and gives up",
    behaviours: [{ payer: "insufficientFunds" }],
    buyer: (orders) => orders.pay(card),
    ends: ["expired"]
  },
  {
    name: "pays after five minutes",
    behaviours: [waits],
    buyer: (orders) => orders.pay(card),
    payerAt: 5 * minute,
    ends: ["fulfilled"]
  },
  {
    name: "never pays what waits",
    behaviours: [waits],
    buyer: (orders) => orders.pay(card),
    ends: ["expired"]
  },
  {
    name: "pays at the instant of the expiry",
    behaviours: [waits],
    buyer: (orders) => orders.pay(card),
    payerAt: 30 * minute,
    ends: ["fulfilled", "expired"]
  },
  {
    name: "pays, and the answer is lost",
    behaviours: [{ payer: "pays", answer: "lost" }],
    buyer: (orders) => orders.pay(card),
    ends: ["fulfilled"]
  },
  {
    name: "pays, and the request is lost",
    behaviours: [{ payer: "pays", answer: "undelivered" }],
    buyer: (orders) => orders.pay(card),
    ends: ["fulfilled"]
  },
  {
    name: "cancels what waits",
    behaviours: [waits],
    buyer: (orders) =>
      orders.pay(card).pipe(Effect.zipRight(Effect.sleep(2 * minute)), Effect.zipRight(orders.cancel(name))),
    ends: ["cancelled"]
  },
  {
    name: "cancels at the instant of the payment",
    behaviours: [waits],
    buyer: (orders) =>
      orders.pay(card).pipe(Effect.zipRight(Effect.sleep(2 * minute)), Effect.zipRight(orders.cancel(name))),
    payerAt: 2 * minute,
    ends: ["cancelled", "fulfilled"]
  },
  {
    name: "presses the button three times, and cancels as well",
    behaviours: [pays, pays, pays],
    buyer: (orders) =>
      Effect.all(
        [
          Effect.exit(orders.pay(card)),
          Effect.exit(orders.cancel(name)),
          Effect.exit(orders.pay(card)),
          Effect.exit(orders.pay(card))
        ],
        { concurrency: "unbounded" }
      ),
    ends: ["cancelled", "fulfilled"]
  },
  { name: "never comes", behaviours: [], buyer: () => Effect.void, ends: ["expired"] }
]

/** Each of the first and last operations, and every seventh of those between, where the same repeats for long. */
const placesOf = (operations: number): ReadonlyArray<number> =>
  Array.from({ length: operations }, (_, i) => i + 1).filter(
    (at) => at <= 10 || at > operations - 10 || at % 7 === 0 || process.env["NIGHTLY"] === "1"
  )

/** Charged once if and only if fulfilled once; everything comes to an end; what ended unpaid is let go. */
const expectSound = ({ freed, handedOver, order, payments }: Ending) => {
  expect(["fulfilled", "cancelled", "expired"]).toContain(order.status)
  const paid = order.status === "fulfilled" ? 1 : 0
  expect({ payments: payments.length, handedOver, freed }).toEqual({
    payments: paid,
    handedOver: paid,
    freed: 1 - paid
  })
  if (payments[0] === undefined) return
  expect(payments[0].attempt.amount).toBe(amount)
  expect(payments[0].paymentId).toBe(order.paymentId)
}

describe("PKG-10: charged once if and only if fulfilled once", () => {
  for (const story of stories) {
    it(`PKG-10: a buyer ${story.name}: as it should be`, () => {
      const ending = play(story, [])
      expectSound(ending)
      expect(story.ends).toContain(ending.order.status)
    })

    it(`PKG-10: a buyer ${story.name}: whichever operation fails, or is the last one before a crash`, async () => {
      const { operations } = play(story, [])
      for (const at of placesOf(operations)) {
        // Lets the test runner speak: simulated hours keep its thread busy.
        await new Promise<void>((resume) => void setImmediate(resume))
        for (const fault of faults) {
          const ending = play(story, [{ at, fault }])
          try {
            expectSound(ending)
          } catch (error) {
            throw new Error(`${fault} at ${at} of ${ending.trace.join(", ")}`, { cause: error })
          }
        }
      }
    }, 600_000)
  }

  it("PKG-10: several faults, fibers in any order", () => {
    const point: FastCheck.Arbitrary<Point> = FastCheck.record({
      at: FastCheck.integer({ min: 1, max: 40 }),
      fault: FastCheck.constantFrom(...faults)
    })
    FastCheck.assert(
      FastCheck.property(
        FastCheck.constantFrom(...stories),
        FastCheck.array(point, { maxLength: 4 }),
        FastCheck.infiniteStream(FastCheck.nat()),
        FastCheck.integer({ min: 16, max: 64 }),
        (story, points, picks, slice) => {
          const pick = (ready: number) => (picks.next().value ?? 0) % ready
          const ending = play(story, points, { pick, slice })
          expectSound(ending)
          if (points.length === 0) expect(story.ends).toContain(ending.order.status)
        }
      )
    )
  }, 600_000)
})

it("PKG-10: the stories reach every end", () => {
  const ends = new Set(stories.map((story) => play(story, []).order.status))
  expect([...ends].filter((status) => Order.Status.literals.includes(status)).sort()).toEqual([
    "cancelled",
    "expired",
    "fulfilled"
  ])
})
