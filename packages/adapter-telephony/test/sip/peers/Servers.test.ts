import { spawn } from "node:child_process"
import * as dns from "node:dns"
import type { CallEvent } from "@vsms/core/dispatch/CallChannel"
import * as Effect from "effect/Effect"
import { expect, it } from "vitest"
import * as SipTrunk from "../../../src/sip/trunk/SipTrunk.ts"
import * as Baresip from "./Baresip.ts"
import { missing } from "../../../../../tools/debian/Debian.ts"
import { freePort } from "./FreePort.ts"

const why = missing({ ...Baresip.programs, dnsmasq: "dnsmasq-base" })

/** A name server of other people's, which knows the servers of one trunk: the first of them is not there. */
const nameServer = (dead: number, alive: number) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const port = await freePort()
      const servers = [
        [dead, 1],
        [alive, 2]
      ].map(([at, priority]) => `--srv-host=_sip._tcp.trunk.test,localhost,${at},${priority},10`)
      const args = ["--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user="]
      const where = [`--port=${port}`, "--listen-address=127.0.0.1", "--bind-interfaces"]
      const server = spawn("dnsmasq", [...args, ...where, ...servers], { stdio: "ignore" })
      const before = dns.getServers()
      dns.setServers([`127.0.0.1:${port}`])
      return { server, before }
    }),
    ({ before, server }) =>
      Effect.sync(() => {
        dns.setServers(before)
        server.kill()
      })
  )

it("SND-9: a trunk's servers are found by its name (SRV), and the next one is called where the first is dead", ({
  skip
}) => {
  if (why !== undefined) return skip(why)
  return Effect.gen(function* () {
    const phone = yield* Effect.acquireRelease(
      Effect.promise(() => Baresip.start()),
      ({ close }) => Effect.promise(close)
    )
    yield* nameServer(yield* Effect.promise(() => freePort()), phone.port)
    const found = Effect.promise(() => dns.promises.resolveSrv("_sip._tcp.trunk.test").catch(() => []))
    const servers = yield* Effect.repeat(Effect.delay(found, 20), { until: ({ length }) => length > 0 })
    expect(servers).toHaveLength(2)
    const channel = yield* SipTrunk.make({
      name: "named",
      trunk: { host: "trunk.test", port: undefined, protocol: "tcp", account: undefined },
      local: { address: "127.0.0.1", port: 0 }
    })
    const events: Array<CallEvent> = []
    yield* channel.place(
      {
        id: "a",
        callee: "+8613800138000",
        display: "075512340001",
        audio: { codec: "alaw", payload: new Uint8Array(1_600).fill(0x2a) },
        plays: 1,
        ringTimeoutMillis: 10_000,
        longestCallMillis: 10_000
      },
      (event) => Effect.sync(() => void events.push(event))
    )
    expect(events.map(({ _tag }) => _tag)).toEqual(["Ringing", "Answered", "HungUp"])
  }).pipe(Effect.scoped, Effect.timeout(25_000), Effect.runPromise)
})
