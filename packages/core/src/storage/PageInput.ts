/**
 * Rules: how a page of a list is asked for: how many, and behind which one. What is listed is not known here.
 */
import * as Schema from "effect/Schema"

/** `limit`: 1 to 100, 20 if absent. `after`: the `next` of the page before. */
export const PageInput = Schema.Struct({
  limit: Schema.optionalWith(
    Schema.Int.pipe(Schema.between(1, 100), Schema.annotations({ identifier: "a whole number from 1 to 100" })),
    { default: () => 20 }
  ),
  after: Schema.optional(Schema.Struct({ at: Schema.Number, key: Schema.String }))
})
export type PageInput = typeof PageInput.Encoded
