/** A web server of the customer's, which takes callbacks and checks who signed them. */
import * as Signature from "@vsms/core/callback/Signature"
import { Hmac } from "@vsms/core/callback/Hmac"
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

/** What takes callbacks, whoever serves it. */
export interface Inbox {
  /** With which secret the callbacks are signed. */
  readonly trust: (secret: Redacted.Redacted) => void
  /** Takes one, and says with which status to answer. */
  readonly take: (header: (name: string) => string | undefined, body: string) => Effect.Effect<number>
  /** The callback of a call, once it has come and its signature was right. */
  readonly callback: (callId: string) => Effect.Effect<Callback>
  /** The latest, the newest last. */
  readonly received: () => ReadonlyArray<Callback>
}

const mostReceived = 100

export const make: Effect.Effect<Inbox, never, Hmac> = Effect.map(Hmac, (hmac) => {
  const received: Array<Callback> = []
  const waiting = new Map<string, Deferred.Deferred<Callback>>()
  let secret: Redacted.Redacted | undefined

  const keep = (callback: Callback) => {
    received.push(callback)
    if (received.length > mostReceived) received.shift()
    const { callId } = callback.data
    const waited = waiting.get(callId)
    waiting.delete(callId)
    return waited === undefined ? Effect.void : Deferred.succeed(waited, callback)
  }

  return {
    trust: (trusted) => void (secret = trusted),
    take: (header, body) =>
      Effect.gen(function* () {
        if (secret === undefined) return 503
        const nowSeconds = Math.floor((yield* Clock.currentTimeMillis) / 1_000)
        const genuine = yield* Signature.verify(secret, {
          id: header("webhook-id") ?? "",
          timestamp: Number(header("webhook-timestamp") ?? ""),
          signature: header("webhook-signature") ?? "",
          body,
          nowSeconds
        })
        if (!genuine) return 401
        const { data, type } = JSON.parse(body) as Callback
        const { billedMinutes, callId, result } = data
        yield* keep({ type, data: { callId, result, billedMinutes } })
        return 204
      }).pipe(Effect.provideService(Hmac, hmac)),
    callback: (callId) =>
      Effect.suspend(() => {
        const known = received.find(({ data }) => data.callId === callId)
        if (known !== undefined) return Effect.succeed(known)
        const waited = waiting.get(callId) ?? Deferred.unsafeMake<Callback>(FiberId.none)
        waiting.set(callId, waited)
        return Deferred.await(waited)
      }),
    received: () => [...received]
  }
})

/** An inbox with a server and a port of its own. */
export interface Receiver extends Inbox {
  readonly url: string
}

export const start: Effect.Effect<Receiver, never, Hmac | Scope.Scope> = Effect.gen(function* () {
  const inbox = yield* make
  const runtime = yield* Effect.runtime()
  const server = http.createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const header = (name: string) => {
        const value = request.headers[name]
        return Array.isArray(value) ? value.join(", ") : value
      }
      const taken = inbox.take(header, Buffer.concat(chunks).toString("utf8"))
      void Runtime.runPromise(runtime)(taken).then((status) => response.writeHead(status).end())
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
  return { ...inbox, url: `http://127.0.0.1:${port}/voice-callback` }
})
