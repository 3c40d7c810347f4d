/** What somebody writes who puts a storage to the laws under `node --test`; STORE names a broken one. */
import { describe, it } from "node:test"
import * as MemoryStore from "../../../src/storage/MemoryStore.ts"
import { brokenStores } from "../../../src/testing/broken/BrokenStores.ts"
import { suite } from "../../../src/testing/Law.ts"
import { laws } from "../../../src/testing/laws/RecordsLaws.ts"

const name = process.env["STORE"]
const broken = brokenStores.find((store) => store.name === name)

suite({ describe, it }, name ?? "MemoryStore", laws, broken?.layer ?? MemoryStore.layer, { runs: 30, seed: 7 })
