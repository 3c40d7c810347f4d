/** A web server of the customer's, which takes callbacks and checks who signed them. */
import * as Signature from "@vsms/core/callback/Signature"
import type { Hmac } from "@vsms/core/callback/Hmac"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as http from "node:http"
import type { AddressInfo } from "node:net"

/** A callback as the customer reads it. */
export interface Callback {
  readonly type: string
  readonly data: { readonly callId: string; readonly result: string; readonly billedMinutes: number }
}

export interface Receiver {
  readonly url: string
  /** With which secret the callbacks are signed. */
  readonly trust: (secret: Redacted.Redacted) => void
  /** The callback of a call, once it has come and its signature was right. */
  readonly callback: (callId: string) => Effect.Effect<Callback>
}

export const start: Effect.Effect<Receiver, never, Hmac | Scope.Scope> = Effect.gen(function* () {
  const runtime = yield* Effect.runtime<Hmac>()
  const waiting = new Map<string, Deferred.Deferred<Callback>>()
  let secret: Redacted.Redacted | undefined

  const of = (callId: string) => {
    const known = waiting.get(callId) ?? Deferred.unsafeMake<Callback>(FiberId.none)
    waiting.set(callId, known)
    return known
  }

  const take = (headers: http.IncomingHttpHeaders, body: string) =>
    Effect.gen(function* () {
      if (secret === undefined) return 503
      const nowSeconds = Math.floor((yield* Clock.currentTimeMillis) / 1_000)
      const header = (name: string) => String(headers[name] ?? "")
      const genuine = yield* Signature.verify(secret, {
        id: header("webhook-id"),
        timestamp: Number(header("webhook-timestamp")),
        signature: header("webhook-signature"),
        body,
        nowSeconds
      })
      if (!genuine) return 401
      const callback = JSON.parse(body) as Callback
      yield* Deferred.succeed(of(callback.data.callId), callback)
      return 204
    })

  const server = http.createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8")
      void Runtime.runPromise(runtime)(take(request.headers, body)).then((status) => response.writeHead(status).end())
    })
  })

  yield* Effect.acquireRelease(
    Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/voice-callback`,
    trust: (trusted) => void (secret = trusted),
    callback: (callId) => Effect.suspend(() => Deferred.await(of(callId)))
  }
})
