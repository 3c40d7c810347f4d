/**
 * Adapter: the door for hosts that speak `Request` and `Response`: Hono, Next, Bun, Deno, service workers.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import { BodyTooLarge, MalformedBody } from "../api/HttpRefusals.ts"
import { Answer, type Incoming } from "../door/Exchange.ts"
import { NativeDoor } from "../NativeDoor.ts"

/** Answers one request. */
export const respond = (door: typeof NativeDoor.Service, request: Request): Effect.Effect<Response> =>
  Effect.zipWith(door.handle(incomingOf(request)), Effect.runtime(), (answer, runtime) =>
    responseOf(answer, request.method, runtime)
  )

/**
 * A handler of its own runtime, made of a composed platform. The platform starts with the first request; whoever has it
 * started before, and stops it, calls `dispose`.
 */
export const make = <E>(
  platform: Layer.Layer<NativeDoor, E>
): { readonly handler: (request: Request) => Promise<Response>; readonly dispose: () => Promise<void> } => {
  const runtime = ManagedRuntime.make(platform)
  return {
    handler: (request) =>
      runtime.runPromise(
        Effect.flatMap(NativeDoor, (door) => respond(door, request)),
        { signal: request.signal }
      ),
    dispose: () => runtime.dispose()
  }
}

const incomingOf = (request: Request): Incoming => {
  const url = new URL(request.url)
  return {
    method: request.method,
    path: url.pathname,
    query: url.search.slice(1),
    header: (name) => request.headers.get(name) ?? undefined,
    body: (maxBytes) => bodyOf(request, maxBytes)
  }
}

const aborted = new MalformedBody({ problem: "aborted" })

const bodyOf = (request: Request, maxBytes: number): Effect.Effect<Uint8Array, BodyTooLarge | MalformedBody> => {
  const { body } = request
  if (body === null) return Effect.succeed(new Uint8Array())
  return Stream.fromReadableStream({ evaluate: () => body, onError: () => aborted }).pipe(
    Stream.mapAccumEffect(0, (before: number, piece: Uint8Array) => {
      const bytes = before + piece.length
      return bytes > maxBytes ? new BodyTooLarge({ maxBytes }) : Effect.succeed([bytes, piece] as const)
    }),
    Stream.runCollect,
    Effect.map((pieces) => joined(Chunk.toReadonlyArray(pieces)))
  )
}

const joined = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** A body that goes on is read by the same runtime: its clock, its logger, its tracer. */
const responseOf = ({ body, headers, status }: Answer, method: string, runtime: Runtime.Runtime<never>): Response => {
  const init = { status, headers: { ...headers } }
  if (body === undefined || method === "HEAD") return new Response(null, init)
  if (typeof body === "string") return new Response(body, init)
  // A body of ours is over a buffer that nobody shares.
  if (body instanceof Uint8Array) return new Response(body as Uint8Array<ArrayBuffer>, init)
  return new Response(Stream.toReadableStreamRuntime(body, runtime), init)
}
