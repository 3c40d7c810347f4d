/**
 * Rules: the OpenAPI 3.1 document, made of the contract: with who may call what, the problems of each status, and
 * examples. `openapi.json` beside the package is its text.
 */
import * as OpenApi from "@effect/platform/OpenApi"
import * as Tariff from "@vsms/core/money/Tariff"
import { type Access, extension, secretScopes } from "./Access.ts"
import { NativeApi } from "./NativeApi.ts"
import { contentType, typePrefix } from "./Problem.ts"

/** A value of JSON, as far as this file cares. */
interface Json {
  [name: string]: any
}

const methods = ["get", "post", "put", "patch", "delete"]

/** The document. Each call makes a new one, which is the caller's. */
export const make = (): Json => {
  const spec: Json = withLegalNames(OpenApi.fromApi(NativeApi))
  const { components, paths } = spec as { components: Json; paths: Record<string, Json> }
  components["securitySchemes"] = securitySchemes
  // What the library would answer by itself, and this door never does.
  for (const name of ["HttpApiDecodeError", "Issue", "PropertyKey"]) delete components["schemas"][name]
  spec["security"] = []
  components["responses"] = {}
  for (const schema of Object.values<Json>(components["schemas"]))
    if (schema["properties"]?.type?.enum?.[0]?.startsWith(typePrefix) === true)
      schema["examples"] = [exampleOf(schema, components["schemas"])]
  for (const path of Object.values(paths))
    for (const method of methods) if (path[method] !== undefined) complete(path[method], components)
  return spec
}

/** A copy in which schemas are named as the standard allows: `a whole number` becomes `a_whole_number`. */
const withLegalNames = (spec: object): Json => {
  const prefix = "#/components/schemas/"
  const legal = (name: string): string => name.replace(/[^A-Za-z0-9._-]+/g, "_")
  const copy = (value: unknown, isNames: boolean): unknown => {
    if (Array.isArray(value)) return value.map((inner) => copy(inner, false))
    if (typeof value !== "object" || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) =>
        name === "$ref" && typeof inner === "string"
          ? [name, prefix + legal(decodeURIComponent(inner.slice(prefix.length)))]
          : [isNames ? legal(name) : name, copy(inner, name === "schemas")]
      )
    )
  }
  return copy(spec, false) as Json
}

/** The text of `openapi.json`. Under a prefix it says so: without, what reads it takes the root of its own address. */
export const text = (prefix = ""): string => {
  const servers = prefix === "" ? {} : { servers: [{ url: prefix }] }
  return `${JSON.stringify({ ...make(), ...servers }, null, 2)}\n`
}

const securitySchemes = {
  operatorToken: {
    type: "http",
    scheme: "bearer",
    description: "The token of an operator, who may do everything."
  },
  accountKey: {
    type: "http",
    scheme: "bearer",
    description: "A key of an account (`vsms_…`): whatever its scopes say, in that account."
  },
  applicationSecret: {
    type: "http",
    scheme: "basic",
    description: `SDKAppID and AppKey: ${secretScopes.join(", ")}, for that application alone.`
  }
}

const securityOf = ({ scope, who }: Access, path: boolean): ReadonlyArray<Json> => {
  if (who === "anyone") return []
  const operator = { operatorToken: [] }
  if (who === "operator" || scope === undefined) return [operator]
  const key = { accountKey: [scope] }
  return path && secretScopes.includes(scope) ? [operator, key, { applicationSecret: [scope] }] : [operator, key]
}

const complete = (operation: Json, components: Json): void => {
  const access = operation[extension] as Access
  const ofApplication = operation["parameters"].some((one: Json) => one["name"] === "applicationId")
  operation["security"] = securityOf(access, ofApplication)
  if (access.who === "anyone") for (const status of ["401", "403", "429"]) delete operation["responses"][status]
  const { parameters, responses } = operation
  if (access.idempotent === true)
    parameters.push(header("Idempotency-Key", "Repeated under it within a day, the request is answered as before."))
  if (access.etag === true && operation["requestBody"] === undefined && responses["204"] === undefined)
    parameters.push(header("If-None-Match", "The ETag of what the caller has: 304 if it is still the same."))
  if (access.etag === true && responses["412"] !== undefined)
    parameters.push(header("If-Match", "The ETag of what the edit was made from: 412 if it is no longer that."))
  const body = operation["requestBody"]?.content["application/json"]
  if (body !== undefined) body.example = exampleOf(body.schema, components["schemas"])
  for (const [status, response] of Object.entries<Json>(responses)) {
    if (Number(status) >= 400) responses[status] = problemResponse(status, response, components)
    else succeed(response, components["schemas"])
    if (Number(status) < 400 && access.etag === true && response["content"] !== undefined)
      response["headers"] = { ETag: { description: "The version of the thing", schema: { type: "string" } } }
  }
  if (access.etag === true && responses["200"]?.headers !== undefined && operation["requestBody"] === undefined)
    responses["304"] = { description: "Not changed" }
}

