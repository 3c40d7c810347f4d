/** Mistakes that are easily made in this adapter, each one edit of it, and the law that catches each. */
import * as JournalLaws from "@vsms/core/testing/laws/JournalLaws"
import * as RecordsLaws from "@vsms/core/testing/laws/RecordsLaws"
import * as WorkQueueLaws from "@vsms/core/testing/laws/WorkQueueLaws"
import { describe, expect, it } from "vitest"
import type { Database, Value } from "../src/Database.ts"
import * as CrashingStore from "./support/CrashingStore.ts"

const laws = [...JournalLaws.laws, ...RecordsLaws.laws, ...WorkQueueLaws.laws]

interface Variant {
  readonly mistake: string
  readonly caughtBy: string
  readonly alter: (database: Database) => Database
}

/** How often a variant's edit took effect: a variant that is never used breaks nothing. */
let edits = 0

/** Another statement in the place of one, found by its words. */
const rewording =
  (from: string | RegExp, to: string): Variant["alter"] =>
  (database) => {
    const reworded = (sql: string): string => {
      const other = sql.replace(from, to)
      if (other !== sql) edits++
      return other
    }
    return {
      ...database,
      rows: (sql, ...values: ReadonlyArray<Value>) => database.rows(reworded(sql), ...values),
      run: (sql, ...values: ReadonlyArray<Value>) => database.run(reworded(sql), ...values)
    }
  }

const variants: ReadonlyArray<Variant> = [
  {
    mistake: "the version stays as it was",
    caughtBy: "events are kept in order and without gaps, page by page, and rebuild the state",
    alter: rewording("version = version + 1, state", "version = version, state")
  },
  {
    mistake: "an answer is given before the commit",
    caughtBy: "whatever is acknowledged survives a crash, and its work with it",
    alter: (database) => {
      let begun = false
      return {
        ...database,
        atomically: (body) => {
          edits++
          if (begun) database.run("COMMIT")
          database.run("BEGIN IMMEDIATE")
          begun = true
          return body()
        }
      }
    }
  },
  {
    mistake: "a cursor knows the position only, and skips what shares it",
    caughtBy: "a list holds exactly the rows whose last state is in its index and range, in order, page by page",
    alter: rewording(/\(e\.at, e\.key\) ([<>]) \(\?, \?\)/, "e.at $1 ? AND ? IS NOT NULL")
  },
  {
    mistake: "pages are turned in order of key alone",
    caughtBy: "a cursor misses nothing and repeats nothing that stays in place, whatever comes and goes meanwhile",
    alter: rewording("ORDER BY e.at, e.key", "ORDER BY e.key")
  },
  {
    mistake: "days begin at midnight in Greenwich",
    caughtBy:
      "sums of tallies equal a recount, for every grouping, range and filter; days begin at Shanghai's midnight",
    alter: rewording("(hour + 8) / 24", "hour / 24")
  },
  {
    mistake: "erased people can still be looked up in the indexes",
    caughtBy: "at its expiry, and not before, personal data goes and leaves state and events; ephemeral rows go wholly",
    alter: rewording("SET partition = erased_partition, at = erased_at", "SET at = at")
  },
  {
    mistake: "the fence is not looked at",
    caughtBy: "work is leased when due, the longest due first, by one holder at a time; a lost lease can do nothing",
    alter: rewording("AND token = ?", "AND token IS NOT NULL AND ? IS NOT NULL")
  },
  {
    mistake: "work that is asked anew keeps the lease of before",
    caughtBy: "work is leased when due, the longest due first, by one holder at a time; a lost lease can do nothing",
    alter: rewording("INSERT OR REPLACE INTO work", "INSERT OR IGNORE INTO work")
  },
  {
    mistake: "work is looked at, and not marked as leased",
    caughtBy: "workers that lease at once never get the same work, and between them get all of it",
    alter: rewording("UPDATE work SET at = ?, attempt", "UPDATE work SET at = 0 * ?, attempt")
  }
]

describe("the laws catch what is easily done wrong", () => {
  it.each(variants)("$mistake", async ({ alter, caughtBy }) => {
    const law = laws.find(({ sentence }) => sentence === caughtBy)
    expect(law, "the law is in the suite").toBeDefined()
    edits = 0
    await expect(law!.run(CrashingStore.layerOver(alter), { seed: 7, runs: 100 })).rejects.toThrow()
    expect(edits).toBeGreaterThan(0)
  })
})
