import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Account from "../../src/account/Account.ts"
import { IdGenerator } from "../../src/IdGenerator.ts"
import * as Holdings from "../../src/number/Holdings.ts"
import { Numbers } from "../../src/number/Numbers.ts"
import { type RenewalNotice, RenewalNotices } from "../../src/number/RenewalNotices.ts"
import { Renewals } from "../../src/number/Renewals.ts"
import { Rents } from "../../src/number/Rents.ts"
import * as VoiceNumber from "../../src/number/VoiceNumber.ts"
import { VoiceNumbers } from "../../src/number/VoiceNumbers.ts"
import { Fulfilment } from "../../src/order/Fulfilment.ts"
import { Orders } from "../../src/order/Orders.ts"
import { PaymentGateway } from "../../src/order/PaymentGateway.ts"
import * as SandboxGateway from "../../src/order/SandboxGateway.ts"
import * as Qualification from "../../src/qualification/Qualification.ts"
import * as Decision from "../../src/storage/Decision.ts"
import { Journal } from "../../src/storage/Journal.ts"
import type { Kind, Ref } from "../../src/storage/Kind.ts"
import * as MemoryStore from "../../src/storage/MemoryStore.ts"
import { Records } from "../../src/storage/Records.ts"
import * as Worker from "../../src/storage/Worker.ts"
import { WorkQueue } from "../../src/storage/WorkQueue.ts"
import * as Simulation from "../../src/testing/Simulation.ts"
import { CrashPoints } from "../order/CrashPoints.ts"

export const minute = 60_000
export const hour = 60 * minute
export const day = 24 * hour
export const region = "广东深圳"

/** All that a process of this world offers. */
export type Services = Journal | Records | Numbers | VoiceNumbers | Orders | Renewals | PaymentGateway

/** The services over these ports. Each process has its own; the storage and the gateway are the world's. */
export const services = (ports: {
  readonly journal: typeof Journal.Service
  readonly records: typeof Records.Service
  readonly gateway: typeof PaymentGateway.Service
  readonly notices: typeof RenewalNotices.Service
  readonly ids: Layer.Layer<IdGenerator>
}): Layer.Layer<Services> => {
  const outside = Layer.mergeAll(
    Layer.succeed(Journal, ports.journal),
    Layer.succeed(Records, ports.records),
    Layer.succeed(PaymentGateway, ports.gateway),
    Layer.succeed(RenewalNotices, ports.notices),
    ports.ids
  )
  const fulfilment = Layer.provide(
    Layer.effect(
      Fulfilment,
      Effect.map(Rents, ({ fulfil, letGo }) => Fulfilment.of({ fulfil, letGo }))
    ),
    Rents.layer
  )
  return Layer.mergeAll(Numbers.layer, VoiceNumbers.layer, Renewals.layer).pipe(
    Layer.provideMerge(Orders.layer),
    Layer.provide(fulfilment),
    Layer.provideMerge(outside)
  )
}

/** Puts events into a thing as they are. */
export const put = <K extends Kind.Any>(
  journal: typeof Journal.Service,
  ref: Ref<K>,
  ...events: ReadonlyArray<Kind.Event<K>>
) =>
  Effect.orDie(
    journal.transact([ref], ([row]) =>
      Either.right(Decision.make(undefined, { changes: [Decision.change(row, events)] }))
    )
  )

/** An enterprise that may buy numbers. */
export const enterprise = (journal: typeof Journal.Service, accountId: string) =>
  Effect.zipRight(
    put(
      journal,
      Account.ref(accountId),
      { _tag: "AccountOpened", at: 0 },
      { _tag: "AccountVerified", as: "enterprise", at: 0 },
      { _tag: "ServiceActivated", at: 0 }
    ),
    put(
      journal,
      Qualification.ref(accountId),
      { _tag: "QualificationSubmitted", version: 1, at: 0, answerExpectedAt: 0 },
      { _tag: "QualificationApproved", version: 1, at: 0 }
    )
  )

/** Accounts, an inventory, a gateway and a process with all its workers, in simulated time. */
export class NumberWorld {
  readonly simulation: Simulation.Simulation
  readonly store = MemoryStore.make()
  readonly sandbox = SandboxGateway.make()
  readonly crashes = new CrashPoints([])
  readonly notices: Array<RenewalNotice> = []
  /** How often somebody asked for a notice to be told, repeats included. */
  tellings = 0
  private readonly ids: Layer.Layer<IdGenerator>
  private readonly leaseMillis: number
  private process: Simulation.Process<unknown, unknown> | undefined
  private readonly afterEach: (world: NumberWorld) => void

