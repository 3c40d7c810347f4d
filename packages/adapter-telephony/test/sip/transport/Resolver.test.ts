import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as TestClock from "effect/TestClock"
import * as TestContext from "effect/TestContext"
import { describe, expect, it } from "vitest"
import * as Resolver from "../../../src/sip/transport/Resolver.ts"
import { ordered, type Server } from "../../../src/sip/transport/ServerOrder.ts"

const server = (name: string, priority: number, weight: number): Server => ({ name, port: 5060, priority, weight })

describe("the order of servers (RFC 2782)", () => {
  it("is by priority, has each once, and by weight among those of one", () => {
    const any = FastCheck.array(FastCheck.tuple(FastCheck.nat(3), FastCheck.nat(100)), { maxLength: 12 })
    FastCheck.assert(
      FastCheck.property(any, FastCheck.infiniteStream(FastCheck.nat(1_000_000)), (given, draws) => {
        const servers = given.map(([priority, weight], i) => server(`s${i}`, priority, weight))
        const found = ordered(servers, (most) => draws.next().value % (most + 1))
        expect(found.map(({ priority }) => priority)).toEqual(
          found.map(({ priority }) => priority).sort((one, other) => one - other)
        )
        expect(new Set(found)).toEqual(new Set(servers))
      })
    )
    let first = 0
    for (let lot = 0; lot <= 100; lot++)
      if (ordered([server("a", 1, 75), server("b", 1, 25)], () => lot)[0]!.name === "a") first++
    expect(first).toBe(75)
  })
})

const zone: Readonly<Record<string, ReadonlyArray<string>>> = {
  "one.test": ["192.0.2.1", "2001:db8::1"],
  "two.test": ["192.0.2.2"],
  "trunk.test": ["192.0.2.9"],
  ".": ["192.0.2.66"]
}

const lookup = (records: ReadonlyArray<Server>, asked: Array<string> = []): Resolver.Lookup => ({
  servers: (name) => Effect.sync(() => (asked.push(name), records)),
  addresses: (name) => Effect.succeed(zone[name] ?? [])
})

const find = (
  place: Partial<Resolver.Place>,
  records: ReadonlyArray<Server> = [],
  local = "192.0.2.100",
  asked: Array<string> = []
) =>
  Effect.runSync(
    Resolver.hops(lookup(records, asked), { host: "trunk.test", port: undefined, protocol: "udp", ...place }, local)
  )

describe("where a name leads (RFC 3263)", () => {
  it("by its records, in their order, to the addresses that we can reach", () => {
    const records = [server("two.test", 20, 0), { ...server("one.test", 10, 0), port: 5080 }]
    expect(find({}, records)).toEqual([
      { protocol: "udp", address: "192.0.2.1", port: 5080 },
      { protocol: "udp", address: "192.0.2.2", port: 5060 }
    ])
    expect(find({}, records, "2001:db8::100")).toEqual([{ protocol: "udp", address: "2001:db8::1", port: 5080 }])
  })

  it.each([
    ["udp", "_sip._udp.trunk.test"],
    ["tcp", "_sip._tcp.trunk.test"],
    ["tls", "_sips._tcp.trunk.test"]
  ] as const)("over %s by %s", (protocol, name) => {
    const asked: Array<string> = []
    find({ protocol }, [], "192.0.2.100", asked)
    expect(asked).toEqual([name])
  })

  it("without records, or with a port, by its addresses", () => {
    expect(find({ protocol: "tls" })).toEqual([
      { protocol: "tls", address: "192.0.2.9", port: 5061, serverName: "trunk.test" }
    ])
    const asked: Array<string> = []
    expect(find({ port: 7000 }, [server("one.test", 1, 1)], "192.0.2.100", asked)).toMatchObject([
      { address: "192.0.2.9", port: 7000 }
    ])
    expect(asked).toEqual([])
  })

  it("an address to itself, and nowhere what is nowhere", () => {
    expect(find({ host: "[2001:db8::5]" })).toEqual([{ protocol: "udp", address: "2001:db8::5", port: 5060 }])
    expect(find({ host: "unknown.test" })).toEqual([])
    expect(find({}, [server(".", 0, 0)])).toEqual([])
  })

  it("is looked up again after a while, and is where it was while nobody can say", () =>
    Effect.runPromise(
      Effect.gen(function* () {
        let address: string | undefined = "192.0.2.1"
        const changing: Resolver.Lookup = {
          servers: () => Effect.succeed([]),
          addresses: () => Effect.sync(() => (address === undefined ? [] : [address]))
        }
        const place = { host: "trunk.test", port: 5060, protocol: "udp" } as const
        const hops = yield* Resolver.remembering(changing, place, "192.0.2.100", 60_000)
        const now = Effect.map(hops, (found) => found.map((hop) => hop.address))
        expect(yield* now).toEqual(["192.0.2.1"])
        address = "192.0.2.2"
        expect(yield* now).toEqual(["192.0.2.1"])
        yield* TestClock.adjust("61 seconds")
        expect(yield* now).toEqual(["192.0.2.2"])
        address = undefined
        yield* TestClock.adjust("61 seconds")
        expect(yield* now).toEqual(["192.0.2.2"])
      }).pipe(Effect.provide(TestContext.TestContext))
    ))

  it("the machine's own names are known", async () => {
    const place = { host: "localhost", port: 5060, protocol: "udp" } as const
    const hops = await Effect.runPromise(Resolver.hops(Resolver.system, place, "127.0.0.1"))
    expect(hops).toMatchObject([{ address: "127.0.0.1" }])
  })
})
