/** A database of its own for a test, on the server of the run. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { inject } from "vitest"
import * as PostgresServer from "../../src/place/PostgresServer.ts"

/** The URL of a new, empty database. */
export const create = async (): Promise<string> => {
  const response = await fetch(inject("testDatabases"), { method: "POST" })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return text
}

/** The services of a place, on a new database. */
export const layer = (options: Partial<PostgresServer.Options> = {}) =>
  Layer.unwrapEffect(
    Effect.map(Effect.promise(create), (url) => PostgresServer.layer({ url: Redacted.make(url), ...options }))
  )
