/**
 * A host on Hono: a page and a login of its own, VSMS under `/vsms`, and the vendor's wires where their SDKs look. The
 * app is one for every place that Hono runs in; here it is Node.
 */
import type { AddressInfo } from "node:net"
import { createAdaptorServer } from "@hono/node-server"
import { Readiness } from "@vsms/adapter-http/door/Readiness"
import * as WebHandler from "@vsms/adapter-http/web/WebHandler"
import * as Login from "@vsms/example-embed-tour/Login"
import type * as Platform from "@vsms/example-embed-tour/Platform"
import * as Effect from "effect/Effect"
import { Hono } from "hono"

export const make = (runtime: Platform.Runtime, shop: Login.Shop) => {
  const vsms = WebHandler.make(runtime, { prefix: "/vsms" })
  const app = new Hono()

  app.mount("/vsms", vsms)
  app.all("/v5/*", ({ req }) => vsms(req.raw))
  // What is posted to the root is the vendor's API 3.0.
  app.post("/", ({ req }) => vsms(req.raw))

  app.get("/", (context) => context.text("the host's own page"))
  app.post("/login", async (context) => {
    if (!Login.isLoggedIn(context.req.header("cookie"))) return context.body(null, 401)
    const { phone } = await context.req.json<{ readonly phone: string }>()
    const { body, status } = await Login.sendCode(runtime, shop, phone)
    return Response.json(body, { status })
  })
  return app
}

/** Listens until `stop`, which stops the platform as well. Port 0: any that is free. */
export const serve = async (runtime: Platform.Runtime, shop: Login.Shop, port = 0) => {
  const server = createAdaptorServer({ fetch: make(runtime, shop).fetch })
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening))
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      // Whoever follows a call is let go; what is under way is answered; calls come to their end.
      await runtime.runPromise(Effect.map(Readiness, (readiness) => readiness.stop()))
      await new Promise((closed) => server.close(closed))
      await runtime.dispose()
    }
  }
}
