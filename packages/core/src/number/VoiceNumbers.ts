/**
 * Service: the inventory of numbers. An operator adds to it; buyers search it by region (NUM-3).
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as InvalidInput from "../InvalidInput.ts"
import type { PortFailure } from "../PortFailure.ts"
import * as Decision from "../storage/Decision.ts"
import { Journal } from "../storage/Journal.ts"
import { type Cursor, type Page, Records } from "../storage/Records.ts"
import * as NumberRegion from "./NumberRegion.ts"
import * as VoiceNumber from "./VoiceNumber.ts"

/** A number of the inventory, and what it is at the moment. */
export interface InventoryView {
  readonly number: string
  readonly region: string
  readonly status: VoiceNumber.Status
}

const Numbers = Schema.Array(VoiceNumber.Digits).pipe(
  Schema.minItems(1),
  Schema.maxItems(1_000),
  Schema.filter((numbers) => new Set(numbers).size === numbers.length, { description: "different numbers" })
)
const Limit = Schema.Int.pipe(Schema.between(1, 100))

export const AddInput = Schema.Struct({ region: VoiceNumber.Region, numbers: Numbers })
export const RemoveInput = Schema.Struct({ number: VoiceNumber.Digits })
export const SearchInput = Schema.Struct({ region: VoiceNumber.Region, limit: Limit })

export class VoiceNumbers extends Context.Tag("@vsms/core/number/VoiceNumbers")<
  VoiceNumbers,
  {
    /** Adds numbers of one region to the inventory, all or none. Those that are there already stay as they are. */
    readonly add: (
      input: typeof AddInput.Encoded
    ) => Effect.Effect<void, InvalidInput.InvalidInput | VoiceNumber.ListedElsewhere | PortFailure>
    /** Takes a number out of the inventory, if nobody has it. */
    readonly remove: (
      input: typeof RemoveInput.Encoded
    ) => Effect.Effect<void, InvalidInput.InvalidInput | VoiceNumber.NumberNotAvailable | PortFailure>
    /** The regions there are numbers of, by name. */
    readonly regions: (page?: {
      readonly limit?: number
      readonly after?: Cursor | undefined
    }) => Effect.Effect<Page<string>, InvalidInput.InvalidInput | PortFailure>
    /** A region's numbers that can be bought now, those longest free first. */
    readonly search: (
      input: typeof SearchInput.Encoded & { readonly after?: Cursor | undefined }
    ) => Effect.Effect<Page<InventoryView>, InvalidInput.InvalidInput | PortFailure>
    /** One number of the inventory, whoever has it. */
    readonly look: (
      input: typeof RemoveInput.Encoded
    ) => Effect.Effect<InventoryView, InvalidInput.InvalidInput | PortFailure>
  }
>() {
  static readonly layer: Layer.Layer<VoiceNumbers, never, Journal | Records> = Layer.effect(
    VoiceNumbers,
    Effect.suspend(() => make)
  )
}

const parseAdd = InvalidInput.parser(AddInput)
const parseRemove = InvalidInput.parser(RemoveInput)
const parseSearch = InvalidInput.parser(SearchInput)
const parsePage = InvalidInput.parser(Schema.Struct({ limit: Limit }))

const make = Effect.gen(function* () {
  const journal = yield* Journal
  const records = yield* Records

  const add = Effect.fn("VoiceNumbers.add")(function* (input: typeof AddInput.Encoded) {
    const { numbers, region } = yield* parseAdd(input)
    yield* Effect.annotateCurrentSpan({ region, count: numbers.length })
    const now = yield* Clock.currentTimeMillis
    const refs = [NumberRegion.ref(region), ...numbers.map(VoiceNumber.ref)] as const
    yield* journal.transact(refs, ([regionRow, ...rows]) =>
      Either.gen(function* () {
        const changes: Array<Decision.Change> = []
        for (const row of rows) {
          const events = yield* VoiceNumber.list({ now }, row.state, { number: row.ref.key, region })
          changes.push(Decision.change(row, events))
        }
        changes.push(Decision.change(regionRow, NumberRegion.list({ now }, regionRow.state)))
        return Decision.make(undefined, { changes })
      })
    )
  })

  const remove = Effect.fn("VoiceNumbers.remove")(function* (input: typeof RemoveInput.Encoded) {
    const { number } = yield* parseRemove(input)
    const now = yield* Clock.currentTimeMillis
    yield* journal.transact([VoiceNumber.ref(number)], ([row]) =>
      Either.map(VoiceNumber.unlist({ now }, row.state, { number }), (events) =>
        Decision.make(undefined, { changes: [Decision.change(row, events)] })
      )
    )
  })

  const regions = Effect.fn("VoiceNumbers.regions")(function* (page?: {
    readonly limit?: number
    readonly after?: Cursor | undefined
  }) {
    const { limit } = yield* parsePage({ limit: page?.limit ?? 100 })
    const found = yield* records.list({
      kind: NumberRegion.kind,
      index: "all",
      partition: "",
      after: page?.after,
      limit
    })
    return { items: found.items.map(({ ref }) => ref.key), next: found.next }
  })

  const search = Effect.fn("VoiceNumbers.search")(function* (
    input: typeof SearchInput.Encoded & { readonly after?: Cursor | undefined }
  ) {
    const { limit, region } = yield* parseSearch({ region: input.region, limit: input.limit })
    yield* Effect.annotateCurrentSpan({ region })
    const now = yield* Clock.currentTimeMillis
    const found = yield* records.list({
      kind: VoiceNumber.kind,
      index: "free",
      partition: region,
      // Those that are in quarantine come free later than now.
      until: now + 1,
      after: input.after,
      limit
    })
    return { items: found.items.map(({ ref, state }) => view(ref.key, state, now)), next: found.next }
  })

  const look = Effect.fn("VoiceNumbers.look")(function* (input: typeof RemoveInput.Encoded) {
    const { number } = yield* parseRemove(input)
    const now = yield* Clock.currentTimeMillis
    const { state } = yield* journal.load(VoiceNumber.ref(number))
    return view(number, state, now)
  })

  return VoiceNumbers.of({ add, remove, regions, search, look })
})

const view = (number: string, state: VoiceNumber.State, now: number): InventoryView => ({
  number,
  region: state.region,
  status: VoiceNumber.statusAt(state, now)
})
