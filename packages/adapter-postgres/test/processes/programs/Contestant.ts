/** A process of a contest: it opens the storage of a database with a pool of its own, and does what it is told. */
import { IdGenerator } from "@vsms/core/IdGenerator"
import { Sends } from "@vsms/core/sending/Sends"
import * as SendPolicy from "@vsms/core/sending/SendPolicy"
import * as Decision from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import { Records } from "@vsms/core/storage/Records"
import { type Lease, WorkQueue } from "@vsms/core/storage/WorkQueue"
import { purse, purseRef, slipRef } from "@vsms/core/testing/Specimen"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Queue from "effect/Queue"
import * as PostgresStorage from "../../../src/store/PostgresStorage.ts"
import { serve } from "../Served.ts"
import * as Tenants from "../Tenants.ts"

type Services = Sends | Journal | Records | WorkQueue

let runtime: ManagedRuntime.ManagedRuntime<Services, unknown> | undefined

const run = <A, E>(effect: Effect.Effect<A, E, Services>): Promise<A> => runtime!.runPromise(effect)

const journal = <A, E>(use: (journal: (typeof Journal)["Service"]) => Effect.Effect<A, E>) =>
  Effect.flatMap(Journal, use)

/** A store that answers out of its memory what changes nothing, and asks nobody whether it is still so. */
const forgetful = Layer.effect(
  Journal,
  Effect.map(Journal, (store) => {
    const remembered = new Map<string, ReadonlyArray<any>>()
    return Journal.of({
      ...store,
      transact: (refs, decide) => {
        const id = refs.map(({ key, kind, owner }) => `${kind.name}/${owner}/${key}`).join()
        const rows = remembered.get(id)
        const decided = rows === undefined ? undefined : decide(rows as never)
        if (decided !== undefined && Either.isLeft(decided)) return Effect.fail(decided.left)
        if (decided !== undefined && decided.right.changes.length === 0) return Effect.succeed(decided.right.answer)
        return store.transact(refs, (read) => {
          remembered.set(id, read)
          return decide(read)
        })
      }
    })
  })
)

const pay = (owner: string) =>
  journal((journal) =>
    journal.transact([purseRef(owner)], ([row]) =>
      Either.right(
        Decision.make(row.state.total + 1, { changes: [Decision.change(row, [{ _tag: "Paid", amount: 1, at: 1 }])] })
      )
    )
  )

/** Every way in which somebody may look at what an account has. */
const ways = {
  load: (owner: string) => journal((journal) => Effect.map(journal.load(purseRef(owner)), ({ state }) => state.total)),
  answer: (owner: string) =>
    journal((journal) =>
      journal.transact([purseRef(owner)], ([row]) => Either.right(Decision.answer(row.state.total)))
    ),
  refusal: (owner: string) =>
    journal((journal) => Effect.flip(journal.transact([purseRef(owner)], ([row]) => Either.left(row.state.total)))),
  defect: (owner: string) =>
    journal((journal) =>
      journal.transact([purseRef(owner)], ([row]): Either.Either<Decision.Decision<number>> => {
        throw new Error(`total ${row.state.total}`)
      })
    ).pipe(Effect.catchAllDefect((defect) => Effect.succeed(Number(/total (\d+)/.exec(String(defect))?.[1])))),
  history: (owner: string) =>
    journal((journal) =>
      Effect.map(journal.history(purseRef(owner), { after: 0, limit: 10_000 }), (events) => events.length)
    ),
  list: (owner: string) =>
    Effect.flatMap(Records, (records) =>
      Effect.map(
        records.list({ kind: purse, index: "byHolder", partition: owner, limit: 1 }),
        ({ items: [row] }) => row?.state.total ?? 0
      )
    )
}

/** Numbers from 0 to below `n`, the same for the same seed. */
const dice = (seed: number) => {
  let state = seed
  return (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 4_294_967_296) * n)
  }
}

