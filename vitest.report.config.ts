import { mergeConfig } from "vitest/config"
import VitestReporter from "./tools/rule-report/VitestReporter.ts"
import base from "./vitest.config.ts"

// As vitest.config.ts, and the result is left for the rule report.
export default mergeConfig(base, {
  test: { reporters: ["default", new VitestReporter({ output: ".tmp/tests.json" })] }
})
