/**
 * The whole chain, all of it real: a gateway as `npm start` runs it is asked over HTTP to send a code; it holds minutes,
 * speaks, and calls over SIP a softphone that others have written; that one records what it hears; the gateway bills,
 * tells a web server of the customer's, and counts.
 */
import { spawn } from "node:child_process"
import { createHmac } from "node:crypto"
import * as fs from "node:fs"
import * as http from "node:http"
import { createRequire } from "node:module"
import type { AddressInfo } from "node:net"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import * as TelephoneAudio from "@vsms/adapter-tts/audio/TelephoneAudio"
import * as EspeakSpeech from "@vsms/adapter-tts/espeak/EspeakSpeech"
import { SpeechSynthesizer } from "@vsms/core/dispatch/SpeechSynthesizer"
import { TelephoneCodec } from "@vsms/core/dispatch/TelephoneCodec"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { expect, it, onTestFinished } from "vitest"
import * as Baresip from "../../packages/adapter-telephony/test/sip/peers/Baresip.ts"
import { missing } from "../debian/Debian.ts"
import { found, samplesOf } from "../../packages/adapter-telephony/test/sip/peers/Recording.ts"

const why = missing(Baresip.programs)

const main = fileURLToPath(new URL("../../examples/gateway/src/main.ts", import.meta.url))
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href

/** A gateway in a folder of its own, whose one route is a trunk; comes back when it is up. */
const gateway = async (trunk: string) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-chain-"))
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }))
  const child = spawn(process.execPath, ["--conditions=@vsms/source", "--import", tsx, main], {
    cwd: folder,
    env: { ...process.env, PORT: "0", VSMS_SIP_TRUNK: trunk },
    stdio: ["ignore", "pipe", "pipe"]
  })
  onTestFinished(() => void child.kill("SIGKILL"))
  let said = ""
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said += text.toString()))
  await new Promise<void>((resolve, reject) => {
    child.on("exit", () => reject(new Error(`the gateway has ended: ${said.slice(-2_000)}`)))
    child.stdout.on("data", () => (said.includes("Ctrl-C") ? resolve() : undefined))
  })
  return JSON.parse(fs.readFileSync(path.join(folder, ".vsms", "demo.json"), "utf8")) as {
    readonly baseUrl: string
    readonly sdkAppId: string
    readonly appKey: string
    readonly operatorToken: string
    readonly voiceNumber: string
  }
}

interface Received {
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}

/** A web server of the customer's, which takes what comes. */
const receiver = async () => {
  const received: Array<Received> = []
  const server = http.createServer((request, response) => {
    let body = ""
    request.on("data", (text: Buffer) => (body += text.toString()))
    request.on("end", () => {
      received.push({ headers: request.headers, body })
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`, received }
}

/** As a receiver checks it who knows Standard Webhooks, and nothing of us. */
const isSigned = (secret: string, { body, headers }: Received): boolean => {
  const signed = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64")
  const expected = `v1,${createHmac("sha256", key).update(signed).digest("base64")}`
  return String(headers["webhook-signature"]).split(" ").includes(expected)
}

/** What the gateway's engine makes of the demo's text. */
const speech = (code: string) =>
  Effect.gen(function* () {
    const samples = yield* (yield* SpeechSynthesizer).synthesize({
      language: "zh-CN",
      segments: [
        { _tag: "Text", text: "您的验证码是：" },
        { _tag: "Spell", text: code }
      ]
    })
    return yield* (yield* TelephoneCodec).encode(samples, "alaw")
  }).pipe(Effect.provide(Layer.merge(EspeakSpeech.layer(), TelephoneAudio.layer)), Effect.scoped, Effect.runPromise)

it("SND-1, SND-5, BAL-2, BAL-4, CBK-2, STA-1: asked for over HTTP, a code is heard at a telephone, billed, told and counted", async ({
  skip
}) => {
  if (why !== undefined) return skip(why)
  const code = "7093"
  const phone = await Baresip.start({ number: "+8613800138000" })
  onTestFinished(() => phone.close())
  const known = await gateway(`sip:127.0.0.1:${phone.port}`)
  const ask = async (resource: string, authorization: string, body?: unknown): Promise<any> => {
    const response = await fetch(`${known.baseUrl}${resource}`, {
      headers: { authorization, "content-type": "application/json" },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) })
    })
    const answer = await response.json()
    if (!response.ok) throw new Error(`${resource}: ${JSON.stringify(answer)}`)
    return answer
  }
  const operator = `Bearer ${known.operatorToken}`
  const key = `Basic ${Buffer.from(`${known.sdkAppId}:${known.appKey}`).toString("base64")}`
  const mine = (resource: string, body?: unknown) => ask(`/v1/applications/${known.sdkAppId}/${resource}`, key, body)
  const balance = () => ask("/v1/accounts/quickstart/balance", operator)

  const customer = await receiver()
  const endpoints = `/v1/applications/${known.sdkAppId}/callback-endpoints`
  const { secret } = await ask(endpoints, operator, { url: customer.url })
  const before = await balance()
  const { sendId } = await mine("sends", { to: "13800138000", code })

  // While the telephone is spoken to, what the call may cost is on hold.
  const up = await phone.event("CALL_ESTABLISHED")
  const held = await balance()
  expect([held.held, held.available]).toEqual([before.held + 1, before.available - 1])
  const over = await phone.event("CALL_CLOSED")

  // Heard twice, sample for sample, and no code of anybody else.
  const [recording] = phone.recordings()
  const expected = samplesOf(await speech(code))
  const first = found(recording!, expected)
  expect(first).toBeGreaterThanOrEqual(0)
  expect(found(recording!, expected, first + expected.length)).toBeGreaterThan(first + expected.length)
  expect(found(recording!, samplesOf(await speech("7094")))).toBe(-1)

  for (;;) {
    const one = customer.received.find(({ body }) => JSON.parse(body).data.callId === sendId)
    if (one !== undefined) {
      expect(isSigned(secret, one)).toBe(true)
      expect(isSigned("whsec_AAAA", one)).toBe(false)
      expect(JSON.parse(one.body).data).toMatchObject({ result: "answered", billedMinutes: 1 })
      break
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  expect(Math.ceil((over.at - up.at) / 60_000)).toBe(1)
  const after = await balance()
  expect([after.held, after.available, after.spent]).toEqual([0, before.available - 1, before.spent + 1])
  const { total } = await mine("statistics/overview?period=today")
  expect(total).toMatchObject({ sends: 1, answered: 1, failed: 0, minutes: 1 })
}, 240_000)
