/**
 * Service: an account's numbers: bought, renewed by hand, listed, and their auto-renewal switched. It makes orders;
 * `Orders` has them paid, `Rents` hands over what they bought.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Account from "../account/Account.ts"
import { IdGenerator } from "../IdGenerator.ts"
import * as InvalidInput from "../InvalidInput.ts"
import * as Order from "../order/Order.ts"
import { Orders, type OrderView } from "../order/Orders.ts"
import type { PortFailure } from "../PortFailure.ts"
import * as Qualification from "../qualification/Qualification.ts"
import * as Decision from "../storage/Decision.ts"
import { Journal } from "../storage/Journal.ts"
import * as Holdings from "./Holdings.ts"
import { NumberSettings } from "./NumberSettings.ts"
import * as Renewal from "./Renewal.ts"
import * as Rent from "./Rent.ts"
import * as VoiceNumber from "./VoiceNumber.ts"

/** A number as its holder sees it. */
export interface HeldNumberView {
  readonly number: string
  readonly region: string
  readonly since: number
  readonly expiresAt: number
  /** Whether calls can show it now. Past its expiry it is about to be released. */
  readonly usable: boolean
  readonly autoRenew: boolean
}

const Wanted = Schema.Array(VoiceNumber.Digits).pipe(
  Schema.minItems(1),
  Schema.maxItems(100),
  Schema.filter((numbers) => new Set(numbers).size === numbers.length, { description: "different numbers" })
)
const accountId = Schema.NonEmptyString

export const BuyInput = Schema.Struct({ accountId, numbers: Wanted, autoRenew: Schema.Boolean })
export const NumberInput = Schema.Struct({ accountId, number: VoiceNumber.Digits })
export const AutoRenewInput = Schema.Struct({ ...NumberInput.fields, on: Schema.Boolean })

export class Numbers extends Context.Tag("@vsms/core/number/Numbers")<
  Numbers,
  {
    /** Makes an order for numbers, all or none, which are kept for it until it is paid or ends (NUM-1, NUM-3). */
    readonly buy: (
      input: typeof BuyInput.Encoded
    ) => Effect.Effect<OrderView, InvalidInput.InvalidInput | Rent.Refusal | PortFailure>
    /** Makes an order for a number's next term (NUM-7), or answers the one that there is. */
    readonly renew: (
      input: typeof NumberInput.Encoded
    ) => Effect.Effect<
      OrderView,
      InvalidInput.InvalidInput | Account.NotEnterprise | Account.NotActivated | Holdings.NumberNotHeld | PortFailure
    >
    /** Switches auto-renewal of a number (NUM-4). */
    readonly setAutoRenewal: (
      input: typeof AutoRenewInput.Encoded
    ) => Effect.Effect<void, InvalidInput.InvalidInput | Holdings.NumberNotHeld | PortFailure>
    /** The numbers that the account holds: at most five. */
    readonly list: (accountId: string) => Effect.Effect<ReadonlyArray<HeldNumberView>, PortFailure>
  }
>() {
  static readonly layer: Layer.Layer<Numbers, never, IdGenerator | Journal | Orders> = Layer.effect(
    Numbers,
    Effect.suspend(() => make)
  )
}

const parseBuy = InvalidInput.parser(BuyInput)
const parseNumber = InvalidInput.parser(NumberInput)
const parseAutoRenew = InvalidInput.parser(AutoRenewInput)

