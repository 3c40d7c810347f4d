/**
 * Adapter: the embedded database in a thread of its own, to which node-postgres speaks as to a server. A thread that
 * died is started again by the next connection, where there is something to find again.
 */
import { Worker } from "node:worker_threads"
import type { PortFailure } from "@vsms/core/PortFailure"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import { ConnectionLost, portFailure } from "./Failures.ts"
import { PgliteConnection } from "./PgliteConnection.ts"
import { FolderUnusable, PgliteMissing } from "./PlaceError.ts"
import type { Reply, Request, WorkerData } from "./worker/Protocol.ts"

export const pgliteModule = "@electric-sql/pglite"

/** What can be done to an embedded database besides asking it. */
export class PgliteThread extends Context.Tag("@vsms/adapter-postgres/place/PgliteThread")<
  PgliteThread,
  {
    /**
     * All files of the database in one archive (tar, compressed), as of one moment between two statements. A
     * transaction that is under way then is not in it.
     */
    readonly dump: Effect.Effect<Uint8Array, PortFailure>
    /** Ends the thread at once, as a crash would. Whoever waits for an answer gets a failure. */
    readonly kill: Effect.Effect<void>
  }
>() {}

export interface Options extends WorkerData {
  /** How long the thread may take to come up; the first time on a machine, an empty database is made. */
  readonly startLimitMillis: number
  /**
   * How long it may take to the first word of an answer. Then the thread is ended, as there is no other way to stop a
   * statement, and opened again.
   */
  readonly answerLimitMillis: number
}

export interface Running {
  readonly thread: (typeof PgliteThread)["Service"]
  /** A connection for node-postgres. */
  readonly stream: () => PgliteConnection
}

/** Starts the thread. It ends with the scope, after all is written. Whether it may be started again, `mayStart` says. */
export const make = (
  options: Options,
  mayStart: Effect.Effect<boolean>
): Effect.Effect<Running, StartError, Scope.Scope> =>
  Effect.gen(function* () {
    let current = yield* start(options)
    // First of all finalizers, so that it is the last to run: those before may still ask.
    yield* Effect.addFinalizer(() => Effect.suspend(() => current.close))
    const fork = yield* FiberSet.makeRuntime()
    const turn = yield* Effect.makeSemaphore(1)

    /** The thread that runs: a new one if the last has died. */
    const alive = turn.withPermits(1)(
      Effect.suspend((): Effect.Effect<Thread, ConnectionLost | StartError> => {
        if (current.isAlive()) return Effect.succeed(current)
        const again = Effect.tap(start(options), (started) => {
          current = started
        })
        return Effect.if(mayStart, { onTrue: () => again, onFalse: () => Effect.fail(new ConnectionLost(lostForEver)) })
      })
    )

    const open = (connection: PgliteConnection) =>
      Effect.match(alive, {
        onSuccess: (thread) => thread.open(connection),
        onFailure: (error) => {
          const text = error instanceof ConnectionLost ? error.message : `${lost}: ${error.message}`
          connection.destroy(new ConnectionLost(text))
        }
      })

    return {
      stream: () => new PgliteConnection((connection) => fork(open(connection))),
      thread: PgliteThread.of({
        kill: Effect.suspend(() => current.kill),
        dump: Effect.mapError(
          Effect.flatMap(alive, (thread) => thread.dump),
          (error) => portFailure("PgliteThread", "dump", error)
        )
      })
    }
  })

type StartError = PgliteMissing | FolderUnusable

/** Both begin as `Failures.ts` knows them. */
const lost = "The embedded database has ended"
const lostForEver = "The embedded database has ended for good"

interface Thread {
  readonly isAlive: () => boolean
  readonly open: (connection: PgliteConnection) => void
  readonly dump: Effect.Effect<Uint8Array, ConnectionLost>
  readonly close: Effect.Effect<void>
  readonly kill: Effect.Effect<void>
}

