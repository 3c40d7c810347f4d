import { mergeConfig } from "vitest/config"
import VitestReporter from "./tools/rule-report/VitestReporter.ts"
import base from "./vitest.config.ts"

// As vitest.config.ts, for all tests: the result is left for the rule report, and no test may be the only one.
export default mergeConfig(base, {
  test: { allowOnly: false, reporters: ["default", new VitestReporter({ output: ".tmp/tests.json" })] }
})