const line = serve({
  open: async (of: { readonly url: string; readonly sessions: number; readonly forgetful?: boolean }) => {
    const storage = PostgresStorage.layer()
    const layer = Sends.layerWith({ policy: SendPolicy.standard }).pipe(
      Layer.provideMerge(of.forgetful === true ? Layer.provideMerge(forgetful, storage) : storage),
      Layer.provide(IdGenerator.layer),
      Layer.provide(Tenants.server(of.url, { sessions: of.sessions }))
    )
    runtime = ManagedRuntime.make(layer)
    await runtime.runtime()
  },
  close: () => runtime!.dispose(),

  /** So many attempts to send, each to another number; answers the ids of those accepted, and the others' refusals. */
  oversell: (of: {
    readonly tenant: Tenants.Tenant
    readonly attempts: number
    readonly first: number
    readonly concurrency: number
  }) =>
    run(
      Effect.gen(function* () {
        const sends = yield* Sends
        const accepted: Array<readonly [sendId: string, holdMinutes: number]> = []
        const refused: { [tag: string]: number } = {}
        const { accountId, applicationId } = of.tenant
        const attempt = (i: number) =>
          Effect.map(
            Effect.either(
              sends.acceptCode(accountId, applicationId, {
                to: `138${String(of.first + i).padStart(8, "0")}`,
                code: "246802"
              })
            ),
            (answer) => {
              if (Either.isRight(answer)) accepted.push([answer.right.sendId, answer.right.holdMinutes])
              else refused[answer.left._tag] = (refused[answer.left._tag] ?? 0) + 1
            }
          )
        yield* Effect.forEach(
          Array.from({ length: of.attempts }, (_, i) => i),
          attempt,
          {
            concurrency: of.concurrency,
            discard: true
          }
        )
        return { accepted, refused }
      })
    ),

  /** Pays into one purse so often, by many hands; answers what was in it each time. */
  pay: ({
    concurrency,
    owner,
    times
  }: {
    readonly owner: string
    readonly times: number
    readonly concurrency: number
  }) => run(Effect.forEach(Array.from({ length: times }), () => pay(owner), { concurrency })),

  /** Looks at what is in a purse. */
  look: ({ owner, way }: { readonly owner: string; readonly way: keyof typeof ways }) => run(ways[way](owner)),

  /** Names the holder of a purse, under whom it is listed. */
  name: (owner: string) =>
    run(
      journal((journal) =>
        journal.transact([purseRef(owner)], ([row]) =>
          Either.right(
            Decision.make(undefined, {
              changes: [Decision.change(row, [{ _tag: "Labelled", label: null, at: 1 }], { personal: { name: owner } })]
            })
          )
        )
      )
    ),

  /**
   * Moves money between two purses of a few owners, in any order; whoever has not enough is refused. Each transfer
   * leaves a slip with the one who paid.
   */
  transfer: (of: {
    readonly owners: ReadonlyArray<string>
    readonly times: number
    readonly concurrency: number
    readonly seed: number
    readonly name: string
  }) => {
    const roll = dice(of.seed)
    const transfers = Array.from({ length: of.times }, (_, i) => {
      const from = roll(of.owners.length)
      const to = (from + 1 + roll(of.owners.length - 1)) % of.owners.length
      return { from: of.owners[from]!, to: of.owners[to]!, amount: 1 + roll(5), slip: `${of.name}-${i}` }
    })
    return run(
      Effect.forEach(
        transfers,
        ({ amount, from, slip, to }) =>
          Effect.map(
            Effect.either(
              journal((journal) =>
                journal.transact([purseRef(from), purseRef(to), slipRef(from, slip)], ([payer, payee, paper]) =>
                  payer.state.total < amount
                    ? Either.left("too little" as const)
                    : Either.right(
                        Decision.make([payer.version + 1, payee.version + 1] as const, {
                          changes: [
                            Decision.change(payer, [{ _tag: "Paid", amount: -amount, at: 1 }]),
                            Decision.change(payee, [{ _tag: "Paid", amount, at: 1 }]),
                            Decision.change(paper, [{ _tag: "Written", text: `${amount} to ${to}`, at: 1 }])
                          ]
                        })
                      )
                )
              )
            ),
            (answer) => ({
              from,
              to,
              amount,
              slip,
              versions: Either.getOrUndefined(answer),
              refused: answer._tag === "Left" ? answer.left : undefined
            })
          ),
        { concurrency: of.concurrency }
      )
    )
  },

  /** Leases what there is until there is nothing, a few at a time; finishes none. */
  leaseAll: ({
    leaseMillis,
    limit,
    now
  }: {
    readonly now: number
    readonly limit: number
    readonly leaseMillis: number
  }) =>
    run(
      Effect.gen(function* () {
        const work = yield* WorkQueue
        const taken: Array<Lease> = []
        for (;;) {
          const leases = yield* work.lease({ queue: "renewal", now, limit, leaseMillis })
          if (leases.length === 0) return taken
          taken.push(...leases)
        }
      })
    ),
  lease: (of: { readonly now: number; readonly limit: number; readonly leaseMillis: number }) =>
    run(Effect.flatMap(WorkQueue, (work) => work.lease({ queue: "renewal", ...of }))),
  giveBack: ({
    lease,
    until,
    way
  }: {
    readonly lease: Lease
    readonly way: "finish" | "postpone" | "extend"
    readonly until: number
  }) =>
    run(
      Effect.flatMap(WorkQueue, (work) =>
        way === "finish"
          ? work.finish(lease)
          : way === "postpone"
            ? work.postpone(lease, until)
            : work.extend(lease, until)
      )
    ),
  enqueue: ({ count, dueAt, owner }: { readonly owner: string; readonly count: number; readonly dueAt: number }) =>
    run(
      journal((journal) =>
        journal.transact([purseRef(owner)], () =>
          Either.right(
            Decision.make(undefined, {
              work: Array.from({ length: count }, (_, i) =>
                Decision.enqueue("renewal", { owner, key: `work${i}` }, dueAt)
              )
            })
          )
        )
      )
    ),
  /** Answers once the bell has rung, or says that it has not within that time. */
  awaitBell: ({ millis }: { readonly millis: number }) =>
    run(
      Effect.scoped(
        Effect.gen(function* () {
          const bell = yield* (yield* WorkQueue).bell("renewal")
          // A new connection rings once by itself.
          yield* Effect.timeoutOption(Queue.take(bell), "500 millis")
          yield* Effect.promise(() => line.ask("hanging"))
          const rung = yield* Effect.timeoutOption(Queue.take(bell), millis)
          return rung._tag === "Some"
        })
      )
    )
})