const start = ({ answerLimitMillis, startLimitMillis, ...workerData }: Options): Effect.Effect<Thread, StartError> =>
  Effect.gen(function* () {
    // No flags of the host: neither its loaders nor its debugger concern this thread.
    const worker = new Worker(new URL("./worker/PgliteWorker.js", import.meta.url), {
      workerData,
      execArgv: [],
      // With less, a statement that recurses for ever meets the end of the stack before the database's own limit, and
      // the database is confused from then on.
      resourceLimits: { stackSizeMb: 64 }
    })
    const started = yield* Deferred.make<void, StartError>()
    const ended = yield* Deferred.make<void>()
    const connections = new Map<number, PgliteConnection>()
    const dumps: Array<Deferred.Deferred<Uint8Array, ConnectionLost>> = []
    let alive = true
    let count = 0
    const unusable = (detail: string) => new FolderUnusable({ folder: workerData.folder ?? "memory", detail })
    const send = (request: Request, moved: ReadonlyArray<ArrayBuffer> = []) => worker.postMessage(request, [...moved])

    /** Runs while an answer is due. */
    let patience: NodeJS.Timeout | undefined
    const asked = () => {
      // A dump takes its time, and whatever comes after it waits.
      if (dumps.length === 0) patience ??= setTimeout(() => void worker.terminate(), answerLimitMillis)
    }
    const answered = () => {
      clearTimeout(patience)
      patience = undefined
    }

    const onReply = (reply: Reply) => {
      switch (reply._tag) {
        case "Ready":
          return Deferred.unsafeDone(started, Exit.void)
        case "Missing":
          return Deferred.unsafeDone(started, Exit.fail(new PgliteMissing({ install: `npm install ${pgliteModule}` })))
        case "Broken":
          return Deferred.unsafeDone(started, Exit.fail(unusable(reply.detail)))
        case "Bytes":
          answered()
          return void connections.get(reply.connection)?.push(Buffer.from(reply.bytes.buffer))
        case "Dumped":
          answered()
          return dumps.splice(0, 1).forEach((dump) => Deferred.unsafeDone(dump, Exit.succeed(reply.archive)))
      }
    }
    let fault = "its thread ended"
    const onError = (error: unknown) => {
      if (error instanceof Error) fault = error.message
    }
    const onExit = () => {
      alive = false
      answered()
      Deferred.unsafeDone(started, Exit.fail(unusable(fault)))
      Deferred.unsafeDone(ended, Exit.void)
      for (const dump of dumps.splice(0)) Deferred.unsafeDone(dump, Exit.fail(new ConnectionLost(lost)))
      for (const connection of connections.values()) connection.destroy(new ConnectionLost(lost))
    }
    // Without a listener the error of a thread is one of the process. The thread's end follows.
    worker.on("message", onReply).on("error", onError).on("exit", onExit)
    const kill = Effect.asVoid(Effect.promise(() => worker.terminate()))

    const thread: Thread = {
      isAlive: () => alive,
      open: (connection) => {
        const id = ++count
        connections.set(id, connection)
        connection.once("close", () => connections.delete(id))
        send({ _tag: "Connect", connection: id })
        connection.attach((bytes) => {
          asked()
          send({ _tag: "Bytes", connection: id, bytes }, [bytes.buffer])
        })
      },
      dump: Effect.suspend(() => {
        const dump = Deferred.unsafeMake<Uint8Array, ConnectionLost>(FiberId.none)
        dumps.push(dump)
        answered()
        send({ _tag: "Dump" })
        return Deferred.await(dump)
      }),
      close: Effect.suspend(() => {
        send({ _tag: "Close" })
        return Deferred.await(ended)
      }).pipe(
        Effect.timeout(Duration.seconds(10)),
        Effect.catchAll(() => kill)
      ),
      kill
    }
    yield* Deferred.await(started).pipe(
      Effect.timeoutFail({
        duration: Duration.millis(startLimitMillis),
        onTimeout: () => unusable(`it did not come up within ${startLimitMillis} ms`)
      }),
      Effect.onError(() => kill)
    )
    return thread
  })
