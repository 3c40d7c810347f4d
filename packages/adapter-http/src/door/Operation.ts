/**
 * Service: an endpoint of the contract with its handler, made ready: what reads its request and writes its answer is
 * built once, not per request.
 */
import * as HttpApi from "@effect/platform/HttpApi"
import type * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as OpenApi from "@effect/platform/OpenApi"
import * as InvalidInput from "@vsms/core/InvalidInput"
import * as EffectContext from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Access, extension } from "../api/Access.ts"
import { NativeApi } from "../api/NativeApi.ts"
import * as EditGuard from "./EditGuard.ts"
import { Answer } from "./Exchange.ts"
import { Versioned } from "./Handler.ts"
import type * as RequestBody from "./RequestBody.ts"

type Parse = (input: unknown) => Either.Either<any, InvalidInput.InvalidInput>

export interface Operation {
  /** Group and endpoint: `orders.pay`. */
  readonly name: string
  readonly method: string
  readonly path: string
  readonly access: Access
  readonly parsePath: Parse | undefined
  readonly parseQuery: Parse | undefined
  readonly parseBody: Parse | undefined
  readonly form: RequestBody.Form
  readonly takesBody: boolean
  /** The answer to what a handler gave. */
  readonly answer: (value: unknown) => Effect.Effect<Answer>
}

/** A field that nobody knows is a mistake of whoever wrote it: it is refused, not passed over. */
const strict = { parseOptions: { onExcessProperty: "error" } } as const

const parserOf = (schema: Option.Option<Schema.Schema<any, any, any>>): Parse | undefined =>
  Option.getOrUndefined(
    // Contracts need no services to be read.
    Option.map(schema, (one) => InvalidInput.parser((one as Schema.Schema<any, any>).annotations(strict)))
  )

const accessOf = (endpoint: HttpApiEndpoint.HttpApiEndpoint.AnyWithProps): Access | undefined => {
  const override = Option.getOrUndefined(EffectContext.getOption(endpoint.annotations, OpenApi.Override))
  return override?.[extension] as Access | undefined
}

/** All endpoints of the contract. One that does not say who may call it is a defect, found when the door is made. */
export const all = (): ReadonlyArray<Operation> => {
  const found: Array<Operation> = []
  HttpApi.reflect(NativeApi, {
    onGroup: () => {},
    onEndpoint: ({ endpoint: any, group, payloads }) => {
      // `reflect` knows the endpoints by their general type alone.
      const endpoint = any as unknown as HttpApiEndpoint.HttpApiEndpoint.AnyWithProps
      const name = `${group.identifier}.${endpoint.name}`
      const access = accessOf(endpoint)
      if (access === undefined) throw new Error(`the contract does not say who may call ${name}`)
      found.push({
        name,
        method: endpoint.method,
        path: endpoint.path,
        access,
        parsePath: parserOf(endpoint.pathSchema),
        parseQuery: parserOf(endpoint.urlParamsSchema),
        parseBody: parserOf(endpoint.payloadSchema),
        form: payloads.has("multipart/form-data") ? "multipart" : "json",
        takesBody: Option.isSome(endpoint.payloadSchema),
        answer: answerOf(endpoint.successSchema)
      })
    }
  })
  return found
}

const jsonType = { "content-type": "application/json" }

const answerOf = (schema: Schema.Schema<any, any, any>): ((value: unknown) => Effect.Effect<Answer>) => {
  const status = HttpApiSchema.getStatusSuccess(schema)
  if (HttpApiSchema.isVoid(schema.ast)) {
    return (value) => Effect.succeed(value instanceof Answer ? value : new Answer(status, {}))
  }
  // As above; and what a handler gave was made by ours, so that it cannot be written is a defect.
  const encode = Schema.encodeUnknown(schema as Schema.Schema<any, any>)
  return (value) => {
    if (value instanceof Answer) return Effect.succeed(value)
    const plain = value instanceof Versioned ? value.value : value
    const headers =
      value instanceof Versioned
        ? { ...jsonType, etag: EditGuard.etagOf(value.version), "cache-control": "private, no-cache" }
        : jsonType
    return Effect.map(Effect.orDie(encode(plain)), (body) => new Answer(status, headers, JSON.stringify(body)))
  }
}
