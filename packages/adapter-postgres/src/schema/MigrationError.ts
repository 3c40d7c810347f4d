/** Rules: why a database and this code do not go together. Each is for an operator to decide: nothing was changed. */
import * as Schema from "effect/Schema"

/** A newer release has been here. */
export class DatabaseTooNew extends Schema.TaggedError<DatabaseTooNew>()("DatabaseTooNew", {
  /** The last migration that the database has, and the last one that this code knows. */
  database: Schema.String,
  code: Schema.String
}) {
  override get message(): string {
    return `the database is at migration ${this.database}, this release knows up to ${this.code}: run a newer release`
  }
}

/** A migration was edited or renamed after it had been released. */
export class MigrationChanged extends Schema.TaggedError<MigrationChanged>()("MigrationChanged", {
  name: Schema.String,
  /** What the database had applied under that number. */
  applied: Schema.String
}) {
  override get message(): string {
    return (
      `migration ${this.name} is not what this database has applied as ${this.applied}: a released migration is ` +
      `never edited; write a new one`
    )
  }
}

/** The database has a later migration, but not this one. */
export class MigrationSkipped extends Schema.TaggedError<MigrationSkipped>()("MigrationSkipped", {
  name: Schema.String
}) {
  override get message(): string {
    return `migration ${this.name} was never applied, though later ones were: restore the database or mend it by hand`
  }
}

export type MigrationError = DatabaseTooNew | MigrationChanged | MigrationSkipped