/** A success: with the name of its schema, which a status takes from it, and an example. */
const succeed = (response: Json, schemas: Json): void => {
  const json = response["content"]?.["application/json"]
  if (json === undefined) return
  const written = JSON.stringify(json.schema)
  const name = Object.keys(schemas).find((one) => JSON.stringify(schemas[one]) === written)
  if (name !== undefined) json.schema = { $ref: `#/components/schemas/${name}` }
  json.example = exampleOf(json.schema, schemas)
}

const header = (name: string, description: string): Json => ({
  name,
  in: "header",
  required: false,
  description,
  schema: { type: "string" }
})

/** All problems of one status, under their content type; written once, however many operations can answer so. */
const problemResponse = (status: string, response: Json, { responses, schemas }: Json): Json => {
  const given: Json = Object.values<Json>(response["content"])[0]!["schema"]
  const all: ReadonlyArray<Json> = (given["anyOf"] ?? [given]) as ReadonlyArray<Json>
  const kept = all.filter((one) => nameOf(one) !== "HttpApiDecodeError")
  const names = kept.map(nameOf)
  const name = names.join(".")
  const headers = headersOf[status]
  responses[name] = {
    description: names.map((one) => schemas[one]?.title ?? one).join("; "),
    ...(headers === undefined ? {} : { headers }),
    content: { [contentType]: { schema: kept.length === 1 ? kept[0] : { oneOf: kept } } }
  }
  return { $ref: `#/components/responses/${name}` }
}

const retryAfter = {
  "Retry-After": { description: "After how many seconds it may be tried again", schema: { type: "integer" } }
}

const headersOf: { readonly [status: string]: Json } = {
  "401": { "WWW-Authenticate": { description: "Bearer, or Basic", schema: { type: "string" } } },
  "405": { Allow: { description: "The methods of this path", schema: { type: "string" } } },
  "429": retryAfter,
  "503": retryAfter
}

const nameOf = (schema: Json): string => String(schema["$ref"] ?? "").replace("#/components/schemas/", "")

/** What stands in examples, by the name of the field: values that mean something, and that the rules let through. */
const samples: { readonly [name: string]: unknown } = {
  accountId: "shop",
  applicationId: "1400000001",
  name: "standard",
  content: "您的验证码是：{1}",
  templateId: "1234567",
  fileId: "da39a3ee5e6b4b0d3255bfef95601890afd80709.mp3",
  to: "13800138000",
  callee: "+8613800138000",
  code: "4821",
  number: "075500000001",
  numbers: ["075500000001"],
  display: "075500000001",
  region: "广东省深圳市",
  orderIds: ["0198a6f2c4d1a1b2c3d4e5f60718293a"],
  title: "示例科技（深圳）有限公司",
  taxNumber: "91440300MA5EXAMPLA",
  email: "finance@shop.example",
  url: "https://shop.example/hook",
  overlapMillis: 3_600_000,
  millis: 30_000,
  at: 1_763_895_600_000
}

/** A value that fits a schema: its own example, else what stands for its name, else the least that is required. */
export const exampleOf = (schema: Json | undefined, schemas: Json, name = ""): unknown => {
  if (schema === undefined) return null
  if (nameOf(schema) === "PriceList") return Tariff.standard
  if (schema["$ref"] !== undefined) return exampleOf(schemas[nameOf(schema)], schemas, name)
  if (Array.isArray(schema["examples"])) return schema["examples"][0]
  if (schema["const"] !== undefined) return schema["const"]
  if (Array.isArray(schema["enum"])) return schema["enum"][0]
  const sample = samples[name]
  if (sample !== undefined && fits(sample, schema["type"])) return sample
  const union = schema["anyOf"] ?? schema["oneOf"]
  if (Array.isArray(union)) return exampleOf(union[0], schemas, name)
  switch (schema["type"]) {
    case "object":
      return Object.fromEntries(
        Object.entries<Json>(schema["properties"] ?? {})
          .filter(([field]) => (schema["required"] ?? []).includes(field))
          .map(([field, inner]) => [
            field,
            field === "title" && schema["title"] !== undefined ? schema["title"] : exampleOf(inner, schemas, field)
          ])
      )
    case "array": {
      const { items } = schema
      if (Array.isArray(items)) return items.map((inner: Json) => exampleOf(inner, schemas))
      return items === undefined ? [] : [exampleOf(items, schemas, name)]
    }
    case "string":
      return "…"
    case "number":
    case "integer":
      return name.endsWith("At") ? samples["at"] : Math.max(1, Number(schema["minimum"] ?? 1))
    case "boolean":
      return true
    default:
      return null
  }
}

const fits = (value: unknown, type: unknown): boolean =>
  Array.isArray(value) ? type === "array" : typeof value === type || (type === "integer" && Number.isInteger(value))
