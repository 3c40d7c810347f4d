/**
 * Adapter: carries decisions out, many to a commit. Whoever asks while a commit is under way is in the next one; all are
 * answered after the commit they are in is durable.
 *
 * **Details** Owners are dealt out to lanes, each of which makes one commit at a time, so that decisions of one process
 * never wait for each other's row locks. A lane reads what it does not remember, decides, and writes in one statement,
 * provided that the owners are still at the revisions it has seen. If another process was faster, the lane locks the
 * owners' rows first and tries again; owners that were fought over lately are locked at once.
 *
 * A batch that fails because of what is in it is divided until the culprit is alone: nobody suffers for a neighbour.
 */
import type { Queue } from "@vsms/core/storage/Decision"
import type { Ref } from "@vsms/core/storage/Kind"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Pg from "pg"
import type { Database } from "../place/Database.ts"
import { Batch, idOf, type Outcome, type Request } from "./Batch.ts"
import { OwnerCache } from "./OwnerCache.ts"
import * as Session from "./Session.ts"
import * as Snapshot from "./Snapshot.ts"
import * as Statement from "./Statement.ts"
import * as Tables from "./Table.ts"
import * as Turns from "./Turns.ts"

export interface Options {
  /** Commits that may be under way at once. */
  readonly lanes: number
  /** The most decisions in a commit; 1 for a commit each. */
  readonly batchSize: number
  /** Rows that are remembered between commits. */
  readonly rememberedRows: number
  /** How often a decision is tried that others interfere with. */
  readonly tries: number
}

/** What became of the decisions of this process. */
export interface Counts {
  decisions: number
  commits: number
  /** Commits that found an owner moved on by somebody else. */
  conflicts: number
}

export interface Committer {
  /** Succeeds with the decision's answer, or fails with its refusal or a `PortFailure`. */
  readonly submit: (request: Request) => Effect.Effect<any, any>
  /** What this process remembers of an owner's rows. */
  readonly remembered: (owner: string) => OwnerCache
  readonly counts: Readonly<Counts>
}

interface Pending extends Request {
  readonly resume: (outcome: Effect.Effect<unknown, unknown>) => void
  cancelled: boolean
}

interface Lane {
  readonly remembered: OwnerCache
  /** Owners that others write to as well: until which commit of this lane they are locked first. */
  readonly contested: Map<string, number>
  commits: number
}

interface Try {
  readonly locked: boolean
  readonly tries: number
}

/** What is to be done once the commit is durable; `undefined` if an owner had moved on, and nothing was written. */
type Done = (() => void) | undefined

const port = "Journal"

/** Commits for which an owner stays contested; after that, the quicker way is tried again. */
const contestedCommits = 64

