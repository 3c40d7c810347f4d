/**
 * Rules: many decisions, carried out one after the other over the same rows, as one write. A decision that is refused or
 * throws leaves nothing behind, and the next one sees what the others left.
 */
import type { Decision, WorkOrder } from "@vsms/core/storage/Decision"
import { fresh, type Kind, type Ref, type Row } from "@vsms/core/storage/Kind"
import * as Either from "effect/Either"
import { RefMap } from "./RefMap.ts"
import type { Table } from "./Table.ts"
import * as TallySums from "./TallySums.ts"

/** A row with the number of events recorded of it. */
export interface Held {
  readonly row: Row<any>
  readonly sequence: number
}

/** What somebody asks the journal to decide. */
export interface Request {
  readonly refs: ReadonlyArray<Ref<any>>
  readonly decide: (rows: any) => Either.Either<Decision<unknown>, unknown>
}

export type Outcome =
  | { readonly _tag: "Answered"; readonly answer: unknown }
  | { readonly _tag: "Refused"; readonly refusal: unknown }
  | { readonly _tag: "Died"; readonly defect: unknown }

/** A row to be written: `isNew` if the storage has none. */
export interface Written {
  readonly table: Table
  held: Held
  readonly isNew: boolean
}

export interface WrittenEvent {
  readonly table: Table
  readonly ref: Ref<any>
  readonly sequence: number
  readonly event: unknown
}

export class Batch {
  readonly written: Array<Written> = []
  /** The last order for each piece of work, by queue, owner and key. */
  readonly work = new Map<string, WorkOrder>()
  private readonly events: Array<WrittenEvent> = []
  private readonly tallies: TallySums.TallySums = new Map()
  private readonly rows: (ref: Ref<any>) => Held | undefined
  private readonly tableOf: (kind: Kind.Any) => Table
  private readonly current = new RefMap<Written>()

  /** `rows` are all that any decision names, as they are stored; `undefined` for one that does not exist. */
  constructor(rows: (ref: Ref<any>) => Held | undefined, tableOf: (kind: Kind.Any) => Table) {
    this.rows = rows
    this.tableOf = tableOf
  }

  get isEmpty(): boolean {
    return this.written.length === 0 && this.tallies.size === 0 && this.work.size === 0
  }

  /** What is to be stored. */
  content() {
    const { events, tallies, work, written } = this
    return { written, events, tallies: Array.from(tallies.values()), work: Array.from(work.values()) }
  }

  run(request: Request): Outcome {
    const ran = Either.try({
      try: () => {
        const decided = request.decide(request.refs.map((ref) => this.row(ref)))
        if (Either.isRight(decided)) this.check(request, decided.right)
        return decided
      },
      catch: (defect) => defect
    })
    if (Either.isLeft(ran)) return { _tag: "Died", defect: ran.left }
    const decided = ran.right
    if (Either.isLeft(decided)) return { _tag: "Refused", refusal: decided.left }
    this.apply(decided.right)
    return { _tag: "Answered", answer: decided.right.answer }
  }

  private row(ref: Ref<any>): Row<any> {
    return (this.current.get(ref)?.held ?? this.rows(ref))?.row ?? fresh(ref)
  }

  /** A decision that changes what it did not name would escape the owner's lock: a defect, found before it is applied. */
  private check({ refs }: Request, { changes }: Decision<unknown>): void {
    for (const { ref } of changes) {
      if (isNamed(refs, ref)) continue
      const exists = this.current.has(ref) || this.rows(ref) !== undefined
      if (exists || !refs.some(({ owner }) => owner === ref.owner))
        throw new Error(`a decision changed a ${ref.kind.name} that it had not named`)
    }
  }

  private apply({ changes, tallies, work }: Decision<unknown>): void {
    for (const { events, expiresAt, personal, ref, state } of changes) {
      const written = this.touch(ref)
      const { row, sequence } = written.held
      const journaled = ref.kind.journaled ? events.length : 0
      for (let i = 0; i < journaled; i++)
        this.events.push({ table: written.table, ref, sequence: sequence + i + 1, event: events[i] })
      written.held = {
        row: { ref, state, personal, version: row.version + 1, expiresAt },
        sequence: sequence + journaled
      }
    }
    for (const tally of tallies) TallySums.add(this.tallies, tally, tally.hour)
    for (const order of work) this.work.set(`${order.queue}\n${order.owner}\n${order.key}`, order)
  }

  private touch(ref: Ref<any>): Written {
    let written = this.current.get(ref)
    if (written === undefined) {
      const stored = this.rows(ref)
      const held = stored ?? { row: fresh(ref), sequence: 0 }
      written = { table: this.tableOf(ref.kind), held, isNew: stored === undefined }
      this.current.set(ref, written)
      this.written.push(written)
    }
    return written
  }
}

const isNamed = (refs: ReadonlyArray<Ref<any>>, { key, kind, owner }: Ref<any>): boolean => {
  for (const named of refs) if (named.key === key && named.owner === owner && named.kind === kind) return true
  return false
}
