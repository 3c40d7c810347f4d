import type { Answer, Incoming } from "@vsms/adapter-http/door/Exchange"
import { BodyTooLarge } from "@vsms/adapter-http/api/HttpRefusals"
import type { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/** A request as it is written to a socket; names of headers in small letters. */
export interface Request {
  readonly method: string
  /** Path and query, as they stand in the first line. */
  readonly target: string
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: Buffer
}

export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Of an answer that goes on, the beginning. */
  readonly body: string
}

/** What came of a request; `hung`: nothing, in all the time there was. */
export type Outcome = Answered | "hung"

/** Carries a request to the platform. */
export type Carrier = (request: Request) => Effect.Effect<Outcome>

/** How long an answer may take. No request of these needs a hundredth of it. */
export const patienceMillis = 3_000

const deadline = Effect.async<"hung">((resume) => {
  const timer = setTimeout(() => resume(Effect.succeed("hung")), patienceMillis)
  return Effect.sync(() => clearTimeout(timer))
})

/** Whatever does not end in time has hung: what cannot be interrupted is left behind. */
export const bounded = (work: Effect.Effect<Answered>): Effect.Effect<Outcome> =>
  Effect.suspend(() => {
    const begun = performance.now()
    return Effect.map(Effect.raceFirst(Effect.disconnect(work), deadline), (outcome) =>
      // Whoever keeps the processor busy keeps the timer waiting, too.
      performance.now() - begun > patienceMillis ? "hung" : outcome
    )
  })

/** To the door, without a socket: headers as Node joins them. */
export const inProcess =
  (door: typeof NativeDoor.Service): Carrier =>
  (request) =>
    bounded(Effect.flatMap(door.handle(incomingOf(request)), answered))

/** Of these the first counts where they come twice; all others are joined. */
const single = new Set(["authorization", "content-length", "content-type", "from", "host", "user-agent"])

const incomingOf = ({ body, headers, method, target }: Request): Incoming => {
  const joined = new Map<string, string>()
  for (const [name, value] of headers) {
    const before = joined.get(name)
    if (before === undefined) joined.set(name, value)
    else if (!single.has(name)) joined.set(name, `${before}, ${value}`)
  }
  const mark = target.indexOf("?")
  return {
    method,
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? "" : target.slice(mark + 1),
    header: (name) => joined.get(name),
    body: (maxBytes) => (body.length > maxBytes ? new BodyTooLarge({ maxBytes }) : Effect.succeed(body))
  }
}

/** The longest beginning of a body that is looked at. */
const longest = 1_000_000

const answered = ({ body, headers, status }: Answer): Effect.Effect<Answered> => {
  if (body === undefined || typeof body === "string") return Effect.succeed({ status, headers, body: body ?? "" })
  if (body instanceof Uint8Array) return Effect.succeed({ status, headers, body: Buffer.from(body).toString("latin1") })
  // What is told while it happens has no end while the clock stands still.
  if (headers["content-type"] === "text/event-stream")
    return Effect.map(Stream.runHead(body), (piece) => ({
      status,
      headers,
      body: Option.match(piece, { onNone: () => "", onSome: (bytes) => new TextDecoder().decode(bytes) })
    }))
  return Effect.map(
    Stream.runFold(body, "", (text, piece) => (text.length > longest ? text : text + new TextDecoder().decode(piece))),
    (text) => ({ status, headers, body: text })
  )
}
