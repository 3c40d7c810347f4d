/**
 * Service: reads the body of a request as what the contract says it is: JSON, or a form with a file.
 */
import { InvalidInput } from "@vsms/core/InvalidInput"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { BodyTooLarge, MalformedBody, UnsupportedBody } from "../api/HttpRefusals.ts"
import type { Incoming } from "./Exchange.ts"

export type Refusal = BodyTooLarge | InvalidInput | MalformedBody | UnsupportedBody

export type Form = "json" | "multipart"

const mediaTypes: { readonly [F in Form]: string } = { json: "application/json", multipart: "multipart/form-data" }

/** The body as JSON or as the fields of a form; a file is its bytes. */
export const read = (incoming: Incoming, form: Form, maxBytes: number): Effect.Effect<unknown, Refusal> => {
  const mediaType = (incoming.header("content-type") ?? "").split(";", 1)[0]!.trim().toLowerCase()
  const encoding = incoming.header("content-encoding")
  // No type at all is taken for JSON, as many a hand-written client sends none.
  const isAccepted = mediaType === mediaTypes[form] || (form === "json" && mediaType === "")
  if (!isAccepted || (encoding !== undefined && encoding.toLowerCase() !== "identity"))
    return new UnsupportedBody({ accepted: [mediaTypes[form]] })
  const length = incoming.header("content-length")
  if (length !== undefined && Number(length) > maxBytes) return new BodyTooLarge({ maxBytes })
  return Effect.flatMap(incoming.body(maxBytes), (bytes) =>
    form === "json" ? json(bytes) : fields(bytes, incoming.header("content-type") ?? "")
  )
}

const utf8 = new TextDecoder("utf-8", { fatal: true })
const notUtf8 = new MalformedBody({ problem: "utf8" })
const notJson = new MalformedBody({ problem: "json" })
const notAForm = new MalformedBody({ problem: "form" })

const json = (bytes: Uint8Array): Either.Either<unknown, MalformedBody | InvalidInput> =>
  Either.flatMap(
    Either.try({ try: () => utf8.decode(bytes), catch: () => notUtf8 }),
    (text): Either.Either<unknown, MalformedBody | InvalidInput> => {
      const parsed = Either.try({ try: (): unknown => JSON.parse(text), catch: () => notJson })
      return suspicious.test(text) ? Either.flatMap(parsed, storable) : parsed
    }
  )

/** Where a text may hold NUL, or half a character, which no storage gives back as they were. */
const suspicious = /\\u(?:0000|[dD][89a-fA-F])/

const unstorable = /[\0\p{Cs}]/u

const storable = (value: unknown): Either.Either<unknown, InvalidInput> => {
  const field = unstorableField(value, "")
  return field === undefined
    ? Either.right(value)
    : Either.left(new InvalidInput({ problems: [{ field, expected: "a text without NUL and halves of characters" }] }))
}

const unstorableField = (value: unknown, field: string): string | undefined => {
  if (typeof value === "string") return unstorable.test(value) ? field : undefined
  if (typeof value !== "object" || value === null) return undefined
  for (const [name, inner] of Object.entries(value)) {
    const path = field === "" ? name : `${field}.${name}`
    const found = unstorable.test(name) ? field : unstorableField(inner, path)
    if (found !== undefined) return found
  }
  return undefined
}

/** A form by the platform's own reader. Of a field that is there twice, the first counts. */
const fields = (bytes: Uint8Array, contentType: string): Effect.Effect<unknown, MalformedBody> =>
  Effect.gen(function* () {
    // The type of a `Response` body wants a buffer that is nobody else's; this one is.
    const response = new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { "content-type": contentType } })
    const form = yield* Effect.tryPromise({ try: () => response.formData(), catch: () => notAForm })
    const read: Record<string, unknown> = {}
    for (const [name, value] of form.entries()) {
      if (name in read) continue
      read[name] = typeof value === "string" ? value : yield* fileOf(value)
    }
    return read
  })

const fileOf = (file: Blob): Effect.Effect<Uint8Array> =>
  Effect.map(
    Effect.promise(() => file.arrayBuffer()),
    (buffer) => new Uint8Array(buffer)
  )
