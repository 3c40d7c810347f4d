/** Two gateways on one PostgreSQL: they share the load, and are restarted one after the other without a loss. */
import { describe, expect, it } from "vitest"
import { ask, balance, GatewayProcess, newDatabase, newFolder, receipts } from "./support/GatewayProcess.ts"

/** A phone that answers and hangs up after half a second. */
const phone = (i: number): string => `13${80_000 + i}0008`

describe("two gateways on one database", () => {
  it("SND-6, BAL-6: share the load; a rolling restart loses no send, and dials none twice", async () => {
    const url = await newDatabase()
    // Few lines, so that one gateway cannot take all that comes at once.
    const routes = [{ id: "simulated", trunk: "simulated", maxConcurrent: 40, callsPerSecond: 200 }]
    const env = {
      VSMS_DATABASE_URL: url,
      SPEECH_ENGINES: "tone",
      VSMS_ROUTES: JSON.stringify(routes),
      VSMS_RECORDINGS: "1000"
    }
    const folders = [await newFolder(), await newFolder()] as const
    const start = (which: 0 | 1) => new GatewayProcess({ folder: folders[which], env })

    // Both find an empty database: one of them makes the demo, the other waits and finds it.
    let first = start(0)
    const second = start(1)
    await Promise.all([first.up(), second.up()])
    const told = [first, second].filter(({ out }) => out.includes("已购买 1 万分钟套餐包"))
    expect(told).toHaveLength(1)
    let at = await first.demo()
    const beside = await second.demo()
    expect(beside).toMatchObject({ sdkAppId: at.sdkAppId, appKey: at.appKey, templateId: at.templateId })
    const before = (await receipts(at, 1)).length

    const sent: Array<string> = []
    const send = async (count: number, to: typeof at) => {
      const sending = Array.from({ length: count }, (_, i) =>
        ask(to, "sends", { to: phone(sent.length + i), code: "3842" })
      )
      for (const { sendId } of await Promise.all(sending)) sent.push(sendId)
    }

    // Given to one, carried out by both.
    await send(200, at)
    await receipts(at, before + 200)
    for (const { length } of [await first.recordings(), await second.recordings()]) expect(length).toBeGreaterThan(5)

    await send(30, at)
    const stopping = first.stop()
    await send(30, beside)
    expect(await stopping).toBe(0)
    first = start(0)
    await send(30, beside)
    await first.up()
    at = await first.demo()
    const stopped = second.stop()
    await send(30, at)
    expect(await stopped).toBe(0)

    const all = await receipts(at, before + sent.length)
    expect(all).toHaveLength(before + sent.length)
    const mine = all.filter(({ sendId }) => sent.includes(sendId))
    expect(new Set(mine.map(({ sendId }) => sendId)).size).toBe(sent.length)
    expect(mine.filter(({ result }) => result !== "answered")).toEqual([])
    expect(await balance(at)).toMatchObject({ held: 0, spent: all.length, available: 10_000 - all.length })
    // A phone that rang twice would have left its recording with both.
    const recordings = [...(await first.recordings()), ...(await second.recordings())]
    expect(new Set(recordings).size).toBe(recordings.length)
    expect(await first.stop()).toBe(0)
    expect(first.err + second.err).not.toContain("level=ERROR")
  }, 400_000)
})
