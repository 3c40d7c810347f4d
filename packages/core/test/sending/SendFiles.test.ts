import { describe, expect, it } from "vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as CallbackFormat from "../../src/callback/CallbackFormat.ts"
import { InvalidInput } from "../../src/InvalidInput.ts"
import * as FrequencyLimit from "../../src/sending/FrequencyLimit.ts"
import * as Idempotency from "../../src/sending/Idempotency.ts"
import * as Send from "../../src/sending/Send.ts"
import * as CallRecord from "../../src/statistics/CallRecord.ts"
import * as VoiceFile from "../../src/voicefile/VoiceFile.ts"
import { accountId, applicationId, makeFile, makeWorld, noticeTemplate, type World } from "./SendWorld.ts"

const left = <E>(either: Either.Either<unknown, E>): E => Either.getOrThrow(Either.flip(either))
const right = <A>(either: Either.Either<A, unknown>): A => Either.getOrThrow(either)

const other = `${"1".repeat(40)}.mp3`
const unknown = `${"2".repeat(40)}.mp3`

const play = (world: World, fileId: string, more: object = {}) =>
  world.run(Effect.either(world.sends.acceptFile(accountId, applicationId, { to: "13800138000", fileId, ...more })))

const call = (world: World, sendId: string, millis: number) => {
  const record = (report: Send.Report) => world.run(world.sends.record(Send.ref(accountId, sendId), report))
  record({ _tag: "DialStarted", route: "a", at: world.time.now })
  record({ _tag: "Answered", at: world.time.now })
  world.pass(millis)
  return record({ _tag: "HungUp", at: world.time.now })
}

