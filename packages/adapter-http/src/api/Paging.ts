/**
 * Rules: what paths, queries and pages are made of. Lists come in pages; whoever wants the next one sends the cursor of
 * the page before, and understands nothing of it.
 */
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** An id in a path. `@me` as an account is the one that the credential is of. */
export const Id = Schema.String.pipe(Schema.pattern(/^[A-Za-z0-9._@-]{1,160}$/))

/** Stands for the account of the credential. */
export const me = "@me"

export const AccountPath = Schema.Struct({
  accountId: Id.annotations({ description: "An account id, or `@me` for the account of the credential" })
})

export const ApplicationPath = Schema.Struct({ applicationId: Id.annotations({ description: "An SDKAppID" }) })

/** An instant: milliseconds since 1970-01-01T00:00:00Z. */
export const Instant = Schema.Number.annotations({ description: "Milliseconds since 1970-01-01T00:00:00Z" })

export const Position = Schema.Struct({ at: Schema.Number, key: Schema.String })

const Pair = Schema.parseJson(Schema.Tuple(Schema.Number, Schema.String))
const decodePair = Schema.decodeUnknownEither(Pair)
const encodePair = Schema.encodeSync(Pair)

/** The place of a page's end, as an opaque text. */
export const Cursor = Schema.transformOrFail(Schema.String, Position, {
  strict: true,
  decode: (text, _, ast) =>
    Encoding.decodeBase64UrlString(text).pipe(
      Either.flatMap(decodePair),
      Either.flatMap(([at, key]) =>
        // A NUL is in no key, and no storage takes one.
        key.includes("\0") ? Either.left(undefined) : Either.right({ at, key })
      ),
      Either.mapLeft(() => new ParseResult.Type(ast, text, "the cursor of a page"))
    ),
  encode: ({ at, key }) => ParseResult.succeed(Encoding.encodeBase64Url(encodePair([at, key])))
}).annotations({ identifier: "Cursor", description: "The `next` of the page before" })

const limitOf = (most: number) =>
  Schema.NumberFromString.pipe(
    Schema.int(),
    Schema.between(1, most),
    Schema.annotations({ identifier: `a whole number from 1 to ${most}`, description: `1 to ${most}; 20 if absent` })
  )

/** The query of a list. */
export const PageQuery = Schema.Struct({ limit: Schema.optional(limitOf(100)), cursor: Schema.optional(Cursor) })

/** The same within a body, for lists that are asked for with what must not stand in a URL. */
export const PageBody = {
  limit: Schema.optional(Schema.Int.pipe(Schema.between(1, 100))),
  cursor: Schema.optional(Cursor)
}

/** The query of a list by number: `after` is the last number that was seen. */
export const AfterQuery = (most: number) =>
  Schema.Struct({
    limit: Schema.optional(limitOf(most)),
    after: Schema.optional(
      Schema.NumberFromString.pipe(
        Schema.int(),
        Schema.nonNegative(),
        Schema.annotations({ identifier: "a whole number, not negative" })
      )
    )
  })

/** A page. `next` is missing where nothing follows. */
export const Page = <A, I>(item: Schema.Schema<A, I>) =>
  Schema.Struct({ items: Schema.Array(item), next: Schema.optional(Cursor) })
