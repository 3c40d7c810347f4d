import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as RetryAfter from "../../src/time/RetryAfter.ts"

const now = Date.UTC(2031, 10, 6, 8, 49, 37)

describe("CBK-2: Retry-After", () => {
  const table: ReadonlyArray<readonly [text: string | undefined, millis: number | undefined]> = [
    [undefined, undefined],
    ["0", 0],
    ["120", 120_000],
    ["9".repeat(400), 2 ** 31 * 1_000],
    ["-1", undefined],
    ["1.5", undefined],
    ["+1", undefined],
    ["1e3", undefined],
    ["", undefined],
    ["soon", undefined],
    ["Thu, 06 Nov 2031 08:49:47 GMT", 10_000],
    ["Thu, 06 Nov 2031 08:49:27 GMT", 0],
    ["Thursday, 06-Nov-31 08:49:47 GMT", 10_000],
    ["Sunday, 06-Nov-94 08:49:37 GMT", 0],
    ["Saturday, 06-Nov-80 08:49:37 GMT", Date.UTC(2080, 10, 6, 8, 49, 37) - now],
    ["Sunday, 06-Nov-83 08:49:37 GMT", 0],
    ["Thu Nov  6 08:49:47 2031", 10_000],
    ["Sun Nov 16 08:49:37 2031", 10 * 86_400_000],
    ["Wed, 31 Dec 2031 23:59:60 GMT", Date.UTC(2032, 0, 1) - now],
    ["Thu, 31 Feb 2032 08:49:47 GMT", undefined],
    ["Thu, 99 Nov 2031 08:49:47 GMT", undefined],
    ["Thu, 06 Nvm 2031 08:49:47 GMT", undefined],
    ["Thu, 06 Nov 2031 24:00:00 GMT", undefined],
    ["Thu, 06 Nov 2031 08:60:00 GMT", undefined],
    ["Thu, 06 Nov 2031 08:49:47 CET", undefined],
    ["2031-11-06T08:49:47Z", undefined]
  ]
  it.each(table)("CBK-2: «%s»", (text, millis) => {
    expect(RetryAfter.parse(text, now)).toBe(millis)
  })

  it("CBK-2: every whole second of the future comes back from its date", () =>
    FastCheck.assert(
      FastCheck.property(FastCheck.integer({ min: 0, max: 40 * 365 * 86_400 }), (seconds) => {
        const date = new Date(now + seconds * 1_000).toUTCString()
        expect(RetryAfter.parse(date, now)).toBe(seconds * 1_000)
      })
    ))
})
