/** Rules: why data was not moved, saved or restored. Nothing was changed. */
import * as Schema from "effect/Schema"

/** Data is never written over data. */
export class TargetNotEmpty extends Schema.TaggedError<TargetNotEmpty>()("TargetNotEmpty", {
  /** What has something in it: a table, a folder or a file. */
  target: Schema.String
}) {
  override get message(): string {
    return `${this.target} is not empty: nothing is written over what is there`
  }
}

/** What arrived is not what was sent. The transaction was rolled back. */
export class CopyDiffers extends Schema.TaggedError<CopyDiffers>()("CopyDiffers", {
  table: Schema.String,
  /** Rows there are, and rows that arrived. They may be equal, with another content. */
  sent: Schema.Int,
  arrived: Schema.Int
}) {
  override get message(): string {
    return `${this.table} has not arrived as it was sent: ${this.sent} rows went, ${this.arrived} came`
  }
}

/** There is no data where it was said to be. */
export class NothingThere extends Schema.TaggedError<NothingThere>()("NothingThere", {
  place: Schema.String
}) {
  override get message(): string {
    return `there is no data in ${this.place}`
  }
}

/** The file is no archive of a database, or not a whole one. */
export class ArchiveUnusable extends Schema.TaggedError<ArchiveUnusable>()("ArchiveUnusable", {
  file: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.file} cannot be used: ${this.detail}`
  }
}
