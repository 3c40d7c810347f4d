/**
 * Service: the way of every request: to its endpoint, past the checks of who may and how often, through its form, to its
 * handler, and out again. Whatever happens on that way is answered; nothing of it is answered in two places.
 */
import * as Account from "@vsms/core/account/Account"
import * as Application from "@vsms/core/account/Application"
import { Accounts } from "@vsms/core/account/Accounts"
import * as Discretion from "@vsms/core/Discretion"
import { IdGenerator } from "@vsms/core/IdGenerator"
import { InvalidInput } from "@vsms/core/InvalidInput"
import { PortFailure } from "@vsms/core/PortFailure"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import { me } from "../api/Paging.ts"
import * as HttpRefusals from "../api/HttpRefusals.ts"
import * as AuditEntry from "../auth/AuditEntry.ts"
import { AuditLog } from "../auth/AuditLog.ts"
import { Authentication } from "../auth/Authentication.ts"
import * as Principals from "../auth/Principal.ts"
import type { Principal } from "../auth/Principal.ts"
import { Answer, type Incoming } from "./Exchange.ts"
import type { Context } from "./Handler.ts"
import * as Operations from "./Operation.ts"
import type { Operation } from "./Operation.ts"
import * as ProblemAnswer from "./ProblemAnswer.ts"
import { type Rate, RateLimit } from "./RateLimit.ts"
import { Repeats } from "./Repeats.ts"
import * as RequestBody from "./RequestBody.ts"
import { RouteTable } from "./RouteTable.ts"
import { Traffic } from "./Traffic.ts"
import * as Traces from "./Traces.ts"

export interface DoorOptions {
  /** How many requests one credential may make. */
  readonly rate?: Rate | undefined
  /** The largest body, where an endpoint does not say otherwise; in bytes. */
  readonly maxBytes?: number | undefined
}

export const standardRate: Rate = { perSecond: 1_000, burst: 2_000 }
export const standardMaxBytes = 64 * 1024

/** A handler as the door calls it: the contract has checked its types where it was written. */
export type AnyHandler = (call: any) => Effect.Effect<unknown, unknown>

/** A request on its way. */
interface Passage {
  readonly incoming: Incoming
  readonly requestId: string
  readonly startedAt: number
  operation: Operation | undefined
  principal: Principal
  /** The ids in the path, as they are after `@me` was looked up. */
  path: Readonly<Record<string, string>>
  accountId: string
}

