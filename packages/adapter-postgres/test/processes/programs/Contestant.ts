/** A process of a contest: it opens the storage of a database with a pool of its own, and does what it is told. */
import { IdGenerator } from "@vsms/core/IdGenerator"
import { Sends } from "@vsms/core/sending/Sends"
import * as SendPolicy from "@vsms/core/sending/SendPolicy"
import { Journal } from "@vsms/core/storage/Journal"
import { Records } from "@vsms/core/storage/Records"
import { WorkQueue } from "@vsms/core/storage/WorkQueue"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as PostgresStorage from "../../../src/store/PostgresStorage.ts"
import * as Tenants from "../Tenants.ts"
import { serve } from "../Served.ts"

type Services = Sends | Journal | Records | WorkQueue

let runtime: ManagedRuntime.ManagedRuntime<Services, unknown> | undefined

const run = <A, E>(effect: Effect.Effect<A, E, Services>): Promise<A> => runtime!.runPromise(effect)

serve({
  open: async ({ sessions, url }: { readonly url: string; readonly sessions: number }) => {
    const layer = Sends.layerWith({ policy: SendPolicy.standard }).pipe(
      Layer.provideMerge(PostgresStorage.layer()),
      Layer.provide(IdGenerator.layer),
      Layer.provide(Tenants.server(url, { sessions }))
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
    )
})
