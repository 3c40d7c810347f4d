import * as os from "node:os"
import { defineConfig } from "vitest/config"

// Packages are tested from source: no build is needed before a test.
const conditions = ["@vsms/source"]

// The seed of every generated test of this run. Repeat a run with SEED=<number>.
const seed = process.env["SEED"] ?? String(Math.floor(Math.random() * 2 ** 31))
process.stderr.write(`seed ${seed} (repeat this run with SEED=${seed})\n`)

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ["{packages,examples}/*/test/**/*.test.ts", "{test,tools}/**/*.test.ts"],
    // It starts nothing until a test asks for a database.
    globalSetup: ["packages/adapter-postgres/test/server/GlobalSetup.ts"],
    setupFiles: ["test/setup.ts"],
    env: { SEED: seed },
    // Many tests wait for other processes; the runner itself would leave one core of two to nobody.
    maxWorkers: Math.max(2, os.availableParallelism()),
    // Twenty times as many cases take as much longer, on a busy machine.
    testTimeout: process.env["NIGHTLY"] === "1" ? 600_000 : 30_000,
    hookTimeout: 30_000
  }
})
