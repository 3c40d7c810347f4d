/**
 * Service: the OpenAPI document and the page that people read, for everybody.
 */
import * as Effect from "effect/Effect"
import * as OpenApiDocument from "../api/OpenApiDocument.ts"
import * as DocumentPage from "../api/DocumentPage.ts"
import { Answer, type Incoming } from "../door/Exchange.ts"

const cached = { "cache-control": "public, max-age=300", "x-content-type-options": "nosniff" }

/** Made at the first request: processes that nobody asks for it do without. By the prefixes of the host's. */
const json = new Map<string, string>()
let html: string | undefined

const jsonAt = (prefix: string): string => {
  const known = json.get(prefix) ?? OpenApiDocument.text(prefix)
  json.set(prefix, known)
  return known
}

const answers: { readonly [path: string]: (prefix: string) => Answer } = {
  "/openapi.json": (prefix) => new Answer(200, { ...cached, "content-type": "application/json" }, jsonAt(prefix)),
  "/docs": () =>
    new Answer(
      200,
      { ...cached, "content-type": "text/html; charset=utf-8", "content-security-policy": DocumentPage.policy },
      (html ??= DocumentPage.html(OpenApiDocument.make()))
    )
}

/** The answer, if it is a document that is asked for. */
export const answer = ({ method, path, prefix = "" }: Incoming): Effect.Effect<Answer> | undefined => {
  const found = method === "GET" || method === "HEAD" ? answers[path] : undefined
  return found === undefined ? undefined : Effect.sync(() => found(prefix))
}
