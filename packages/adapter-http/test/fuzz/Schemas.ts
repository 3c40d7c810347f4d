import type { Dice } from "./Dice.ts"

/** A schema of the document, as JSON. */
export interface Json {
  readonly [name: string]: any
}

/** Says what is wrong with a value, and where; `undefined` if nothing is. */
export type Check = (value: unknown, at: string) => string | undefined

/** What this file understands. A document that says more is not half checked: it is an error. */
const understood = new Set([
  "$id",
  "$ref",
  "additionalProperties",
  "anyOf",
  "const",
  "description",
  "enum",
  "examples",
  "exclusiveMinimum",
  "format",
  "items",
  "maximum",
  "maxItems",
  "maxLength",
  "minimum",
  "minItems",
  "minLength",
  "oneOf",
  "pattern",
  "properties",
  "required",
  "title",
  "type"
])

const prefix = "#/components/schemas/"

/** Checks of the document's schemas, each compiled when it is first asked for. */
export class Checks {
  private readonly schemas: Json
  private readonly named = new Map<string, Check>()

  constructor(schemas: Json) {
    this.schemas = schemas
  }

  resolve(schema: Json): Json {
    return schema["$ref"] === undefined ? schema : this.resolve(this.schemas[nameOf(schema)])
  }

  of(schema: Json): Check {
    for (const word of Object.keys(schema)) if (!understood.has(word)) throw new Error(`nobody checks ${word}`)
    const checks: Array<Check> = []
    if (schema["$ref"] !== undefined) checks.push(this.reference(nameOf(schema)))
    // The library writes an object without fields so; and what is refused without facts has none.
    if (schema["$id"] === "/schemas/%7B%7D")
      return (value, at) => (JSON.stringify(value) === "{}" ? undefined : `${at} is not empty`)
    if (schema["type"] !== undefined) checks.push(ofType(schema["type"]))
    if ("const" in schema) checks.push(oneOfValues([schema["const"]]))
    if (schema["enum"] !== undefined) checks.push(oneOfValues(schema["enum"]))
    for (const word of ["anyOf", "oneOf"] as const) {
      if (schema[word] === undefined) continue
      const all = (schema[word] as ReadonlyArray<Json>).map((one) => this.of(one))
      checks.push((value, at) => {
        const found = all.map((check) => check(value, at))
        const fitting = found.filter((problem) => problem === undefined).length
        if (word === "anyOf" ? fitting > 0 : fitting === 1) return undefined
        return `${at} fits ${fitting} of ${all.length} (${found.find((one) => one !== undefined) ?? ""})`
      })
    }
    checks.push(
      ...numberChecks(schema),
      ...textChecks(schema),
      ...this.listChecks(schema),
      ...this.objectChecks(schema)
    )
    return (value, at) => {
      for (const check of checks) {
        const problem = check(value, at)
        if (problem !== undefined) return problem
      }
      return undefined
    }
  }

  private reference(name: string): Check {
    // A schema may hold itself.
    return (value, at) => {
      let check = this.named.get(name)
      if (check === undefined) this.named.set(name, (check = this.of(this.schemas[name])))
      return check(value, at)
    }
  }

  private listChecks({ items, maxItems = Infinity, minItems = 0 }: Json): ReadonlyArray<Check> {
    const each: ReadonlyArray<Check> = Array.isArray(items) ? items.map((one) => this.of(one)) : []
    const every = items === undefined || Array.isArray(items) ? undefined : this.of(items)
    return [
      (value, at) => {
        if (!Array.isArray(value)) return undefined
        if (value.length < minItems || value.length > maxItems) return `${at} has ${value.length} items`
        return firstOf(value, (one, i) => (every ?? each[i])?.(one, `${at}.${i}`))
      }
    ]
  }

  private objectChecks({ additionalProperties, properties = {}, required = [] }: Json): ReadonlyArray<Check> {
    const fields = new Map(Object.entries<Json>(properties).map(([name, schema]) => [name, this.of(schema)]))
    const others = typeof additionalProperties === "object" ? this.of(additionalProperties) : undefined
    return [
      (value, at) => {
        if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined
        for (const name of required as ReadonlyArray<string>)
          if (!Object.hasOwn(value, name)) return `${at}.${name} is missing`
        return firstOf(Object.entries(value), ([name, one]) => {
          const check = fields.get(name) ?? others
          if (check !== undefined) return check(one, `${at}.${name}`)
          return additionalProperties === false ? `${at}.${name} is not in the schema` : undefined
        })
      }
    ]
  }
}