  constructor(
    options: Simulation.SimulationOptions & {
      readonly accounts: ReadonlyArray<string>
      readonly numbers: ReadonlyArray<string>
      readonly leaseMillis?: number
      /** Looks at the world after every change that is stored. */
      readonly afterEach?: (world: NumberWorld) => void
    }
  ) {
    this.simulation = new Simulation.Simulation(options)
    this.leaseMillis = options.leaseMillis ?? 30_000
    this.afterEach = options.afterEach ?? (() => undefined)
    // One generator for all processes: their ids must differ.
    const ids = Effect.runSync(Effect.provide(IdGenerator, IdGenerator.layerSeeded(1)))
    this.ids = Layer.succeed(IdGenerator, ids)
    for (const accountId of options.accounts) Effect.runSync(enterprise(this.store.journal, accountId))
    for (const number of options.numbers) {
      Effect.runSync(put(this.store.journal, VoiceNumber.ref(number), { _tag: "NumberListed", region, at: 0 }))
    }
    this.start()
  }

  get now(): number {
    return this.simulation.now
  }

  /** Starts a process with all workers. */
  start(): void {
    this.process = this.simulation.spawn(
      Effect.gen(this, function* () {
        const orders = yield* Orders
        const renewals = yield* Renewals
        const run = (queue: Decision.Queue, handle: Worker.WorkerOptions<never>["handle"]) =>
          Worker.run({ ...Worker.defaults, leaseMillis: this.leaseMillis, queue, handle })
        yield* run("payment", orders.handlers.payment)
        yield* run("orderExpiry", orders.handlers.orderExpiry)
        yield* run("fulfilment", orders.handlers.fulfilment)
        yield* run("renewal", renewals.handlers.renewal)
        yield* run("lapse", renewals.handlers.lapse)
        return yield* Effect.never
      }).pipe(Effect.scoped, Effect.provide(this.layer(() => this.kill())))
    )
  }

  /** Pulls the plug of the process with the workers. */
  kill(): void {
    this.process?.kill()
    this.process = undefined
  }

  get alive(): boolean {
    return this.process !== undefined
  }

  /** Lets the process come to its end, so that it leaves nothing behind in this one. */
  end(): void {
    this.process?.stop()
    this.simulation.settle()
  }

  /** Has somebody do something in a process of their own, which lives as long as that takes. */
  act<A, E>(action: Effect.Effect<A, E, Services>): Simulation.Process<A, E> {
    const acting: Simulation.Process<A, E> = this.simulation.spawn(
      Effect.provide(
        action,
        this.layer(() => acting.kill())
      )
    )
    return acting
  }

  /** Does something that needs no time, and answers what came of it. */
  do<A, E>(action: Effect.Effect<A, E, Services>): Either.Either<A, E> | undefined {
    const acting = this.act(Effect.either(action))
    this.simulation.settle()
    return acting.exit?._tag === "Success" ? acting.exit.value : undefined
  }

  holdings(accountId: string): Holdings.State {
    return Effect.runSync(Effect.orDie(this.store.journal.load(Holdings.ref(accountId)))).state
  }

  inventory(number: string): VoiceNumber.State {
    return Effect.runSync(Effect.orDie(this.store.journal.load(VoiceNumber.ref(number)))).state
  }

  history<K extends Kind.Any>(ref: Ref<K>): ReadonlyArray<Kind.Event<K>> {
    const page = this.store.journal.history(ref, { after: 0, limit: 100_000 })
    return Effect.runSync(Effect.orDie(page)).map(({ event }) => event)
  }

  get payments(): ReadonlyArray<SandboxGateway.Payment> {
    return Effect.runSync(this.sandbox.payers.payments)
  }

  private layer(die: () => void) {
    const { records, workQueue } = this.store
    const journal: typeof Journal.Service = {
      ...this.store.journal,
      transact: (refs, decide) =>
        Effect.tap(this.store.journal.transact(refs, decide), () => Effect.sync(() => this.afterEach(this)))
    }
    const watched = this.crashes.watch({ journal, workQueue, gateway: this.sandbox.gateway }, die)
    const notices: typeof RenewalNotices.Service = {
      tell: (notice) =>
        Effect.sync(() => {
          this.tellings++
          if (this.notices.every(({ noticeId }) => noticeId !== notice.noticeId)) this.notices.push(notice)
        })
    }
    return Layer.mergeAll(
      services({ journal: watched.journal, records, gateway: watched.gateway, notices, ids: this.ids }),
      Layer.succeed(WorkQueue, watched.workQueue),
      // There is one store, whose bells are never lost.
      Layer.succeed(Worker.PollMillis, day),
      // What goes wrong here goes wrong on purpose.
      Logger.remove(Logger.defaultLogger)
    )
  }
}
