/**
 * A host on Express: a page and a login of its own, VSMS under `/vsms`, and the vendor's wires where their SDKs look.
 */
import type { AddressInfo } from "node:net"
import { Readiness } from "@vsms/adapter-http/door/Readiness"
import * as NodeHandler from "@vsms/adapter-http/node/NodeHandler"
import * as Login from "@vsms/example-embed-tour/Login"
import type * as Platform from "@vsms/example-embed-tour/Platform"
import * as Effect from "effect/Effect"
import express from "express"

/** Listens until `stop`, which stops the platform as well. Port 0: any that is free. */
export const serve = async (runtime: Platform.Runtime, shop: Login.Shop, port = 0) => {
  const vsms = await runtime.runPromise(NodeHandler.make({ prefix: "/vsms" }))
  const app = express()

  // Before body parsers: VSMS reads bodies itself.
  app.use("/vsms", vsms)
  // `all` and `post` leave the path as it is. What is posted to the root is the vendor's API 3.0.
  app.all("/v5/*path", vsms)
  app.post("/", vsms)

  app.use(express.json())
  app.get("/", (_request, response) => void response.send("the host's own page"))
  app.post("/login", (request, response, next) => {
    if (!Login.isLoggedIn(request.get("cookie"))) return void response.status(401).end()
    const { phone } = request.body as { readonly phone: string }
    Login.sendCode(runtime, shop, phone).then(({ body, status }) => response.status(status).json(body), next)
  })

  const server = app.listen(port, "127.0.0.1")
  await new Promise((listening) => server.once("listening", listening))
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
