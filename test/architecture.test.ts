import * as path from "node:path"
import { describe, expect, it } from "vitest"
import { banned, checks, domainOrder } from "../tools/architecture/Checks.ts"
import { readWorkspace } from "../tools/architecture/Disk.ts"
import { importsOf, type Manifest, type Workspace } from "../tools/architecture/Workspace.ts"

describe("the workspace", () => {
  const workspace = readWorkspace(path.resolve(import.meta.dirname, ".."))
  it.each(Object.entries(checks))("%s", (_, check) => {
    expect(check(workspace).map(({ line, message, path }) => `${path}:${line}: ${message}`)).toEqual([])
  })
})

/** A small sound workspace; a fixture adds the one thing that is wrong. */
const sound = {
  "packages/core/src/index.ts": `export * as Cny from "./money/Cny.ts"\nexport * as Balance from "./balance/Balance.ts"\n`,
  "packages/core/src/money/Cny.ts": `/** Rules: money. */\nimport * as Schema from "effect/Schema"\n`,
  "packages/core/src/balance/Balance.ts": `/**\n * Rules: the balance.\n */\nimport type { Cny } from "../money/Cny.ts"\n`,
  "packages/adapter-tts/src/index.ts": `export * as Tone from "./Tone.ts"\n`,
  "packages/adapter-tts/src/Tone.ts": `/** Adapter: a tone. */\nimport * as fs from "node:fs"\nimport * as Core from "@vsms/core"\n`,
  "examples/gateway/src/main.ts": `import * as Core from "@vsms/core"\nimport * as Tts from "@vsms/adapter-tts"\n`
}

const manifests: Readonly<Record<string, Manifest>> = {
  "packages/core": { name: "@vsms/core", peerDependencies: { effect: "^3.22.4" } },
  "packages/adapter-tts": {
    name: "@vsms/adapter-tts",
    peerDependencies: { "@vsms/core": "^1.0.0", effect: "^3.22.4" }
  },
  "examples/gateway": { name: "@vsms/example-gateway" }
}

const workspaceWith = (
  files: Readonly<Record<string, string>>,
  changed: Readonly<Record<string, Manifest>> = {}
): Workspace => ({
  files: Object.entries({ ...sound, ...files }).map(([path, text]) => ({ path, text })),
  packages: Object.entries({ ...manifests, ...changed }).map(([folder, manifest]) => ({ folder, manifest }))
})

