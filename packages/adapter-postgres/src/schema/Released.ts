/** Rules: all migrations, in order. One that was released is never edited: a change is a migration of its own. */
import type { Migrations } from "./Migrations.ts"
import * as M0001Initial from "./migrations/M0001Initial.ts"
import * as M0002Certificates from "./migrations/M0002Certificates.ts"
import * as M0003Sounds from "./migrations/M0003Sounds.ts"
import * as M0004VoiceFiles from "./migrations/M0004VoiceFiles.ts"
import * as M0005Traces from "./migrations/M0005Traces.ts"
import * as M0006DeskPayments from "./migrations/M0006DeskPayments.ts"

export const migrations: Migrations = {
  "0001_initial": M0001Initial.sql,
  "0002_certificates": M0002Certificates.sql,
  "0003_sounds": M0003Sounds.sql,
  "0004_voice_files": M0004VoiceFiles.sql,
  "0005_traces": M0005Traces.sql,
  "0006_desk_payments": M0006DeskPayments.sql
}
