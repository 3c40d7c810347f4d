/**
 * Port: the read side. Lists by index, sums of the tallies, and the erasure of what has expired. It sees whatever
 * `Journal.transact` has answered for.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { PortFailure } from "../PortFailure.ts"
import type { Kind, Row } from "./Kind.ts"

/** One page of an index. Rows come in order of position, then key; `descending` turns that round. */
export interface ListQuery<K extends Kind.Any> {
  readonly kind: K
  /** A name in `kind.indexes`. */
  readonly index: string
  readonly partition: string
  /** Positions from this one on (inclusive). */
  readonly from?: number
  /** Positions before this one (exclusive). */
  readonly until?: number
  /** The `next` of the page before. */
  readonly after?: Cursor | undefined
  readonly limit: number
  readonly descending?: boolean
}

/** The place of a page's last row. Stays right when rows come or go: what was before it is not shown again. */
export interface Cursor {
  readonly at: number
  readonly key: string
}

export interface Page<A> {
  readonly items: ReadonlyArray<A>
  /** Where the next page begins; `undefined` if this page was not full. */
  readonly next: Cursor | undefined
}

/** What statistics are grouped by; `day` is the Shanghai day (whole days since 1970-01-01 there). */
export type TallyGroup = "total" | "hour" | "day" | "template" | "reason" | "application"

export interface TallyQuery {
  readonly owner: string
  readonly applicationId?: string | undefined
  readonly templateId?: string | undefined
  /** Hours since the epoch, inclusive. */
  readonly fromHour: number
  /** Hours since the epoch, exclusive. */
  readonly untilHour: number
  readonly by: TallyGroup
}

/** Sums of one group. `group` is the hour or day as a number, the template, reason or application as text, or "". */
export interface TallySum {
  readonly group: string | number
  readonly sends: number
  readonly answered: number
  readonly failed: number
  readonly minutes: number
}

export class Records extends Context.Tag("@vsms/core/storage/Records")<
  Records,
  {
    readonly list: <K extends Kind.Any>(query: ListQuery<K>) => Effect.Effect<Page<Row<K>>, PortFailure>
    /** The groups that have any count, ordered by group. */
    readonly sum: (query: TallyQuery) => Effect.Effect<ReadonlyArray<TallySum>, PortFailure>
    /**
     * Erases the personal data of rows with `expiresAt <= now`, and ephemeral rows wholly; at most `limit` rows.
     * Answers how many; fewer than `limit` means that nothing is left to erase. States and events stay, `expiresAt` is
     * undefined from then on, and the rows stand in their indexes as they would without personal data. Kinds are not
     * told here: an adapter that needs them works that out when it stores the row.
     */
    readonly purge: (options: { readonly now: number; readonly limit: number }) => Effect.Effect<number, PortFailure>
  }
>() {}
