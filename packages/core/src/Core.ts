/**
 * Service: the whole platform, composed. `layerServices` is what a host calls; `layerWorkers` is what carries out the
 * work that services leave behind; `layer` is both. What it stands on, the ports, is the host's choice.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Accounts } from "./account/Accounts.ts"
import { type AlertOptions, Alerts } from "./alert/Alerts.ts"
import type { AlertTransport } from "./alert/AlertTransport.ts"
import * as LowBalanceWatch from "./alert/LowBalanceWatch.ts"
import * as RenewalAlerts from "./alert/RenewalAlerts.ts"
import { Balances } from "./balance/Balances.ts"
import { Packages } from "./balance/Packages.ts"
import { type CallbackOptions, Callbacks } from "./callback/Callbacks.ts"
import type { CallbackTransport } from "./callback/CallbackTransport.ts"
import type { Hmac } from "./callback/Hmac.ts"
import { Dispatcher } from "./dispatch/Dispatcher.ts"
import * as DispatchPolicy from "./dispatch/DispatchPolicy.ts"
import * as Reconciler from "./dispatch/Reconciler.ts"
import type { Routes } from "./dispatch/Routes.ts"
import { SendSteps } from "./dispatch/SendSteps.ts"
import type { SpeechSynthesizer } from "./dispatch/SpeechSynthesizer.ts"
import type { TelephoneCodec } from "./dispatch/TelephoneCodec.ts"
import type { IdGenerator } from "./IdGenerator.ts"
import { Numbers } from "./number/Numbers.ts"
import { Renewals } from "./number/Renewals.ts"
import { Rents } from "./number/Rents.ts"
import { VoiceNumbers } from "./number/VoiceNumbers.ts"
import { DeskPayments } from "./order/DeskPayments.ts"
import { Fulfilment } from "./order/Fulfilment.ts"
import { Invoices } from "./order/Invoices.ts"
import { Orders } from "./order/Orders.ts"
import type { PaymentGateway } from "./order/PaymentGateway.ts"
import type { BlobStore } from "./storage/BlobStore.ts"
import { Qualifications } from "./qualification/Qualifications.ts"
import type { ReviewDesk } from "./qualification/ReviewDesk.ts"
import * as ReviewWorker from "./qualification/ReviewWorker.ts"
import type { NumberPlan } from "./sending/Callee.ts"
import * as SendPolicy from "./sending/SendPolicy.ts"
import { Sends } from "./sending/Sends.ts"
import * as SpeechLength from "./sending/SpeechLength.ts"
import { Statistics } from "./statistics/Statistics.ts"
import type { Queue } from "./storage/Decision.ts"
import type { Journal } from "./storage/Journal.ts"
import { Records } from "./storage/Records.ts"
import * as TracedJournal from "./storage/TracedJournal.ts"
import * as Worker from "./storage/Worker.ts"
import type { WorkQueue } from "./storage/WorkQueue.ts"
import { Templates } from "./template/Templates.ts"
import type { AudioDecoder } from "./voicefile/AudioDecoder.ts"
import { VoiceFiles } from "./voicefile/VoiceFiles.ts"

/** Everything that a host can call. */
export type Services =
  | Accounts
  | Alerts
  | Balances
  | Callbacks
  | DeskPayments
  | Invoices
  | Numbers
  | Orders
  | Packages
  | Qualifications
  | Renewals
  | Sends
  | Statistics
  | Templates
  | VoiceFiles
  | VoiceNumbers

/** What the services stand on. */
export type ServicePorts =
  | AlertTransport
  | AudioDecoder
  | CallbackTransport
  | BlobStore
  | Hmac
  | IdGenerator
  | Journal
  | PaymentGateway
  | Records
  | ReviewDesk

/** What the workers stand on besides. */
export type WorkerPorts = Journal | Records | Routes | SpeechSynthesizer | TelephoneCodec | WorkQueue

/** What a deployment decides. What is not given is as in the rulebook. */
export interface CoreOptions {
  readonly sends?: SendPolicy.SendPolicy | undefined
  /** Which operator and region a called number belongs to, where that is known. */
  readonly numberPlan?: NumberPlan | undefined
  readonly alerts?: Partial<AlertOptions> | undefined
  readonly callbacks?: Partial<CallbackOptions> | undefined
  readonly dispatch?: DispatchPolicy.DispatchPolicy | undefined
}

/** An order hands over numbers or packages; each part looks only at orders for its own things. */
const fulfilment: Layer.Layer<Fulfilment, never, Packages | Rents> = Layer.effect(
  Fulfilment,
  Effect.map(Effect.all([Packages, Rents]), ([packages, rents]) => ({
    fulfil: (order) => Effect.zipRight(packages.fulfil(order), rents.fulfil(order)),
    // Packages are made when they are paid for: an order for them has nothing to let go of.
    letGo: (order) => rents.letGo(order)
  }))
)

