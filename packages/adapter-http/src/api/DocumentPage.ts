/**
 * Rules: the documentation page: the OpenAPI document as one page of HTML, without scripts and without anything from
 * elsewhere.
 */
import { type Access, extension } from "./Access.ts"
import { exampleOf } from "./OpenApiDocument.ts"

/** A value of JSON, as far as this file cares. */
interface Json {
  readonly [name: string]: any
}

/** Nothing is loaded but the style in the page. */
export const policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'"

const escaped = (text: unknown): string =>
  String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

/** Text with `code` in it. */
const prose = (text: unknown): string => escaped(text ?? "").replace(/`([^`]+)`/g, "<code>$1</code>")

const refName = (schema: Json): string | undefined =>
  typeof schema["$ref"] === "string" ? schema["$ref"].replace("#/components/schemas/", "") : undefined

/** A schema in a line. */
const typeOf = (schema: Json | undefined): string => {
  if (schema === undefined) return ""
  const name = refName(schema)
  if (name !== undefined) return `<a href="#schema-${escaped(encodeURIComponent(name))}">${escaped(name)}</a>`
  if (schema["enum"] !== undefined)
    return schema["enum"].map((one: unknown) => escaped(JSON.stringify(one))).join(" | ")
  const union = schema["anyOf"] ?? schema["oneOf"]
  if (union !== undefined) return union.map(typeOf).join(" | ")
  if (schema["type"] === "array")
    return `${typeOf(Array.isArray(schema["items"]) ? schema["items"][0] : schema["items"])}[]`
  return escaped(schema["type"] ?? "any")
}

const fieldsOf = (schema: Json): string => {
  const { properties, required = [] } = schema
  if (properties === undefined) return `<p>${typeOf(schema)}</p>`
  const rows = Object.entries<Json>(properties).map(
    ([name, inner]) =>
      `<tr><td><code>${escaped(name)}</code>${required.includes(name) ? "" : " ?"}</td><td>${typeOf(inner)}</td><td>${prose(inner["description"])}</td></tr>`
  )
  return `<table>${rows.join("")}</table>`
}

const credentialOf = ({ scope, who }: Access): string =>
  who === "anyone"
    ? "nobody in particular"
    : who === "operator"
      ? "an operator"
      : `an operator, or a key with <code>${escaped(scope)}</code>`

const curl = (method: string, path: string, operation: Json, schemas: Json): string => {
  const lines = [`curl -X ${method.toUpperCase()} "$VSMS_URL${path.replace(/\{(\w+)\}/g, "$$$1")}"`]
  const access = operation[extension] as Access
  if (access.who !== "anyone") lines.push(`-H "Authorization: Bearer $VSMS_KEY"`)
  const content = operation["requestBody"]?.content ?? {}
  const json = content["application/json"]?.schema
  const form = content["multipart/form-data"]?.schema
  if (json !== undefined)
    lines.push(`-H "Content-Type: application/json"`, `-d '${JSON.stringify(exampleOf(json, schemas))}'`)
  if (form !== undefined)
    for (const name of Object.keys(form["properties"] ?? {}))
      lines.push(name === "image" ? `-F "image=@certificate.png"` : `-F "${name}=…"`)
  return lines.join(" \\\n  ")
}

const operationHtml = (method: string, path: string, operation: Json, { responses: shared, schemas }: Json): string => {
  const access = operation[extension] as Access
  const parameters = operation["parameters"].map(
    (one: Json) =>
      `<tr><td><code>${escaped(one["name"])}</code>${one["required"] === true ? "" : " ?"}</td><td>${escaped(one["in"])}</td><td>${typeOf(one["schema"])}</td><td>${prose(one["description"])}</td></tr>`
  )
  const bodies = Object.entries<Json>(operation["requestBody"]?.content ?? {}).map(
    ([type, { schema }]) => `<h4>Body: ${escaped(type)}</h4>${fieldsOf(schema)}`
  )
  const responses = Object.entries<Json>(operation["responses"]).map(([status, response]) => {
    const name = String(response["$ref"] ?? "").replace("#/components/responses/", "")
    const { content = {}, description }: Json = shared[name] ?? response
    return `<tr><td>${escaped(status)}</td><td>${Object.values<Json>(content)
      .map(({ schema }) => typeOf(schema))
      .join(" | ")}</td><td>${prose(description)}</td></tr>`
  })
  return `<section id="${escaped(operation["operationId"])}"><h3><span class="m">${escaped(method.toUpperCase())}</span> <code>${escaped(path)}</code></h3>
<p>${prose(operation["summary"])}. ${prose(operation["description"])}</p><p class="w">For ${credentialOf(access)}.</p>
${parameters.length === 0 ? "" : `<h4>Parameters</h4><table>${parameters.join("")}</table>`}${bodies.join("")}
<details><summary>Answers</summary><table>${responses.join("")}</table></details>
<details><summary>Example</summary><pre>${escaped(curl(method, path, operation, schemas))}</pre></details></section>`
}

const style = `body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1rem;color:#1b1f24;background:#fff}
code,pre{font:14px/1.4 ui-monospace,monospace}pre{background:#f3f5f7;padding:.75rem;overflow:auto}table{border-collapse:collapse;width:100%}
td{border-top:1px solid #dde2e8;padding:.25rem .5rem;vertical-align:top}nav{columns:3;font-size:14px}section{border-top:2px solid #dde2e8;margin-top:1.5rem}
.m{font-weight:700;color:#0b5cad}.w{color:#57606a}a{color:#0b5cad}@media(prefers-color-scheme:dark){body{background:#14181d;color:#dfe5ec}pre{background:#1f252c}
td,section{border-color:#333c46}.m,a{color:#79b8ff}.w{color:#9aa5b1}}@media(max-width:40rem){nav{columns:1}}`

/** The page of a document. */
export const html = (document: Json): string => {
  const schemas: Json = document["components"].schemas
  const operations = Object.entries<Json>(document["paths"]).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, operation]) => ({ method, path, operation }))
  )
  const tags: ReadonlyArray<string> = document["tags"].map((tag: Json) => tag["name"])
  const ofTag = (tag: string) => operations.filter(({ operation }) => operation["tags"][0] === tag)
  const contents = operations.map(
    ({ operation }) => `<a href="#${escaped(operation["operationId"])}">${escaped(operation["operationId"])}</a><br>`
  )
  const body = tags.map(
    (tag) =>
      `<h2>${escaped(tag)}</h2>${ofTag(tag)
        .map(({ method, operation, path }) => operationHtml(method, path, operation, document["components"]))
        .join("")}`
  )
  const named = Object.entries<Json>(schemas).map(
    ([name, schema]) =>
      `<section id="schema-${escaped(encodeURIComponent(name))}"><h3>${escaped(name)}</h3><p>${prose(schema["description"])}</p>${fieldsOf(schema)}</section>`
  )
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>VSMS API</title><style>${style}</style></head><body><h1>VSMS API</h1><p>${prose(document["info"].description)}
The whole as <a href="openapi.json">OpenAPI 3.1</a>.</p>
<p>Every answer that is no success is <code>application/problem+json</code> (RFC 9457), with the rule that says no in <code>rule</code> and
its facts in <code>facts</code>. Instants are milliseconds since 1970, money is thousandths of a yuan.</p>
<nav>${contents.join("")}</nav>${body.join("")}<h2>Schemas</h2>${named.join("")}</body></html>
`
}
