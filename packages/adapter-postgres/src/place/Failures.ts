/**
 * Adapter: what a database and its driver report, as core's `PortFailure`. Nothing of theirs leaves the package, and no
 * value of a statement is in what does: a server quotes them in its messages and details.
 */
import { SqlError } from "@effect/sql/SqlError"
import { PortFailure, type Retry } from "@vsms/core/PortFailure"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** A database that cannot be reached any more, said by us and not by a server or by the operating system. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost"
}

/** What is known of a failed statement or connection, and may be shown. */
export interface Fault {
  /** The SQLSTATE of a server, or the code of the operating system, where there is one. */
  readonly code: string | undefined
  readonly retry: Retry
  /** For operators: without parameters, values and SQL. */
  readonly summary: string
}

/** What a fault of the database looks like; nothing for an error that is not one. */
export const faultOf = (error: unknown): Option.Option<Fault> => {
  const found = root(error)
  if (found === undefined) return Option.none()
  const { message, name } = found
  const code = found["code"]
  if (typeof code === "string" && isSqlState(code)) {
    return Option.some({ code, retry: retryOfState(code, found["routine"]), summary: summaryOfState(found) })
  }
  if (typeof code === "string" && ofSystem.test(code)) return Option.some({ code, retry: "later", summary: message })
  if (typeof code === "string" && ofCertificate.test(code)) {
    return Option.some({ code, retry: "never", summary: `${code}: ${message}` })
  }
  const known = driver.find(([pattern]) => pattern.test(message))
  if (known !== undefined) return Option.some({ code: undefined, retry: known[1], summary: message })
  return error instanceof SqlError
    ? Option.some({ code: undefined, retry: "never", summary: `the driver failed: ${name}` })
    : Option.none()
}

/** Whether the whole transaction may be run again at once: nothing of it happened. */
export const isConflict = (error: unknown): boolean =>
  Option.exists(faultOf(error), ({ code }) => code === "40001" || code === "40P01")

/** The failure of a port, whatever the error is. Use it where an error can only come from the database. */
export const portFailure = (port: string, operation: string, error: unknown): PortFailure => {
  if (error instanceof PortFailure) return error
  const { retry, summary } = Option.getOrElse(faultOf(error), unknownFault)
  // A stack would show where we wait for an answer, and the message twice.
  const cause = new Error(summary)
  cause.name = "DatabaseError"
  cause.stack = `${cause.name}: ${summary}`
  return new PortFailure({ port, operation, retry, cause })
}

/**
 * The failure of a port, where a fault of the database is anywhere in the cause, as failure or as defect: a COMMIT that
 * fails arrives as a defect. Nothing for a cause that is ours.
 */
export const fromCause = (port: string, operation: string, cause: Cause.Cause<unknown>): Option.Option<PortFailure> =>
  Option.map(
    Chunk.findFirst(
      Chunk.appendAll(Cause.failures(cause), Cause.defects(cause)),
      (error) => error instanceof PortFailure || Option.isSome(faultOf(error))
    ),
    (error) => portFailure(port, operation, error)
  )

/** Every fault of the database in an effect becomes the failure of a port. Other failures, defects and interruption stay. */
export const guard =
  (port: string, operation: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, Exclude<E, SqlError> | PortFailure, R> =>
    Effect.catchAllCause(effect, (cause): Effect.Effect<never, Exclude<E, SqlError> | PortFailure> => {
      const failure = fromCause(port, operation, cause)
      if (Option.isSome(failure) && !Cause.isInterrupted(cause)) return Effect.fail(failure.value)
      // What is left has no SqlError in it: each one is a fault.
      return Effect.failCause(cause as Cause.Cause<Exclude<E, SqlError>>)
    })

/** An error, and the fields of it that a server or the operating system filled in. */
type Fields = Error & Readonly<Record<string, unknown>>

/** The innermost error with a code: `SqlError`s wrap, drivers nest, and a refused connection is several in one. */
const root = (error: unknown, depth = 0): Fields | undefined => {
  if (!(error instanceof Error) || depth > 8) return undefined
  const fields = error as Fields
  const inner = root(error instanceof AggregateError ? error.errors[0] : error.cause, depth + 1)
  if (inner === undefined) return fields
  return error instanceof SqlError || (inner["code"] !== undefined && fields["code"] === undefined) ? inner : fields
}

/** Connections and names of hosts. */
const ofSystem = /^(E[A-Z0-9]{3,}|EAI_[A-Z]+)$/

/** Who is at the other end is not who it should be, or does not say. */
const ofCertificate = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH)/

const isSqlState = (code: string): boolean => /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]{4}$/.test(code)

const retryOfState = (code: string, routine: unknown): Retry => {
  if (code === "40001" || code === "40P01") return "now"
  // A prepared statement is older than the table it reads: another connection knows the table as it is.
  if (code === "0A000" && routine === "RevalidateCachedQuery") return "later"
  return laterStates.some((state) => code.startsWith(state)) ? "later" : "never"
}

/** Classes and single states that pass by themselves: what was asked for is not at fault. */
const laterStates = [
  "08", // connection
  "25006", // read-only: a server that is no longer the primary
  "25P03", // idle in a transaction for too long
  "25P04", // a transaction for too long
  "40", // rolled back, or not known whether
  "53", // disk, memory, connections
  "55006", // in use
  "55P03", // a lock that was not given in time
  "57014", // cancelled: the statement took too long
  "57P", // going down, coming up
  "58" // the machine below
]

/** Classes whose messages name things of the schema and of the server, never a value. */
const plainClasses = new Set(["08", "25", "28", "3D", "40", "53", "54", "55", "57", "58"])

const summaryOfState = (fields: Fields): string => {
  const code = String(fields["code"])
  const where = ["schema", "table", "column", "constraint", "dataType"]
    .flatMap((name) => (typeof fields[name] === "string" ? [`${name} ${fields[name]}`] : []))
    .join(", ")
  const text = plainClasses.has(code.slice(0, 2)) ? `: ${fields.message}` : ""
  return `SQLSTATE ${code}${text}${where === "" ? "" : ` (${where})`}`
}

/** What node-postgres says itself, in words and without a code. */
const driver: ReadonlyArray<readonly [RegExp, Retry]> = [
  [/^Connection terminated/, "later"],
  [/^Connection ended unexpectedly/, "later"],
  [/^timeout exceeded when trying to connect/, "later"],
  [/^timeout expired/, "later"],
  [/^Query read timeout/, "later"],
  [/^Client has encountered a connection error and is not queryable/, "later"],
  [/^Client was closed and is not queryable/, "later"],
  [/^The embedded database has ended for good/, "never"],
  [/^The embedded database/, "later"],
  [/^The server does not support SSL/, "never"],
  [/^There was an error establishing an SSL/, "never"],
  [/^SASL: /, "never"],
  [/^Cannot use a pool after calling end on the pool/, "never"]
]

const unknownFault = (): Fault => ({ code: undefined, retry: "never", summary: "an error that is not the database's" })
