/** Rules: where the sound of voice files lies. Released: never to be edited; what changes is a migration of its own. */

export const sql = `
create table vsms.sounds (
  sound_id text collate "C" primary key,
  sound bytea not null
);
-- MP3 is compressed already, and WAV hardly gets smaller.
alter table vsms.sounds alter column sound set storage external;
comment on table vsms.sounds is 'Sound of voice files, until it is erased; voice_files say whose.';
`
