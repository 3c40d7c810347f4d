/** The world of the sending tests with dispatch processes in it, scripted exchanges, and time that is simulated. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import type { Call, Channel } from "../../src/dispatch/CallChannel.ts"
import * as CallId from "../../src/dispatch/CallId.ts"
import { Dispatcher, type RouteStatus } from "../../src/dispatch/Dispatcher.ts"
import * as DispatchPolicy from "../../src/dispatch/DispatchPolicy.ts"
import * as Reconciler from "../../src/dispatch/Reconciler.ts"
import { Route } from "../../src/dispatch/Route.ts"
import { Routes } from "../../src/dispatch/Routes.ts"
import { type SendStep, SendSteps } from "../../src/dispatch/SendSteps.ts"
import { IdGenerator } from "../../src/IdGenerator.ts"
import * as Holdings from "../../src/number/Holdings.ts"
import * as Send from "../../src/sending/Send.ts"
import type * as SendPolicy from "../../src/sending/SendPolicy.ts"
import { Sends } from "../../src/sending/Sends.ts"
import { Journal } from "../../src/storage/Journal.ts"
import { Records } from "../../src/storage/Records.ts"
import * as Worker from "../../src/storage/Worker.ts"
import { WorkQueue } from "../../src/storage/WorkQueue.ts"
import { BlobStore } from "../../src/storage/BlobStore.ts"
import { ReviewDesk } from "../../src/qualification/ReviewDesk.ts"
import * as PlainDecoder from "../../src/testing/PlainDecoder.ts"
import * as ScriptedChannel from "../../src/testing/ScriptedChannel.ts"
import { type Process, Simulation, type SimulationOptions } from "../../src/testing/Simulation.ts"
import * as ToneSpeech from "../../src/testing/ToneSpeech.ts"
import * as SoundFile from "../../src/voicefile/SoundFile.ts"
import type { Sound } from "../../src/voicefile/SoundFile.ts"
import { VoiceFiles } from "../../src/voicefile/VoiceFiles.ts"
import { accountId, applicationId, makeFile, makeWorld, morning } from "../sending/SendWorld.ts"

export const second = 1_000
export const minute = 60 * second

export interface ExchangeOptions {
  readonly route?: Partial<Parameters<typeof Route.make>[0]>
  /** The story of each call, or of every one. */
  readonly story?: ScriptedChannel.Story | ((call: Call, nth: number) => ScriptedChannel.Story)
  readonly remembers?: boolean
  readonly codecs?: Channel["capabilities"]["codecs"]
}

export interface DispatchWorldOptions {
  readonly send?: Partial<SendPolicy.SendPolicy>
  readonly dispatch?: Partial<DispatchPolicy.DispatchPolicy>
  /** One route each, by the name of its channel; one whose calls are answered if absent. */
  readonly exchanges?: { readonly [name: string]: ExchangeOptions }
  readonly speech?: ToneSpeech.ToneSpeechOptions
  readonly simulation?: SimulationOptions
  readonly minutes?: number
}

/** What a process is given of the world; tests put breakages in between. */
export interface Ports {
  readonly journal: typeof Journal.Service
  readonly queue: typeof WorkQueue.Service
  readonly channel: (channel: Channel) => Channel
}

export type DispatchWorld = ReturnType<typeof makeDispatchWorld>

