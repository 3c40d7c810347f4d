/**
 * Adapter: runs the store's statements on the pool of the place. They are named, so that a session plans each once,
 * which `SqlClient` cannot do.
 */
import type { PortFailure } from "@vsms/core/PortFailure"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Pg from "pg"
import type { Database } from "../place/Database.ts"
import { portFailure } from "../place/Failures.ts"
import type { Query } from "./Statement.ts"

/** What went wrong, as the driver has it; it stays within the store. */
export class Fault {
  readonly _tag = "Fault"
  readonly error: unknown
  /** The SQLSTATE, if the server sent one. */
  readonly code: string | undefined
  /** Not the database's: something of what was asked for threw. */
  readonly isMistake: boolean

  constructor(error: unknown, isMistake = false) {
    this.error = error
    this.isMistake = isMistake
    const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : ""
    this.code = /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]{4}$/.test(code) ? code : undefined
  }

  /** Nothing happened because of somebody else: it may be tried again at once. */
  get isConflict(): boolean {
    return this.code === "40001" || this.code === "40P01"
  }

  /**
   * True of one of those who share a statement, not of all: a value that cannot be held or is too long for an index, a
   * constraint, a mistake.
   */
  get isOfData(): boolean {
    return this.isMistake || /^(22|54)/.test(this.code ?? "") || this.breaksConstraint
  }

  get breaksConstraint(): boolean {
    return this.code?.startsWith("23") === true
  }

  toFailure(port: string, operation: string): PortFailure {
    return portFailure(port, operation, this.error)
  }
}

export type Rows = ReadonlyArray<any>

type Client = Pg.Pool | Pg.PoolClient

/** The rows of one statement. The driver's own errors, in `Fault`, stay within the store. */
export const run = (client: Client, { statement, values }: Query): Effect.Effect<Rows, Fault> =>
  Effect.async((resume) => {
    if (!values.every(canBeHeld)) return resume(Effect.fail(new Fault(notText)))
    const { name, text } = statement
    const config = { text, values: values as Array<unknown>, ...(name === undefined ? {} : { name }) }
    client.query(config, (error: Error | undefined, result: Pg.QueryResult) =>
      resume(error ? Effect.fail(new Fault(error)) : Effect.succeed(result.rows))
    )
  })

/**
 * Half a character is no text: the driver would send another one in its place, and nobody would be told. NUL is found by
 * the server too, but each statement that it refuses costs a connection, and anybody can put one into a URL.
 */
const canBeHeld = (value: unknown): boolean => typeof value !== "string" || (isText(value) && !value.includes("\0"))

/** As the server says it. */
const notText = Object.assign(new Error("NUL, or half a character"), { code: "22021" })

// The compiler's library is older than the engine.
const isText: (text: string) => boolean = Function.prototype.call.bind(
  (String.prototype as unknown as { readonly isWellFormed: () => boolean }).isWellFormed
)

/** What throws becomes a `Fault` too: where many share a statement, it is to be found whose it is. */
export const withMistakes = <A>(effect: () => Effect.Effect<A, Fault>): Effect.Effect<A, Fault> =>
  Effect.catchAllDefect(Effect.suspend(effect), (defect) => Effect.fail(new Fault(defect, true)))

/** How whoever asked is told: a mistake is a defect, and so is what a constraint has stopped although rules let it pass. */
export const failure = (
  cause: Cause.Cause<Fault>,
  port: string,
  operation: string
): Effect.Effect<never, PortFailure> =>
  Effect.failCause(
    Cause.flatMap(cause, (fault) => {
      if (fault.isMistake) return Cause.die(fault.error)
      const failed = fault.toFailure(port, operation)
      return fault.breaksConstraint ? Cause.die(failed) : Cause.fail(failed)
    })
  )

/**
 * Runs statements in one transaction, which is committed if `body` succeeds and rolled back otherwise. A COMMIT that
 * fails is a `Fault` like any other.
 */
export const transaction = <A, E>(
  { pool }: (typeof Database)["Service"],
  body: (client: Pg.PoolClient) => Effect.Effect<A, E | Fault>
): Effect.Effect<A, E | Fault> =>
  Effect.acquireUseRelease(
    connect(pool),
    (client) =>
      Effect.zipRight(
        run(client, begin),
        Effect.flatMap(Effect.exit(body(client)), (exit) =>
          Exit.isSuccess(exit)
            ? Effect.as(run(client, commit), exit.value)
            : Effect.zipRight(Effect.ignore(run(client, rollback)), exit)
        )
      ),
    (client, exit) => Effect.sync(() => client.release(brokenBy(exit)))
  )

const begin: Query = { statement: { name: undefined, text: "begin isolation level read committed" }, values: [] }
const commit: Query = { statement: { name: undefined, text: "commit" }, values: [] }
const rollback: Query = { statement: { name: undefined, text: "rollback" }, values: [] }

const connect = (pool: Pg.Pool): Effect.Effect<Pg.PoolClient, Fault> =>
  Effect.async((resume) => {
    pool.connect((error, client) => {
      resume(client === undefined ? Effect.fail(new Fault(error)) : Effect.succeed(client))
    })
  })

/** A connection is kept only if the server has said what was wrong: otherwise it may be the connection itself. */
const brokenBy = (exit: Exit.Exit<unknown, unknown>): boolean => {
  if (Exit.isSuccess(exit)) return false
  const { cause } = exit
  return !(cause._tag === "Fail" && (!(cause.error instanceof Fault) || cause.error.code !== undefined))
}
