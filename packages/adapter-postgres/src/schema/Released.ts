/** Rules: all migrations, in order. One that was released is never edited: a change is a migration of its own. */
import type { Migrations } from "./Migrations.ts"
import * as M0001Initial from "./migrations/M0001Initial.ts"

export const migrations: Migrations = {
  "0001_initial": M0001Initial.sql
}
