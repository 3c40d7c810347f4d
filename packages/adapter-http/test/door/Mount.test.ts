import * as Mount from "@vsms/adapter-http/door/Mount"
import * as World from "../native/World.ts"
import * as WebHandler from "@vsms/adapter-http/web/WebHandler"
import { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"

describe("a prefix of the host's", () => {
  it.each([
    [undefined, ""],
    ["", ""],
    ["/", ""],
    ["vsms", "/vsms"],
    ["/vsms/", "/vsms"],
    ["/api/vsms", "/api/vsms"]
  ])("%s is %s", (prefix, expected) => expect(Mount.prefixOf({ prefix })).toBe(expected))

  it.each([
    ["", "/v1/accounts", "/v1/accounts"],
    ["/vsms", "/vsms/v1/accounts", "/v1/accounts"],
    ["/vsms", "/vsms", "/"],
    ["/vsms", "/vsms/", "/"],
    // A host that strips has stripped.
    ["/vsms", "/v1/accounts", "/v1/accounts"],
    ["/vsms", "/vsmsx", "/vsmsx"],
    ["/vsms", "/v1/vsms/vsms", "/v1/vsms/vsms"]
  ])("%s taken off %s is %s", (prefix, path, expected) => expect(Mount.inner(prefix, path)).toBe(expected))

  it.effect("is where the document says that the API is", () =>
    Effect.gen(function* () {
      const door = yield* NativeDoor
      const documentAt = (path: string, prefix?: string) =>
        Effect.flatMap(WebHandler.respond(door, new Request(`http://host.example${path}`), { prefix }), (response) =>
          Effect.promise(() => response.json() as Promise<{ readonly servers?: unknown }>)
        )
      expect((yield* documentAt("/vsms/openapi.json", "/vsms")).servers).toEqual([{ url: "/vsms" }])
      expect((yield* documentAt("/openapi.json", "/api/vsms")).servers).toEqual([{ url: "/api/vsms" }])
      expect((yield* documentAt("/openapi.json")).servers).toBeUndefined()
    }).pipe(World.within())
  )
})
