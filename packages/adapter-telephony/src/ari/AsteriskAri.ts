/**
 * Adapter: an Asterisk as a `CallChannel`, through its REST interface (ARI). Calls bear our own ids there, so that no
 * call is placed twice and any process can ask after it. Numbers are checked before they get into what is dialled, and
 * Asterisk is told to end each call by itself, should we not be there to do it.
 */
import { randomBytes } from "node:crypto"
import {
  type Call,
  CallChannel,
  type CallEvent,
  type CallFate,
  type Channel,
  ChannelFailure
} from "@vsms/core/dispatch/CallChannel"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberHandle from "effect/FiberHandle"
import * as FiberId from "effect/FiberId"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as TrunkUri from "../sip/trunk/TrunkUri.ts"
import * as AriCall from "./AriCall.ts"
import * as AriClient from "./AriClient.ts"
import * as AriEvent from "./AriEvent.ts"
import * as AriMedia from "./AriMedia.ts"
import * as AriUri from "./AriUri.ts"

export interface AsteriskAriOptions {
  /** Of the channel: routes name it. */
  readonly name: string
  readonly asterisk: AriUri.AriUri
  /** Silence after the answer, before the first play; 400 ms if absent. */
  readonly leadMillis?: number
  /** From dialling until the phone rings; 30 s if absent. */
  readonly setUpMillis?: number
  /** How long calls may take to end when the channel is closed; 2 s if absent. */
  readonly lingerMillis?: number
  readonly timing?: AriClient.ClientTiming
}

/** As the simulated network and the SIP trunk have it. */
const usualPauseMillis = 1_000
const usualLeadMillis = 400
const usualSetUpMillis = 30_000
/** How long beyond its longest time the end of a call may go unseen. */
const patienceMillis = 5_000

const usualLingerMillis = 2_000
/** After a connection: should anything be missed while Asterisk finds its way back to us, it is seen by looking again. */
const looks = [Duration.zero, Duration.seconds(1), Duration.seconds(5)]
/** From the loss of a call's audio until it is begun anew. */
const resumeMillis = Duration.millis(300)

/** So many calls are remembered, the latest: of older ones Asterisk knows no more than whether they are up. */
const mostFates = 100_000

/** A call that somebody carries. */
type Live = (input: AriCall.Input) => void

type Last = Extract<AriCall.Act, { readonly _tag: "Report" | "NotCarried" }>

