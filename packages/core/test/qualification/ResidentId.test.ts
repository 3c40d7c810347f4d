import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as ResidentId from "../../src/qualification/ResidentId.ts"

const now = Date.parse("2026-11-23T12:00:00+08:00")

/** A second reading of the standard: ISO 7064 MOD 11-2 as a recursion, digit after digit. */
const oracle = (id: string): boolean => {
  let p = 0
  for (const digit of id.slice(0, 17)) p = ((p + Number(digit)) * 2) % 11
  return (p + (id[17] === "X" ? 10 : Number(id[17]))) % 11 === 1
}

const check = (body: string): string => body + [..."0123456789X"].find((last) => oracle(body + last))!

/** The examples that the standard itself gives, a man and a woman. */
const published = ["11010519491231002X", "440524188001010014"]

const problem = (text: string, at = now) =>
  Either.match(ResidentId.parse(text, { now: at }), { onLeft: (e) => e.problem, onRight: () => "none" })

/** Born on `date` (yyyymmdd) in Beijing, Dongcheng. */
const born = (date: string) => check(`110101${date}123`)

describe("ResidentId", () => {
  for (const id of published) it(`QUA-4: the standard's example ${id} is right`, () => expect(problem(id)).toBe("none"))

  it("QUA-4: each body has exactly one check character, the one that a second implementation finds", () => {
    const day = FastCheck.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2020, 0, 1) })
    FastCheck.assert(
      FastCheck.property(day, FastCheck.integer({ min: 0, max: 999 }), (at, order) => {
        const date = new Date(at).toISOString().slice(0, 10).replaceAll("-", "")
        const body = `440301${date}${String(order).padStart(3, "0")}`
        const valid = [..."0123456789X"].filter((last) => problem(body + last) === "none")
        expect(valid).toEqual([..."0123456789X"].filter((last) => oracle(body + last)))
        expect(valid.length).toBe(1)
      })
    )
  })

  it("QUA-4: every corruption of one character, and every swap of two neighbours, is caught", () => {
    for (const id of [...published, born("19900307"), born("20000229")]) {
      for (let i = 0; i < 18; i++) {
        for (const other of [..."0123456789X", "A", "０", "中"]) {
          if (other !== id[i]) expect(problem(id.slice(0, i) + other + id.slice(i + 1))).not.toBe("none")
        }
        if (i < 17 && id[i] !== id[i + 1]) {
          expect(problem(id.slice(0, i) + id[i + 1]! + id[i]! + id.slice(i + 2))).not.toBe("none")
        }
      }
    }
  })

  it("QUA-4: a birth is on a day that the calendar has: all dates of four years against another calendar", () => {
    for (const year of [1900, 1999, 2000, 2024]) {
      for (let month = 0; month <= 13; month++) {
        for (let day = 0; day <= 32; day++) {
          const [mm, dd] = [String(month).padStart(2, "0"), String(day).padStart(2, "0")]
          const date = new Date(Date.UTC(year, month - 1, day))
          const real = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCFullYear() === year
          expect(problem(born(`${year}${mm}${dd}`))).toBe(real ? "none" : "birthDate")
        }
      }
    }
  })

  it("QUA-4: nobody is born after today, by the Shanghai calendar", () => {
    const midnight = Date.parse("2026-11-24T00:00:00+08:00")
    expect(problem(born("20261124"), midnight)).toBe("none")
    expect(problem(born("20261124"), midnight - 1)).toBe("birthDate")
    expect(problem(born("20270101"), midnight)).toBe("birthDate")
    expect(problem(born("17991231"))).toBe("birthDate")
  })

  it("QUA-4: of all first pairs, the provinces are right", () => {
    const found: Array<number> = []
    for (let pair = 0; pair < 100; pair++) {
      if (problem(check(`${String(pair).padStart(2, "0")}010119900307123`)) === "none") found.push(pair)
    }
    const [north, northEast, east] = [
      [11, 12, 13, 14, 15],
      [21, 22, 23],
      [31, 32, 33, 34, 35, 36, 37]
    ]
    const [south, southWest, northWest] = [
      [41, 42, 43, 44, 45, 46],
      [50, 51, 52, 53, 54],
      [61, 62, 63, 64, 65]
    ]
    expect(found).toEqual([...north, ...northEast, ...east, ...south, ...southWest, ...northWest, 71, 81, 82, 83])
  })

  it("QUA-4: what is wrong is named, the first of it", () => {
    expect(problem("")).toBe("length")
    // The numbers of before 1999 had 15 digits.
    expect(problem("110105491231002")).toBe("length")
    expect(problem("1101051949123100XX")).toBe("character")
    expect(problem("91010519491231002X")).toBe("region")
    expect(problem("11010519491331002X")).toBe("birthDate")
    expect(problem("110105194912310021")).toBe("checkCharacter")
  })

  it("QUA-4: a small x and white space around are forgiven, and corrected", () => {
    expect(ResidentId.parse(" 11010519491231002x ", { now })).toEqual(Either.right("11010519491231002X"))
  })

  it("QUA-2: shown again, a number keeps its first and last character alone", () => {
    expect(ResidentId.mask("11010519491231002X")).toBe("1****************X")
  })
})
