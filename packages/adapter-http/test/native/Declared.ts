import * as OpenApiDocument from "@vsms/adapter-http/api/OpenApiDocument"
import { RouteTable } from "@vsms/adapter-http/door/RouteTable"

const document = OpenApiDocument.make() as any

const routes = new RouteTable<any>()
for (const [path, methods] of Object.entries<any>(document.paths))
  for (const [method, operation] of Object.entries<any>(methods))
    routes.add(method.toUpperCase(), path.replace(/\{(\w+)\}/g, ":$1"), operation)

/** What is wrong with an answer: the document has every status and every problem that an operation answers with. */
export const undeclared = (method: string, path: string, status: number, type?: string): string | undefined => {
  const found = routes.find(method, path.split("?")[0]!)
  if (found._tag !== "Target") return undefined
  const { operationId, responses } = found.target
  const response = responses[String(status)]
  if (response === undefined) return `${operationId} answers ${status}`
  if (type === undefined) return undefined
  const { schema } = Object.values<any>(
    document.components.responses[String(response.$ref).replace("#/components/responses/", "")].content
  )[0]
  const names = (schema.oneOf ?? [schema]).map(({ $ref }: any) =>
    $ref.replace("#/components/schemas/", "urn:vsms:problem:")
  )
  return names.includes(type) ? undefined : `${operationId} answers ${type}`
}
