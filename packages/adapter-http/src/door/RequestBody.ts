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
      return suspicious.test(text) || isDeep(text) ? Either.flatMap(parsed, storable) : parsed
    }
  )

/** Where a text may hold NUL, or half a character, which no storage gives back as they were. */
const suspicious = /\\u(?:0000|[dD][89a-fA-F])/

const unstorable = /[\0\p{Cs}]/u

/** No form of ours is half as deep; and what walks through a value must not run out of stack. */
const deepest = 32

/** Whether so much is opened in it that it could be too deep. */
const isDeep = (text: string): boolean => {
  let opened = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if ((code === openBracket || code === openBrace) && ++opened > deepest) return true
  }
  return false
}

const openBracket = 0x5b
const openBrace = 0x7b

const storable = (value: unknown): Either.Either<unknown, InvalidInput> => {
  const problem = problemOf(value, "", 0)
  return problem === undefined ? Either.right(value) : Either.left(new InvalidInput({ problems: [problem] }))
}

type FieldProblem = InvalidInput["problems"][number]

const problemOf = (value: unknown, field: string, depth: number): FieldProblem | undefined => {
  if (typeof value === "string") return unstorable.test(value) ? notStorable(field) : undefined
  if (typeof value !== "object" || value === null) return undefined
  if (depth === deepest) return { field, expected: `a value that is at most ${deepest} deep` }
  for (const [name, inner] of Object.entries(value)) {
    if (unstorable.test(name)) return notStorable(field)
    const found = problemOf(inner, field === "" ? name : `${field}.${name}`, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

const notStorable = (field: string): FieldProblem => ({
  field,
  expected: "a text without NUL and halves of characters"
})

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
