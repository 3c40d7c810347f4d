import * as Effect from "effect/Effect"
import { PaymentGateway } from "../../src/order/PaymentGateway.ts"
import { PortFailure } from "../../src/PortFailure.ts"
import { Journal } from "../../src/storage/Journal.ts"
import { WorkQueue } from "../../src/storage/WorkQueue.ts"

/** What goes wrong: the port fails before or after it did what was asked, or the process dies before or after that. */
export type Fault = "failBefore" | "failAfter" | "dieBefore" | "dieAfter"
export const faults: ReadonlyArray<Fault> = ["failBefore", "failAfter", "dieBefore", "dieAfter"]

/** The `at`th operation (counted from 1) of all processes on the ports that are watched meets a fault. */
export interface Point {
  readonly at: number
  readonly fault: Fault
}

interface Ports {
  readonly journal: typeof Journal.Service
  readonly workQueue: typeof WorkQueue.Service
  readonly gateway: typeof PaymentGateway.Service
}

/** Counts the operations on ports, and has those at the given points go wrong. */
export class CrashPoints {
  count = 0
  /** The operations in order, to read in a counterexample. */
  readonly trace: Array<string> = []
  private points: ReadonlyArray<Point>

  constructor(points: ReadonlyArray<Point>) {
    this.points = points
  }

  /** From now on these go wrong, and no others. */
  plan(...points: ReadonlyArray<Point>): void {
    this.points = points
  }

  /** The ports as one process sees them. `die` pulls its plug. */
  watch({ gateway, journal, workQueue }: Ports, die: () => void): Ports {
    const on = <A, E>(operation: string, effect: Effect.Effect<A, E | PortFailure>) =>
      this.operation(operation, effect, die)
    return {
      journal: {
        ...journal,
        transact: (refs, decide) => on("transact", journal.transact(refs, decide)),
        load: (ref) => on("load", journal.load(ref))
      },
      workQueue: {
        ...workQueue,
        finish: (lease) => on(`finish ${lease.queue}`, workQueue.finish(lease)),
        postpone: (lease, dueAt) => on(`postpone ${lease.queue}`, workQueue.postpone(lease, dueAt))
      },
      gateway: {
        charge: (attempt) => on("charge", gateway.charge(attempt)),
        ask: (attempt) => on("ask", gateway.ask(attempt)),
        close: (attempt) => on("close", gateway.close(attempt))
      }
    }
  }

  private operation<A, E>(name: string, effect: Effect.Effect<A, E | PortFailure>, die: () => void) {
    return Effect.suspend(() => {
      const at = ++this.count
      this.trace.push(`${at} ${name}`)
      const plug = Effect.zipRight(Effect.sync(die), Effect.never)
      const failure = () => new PortFailure({ port: "test", operation: name, retry: "later", cause: "on purpose" })
      switch (this.points.find((point) => point.at === at)?.fault) {
        case undefined:
          return effect
        case "failBefore":
          return Effect.failSync(failure)
        case "failAfter":
          return Effect.zipRight(Effect.exit(effect), Effect.failSync(failure))
        case "dieBefore":
          return plug
        case "dieAfter":
          return Effect.zipRight(Effect.exit(effect), plug)
      }
    })
  }
}
