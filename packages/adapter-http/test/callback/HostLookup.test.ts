import * as Dgram from "node:dgram"
import { once } from "node:events"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { expect, it } from "vitest"
import * as HostLookup from "../../src/callback/HostLookup.ts"

const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>): Promise<A> => Effect.runPromise(Effect.scoped(effect))

/** A name server that knows what is in the table, by name and type (1: A, 28: AAAA), and nothing else. */
const nameServer = (table: { readonly [question: string]: ReadonlyArray<ReadonlyArray<number>> }) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const socket = Dgram.createSocket("udp4")
      socket.on("message", (query, from) => {
        let end = 12
        const labels: Array<string> = []
        while (query[end] !== 0) {
          labels.push(query.toString("latin1", end + 1, end + 1 + query[end]!))
          end += 1 + query[end]!
        }
        const type = query.readUInt16BE(end + 1)
        const found = table[`${labels.join(".")} ${type}`]
        // An answer to a recursive question: no error, or no such name.
        const header = Buffer.from([
          query[0]!,
          query[1]!,
          0x81,
          found ? 0x80 : 0x83,
          0,
          1,
          0,
          found?.length ?? 0,
          0,
          0,
          0,
          0
        ])
        const records = (found ?? []).map((bytes) =>
          Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, bytes.length, ...bytes])
        )
        socket.send(Buffer.concat([header, query.subarray(12, end + 5), ...records]), from.port, from.address)
      })
      socket.bind(0, "127.0.0.1")
      await once(socket, "listening")
      return { socket, servers: [`127.0.0.1:${socket.address().port}`] }
    }),
    ({ socket }) => Effect.sync(() => socket.close())
  )

it("CBK-3: name servers are asked for the addresses of both families", () =>
  run(
    Effect.gen(function* () {
      const v6 = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]
      const { servers } = yield* nameServer({
        "both.example 1": [
          [192, 0, 2, 1],
          [192, 0, 2, 2]
        ],
        "both.example 28": [v6],
        "one.example 1": [[192, 0, 2, 3]],
        "one.example 28": [],
        "none.example 1": [],
        "none.example 28": []
      })
      const lookup = HostLookup.overDns({ servers })
      expect((yield* lookup("both.example")).toSorted()).toEqual(["192.0.2.1", "192.0.2.2", "2001:db8::7"])
      expect(yield* lookup("one.example")).toEqual(["192.0.2.3"])
      expect(yield* lookup("none.example")).toEqual([])
      expect(yield* lookup("unknown.example")).toEqual([])
    })
  ))

it("CBK-3: the machine knows itself, and nobody knows a name that cannot be", async () => {
  expect((await run(HostLookup.bySystem("localhost"))).some((found) => ["127.0.0.1", "::1"].includes(found))).toBe(true)
  expect(await run(HostLookup.bySystem(`${"x".repeat(64)}.example`))).toEqual([])
})
