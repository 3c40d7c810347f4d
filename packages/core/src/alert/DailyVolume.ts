/**
 * Rules: how many sends an application makes in one natural day (Asia/Shanghai): the number at which its contacts hear
 * of it (ALR-2), and the number beyond which sends are refused (ALR-3). What day it is, is not decided here.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Decision from "../storage/Decision.ts"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref, Row } from "../storage/Kind.ts"
import * as ShanghaiDay from "../time/ShanghaiDay.ts"
import * as Alert from "./Alert.ts"

// ---------------------------------------------------------------------------------------------------------------------
// settings of an application
// ---------------------------------------------------------------------------------------------------------------------

const Sends = Schema.NonNegativeInt

/** `preset`: the alert is due when a day has more sends; `cap`: a day has no more sends. `null`: not set. */
export const Settings = Schema.Struct({ preset: Schema.NullOr(Sends), cap: Schema.NullOr(Sends) })
export type Settings = typeof Settings.Type

export const SettingsEvent = Schema.TaggedStruct("DailyVolumeSet", { settings: Settings, at: Schema.Int })
export type SettingsEvent = typeof SettingsEvent.Type

/** Nothing is set until somebody does. */
export const initialSettings: Settings = { preset: null, cap: null }

export const settingsKind: Kind<Settings, SettingsEvent> = {
  name: "dailyVolumeSettings",
  initial: initialSettings,
  evolve: (_, event) => event.settings,
  state: Settings,
  event: SettingsEvent,
  personal: Kinds.nothingPersonal,
  journaled: false,
  ephemeral: false,
  indexes: {}
}

export const ref = (accountId: string, applicationId: string): Ref<typeof settingsKind> =>
  Kinds.ref(settingsKind, accountId, applicationId)

/** Sets both numbers; setting what is set already changes nothing. */
export const set = (env: Env, state: Settings, settings: Settings): ReadonlyArray<SettingsEvent> =>
  state.preset === settings.preset && state.cap === settings.cap
    ? []
    : [{ _tag: "DailyVolumeSet", settings, at: env.now }]

// ---------------------------------------------------------------------------------------------------------------------
// one day of an application
// ---------------------------------------------------------------------------------------------------------------------

/** `alerted`: the contacts were told today. */
export const Day = Schema.Struct({ sends: Sends, alerted: Schema.Boolean })
export type Day = typeof Day.Type

export const DayEvent = Schema.TaggedStruct("SendCounted", { alerted: Schema.Boolean })
export type DayEvent = typeof DayEvent.Type

export const initialDay: Day = { sends: 0, alerted: false }

/** Goes a day after it is over. */
export const dayKind: Kind<Day, DayEvent> = {
  name: "dailyVolumeDay",
  initial: initialDay,
  evolve: (state, event) => ({ sends: state.sends + 1, alerted: state.alerted || event.alerted }),
  state: Day,
  event: DayEvent,
  personal: Kinds.nothingPersonal,
  journaled: false,
  ephemeral: true,
  indexes: {}
}

export const dayRef = (accountId: string, applicationId: string, day: ShanghaiDay.ShanghaiDay): Ref<typeof dayKind> =>
  Kinds.ref(dayKind, accountId, `${applicationId}/${day}`)

// ---------------------------------------------------------------------------------------------------------------------
// decisions
// ---------------------------------------------------------------------------------------------------------------------

export interface Env {
  /** Epoch milliseconds. */
  readonly now: number
}

/** The application has sent as much today as its cap allows (ALR-3). Tomorrow it may send again. */
export class DailyCapReached extends Schema.TaggedError<DailyCapReached>()("DailyCapReached", {
  cap: Schema.Int,
  untilAt: Schema.Int
}) {
  static readonly rule = "ALR-3" as const
  static readonly code = 1022
  static readonly transient = true
}

/** Counts one accepted send, and fires the alert at the first one beyond the preset, once a day (ALR-2). */
export const count = (
  env: Env,
  settings: Row<typeof settingsKind>,
  day: Row<typeof dayKind>
): Either.Either<Alert.Consequences, DailyCapReached> => {
  const { cap, preset } = settings.state
  const { alerted, sends } = day.state
  const today = ShanghaiDay.ofInstant(env.now)
  const endAt = ShanghaiDay.endAt(today)
  if (cap !== null && sends >= cap) return Either.left(new DailyCapReached({ cap, untilAt: endAt }))
  const exceeded = preset !== null && sends >= preset && !alerted
  const counted = Decision.change(day, [exceeded ? countedAndAlerted : counts], { expiresAt: endAt + dayMillis })
  if (!exceeded) return Either.right({ changes: [counted], work: [] })
  const applicationId = settings.ref.key
  const facts = { _tag: "DailyVolume", applicationId, day: today, sends: sends + 1, preset } as const
  const alertId = `daily-volume-${applicationId}-${today}`
  const fired = Alert.fire(env, { accountId: settings.ref.owner, alertId, facts })
  return Either.right({ changes: [counted, ...fired.changes], work: fired.work })
}

const dayMillis = 86_400_000
const counts: DayEvent = { _tag: "SendCounted", alerted: false }
const countedAndAlerted: DayEvent = { _tag: "SendCounted", alerted: true }