/** Makes the door: handlers by `group.endpoint`. An endpoint without one is a defect, found at once. */
export const make = (handlers: Readonly<Record<string, AnyHandler>>, options: DoorOptions = {}) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const audit = yield* AuditLog
    const authentication = yield* Authentication
    const ids = yield* IdGenerator
    const repeats = yield* Repeats
    const traffic = yield* Traffic
    const limit = new RateLimit(options.rate ?? standardRate)
    const { maxBytes = standardMaxBytes } = options

    const routes = new RouteTable<{ readonly operation: Operation; readonly handler: AnyHandler }>()
    for (const operation of Operations.all()) {
      const handler = handlers[operation.name]
      if (handler === undefined) return yield* Effect.dieMessage(`nobody handles ${operation.name}`)
      routes.add(operation.method, operation.path, { operation, handler })
    }

    /** Whose an application is. It never changes, so it is looked up once. */
    const owners = new Map<string, string>()
    const ownerOf = (applicationId: string) => {
      const known = owners.get(applicationId)
      if (known !== undefined) return Effect.succeed(known)
      return Effect.map(accounts.find(applicationId), ({ accountId }) => {
        if (owners.size >= ownersMax) owners.clear()
        owners.set(applicationId, accountId)
        return accountId
      })
    }

    /** Whose account the path is about. What is another tenant's is not there. */
    const settleAccount = (passage: Passage, path: { readonly accountId?: string; readonly applicationId?: string }) =>
      Effect.gen(function* () {
        const { principal } = passage
        const own = Principals.accountOf(principal)
        if (path.accountId !== undefined) {
          const accountId = path.accountId === me ? own : path.accountId
          if (accountId === undefined || (own !== undefined && own !== accountId) || accountId.includes("@"))
            return yield* new Account.UnknownAccount()
          passage.accountId = accountId
          return { ...path, accountId }
        }
        if (path.applicationId !== undefined) {
          const isForeign = principal._tag === "Application" && principal.id !== path.applicationId
          const accountId = isForeign ? undefined : yield* ownerOf(path.applicationId)
          if (accountId === undefined || (own !== undefined && own !== accountId))
            return yield* new Application.UnknownApplication()
          passage.accountId = accountId
        }
        return path
      })

    const permitted = (passage: Passage, operation: Operation, params: Readonly<Record<string, string>>) =>
      Effect.gen(function* () {
        const { access } = operation
        if (access.who === "anyone") return
        const principal = yield* authentication.identify(passage.incoming.header("authorization"))
        if (principal === undefined) return yield* new HttpRefusals.NotAuthenticated()
        passage.principal = principal
        const retryAfterMillis = limit.take(Principals.rateKey(principal), passage.startedAt)
        if (retryAfterMillis > 0) return yield* new HttpRefusals.TooManyRequests({ retryAfterMillis })
        yield* Principals.mayCall(principal, access, params)
      })

    const handled = (passage: Passage) =>
      Effect.gen(function* () {
        const { incoming, requestId } = passage
        const found = routes.find(incoming.method, incoming.path)
        if (found._tag === "Nothing") return yield* new HttpRefusals.NothingHere()
        if (found._tag === "OtherMethod") {
          if (incoming.method === "OPTIONS") return new Answer(204, { allow: found.allowed.join(", ") })
          return yield* new HttpRefusals.MethodNotAllowed({ allowed: found.allowed })
        }
        const { handler, operation } = found.target
        passage.operation = operation
        yield* permitted(passage, operation, found.params)
        if (operation.parsePath !== undefined)
          yield* Effect.mapError(operation.parsePath(found.params), () => new HttpRefusals.NothingHere())
        passage.path = found.params
        const path = yield* settleAccount(passage, found.params)
        passage.path = path
        // NUL is in no text of ours, and no storage takes one.
        if (/%00|\0/.test(incoming.query)) return yield* badQuery
        const urlParams =
          operation.parseQuery === undefined ? undefined : yield* operation.parseQuery(queryOf(incoming.query))
        const written = operation.takesBody
          ? yield* RequestBody.read(incoming, operation.form, operation.access.maxBytes ?? maxBytes)
          : undefined
        const payload =
          operation.parseBody === undefined || rawBodies.has(operation.name)
            ? written
            : yield* operation.parseBody(written)
        const { accountId, principal } = passage
        const ifMatch = versionOf(operation, incoming)
        const context: Context = { principal, accountId, ifMatch, requestId, incoming }
        const carryOut = Effect.flatMap(
          Effect.suspend(() => handler({ path, urlParams, payload, ...context })),
          operation.answer
        )
        const key = operation.access.idempotent === true ? incoming.header("idempotency-key") : undefined
        if (key === undefined) return unchanged(incoming, yield* carryOut)
        const request = { path: incoming.path, payload: written }
        return yield* repeats.once({ accountId, operation: operation.name, key, requestId, request }, carryOut)
      })

    /** Who did what, if it was meant to change something. Sends tell of themselves. */
    const recorded = (passage: Passage, answer: Answer, problem: string | undefined) => {
      const { accountId, operation, path, principal, requestId, startedAt } = passage
      const reads = operation === undefined || operation.method === "GET" || unaudited.has(operation.name)
      if (reads || principal._tag === "Nobody") return Effect.void
      const actor = actors[principal._tag]
      const holder = accountId === "" ? AuditEntry.platform : accountId
      const entry = { at: startedAt, holder, actor, actorId: principal.id, operation: operation.name, requestId }
      const { status } = answer
      return Effect.catchAllCause(audit.record({ ...entry, subject: path, status, problem }), (cause) =>
        Effect.logError("what was done could not be recorded", Discretion.ofCause(cause)).pipe(
          Effect.annotateLogs(entry)
        )
      )
    }

    const refused = (passage: Passage, cause: Cause.Cause<unknown>) =>
      Effect.gen(function* () {
        const failure = Option.getOrUndefined(Cause.failureOption(cause))
        const refusal =
          failure instanceof PortFailure ? new HttpRefusals.Unavailable({ retry: failure.retry }) : failure
        const isKnown = ProblemAnswer.problemOf(refusal) !== undefined
        if (!isKnown)
          yield* Effect.logError("a request broke", Discretion.ofCause(cause)).pipe(
            Effect.annotateLogs(logged(passage))
          )
        else if (failure instanceof PortFailure)
          yield* Effect.logWarning(failure.message).pipe(Effect.annotateLogs(logged(passage)))
        const now = yield* Clock.currentTimeMillis
        const answer = ProblemAnswer.answerOf(refusal, { now, requestId: passage.requestId })
        return { answer, problem: isKnown ? nameOf(refusal) : "Broken" }
      })

    const finished = (passage: Passage, { answer, problem }: { readonly answer: Answer; readonly problem?: string }) =>
      Effect.gen(function* () {
        yield* recorded(passage, answer, problem)
        const millis = (yield* Clock.currentTimeMillis) - passage.startedAt
        const { status } = answer
        traffic.end(passage.operation?.name ?? "none", status, millis / 1_000)
        // Made only where somebody reads it: this is every request's.
        yield* Effect.suspend(() =>
          Effect.annotateLogs(Effect.logDebug("request"), { ...logged(passage), status, millis, problem })
        ).pipe(Effect.whenLogLevel(LogLevel.Debug))
        return new Answer(status, { ...always, ...answer.headers, "x-request-id": passage.requestId }, answer.body)
      })

    /** Answers a request: always, and never with a failure. */
    const handle = (incoming: Incoming): Effect.Effect<Answer> =>
      Effect.flatMap(Effect.zip(ids.next, Clock.currentTimeMillis), ([requestId, startedAt]) => {
        traffic.begin()
        const passage: Passage = {
          incoming,
          requestId,
          startedAt,
          operation: undefined,
          principal: Principals.nobody,
          path: {},
          accountId: ""
        }
        const answered = handled(passage).pipe(
          Effect.map((answer): { readonly answer: Answer; readonly problem?: string } => ({ answer })),
          Effect.catchAllCause((cause) =>
            Cause.isInterruptedOnly(cause) ? Effect.interrupt : refused(passage, cause)
          ),
          Effect.flatMap((outcome) => finished(passage, outcome)),
          Effect.onInterrupt(() => Effect.sync(() => traffic.end(passage.operation?.name ?? "none", 499, 0)))
        )
        // What may change something is carried to its end and recorded, whether or not its caller still waits.
        const safe =
          incoming.method === "GET" || incoming.method === "HEAD" ? answered : Effect.uninterruptible(answered)
        return Traces.received("Door.handle", incoming, requestId, safe, () => passage.operation?.path)
      })

    return { handle }
  })

