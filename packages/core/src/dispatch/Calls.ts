/**
 * Service: carries one call on one route from its first record to its end. Every report is recorded before anything is
 * made of it, and what cannot be recorded now is kept until it can. Which route, and what follows, is not decided here.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Discretion from "../Discretion.ts"
import * as Metrics from "../Metrics.ts"
import * as Now from "../Now.ts"
import type { PortFailure } from "../PortFailure.ts"
import * as Spans from "../Spans.ts"
import type * as Progress from "../sending/Progress.ts"
import * as Send from "../sending/Send.ts"
import type { Sends } from "../sending/Sends.ts"
import type { Row } from "../storage/Kind.ts"
import * as Attempt from "./Attempt.ts"
import { type Call, type CallEvent, type ChannelFailure, failureCauses } from "./CallChannel.ts"
import type { LiveRoute, LiveRoutes } from "./LiveRoutes.ts"
import type { PassedOver } from "./RouteChoice.ts"
import * as SendSteps from "./SendSteps.ts"

/**
 * What a try came to. `ended`: the send has its final state. `routeFailed`: nobody's phone rang; another route may take
 * over. `notOurs`: somebody else is dialling, nothing was done. `unknown`: it must be asked after.
 */
export type CallEnd = "ended" | "routeFailed" | "notOurs" | "unknown"

/** A place on a route, since `at`, and why it is not on another one. */
export interface Taken {
  readonly live: LiveRoute
  readonly passedOver: ReadonlyArray<PassedOver>
  readonly at: number
}

export interface Calls {
  readonly sends: typeof Sends.Service
  readonly live: LiveRoutes
  readonly steps: typeof SendSteps.SendSteps.Service
}

/** Records a report, and tells those who listen if it was news. */
export const record = (
  { sends, steps }: Pick<Calls, "sends" | "steps">,
  ref: Row<typeof Send.kind>["ref"],
  report: Send.Report,
  passedOver?: ReadonlyArray<PassedOver>
) =>
  Effect.map(sends.record(ref, report), (recorded) => {
    tell(steps, ref, report, recorded, passedOver)
    return recorded
  })

const tell = (
  steps: Calls["steps"],
  ref: Row<typeof Send.kind>["ref"],
  report: Send.Report,
  { recorded, state }: Progress.Recorded,
  passedOver?: ReadonlyArray<PassedOver>
): void => {
  if (recorded) steps.publish(SendSteps.ofReport(ref, report, state, passedOver))
}

/** A call that is to be placed. */
export interface Carried {
  /** Places it, stays with it, and tells what it came to. */
  readonly end: Effect.Effect<CallEnd, PortFailure>
  /** To be told, after `end` was interrupted. */
  readonly cut: (now: number) => void
}

/**
 * Places the call and stays with it to its end.
 *
 * **Details** A failure that is the channel's own doing (`failureCauses`) lets another route take over if until the end
 * of the call no ring and no answer was heard of: the callee was not disturbed, and whatever was placed is over.
 */
