/** The platform of the quick start: every rule and service, over adapters that need nothing but this process. */
import * as HttpCallbackTransport from "@vsms/adapter-http/callback/HttpCallbackTransport"
import * as NodeHmac from "@vsms/adapter-http/callback/NodeHmac"
import * as SimulatedNetwork from "@vsms/adapter-telephony/simulated/SimulatedNetwork"
import * as TelephoneAudio from "@vsms/adapter-tts/audio/TelephoneAudio"
import * as EspeakSpeech from "@vsms/adapter-tts/espeak/EspeakSpeech"
import * as MemoryAlertTransport from "@vsms/core/alert/MemoryAlertTransport"
import * as Core from "@vsms/core/Core"
import { type SpeechRequest, SpeechSynthesizer } from "@vsms/core/dispatch/SpeechSynthesizer"
import { Routes } from "@vsms/core/dispatch/Routes"
import { IdGenerator } from "@vsms/core/IdGenerator"
import * as SandboxGateway from "@vsms/core/order/SandboxGateway"
import { CertificateStore } from "@vsms/core/qualification/CertificateStore"
import { ReviewDesk } from "@vsms/core/qualification/ReviewDesk"
import * as SendPolicy from "@vsms/core/sending/SendPolicy"
import * as MemoryStore from "@vsms/core/storage/MemoryStore"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Recordings from "./Recordings.ts"

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

const adapters = Layer.mergeAll(
  MemoryStore.layer,
  MemoryAlertTransport.layer,
  SandboxGateway.layer,
  ReviewDesk.layerAutomatic,
  CertificateStore.layerMemory,
  IdGenerator.layer,
  NodeHmac.layer,
  HttpCallbackTransport.layer(),
  speech,
  TelephoneAudio.layer,
  Layer.provide(Routes.single(), SimulatedNetwork.layer({ onHeard: Recordings.keep }))
)

/** The receiver of the callbacks is on this machine: the deployment allows that. */
export const layer = Core.layer({
  // Speech is made in real time while the story's clock runs fast: a code may take its time here.
  sends: {
    ...SendPolicy.standard,
    dialWithinMillis: { code: 3_600_000, notification: 3_600_000, activity: 3_600_000 }
  },
  callbacks: { targets: { privateNetworks: true, plainHttp: true } }
}).pipe(Layer.provideMerge(adapters))
