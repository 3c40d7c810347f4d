/**
 * Rules: between the pages of the door and those of the services.
 */
import type { Cursor, Page } from "@vsms/core/storage/Records"

/** What a service is asked for; what was not said is left to it. */
export const asked = (query: { readonly limit?: number | undefined; readonly cursor?: Cursor | undefined }) => ({
  limit: query.limit ?? 20,
  after: query.cursor
})

/** A page with every item seen another way. */
export const mapped = <A, B>({ items, next }: Page<A>, f: (item: A) => B): Page<B> => ({ items: items.map(f), next })
