/**
 * Adapter: the whole platform in memory, with nothing real around it: speech of tones, phones that answer at once,
 * payments that are taken, reviewers who agree. For tests of hosts and adapters, which replace what they are about.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as MemoryAlertTransport from "../alert/MemoryAlertTransport.ts"
import { Hmac } from "../callback/Hmac.ts"
import * as MemoryTransport from "../callback/MemoryTransport.ts"
import * as Core from "../Core.ts"
import { CallChannel, type Channel } from "../dispatch/CallChannel.ts"
import { Routes } from "../dispatch/Routes.ts"
import { IdGenerator } from "../IdGenerator.ts"
import * as SandboxGateway from "../order/SandboxGateway.ts"
import { BlobStore } from "../storage/BlobStore.ts"
import { ReviewDesk } from "../qualification/ReviewDesk.ts"
import * as MemoryStore from "../storage/MemoryStore.ts"
import { PollMillis } from "../storage/Worker.ts"
import * as PlainDecoder from "./PlainDecoder.ts"
import * as ScriptedChannel from "./ScriptedChannel.ts"
import * as ToneSpeech from "./ToneSpeech.ts"

export interface CoreMemoryOptions extends Core.CoreOptions {
  /** Seed of the ids. */
  readonly seed?: number | undefined
  /** Takes the callbacks; one that says yes to all, if absent. */
  readonly receiver?: MemoryTransport.Receiver | undefined
  /** Where calls are placed; phones that answer and listen, if absent. */
  readonly channel?: Channel | undefined
}

/** What the platform stands on here; `Payers` and `ReceivedAlerts` are its outside, for tests to look at. */
export const layerPorts = (options: CoreMemoryOptions = {}) => {
  const receiver =
    options.receiver ?? (() => Effect.succeed({ _tag: "Status", status: 204, retryAfterMillis: undefined }))
  return Layer.mergeAll(
    MemoryStore.layer,
    MemoryAlertTransport.layer,
    MemoryTransport.layer({ receiver }),
    SandboxGateway.layer,
    ReviewDesk.layerAutomatic,
    BlobStore.layerMemory,
    PlainDecoder.layer,
    IdGenerator.layerSeeded(options.seed ?? 1),
    Hmac.layer,
    ToneSpeech.layer(),
    Layer.provide(
      Routes.single(),
      // Another for each build: it remembers its calls, and the ids of the next platform are the same.
      Layer.sync(CallChannel, () => options.channel ?? ScriptedChannel.make({ story: () => ScriptedChannel.answered }))
    ),
    // Nobody else rings here: polling is for bells that are lost between processes.
    Layer.succeed(PollMillis, 3_600_000)
  )
}

/** The platform at work. Each build is a new, empty one. */
export const layer = (options: CoreMemoryOptions = {}) => Layer.provideMerge(Core.layer(options), layerPorts(options))
