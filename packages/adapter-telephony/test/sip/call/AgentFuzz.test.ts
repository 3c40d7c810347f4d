import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { expect, it } from "vitest"
import type { ServerTransaction } from "../../../src/sip/transaction/Transactions.ts"
import * as Message from "../../../src/sip/message/Message.ts"
import * as MessageParser from "../../../src/sip/message/MessageParser.ts"
import { account, trunk, world } from "./CallWorld.ts"

const numRuns = process.env["NIGHTLY"] === "1" ? 2_000 : 60

const piece = FastCheck.constantFrom(
  "\r\n",
  '"',
  "<",
  ">",
  ";",
  ",",
  ":",
  "@",
  "=",
  "tag=",
  "sip:",
  " ",
  "0",
  "99999999999",
  "INVITE",
  "BYE",
  "\u00e9"
)

/** Cuts, inserts or changes something at a place that is a share of the length. */
const change = FastCheck.tuple(
  FastCheck.nat(9_999),
  FastCheck.nat(40),
  FastCheck.oneof(piece, FastCheck.string({ maxLength: 6 }))
)

const scenario = FastCheck.record({
  /** Which of the messages that were sent so far is sent again, changed; and when. */
  strikes: FastCheck.array(
    FastCheck.record({
      at: FastCheck.nat(8_000),
      which: FastCheck.nat(999),
      changes: FastCheck.array(change, { minLength: 1, maxLength: 4 })
    }),
    { minLength: 1, maxLength: 12 }
  ),
  end: FastCheck.constantFrom("plays", "callee", "busy", "holds")
})

it("whatever comes while a call is under way, it has one end, and the agent lives on", async () => {
  let understood = 0
  await FastCheck.assert(
    FastCheck.asyncProperty(scenario, async ({ end, strikes }) => {
      const here = await world({ plan: { account } })
      const asks = [{ name: "WWW-Authenticate", value: `Digest realm="trunk", nonce="n", qop="auth"` }]
      const live = (invite: ServerTransaction) => {
        if (Message.first(invite.request, "Authorization") === undefined)
          return here.respond(invite, 401, { headers: asks })
        here.respond(invite, 183, { body: here.sdp() })
        if (end === "busy") return here.respond(invite, 486, { headers: [{ name: "Reason", value: "Q.850;cause=17" }] })
        const headers = [
          { name: "Session-Expires", value: "90;refresher=uac" },
          { name: "Record-Route", value: "<sip:192.0.2.1;lr>" }
        ]
        here.time.after(1_000, () => here.respond(invite, 200, { body: here.sdp(), headers }))
        if (end === "callee") here.time.after(2_500, () => here.ask("BYE"))
        if (end === "holds") here.time.after(1_500, () => here.ask("INVITE", { body: here.sdp() }))
      }
      here.script["INVITE"] = live
      for (const { at, changes, which } of strikes) {
        here.time.after(at, () => {
          const chosen = here.messages[which % here.messages.length]
          if (chosen === undefined) return
          let text = Buffer.from(Message.toBytes(chosen)).toString("latin1")
          for (const [share, length, inserted] of changes) {
            const place = Math.floor((text.length * share) / 10_000)
            text = text.slice(0, place) + inserted + text.slice(place + length)
          }
          const message = MessageParser.parse(Buffer.from(text, "latin1"))
          if (Either.isLeft(message)) return
          understood++
          here.agent.transactions.receive({ message: message.right, from: trunk })
        })
      }
      await here.place()
      await here.time.pass(300_000)
      const last = here.reports.filter((report) => /HungUp|Failed|NotCarried/.test(report))
      expect(last, here.reports.join()).toHaveLength(1)
      expect(here.reports.at(-1)).toBe(last[0])
      expect(here.ends.done).toBe(1)
      expect(here.agent.callsInProgress()).toBe(0)
      // It still calls.
      here.script["INVITE"] = (invite) => here.respond(invite, 486)
      await here.place()
      await here.time.pass(300_000)
      expect(here.reports.at(-1)).toContain("Failed busy")
      expect(here.agent.transactions.count()).toBe(0)
      await here.stop()
    }),
    { numRuns }
  )
  expect(understood).toBeGreaterThan(numRuns)
}, 600_000)