/** For each check, the workspaces that it must refuse. */
const fixtures: Record<keyof typeof checks, ReadonlyArray<Workspace>> = {
  coreHasOneDependency: [
    workspaceWith(
      {},
      { "packages/core": { name: "@vsms/core", peerDependencies: { effect: "1", "@effect/sql": "1" } } }
    ),
    workspaceWith(
      {},
      { "packages/core": { name: "@vsms/core", dependencies: { pg: "1" }, peerDependencies: { effect: "1" } } }
    ),
    workspaceWith(
      {},
      {
        "packages/core": {
          name: "@vsms/core",
          peerDependencies: { effect: "1", pg: "1" },
          peerDependenciesMeta: { pg: { optional: true } }
        }
      }
    )
  ],
  layersPointInwards: [
    workspaceWith({
      "packages/core/src/money/Cny.ts": `/** Rules: money. */\nimport * as Tts from "@vsms/adapter-tts"`
    }),
    workspaceWith({ "packages/core/test/money/Cny.test.ts": `import * as Tts from "@vsms/adapter-tts"` }),
    workspaceWith({
      "packages/adapter-tts/src/Tone.ts": `/** Adapter: a tone. */\nexport * from "@vsms/adapter-http/x"`
    }),
    workspaceWith({ "packages/adapter-tts/src/Tone.ts": `/** Adapter: a tone. */\nimport "@vsms/example-gateway"` }),
    workspaceWith({
      "packages/adapter-tts/src/Tone.ts": `/** Adapter: a tone. */\nimport("../../core/src/money/Cny.ts")`
    }),
    workspaceWith({
      "packages/adapter-tts/src/Tone.ts": `/** Adapter: a tone. */\nimport "../../../tools/debian/Debian.ts"`
    }),
    workspaceWith({ "packages/adapter-tts/test/Tone.test.ts": `import "../../../tools/gates/Gate.ts"` })
  ],
  importsAreDeclared: [
    workspaceWith({
      "packages/adapter-tts/src/Tone.ts": `/** Adapter: a tone. */\nimport * as Http from "@effect/platform/HttpClient"`
    }),
    workspaceWith({ "packages/core/src/money/Cny.ts": `/** Rules: money. */\nimport { it } from "vitest"` })
  ],
  coreIsPortable: [
    workspaceWith({ "packages/core/src/money/Cny.ts": `/** Rules: money. */\nimport type { Hash } from "node:crypto"` })
  ],
  domainsInOrder: [
    workspaceWith({
      "packages/core/src/money/Cny.ts": `/** Rules: money. */\nimport type { B } from "../balance/Balance.ts"`
    }),
    workspaceWith({ "packages/core/src/gifts/Gift.ts": `/** Rules: gifts are no domain of the rulebook. */` }),
    workspaceWith({ "packages/core/src/money/Cny.ts": `/** Rules: money. */\nimport * as Core from "../Core.ts"` })
  ],
  rootFilesNeedNoDomain: [
    workspaceWith({ "packages/core/src/Refusal.ts": `/** Rules: no. */\nimport { Cny } from "./money/Cny.ts"` })
  ],
  testingIsALeaf: [
    workspaceWith({
      "packages/core/src/money/Cny.ts": `/** Rules: money. */\nimport { law } from "../testing/Law.ts"`
    }),
    workspaceWith({
      "packages/adapter-tts/src/Tone.ts": `/** Adapter: a tone. */\nimport { law } from "@vsms/core/testing"`
    })
  ],
  headersNameTheKind: [
    workspaceWith({ "packages/core/src/money/Cny.ts": `export const cny = 1` }),
    workspaceWith({ "packages/core/src/money/Cny.ts": `/** Money and what it buys. */` })
  ],
  rulesArePure: ["Effect", "Layer", "Context", "Clock", "Config", "Random"].map((module) =>
    workspaceWith({
      "packages/core/src/money/Cny.ts": `/** Rules: money. */\nimport type * as X from "effect/${module}"`
    })
  ),
  kindsPointInwards: [
    workspaceWith({
      "packages/core/src/money/Purse.ts": `/** Port: a purse. */`,
      "packages/core/src/balance/Balance.ts": `/** Rules: the balance. */\nimport { Purse } from "../money/Purse.ts"`
    }),
    workspaceWith({
      "packages/core/src/money/Purses.ts": `/** Service: purses. */`,
      "packages/core/src/money/Purse.ts": `/** Port: a purse. */\nimport { Purses } from "./Purses.ts"`
    })
  ],
  noBannedWords: [
    "const at = Date.now()",
    "const at = new Date()",
    "const luck = Math.random()",
    "const path = `${process.env.HOME}`",
    `console.log("here")`,
    "const f = async () => {}",
    "try {\n} catch {}"
  ].map((code) => workspaceWith({ "packages/core/src/money/Cny.ts": `/** Rules: money. */\n${code}` })),
  tagKeysAreUnique: [
    workspaceWith({
      "packages/core/src/money/Purse.ts": `/** Port: a purse. */\nclass Purse extends Context.Tag("@vsms/core/Purse")<Purse, {}>() {}`,
      "packages/core/src/money/Bag.ts": `/** Port: a bag. */\nclass Bag extends Context.Tag(\n  "@vsms/core/Purse"\n)<Bag, {}>() {}`
    })
  ],
  noDeadFiles: [
    workspaceWith({ "packages/core/src/internal/Old.ts": `/** Rules: nobody needs me. */` }),
    workspaceWith({ "packages/adapter-tts/src/worker/Speak.ts": `/** A worker that nobody starts. */` })
  ],
  namesAreNouns: [
    workspaceWith({ "packages/core/src/money/cny.ts": `/** Rules: money. */` }),
    workspaceWith({ "packages/core/src/money/Utils.ts": `/** Rules: money. */` }),
    workspaceWith({ "packages/core/src/common/Money.ts": `/** Rules: money. */` })
  ],
  oneFastCheck: [
    workspaceWith({ "packages/core/test/money/Cny.test.ts": `import * as fc from "fast-check"` }),
    workspaceWith({}, { "packages/core": { name: "@vsms/core", devDependencies: { "fast-check": "4" } } })
  ]
}

