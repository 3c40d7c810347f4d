import type { Server } from "node:http"
import type { AddressInfo } from "node:net"
import * as Path from "node:path"
import { Readiness } from "@vsms/adapter-http/door/Readiness"
import * as Tour from "@vsms/example-embed-tour/Tour"
import * as Effect from "effect/Effect"
import { describe, it } from "vitest"
import type { Embedded } from "../src/Vsms.ts"
import * as Next from "./Next.ts"
import * as RouteHost from "./RouteHost.ts"

/** Serves the routes, by whatever listens, over a platform that the test has. */
const serve =
  (listen: () => Promise<Server>) =>
  async (runtime: Embedded["runtime"], shop: Embedded["shop"]): Promise<Tour.Served> => {
    Object.assign(globalThis, { vsms: { runtime, shop } satisfies Embedded })
    const server = await listen()
    return {
      port: (server.address() as AddressInfo).port,
      stop: async () => {
        await runtime.runPromise(Effect.map(Readiness, (readiness) => readiness.stop()))
        await new Promise((closed) => server.close(closed))
        await runtime.dispose()
      }
    }
  }

describe("in Next: the native API under a prefix, the vendor's wires at the root, and the host's own routes", () => {
  it("as route handlers, by a server that finds them as the app router does", () =>
    Tour.take(serve(() => RouteHost.listen(Path.resolve(import.meta.dirname, "../app")))))

  it("in Next itself, built and served", { timeout: 600_000 }, async (context) => {
    const missing = Next.missing()
    if (missing !== undefined) return context.skip(missing)
    const folder = await Next.prepare()
    await Tour.take(serve(() => Next.listen(folder)))
  })
})
