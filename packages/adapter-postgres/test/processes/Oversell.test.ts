import { describe, expect, it } from "vitest"
import * as TestDatabase from "../server/TestDatabase.ts"
import * as Oversell from "./Oversell.ts"

const long = process.env["NIGHTLY"] === "1"

describe("the oversell contest", () => {
  for (const sessions of [1, 3])
    it(`BAL-5, BAL-7: 8 processes of ${sessions} connections sell 1,000 minutes exactly once`, async () => {
      const attempts = long ? 10_000 : 2_400
      const { accepted, millis, refused, stored } = await Oversell.run({
        url: await TestDatabase.create(),
        minutes: 1_000,
        attempts,
        processes: 8,
        sessions
      })
      console.log(`${attempts} attempts of 8 processes in ${Math.round(millis)} ms`)
      expect(accepted.length).toBe(1_000)
      expect(refused).toEqual({ NotEnoughMinutes: attempts - 1_000 })
      expect(accepted.every(([, holdMinutes]) => holdMinutes === 1)).toBe(true)
      // Whoever was told yes is there, and nobody else is.
      expect(stored.sends.toSorted()).toEqual(accepted.map(([sendId]) => sendId).toSorted())
      expect(stored).toMatchObject({ available: 0, held: 1_000, refusals: attempts - 1_000, counted: 1_000 })
      // Bought, and held a thousand times: no entry is missing and none is twice.
      expect([stored.entries, stored.sequence]).toEqual([stored.sequence, stored.entries])
    }, 120_000)
})
