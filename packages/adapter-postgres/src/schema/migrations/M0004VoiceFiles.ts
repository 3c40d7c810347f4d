/** Rules: voice files. Released: never to be edited; what changes is a migration of its own. */

export const sql = `
create table vsms.voice_files (
  account_id text collate "C" not null,
  file_id text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  by_application_in text collate "C",
  by_application_at double precision,
  by_stage_in text collate "C",
  by_stage_at double precision,
  pending_in text collate "C",
  pending_at double precision,
  primary key (account_id, file_id)
);
comment on table vsms.voice_files is 'Files of sound and their reviews.';
create index voice_files_by_application on vsms.voice_files (by_application_in, by_application_at, file_id) where by_application_in is not null;
create index voice_files_by_stage on vsms.voice_files (by_stage_in, by_stage_at, file_id) where by_stage_in is not null;
create index voice_files_pending on vsms.voice_files (pending_in, pending_at, file_id) where pending_in is not null;
create index voice_files_expiry on vsms.voice_files (expires_at) where expires_at is not null;

create table vsms.voice_file_shelves (
  account_id text collate "C" not null,
  key text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  primary key (account_id, key)
);
comment on table vsms.voice_file_shelves is 'How many files of sound an application has.';
create index voice_file_shelves_expiry on vsms.voice_file_shelves (expires_at) where expires_at is not null;

create view vsms.voice_file_records as
  select account_id, state->>'applicationId' as application_id, state->>'fileId' as file_id, state->>'name' as name,
    state->>'stage' as stage, (state->>'bytes')::int as bytes, (state->>'durationMillis')::int as duration_millis,
    (state->>'version')::int as version, vsms.instant(state->'submittedAt') as submitted_at,
    vsms.instant(state->'decidedAt') as decided_at, state->>'reason' as reason
  from vsms.voice_files;

-- What was played stands behind the columns that were there.
create or replace view vsms.send_records as
  select account_id, state->'accepted'->>'applicationId' as application_id, send_id,
    state->'accepted'->>'templateId' as template_id, state->>'stage' as stage, state->>'reason' as reason,
    vsms.instant(state->'accepted'->'at') as accepted_at, vsms.instant(state->'answeredAt') as answered_at,
    vsms.instant(state->'endedAt') as ended_at, (state->>'billedMinutes')::bigint as billed_minutes,
    (state->>'receipt')::bigint as receipt, state->'accepted'->>'fileId' as file_id
  from vsms.sends;
`