export const carry = (calls: Calls, row: Row<typeof Send.kind>, taken: Taken, call: Call): Carried => {
  const { ref } = row
  const { at, live, passedOver } = taken
  const route = live.route.id
  const backlog: Array<CallEvent> = []
  /** The last that stored, and whether it is still at it. */
  let storer: Fiber.RuntimeFiber<unknown> | undefined
  let storing = false
  let disturbed = false
  let ended = false
  let faulted = false
  /** The channel has reported the end of the call. */
  let told = false
  /** The try is over: what the channel says of it from now on could be taken for news of the next one. */
  let closed = false
  /** The channel is at it. */
  let placing = false
  /** The channel's own failure, until it is clear whether another route may take over. */
  let withheld: Extract<CallEvent, { readonly _tag: "Failed" }> | undefined

  /** Stores what was reported so far and since, in order, as far as the storage goes along. */
  const store: Effect.Effect<void> = Effect.suspend(() => {
    const events = backlog.slice()
    if (events.length === 0) {
      // Said in the step that has seen it: a report of the next one finds nobody, and begins anew.
      storing = false
      return Effect.void
    }
    return Effect.matchEffect(calls.sends.recordAll(ref, events), {
      onFailure: (failure) => {
        storing = false
        return Effect.logWarning(failure.message)
      },
      onSuccess: (recorded) => {
        for (const [i, one] of recorded.entries()) tell(calls.steps, ref, events[i]!, one)
        backlog.splice(0, events.length)
        ended = Send.isFinal(recorded[recorded.length - 1]!.state)
        return store
      }
    })
  })

  /**
   * The channel does not wait for the storage: what it reports meanwhile is stored together. A defect is met again when all
   * is stored, by whoever waits for the call; a fiber that died of it would log it as it is.
   */
  const begin: Effect.Effect<void> = Effect.suspend(() => {
    if (storing) return Effect.void
    storing = true
    return Effect.map(Effect.forkDaemon(Effect.exit(store)), (fiber) => {
      storer = fiber
    })
  })

  const report = (event: CallEvent): Effect.Effect<void> => {
    if (closed) return Effect.void
    if (event._tag === "HungUp" || event._tag === "Failed") told = true
    if (event._tag !== "Failed") disturbed = true
    else if (failureCauses[event.failure] === "channel") {
      faulted = true
      if (!disturbed) {
        withheld = event
        return Effect.void
      }
    }
    backlog.push(event)
    return begin
  }

  /** Stores all, however long the storage is away. */
  const storeAll: Effect.Effect<void> = Effect.suspend(() =>
    storer === undefined ? Effect.void : Fiber.await(storer)
  ).pipe(
    Effect.zipRight(store),
    Effect.flatMap(() => (backlog.length === 0 ? Effect.void : Effect.zipRight(Effect.sleep(storagePause), storeAll)))
  )

  const whenStored = Effect.catchAllDefect(
    Effect.map(storeAll, (): CallEnd => (ended ? "ended" : "unknown")),
    (defect) =>
      Effect.as(Effect.logError("a report has a defect", Discretion.ofCause(Cause.die(defect))), "unknown" as const)
  )

  const routeFailed = (detail: string): Effect.Effect<CallEnd> =>
    Effect.flatMap(Clock.currentTimeMillis, (at) => {
      const failed = record(calls, ref, { _tag: "RouteFailed", route, at, detail })
      const patiently: typeof failed = Effect.catchAll(failed, (failure) =>
        Effect.logWarning(failure.message).pipe(Effect.zipRight(Effect.sleep(storagePause)), Effect.zipRight(patiently))
      )
      return Effect.map(Effect.orDie(patiently), ({ recorded }): CallEnd => (recorded ? "routeFailed" : "unknown"))
    })

  const over = (exit: Exit.Exit<void, ChannelFailure>): Effect.Effect<CallEnd> =>
    Now.use((now) => {
      placing = false
      closed = true
      if (Exit.isSuccess(exit)) {
        calls.live.signal(live, faulted || !told ? "CallFaulted" : "CallPassed", now)
        if (withheld !== undefined && !disturbed) return routeFailed(withheld.failure)
        if (withheld !== undefined) backlog.push(withheld)
        return whenStored
      }
      if (Cause.isInterruptedOnly(exit.cause)) return Effect.failCause(exit.cause as Cause.Cause<never>)
      calls.live.signal(live, "CallFaulted", now)
      const failure = Cause.failureOption(exit.cause)
      if (failure._tag === "None")
        return Effect.as(Effect.logError("a channel has a defect", Discretion.ofCause(exit.cause)), "unknown")
      if (failure.value.placed === "no" && !disturbed) return routeFailed(failure.value.detail)
      return whenStored
    })

  const onRoute = Spans.within(
    "CallChannel.place",
    () => ({ accountId: ref.owner, sendId: ref.key, route, attempt: row.state.attempts.length + 1 }),
    Effect.matchCauseEffect(
      Effect.suspend(() => {
        placing = true
        // A channel reports from wherever it hears.
        const belonging = Spans.belonging()
        return live.channel.place(call, (event) => belonging(report(event)))
      }),
      {
        onFailure: (cause) => over(Exit.failCause(cause)),
        onSuccess: () => over(Exit.void)
      }
    ),
    { kind: "client", outcome: (end) => ({ end }) }
  )
  const placed = Effect.map(onRoute, (end) => {
    Metrics.callEnded(route, end)
    return end
  })

  const started: Send.Report = { _tag: "DialStarted", route, at }
  // A storage that failed may have recorded it all the same: the try is ours if it is there as we told it. Were it
  // another's of the same millisecond, it would be the same call to the channel, which places no call twice.
  const end = Effect.matchEffect(calls.sends.record(ref, started), {
    onFailure: (failure) =>
      Effect.flatMap(calls.sends.load(ref), ({ state }): Effect.Effect<CallEnd, PortFailure> => {
        const open = Attempt.open(state)
        return open?.route === route && open.at === at ? placed : failure
      }),
    onSuccess: (recorded) => {
      tell(calls.steps, ref, started, recorded, passedOver)
      if (recorded.recorded && row.state.attempts.length === 0) Metrics.dialled(at - row.state.accepted.at)
      return recorded.recorded ? placed : Effect.succeed<CallEnd>("notOurs")
    }
  })

  const cut = (now: number): void => {
    closed = true
    // Nobody but who finds that it has lasted too long interrupts a call, unless all is stopping.
    if (placing && !calls.live.isClosed) calls.live.signal(live, "CallFaulted", now)
  }

  return { end, cut }
}

const storagePause = 1_000
