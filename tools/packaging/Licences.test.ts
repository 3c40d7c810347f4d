import { expect, it } from "vitest"
import { licenceOf, problems } from "./Licences.ts"

it.each([
  ["MIT", true],
  ["(MIT OR GPL-3.0-only)", true],
  ["Apache-2.0 AND MIT", true],
  ["GPL-3.0", false],
  ["LGPL-3.0-or-later", false],
  ["AGPL-3.0-only OR GPL-2.0-only", false],
  ["MIT AND GPL-2.0-only", false],
  ["", false],
  ["(MIT OR Apache-2.0) AND GPL-3.0-only", false],
  ["(GPL-3.0-only AND MIT) OR (BSD-2-Clause AND MIT)", true],
  ["MIT AND (GPL-2.0-only OR BSD-3-Clause)", true],
  ["MIT AND (GPL-2.0-only OR LGPL-2.1-only)", false],
  ["GPL-2.0-only WITH Classpath-exception-2.0", false],
  ["gpl-3.0", false],
  ["BlueOak-1.0.0", true],
  ["SEE LICENSE IN LICENSE.md", false],
  ["UNLICENSED", false],
  ["MIT licence of ours", false]
])("licence «%s» may be a dependency: %s", (licence, allowed) => {
  const dependency = { name: "x", version: "1.0.0", licence, path: ["@vsms/core"] }
  expect(problems([dependency]).length === 0).toBe(allowed)
})

it.each([
  [{ license: "MIT" }, "MIT"],
  [{ license: { type: "GPL-3.0", url: "https://example.org" } }, "GPL-3.0"],
  [{ licenses: [{ type: "MIT" }, { type: "GPL-2.0" }] }, "MIT OR GPL-2.0"],
  [{ licenses: "MIT" }, "MIT"],
  [{}, ""]
])("%j declares «%s»", (manifest, licence) => expect(licenceOf(manifest)).toBe(licence))
