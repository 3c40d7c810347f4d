import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Cny from "../../src/money/Cny.ts"
import { Fulfilment, type OrderName } from "../../src/order/Fulfilment.ts"
import * as Order from "../../src/order/Order.ts"
import { Orders } from "../../src/order/Orders.ts"
import { PaymentGateway } from "../../src/order/PaymentGateway.ts"
import * as SandboxGateway from "../../src/order/SandboxGateway.ts"
import * as Decision from "../../src/storage/Decision.ts"
import { Journal } from "../../src/storage/Journal.ts"
import * as MemoryStore from "../../src/storage/MemoryStore.ts"
import { Records } from "../../src/storage/Records.ts"
import * as Worker from "../../src/storage/Worker.ts"
import { WorkQueue } from "../../src/storage/WorkQueue.ts"
import * as Simulation from "../../src/testing/Simulation.ts"
import { purseRef } from "../../src/testing/Specimen.ts"
import { CrashPoints, type Point } from "./CrashPoints.ts"

export const minute = 60_000
export const amount = Cny.yuan(50)
const item: Order.Item = { _tag: "NumberRent", numbers: ["075512345678"], autoRenew: false }

/** A shop that puts money's worth into a purse for each order that is paid, and a slip into another for each that ended. */
export const fulfilmentOver = (journal: typeof Journal.Service): typeof Fulfilment.Service => ({
  fulfil: ({ accountId, orderId }) =>
    Effect.asVoid(
      journal.transact([Order.ref(accountId, orderId), purseRef(accountId, "goods")], ([order, goods]) => {
        const fulfilled = Order.record(order, Either.getOrThrow(Order.fulfil({ now: 0 }, order.state)))
        if (fulfilled.changes.length === 0) return Either.right(Decision.answer(undefined))
        const handed = Decision.change(goods, [{ _tag: "Paid", amount: order.state.amount, at: 0 }])
        return Either.right(Decision.make(undefined, { changes: [...fulfilled.changes, handed], work: fulfilled.work }))
      })
    ),
  letGo: ({ accountId, orderId }) =>
    Effect.asVoid(
      journal.transact([Order.ref(accountId, orderId), purseRef(accountId, "freed")], ([order, freed]) =>
        Either.right(
          Order.isOver(order.state) && freed.state.payments === 0
            ? Decision.make(undefined, { changes: [Decision.change(freed, [{ _tag: "Paid", amount: 1, at: 0 }])] })
            : Decision.answer(undefined)
        )
      )
    )
})

export const name: OrderName = { accountId: "acme", orderId: "order" }

export const create = (journal: typeof Journal.Service, orderName: OrderName = name, now = 0) =>
  journal.transact([Order.ref(orderName.accountId, orderName.orderId)], ([row]) =>
    Either.map(Order.create({ now }, row.state, { accountId: orderName.accountId, item, amount }), (events) =>
      Decision.make(undefined, Order.record(row, events))
    )
  )

/** What happens to one order in the world around it. Instants are epoch milliseconds; the order is made at 0. */
export interface Story {
  readonly name: string
  readonly behaviours: ReadonlyArray<SandboxGateway.Behaviour>
  /** What the buyer does, in the process that may die. */
  readonly buyer: (orders: typeof Orders.Service) => Effect.Effect<unknown, unknown>
  /** When the payer pays what waits. */
  readonly payerAt?: number
  /** What it may come to, if nothing goes wrong. */
  readonly ends: ReadonlyArray<Order.Status>
}

export interface Ending {
  readonly order: Order.State
  readonly payments: ReadonlyArray<SandboxGateway.Payment>
  readonly handedOver: number
  readonly freed: number
  readonly operations: number
  readonly trace: ReadonlyArray<string>
}

/** Plays a story with these faults for 100 minutes, restarting the process a minute after each death. */
export const play = (
  story: Story,
  points: ReadonlyArray<Point>,
  options: Simulation.SimulationOptions = {}
): Ending => {
  const simulation = new Simulation.Simulation(options)
  const store = MemoryStore.make()
  const sandbox = SandboxGateway.make()
  const crashes = new CrashPoints(points)
  const ports = { journal: store.journal, workQueue: store.workQueue, gateway: sandbox.gateway }

  let alive: Simulation.Process<unknown, unknown> | undefined
  const start = (main: (orders: typeof Orders.Service) => Effect.Effect<unknown, unknown>): void => {
    const die = () => {
      process.kill()
      simulation.spawn(
        Effect.zipRight(
          Effect.sleep(minute),
          Effect.sync(() => start(() => Effect.void))
        )
      )
    }
    const { gateway, journal, workQueue } = crashes.watch(ports, die)
    const outside = Layer.mergeAll(
      Layer.succeed(Journal, journal),
      Layer.succeed(Records, store.records),
      Layer.succeed(WorkQueue, workQueue),
      // There is one store, whose bells are never lost.
      Layer.succeed(Worker.PollMillis, 60 * minute),
      Layer.succeed(PaymentGateway, gateway),
      Layer.succeed(Fulfilment, fulfilmentOver(journal)),
      // The faults are on purpose: nobody wants to read of them.
      Logger.remove(Logger.defaultLogger)
    )
    const life = Effect.gen(function* () {
      const orders = yield* Orders
      for (const queue of ["payment", "orderExpiry", "fulfilment"] as const) {
        yield* Worker.run({ ...Worker.defaults, leaseMillis: 5 * minute, queue, handle: orders.handlers[queue] })
      }
      yield* Effect.ignore(main(orders))
      return yield* Effect.never
    })
    const process = simulation.spawn(
      life.pipe(Effect.scoped, Effect.provide(Layer.provideMerge(Orders.layer, outside)))
    )
    alive = process
  }

  Effect.runSync(create(store.journal))
  Effect.runSync(sandbox.payers.script(name.orderId, story.behaviours))
  if (story.payerAt !== undefined) {
    simulation.spawn(Effect.delay(sandbox.payers.pays(name.orderId), story.payerAt))
  }
  start(story.buyer)
  simulation.pass(100 * minute)
  alive?.stop()
  simulation.settle()

  const look = <A, E>(effect: Effect.Effect<A, E>) => Effect.runSync(Effect.orDie(effect))
  return {
    order: look(store.journal.load(Order.ref(name.accountId, name.orderId))).state,
    payments: look(sandbox.payers.payments),
    handedOver: look(store.journal.load(purseRef(name.accountId, "goods"))).state.payments,
    freed: look(store.journal.load(purseRef(name.accountId, "freed"))).state.payments,
    operations: crashes.count,
    trace: crashes.trace
  }
}