export const make = (options: AsteriskAriOptions): Effect.Effect<Channel, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { asterisk, name } = options
    const run = yield* FiberSet.makeRuntime()
    const live = new Map<string, Live>()
    /** Audio that is on its way into our application, by its channel's name. */
    const entering = new Map<string, Deferred.Deferred<void>>()
    const fates = new Map<string, CallFate>()
    const remember = (id: string, fate: CallFate): void => {
      fates.set(id, fate)
      if (fates.size <= mostFates) return
      const [oldest] = fates.keys()
      if (oldest !== undefined) fates.delete(oldest)
    }
    const fail = (placed: "no" | "unknown", detail: string) => new ChannelFailure({ channel: name, placed, detail })

    const onEvent = (event: AriEvent.AriEvent): void => {
      const tell = live.get(event.channel)
      if (event._tag !== "Entered") return tell?.(event)
      if (tell !== undefined) return tell({ _tag: "Answered" })
      const media = entering.get(event.channel)
      if (media !== undefined) return Deferred.unsafeDone(media, Effect.void)
      // Answered when nobody wanted it any more, or audio that came too late.
      run(
        Effect.zipRight(
          fates.has(event.channel)
            ? Effect.annotateLogs(Effect.logWarning("A call was answered after it was given up"), {
                callId: event.channel
              })
            : Effect.void,
          hangUp(event.channel)
        )
      )
    }

    const client = yield* AriClient.make(
      asterisk,
      // What is told under a name goes to whoever asked for it last: each process has its own.
      `${asterisk.app}-${randomBytes(6).toString("hex")}`,
      {
        onEvent,
        onUp: () => {
          for (const id of live.keys()) run(Effect.forEach(looks, (pause) => Effect.delay(lookAfter(id), pause)))
        },
        onDown: () => {
          for (const tell of live.values()) tell({ _tag: "Lost" })
        }
      },
      options.timing ?? AriClient.usualTiming
    )
    const isEmpty = Effect.sync(() => live.size === 0)
    // Before the connection is closed: whatever is carried is hung up, and its end reported.
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        for (const tell of live.values()) tell({ _tag: "Stop" })
        const soon = Effect.repeat(Effect.delay(isEmpty, Duration.millis(10)), { until: (isDone) => isDone })
        const limit = options.lingerMillis ?? usualLingerMillis
        return live.size === 0 || limit === 0 ? Effect.void : Effect.timeoutOption(soon, Duration.millis(limit))
      })
    )
    const channelPath = (id: string) => `/channels/${encodeURIComponent(id)}`

    /** What Asterisk knows of a channel; `undefined`: it knows none of that name. */
    const look = (id: string): Effect.Effect<AriEvent.Channel | undefined, AriClient.AriFailure> =>
      Effect.flatMap(client.request("GET", channelPath(id)), ({ body, status }) => {
        if (status === 404) return Effect.succeed(undefined)
        const shown = Schema.decodeUnknownEither(AriEvent.Channel)(body)
        return status === 200 && Either.isRight(shown)
          ? Effect.succeed(shown.right)
          : Effect.fail(new AriClient.AriFailure({ sent: true, detail: `refused with ${status}` }))
      })

    /** Finds out what a call came to while nobody saw it. */
    const lookAfter = (id: string): Effect.Effect<void> =>
      Effect.ignore(
        Effect.gen(function* () {
          if (!live.has(id)) return
          // Before it is looked at: what happens in between is told.
          yield* client.request("POST", `/applications/${client.app}/subscription`, { eventSource: [`channel:${id}`] })
          const shown = yield* look(id)
          const seen: AriCall.Input =
            shown === undefined
              ? { _tag: "Missing" }
              : { _tag: "Found", isUp: AriEvent.isUp(shown), rings: AriEvent.isRinging(shown) }
          live.get(id)?.(seen)
        })
      )

    /** Whether Asterisk has taken it. A channel that is not there has none to be hung up. */
    const hangUp = (id: string): Effect.Effect<boolean> =>
      Effect.match(client.request("DELETE", channelPath(id)), {
        onFailure: () => false,
        onSuccess: ({ status }) => status === 204 || status === 404
      })

    const limit = (id: string, millis: number) =>
      client.request("POST", `${channelPath(id)}/variable`, { variable: absoluteLimit, value: seconds(millis) })

    /** Places the call, follows it, and hands over what it reports until it is over. */
    const carry = (
      call: Call,
      dialled: { readonly endpoint: string; readonly from: string },
      report: (event: CallEvent) => Effect.Effect<void>
    ): Effect.Effect<void, ChannelFailure, Scope.Scope> =>
      Effect.gen(function* () {
        const { id } = call
        const clock = yield* Effect.clock
        const inputs = yield* Queue.unbounded<readonly [AriCall.Input, number]>()
        const reports = yield* Queue.unbounded<Last>()
        const plan: AriCall.Plan = {
          setUp: options.setUpMillis ?? usualSetUpMillis,
          ring: call.ringTimeoutMillis,
          longest: call.longestCallMillis,
          patience: patienceMillis
        }
        const tell: Live = (input) => void inputs.unsafeOffer([input, clock.unsafeCurrentTimeMillis()])
        const alarm = yield* FiberHandle.make()
        const speaker = yield* FiberHandle.make()
        const hanger = yield* FiberHandle.make()
        const playback = {
          audio: call.audio,
          plays: call.plays,
          pauseMillis: call.pauseMillis ?? usualPauseMillis,
          leadMillis: options.leadMillis ?? usualLeadMillis
        }
        let state = AriCall.initial(plan, clock.unsafeCurrentTimeMillis())
        /** So many plays went to the callee from beginning to end: what breaks off is not repeated from the first. */
        let played = 0
        const heard = { onAudible: () => tell({ _tag: "Audible" }), onPlayed: () => played++ }
        /** Nothing of it is left at Asterisk. */
        let gone = false

        const speak = Effect.suspend(() => {
          const media = `${id}.media.${state.tries}`
          const entered = Deferred.unsafeMake<void>(FiberId.none)
          entering.set(media, entered)
          const limited = Effect.ignore(
            limit(id, state.answeredAt + plan.longest + guardMillis - clock.unsafeCurrentTimeMillis())
          )
          const wish = {
            channel: id,
            media,
            bridge: `${id}.bridge.${state.tries}`,
            playback: { ...playback, plays: playback.plays - played },
            entered,
            ...heard
          }
          // What broke off takes the connection with it, which is noticed a moment later.
          const again = Effect.zipRight(Effect.sleep(resumeMillis), client.connect)
          return (state.told ? again : Effect.void).pipe(
            Effect.zipRight(Effect.scoped(Effect.zipRight(limited, AriMedia.play(client, wish)))),
            Effect.matchEffect({
              onSuccess: () => Effect.sync(() => tell({ _tag: "Played" })),
              onFailure: (detail) =>
                Effect.zipRight(
                  Effect.annotateLogs(Effect.logWarning(`A call is silent: ${detail}`), { callId: id }),
                  Effect.sync(() => tell({ _tag: "Silenced" }))
                )
            }),
            Effect.ensuring(Effect.sync(() => entering.delete(media)))
          )
        })

        const perform = (act: AriCall.Act): Effect.Effect<void> => {
          switch (act._tag) {
            case "Report": {
              const { event } = act
              if (event._tag === "HungUp") {
                remember(id, { _tag: "Completed", answeredAt: state.answeredAt, hungUpAt: event.at })
              } else if (event._tag === "Failed") remember(id, event)
              return Effect.asVoid(Queue.offer(reports, act))
            }
            case "NotCarried":
              remember(id, { _tag: "Unknown" })
              return Effect.asVoid(Queue.offer(reports, act))
            case "Play":
              return Effect.asVoid(FiberHandle.run(speaker, speak))
            case "HangUp":
              return Effect.asVoid(
                FiberHandle.run(
                  hanger,
                  Effect.map(hangUp(id), (isTaken) => {
                    if (!isTaken) return
                    gone = true
                    tell({ _tag: "HungUp" })
                  })
                )
              )
          }
        }
        const follow = Effect.gen(function* () {
          for (let deadline = 0; state.phase !== "over";) {
            if (state.deadline !== deadline) {
              deadline = state.deadline
              const pause = Duration.millis(deadline - clock.unsafeCurrentTimeMillis())
              const due = Effect.map(Effect.sleep(pause), () => {
                // Timers of the system may go off a little too early.
                inputs.unsafeOffer([{ _tag: "Deadline" }, Math.max(deadline, clock.unsafeCurrentTimeMillis())])
              })
              yield* FiberHandle.run(alarm, due)
            }
            const [input, at] = yield* Queue.take(inputs)
            // An alarm that was set off before it was put back.
            if (input._tag === "Deadline" && at < state.deadline) continue
            if (input._tag === "Ended" || input._tag === "Missing" || input._tag === "HungUp") gone = true
            const [next, acts] = AriCall.step(plan, state, input, at)
            state = next
            yield* Effect.forEach(acts, perform, { discard: true })
          }
        })

        const dial = Effect.gen(function* () {
          live.set(id, tell)
          const result = yield* Effect.either(
            client.request("POST", "/channels", {
              endpoint: dialled.endpoint,
              app: client.app,
              channelId: id,
              callerId: dialled.from,
              formats: preference[call.audio.codec],
              // What Asterisk does by itself if we are not there any more.
              timeout: Math.ceil((plan.setUp + plan.ring + guardMillis) / 1_000),
              variables: { [absoluteLimit]: seconds(plan.setUp + plan.ring + plan.longest + guardMillis) }
            })
          )
          if (Either.isRight(result)) {
            const { status } = result.right
            if (status < 300) return undefined
            gone = true
            return status === 409
              ? fail("unknown", "a call of this id is there already")
              : fail("no", `refused with ${status}`)
          }
          if (!result.left.sent) {
            gone = true
            return fail("no", result.left.detail)
          }
          // It may have been placed, and is not placed again: it is looked for.
          tell({ _tag: "Lost" })
          yield* lookAfter(id)
          return undefined
        })

        yield* Effect.acquireRelease(dial, () =>
          Effect.gen(function* () {
            live.delete(id)
            // Whoever lets go of a call hangs it up.
            const isGone = gone || (yield* hangUp(id))
            if (fates.get(id)?._tag !== "InProgress") return
            const at = clock.unsafeCurrentTimeMillis()
            if (!isGone) remember(id, { _tag: "Unknown" })
            else if (state.answeredAt > 0) {
              remember(id, { _tag: "Completed", answeredAt: state.answeredAt, hungUpAt: at })
            } else remember(id, { _tag: "Failed", at, failure: "noAnswer" })
          })
        ).pipe(Effect.flatMap((failure) => (failure === undefined ? Effect.void : notPlaced(id, failure))))
        yield* Effect.forkScoped(follow)
        for (;;) {
          const act = yield* Queue.take(reports)
          if (act._tag === "NotCarried") return yield* fail(act.placed, act.detail)
          yield* report(act.event)
          if (act.event._tag === "HungUp" || act.event._tag === "Failed") return
        }
      })

    const notPlaced = (id: string, failure: ChannelFailure) =>
      Effect.suspend(() => {
        remember(id, { _tag: "Unknown" })
        return failure
      })

    const refused = (
      call: Call,
      failure: "invalidNumber" | "callerBarred",
      report: (event: CallEvent) => Effect.Effect<void>
    ) =>
      Effect.flatMap(Clock.currentTimeMillis, (at) => {
        const event = { _tag: "Failed" as const, at, failure }
        remember(call.id, event)
        return report(event)
      })

    const channel: Channel = {
      name,
      // Of a call that has ended Asterisk knows nothing any more: of an id that is not there nothing can be promised.
      capabilities: { codecs: ["alaw", "mulaw"], keyPresses: true, remembers: false },
      place: (call, report) =>
        Effect.suspend(() => {
          if (fates.has(call.id)) return fail("unknown", "this call was placed before")
          const endpoint = AriUri.endpointOf(asterisk, call.callee)
          const from = TrunkUri.numberIn(asterisk.numbers, call.display)
          if (endpoint === undefined) return refused(call, "invalidNumber", report)
          if (from === undefined) return refused(call, "callerBarred", report)
          remember(call.id, { _tag: "InProgress" })
          const down = client.down()
          if (down !== undefined) return notPlaced(call.id, fail("no", down))
          return Effect.scoped(carry(call, { endpoint, from }, report))
        }),
      ask: (id) =>
        Effect.suspend(() => {
          const fate = fates.get(id)
          if (fate !== undefined && fate._tag !== "Unknown") return Effect.succeed(fate)
          return Effect.matchEffect(look(id), {
            onFailure: ({ detail }) => Effect.fail(fail("unknown", detail)),
            onSuccess: (shown) => Effect.succeed<CallFate>({ _tag: shown === undefined ? "Unknown" : "InProgress" })
          })
        }),
      probe: Effect.gen(function* () {
        yield* client.connect
        const down = client.down()
        if (down !== undefined) return yield* fail("no", down)
        const { status } = yield* Effect.mapError(
          client.request("GET", `/asterisk/modules/${audioModule}`),
          ({ detail }) => fail("no", detail)
        )
        if (status === 404 || status === 409) return yield* fail("no", `${audioModule} is not loaded there`)
        if (status >= 300) return yield* fail("no", `refused with ${status}`)
      })
    }
    return channel
  })

export const layer = (options: AsteriskAriOptions): Layer.Layer<CallChannel> => Layer.scoped(CallChannel, make(options))

/** Without it nobody could be spoken to. */
const audioModule = "chan_websocket.so"

/** Asterisk's own limit of a channel's life, in seconds from when it is set. */
const absoluteLimit = "TIMEOUT(absolute)"
/** Our own limit comes first. */
const guardMillis = 1_000
const seconds = (millis: number): string => (Math.max(millis, 1) / 1_000).toFixed(3)

/** What is offered to the callee, the best first. */
const preference = { alaw: "alaw,ulaw", mulaw: "ulaw,alaw" } as const
