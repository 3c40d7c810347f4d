/**
 * Adapter: carries decisions out, many to a commit. Whoever asks while a commit is under way is in the next one; all are
 * answered after the commit they are in is durable.
 *
 * **Details** Owners are dealt out to lanes, each of which makes one commit at a time, so that decisions of one process
 * never wait for each other's row locks. A lane reads what it does not remember, decides, and writes in one statement,
 * provided that the owners are still at the revisions it has seen. While the database writes, the lane decides the next
 * batch already, as if the write had succeeded; it is sent only if it did, and decided anew if not.
 *
 * If another process was faster, the lane locks the owners' rows first and tries again; owners that were fought over
 * lately are locked at once. A batch that fails because of what is in it is divided until the culprit is alone: nobody
 * suffers for a neighbour.
 */
import type { Queue } from "@vsms/core/storage/Decision"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import type * as Pg from "pg"
import type { Database } from "../place/Database.ts"
import { Batch, type Held, type Outcome, type Request } from "./Batch.ts"
import * as CommitStatement from "./CommitStatement.ts"
import { OwnerCache } from "./OwnerCache.ts"
import * as OwnerStatements from "./OwnerStatements.ts"
import { RefMap } from "./RefMap.ts"
import * as Session from "./Session.ts"
import * as Snapshot from "./Snapshot.ts"
import type { Query } from "./Statement.ts"
import * as Tables from "./Table.ts"
import * as Turns from "./Turns.ts"

export interface Options {
  /** Commits that may be under way at once. */
  readonly lanes: number
  /** The most decisions in a commit, loads in a query, and leases given back at once; 1 for each by itself. */
  readonly batchSize: number
  /** Rows that are remembered between commits. */
  readonly rememberedRows: number
  /** How often a decision is tried that others interfere with. */
  readonly tries: number
}

export interface Committer {
  /** Succeeds with the decision's answer, or fails with its refusal or a `PortFailure`. */
  readonly submit: (request: Request) => Effect.Effect<any, any>
  /** What this process remembers of an owner's rows, if all of it is durable. */
  readonly durable: (owner: string) => OwnerCache | undefined
  /** Whether commits of the owner follow each other: whoever wants to read may be answered with one of them. */
  readonly isBusy: (owner: string) => boolean
  /** The owner was moved on by other means. */
  readonly forget: (owner: string) => void
}

interface Pending extends Request {
  readonly resume: (outcome: Effect.Effect<unknown, unknown>) => void
  cancelled: boolean
}

interface Lane {
  /** Owners that others write to as well: until which commit of this lane they are locked first. */
  readonly contested: Map<string, number>
  commits: number
  /** Whether a batch is decided that waits for the one under way. */
  ahead: boolean
  /** The batch that is being written. */
  underway: (Snapshot.Underway & { readonly ended: Deferred.Deferred<void> }) | undefined
  /** Grows when a batch fails: what was decided on its success is void. */
  epoch: number
  /** A batch has failed and is being tried again: nothing is decided ahead meanwhile. */
  troubled: boolean
}

interface Try {
  readonly locked: boolean
  readonly tries: number
  /** Each owner's decisions are tried by themselves already. */
  readonly apart: boolean
}

/** A batch that is decided and may be written. */
interface Decided {
  readonly requests: ReadonlyArray<Pending>
  readonly owners: ReadonlyArray<string>
  readonly snapshot: Snapshot.Snapshot
  readonly batch: Batch
  /** `undefined` if there is nothing to write. */
  readonly query: Query | undefined
  readonly outcomes: ReadonlyArray<Outcome>
}

const port = "Journal"

/** Commits for which an owner stays contested; after that, the quicker way is tried again. */
const contestedCommits = 64

/** Owners that are remembered as contested; it is a hint, and may be forgotten. */
const mostContested = 1_024

