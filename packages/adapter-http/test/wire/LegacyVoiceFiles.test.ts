import * as Crypto from "node:crypto"
import { describe, expect, it } from "@effect/vitest"
import * as VendorCallback from "@vsms/adapter-http/wire/VendorCallback"
import { AuditLog } from "@vsms/adapter-http/auth/AuditLog"
import { Callbacks } from "@vsms/core/callback/Callbacks"
import { Sends } from "@vsms/core/sending/Sends"
import * as PlainDecoder from "@vsms/core/testing/PlainDecoder"
import { VoiceFiles } from "@vsms/core/voicefile/VoiceFiles"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as Wire from "./Wire.ts"

const sound = PlainDecoder.wav(PlainDecoder.humming(3_000)) as Uint8Array<ArrayBuffer>
const sha1 = (bytes: Uint8Array) => Crypto.createHash("sha1").update(bytes).digest("hex")

interface Upload {
  readonly random?: string
  readonly signed?: string
  readonly authorization?: string | undefined
}

/** Uploads as the vendor's documents say: signed in a header, with the digest of what is sent. */
const upload = (tenant: Wire.Tenant, bytes: Uint8Array<ArrayBuffer>, { random = "5", signed, ...how }: Upload = {}) =>
  Effect.gen(function* () {
    const time = Math.floor((yield* Clock.currentTimeMillis) / 1_000)
    const hash = signed ?? sha1(bytes)
    const sig = Wire.sha256(`appkey=${tenant.appKey}&random=${random}&time=${time}&content-sha1=${hash}`)
    const { authorization = sig } = how
    const path = `/v5/tlsvoicesvr/uploadvoicefile?sdkappid=${tenant.applicationId}&random=${random}&time=${time}`
    return yield* Wire.post(path, bytes, { "content-type": "audio/wav", "x-content-sha1": hash, authorization })
  })

const status = (tenant: Wire.Tenant, fid: string) =>
  Effect.gen(function* () {
    const time = Math.floor((yield* Clock.currentTimeMillis) / 1_000)
    const sig = Wire.sha256(`appkey=${tenant.appKey}&random=7226249334&time=${time}&fid=${fid}`)
    return yield* Wire.legacy(tenant, "tlsvoicesvr/statusvoicefile", { fid }, { sig })
  })

const send = (tenant: Wire.Tenant, fid: string, mobile = "13800138000", random = "1") =>
  Wire.legacy(tenant, "tlsvoicesvr/sendfvoice", { tel: Wire.tel(mobile), fid, playtimes: 3, ext: "e" }, { random })

describe("voice files of the older wire", () => {
  it.effect("VOF-1 to VOF-5, CBK-1: uploaded, reviewed, sent, told of, and deleted", () =>
    Effect.gen(function* () {
      let reviewing = false
      const received: Array<any> = []
      yield* Effect.gen(function* () {
        reviewing = true
        const tenant = yield* Wire.tenant()
        reviewing = false
        const { accountId, applicationId } = tenant
        const hook = { url: "https://shop.example/hook", format: "tencent" }
        yield* (yield* Callbacks).addEndpoint(accountId, applicationId, hook)
        const fid = `${sha1(sound)}.wav`
        expect(yield* status(tenant, fid)).toMatchObject({ result: 0, status: 3 })
        const answer = yield* upload(tenant, sound)
        expect(answer).toMatchObject({ result: 0, errmsg: "OK", fid })
        expect(yield* upload(tenant, sound, { random: "6" })).toEqual(answer)
        expect(yield* status(tenant, fid)).toMatchObject({ result: 0, errmsg: "OK", status: 0 })
        expect((yield* send(tenant, fid)).result).toBe(1014)
        reviewing = true
        yield* TestClock.adjust("1 minute")
        expect((yield* status(tenant, fid)).status).toBe(1)
        const { callid, ext, result } = yield* send(tenant, fid, "13800138000", "2")
        expect([result, ext]).toEqual([0, "e"])
        yield* TestClock.adjust("2 minutes")
        const { personal, state } = yield* (yield* Sends).get(accountId, applicationId, callid)
        expect([state.stage, state.accepted.plays, state.accepted.fileId, personal?.text]).toEqual([
          "completed",
          3,
          fid,
          fid
        ])
        expect(received).toHaveLength(1)
        expect(received[0].voiceprompt_callback).toMatchObject({ result: "0", callid, mobile: "13800138000", fee: "1" })
        yield* (yield* VoiceFiles).remove(accountId, applicationId, fid)
        expect((yield* status(tenant, fid)).status).toBe(3)
        expect((yield* send(tenant, fid, "13800138001")).result).toBe(1014)
        // A rejected one is told so.
        const files = yield* VoiceFiles
        reviewing = false
        yield* upload(tenant, sound, { random: "7" })
        const verdict = { _tag: "Reject", reason: "含营销内容" } as const
        yield* files.decide(accountId, applicationId, fid, { version: 2, verdict })
        expect((yield* status(tenant, fid)).status).toBe(2)
        const entries = yield* (yield* AuditLog).list(accountId, { limit: 10 })
        expect(entries.items.filter(({ operation }) => operation === "wire.uploadvoicefile")).toHaveLength(3)
      }).pipe(
        Effect.provide(AuditLog.layer),
        Wire.within({
          reviewing: () => reviewing,
          callbacks: { formats: [VendorCallback.format] },
          receiver: ({ body }) => {
            received.push(JSON.parse(body))
            return Effect.succeed({ _tag: "Status", status: 200, retryAfterMillis: undefined })
          }
        })
      )
    })
  )

  it.effect("VOF-1: what is no sound, or too much of it, is refused; so is what is not signed as it is", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      const ask = (bytes: Uint8Array<ArrayBuffer>, how?: Upload) =>
        Effect.map(upload(tenant, bytes, how), (it) => it.result)
      expect(yield* ask(new TextEncoder().encode("RIFF"))).toBe(1004)
      expect(yield* ask(new Uint8Array(400 * 1024 + 1))).toBe(1004)
      expect(yield* ask(PlainDecoder.wav({ sampleRate: 8_000, samples: new Int16Array(800) }) as typeof sound)).toBe(
        1004
      )
      expect(yield* ask(sound, { signed: sha1(new Uint8Array()) })).toBe(1001)
      expect(yield* ask(sound, { authorization: "" })).toBe(1003)
      expect(yield* ask(sound, { authorization: "0".repeat(64) })).toBe(1001)
      expect((yield* Wire.legacy(tenant, "tlsvoicesvr/statusvoicefile", { fid: "f.wav" })).result).toBe(1001)
      expect(yield* status(tenant, "f\0/../x")).toMatchObject({ result: 0, status: 3 })
      expect((yield* send(tenant, "f.wav")).result).toBe(1004)
      const { items } = yield* (yield* VoiceFiles).list(tenant.accountId, tenant.applicationId)
      expect(items).toEqual([])
    }).pipe(Wire.within())
  )

  it.effect("VOF-4: another application's file is not there", () =>
    Effect.gen(function* () {
      const alice = yield* Wire.tenant()
      const bob = yield* Wire.tenant({ number: "000002" })
      const { fid } = yield* upload(alice, sound)
      yield* TestClock.adjust("1 second")
      expect((yield* status(alice, fid)).status).toBe(1)
      expect((yield* status(bob, fid)).status).toBe(3)
      expect((yield* send(bob, fid)).result).toBe(1014)
    }).pipe(Wire.within())
  )
})