describe("Sends that play a file", () => {
  it("VOF-4: is accepted as a notification, with the hold of its true length, and told like one", () => {
    const world = makeWorld()
    const fileId = makeFile(world, { durationMillis: 50_000 })
    const accepted = right(play(world, fileId, { plays: 3, ext: "e" }))
    expect(accepted).toMatchObject({ holdMinutes: 3, ext: "e", repeated: false })
    const { personal, state } = world.run(world.sends.get(accountId, applicationId, accepted.sendId))
    expect(state.accepted).toMatchObject({ kind: "notification", templateId: "", fileId, plays: 3 })
    expect(personal).toMatchObject({ text: "开业通知", segments: [], ext: "e" })
    expect(world.balance()).toMatchObject({ available: 9_997, held: 3 })
    call(world, accepted.sendId, 61_000)
    expect(world.balance()).toMatchObject({ available: 9_998, held: 0, spent: 2 })

    const [receipt] = world.run(world.sends.receipts(accountId, applicationId)).items
    expect(receipt).toMatchObject({
      kind: "notification",
      templateId: "",
      fileId,
      result: "answered",
      billedMinutes: 2
    })
    const [{ body }] = CallbackFormat.native.render(receipt!) as [CallbackFormat.Message]
    expect(JSON.parse(body).data).toMatchObject({ fileId, templateId: "", kind: "notification", ext: "e" })
    expect(CallRecord.of(world.load(Send.ref(accountId, accepted.sendId))).content).toBe("开业通知")
  })

  it("VOF-4, STA-7: figures by file equal a recount of the records", () => {
    const world = makeWorld()
    const [first, second] = [
      makeFile(world, { durationMillis: 1_000 }),
      makeFile(world, { durationMillis: 1_000, fileId: other })
    ]
    const sends = [first, first, second].map((fileId, i) => right(play(world, fileId, { to: `1380013800${i}` })))
    for (const { sendId } of sends) call(world, sendId, 1_000)
    right(world.notice("13800138009"))
    const by = (templateId: string) =>
      world.run(world.records.sum({ owner: accountId, templateId, fromHour: 0, untilHour: 1e9, by: "total" }))
    expect(
      [first, second, noticeTemplate].map((id) =>
        by(id).map(({ answered, minutes, sends }) => [sends, answered, minutes])
      )
    ).toEqual([[[2, 2, 2]], [[1, 1, 1]], [[1, 0, 0]]])
  })

  it("VOF-4: only an approved file of that application; a refused attempt is explained, and costs nothing", () => {
    const world = makeWorld()
    const fileId = makeFile(world, { durationMillis: 1_000 })
    for (const bad of ["", "1", unknown.toUpperCase(), "../x", `${unknown}\0`])
      expect(left(play(world, bad))).toBeInstanceOf(InvalidInput)
    expect(left(play(world, unknown))).toEqual(new VoiceFile.VoiceFileNotUsable({ stage: "none" }))
    world.put(VoiceFile.ref(accountId, applicationId, fileId), [{ _tag: "VoiceFileDeleted", at: world.time.now }])
    expect(left(play(world, fileId))).toEqual(new VoiceFile.VoiceFileNotUsable({ stage: "deleted" }))
    const [refused] = world.run(world.sends.refused(accountId, applicationId)).items
    expect(refused).toMatchObject({ gate: "file", code: 1014, transient: true, templateId: "", fileId })
    const told = world.run(world.sends.explain(accountId, applicationId, refused!.attemptId))
    expect(told.gates.map(({ gate }) => gate)).not.toContain("template")
    expect(told.gates.find(({ gate }) => gate === "file")).toEqual({
      gate: "file",
      rule: "VOF-4",
      verdict: "failed",
      facts: { stage: "deleted" }
    })
    expect(world.balance()).toMatchObject({ available: 10_000, held: 0 })
    expect(right(world.notice())).toMatchObject({ repeated: false })
  })

  it("VOF-4, SND-8: counts with the notifications to the same number", () => {
    const world = makeWorld()
    const fileId = makeFile(world, { durationMillis: 1_000 })
    right(world.notice())
    expect(left(play(world, fileId))).toBeInstanceOf(FrequencyLimit.TooFrequent)
    right(world.code())
    world.pass(31_000)
    right(play(world, fileId))
    expect(left(world.notice())).toBeInstanceOf(FrequencyLimit.TooFrequent)
  })

  it("VOF-4, SND-7: repeated under its key it is answered as before; with another file it is refused", () => {
    const world = makeWorld()
    const fileId = makeFile(world, { durationMillis: 1_000 })
    makeFile(world, { durationMillis: 1_000, fileId: other })
    const first = right(play(world, fileId, { idempotencyKey: "k" }))
    expect(right(play(world, fileId, { idempotencyKey: "k" }))).toEqual({ ...first, repeated: true })
    expect(left(play(world, other, { idempotencyKey: "k" }))).toBeInstanceOf(Idempotency.IdempotencyConflict)
    expect(left(world.notice("13800138000", { idempotencyKey: "k" }))).toBeInstanceOf(Idempotency.IdempotencyConflict)
    expect(world.run(world.sends.list(accountId, applicationId)).items).toHaveLength(1)
  })

  it("VOF-4, SND-6: a send is explained, and a dry run changes nothing", () => {
    const world = makeWorld()
    const fileId = makeFile(world, { durationMillis: 61_000 })
    const input = { to: "13800138000", fileId, plays: 1 }
    const check = world.run(world.sends.check(accountId, applicationId, input))
    expect(check).toMatchObject({ allowed: true, text: "开业通知", segments: [], holdMinutes: 2 })
    expect(world.balance()).toMatchObject({ available: 10_000 })
    const dry = world.run(world.sends.check(accountId, applicationId, { ...input, fileId: unknown }))
    expect(dry.gates.filter(({ verdict }) => verdict !== "passed").map(({ gate }) => gate)).toEqual(["file", "minutes"])
    const { sendId } = right(play(world, fileId, { plays: 1 }))
    const told = world.run(world.sends.explain(accountId, applicationId, sendId))
    expect(
      told.gates.map(({ facts, gate }) => [gate, facts]).filter(([gate]) => gate === "file" || gate === "minutes")
    ).toEqual([
      ["file", { version: 1 }],
      ["minutes", { needed: 2, available: 10_000, speechMillis: 61_000 }]
    ])
  })
})
