import { expect, it } from "vitest"
import { problems } from "./Licences.ts"

it.each([
  ["MIT", true],
  ["(MIT OR GPL-3.0-only)", true],
  ["Apache-2.0 AND MIT", true],
  ["GPL-3.0", false],
  ["LGPL-3.0-or-later", false],
  ["AGPL-3.0-only OR GPL-2.0-only", false],
  ["MIT AND GPL-2.0-only", false],
  ["", false]
])("licence «%s» may be a dependency: %s", (licence, allowed) => {
  const dependency = { name: "x", version: "1.0.0", licence, path: ["@vsms/core"] }
  expect(problems([dependency]).length === 0).toBe(allowed)
})
