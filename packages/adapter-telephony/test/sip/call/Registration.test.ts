import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Scope from "effect/Scope"
import { describe, expect, it } from "vitest"
import * as Registration from "../../../src/sip/call/Registration.ts"
import * as Message from "../../../src/sip/message/Message.ts"
import { account, trunk, world } from "./CallWorld.ts"

/** Registers with the trunk of the world, which does as its script says. */
const registering = async () => {
  const here = await world()
  const scope = Effect.runSync(Scope.make())
  let tokens = 0
  const begin = () =>
    Effect.runPromise(
      Registration.make(here.agent, {
        hops: Effect.succeed([trunk]),
        domain: "trunk.test",
        account,
        token: () => `r${tokens++}`,
        seconds: 600
      }).pipe(Effect.withClock(here.time.clock), Logger.withMinimumLogLevel(LogLevel.None), Scope.extend(scope))
    )
  const leave = async () => {
    const closing = Effect.runPromise(Scope.close(scope, Exit.void).pipe(Effect.withClock(here.time.clock)))
    await here.time.pass(2_000)
    await closing
  }
  const registers = () =>
    here.requests.filter(({ request }) => request.method === "REGISTER").map(({ request }) => request)
  return { here, begin, leave, registers }
}

const expires = (registers: ReadonlyArray<Message.Request>) =>
  registers.map((request) => Message.first(request, "Expires"))

describe("a registration", () => {
  it("says where we are, is refreshed before it ends, and is taken back", async () => {
    const { begin, here, leave, registers } = await registering()
    here.script["REGISTER"] = (register) =>
      here.respond(register, 200, { headers: [{ name: "Expires", value: "100" }] })
    const registration = await begin()
    await here.time.pass(1_000)
    expect(registration.isRegistered()).toBe(true)
    const [first] = registers()
    expect(first!.uri).toBe("sip:trunk.test")
    expect(Message.first(first!, "To")).toBe("<sip:alice@trunk.test>")
    expect(Message.first(first!, "Contact")).toBe("<sip:vsms@192.0.2.10:5060>")
    await here.time.pass(200_000)
    expect(here.wire.filter((line) => line.endsWith("REGISTER"))).toEqual([
      "0 REGISTER",
      "80010 REGISTER",
      "160020 REGISTER"
    ])
    await leave()
    expect(expires(registers())).toEqual(["600", "600", "600", "0"])
    const sequences = registers().map((request) => Message.first(request, "CSeq"))
    expect(sequences).toEqual(["1 REGISTER", "2 REGISTER", "3 REGISTER", "4 REGISTER"])
    expect(new Set(registers().map((request) => Message.first(request, "Call-ID"))).size).toBe(1)
    await here.stop()
  })

  it("is good for as long as the registrar says of our own contact", async () => {
    const { begin, here, leave } = await registering()
    const contact = {
      name: "Contact",
      value: "<sip:other@192.0.2.77:5060>;expires=20, <sip:vsms@192.0.2.10:5060>;expires=50"
    }
    here.script["REGISTER"] = ({ request, respond }) =>
      respond({
        _tag: "Response",
        status: 200,
        reason: "",
        headers: [...request.headers.filter(({ name }) => name !== "Contact"), contact],
        body: Message.noBody
      })
    await begin()
    await here.time.pass(50_000)
    expect(here.wire.filter((line) => line.endsWith("REGISTER"))).toEqual(["0 REGISTER", "40010 REGISTER"])
    await leave()
    await here.stop()
  })

  it("gives its credentials, and keeps to what the registrar wants at least", async () => {
    const { begin, here, leave, registers } = await registering()
    here.script["REGISTER"] = (register) => {
      const wanted = Number(Message.first(register.request, "Expires"))
      if (Message.first(register.request, "Authorization") === undefined) {
        here.respond(register, 401, {
          headers: [{ name: "WWW-Authenticate", value: `Digest realm="trunk", nonce="n", qop="auth"` }]
        })
      } else if (wanted < 1_000 && wanted > 0)
        here.respond(register, 423, { headers: [{ name: "Min-Expires", value: "1800" }] })
      else here.respond(register, 200, { headers: [{ name: "Expires", value: String(wanted) }] })
    }
    const registration = await begin()
    await here.time.pass(1_000)
    expect(registration.isRegistered()).toBe(true)
    expect(expires(registers())).toEqual(["600", "600", "1800"])
    await leave()
    expect(expires(registers()).at(-1)).toBe("0")
    await here.stop()
  })

  it("that is refused is tried again, more and more seldom, and not with a wrong password at once", async () => {
    const { begin, here, leave } = await registering()
    here.script["REGISTER"] = (register) =>
      here.respond(register, 401, {
        headers: [{ name: "WWW-Authenticate", value: `Digest realm="trunk", nonce="n", qop="auth"` }]
      })
    const registration = await begin()
    await here.time.pass(30_000)
    expect(registration.isRegistered()).toBe(false)
    const times = here.wire.filter((line) => line.endsWith("REGISTER")).map((line) => Number(line.split(" ")[0]))
    expect(times.map((time) => Math.round(time / 1_000))).toEqual([0, 0, 2, 2, 6, 6, 14, 14])
    await leave()
    await here.stop()
  })
})
