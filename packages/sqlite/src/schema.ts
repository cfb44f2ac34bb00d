/** The number in the header of each file of this package: `CHAT` in ASCII. */
export const applicationId = 0x43484154

/**
 * The steps from each version of the schema to the next. A released step never changes: a change is a further
 * step.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE store (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch TEXT NOT NULL,
    clock INTEGER NOT NULL
  );
  CREATE TABLE logs (
    id INTEGER PRIMARY KEY,
    address TEXT NOT NULL UNIQUE,
    epoch TEXT NOT NULL,
    base INTEGER NOT NULL,
    base_id TEXT,
    base_bytes INTEGER NOT NULL,
    top INTEGER NOT NULL,
    top_id TEXT,
    bytes INTEGER NOT NULL,
    time INTEGER NOT NULL,
    due INTEGER
  );
  CREATE INDEX logs_by_due ON logs (due) WHERE due IS NOT NULL;
  CREATE TABLE entries (
    log INTEGER NOT NULL,
    at INTEGER NOT NULL,
    total INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    time INTEGER NOT NULL,
    id TEXT NOT NULL,
    event TEXT NOT NULL,
    sender TEXT,
    meta TEXT,
    data TEXT NOT NULL,
    PRIMARY KEY (log, at)
  ) WITHOUT ROWID;
  CREATE TABLE senders (
    id INTEGER PRIMARY KEY,
    log INTEGER NOT NULL,
    user TEXT NOT NULL,
    session TEXT NOT NULL,
    UNIQUE (log, user, session)
  );
  CREATE TABLE refs (
    sender INTEGER NOT NULL,
    ref INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    hash TEXT NOT NULL,
    epoch TEXT NOT NULL,
    at INTEGER NOT NULL,
    time INTEGER NOT NULL,
    id TEXT NOT NULL,
    node TEXT NOT NULL,
    PRIMARY KEY (sender, ref)
  ) WITHOUT ROWID;
  CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    user TEXT NOT NULL,
    node TEXT NOT NULL,
    secret TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    older_secret TEXT,
    older_attempts INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    last_ref INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    dropped INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX sessions_by_user ON sessions (user, expires);
  CREATE INDEX sessions_by_end ON sessions (expires);
  CREATE VIEW messages AS
    SELECT logs.address, entries.at, entries.time, entries.id, entries.event, entries.sender,
      entries.data, entries.meta
    FROM entries JOIN logs ON logs.id = entries.log;
  `,
  `
  ALTER TABLE sessions ADD COLUMN worth INTEGER NOT NULL DEFAULT 2;
  DROP INDEX sessions_by_user;
  CREATE INDEX sessions_by_user ON sessions (user, worth, expires);
  CREATE INDEX sessions_by_worth ON sessions (worth, expires);
  `,
  'ALTER TABLE sessions ADD COLUMN passed_ref INTEGER NOT NULL DEFAULT 0;',
]

/** The version of the schema that this package reads and writes. */
export const schemaVersion: number = migrations.length