describe("each check bites", () => {
  it.each(Object.entries(checks))("%s", (name, check) => {
    const refused = fixtures[name as keyof typeof checks]
    expect(refused.length).toBeGreaterThan(0)
    expect(check(workspaceWith({}))).toEqual([])
    for (const workspace of refused) expect(check(workspace)).toHaveLength(1)
  })

  it("every banned word has a fixture", () => {
    const messages = fixtures.noBannedWords.flatMap(checks.noBannedWords).map(({ message }) => message.split(":")[0])
    expect(new Set(messages)).toEqual(new Set(banned.map(({ word }) => word)))
  })

  it("the order of domains names each once", () => {
    expect(new Set(domainOrder).size).toBe(domainOrder.length)
  })
})

describe("what the checks let pass", () => {
  const passes = (files: Readonly<Record<string, string>>, changed: Readonly<Record<string, Manifest>> = {}) =>
    Object.values(checks).flatMap((check) => check(workspaceWith(files, changed)))

  it("banned words in comments and strings", () => {
    const text = `/** Rules: no Date.now() here. */\n// try { async }\nexport const word = "console.log"\n`
    expect(passes({ "packages/core/src/money/Cny.ts": text })).toEqual([])
  })

  it("Effect's own words", () => {
    const text = `/** Adapter: effects. */\nimport * as Effect from "effect/Effect"\nEffect.async<void>(() => {})\nEffect.try({ try: () => 1 })\n`
    expect(passes({ "packages/adapter-tts/src/Tone.ts": text })).toEqual([])
  })

  it("async and try in a worker that somebody starts", () => {
    expect(
      passes({
        "packages/adapter-tts/src/Tone.ts": `/** Adapter: a tone. */\nconst url = new URL("./worker/Speak.ts", import.meta.url)\n`,
        "packages/adapter-tts/src/worker/Speak.ts": `const f = async () => {\n  try {} catch {}\n}\n`
      })
    ).toEqual([])
  })

  it("a test runner as an optional peer, for testing/vitest.ts", () => {
    expect(
      passes(
        { "packages/core/src/testing/vitest.ts": `import { it } from "vitest"` },
        {
          "packages/core": {
            name: "@vsms/core",
            peerDependencies: { effect: "1", vitest: "3" },
            peerDependenciesMeta: { vitest: { optional: true } }
          }
        }
      )
    ).toEqual([])
  })
})

it("imports are found in every form, and not in comments", () => {
  const text = [
    `/** import * as Doc from "doc" */`,
    `import * as A from "a"`,
    `import type {`,
    `  B`,
    `} from "./b.ts"`,
    `export * from "../c.ts"`,
    `import "d"`,
    `// import "e"`,
    `const f = await import("f")`,
    `const g = 'from "g"'`
  ].join("\n")
  expect(importsOf({ path: "packages/core/src/x/X.ts", text }).map(({ line, target }) => [target, line])).toEqual([
    ["a", 2],
    ["packages/core/src/x/b.ts", 5],
    ["packages/core/src/c.ts", 6],
    ["d", 7],
    ["f", 9]
  ])
})