export const makeDispatchWorld = (options: DispatchWorldOptions = {}) => {
  const world = makeWorld({
    minutes: options.minutes ?? 10_000,
    policy: options.send ?? {}
  })
  const time = new Simulation({ startAt: morning, ...options.simulation })
  const policy: DispatchPolicy.DispatchPolicy = { ...DispatchPolicy.standard, ...options.dispatch }
  // Of all processes, as storage is.
  const blobs = Effect.runSync(Effect.provide(BlobStore, BlobStore.layerMemory))
  const down = new Set<string>()
  const placed: Array<ScriptedChannel.Placed> = []
  const steps: Array<SendStep> = []
  let asked = 0
  const exchanges = Object.entries(options.exchanges ?? { first: {} }).map(([name, exchange]) => {
    const { story = ScriptedChannel.answered } = exchange
    const channel = ScriptedChannel.make({
      name,
      placed,
      story: typeof story === "function" ? story : () => story,
      remembers: exchange.remembers ?? true,
      isDown: () => down.has(name)
    })
    const counting: Channel = {
      ...channel,
      capabilities: { ...channel.capabilities, codecs: exchange.codecs ?? ["alaw"] },
      place: (call, report) =>
        Effect.suspend(() => {
          asked++
          return channel.place(call, report)
        })
    }
    const route = Route.make({ id: name, channel: name, maxConcurrent: 100, callsPerSecond: 1_000, ...exchange.route })
    return { channel: counting, route }
  })

  const sound: Ports = { journal: world.journal, queue: world.queue, channel: (channel) => channel }

  /** Starts a process that dials and reconciles; `spawned` is told of it before it does anything. */
  const start = (ports: Partial<Ports> = {}, spawned?: (process: Process<never, never>) => void) => {
    const { channel, journal, queue } = { ...sound, ...ports }
    let dispatcher: typeof Dispatcher.Service | undefined
    const storage = Layer.mergeAll(
      Layer.succeed(Journal, journal),
      Layer.succeed(WorkQueue, queue),
      Layer.succeed(Records, world.records),
      IdGenerator.layerSeeded(7)
    )
    const sends = Layer.provide(Sends.layerWith({ policy: world.policy }), storage)
    const files = Layer.provide(
      VoiceFiles.layer,
      Layer.mergeAll(storage, Layer.succeed(BlobStore, blobs), ReviewDesk.layerManual, PlainDecoder.layer)
    )
    const routes = Routes.layer(
      exchanges.map(({ route }) => route),
      exchanges.map((exchange) => channel(exchange.channel))
    )
    // No bell is lost in memory, so nobody need poll.
    const seldom = Layer.succeed(Worker.PollMillis, 3_600 * second)
    const ambient = Layer.mergeAll(
      seldom,
      sends,
      files,
      storage,
      routes,
      ToneSpeech.layer(options.speech),
      SendSteps.layer
    )
    const layer = Layer.provide(Layer.merge(Dispatcher.layerWith(policy), Reconciler.layerWith(policy)), ambient)
    const process: Process<never, never> = time.spawn(
      Effect.gen(function* () {
        dispatcher = yield* Dispatcher
        yield* Effect.forkScoped(Stream.runForEach(dispatcher.progress, (step) => Effect.sync(() => steps.push(step))))
        return yield* Effect.never
      }).pipe(Effect.provide(layer), Effect.scoped, Effect.provide(Logger.remove(Logger.defaultLogger)))
    )
    spawned?.(process)
    time.settle()
    return {
      process,
      routes: (): ReadonlyArray<RouteStatus> => {
        let statuses: ReadonlyArray<RouteStatus> = []
        time.spawn(Effect.map(dispatcher!.routes, (now) => void (statuses = now)))
        time.settle()
        return statuses
      }
    }
  }

  const accept = (to: string, input: object): string => {
    world.time.now = time.now
    const accepted = Either.getOrThrow(world.code(to, input))
    time.settle()
    return accepted.sendId
  }

  let callee = 0
  return {
    ...world,
    time,
    placed,
    steps,
    exchanges,
    start,
    /** Accepts a code to a number that nobody had before. */
    send: (input: object = {}) => accept(`138${String(callee++).padStart(8, "0")}`, input),
    /** An approved file of the application, with its sound; the id. */
    file: (sound: Sound): string => {
      const bytes = PlainDecoder.wav(sound)
      const fileId = SoundFile.idOf(bytes, "wav")
      makeFile(world, { fileId, durationMillis: SoundFile.millisOf(sound) })
      Effect.runSync(blobs.put("sound", fileId, bytes))
      return fileId
    },
    /** Accepts a send of a file to a number that nobody had before. */
    sendFile: (fileId: string, plays = 2): string => {
      world.time.now = time.now
      const to = `138${String(callee++).padStart(8, "0")}`
      const accepted = world.run(world.sends.acceptFile(accountId, applicationId, { to, fileId, plays }))
      time.settle()
      return accepted.sendId
    },
    blobs,
    sendTo: (to: string, input: object = {}) => accept(to, input),
    /** Whether some channel cannot tell what became of a call. */
    forgetful: Object.values(options.exchanges ?? {}).some(({ remembers }) => remembers === false),
    /** How often a channel was asked to place a call. */
    asked: () => asked,
    setDown: (name: string, isDown: boolean) => void (isDown ? down.add(name) : down.delete(name)),
    state: (sendId: string): Send.State => world.load(Send.ref(accountId, sendId)).state,
    callsOf: (sendId: string) => placed.filter(({ call }) => CallId.sendOf(call.id) === sendId),
    balance: () => {
      world.time.now = time.now
      return world.balance()
    },
    renewNumber: () => {
      const [held] = world.load(Holdings.ref(accountId)).state.held
      const expiresAt = held!.expiresAt + 30 * 86_400_000
      const renewed = { _tag: "NumberRenewed" as const, number: held!.number, orderId: "o", at: time.now, expiresAt }
      world.put(Holdings.ref(accountId), [renewed])
    },
    queued: (queue: "dial" | "reconcile" | "callback") => Effect.runSync(world.queue.nextDue(queue))
  }
}
