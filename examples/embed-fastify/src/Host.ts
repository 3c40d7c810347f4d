/**
 * A host on Fastify: a page and a login of its own, VSMS under `/vsms`, and the vendor's wires where their SDKs look.
 */
import type { AddressInfo } from "node:net"
import { Readiness } from "@vsms/adapter-http/door/Readiness"
import * as NodeHandler from "@vsms/adapter-http/node/NodeHandler"
import * as Login from "@vsms/example-embed-tour/Login"
import type * as Platform from "@vsms/example-embed-tour/Platform"
import * as Effect from "effect/Effect"
import fastify, { type FastifyReply, type FastifyRequest } from "fastify"

/** Listens until `stop`, which stops the platform as well. Port 0: any that is free. */
export const serve = async (runtime: Platform.Runtime, shop: Login.Shop, port = 0) => {
  const vsms = await runtime.runPromise(NodeHandler.make({ prefix: "/vsms" }))
  const app = fastify()

  // A scope of its own: parsers that are removed here stay with the host's other routes.
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    // Reads nothing: VSMS does, by its own limits.
    scope.addContentTypeParser("*", (_request, _body, done) => done(null))
    const handle = (request: FastifyRequest, reply: FastifyReply): void => {
      reply.hijack()
      vsms(request.raw, reply.raw)
    }
    scope.all("/vsms/*", handle)
    scope.all("/v5/*", handle)
    // What is posted to the root is the vendor's API 3.0.
    scope.post("/", handle)
  })

  app.get("/", () => "the host's own page")
  app.post("/login", async (request, reply) => {
    if (!Login.isLoggedIn(request.headers.cookie)) return reply.status(401).send()
    const { phone } = request.body as { readonly phone: string }
    const { body, status } = await Login.sendCode(runtime, shop, phone)
    return reply.status(status).send(body)
  })

  await app.listen({ port, host: "127.0.0.1" })
  return {
    port: (app.server.address() as AddressInfo).port,
    stop: async () => {
      // Whoever follows a call is let go; what is under way is answered; calls come to their end.
      await runtime.runPromise(Effect.map(Readiness, (readiness) => readiness.stop()))
      await app.close()
      await runtime.dispose()
    }
  }
}
