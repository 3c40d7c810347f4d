/** The tables. Any kind of thing fits into them: what a kind is, its `Kind` value says, and not the database. */

/** Written into the file as its `user_version`. A later version of this adapter would migrate from here. */
export const version = 1

/**
 * **thing** the last state of everything, as the JSON that its kind's schemas encode it to. `version` grows by one with
 * every change.
 *
 * **event** what led to it, for journaled kinds.
 *
 * **entry** where a thing stands in the indexes of its kind. `erased_partition` and `erased_at` say where it will stand
 * when its personal data is gone: `purge` is not told kinds, so whoever writes the entry works that out for it.
 *
 * **tally** the statistics, summed up.
 *
 * **work** what is to be done. `at` is when it is due or, while `token` says that somebody holds it, when their lease
 * runs out.
 */
export const tables = `
  CREATE TABLE thing (
    id INTEGER PRIMARY KEY,
    owner TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
    version INTEGER NOT NULL, state TEXT NOT NULL,
    personal TEXT, expires_at INTEGER, ephemeral INTEGER NOT NULL,
    UNIQUE (owner, kind, key)
  );
  CREATE INDEX thing_expiry ON thing (expires_at) WHERE expires_at IS NOT NULL;

  CREATE TABLE event (
    thing INTEGER NOT NULL REFERENCES thing (id), sequence INTEGER NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (thing, sequence)
  ) WITHOUT ROWID;

  CREATE TABLE entry (
    thing INTEGER NOT NULL REFERENCES thing (id), name TEXT NOT NULL,
    owner TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
    partition TEXT, at REAL,
    erased_partition TEXT, erased_at REAL,
    PRIMARY KEY (thing, name)
  ) WITHOUT ROWID;
  CREATE INDEX entry_order ON entry (kind, name, partition, at, key, owner) WHERE partition IS NOT NULL;

  CREATE TABLE tally (
    owner TEXT NOT NULL, hour INTEGER NOT NULL,
    application_id TEXT NOT NULL, template_id TEXT NOT NULL, reason TEXT NOT NULL,
    sends INTEGER NOT NULL, answered INTEGER NOT NULL, failed INTEGER NOT NULL, minutes INTEGER NOT NULL,
    PRIMARY KEY (owner, hour, application_id, template_id, reason)
  ) WITHOUT ROWID;

  CREATE TABLE work (
    queue TEXT NOT NULL, owner TEXT NOT NULL, key TEXT NOT NULL,
    at INTEGER NOT NULL, attempt INTEGER NOT NULL, token TEXT, trace TEXT,
    PRIMARY KEY (queue, owner, key)
  ) WITHOUT ROWID;
  CREATE INDEX work_order ON work (queue, at);
`
