import { describe, expect, it } from "@effect/vitest"
import { Sends } from "@vsms/core/sending/Sends"
import { ReviewDesk } from "@vsms/core/qualification/ReviewDesk"
import * as PlainDecoder from "@vsms/core/testing/PlainDecoder"
import * as SoundFile from "@vsms/core/voicefile/SoundFile"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import * as World from "./World.ts"

const sound = PlainDecoder.wav(PlainDecoder.humming(21_000)) as Uint8Array<ArrayBuffer>
const fileId = SoundFile.idOf(sound, "wav")

const formOf = (bytes: Uint8Array<ArrayBuffer>, name?: string) => {
  const form = new FormData()
  form.set("sound", new Blob([bytes], { type: "image/png" }), "anything.exe")
  if (name !== undefined) form.set("name", name)
  return form
}

describe("voice files", () => {
  it.effect("VOF-1, VOF-3, VOF-4: uploaded, listened to, judged by an operator, and sent", () =>
    Effect.gen(function* () {
      const { applicationId, key: as, secret } = yield* World.tenant()
      const path = `/v1/applications/${applicationId}/voice-files`
      const made = yield* World.ask("POST", path, { as, form: formOf(sound, "开业通知") })
      expect([made.status, made.json.fileId, made.json.stage]).toEqual([201, fileId, "pending"])
      expect(made.json).not.toHaveProperty("soundId")
      expect((yield* World.ask("POST", path, { as: secret, form: formOf(sound) })).status).toBe(403)
      expect((yield* World.ask("GET", `${path}/${fileId}`, { as: secret })).json).toEqual(made.json)
      const heard = yield* World.ask("GET", `${path}/${fileId}/sound`, { as })
      expect([heard.status, heard.headers.get("content-type")]).toEqual([200, "audio/wav"])
      expect(heard.headers.get("x-content-type-options")).toBe("nosniff")

      const send = { to: "13800138000", fileId, plays: 3 }
      const sends = `/v1/applications/${applicationId}/sends`
      const early = yield* World.ask("POST", sends, { as: secret, body: send })
      expect([early.status, early.json.type]).toEqual([409, "urn:vsms:problem:VoiceFileNotUsable"])
      const told = (yield* World.ask("GET", `${sends}/${early.json.attemptId}/explanation`, { as })).json
      expect(told.gates.filter((one: any) => one.verdict !== "passed")[0]).toMatchObject({
        gate: "file",
        rule: "VOF-4"
      })

      const desk = "/v1/reviews/voice-files"
      const { items } = (yield* World.ask("GET", desk, { as: World.operator })).json
      expect(items).toHaveLength(1)
      const judged = `${desk}/${applicationId}/${fileId}`
      expect((yield* World.ask("GET", desk, { as })).status).toBe(403)
      expect((yield* World.ask("GET", `${judged}/sound`, { as: World.operator })).status).toBe(200)
      const outdated = { version: 2, verdict: { _tag: "Approve" } }
      expect((yield* World.ask("PUT", `${judged}/decision`, { as: World.operator, body: outdated })).status).toBe(409)
      const verdict = { version: 1, verdict: { _tag: "Approve" } }
      const approved = yield* World.ask("PUT", `${judged}/decision`, { as: World.operator, body: verdict })
      expect([approved.status, approved.json.stage]).toEqual([200, "approved"])

      const check = (yield* World.ask("POST", `${sends}/check`, { as: secret, body: send })).json
      // Three times 21 seconds, two pauses and the margin: two minutes.
      expect([check.allowed, check.text, check.holdMinutes]).toEqual([true, "开业通知", 2])
      const accepted = yield* World.ask("POST", sends, { as: secret, body: send })
      expect([accepted.status, accepted.json.holdMinutes]).toEqual([202, 2])
      const batch = { sends: [{ ...send, to: "13800138001" }] }
      expect((yield* World.ask("POST", `${sends}/batch`, { as: secret, body: batch })).json.answers[0]).toHaveProperty(
        "accepted"
      )
      yield* TestClock.adjust("3 minutes")
      const sent = (yield* World.ask("GET", `${sends}/${accepted.json.sendId}`, { as })).json
      expect(sent).toMatchObject({ stage: "completed", kind: "notification", fileId, templateId: "", text: "开业通知" })
      const receipts = (yield* World.ask("GET", `/v1/applications/${applicationId}/receipts`, { as })).json
      expect(receipts.items.map((one: any) => one.fileId)).toEqual([fileId, fileId])
      const figures = `/v1/applications/${applicationId}/statistics/templates/${fileId}?period=today`
      expect((yield* World.ask("GET", figures, { as })).json.total).toMatchObject({ sends: 2, answered: 2 })

      expect((yield* World.ask("DELETE", `${path}/${fileId}`, { as })).status).toBe(204)
      expect((yield* World.ask("GET", `${path}/${fileId}/sound`, { as })).status).toBe(404)
      expect((yield* World.ask("GET", path, { as })).json.items).toEqual([])
      const gone = { ...send, to: "13800138002" }
      expect((yield* World.ask("POST", sends, { as: secret, body: gone })).json.facts).toEqual({ stage: "deleted" })
      const audit = (yield* World.ask("GET", "/v1/accounts/@me/audit", { as })).json.items
      expect(audit.map((one: any) => one.operation)).toEqual(
        expect.arrayContaining(["voiceFiles.upload", "voiceFiles.remove"])
      )
      expect((yield* (yield* Sends).list("nobody", applicationId)).items).toEqual([])
    }).pipe(Effect.provide(manual))
  )

  it.effect("VOF-1: what is no sound is a problem with a name", () =>
    Effect.gen(function* () {
      const { applicationId, key: as } = yield* World.tenant()
      const path = `/v1/applications/${applicationId}/voice-files`
      const refused = (bytes: Uint8Array<ArrayBuffer>) =>
        Effect.map(World.ask("POST", path, { as, form: formOf(bytes) }), ({ json, status }) => [status, json.type])
      expect(yield* refused(new Uint8Array(3))).toEqual([422, "urn:vsms:problem:SoundNotTaken"])
      expect(yield* refused(new Uint8Array(410_000))).toEqual([413, "urn:vsms:problem:SoundTooLarge"])
      expect(yield* refused(new Uint8Array(600_000))).toEqual([413, "urn:vsms:problem:BodyTooLarge"])
      expect(yield* refused(sound.slice(0, 44))).toEqual([422, "urn:vsms:problem:SoundUnplayable"])
      const nameless = yield* World.ask("POST", path, { as, form: formOf(sound, "") })
      expect([nameless.status, nameless.json.facts.problems[0].field]).toEqual([422, "name"])
      expect((yield* World.ask("POST", path, { as, form: new FormData() })).status).toBe(422)
      expect((yield* World.ask("POST", path, { as, body: {} })).status).toBe(415)
    }).pipe(World.within())
  )
})

/** Templates and papers are approved, and files wait for somebody. */
const manual = Layer.suspend(() =>
  World.layer({
    desk: Layer.succeed(ReviewDesk, {
      review: ({ subject }) => Effect.succeed({ _tag: subject === "voiceFile" ? "Later" : "Approve" })
    })
  })
)
