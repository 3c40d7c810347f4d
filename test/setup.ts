import * as FastCheck from "effect/FastCheck"

// NIGHTLY=1 (npm run test:long) looks at twenty times as many generated cases.
const numRuns = process.env["NIGHTLY"] === "1" ? 2000 : 100

FastCheck.configureGlobal({ numRuns, seed: Number(process.env["SEED"]) })