const firstOf = <A>(list: ReadonlyArray<A>, check: (one: A, i: number) => string | undefined): string | undefined => {
  for (const [i, one] of list.entries()) {
    const problem = check(one, i)
    if (problem !== undefined) return problem
  }
  return undefined
}

const nameOf = (schema: Json): string => String(schema["$ref"]).replace(prefix, "")

const typeOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "array" : Number.isInteger(value) ? "integer" : typeof value

const ofType = (types: string | ReadonlyArray<string>): Check => {
  const all = typeof types === "string" ? [types] : types
  return (value, at) => {
    const found = typeOf(value)
    const fits = all.includes(found) || (found === "integer" && all.includes("number"))
    return fits ? undefined : `${at} is ${found}, not ${all.join(" or ")}`
  }
}

const oneOfValues = (values: ReadonlyArray<unknown>): Check => {
  const written = new Set(values.map((one) => JSON.stringify(one)))
  return (value, at) => (written.has(JSON.stringify(value)) ? undefined : `${at} is none of those it can be`)
}

const numberChecks = ({ exclusiveMinimum = -Infinity, maximum = Infinity, minimum = -Infinity }: Json) => [
  (value: unknown, at: string) =>
    typeof value !== "number" || (value >= minimum && value <= maximum && value > exclusiveMinimum)
      ? undefined
      : `${at} is out of bounds`
]

const textChecks = ({ maxLength = Infinity, minLength = 0, pattern }: Json) => {
  const expression = pattern === undefined ? undefined : new RegExp(pattern, "u")
  return [
    (value: unknown, at: string) => {
      if (typeof value !== "string") return undefined
      if (value.length < minLength || value.length > maxLength) return `${at} has ${value.length} characters`
      return expression === undefined || expression.test(value) ? undefined : `${at} has not the pattern`
    }
  ]
}

// ---------------------------------------------------------------------------------------------------------------------

/** What stands for a field of this name, so that the rules behind the form are reached; `undefined` if nothing does. */
export type Samples = (name: string) => unknown

/** A value that fits a schema: required fields, some of the others, and what means something where the name says it. */
export const valueOf = (schema: Json, about: { dice: Dice; checks: Checks; samples: Samples }, name = ""): unknown => {
  const { checks, dice, samples } = about
  const inner = (one: Json, of = name): unknown => valueOf(one, about, of)
  if (schema["$ref"] !== undefined) return inner(checks.resolve(schema))
  const values = "const" in schema ? [schema["const"]] : schema["enum"]
  if (values !== undefined) return dice.pick(values as ReadonlyArray<unknown>)
  const union: ReadonlyArray<Json> | undefined = schema["anyOf"] ?? schema["oneOf"]
  if (union !== undefined) return inner(dice.pick(union))
  const sample = dice.chance(0.9) ? samples(name) : undefined
  if (sample !== undefined && ofType(schema["type"])(sample, "") === undefined) return sample
  switch (schema["type"]) {
    case "object": {
      const { properties = {}, required = [] } = schema
      const names = Object.keys(properties).filter((one) => required.includes(one) || dice.chance(0.4))
      return Object.fromEntries(names.map((one) => [one, inner(properties[one], one)]))
    }
    case "array": {
      const least = schema["minItems"] ?? 0
      return dice.times(Math.max(least, dice.below(4)), () => inner(schema["items"] ?? { type: "string" }))
    }
    case "integer":
    case "number": {
      const least = Math.max(schema["minimum"] ?? 0, (schema["exclusiveMinimum"] ?? -1) + 1)
      const most = schema["maximum"] ?? 100_000
      return least + dice.below(Math.min(most - least, dice.pick([2, 10, 1_000, 100_000])) + 1)
    }
    case "boolean":
      return dice.chance(0.5)
    case "string":
      return dice.pick(["x", "通知", "2026-11-23", "a b", "1", "您好{1}"])
    default:
      return null
  }
}
