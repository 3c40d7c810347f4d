import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { brokenStores } from "../../src/testing/broken/BrokenStores.ts"
import { title } from "../../src/testing/Law.ts"
import { laws } from "../../src/testing/laws/RecordsLaws.ts"

const file = fileURLToPath(new URL("support/NodeTestSuite.ts", import.meta.url))

/** Runs the file as its own program, by Node's test runner. */
const nodeTest = (env: Readonly<Record<string, string>> = {}) =>
  new Promise<{ readonly code: number | null; readonly report: string }>((resolve, reject) => {
    const options = ["--conditions=@vsms/source", "--import", "tsx", "--test", "--test-reporter=tap"]
    const child = spawn(process.execPath, [...options, file], { env: { ...process.env, ...env } })
    let report = ""
    child.stdout.on("data", (chunk: Buffer) => (report += chunk.toString()))
    child.stderr.on("data", (chunk: Buffer) => (report += chunk.toString()))
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, report }))
  })

describe("laws under node:test", () => {
  it(
    "STA-2: a sound storage passes: each law is a test of its own, and the exit code is 0",
    { timeout: 120_000 },
    async () => {
      const { code, report } = await nodeTest()
      expect(report).toContain(`# pass ${laws.length}\n`)
      expect(report).toContain("# fail 0\n")
      for (const law of laws) expect(report).toContain(`- ${title(law)}\n`)
      expect(code).toBe(0)
    }
  )

  it(
    "STA-2: a broken storage fails by the law that it breaks, and so does the program",
    { timeout: 120_000 },
    async () => {
      const broken = brokenStores.find(({ caughtBy }) => laws.some(({ sentence }) => sentence === caughtBy))!
      const law = laws.find(({ sentence }) => sentence === broken.caughtBy)!
      const { code, report } = await nodeTest({ STORE: broken.name })
      expect(report).toContain(`not ok ${laws.indexOf(law) + 1} - ${title(law)}\n`)
      expect(report).toContain("Broken")
      expect(code).toBe(1)
    }
  )
})
