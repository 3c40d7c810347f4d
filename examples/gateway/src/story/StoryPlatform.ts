/**
 * The platform of the quick start: every rule and service, over adapters that need nothing but this machine. What it
 * stores is there again in the next run.
 */
import * as HttpCallbackTransport from "@vsms/adapter-http/callback/HttpCallbackTransport"
import * as NodeHmac from "@vsms/adapter-http/callback/NodeHmac"
import * as PostgresBlobs from "@vsms/adapter-postgres/store/PostgresBlobs"
import * as PostgresStorage from "@vsms/adapter-postgres/store/PostgresStorage"
import * as SimulatedNetwork from "@vsms/adapter-telephony/simulated/SimulatedNetwork"
import * as TelephoneAudio from "@vsms/adapter-tts/audio/TelephoneAudio"
import * as EspeakSpeech from "@vsms/adapter-tts/espeak/EspeakSpeech"
import * as MemoryAlertTransport from "@vsms/core/alert/MemoryAlertTransport"
import * as Core from "@vsms/core/Core"
import { type SpeechRequest, SpeechSynthesizer } from "@vsms/core/dispatch/SpeechSynthesizer"
import { Routes } from "@vsms/core/dispatch/Routes"
import { IdGenerator } from "@vsms/core/IdGenerator"
import * as SandboxGateway from "@vsms/core/order/SandboxGateway"
import { ReviewDesk } from "@vsms/core/qualification/ReviewDesk"
import * as SendPolicy from "@vsms/core/sending/SendPolicy"
import { PollMillis } from "@vsms/core/storage/Worker"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Place from "../Place.ts"
import type { QuickClock } from "./QuickClock.ts"
import * as Recordings from "../Recordings.ts"
import * as StoryTime from "./StoryTime.ts"

const realTime = Clock.make()

/** The engine works in real time, however fast the story's clock runs: so do its time-outs. */
const speech = Layer.scoped(
  SpeechSynthesizer,
  Effect.map(Layer.build(EspeakSpeech.layer()), (context) => {
    const { capabilities, synthesize } = Context.get(context, SpeechSynthesizer)
    return {
      capabilities,
      synthesize: (request: SpeechRequest) => Effect.withClock(synthesize(request), realTime)
    }
  }).pipe(Effect.withClock(realTime))
)

const adapters = (folder: string) =>
  Layer.mergeAll(
    MemoryAlertTransport.layer,
    SandboxGateway.layer,
    ReviewDesk.layerAutomatic,
    IdGenerator.layer,
    NodeHmac.layer,
    HttpCallbackTransport.layer(),
    speech,
    TelephoneAudio.layer,
    Layer.provide(Routes.single(), SimulatedNetwork.layer({ onHeard: Recordings.keep(folder) })),
    // No other process works on the database, whose bells could be lost.
    Layer.succeed(PollMillis, 600_000)
  )

/** Storage, and the story's time, which has to be right before anybody acts by it. */
const storage = (place: Place.Place, clock: QuickClock) =>
  StoryTime.layer(clock).pipe(
    Layer.provideMerge(PostgresStorage.layer()),
    Layer.merge(PostgresBlobs.layer),
    Layer.provide(Layer.scopedContext(Effect.withClock(Layer.build(opened(place)), realTime)))
  )

/** It lives by the wall's clock, however fast the story's runs: locks and time limits are between real processes. */
const opened = (place: Place.Place) => Layer.provideMerge(Place.alone, Place.layer(place))

/** The receiver of the callbacks is on this machine: the deployment allows that. */
export const layer = (place: Place.Place, clock: QuickClock) =>
  Core.layer({
    // Speech is made in real time while the story's clock runs fast: a code may take its time here.
    sends: {
      ...SendPolicy.standard,
      dialWithinMillis: { code: 3_600_000, notification: 3_600_000, activity: 3_600_000 }
    },
    callbacks: { targets: { privateNetworks: true, plainHttp: true } }
  }).pipe(
    // Side by side: the speech engine is loaded while the database opens in its own thread.
    Layer.provideMerge(Layer.merge(adapters(place.folder), storage(place, clock)))
  )
