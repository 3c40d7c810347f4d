/**
 * Rules: how something refused is told over HTTP: as problem details (RFC 9457), with the rule that says no and the
 * facts of the refusal. Which refusal has which status is `Problems.ts`'s business.
 */
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"

/** What a refusal is to HTTP: a tagged error class of core or of this door, with its statics. */
export interface RefusalType<A> extends Schema.Schema<A, any> {
  readonly fields: Schema.Struct.Fields
  readonly identifier: string
  readonly rule: string
  readonly code?: number
  readonly transient: boolean
  new (facts: any): A
}

/** The body of every answer that is no success. Never holds a called number, a spoken text or a secret. */
export interface Body {
  /** `urn:vsms:problem:` and the name of the refusal: what programs tell problems apart by. */
  readonly type: string
  /** For people. */
  readonly title: string
  readonly status: number
  /** The rule of the rulebook; `input` where the request has not the form of one, `http` where HTTP itself says no. */
  readonly rule: string
  /** The code of the vendor's wire, where it has one. */
  readonly code?: number | undefined
  /** Whether the very same request could succeed later. */
  readonly transient: boolean
  readonly facts: Readonly<Record<string, unknown>>
  /** `urn:vsms:request:` and the id of the request, for whoever asks an operator about it. */
  readonly instance?: string | undefined
  /** Of a send that was refused: what its explanation is asked for with. */
  readonly attemptId?: string | undefined
}

export const contentType = "application/problem+json"

export const typePrefix = "urn:vsms:problem:"

/** A refusal class with a status: a schema that reads and writes problem details. */
export interface Problem<A> extends Schema.Schema<A, Body> {
  readonly refusal: RefusalType<A>
  readonly status: number
  /** The body for one refusal, without `instance`. */
  readonly body: (refusal: A) => Body
}

/** `NotEnoughMinutes` as people read it: `Not enough minutes`. */
const titleOf = (name: string): string => {
  const words = name.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase()
  return words.slice(0, 1).toUpperCase() + words.slice(1)
}

/** Annotates a refusal class with a status, here and not in core. */
export const problem = <A extends object>(refusal: RefusalType<A>, status: number): Problem<A> => {
  const name = refusal.identifier
  const { _tag: _, ...fields } = refusal.fields
  // The fields of a refusal are facts: their schemas need no services, which the type of all fields does not say.
  const facts = Schema.Struct(fields) as unknown as Schema.Schema<any, Readonly<Record<string, unknown>>>
  const hasFacts = Object.keys(fields).length > 0
  const encodeFacts = Schema.encodeSync(facts)
  const type = typePrefix + name
  const { code, rule, transient } = refusal
  const about = { type, title: titleOf(name), status, rule, ...(code === undefined ? {} : { code }), transient }
  const shape: Schema.Struct.Fields = {
    type: Schema.Literal(type),
    title: Schema.String,
    status: Schema.Literal(status),
    rule: Schema.Literal(rule),
    ...(code === undefined ? {} : { code: Schema.Literal(code) }),
    transient: Schema.Literal(transient),
    facts,
    instance: Schema.optional(Schema.String),
    attemptId: Schema.optional(Schema.String)
  }
  const wire = Schema.Struct(shape).annotations({ identifier: name, title: titleOf(name) }) as unknown as Schema.Schema<
    { readonly facts: object },
    Body
  >
  const schema = Schema.transform(wire, Schema.typeSchema(refusal), {
    strict: false,
    decode: ({ facts }: { readonly facts: object }) => new refusal(facts),
    encode: (instance: A) => ({ ...about, facts: instance })
  }).pipe(
    (transformed) => transformed.annotations(HttpApiSchema.annotations({ status })),
    HttpApiSchema.withEncoding({ kind: "Json", contentType })
  )
  return Object.assign(schema as unknown as Schema.Schema<A, Body>, {
    refusal,
    status,
    // A structure without fields would let everything through.
    body: (instance: A): Body => ({ ...about, facts: hasFacts ? encodeFacts(instance) : {} })
  })
}
