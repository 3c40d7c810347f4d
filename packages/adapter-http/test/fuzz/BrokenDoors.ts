import { Answer } from "@vsms/adapter-http/door/Exchange"
import type { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import { Accounts } from "@vsms/core/account/Accounts"
import * as Effect from "effect/Effect"
import type { Fault } from "./Oracle.ts"

type Door = typeof NativeDoor.Service

export interface BrokenDoor {
  readonly name: string
  /** What the fuzzer has to say of it. */
  readonly fault: Fault
  readonly before: (door: Door) => Effect.Effect<Door, never, Accounts>
}

const problem = (status: number, name: string, facts: object) =>
  new Answer(
    status,
    { "content-type": "application/problem+json", "x-request-id": "r" },
    JSON.stringify({
      type: `urn:vsms:problem:${name}`,
      title: name,
      status,
      rule: "http",
      transient: false,
      facts,
      instance: "urn:vsms:request:r"
    })
  )

/** Changes the answers of a door, where something holds. */
const answering =
  (change: (answer: Answer, path: string) => Answer | Effect.Effect<Answer> | undefined): BrokenDoor["before"] =>
  (door) =>
    Effect.succeed({
      handle: (incoming) =>
        Effect.flatMap(door.handle(incoming), (answer) => {
          const changed = change(answer, incoming.path)
          return changed === undefined
            ? Effect.succeed(answer)
            : Effect.isEffect(changed)
              ? changed
              : Effect.succeed(changed)
        })
    })

/** With whatever it holds: line ends, too. */
const unescape = (segment: string): string => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

const textOf = (body: Answer["body"]): string => (typeof body === "string" ? body : "")

const isNative = (path: string): boolean => path.startsWith("/v1/")

export const all: ReadonlyArray<BrokenDoor> = [
  {
    name: "breaks at a conflict",
    fault: "broke",
    before: answering(({ status }, path) => (isNative(path) && status === 409 ? problem(500, "Broken", {}) : undefined))
  },
  {
    name: "never answers what is too large",
    fault: "hung",
    before: answering(({ status }) => (status === 413 ? Effect.uninterruptible(Effect.never) : undefined))
  },
  {
    name: "changes something, and then refuses",
    fault: "changed",
    before: (door) =>
      Effect.map(Accounts, (accounts) => ({
        handle: (incoming) =>
          Effect.tap(door.handle(incoming), ({ status }) =>
            status === 422 && isNative(incoming.path) ? Effect.orDie(accounts.open()) : Effect.void
          )
      }))
  },
  {
    name: "changes something for whoever only looks",
    fault: "changed",
    before: (door) =>
      Effect.map(Accounts, (accounts) => ({
        handle: (incoming) =>
          Effect.tap(door.handle(incoming), () =>
            incoming.method === "GET" && incoming.path.startsWith("/v1/applications/")
              ? Effect.orDie(accounts.open())
              : Effect.void
          )
      }))
  },
  {
    name: "says what broke",
    fault: "leaked",
    before: answering(({ body, headers, status }, path) =>
      isNative(path) && status === 404
        ? new Answer(
            404,
            headers,
            textOf(body).replace('"transient"', '"detail":"Error: no row at find (/srv/Store.ts:12:3)","transient"')
          )
        : undefined
    )
  },
  {
    name: "writes the called number into its log",
    fault: "leaked",
    before: (door) =>
      Effect.succeed({
        handle: (incoming) =>
          Effect.tap(door.handle(incoming), () =>
            incoming.path.endsWith("/sends") && incoming.method === "POST"
              ? Effect.flatMap(Effect.either(incoming.body(65_536)), (body) =>
                  Effect.logDebug(body._tag === "Right" ? Buffer.from(body.right).toString() : "")
                )
              : Effect.void
          )
      })
  },
  {
    name: "refuses with what the document does not know",
    fault: "undeclared",
    before: answering(({ status }, path) =>
      isNative(path) && status === 404 ? problem(418, "NothingHere", {}) : undefined
    )
  },
  {
    name: "answers with a field too many",
    fault: "misshapen",
    before: answering(({ body, headers, status }, path) =>
      status === 200 && path.startsWith("/v1/") && typeof body === "string"
        ? new Answer(200, headers, body.replace(/\}$/, ',"cash":1}'))
        : undefined
    )
  },
  {
    name: "names a file after what was asked for",
    fault: "misshapen",
    before: (door) =>
      Effect.succeed({
        handle: (incoming) =>
          Effect.map(door.handle(incoming), ({ body, headers, status }) => {
            const name = unescape(incoming.path.split("/").at(-1)!)
            return new Answer(status, { ...headers, "content-disposition": `attachment; filename="${name}"` }, body)
          })
      })
  },
  {
    name: "does not look at signatures",
    fault: "forged",
    before: answering(({ body }, path) =>
      path === "/" && textOf(body).includes("SignatureFailure")
        ? new Answer(
            200,
            { "content-type": "application/json" },
            JSON.stringify({ Response: { SendStatus: { CallId: "x", SessionContext: "" }, RequestId: "r" } })
          )
        : undefined
    )
  }
]
