import { describe, expect, it } from "@effect/vitest"
import type { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import { Balances } from "@vsms/core/balance/Balances"
import { Sends } from "@vsms/core/sending/Sends"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Runtime from "effect/Runtime"
import * as Wire from "./Wire.ts"

const { anything, constantFrom, dictionary, oneof, record, string } = FastCheck

const operations = [
  "tlsvoicesvr/sendcvoice",
  "tlsvoicesvr/sendtvoice",
  "tlsvoicesvr/sendvoiceprompt",
  "tlsvoicesvr/sendfvoice",
  "tlsvoicesvr/statusvoicefile",
  "tlssmssvr/mod_template",
  "tlssmssvr/del_template",
  "tlssmssvr/get_template",
  "tlssmssvr/getsmspackages",
  "tlssmssvr/sendsms"
]

const value = oneof(
  anything({ withNullPrototype: false }),
  string({ unit: "binary" }),
  constantFrom("4821", 2, "", [], {}, -1, 1e21, "{1}")
)

/** Mostly what is right by itself, so that what is wrong elsewhere is reached. */
const usually = <A>(right: unknown, wrong: FastCheck.Arbitrary<A>) =>
  oneof({ arbitrary: constantFrom(right), weight: 5 }, { arbitrary: wrong, weight: 1 })

const body = oneof(
  dictionary(string(), value),
  record(
    {
      tel: usually(Wire.tel("138"), oneof(value, record({ nationcode: value, mobile: value }))),
      msg: usually("4821", value),
      promptfile: usually("您的验证码是：4821", value),
      prompttype: usually(2, value),
      playtimes: usually(2, value),
      tpl_id: usually([1], value),
      tpl_page: usually(null, oneof(value, record({ max: value, offset: value }))),
      params: usually(["4821"], value),
      ext: usually("ext", value),
      fid: usually("0".repeat(40) + ".wav", value),
      text: usually("订单{2}", value),
      type: usually(2, value),
      length: usually(10, value)
    },
    { requiredKeys: [] }
  )
)

/** As it is on the wire: what JSON has no word for is not sent, and some of it cannot be sent at all. */
const written = body.filter((one) => {
  const text = FastCheck.stringify(one)
  return !/BigInt|Symbol|\dn\b/.test(text)
})

describe("requests that nobody's SDK makes", () => {
  it.effect("are answered, and nothing comes of them", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      const { accountId, applicationId } = tenant
      const run = Runtime.runPromise(yield* Effect.runtime<NativeDoor>())
      const balances = yield* Balances
      const seen = new Set<number>()
      const before = yield* balances.get(accountId)
      yield* Effect.promise(() =>
        FastCheck.assert(
          FastCheck.asyncProperty(constantFrom(...operations), written, async (operation, one) => {
            const answer = await run(Wire.legacy(tenant, operation, one, signedAs(one)))
            expect(answer.result).not.toBe(3001)
            expect(answer.callid).toBeUndefined()
            seen.add(answer.result)
          }),
          { numRuns: 300 }
        )
      )
      // They went as far as the rules.
      for (const result of [1004, 1014, 1016, 1030]) expect(seen).toContain(result)
      expect((yield* (yield* Sends).list(accountId, applicationId)).items).toEqual([])
      expect(yield* balances.get(accountId)).toEqual(before)
    }).pipe(Wire.within({ rate: { perSecond: 1_000, burst: 10_000 } }))
  )
})

/** What a caller would sign who means what it says. */
const signedAs = (one: Record<string, unknown>): Wire.Legacy => {
  const tel = JSON.parse(JSON.stringify({ tel: one["tel"] ?? null })).tel
  if (Array.isArray(tel)) return { mobile: tel.map((each) => String(each?.mobile)).join(",") }
  return tel === null ? {} : { mobile: String(tel.mobile) }
}