// ---------------------------------------------------------------------------------------------------------------------

const ownersMax = 100_000

/** These read their requests by hand, in core: every send passes there. */
const rawBodies: ReadonlySet<string> = new Set(["sends.create", "sends.createBatch", "sends.check"])

/** Sends stand in the records with their application; the others change nothing. */
const unaudited: ReadonlySet<string> = new Set([
  "sends.create",
  "sends.createBatch",
  "sends.check",
  "sends.search",
  "packages.quote",
  "packages.compare",
  "statistics.records"
])

const actors = { Operator: "operator", Key: "key", Application: "application" } as const

/** Answers hold what is somebody's own: nobody between keeps them, and no browser guesses what they are. */
const always = { "cache-control": "no-store", "x-content-type-options": "nosniff" }

/** What a line of the log says of a request. Ids and names only. */
const logged = ({ accountId, operation, principal, requestId }: Passage) => ({
  requestId,
  operation: operation?.name ?? "none",
  actor: Principals.rateKey(principal),
  accountId
})

const nameOf = (refusal: unknown): string =>
  typeof refusal === "object" && refusal !== null && "_tag" in refusal ? String(refusal._tag) : "Broken"

/** The parameters of a query; of one that is there twice, the last counts. Contracts have no lists in queries. */
const queryOf = (query: string): Readonly<Record<string, string>> =>
  query === "" ? noParams : Object.fromEntries(new URLSearchParams(query))

const noParams = {}

const badQuery = new InvalidInput({ problems: [{ field: "", expected: "a query without NUL" }] })

/** The version in `If-Match`. One that is no version of ours matches nothing. */
const versionOf = ({ access }: Operation, incoming: Incoming): number | undefined => {
  const given = access.etag === true ? incoming.header("if-match")?.trim() : undefined
  if (given === undefined || given === "*") return undefined
  const found = /^"(\d{1,15})"$/.exec(given)
  return found === null ? -1 : Number(found[1])
}

/** 304 for whoever has it already. */
const unchanged = (incoming: Incoming, answer: Answer): Answer => {
  const { etag } = answer.headers
  if (etag === undefined || incoming.method !== "GET" || incoming.header("if-none-match") !== etag) return answer
  const { "content-type": _, ...headers } = answer.headers
  return new Answer(304, headers)
}