/** `announce` is told which queue got work, and when that is due, once it is durable. */
export const make = (
  database: (typeof Database)["Service"],
  options: Options,
  announce: (queue: Queue, dueAt: number) => void
): Effect.Effect<Committer, never, Scope.Scope> =>
  Effect.gen(function* () {
    const laneCount = Math.max(1, Math.min(options.lanes, database.sessions))
    // Of each owner all up to the last batch that its lane has decided, be it durable yet or not. One for all lanes: an
    // owner who has nearly all the work has nearly all the room.
    const remembered = new OwnerCache(options.rememberedRows)
    const lanes = Array.from({ length: laneCount }, (): Lane => ({
      contested: new Map(),
      commits: 0,
      ahead: false,
      underway: undefined,
      epoch: 0,
      troubled: false
    }))
    const fork = Runtime.runFork(yield* Effect.runtime())
    const homeOf = (owner: string): Lane => lanes[hashOf(owner) % laneCount]!

    // -----------------------------------------------------------------------------------------------------------------
    // deciding and writing
    // -----------------------------------------------------------------------------------------------------------------

    const decide = (
      lane: Lane,
      requests: ReadonlyArray<Pending>,
      client: Pg.Pool | Pg.PoolClient,
      how: { readonly fresh: boolean; readonly underway: Snapshot.Underway | undefined }
    ): Effect.Effect<Decided, Session.Fault> =>
      Session.withMistakes(() => {
        const owners = ownersOf(requests)
        const refs = requests.flatMap((request) => request.refs)
        // What another lane remembers is not to be built on: it may be at work on it.
        const ours = (owner: string) => (homeOf(owner) === lane ? remembered : undefined)
        const known = { remembered: ours, underway: how.underway }
        return Effect.flatMap(Snapshot.take(client, { owners, refs, fresh: how.fresh }, known), (snapshot) =>
          Effect.map(Clock.currentTimeMillis, (now) => {
            const batch = new Batch((ref) => snapshot.rows.get(ref), Tables.of)
            const outcomes = requests.map((request) => batch.run(request))
            const seen = owners.map((owner) => [owner, snapshot.revisions.get(owner)!] as const)
            const query = batch.isEmpty ? undefined : CommitStatement.make({ ...batch.content(), owners: seen, now })
            return { requests, owners, snapshot, batch, query, outcomes }
          })
        )
      })

    /** Whether it was written, or needed not to be; `false` if an owner had moved on, and nothing happened. */
    const write = (
      { owners, query, snapshot }: Decided,
      client: Pg.Pool | Pg.PoolClient
    ): Effect.Effect<boolean, Session.Fault> =>
      // What was decided on a batch that was not written is void, whatever the reason.
      Session.withMistakes(() => {
        if (query !== undefined) return Effect.map(Session.run(client, query), ([verdict]) => verdict?.done === true)
        if (snapshot.isFresh) return Effect.succeed(true)
        return Effect.map(Snapshot.revisions(client, owners), (actual) =>
          owners.every((owner) => actual.get(owner) === snapshot.revisions.get(owner))
        )
      })

    const remember = (lane: Lane, { batch, owners, query, snapshot }: Decided): void => {
      for (const owner of owners) {
        if (homeOf(owner) !== lane) continue
        const revision = snapshot.revisions.get(owner)!
        remembered.sees(owner, revision)
        if (query !== undefined) remembered.advances(owner, Snapshot.next(revision))
      }
      for (const ref of snapshot.read) if (homeOf(ref.owner) === lane) remembered.put(ref, snapshot.rows.get(ref))
      for (const { held } of batch.written) if (homeOf(held.row.ref.owner) === lane) remembered.put(held.row.ref, held)
    }

    const answer = (lane: Lane, { batch, outcomes, owners, requests }: Decided): void => {
      lane.commits++
      for (const owner of owners) if (homeOf(owner) !== lane) remembered.forget(owner)
      for (const [i, { resume }] of requests.entries()) resume(effectOf(outcomes[i]!))
      for (const order of batch.work.values()) if (order._tag === "Enqueue") announce(order.queue, order.dueAt)
    }

    // -----------------------------------------------------------------------------------------------------------------
    // when something is in the way
    // -----------------------------------------------------------------------------------------------------------------

    /** Decides and writes with nothing under way, again and again until everybody is answered. */
    const carry = (lane: Lane, requests: ReadonlyArray<Pending>, attempt: Try): Effect.Effect<void> => {
      const { locked } = attempt
      const once = (client: Pg.Pool | Pg.PoolClient) =>
        Effect.flatMap(decide(lane, requests, client, { fresh: locked, underway: undefined }), (decided) =>
          Effect.map(write(decided, client), (done) => (done ? decided : undefined))
        )
      const carried = locked
        ? Session.transaction(database, (client) =>
            Effect.zipRight(Session.run(client, OwnerStatements.lock(ownersOf(requests))), once(client))
          )
        : once(database.pool)
      return Effect.matchEffect(carried, {
        onSuccess: (decided) => {
          if (decided === undefined) return overtaken(lane, requests, attempt)
          remember(lane, decided)
          return Effect.sync(() => answer(lane, decided))
        },
        onFailure: (fault) => recover(lane, requests, attempt, fault)
      })
    }

    const overtaken = (lane: Lane, requests: ReadonlyArray<Pending>, attempt: Try): Effect.Effect<void> => {
      for (const owner of ownersOf(requests)) {
        remembered.forget(owner)
        if (lane.contested.size >= mostContested) lane.contested.clear()
        lane.contested.set(owner, lane.commits + contestedCommits)
      }
      return carry(lane, requests, { ...attempt, locked: true, tries: attempt.tries + 1 })
    }

    const recover = (
      lane: Lane,
      requests: ReadonlyArray<Pending>,
      attempt: Try,
      fault: Session.Fault
    ): Effect.Effect<void> => {
      for (const owner of ownersOf(requests)) remembered.forget(owner)
      if (fault.isConflict && attempt.tries < options.tries)
        return carry(lane, requests, { ...attempt, locked: true, tries: attempt.tries + 1 })
      if (requests.length > 1 && fault.isOfData) {
        const half = requests.length >> 1
        return Effect.zipRight(
          carry(lane, requests.slice(0, half), attempt),
          carry(lane, requests.slice(half), attempt)
        )
      }
      // Whoever has waited in vain for one owner's lock must not have held up those who wanted others.
      if (isTimeout(fault) && !attempt.apart) {
        const groups = byOwners(requests)
        if (groups.length > 1)
          return Effect.forEach(groups, (group) => carry(lane, group, { ...attempt, apart: true }), {
            concurrency: "unbounded",
            discard: true
          })
      }
      const outcome = Session.failure(Cause.fail(fault), port, "transact")
      return Effect.sync(() => requests.forEach(({ resume }) => resume(outcome)))
    }

    // -----------------------------------------------------------------------------------------------------------------
    // lanes
    // -----------------------------------------------------------------------------------------------------------------

    const first: Try = { locked: false, tries: 0, apart: false }

    const settled = (lane: Lane): Effect.Effect<void> =>
      lane.underway === undefined ? Effect.void : Deferred.await(lane.underway.ended)

    /** Sends a batch off, and returns at once. */
    const dispatch = (lane: Lane, decided: Decided): void => {
      const ended = Deferred.unsafeMake<void>(FiberId.none)
      const before = new Map(decided.query === undefined ? [] : decided.snapshot.revisions)
      const rows = new RefMap<Held>()
      for (const { held } of decided.batch.written) rows.set(held.row.ref, held)
      lane.underway = { before, rows, ended }
      const fail = (again: Effect.Effect<void>): Effect.Effect<void> => {
        lane.epoch++
        lane.troubled = true
        return again
      }
      const sent = Effect.matchEffect(write(decided, database.pool), {
        onSuccess: (done) =>
          done ? Effect.sync(() => answer(lane, decided)) : fail(overtaken(lane, decided.requests, first)),
        onFailure: (fault) => fail(recover(lane, decided.requests, first, fault))
      })
      fork(
        Effect.map(orDie(decided.requests, sent), () => {
          lane.underway = undefined
          lane.troubled = false
          Deferred.unsafeDone(ended, Effect.void)
        })
      )
    }

    const turn = (lane: Lane, asked: ReadonlyArray<Pending>): Effect.Effect<void> => {
      const requests = asked.filter(({ cancelled }) => !cancelled)
      if (requests.length === 0) return Effect.void
      if (lane.troubled)
        return Effect.zipRight(
          settled(lane),
          Effect.suspend(() => turn(lane, asked))
        )
      if (ownersOf(requests).some((owner) => isContested(lane, owner)))
        return Effect.zipRight(settled(lane), carry(lane, requests, { ...first, locked: true }))
      const { epoch, underway } = lane
      return Effect.matchEffect(decide(lane, requests, database.pool, { fresh: false, underway }), {
        onSuccess: (decided) => {
          if (lane.epoch === epoch) {
            lane.ahead = true
            remember(lane, decided)
          }
          return Effect.flatMap(settled(lane), () => {
            lane.ahead = false
            if (lane.epoch !== epoch) {
              for (const owner of decided.owners) remembered.forget(owner)
              return carry(lane, requests, first)
            }
            dispatch(lane, decided)
            return Effect.void
          })
        },
        onFailure: (fault) => Effect.zipRight(settled(lane), recover(lane, requests, first, fault))
      })
    }

    /** Our own mistakes must not leave anybody waiting. */
    const orDie = (requests: ReadonlyArray<Pending>, effect: Effect.Effect<void>): Effect.Effect<void> =>
      Effect.catchAllCause(effect, (cause) =>
        Effect.sync(() => requests.forEach(({ resume }) => resume(Effect.failCause(cause))))
      )

    // What was asked for before the end is carried out: turns first, then what they have sent off.
    yield* Effect.addFinalizer(() => Effect.forEach(lanes, settled, { discard: true }))
    const turns = new Map<Lane, Turns.Turns<Pending>>()
    for (const lane of lanes) {
      turns.set(
        lane,
        yield* Turns.make<Pending>(options.batchSize, (asked) =>
          orDie(
            asked,
            Effect.suspend(() => turn(lane, asked))
          )
        )
      )
    }

    return {
      submit: ({ decide, refs }) =>
        Effect.async((resume) => {
          const pending: Pending = { refs, decide, resume, cancelled: false }
          turns.get(homeOf(refs[0]?.owner ?? ""))!.add(pending)
          return Effect.sync(() => {
            pending.cancelled = true
          })
        }),
      durable: (owner) => {
        const lane = homeOf(owner)
        return lane.underway === undefined && !lane.ahead ? remembered : undefined
      },
      isBusy: (owner) => {
        const lane = homeOf(owner)
        return lane.underway?.before.has(owner) === true || (lane.ahead && remembered.revision(owner) !== undefined)
      },
      forget: (owner) => remembered.forget(owner)
    }
  })

const isContested = ({ commits, contested }: Lane, owner: string): boolean => {
  const until = contested.get(owner)
  if (until === undefined) return false
  if (until > commits) return true
  contested.delete(owner)
  return false
}

/** A lock that was not given in time, a statement that took too long. */
const isTimeout = ({ code }: Session.Fault): boolean => code === "55P03" || code === "57014"

const byOwners = (requests: ReadonlyArray<Pending>): ReadonlyArray<ReadonlyArray<Pending>> => {
  const groups = new Map<string, Array<Pending>>()
  for (const request of requests) {
    const owners = ownersOf([request]).join("\n")
    const group = groups.get(owners)
    if (group === undefined) groups.set(owners, [request])
    else group.push(request)
  }
  return Array.from(groups.values())
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
