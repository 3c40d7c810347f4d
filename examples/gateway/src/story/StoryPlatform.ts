/**
 * The platform of the story: the gateway's own parts, by another clock. It belongs to nobody but the story, so its
 * orders are paid and its reviews pass at once.
 */
import type { Database } from "@vsms/adapter-postgres/place/Database"
import type { MigrationError } from "@vsms/adapter-postgres/schema/MigrationError"
import * as Core from "@vsms/core/Core"
import type { Dispatcher } from "@vsms/core/dispatch/Dispatcher"
import type { Routes } from "@vsms/core/dispatch/Routes"
import { type SpeechRequest, SpeechSynthesizer } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as SandboxGateway from "@vsms/core/order/SandboxGateway"
import type { PortFailure } from "@vsms/core/PortFailure"
import { ReviewDesk } from "@vsms/core/qualification/ReviewDesk"
import * as SendPolicy from "@vsms/core/sending/SendPolicy"
import type { Hmac } from "@vsms/core/callback/Hmac"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Platform from "../Platform.ts"
import type { Settings } from "../Settings.ts"
import type { QuickClock } from "./QuickClock.ts"
import * as StoryTime from "./StoryTime.ts"

/** What the story is told with. */
export type Services = Core.Services | Dispatcher | Hmac | StoryTime.StoryTime

/** What is opened once, and used by the story as by the gateway after it. */
export type Shared = Database | Routes | SpeechSynthesizer

const realTime = Clock.make()

/** The engine works in real time, however fast the story's clock runs: so do its time-outs. */
const speechInRealTime = Layer.effect(
  SpeechSynthesizer,
  Effect.map(SpeechSynthesizer, ({ capabilities, synthesize }) => ({
    capabilities,
    synthesize: (request: SpeechRequest) => Effect.withClock(synthesize(request), realTime)
  }))
)

/** Speech is made in real time while the story's clock runs fast: a call may take its time here. */
const patient = {
  ...SendPolicy.standard,
  dialWithinMillis: { code: 3_600_000, notification: 3_600_000, activity: 3_600_000 }
}

/** Build and use it by the story's clock. The receiver of its callbacks is on this machine, which is allowed here. */
export const layer = (
  settings: Settings,
  clock: QuickClock
): Layer.Layer<Services, MigrationError | PortFailure, Shared> => {
  const own = { ...settings, privateTargets: true }
  const storage = Layer.provideMerge(StoryTime.layer(clock), Platform.storage)
  return Core.layer({ ...Platform.coreOptions(own), sends: patient }).pipe(
    Layer.provideMerge(
      Layer.mergeAll(storage, speechInRealTime, Platform.outside(own), SandboxGateway.layer, ReviewDesk.layerAutomatic)
    )
  )
}

/** The same by the wall's clock, on a database that gateways serve from: there, orders and reviews are theirs. */
export const layerWall = (settings: Settings): Layer.Layer<Services, Platform.StartFailure, Shared> =>
  Core.layer({ ...Platform.coreOptions({ ...settings, privateTargets: true }) }).pipe(
    Layer.provideMerge(
      Layer.provideMerge(
        Platform.desks(settings),
        Layer.mergeAll(Platform.storage, StoryTime.layerWall, Platform.outside(settings))
      )
    )
  )
