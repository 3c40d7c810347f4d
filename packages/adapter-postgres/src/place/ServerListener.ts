/**
 * Adapter: notifications of a server on one connection of their own, which is made anew when it breaks.
 *
 * **Details** Not by `PgClient.listen` of @effect/sql-pg: there the first of two listeners to leave ends the channel
 * for both, and one whose connection broke waits for ever without an error.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Pg from "pg"
import * as Bells from "./Bells.ts"

/** It never fails: while there is no connection it tries again, and rings every bell once it has one. */
export const make = (config: Pg.ClientConfig): Effect.Effect<Bells.Bells, never, Scope.Scope> =>
  Effect.gen(function* () {
    let connected: Pg.Client | undefined

    // A connection takes one statement at a time: the driver's own queue is on its way out.
    const turn = yield* Effect.makeSemaphore(1)

    /** A statement on the connection, if there is one. If it fails, the connection is done with. */
    const tell = (statement: string) =>
      turn.withPermits(1)(
        Effect.suspend(() => {
          const client = connected
          if (client === undefined) return Effect.void
          return Effect.tryPromise(() => client.query(statement)).pipe(
            Effect.timeout(Duration.seconds(5)),
            Effect.catchAll(() => Effect.sync(() => cut(client)))
          )
        })
      )

    const bells = Bells.make({
      added: (channel) => tell(`LISTEN ${Pg.escapeIdentifier(channel)}`),
      removed: (channel) => tell(`UNLISTEN ${Pg.escapeIdentifier(channel)}`)
    })

    const open = Effect.acquireRelease(
      Effect.sync(() => new Pg.Client(config)),
      (client) =>
        Effect.promise(() => client.end()).pipe(
          Effect.timeout(Duration.seconds(1)),
          Effect.catchAll(() => Effect.sync(() => cut(client)))
        )
    )

    /** One connection, from its making to its end. It fails: that is how it ends. */
    const session = Effect.gen(function* () {
      const client = yield* open
      const ended = yield* Effect.makeLatch()
      client.on("error", () => {})
      client.on("end", () => ended.unsafeOpen())
      client.on("notification", ({ channel }) => bells.ring(channel))
      yield* Effect.tryPromise(() => client.connect())
      connected = client
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          connected = undefined
        })
      )
      for (const channel of bells.channels()) yield* tell(`LISTEN ${Pg.escapeIdentifier(channel)}`)
      bells.ringAll()
      yield* ended.await
      return yield* Effect.fail("the connection ended")
    }).pipe(Effect.scoped)

    yield* session.pipe(Effect.retry(again), Effect.forkScoped)
    return bells
  })

/** A tenth of a second, then longer, up to five seconds. A connection that lasted begins again with a tenth. */
const again = Schedule.exponential(Duration.millis(100)).pipe(
  Schedule.union(Schedule.spaced(Duration.seconds(5))),
  Schedule.jittered,
  Schedule.resetAfter(Duration.seconds(30))
)

const cut = (client: Pg.Client): void => {
  // The public `end` waits for the server; `connection` has no public type.
  const { connection } = client as unknown as { readonly connection: { readonly stream: { destroy(): void } } }
  connection.stream.destroy()
}