const make = Effect.gen(function* () {
  const ids = yield* IdGenerator
  const journal = yield* Journal
  const orders = yield* Orders
  const { priceList } = yield* NumberSettings
  const rent = priceList.numberRent

  const buy = Effect.fn("Numbers.buy")(function* (input: typeof BuyInput.Encoded) {
    const { accountId, autoRenew, numbers } = yield* parseBuy(input)
    const orderId = yield* ids.next
    yield* Effect.annotateCurrentSpan({ accountId, orderId })
    const now = yield* Clock.currentTimeMillis
    const refs = [
      Account.ref(accountId),
      Qualification.ref(accountId),
      Holdings.ref(accountId),
      Order.ref(accountId, orderId),
      ...numbers.map(VoiceNumber.ref)
    ] as const
    return yield* journal.transact(refs, ([account, qualification, holdings, order, ...rows]) =>
      Either.map(
        Rent.buy(
          { now, rent },
          { account: account.state, qualification: qualification.state, holdings, order, numbers: rows },
          { autoRenew }
        ),
        ({ order, ...parts }) => Decision.make({ ...order, orderId }, parts)
      )
    )
  })

  const renew = Effect.fn("Numbers.renew")(function* (input: typeof NumberInput.Encoded) {
    const { accountId, number } = yield* parseNumber(input)
    yield* Effect.annotateCurrentSpan({ accountId })
    const order = yield* orderTerm(journal, { accountId, number, rent })
    const now = yield* Clock.currentTimeMillis
    if (!Order.isOpen(order) || now < order.expiresAt) return order
    // Its time is over, and nobody has ended it yet: then that comes first.
    yield* orders.expire(order)
    return yield* orderTerm(journal, { accountId, number, rent })
  })

  const setAutoRenewal = Effect.fn("Numbers.setAutoRenewal")(function* (input: typeof AutoRenewInput.Encoded) {
    const { accountId, number, on } = yield* parseAutoRenew(input)
    yield* Effect.annotateCurrentSpan({ accountId, on })
    const now = yield* Clock.currentTimeMillis
    yield* journal.transact([Holdings.ref(accountId)], ([row]) =>
      Either.map(Holdings.setAutoRenewal({ now }, row.state, { number, on }), (events) => {
        const changed = Decision.change(row, events)
        const held = Holdings.find(changed.state, number)
        if (events.length === 0 || held === undefined) return Decision.answer(undefined)
        return Decision.make(undefined, { changes: [changed], work: [Renewal.renewalWork(accountId, held)] })
      })
    )
  })

  const list = Effect.fn("Numbers.list")(function* (accountId: string) {
    yield* Effect.annotateCurrentSpan({ accountId })
    const now = yield* Clock.currentTimeMillis
    const { state } = yield* journal.load(Holdings.ref(accountId))
    return state.held.map(({ autoRenew, expiresAt, number, region, since }) => ({
      number,
      region,
      since,
      expiresAt,
      usable: now < expiresAt,
      autoRenew
    }))
  })

  return Numbers.of({ buy, renew, setAutoRenewal, list })
})

/**
 * Makes the order for a number's next term, or finds the one that there is. The ids of these orders follow from the
 * number's state, so they are read first; if the number has moved on meanwhile, it begins anew.
 */
export const orderTerm = (
  journal: typeof Journal.Service,
  { accountId, number, rent }: { readonly accountId: string; readonly number: string; readonly rent: Rent.Env["rent"] }
): Effect.Effect<OrderView, Account.NotEnterprise | Account.NotActivated | Holdings.NumberNotHeld | PortFailure> =>
  Effect.gen(function* () {
    const { state } = yield* journal.load(Holdings.ref(accountId))
    const read = Holdings.find(state, number)
    const now = yield* Clock.currentTimeMillis
    const currentId = read === undefined ? undefined : Renewal.currentOrderId(read)
    const nextId = read === undefined ? Renewal.orderId(number, 0, 1) : Renewal.nextOrderId(read)
    const refs = [
      Account.ref(accountId),
      Holdings.ref(accountId),
      Order.ref(accountId, nextId),
      ...(currentId === undefined ? [] : [Order.ref(accountId, currentId)])
    ] as const
    const answer = yield* journal.transact(refs, ([account, holdings, next, current]) => {
      const held = Holdings.find(holdings.state, number)
      if (held !== undefined && !Renewal.areOrdersOf(held, { current, next })) {
        return Either.right(Decision.answer<OrderView | undefined>(undefined))
      }
      return Either.map(
        Renewal.order({ now, rent }, { account: account.state, holdings, current, next }, { number }),
        ({ order, ...parts }) => Decision.make<OrderView | undefined>({ ...order.state, orderId: order.ref.key }, parts)
      )
    })
    return answer ?? (yield* orderTerm(journal, { accountId, number, rent }))
  })
