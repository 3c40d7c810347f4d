/** Runs with long times between them: terms end meanwhile, and what was to be done then is done late. */
import * as PgliteFolder from "@vsms/adapter-postgres/place/PgliteFolder"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Logger from "effect/Logger"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import { expect, it, onTestFinished } from "vitest"
import * as Platform from "../../src/Platform.ts"
import * as Settings from "../../src/Settings.ts"
import * as Story from "../../src/story/Story.ts"
import * as StoryTime from "../../src/story/StoryTime.ts"

const day = 86_400_000

/** A run, `days` from today. */
const run = async (folder: string, days: number, phone: string) => {
  const real = Clock.make()
  const unsafeCurrentTimeMillis = () => real.unsafeCurrentTimeMillis() + days * day
  const currentTimeMillis = Effect.sync(unsafeCurrentTimeMillis)
  const wall: Clock.Clock = Object.assign(Object.create(real), { unsafeCurrentTimeMillis, currentTimeMillis })
  const said: Array<string> = []
  const options = { once: true, empty: false, text: "您的验证码是：{1}", code: "3842", phone, speed: 20 }
  const settings = Either.getOrThrow(Settings.read({ VSMS_DATA: folder }))
  const until = StoryTime.standing.pipe(
    Effect.provide(Platform.storage),
    Effect.provide(PgliteFolder.layer({ folder })),
    Effect.map((standing) => (standing._tag === "Story" ? standing.until : 0))
  )
  return Story.once(options, settings, (line) => void said.push(line), wall).pipe(
    Effect.zipRight(until),
    Effect.map((until) => ({ result: JSON.parse(said.at(-1)!), said: said.join("\n"), until })),
    Effect.provide(Logger.remove(Logger.defaultLogger)),
    Effect.runPromise
  )
}

it("NUM-5, PKG-7: after months another number is rented, after years minutes are bought anew, and it goes on", async () => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "vsms-later-"))
  onTestFinished(() => fs.rm(folder, { recursive: true, force: true }))
  const first = await run(folder, 0, "13800138000")
  expect(first.result).toMatchObject({ state: "completed", balanceMinutes: 9_999, earlierCalls: 0 })
  // It has days to itself before it comes to where gateways serve.
  expect(first.until).toBeLessThan(Date.now() - 6 * day)

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
  expect(back.until).toBeGreaterThan(years.until)
}, 240_000)
