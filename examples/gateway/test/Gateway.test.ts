/** The gateway as a newcomer meets it, in processes of its own. */
import { execFile } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs/promises"
import * as net from "node:net"
import * as path from "node:path"
import { promisify } from "node:util"
import { describe, expect, it, onTestFinished } from "vitest"
import { balance, GatewayProcess, newFolder, receipts } from "./support/GatewayProcess.ts"

/** Runs a command as it was printed. */
const paste = async (out: string, name: string): Promise<string> => {
  const command = new RegExp(`\\n# ${name}\\n([^]*?)\\n(?=\\n)`).exec(out)?.[1]
  expect(command, `a command for ${name}`).toBeDefined()
  return (await promisify(execFile)("bash", ["-c", command!])).stdout
}

describe("the gateway", () => {
  it("ONB-1, ONB-2: leads from nothing to a heard call; what it prints runs; a stop lets calls end; a restart finds all", async () => {
    const folder = await newFolder()
    const first = new GatewayProcess({ folder })
    await first.up()
    expect(first.err).toBe("")
    const known = await first.demo()
    expect(known).toEqual({
      baseUrl: first.address,
      operatorToken: expect.stringMatching(/^.{32,}$/),
      sdkAppId: expect.stringMatching(/^14\d{8}$/),
      appKey: expect.stringMatching(/^[0-9a-f]{32}$/),
      secretId: `AKID${known.sdkAppId}`,
      secretKey: known.appKey,
      templateId: expect.stringMatching(/^\d+$/),
      voiceNumber: expect.stringMatching(/^0755\d{8}$/)
    })
    expect((await fs.stat(path.join(folder, ".vsms/demo.json"))).mode & 0o777).toBe(0o600)
    expect(await (await fetch(`${known.baseUrl}/docs`)).text()).toContain("<html")

    // The call that it has placed was heard, told of, and billed.
    expect(first.out).toContain("用户已接听，播放语音")
    expect(first.out).toContain("回调已送达，签名正确")
    const [heard] = await first.recordings()
    const wav = await fs.readFile(path.join(folder, ".vsms/recordings", heard!))
    const speech = wav.subarray(wav.indexOf("data") + 8)
    // Silence is 0xd5 in A-law; speech is mostly something else.
    expect(speech.filter((byte) => (byte & 0x7f) !== 0x55).length / speech.length).toBeGreaterThan(0.3)

    const answers = [
      JSON.parse(await paste(first.out, "curl")).sendId,
      JSON.parse(await paste(first.out, "qcloudsms_js")).callid,
      JSON.parse(await paste(first.out, "tencentcloud-sdk-nodejs")).SendStatus.CallId
    ]
    expect(answers).toEqual(Array.from({ length: 3 }, () => expect.stringMatching(/^[0-9a-f]{32}$/)))
    const callId = path.basename(heard!, ".wav")
    expect(JSON.parse(await paste(first.out, "receipts")).items[0]).toMatchObject({
      sendId: callId,
      result: "answered"
    })
    expect(JSON.parse(await paste(first.out, "callbacks")).received[0]).toEqual({
      type: "send.completed",
      data: { callId, result: "answered", billedMinutes: 1 }
    })

    // Three calls are in progress, or about to be: a stop lets them end.
    expect(await first.stop()).toBe(0)
    const placed = await first.recordings()

    const second = new GatewayProcess({ folder, env: { VSMS_DRAIN_SECONDS: "30" } })
    await second.up()
    const again = await second.demo()
    expect(again).toEqual({ ...known, baseUrl: second.address })
    expect(second.out).not.toContain("已受理")
    const all = await receipts(again, 4)
    expect(all.map(({ result }) => result)).toEqual(["answered", "answered", "answered", "answered"])
    expect(all.map(({ sendId }) => sendId)).toEqual(expect.arrayContaining(answers))
    for (const file of placed) expect(all.map(({ sendId }) => `${sendId}.wav`)).toContain(file)
    expect(await balance(again)).toMatchObject({ available: 9_996, held: 0, spent: 4 })

    // It says that it wants no more before it goes; a second signal ends it at once.
    second.signal("SIGTERM")
    await second.says("正在停止")
    await expect.poll(async () => (await fetch(`${second.address}/ready`)).status, { timeout: 10_000 }).toBe(503)
    second.signal("SIGTERM")
    expect(await second.end()).toBe(143)
  }, 300_000)

  it("--empty: serves without the demo, to whoever has the operator's token", async () => {
    const folder = await newFolder()
    const gateway = new GatewayProcess({ folder, args: ["--empty"] })
    await gateway.up()
    const token = (await fs.readFile(path.join(folder, ".vsms/operator-token"), "utf8")).trim()
    expect(gateway.out).toContain(".vsms/operator-token")
    expect(gateway.out + gateway.err).not.toContain(token)
    const asked = (key: string) =>
      fetch(`${gateway.address}/v1/operator-tokens`, { headers: { authorization: `Bearer ${key}` } })
    expect((await asked(token)).status).toBe(200)
    expect((await asked(`${token.slice(0, -1)}!`)).status).toBe(401)
    expect((await fetch(`${gateway.address}/demo/callbacks`)).status).toBe(404)
    await expect(fs.stat(path.join(folder, ".vsms/demo.json"))).rejects.toThrow("ENOENT")
    expect(await gateway.stop()).toBe(0)

    // A store that is served has no story of its own, and gets none.
    const once = new GatewayProcess({ folder, args: ["--once"] })
    expect(await once.end()).toBe(1)
    expect(once.err).toContain("no demo account")
  }, 240_000)

  it("a port that is taken is told of, by the names of the variables", async () => {
    const taken = net.createServer().listen(0, "127.0.0.1")
    onTestFinished(() => void taken.close())
    await once(taken, "listening")
    const env = { PORT: String((taken.address() as net.AddressInfo).port) }
    const gateway = new GatewayProcess({ folder: await newFolder(), args: ["--empty"], env })
    expect(await gateway.end()).toBe(1)
    expect(gateway.err).toMatch(/无法监听端口：.*EADDRINUSE.*\n {2}cannot listen: .*PORT and HOST/)
  }, 120_000)
})
