/** Runs with long times between them: terms end meanwhile, and what was to be done then is done late. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import { expect, it, onTestFinished } from "vitest"
import * as Journey from "../../src/story/Journey.ts"
import * as Platform from "../../src/story/StoryPlatform.ts"
import * as QuickClock from "../../src/story/QuickClock.ts"
import * as Receiver from "../../src/story/Receiver.ts"

const day = 86_400_000

/** A run, `days` from today. */
const run = (folder: string, days: number, phone: string) => {
  const wall = Clock.make()
  const later = { ...wall, unsafeCurrentTimeMillis: () => wall.unsafeCurrentTimeMillis() + days * day }
  const clock = QuickClock.make(20, later)
  const said: Array<string> = []
  const options = { once: true, empty: false, text: "您的验证码是：{1}", code: "3842", phone, speed: 20 }
  return Effect.gen(function* () {
    const say = Journey.sayTo((line) => void said.push(line))
    const receiver = yield* Receiver.start
    const tenant = yield* Journey.open(options, folder, receiver, say)
    const result = yield* Journey.send(tenant, { ...options, patient: true }, folder, receiver, say)
    return { result, said: said.join("\n"), at: clock.now() }
  }).pipe(
    Effect.scoped,
    Effect.provide(Platform.layer({ folder, url: undefined }, clock)),
    Effect.provide(Layer.mergeAll(Layer.setClock(clock.clock), Logger.remove(Logger.defaultLogger))),
    Effect.runPromise
  )
}

it("NUM-5, PKG-7: after months another number is rented, after years minutes are bought anew, and it goes on", async () => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "vsms-later-"))
  onTestFinished(() => fs.rm(folder, { recursive: true, force: true }))
  const first = await run(folder, 0, "13800138000")
  expect(first.result).toMatchObject({ state: "completed", balanceMinutes: 9_999, earlierCalls: 0 })

  const months = await run(folder, 70, "13800138000")
  expect(months.result).toMatchObject({ state: "completed", balanceMinutes: 9_998, earlierCalls: 1 })
  // Nobody was there to renew the number in time: it was let go, and nobody gets it back so soon.
  expect(months.said).toContain("已购买语音号码 075500000002")
  expect(months.said).toContain("已有：套餐包，可用余额 9999 分钟")

  const years = await run(folder, 1_500, "13800138000")
  expect(years.result).toMatchObject({ state: "completed", balanceMinutes: 9_999, earlierCalls: 2 })
  expect(years.said).toContain("已购买 1 万分钟套餐包")

  // The wall's clock may be wrong, and set right again: the story goes on from where it was.
  const back = await run(folder, 0, "13800138000")
  expect(back.result).toMatchObject({ state: "completed", balanceMinutes: 9_998, earlierCalls: 3 })
  expect(back.at).toBeGreaterThan(years.at)
}, 240_000)
