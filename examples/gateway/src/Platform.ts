/**
 * The composition to copy for a deployment: every rule and service, over adapters that the settings choose, with both
 * doors on one port and the workers at work. `main.ts` runs it; tests and benchmarks take other parts where they want.
 */
import * as HttpAlertTransport from "@vsms/adapter-http/alert/HttpAlertTransport"
import * as HttpCallbackTransport from "@vsms/adapter-http/callback/HttpCallbackTransport"
import * as NodeHmac from "@vsms/adapter-http/callback/NodeHmac"
import type { ApiKeys } from "@vsms/adapter-http/auth/ApiKeys"
import type { Readiness } from "@vsms/adapter-http/door/Readiness"
import { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import { NodeServer } from "@vsms/adapter-http/node/NodeServer"
import * as VendorCallback from "@vsms/adapter-http/wire/VendorCallback"
import * as VendorDoor from "@vsms/adapter-http/wire/VendorDoor"
import type { Database } from "@vsms/adapter-postgres/place/Database"
import * as PostgresBlobs from "@vsms/adapter-postgres/store/PostgresBlobs"
import * as PostgresStorage from "@vsms/adapter-postgres/store/PostgresStorage"
import * as SoundDecoder from "@vsms/adapter-tts/audio/SoundDecoder"
import * as TelephoneAudio from "@vsms/adapter-tts/audio/TelephoneAudio"
import * as ComposedSpeech from "@vsms/adapter-tts/composition/ComposedSpeech"
import * as PhraseBook from "@vsms/adapter-tts/composition/PhraseBook"
import * as TemplatePhrases from "@vsms/adapter-tts/composition/TemplatePhrases"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as NodeContext from "@effect/platform-node/NodeContext"
import type { AlertTransport } from "@vsms/core/alert/AlertTransport"
import type { CallbackTransport } from "@vsms/core/callback/CallbackTransport"
import type { Hmac } from "@vsms/core/callback/Hmac"
import * as TargetUrl from "@vsms/core/TargetUrl"
import * as Core from "@vsms/core/Core"
import * as DispatchPolicy from "@vsms/core/dispatch/DispatchPolicy"
import type { Dispatcher } from "@vsms/core/dispatch/Dispatcher"
import type { Routes } from "@vsms/core/dispatch/Routes"
import type { SpeechSynthesizer } from "@vsms/core/dispatch/SpeechSynthesizer"
import { IdGenerator } from "@vsms/core/IdGenerator"
import type { PaymentGateway } from "@vsms/core/order/PaymentGateway"
import * as DeskGateway from "@vsms/core/order/DeskGateway"
import * as SandboxGateway from "@vsms/core/order/SandboxGateway"
import { ReviewDesk } from "@vsms/core/qualification/ReviewDesk"
import type { BlobStore } from "@vsms/core/storage/BlobStore"
import type { Journal } from "@vsms/core/storage/Journal"
import type { Records } from "@vsms/core/storage/Records"
import { PollMillis } from "@vsms/core/storage/Worker"
import type { WorkQueue } from "@vsms/core/storage/WorkQueue"
import type { SpeechFailure } from "@vsms/core/dispatch/SpeechSynthesizer"
import type { PortFailure } from "@vsms/core/PortFailure"
import type { MigrationError } from "@vsms/adapter-postgres/schema/MigrationError"
import type { ConfigError } from "effect/ConfigError"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as GatewayRoutes from "./routes/GatewayRoutes.ts"
import type { RouteUnusable } from "./routes/SipChannel.ts"
import * as Place from "./Place.ts"
import * as Recordings from "./Recordings.ts"
import type { Settings } from "./Settings.ts"

/** Why a gateway cannot start. */
export type StartFailure =
  | Place.PlaceFailure
  | MigrationError
  | PortFailure
  | SpeechFailure
  | ConfigError
  | RouteUnusable

/** What a gateway is made of. The settings decide each of them, unless something else is given. */
export interface Parts {
  readonly database: Layer.Layer<Database, Place.PlaceFailure>
  readonly speech: Layer.Layer<SpeechSynthesizer, SpeechFailure | ConfigError>
  readonly routes: Layer.Layer<Routes, StartFailure>
  readonly payment: Layer.Layer<PaymentGateway, never, Journal | Records>
  readonly reviews: Layer.Layer<ReviewDesk>
  readonly alerts: Layer.Layer<AlertTransport, never, CallbackTransport | Hmac>
  readonly callbacks: Layer.Layer<CallbackTransport>
}

/** The words of the templates that this process was asked to send with: the engines open before the storage that tells. */
const phrases = PhraseBook.make()

/** On any database. */
export const storage: Layer.Layer<Journal | Records | WorkQueue | BlobStore, MigrationError | PortFailure, Database> =
  Layer.provideMerge(TemplatePhrases.layer(phrases), Layer.merge(PostgresStorage.layer(), PostgresBlobs.layer))

/** The engines that the environment names, each with its own variables: `SPEECH_…`. */
export const speech: Parts["speech"] = ComposedSpeech.layerConfig(phrases).pipe(
  Layer.provide(Layer.merge(NodeContext.layer, FetchHttpClient.layer))
)

/** Whether no call leaves this process. */
export const isSimulated = (settings: Settings): boolean => settings.routes.every(GatewayRoutes.isSimulated)

export const routes = ({ place, recordings, routes }: Settings): Parts["routes"] =>
  GatewayRoutes.layer(routes, recordings === 0 ? {} : { onHeard: Recordings.keep(place.folder, recordings) })

/** Who takes money, and who reviews. */
export const desks = (settings: Settings): Layer.Layer<PaymentGateway | ReviewDesk, never, Journal | Records> =>
  Layer.merge(payment(settings), reviews(settings))

const payment = (settings: Settings): Parts["payment"] =>
  settings.payment === "sandbox" ? SandboxGateway.layer : DeskGateway.layer

const reviews = (settings: Settings): Parts["reviews"] =>
  settings.reviews === "automatic" ? ReviewDesk.layerAutomatic : ReviewDesk.layerManual

/** Bells are lost between processes only: where the database is this process's own, it need not be looked at again. */
const pollMillis = ({ place }: Settings) => (place.url === undefined ? 600_000 : 1_000)

/** The rest of what core stands on: what is told to the world outside, and what needs no choice. */
export const outside = (settings: Settings, given: Pick<Partial<Parts>, "alerts" | "callbacks"> = {}) =>
  Layer.mergeAll(
    given.alerts ?? HttpAlertTransport.layer({ targets: targets(settings), relay: settings.alertRelay }),
    IdGenerator.layer,
    TelephoneAudio.layer,
    SoundDecoder.layer(),
    Layer.succeed(PollMillis, pollMillis(settings))
  ).pipe(Layer.provideMerge(Layer.merge(given.callbacks ?? HttpCallbackTransport.layer(), NodeHmac.layer)))

/** What core stands on. */
const ports = (settings: Settings, given: Partial<Parts>) =>
  Layer.mergeAll(given.payment ?? payment(settings), given.reviews ?? reviews(settings)).pipe(
    Layer.provideMerge(NativeDoor.editGuard),
    Layer.provideMerge(
      Layer.mergeAll(
        // Side by side: the speech engine is loaded while the database opens in its own thread.
        Layer.provide(storage, given.database ?? Place.layer(settings.place, settings.sessions)),
        given.speech ?? speech,
        given.routes ?? routes(settings),
        outside(settings, given)
      )
    )
  )

const targets = ({ privateTargets }: Settings) => ({ ...TargetUrl.standard, privateNetworks: privateTargets })

/** What a deployment decides about sends. */
export const coreOptions = (settings: Settings): Core.CoreOptions => ({
  alerts: { targets: targets(settings) },
  callbacks: {
    targets: targets(settings),
    formats: [VendorCallback.format]
  },
  dispatch: { ...DispatchPolicy.standard, graceMillis: settings.stop.graceMillis }
})

const rate = ({ ratePerSecond }: Settings) => ({ perSecond: ratePerSecond, burst: 2 * ratePerSecond })

export interface PlatformOptions {
  readonly operatorTokens: ReadonlyArray<Redacted.Redacted>
  readonly core?: Core.CoreOptions
  readonly parts?: Partial<Parts>
  /** A door before both doors. */
  readonly before?: Layer.Layer<NativeDoor, never, NativeDoor>
}

const nothingBefore: Layer.Layer<NativeDoor, never, NativeDoor> = Layer.effect(NativeDoor, NativeDoor)

/**
 * The gateway at work, for as long as the layer is in use: it answers, dials, delivers.
 *
 * **Details** When it closes, the server goes first: not ready, then answers under way end; then the workers, who let
 * calls finish; then storage.
 */
export const layer = (
  settings: Settings,
  options: PlatformOptions
): Layer.Layer<
  NodeServer | NativeDoor | ApiKeys | Readiness | Dispatcher | Core.Services | Journal | Records,
  StartFailure
> =>
  NodeServer.layer({ host: settings.host, port: settings.port, drainMillis: settings.stop.drainMillis }).pipe(
    Layer.provideMerge(options.before ?? nothingBefore),
    Layer.provideMerge(VendorDoor.layer({ rate: rate(settings) })),
    Layer.provideMerge(NativeDoor.layer({ operatorTokens: options.operatorTokens, rate: rate(settings) })),
    Layer.provideMerge(Core.layer({ ...coreOptions(settings), ...options.core })),
    Layer.provideMerge(ports(settings, options.parts ?? {}))
  )
