import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { execFile } from "node:child_process"
import * as fs from "node:fs/promises"
import { createRequire } from "node:module"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href

let folder = ""
beforeAll(async () => void (folder = await fs.mkdtemp(path.join(os.tmpdir(), "vsms-quickstart-"))))
afterAll(() => fs.rm(folder, { recursive: true, force: true }))

/** Runs the quick start as `npm start` does, in a folder of its own. */
const start = (...args: ReadonlyArray<string>) =>
  new Promise<{ readonly code: number; readonly out: string; readonly err: string }>((resolve) => {
    const node = ["--conditions=@vsms/source", "--import", tsx, main, "--once", "--speed", "20", ...args]
    const child = execFile(process.execPath, node, { cwd: folder, encoding: "utf8" }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err })
    )
    child.stdin?.end()
  })

const lastLine = (out: string) => JSON.parse(out.trimEnd().split("\n").at(-1)!)

describe("quick start", () => {
  it("ONB-1: a code is spoken, heard, billed and told; the last line is JSON, the recording real speech", async () => {
    const { code, err, out } = await start()
    expect(code, err).toBe(0)
    const result = lastLine(out)
    expect(result).toEqual({
      call: expect.stringMatching(/^[0-9a-f]{32}$/),
      state: "completed",
      billedMinutes: 1,
      balanceMinutes: 9_999,
      audio: `.vsms/recordings/${result.call}.wav`
    })
    for (const step of [
      "实名认证",
      "开通",
      "资质审核通过",
      "测试语音短信",
      "语音号码",
      "已通过",
      "套餐包",
      "五分钟",
      "接听",
      "计费 1 分钟",
      "签名正确",
      "成功率 100.00%"
    ]) {
      expect(out).toContain(step)
    }
    expect(out).not.toContain("3842")
    const wav = await fs.readFile(path.join(folder, result.audio))
    // RIFF, format 6 (A-law), one channel, 8,000 samples a second of one byte.
    expect([wav.toString("latin1", 0, 4), wav.readUInt16LE(20), wav.readUInt16LE(22), wav.readUInt32LE(24)]).toEqual([
      "RIFF",
      6,
      1,
      8_000
    ])
    const heard = wav.subarray(wav.indexOf("data") + 8)
    const seconds = heard.length / 8_000
    expect(seconds).toBeGreaterThan(5)
    expect(seconds).toBeLessThan(30)
    // Silence is 0xd5; speech is mostly something else.
    const spoken = heard.filter((byte) => (byte & 0x7f) !== 0x55).length / heard.length
    expect(spoken).toBeGreaterThan(0.3)
  }, 120_000)

  it.each([
    ["CalleeNotServed", ["--phone", "12345"]],
    ["BadVerificationCode", ["--code", "a!"]],
    ["OnlyVariables", ["--text", "{1}"]],
    ["ParameterCount", ["--code", "38,42"]]
  ])(
    "ONB-1: bad input gets the refusal of the rules: %s",
    async (refusal, args) => {
      const { code, err, out } = await start(...args)
      expect(code).toBe(1)
      expect(err).toContain(refusal)
      expect(err + out).not.toContain("12345")
    },
    60_000
  )

  it("SND-6: a phone that is busy costs nothing, and the reason is told", async () => {
    const { code, out } = await start("--phone", "13800130002")
    expect(code).toBe(0)
    expect(out).toContain("用户正忙")
    expect(lastLine(out)).toEqual({
      call: expect.any(String),
      state: "failed",
      billedMinutes: 0,
      balanceMinutes: 10_000
    })
  }, 120_000)
})