/** `announce` is told which queue got work, once it is durable. */
export const make = (
  database: (typeof Database)["Service"],
  options: Options,
  announce: (queue: Queue) => void
): Effect.Effect<Committer, never, Scope.Scope> =>
  Effect.gen(function* () {
    const laneCount = Math.max(1, Math.min(options.lanes, database.sessions))
    const lanes = Array.from({ length: laneCount }, (): Lane => ({
      remembered: new OwnerCache(Math.ceil(options.rememberedRows / laneCount)),
      contested: new Map(),
      commits: 0
    }))
    const counts: Counts = { decisions: 0, commits: 0, conflicts: 0 }
    const laneOf = (owner: string): number => hashOf(owner) % laneCount
    const remembered = (owner: string): OwnerCache => lanes[laneOf(owner)]!.remembered

    const carry = (lane: Lane, requests: ReadonlyArray<Pending>, attempt: Try): Effect.Effect<void> => {
      const owners = ownersOf(requests)
      const once = attempt.locked
        ? Session.transaction(database, (client) =>
            Effect.zipRight(
              Session.run(client, Statement.lock(owners)),
              decideAndWrite(lane, requests, owners, { client, locked: true })
            )
          )
        : decideAndWrite(lane, requests, owners, { client: database.pool, locked: false })
      return Effect.matchEffect(once, {
        onSuccess: (done) => {
          if (done !== undefined) return Effect.sync(done)
          counts.conflicts++
          for (const owner of owners) {
            remembered(owner).forget(owner)
            lane.contested.set(owner, lane.commits + contestedCommits)
          }
          return carry(lane, requests, { locked: true, tries: attempt.tries + 1 })
        },
        onFailure: (fault) => {
          for (const owner of owners) remembered(owner).forget(owner)
          return recover(lane, requests, attempt, fault)
        }
      })
    }

    const recover = (
      lane: Lane,
      requests: ReadonlyArray<Pending>,
      attempt: Try,
      fault: Session.Fault
    ): Effect.Effect<void> => {
      if (fault.isConflict && attempt.tries < options.tries)
        return carry(lane, requests, { locked: true, tries: attempt.tries + 1 })
      // What a server says of the data in a statement is true of one of the requests, not of all.
      if (requests.length > 1 && fault.isOfData) {
        const half = requests.length >> 1
        return Effect.zipRight(
          carry(lane, requests.slice(0, half), attempt),
          carry(lane, requests.slice(half), attempt)
        )
      }
      const failure = fault.toFailure(port, "transact")
      // A constraint has stopped what the rules had let pass.
      const outcome = fault.breaksConstraint ? Effect.die(failure) : Effect.fail(failure)
      return Effect.sync(() => requests.forEach(({ resume }) => resume(outcome)))
    }

    const decideAndWrite = (
      lane: Lane,
      requests: ReadonlyArray<Pending>,
      owners: ReadonlyArray<string>,
      { client, locked }: { readonly client: Pg.Pool | Pg.PoolClient; readonly locked: boolean }
    ): Effect.Effect<Done, Session.Fault> =>
      Effect.flatMap(Snapshot.take(client, { owners, refs: refsOf(requests), fresh: locked }, remembered), (snapshot) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const batch = new Batch((owner, id) => snapshot.rows.get(owner)?.get(id), Tables.of)
          const outcomes = requests.map((request) => batch.run(request))
          const answer = (): void => {
            counts.decisions += requests.length
            counts.commits++
            lane.commits++
            for (const [i, { resume }] of requests.entries()) resume(effectOf(outcomes[i]!))
          }
          if (batch.isEmpty) {
            if (snapshot.isFresh) {
              for (const owner of owners) remember(lane, owner, snapshot)
              return Effect.succeed(answer)
            }
            return Effect.map(Snapshot.revisions(client, owners), (now) =>
              owners.every((owner) => now.get(owner) === snapshot.revisions.get(owner)) ? answer : undefined
            )
          }
          const query = Statement.write({
            owners: owners.map((owner) => [owner, snapshot.revisions.get(owner)!]),
            written: batch.written,
            events: batch.events,
            tallies: batch.tallies.values(),
            work: batch.work.values(),
            now
          })
          return Effect.map(Session.run(client, query), ([verdict]): Done => {
            if (verdict?.done !== true) return undefined
            return () => {
              for (const owner of owners) {
                remember(lane, owner, snapshot)
                if (remembered(owner) === lane.remembered)
                  lane.remembered.advances(owner, String(BigInt(snapshot.revisions.get(owner)!) + 1n))
              }
              for (const { held } of batch.written) {
                const { kind, key, owner } = held.row.ref
                if (remembered(owner) === lane.remembered) remembered(owner).put(owner, idOf(kind, key), held)
                else remembered(owner).forget(owner)
              }
              answer()
              for (const order of batch.work.values()) if (order._tag === "Enqueue") announce(order.queue)
            }
          })
        })
      )

    const remember = (lane: Lane, owner: string, { revisions, rows }: Snapshot.Snapshot): void => {
      const cache = remembered(owner)
      // The owner's own lane may be at work on it: what it has in hand will find the owner moved on.
      if (cache !== lane.remembered) return cache.forget(owner)
      cache.sees(owner, revisions.get(owner)!)
      for (const [id, held] of rows.get(owner)!) cache.put(owner, id, held)
    }

    const turns = yield* Effect.forEach(lanes, (lane) =>
      Turns.make<Pending>(options.batchSize, (asked) => {
        const requests = asked.filter(({ cancelled }) => !cancelled)
        if (requests.length === 0) return Effect.void
        const locked = ownersOf(requests).some((owner) => isContested(lane, owner))
        return Effect.catchAllCause(carry(lane, requests, { locked, tries: 0 }), (cause) =>
          Effect.sync(() => requests.forEach(({ resume }) => resume(Effect.failCause(cause))))
        )
      })
    )

    const submit = (request: Request): Effect.Effect<any, any> =>
      Effect.async((resume) => {
        const pending: Pending = { refs: request.refs, decide: request.decide, resume, cancelled: false }
        turns[laneOf(request.refs[0]?.owner ?? "")]!.add(pending)
        return Effect.sync(() => {
          pending.cancelled = true
        })
      })

    return { submit, remembered, counts }
  })

const refsOf = (requests: ReadonlyArray<Request>): ReadonlyArray<Ref<any>> => requests.flatMap(({ refs }) => refs)

const isContested = ({ commits, contested }: Lane, owner: string): boolean => {
  const until = contested.get(owner)
  if (until === undefined) return false
  if (until > commits) return true
  contested.delete(owner)
  return false
}

/** In the one order in which everybody locks them. */
const ownersOf = (requests: ReadonlyArray<Request>): ReadonlyArray<string> => {
  const owners = new Set<string>()
  for (const { refs } of requests) for (const { owner } of refs) owners.add(owner)
  return owners.size === 1 ? Array.from(owners) : Array.from(owners).sort()
}

const effectOf = (outcome: Outcome): Effect.Effect<unknown, unknown> => {
  switch (outcome._tag) {
    case "Answered":
      return Effect.succeed(outcome.answer)
    case "Refused":
      return Effect.fail(outcome.refusal)
    case "Died":
      return Effect.die(outcome.defect)
  }
}

/** FNV-1a: spreads owners over lanes. */
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
