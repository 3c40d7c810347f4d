import { describe, it } from "vitest"
import { IdGenerator } from "../src/IdGenerator.ts"
import { suite } from "../src/testing/Law.ts"
import { laws } from "../src/testing/laws/IdGeneratorLaws.ts"

suite({ describe, it }, "ids of the platform's random source", laws, IdGenerator.layer)
suite({ describe, it }, "ids that repeat from run to run", laws, IdGenerator.layerSeeded(42))
