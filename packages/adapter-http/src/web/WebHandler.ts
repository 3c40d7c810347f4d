/**
 * Adapter: the door for hosts that speak `Request` and `Response`: Hono, Next, Bun, Deno, service workers.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as ManagedRuntime from "effect/ManagedRuntime"
import type * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import { BodyTooLarge, MalformedBody } from "../api/HttpRefusals.ts"
import { Answer, type Incoming } from "../door/Exchange.ts"
import * as Mount from "../door/Mount.ts"
import { NativeDoor } from "../NativeDoor.ts"

/** Answers one request. */
export const respond = (
  door: typeof NativeDoor.Service,
  request: Request,
  options: Mount.MountOptions = {}
): Effect.Effect<Response> =>
  Effect.zipWith(door.handle(incomingOf(request, Mount.prefixOf(options))), Effect.runtime(), (answer, runtime) =>
    responseOf(answer, request.method, runtime)
  )

/**
 * The handler, over the runtime of a composed platform (`ManagedRuntime.make(platform)`), which the host has for its own
 * use of the services as well. The platform starts with the first request, and stops with the runtime's `dispose`.
 */
export const make =
  <R, E>(
    runtime: ManagedRuntime.ManagedRuntime<NativeDoor | R, E>,
    options: Mount.MountOptions = {}
  ): ((request: Request) => Promise<Response>) =>
  (request) =>
    runtime.runPromise(
      Effect.flatMap(NativeDoor, (door) => respond(door, request, options)),
      { signal: request.signal }
    )

const incomingOf = (request: Request, prefix: string): Incoming => {
  const url = new URL(request.url)
  return {
    method: request.method,
    path: Mount.inner(prefix, url.pathname),
    prefix,
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
