import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Alert from "../../src/alert/Alert.ts"
import * as DailyVolume from "../../src/alert/DailyVolume.ts"
import * as Refusal from "../../src/Refusal.ts"
import * as Kinds from "../../src/storage/Kind.ts"
import * as ShanghaiDay from "../../src/time/ShanghaiDay.ts"

const now = Date.parse("2026-11-23T10:00:00+08:00")
const today = ShanghaiDay.ofInstant(now)

const settingsOf = (settings: Partial<DailyVolume.Settings>) => ({
  ...Kinds.fresh(DailyVolume.ref("account", "application")),
  state: { ...DailyVolume.initialSettings, ...settings }
})

const dayOf = (state: Partial<DailyVolume.Day> = {}) => ({
  ...Kinds.fresh(DailyVolume.dayRef("account", "application", today)),
  state: { ...DailyVolume.initialDay, ...state }
})

/** Sends so many, and answers at which ones alerts fired and which were refused. */
const sendAll = (settings: Partial<DailyVolume.Settings>, sends: number) => {
  let day = dayOf()
  const alerts: Array<number> = []
  const refused: Array<number> = []
  for (let i = 1; i <= sends; i++) {
    const counted = DailyVolume.count({ now }, settingsOf(settings), day)
    if (Either.isLeft(counted)) {
      refused.push(i)
      continue
    }
    for (const { ref, state } of counted.right.changes) if (ref.kind === DailyVolume.dayKind) day = { ...day, state }
    if (counted.right.work.length > 0) alerts.push(i)
  }
  return { alerts, refused, sends: day.state.sends }
}

describe("the daily volume", () => {
  it("ALR-2: contacts hear of the send after the preset number, once that day", () => {
    expect(sendAll({ preset: 3 }, 10)).toEqual({ alerts: [4], refused: [], sends: 10 })
    expect(sendAll({ preset: 0 }, 3).alerts).toEqual([1])
    expect(sendAll({}, 50)).toEqual({ alerts: [], refused: [], sends: 50 })
  })

  it("ALR-3: beyond the cap sends are refused, and not counted", () => {
    expect(sendAll({ cap: 5 }, 8)).toEqual({ alerts: [], refused: [6, 7, 8], sends: 5 })
    expect(sendAll({ cap: 0 }, 1)).toEqual({ alerts: [], refused: [1], sends: 0 })
    expect(sendAll({ preset: 5, cap: 5 }, 8)).toEqual({ alerts: [], refused: [6, 7, 8], sends: 5 })
    expect(sendAll({ preset: 4, cap: 5 }, 8).alerts).toEqual([5])
  })

  it("ALR-3: the refusal says the cap and when sends are possible again", () => {
    const counted = DailyVolume.count({ now }, settingsOf({ cap: 2 }), dayOf({ sends: 2 }))
    const refusal = new DailyVolume.DailyCapReached({ cap: 2, untilAt: Date.parse("2026-11-24T00:00:00+08:00") })
    expect(counted).toEqual(Either.left(refusal))
    const { code, rule, transient } = Refusal.describe(refusal)!
    expect({ code, rule, transient }).toEqual({ code: 1022, rule: "ALR-3", transient: true })
  })

  it("ALR-2: the alert is named by application and day, and says how many", () => {
    const { changes, work } = Either.getOrThrow(
      DailyVolume.count({ now }, settingsOf({ preset: 2 }), dayOf({ sends: 2 }))
    )
    const alert = Alert.ref("account", `daily-volume-application-${today}`)
    expect(changes[1]?.ref).toEqual(alert)
    expect(changes[1]?.state.facts).toEqual({
      _tag: "DailyVolume",
      applicationId: "application",
      day: today,
      sends: 3,
      preset: 2
    })
    expect(work).toEqual([{ _tag: "Enqueue", queue: "alert", owner: "account", key: alert.key, dueAt: now }])
  })

  it("ALR-2: a preset that is lowered below what was sent fires at the next send; a raised one fires no second time", () => {
    const count = (preset: number, day: Partial<DailyVolume.Day>) =>
      Either.getOrThrow(DailyVolume.count({ now }, settingsOf({ preset }), dayOf(day))).work.length
    expect(count(50, { sends: 100 })).toBe(1)
    expect(count(50, { sends: 100, alerted: true })).toBe(0)
    expect(count(200, { sends: 200, alerted: true })).toBe(0)
  })

  it("ALR-2: the day is a natural day in Shanghai, and its count goes a day after it", () => {
    const last = Date.parse("2026-11-23T23:59:59.999+08:00")
    const midnight = last + 1
    const keyAt = (at: number) => DailyVolume.dayRef("account", "application", ShanghaiDay.ofInstant(at)).key
    expect(keyAt(now)).toBe(keyAt(last))
    expect(keyAt(midnight)).not.toBe(keyAt(last))
    const { changes } = Either.getOrThrow(DailyVolume.count({ now: last }, settingsOf({}), dayOf()))
    expect(changes[0]?.expiresAt).toBe(Date.parse("2026-11-25T00:00:00+08:00"))
  })

  it("ALR-2, ALR-3: any preset and cap: alerts and refusals are exactly where they belong", () => {
    const limit = FastCheck.option(FastCheck.nat(20))
    FastCheck.assert(
      FastCheck.property(limit, limit, FastCheck.nat(30), (preset, cap, wanted) => {
        const { alerts, refused, sends } = sendAll({ preset, cap }, wanted)
        const accepted = Math.min(wanted, cap ?? wanted)
        expect(sends).toBe(accepted)
        expect(refused).toHaveLength(wanted - accepted)
        expect(alerts).toEqual(preset !== null && accepted > preset ? [preset + 1] : [])
      })
    )
  })

  it("ALR-3: setting what is set already changes nothing", () => {
    const settings = { preset: 3, cap: null }
    const [event, ...others] = DailyVolume.set({ now }, DailyVolume.initialSettings, settings)
    expect([event?.settings, others]).toEqual([settings, []])
    expect(DailyVolume.set({ now }, settings, { preset: 3, cap: null })).toEqual([])
  })
})
