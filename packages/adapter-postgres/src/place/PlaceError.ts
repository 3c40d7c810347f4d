/** Rules: why a place could not be opened. Each says what to do about it; none holds a password. */
import * as Schema from "effect/Schema"

/** Nothing answers there, or it does not let us in. */
export class ServerUnreachable extends Schema.TaggedError<ServerUnreachable>()("ServerUnreachable", {
  /** Host, port and database, without user and password. */
  server: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `no PostgreSQL at ${this.server}: ${this.detail}`
  }
}

/** The server is older than what the SQL here needs. */
export class ServerTooOld extends Schema.TaggedError<ServerTooOld>()("ServerTooOld", {
  server: Schema.String,
  version: Schema.String,
  oldest: Schema.Int
}) {
  override get message(): string {
    return `${this.server} is PostgreSQL ${this.version}; it must be ${this.oldest} or newer`
  }
}

/** The optional peer is not installed. */
export class PgliteMissing extends Schema.TaggedError<PgliteMissing>()("PgliteMissing", {
  install: Schema.String
}) {
  override get message(): string {
    return `the embedded database is not installed; run: ${this.install}`
  }
}

/** Another process has the folder open: two at a time would lose what they acknowledged. */
export class FolderInUse extends Schema.TaggedError<FolderInUse>()("FolderInUse", {
  folder: Schema.String,
  /** The process that has it, and where it runs. */
  pid: Schema.Int,
  host: Schema.String
}) {
  override get message(): string {
    return `${this.folder} is in use by process ${this.pid} on ${this.host}; stop it, or give this one another folder`
  }
}

/** The folder cannot be opened: no rights, no room, or what is in it is no database of this version. */
export class FolderUnusable extends Schema.TaggedError<FolderUnusable>()("FolderUnusable", {
  folder: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.folder} cannot be opened: ${this.detail}`
  }
}
