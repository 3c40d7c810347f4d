/**
 * Rules: how things are written as JSON, and read back. A kind whose schema changes nothing on the way is written as
 * it is; what is read is always checked.
 */
import type { Kind } from "@vsms/core/storage/Kind"
import * as Either from "effect/Either"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"

export interface Codec {
  readonly writeState: (state: unknown) => string
  readonly writeEvent: (event: unknown) => string
  readonly writePersonal: (personal: unknown) => string | null
  readonly readState: (json: unknown) => unknown
  readonly readEvent: (json: unknown) => unknown
  readonly readPersonal: (json: unknown) => unknown
}

const codecs = new WeakMap<Kind.Any, Codec>()

export const of = (kind: Kind.Any): Codec => {
  let codec = codecs.get(kind)
  if (codec === undefined) codecs.set(kind, (codec = make(kind)))
  return codec
}

const make = (kind: Kind.Any): Codec => {
  const writePersonal = writer(kind.personal, `the personal data of a ${kind.name}`)
  const readPersonal = reader(kind.personal, `the personal data of a ${kind.name}`)
  return {
    writeState: writer(kind.state, `the state of a ${kind.name}`),
    writeEvent: writer(kind.event, `an event of a ${kind.name}`),
    writePersonal: (personal) => (personal === undefined ? null : writePersonal(personal)),
    readState: reader(kind.state, `the state of a ${kind.name}`),
    readEvent: reader(kind.event, `an event of a ${kind.name}`),
    readPersonal: (json) => (json === null ? undefined : readPersonal(json))
  }
}

/** A value that does not fit its schema is ours to mend. The message names none, as values may be personal. */
const writer = (schema: Schema.Schema<any, any>, what: string): ((value: unknown) => string) => {
  if (SchemaAST.typeAST(schema.ast) === schema.ast) return JSON.stringify
  const encode = Schema.encodeEither(schema)
  return (value) => {
    const written = encode(value)
    if (Either.isLeft(written)) throw new Error(`${what} is not what its schema says${pathOf(written.left.issue)}`)
    return JSON.stringify(written.right)
  }
}

/** What is stored does not fit its schema: so is that. */
const reader = (schema: Schema.Schema<any, any>, what: string): ((json: unknown) => unknown) => {
  const decode = Schema.decodeUnknownEither(schema)
  return (json) => {
    const read = decode(json)
    if (Either.isLeft(read)) throw new Error(`${what} is not what its schema says${pathOf(read.left.issue)}`)
    return read.right
  }
}

const pathOf = (issue: ParseResult.ParseIssue): string => {
  switch (issue._tag) {
    case "Pointer":
      return ` / ${String(Array.isArray(issue.path) ? issue.path.join(" / ") : issue.path)}${pathOf(issue.issue)}`
    case "Composite":
      return pathOf(Array.isArray(issue.issues) ? issue.issues[0] : (issue.issues as ParseResult.ParseIssue))
    case "Refinement":
    case "Transformation":
      return pathOf(issue.issue)
    default:
      return ""
  }
}
