/**
 * Adapter: the rows of the memory store, with their events, indexes and expiries.
 */
import type { Change } from "../Decision.ts"
import type { Recorded } from "../Journal.ts"
import { fresh, type Index, type Kind, type Ref, type Row } from "../Kind.ts"
import type { ListQuery, Page } from "../Records.ts"
import { Heap, type Timed } from "./Heap.ts"
import { type Place, SortedPlaces } from "./SortedPlaces.ts"

/** A row as it is kept, with its places in the indexes of its kind. */
interface Stored {
  row: Row<any>
  events: Array<unknown> | undefined
  readonly places: Array<Place | undefined>
}

interface StoredIndex {
  readonly index: Index<any, any>
  readonly partitions: Map<string, SortedPlaces>
}

/** All rows of a kind, by owner and key. */
interface Table {
  readonly indexes: ReadonlyArray<StoredIndex>
  readonly owners: Map<string, Map<string, Stored>>
}

interface Expiry extends Timed {
  readonly stored: Stored
}

const counts = ({ at, stored }: Expiry): boolean => stored.row.expiresAt === at

export class MemoryRows {
  private readonly tables = new Map<string, Table>()
  private readonly expiries = new Heap<Expiry>()
  /** How many rows expire; the heap may hold more, which have another expiry by now. */
  private expiring = 0
  private tokens = 0

  get<K extends Kind.Any>(ref: Ref<K>): Row<K> {
    return this.find(ref)?.row ?? fresh(ref)
  }

  has(ref: Ref<any>): boolean {
    return this.find(ref) !== undefined
  }

  put(change: Change): void {
    const { expiresAt, personal, ref, state } = change
    const table = this.table(ref.kind)
    const stored = table.owners.get(ref.owner)?.get(ref.key) ?? insert(table, ref)
    const before = stored.row
    stored.row = { ref, state, personal, version: before.version + 1, expiresAt }
    if (ref.kind.journaled) {
      if (stored.events === undefined) stored.events = [...change.events]
      else for (const event of change.events) stored.events.push(event)
    }
    reindex(table, stored)
    this.expire(stored, before.expiresAt)
  }

  history(ref: Ref<any>, page: { readonly after: number; readonly limit: number }): ReadonlyArray<Recorded<any>> {
    const events = this.find(ref)?.events ?? []
    return events
      .slice(page.after, page.after + page.limit)
      .map((event, i) => ({ sequence: page.after + i + 1, event }))
  }

  list<K extends Kind.Any>(query: ListQuery<K>): Page<Row<K>> {
    const stored = this.tables.get(query.kind.name)?.indexes.find(({ index }) => index.name === query.index)
    const found = stored?.partitions.get(query.partition)?.page(query) ?? []
    const last = found.length === query.limit ? found[found.length - 1] : undefined
    return {
      items: found.map(({ listed }) => listed.row),
      next: last === undefined ? undefined : { at: last.at, key: last.key }
    }
  }

  purge(options: { readonly now: number; readonly limit: number }): number {
    let purged = 0
    while (purged < options.limit) {
      const due = this.expiries.peek()
      if (due === undefined || due.at > options.now) break
      this.expiries.pop()
      if (!counts(due)) continue
      this.erase(due.stored)
      purged++
    }
    return purged
  }

  private erase(stored: Stored): void {
    const { ref, version } = stored.row
    const table = this.table(ref.kind)
    this.expiring--
    stored.row = { ...stored.row, personal: undefined, expiresAt: undefined, version: version + 1 }
    if (ref.kind.ephemeral) {
      for (const [i, place] of stored.places.entries()) if (place !== undefined) unlist(table.indexes[i]!, place)
      table.owners.get(ref.owner)?.delete(ref.key)
    } else reindex(table, stored)
  }

  private expire(stored: Stored, before: number | undefined): void {
    const at = stored.row.expiresAt
    if (at === before) return
    if (before !== undefined) this.expiring--
    if (at === undefined) return
    this.expiring++
    this.expiries.push({ at, token: ++this.tokens, stored })
    if (this.expiries.size > 64 && this.expiries.size > 2 * this.expiring) this.expiries.keep(counts)
  }

  private find(ref: Ref<any>): Stored | undefined {
    return this.tables.get(ref.kind.name)?.owners.get(ref.owner)?.get(ref.key)
  }

  private table(kind: Kind.Any): Table {
    let table = this.tables.get(kind.name)
    if (table === undefined) {
      const indexes = Object.values(kind.indexes).map((index) => ({ index, partitions: new Map() }))
      this.tables.set(kind.name, (table = { indexes, owners: new Map() }))
    }
    return table
  }
}

const noPlaces: Array<never> = []

const insert = (table: Table, ref: Ref<any>): Stored => {
  let keys = table.owners.get(ref.owner)
  if (keys === undefined) table.owners.set(ref.owner, (keys = new Map<string, Stored>()))
  const places = table.indexes.length === 0 ? noPlaces : table.indexes.map(() => undefined)
  const stored: Stored = { row: fresh(ref), events: undefined, places }
  keys.set(ref.key, stored)
  return stored
}

const reindex = ({ indexes }: Table, stored: Stored): void => {
  const { personal, ref, state } = stored.row
  for (let i = 0; i < indexes.length; i++) {
    const stand = indexes[i]!
    const before = stored.places[i]
    const now = stand.index.position(ref.key, state, personal)
    if (before?.partition === now?.partition && before?.at === now?.at) continue
    if (before !== undefined) unlist(stand, before)
    stored.places[i] =
      now === undefined
        ? undefined
        : list(stand, { partition: now.partition, at: now.at, key: ref.key, listed: stored })
  }
}

const list = ({ partitions }: StoredIndex, place: Place): Place => {
  const places = partitions.get(place.partition)
  if (places === undefined) partitions.set(place.partition, new SortedPlaces(place))
  else places.add(place)
  return place
}

const unlist = ({ partitions }: StoredIndex, place: Place): void => {
  const places = partitions.get(place.partition)
  places?.remove(place)
  if (places?.isEmpty === true) partitions.delete(place.partition)
}