/** All services. A process that only answers requests needs no more. */
export const layerServices = (options: CoreOptions = {}): Layer.Layer<Services, never, ServicePorts> => {
  const policy = options.sends ?? SendPolicy.standard
  return Layer.mergeAll(
    Callbacks.layer(options.callbacks),
    DeskPayments.layer,
    Renewals.layer,
    Numbers.layer,
    Statistics.layer
  ).pipe(
    Layer.provideMerge(Orders.layer),
    Layer.provide(fulfilment),
    Layer.provideMerge(
      Layer.mergeAll(
        Accounts.layer,
        Alerts.layerWith(options.alerts ?? {}),
        Balances.layer,
        Invoices.layer,
        Packages.layer,
        Qualifications.layer,
        Sends.layerWith({ policy, plan: options.numberPlan }),
        Templates.layer,
        VoiceFiles.layerWith({ durationMillisMax: SpeechLength.longestPlayMillis(policy) }),
        VoiceNumbers.layer
      )
    ),
    Layer.provide(Layer.mergeAll(LowBalanceWatch.layer, RenewalAlerts.layer, Rents.layer)),
    Layer.provide(TracedJournal.layer)
  )
}

/** How often expired data is looked for. */
const purgeEvery = Duration.minutes(10)
const purgeAtOnce = 500

/** Erases what has outlived its retention, little by little. */
const retention: Layer.Layer<never, never, Records> = Layer.scopedDiscard(
  Effect.flatMap(Records, (records) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => records.purge({ now, limit: purgeAtOnce })).pipe(
      Effect.repeat({ while: (purged) => purged === purgeAtOnce }),
      Effect.catchAll((failure) => Effect.logWarning(failure.message)),
      Effect.zipRight(Effect.sleep(purgeEvery)),
      Effect.forever,
      Effect.forkScoped
    )
  )
)

/** An outside that has not answered by then is asked again later: it must not keep a worker's hands for ever. */
const handleMillis = 60_000

/** The workers of the queues that need nothing but a service's handler. */
const queueWorkers: Layer.Layer<
  never,
  never,
  Alerts | Balances | Callbacks | Orders | Qualifications | Renewals | Templates | VoiceFiles | WorkQueue
> = Layer.scopedDiscard(
  Effect.gen(function* () {
    const run = (queue: Queue, handle: Worker.WorkerOptions<never>["handle"], concurrency: number) =>
      Worker.run({ ...Worker.defaults, queue, handle, concurrency, handleMillis })
    const { handlers: orders } = yield* Orders
    const { handlers: renewals } = yield* Renewals
    yield* ReviewWorker.run([(yield* Qualifications).reviews, (yield* Templates).reviews, (yield* VoiceFiles).reviews])
    yield* run("payment", orders.payment, 16)
    yield* run("orderExpiry", orders.orderExpiry, 16)
    yield* run("fulfilment", orders.fulfilment, 16)
    yield* run("renewal", renewals.renewal, 16)
    yield* run("lapse", renewals.lapse, 16)
    yield* run("packageExpiry", (yield* Balances).handlers.packageExpiry, 4)
    yield* run("alert", (yield* Alerts).handlers.alert, 16)
    // Its transport keeps its own time.
    const { handlers: callbacks } = yield* Callbacks
    yield* Worker.run({
      ...Worker.defaults,
      queue: "callback",
      concurrency: 64,
      sendId: ({ key }) => key.split("/")[0]!,
      handle: callbacks.callback
    })
  })
)

/** Carries out what services leave behind: reviews, payments, renewals, calls, callbacks, alerts, erasure. */
export const layerWorkers = (
  options: CoreOptions = {}
): Layer.Layer<Dispatcher | SendSteps, never, Services | WorkerPorts> => {
  const dispatch = options.dispatch ?? DispatchPolicy.standard
  return Layer.mergeAll(Dispatcher.layerWith(dispatch), Reconciler.layerWith(dispatch), queueWorkers, retention).pipe(
    Layer.provideMerge(SendSteps.layer),
    Layer.provide(TracedJournal.layer)
  )
}

/** The services, with the workers at work for as long as the layer is in use. */
export const layer = (
  options: CoreOptions = {}
): Layer.Layer<Services | Dispatcher | SendSteps, never, ServicePorts | WorkerPorts> =>
  Layer.provideMerge(layerWorkers(options), layerServices(options))
