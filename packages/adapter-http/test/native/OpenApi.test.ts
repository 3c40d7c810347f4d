import * as DocumentPage from "@vsms/adapter-http/api/DocumentPage"
import { NativeApi } from "@vsms/adapter-http/api/NativeApi"
import * as OpenApiDocument from "@vsms/adapter-http/api/OpenApiDocument"
import * as Operations from "@vsms/adapter-http/door/Operation"
import * as HttpApi from "@effect/platform/HttpApi"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as fs from "node:fs"
import * as path from "node:path"
import * as World from "./World.ts"

const document = OpenApiDocument.make()
const { components, paths } = document as { components: any; paths: Record<string, Record<string, any>> }
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation }))
)
const contract = Operations.all()

describe("the OpenAPI document", () => {
  it("is the one that lies in the package", () => {
    const file = path.resolve(import.meta.dirname, "../../openapi.json")
    // If this fails: npm run codegen.
    expect(fs.readFileSync(file, "utf8") === OpenApiDocument.text()).toBe(true)
  })

  it("has every endpoint of the contract, each with a summary, who may call it, and its problems", () => {
    const described = operations.map(({ operation }) => String(operation.operationId))
    expect(described).toHaveLength(contract.length)
    expect(new Set(described)).toEqual(new Set(contract.map(({ name }) => name)))
    for (const { operation, path } of operations) {
      expect(operation.summary, path).toMatch(/./)
      expect(Object.keys(operation.responses), path).toEqual(
        expect.arrayContaining(["400", "404", "405", "500", "503"])
      )
      const isOpen = operation["x-vsms-access"].who === "anyone"
      expect(operation.security.length > 0, path).toBe(!isOpen)
      expect("401" in operation.responses, path).toBe(!isOpen)
    }
  })

  it("names everything legally, and points only to what is there", () => {
    const text = JSON.stringify(document)
    const refs = new Set(
      Array.from(
        text.matchAll(/"\$ref":"#\/components\/(schemas|responses)\/([^"]+)"/g),
        ([, kind, name]) => `${kind}/${name}`
      )
    )
    expect(refs.size).toBeGreaterThan(100)
    expect(text.match(/"\$ref"/g)!.length).toBe(
      text.match(/"\$ref":"#\/components\/(schemas|responses)\/[A-Za-z0-9._-]+"/g)!.length
    )
    for (const ref of refs) {
      const [kind, name] = ref.split("/") as [string, string]
      expect(components[kind][name], ref).toBeDefined()
    }
    for (const kind of ["schemas", "responses"])
      for (const name of Object.keys(components[kind])) expect(name).toMatch(/^[A-Za-z0-9._-]+$/)
  })

  it("answers problems as problem+json, each with an example of its type and status", () => {
    for (const { operation, path } of operations)
      for (const [status, response] of Object.entries<any>(operation.responses)) {
        if (Number(status) < 400) continue
        const shared = components.responses[response.$ref.replace("#/components/responses/", "")]
        expect(Object.keys(shared.content), path).toEqual(["application/problem+json"])
        const { schema } = shared.content["application/problem+json"]
        for (const { $ref } of schema.oneOf ?? [schema]) {
          const name = $ref.replace("#/components/schemas/", "")
          const [example] = components.schemas[name].examples
          expect(example).toMatchObject({ type: `urn:vsms:problem:${name}`, status: Number(status) })
        }
      }
  })

  it("says of every path with an account or an application in it that there may be none", () => {
    for (const { operation, path } of operations) {
      const missing = String(operation.responses["404"].$ref)
      if (path.includes("{accountId}"))
        expect([path, missing]).toEqual([path, expect.stringContaining("UnknownAccount")])
      if (path.includes("{applicationId}"))
        expect([path, missing]).toEqual([path, expect.stringContaining("UnknownApplication")])
    }
  })

  it("has examples that the contract takes", () => {
    for (const { name, parseBody } of contract) {
      const operation = operations.find(({ operation }) => operation.operationId === name)!.operation
      const body = operation.requestBody?.content["application/json"]
      if (body === undefined || parseBody === undefined) continue
      expect(Either.isRight(parseBody(body.example)), `${name} ${JSON.stringify(body.example)}`).toBe(true)
    }
  })

  it("has examples of answers that the contract gives", () => {
    HttpApi.reflect(NativeApi, {
      onGroup: () => {},
      onEndpoint: ({ endpoint, group }) => {
        const name = `${group.identifier}.${endpoint.name}`
        const operation = operations.find(({ operation }) => operation.operationId === name)!.operation
        const [, success] = Object.entries<any>(operation.responses).find(([status]) => status.startsWith("2"))!
        const json = success.content?.["application/json"]
        if (json === undefined) return
        const decode = Schema.decodeUnknownEither(endpoint.successSchema as Schema.Schema<any, any>)
        const decoded = decode(json.example)
        expect(Either.isRight(decoded), `${name} ${JSON.stringify(json.example)} ${String(decoded)}`).toBe(true)
      }
    })
  })

  it.effect("is served to everybody, with a page that loads nothing from elsewhere", () =>
    Effect.gen(function* () {
      const served = yield* World.ask("GET", "/openapi.json")
      expect(served.json).toEqual(document)
      const page = yield* World.ask("GET", "/docs")
      expect(page.headers.get("content-type")).toContain("text/html")
      expect(page.headers.get("content-security-policy")).toContain("default-src 'none'")
      expect(page.text).not.toMatch(/<script|src=|https?:\/\/(?!shop\.example)/)
      for (const { name } of contract) expect(page.text).toContain(`id="${name}"`)
    }).pipe(World.within())
  )

  it("escapes what it shows", () => {
    const hostile = { ...document, info: { description: "<script>alert(1)</script>" } }
    expect(DocumentPage.html(hostile)).not.toContain("<script>")
  })
})
