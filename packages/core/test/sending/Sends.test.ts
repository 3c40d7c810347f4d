import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as Account from "../../src/account/Account.ts"
import * as Alert from "../../src/alert/Alert.ts"
import * as DailyVolume from "../../src/alert/DailyVolume.ts"
import * as LowBalance from "../../src/alert/LowBalance.ts"
import * as Balance from "../../src/balance/Balance.ts"
import { InvalidInput } from "../../src/InvalidInput.ts"
import * as Callee from "../../src/sending/Callee.ts"
import * as DisplayNumber from "../../src/sending/DisplayNumber.ts"
import * as FrequencyLimit from "../../src/sending/FrequencyLimit.ts"
import * as Idempotency from "../../src/sending/Idempotency.ts"
import * as ReceiptLog from "../../src/sending/ReceiptLog.ts"
import * as RefusedSend from "../../src/sending/RefusedSend.ts"
import * as Send from "../../src/sending/Send.ts"
import * as SendLimits from "../../src/sending/SendLimits.ts"
import type { Queue } from "../../src/storage/Decision.ts"
import type { Kind, Ref } from "../../src/storage/Kind.ts"
import * as Template from "../../src/template/Template.ts"
import * as TemplateBook from "../../src/template/TemplateBook.ts"
import * as VerificationCode from "../../src/sending/VerificationCode.ts"
import {
  accountId,
  applicationId,
  codeTemplate,
  grantMinutes,
  makeApplication,
  makeTemplate,
  makeWorld,
  morning,
  noticeTemplate,
  rentNumbers,
  type World
} from "./SendWorld.ts"

const right = <A>(either: Either.Either<A, unknown>): A => Either.getOrThrow(either)
const left = <E>(either: Either.Either<unknown, E>): E => Either.getOrThrow(Either.flip(either))

const ref = (sendId: string) => Send.ref(accountId, sendId)
const report = (world: World, sendId: string, one: Send.Report) => world.run(world.sends.record(ref(sendId), one))

/** Dials, answers and hangs up after so many milliseconds. */
const call = (world: World, sendId: string, millis: number) => {
  report(world, sendId, { _tag: "DialStarted", route: "a", at: world.time.now })
  report(world, sendId, { _tag: "Answered", at: world.time.now })
  world.pass(millis)
  return report(world, sendId, { _tag: "HungUp", at: world.time.now })
}

const due = (world: World, queue: Queue, now = Number.MAX_SAFE_INTEGER) =>
  world.run(world.queue.lease({ queue, now, limit: 100, leaseMillis: 1 })).map(({ key }) => key)

const total = (world: World) =>
  world.run(world.records.sum({ owner: accountId, fromHour: 0, untilHour: 1e9, by: "total" }))

describe("Sends.accept", () => {
  it("SND-6, SND-10: an accepted send has an id at once, minutes on hold, and lies in both queues", () => {
    const world = makeWorld()
    const accepted = right(world.notice())
    expect(accepted).toEqual({
      sendId: expect.stringMatching(/^[0-9a-f]{32}$/),
      acceptedAt: morning,
      display: "075512340001",
      holdMinutes: 1,
      ext: undefined,
      repeated: false
    })
    expect(world.balance()).toMatchObject({ available: 9_999, held: 1 })
    expect(due(world, "dial", morning)).toEqual([accepted.sendId])
    const { deadlineAt } = world.load(ref(accepted.sendId)).state.accepted
    expect(due(world, "reconcile", deadlineAt - 1)).toEqual([])
    expect(due(world, "reconcile", deadlineAt)).toEqual([accepted.sendId])
    expect(total(world)).toEqual([{ group: "", sends: 1, answered: 0, failed: 0, minutes: 0 }])
  })

  it("SND-1: a code is spoken one by one, with the lead-in of the default template", () => {
    const world = makeWorld()
    const { sendId } = right(world.code("13800138000", { code: "aB39" }))
    const { personal, state } = world.load(ref(sendId))
    expect(state.accepted).toMatchObject({ kind: "code", templateId: codeTemplate })
    expect(personal).toMatchObject({
      text: "您的验证码是：aB39",
      segments: [
        { _tag: "Text", text: "您的验证码是：" },
        { _tag: "Spell", text: "aB39" }
      ]
    })
  })

  it("SND-1: without an approved default template no code is sent; a template that is named will do", () => {
    const world = makeWorld()
    world.put(TemplateBook.ref(accountId, applicationId), [{ _tag: "ApprovalEnded", templateId: codeTemplate }])
    expect(left(world.code())).toEqual(new Template.TemplateNotUsable({ stage: "none" }))
    expect(Either.isRight(world.code("13800138000", { templateId: codeTemplate }))).toBe(true)
  })

  it("SND-1: a code is spoken with a verification template alone, whichever is named", () => {
    const world = makeWorld()
    makeTemplate(world, "100000003", "notification", "您的验证码是：{1}")
    makeTemplate(world, "100000004", "activity", "您的优惠码是：{1}")
    makeTemplate(world, "100000005", "code", "{1}，您的验证码是：{2}")
    makeTemplate(world, "100000006", "code", "您的验证码是：{1}", false)
    const refusal = (templateId: string) => left(world.code("13800138000", { templateId }))
    expect(refusal("100000003")).toEqual(new TemplateBook.NotACodeTemplate({ variables: 1 }))
    expect(refusal("100000004")).toEqual(new TemplateBook.NotACodeTemplate({ variables: 1 }))
    expect(refusal("100000005")).toEqual(new TemplateBook.NotACodeTemplate({ variables: 2 }))
    expect(refusal("100000006")).toEqual(new Template.TemplateNotUsable({ stage: "pending" }))
    const { items } = world.run(world.sends.refused(accountId, applicationId))
    expect(items.map(({ gate, refusal: tag }) => [gate, tag])).toContainEqual(["template", "NotACodeTemplate"])
    expect(JSON.stringify(items)).not.toContain("4321")
    expect(world.balance().held).toBe(0)
  })

  const spokenCodes: ReadonlyArray<readonly [string, ReadonlyArray<string>, object | undefined]> = [
    ["a code, and minutes of one digit", ["aB39", "5"], undefined],
    ["two digits are a code", ["5", "30"], undefined],
    ["twelve characters", ["1234567890ab", "5"], undefined],
    ["no code at all", ["4", "5"], { _tag: "BadVerificationCode", length: 1 }],
    ["a sentence for a code", ["请致电客服", "30"], { _tag: "BadVerificationCode", length: 5 }],
    ["a sentence for the minutes", ["4321", "请致电"], { _tag: "BadVerificationCode", length: 3 }],
    ["nothing for the minutes", ["4321", ""], { _tag: "BadVerificationCode", length: 0 }],
    ["thirteen characters", ["1234567890abc", "5"], { _tag: "BadVerificationCode", length: 13 }],
    ["digits of another script", ["４３２１", "5"], { _tag: "BadVerificationCode", length: 4 }],
    ["a value that is too long is that first", ["1".repeat(16), "5"], { _tag: "VariableTooLong", index: 1 }]
  ]

  it.each(spokenCodes)("SND-1: a verification template speaks codes, also with its parameters: %s", (_, params, no) => {
    const world = makeWorld()
    makeTemplate(world, "100000007", "code", "验证码{1}，{2}分钟内有效")
    const answer = world.notice("13800138000", { templateId: "100000007", params })
    if (no !== undefined) {
      expect(left(answer)).toMatchObject(no)
      expect(world.balance().held).toBe(0)
      return
    }
    const { sendId } = right(answer)
    call(world, sendId, 1)
    expect(world.load(ref(sendId)).personal?.text).toBe(
      `验证码${"*".repeat(params[0]!.length)}，${"*".repeat(params[1]!.length)}分钟内有效`
    )
  })

  const malformed: ReadonlyArray<readonly [string, object, ReadonlyArray<string>]> = [
    ["no template", { templateId: undefined }, ["templateId"]],
    ["a template's id of another form", { templateId: "1/2" }, ["templateId"]],
    ["parameters that are no texts", { params: [1] }, ["params"]],
    ["34 parameters", { params: Array(34).fill("") }, ["params"]],
    ["no number, and no plays", { to: 7, plays: 0 }, ["to", "plays"]],
    ["four plays", { plays: 4 }, ["plays"]],
    ["one and a half plays", { plays: 1.5 }, ["plays"]],
    ["an empty number to show", { display: "" }, ["display"]],
    ["an ext that is too long", { ext: "x".repeat(2_049) }, ["ext"]],
    ["an ext that no storage keeps", { ext: "\0" }, ["ext"]],
    ["half a character", { ext: "\ud800" }, ["ext"]],
    ["an empty key", { idempotencyKey: "" }, ["idempotencyKey"]],
    ["a key of 129 characters", { idempotencyKey: "k".repeat(129) }, ["idempotencyKey"]]
  ]

  it.each(malformed)("SND-3: %s is not a request", (_, more, fields) => {
    const world = makeWorld()
    const refusal = left(world.notice("13800138000", more))
    expect(refusal).toBeInstanceOf(InvalidInput)
    expect((refusal as InvalidInput).problems.map(({ field }) => field)).toEqual(fields)
    expect(world.balance().held).toBe(0)
  })

  it("SND-2, SND-1: the form comes before everything else", () => {
    const world = makeWorld({ numbers: [], minutes: 0 })
    expect(left(world.code("10086", { code: "1" }))).toEqual(new Callee.CalleeNotServed({ problem: "wrongLength" }))
    expect(left(world.code("13800138000", { code: "1" }))).toEqual(
      new VerificationCode.BadVerificationCode({ length: 1 })
    )
  })

  it("SND-5: as often as the caller says, else twice", () => {
    const world = makeWorld()
    const plays = (sendId: string) => world.load(ref(sendId)).state.accepted.plays
    expect(plays(right(world.notice()).sendId)).toBe(2)
    expect(plays(right(world.notice("13800138001", { plays: 3 })).sendId)).toBe(3)
  })

  it("SND-4: the number shown longest ago, over all applications of the account", () => {
    const world = makeWorld({ numbers: ["b", "a", "c"] })
    makeApplication(world, "1400000002")
    const shown = Array.from({ length: 4 }, (_, i) => right(world.notice(`1380013800${i}`)).display)
    expect(shown).toEqual(["a", "b", "c", "a"])
    expect(right(world.notice("13800138005", { display: "a" })).display).toBe("a")
    expect(right(world.notice("13800138006")).display).toBe("b")
    expect(left(world.notice("13800138007", { display: "x" }))).toMatchObject({ _tag: "NoNumberToShow", chosen: true })
  })

  it("SND-4: a number bought later is the one that was never shown", () => {
    const world = makeWorld({ numbers: ["b"] })
    right(world.notice("13800138000"))
    right(world.notice("13800138001"))
    rentNumbers(world, ["c"])
    expect(right(world.notice("13800138002")).display).toBe("c")
    expect(right(world.notice("13800138003")).display).toBe("b")
  })

  it("SND-8: a refused send costs nothing and counts for nothing", () => {
    const world = makeWorld()
    right(world.code())
    const before = world.balance()
    expect(left(world.code("+86 138 0013 8000"))).toMatchObject({ _tag: "TooFrequent", retryAfterMillis: 30_000 })
    expect(world.balance()).toEqual(before)
    expect(total(world)).toMatchObject([{ sends: 1 }])
    world.pass(30_000)
    expect(Either.isRight(world.code())).toBe(true)
  })

  it("SND-8: codes and notices do not count for each other, nor do applications", () => {
    const world = makeWorld()
    right(world.code())
    expect(Either.isRight(world.notice())).toBe(true)
    makeApplication(world, "1400000002")
    const other = Template.ref(accountId, "1400000002", "1")
    world.put(other, [
      ...right(
        Template.create({ now: 1 }, Template.initial, {
          applicationId: "1400000002",
          name: "x",
          content: "您的验证码是：{1}",
          note: "",
          kind: "code",
          variables: []
        })
      ),
      { _tag: "TemplateApproved", version: 1, at: 1 }
    ])
    const input = { templateId: "1", to: "13800138000", params: ["12"] }
    expect(world.run(world.sends.accept(accountId, "1400000002", input)).holdMinutes).toBe(1)
  })

  it("SND-8: what the minutes refuse is not counted as called, nor against the day's cap", () => {
    const world = makeWorld({ minutes: 0 })
    world.put(DailyVolume.ref(accountId, applicationId), [
      { _tag: "DailyVolumeSet", settings: { preset: null, cap: 1 }, at: 1 }
    ])
    expect(left(world.code())).toMatchObject({ _tag: "NoUsablePackage" })
    grantMinutes(world, 100)
    expect(Either.isRight(world.code())).toBe(true)
    expect(left(world.code("13800138001"))).toMatchObject({ _tag: "DailyCapReached", cap: 1 })
  })

  it("SND-8: limits are adjustable per application and kind", () => {
    const world = makeWorld()
    const limits: SendLimits.State = { code: [{ _tag: "NaturalDay", max: 2 }], notice: null, parameterMax: null }
    world.run(world.sends.setLimits(accountId, applicationId, limits))
    expect(world.run(world.sends.limits(accountId, applicationId))).toEqual(limits)
    expect([world.code(), world.code(), world.code()].map(Either.isRight)).toEqual([true, true, false])
    expect([world.notice(), world.notice()].map(Either.isRight)).toEqual([true, false])
    const bad = { ...limits, code: [{ _tag: "Window", millis: 5, max: 0 }] } as unknown as SendLimits.State
    expect(world.run(Effect.flip(world.sends.setLimits(accountId, applicationId, bad)))).toBeInstanceOf(InvalidInput)
    expect(world.run(Effect.flip(world.sends.setLimits(accountId, "ghost", limits)))._tag).toBe("UnknownApplication")
  })

  it("SND-8: the counts of one group outlive the shorter limits of the other", () => {
    const world = makeWorld()
    const limits: SendLimits.State = {
      code: [{ _tag: "Window", millis: 30_000, max: 1 }],
      notice: [{ _tag: "NaturalDay", max: 1 }],
      parameterMax: null
    }
    world.run(world.sends.setLimits(accountId, applicationId, limits))
    right(world.notice())
    right(world.code())
    world.pass(30_000)
    world.run(world.records.purge({ now: world.time.now, limit: 100 }))
    expect(left(world.notice())).toMatchObject({ _tag: "TooFrequent", group: "notice", counted: 1 })
    expect(Either.isRight(world.code())).toBe(true)
  })

  it("SND-11: ext comes back byte for byte", () => {
    const world = makeWorld()
    const ext = ' {"id": "é\u200d😀\t\\u0000"}\n'
    const { ext: answered, sendId } = right(world.code("13800138000", { ext }))
    expect(answered).toBe(ext)
    call(world, sendId, 1)
    const { items } = world.run(world.sends.receipts(accountId, applicationId))
    expect(items[0]!.ext).toBe(ext)
  })

  it("ALR-1, ALR-5: the hold that crosses the threshold fires the alert, once", () => {
    const world = makeWorld({ minutes: 5_001 })
    right(world.notice("13800138000"))
    expect(due(world, "alert")).toEqual([])
    right(world.notice("13800138001"))
    right(world.notice("13800138002"))
    expect(due(world, "alert")).toEqual(["low-balance-1"])
    expect(world.load(LowBalance.ref(accountId)).state.armed).toBe(false)
    expect(world.load(Alert.ref(accountId, "low-balance-1")).state).toMatchObject({
      facts: { available: 4_999, threshold: 5_000 }
    })
  })

  it("ALR-2: the first send beyond the preset fires the alert", () => {
    const world = makeWorld()
    const settings = { preset: 1, cap: null }
    world.put(DailyVolume.ref(accountId, applicationId), [{ _tag: "DailyVolumeSet", settings, at: 1 }])
    right(world.notice("13800138000"))
    expect(due(world, "alert")).toEqual([])
    right(world.notice("13800138001"))
    right(world.notice("13800138002"))
    expect(due(world, "alert")).toHaveLength(1)
  })
})

describe("Sends.accept, repeated", () => {
  const key = { idempotencyKey: "order-1" }

  it("SND-7: the first answer for 24 hours, and nobody is called twice", () => {
    const world = makeWorld()
    const first = right(world.code("13800138000", { ...key, ext: "e" }))
    world.pass(24 * 3_600_000 - 1)
    expect(right(world.code("138 0013 8000", { ...key, ext: "e" }))).toEqual({ ...first, repeated: true })
    expect(world.balance().held).toBe(1)
    expect(due(world, "dial")).toHaveLength(1)
    expect(total(world)).toMatchObject([{ sends: 1 }])
    world.pass(1)
    const anew = right(world.code("13800138000", { ...key, ext: "e" }))
    expect(anew.repeated).toBe(false)
    expect(anew.sendId).not.toBe(first.sendId)
  })

  it("SND-7: the first answer comes even if a gate was shut since", () => {
    const world = makeWorld({ minutes: 1 })
    const first = right(world.code("13800138000", key))
    expect(right(world.code("13800138000", key))).toEqual({ ...first, repeated: true })
  })

  it("SND-7: the same key with another body is refused, and explained", () => {
    const world = makeWorld()
    right(world.code("13800138000", key))
    expect(left(world.code("13800138001", key))).toEqual(new Idempotency.IdempotencyConflict({ acceptedAt: morning }))
    const { items } = world.run(world.sends.refused(accountId, applicationId))
    expect(items).toMatchObject([{ gate: "idempotency", refusal: "IdempotencyConflict", transient: true }])
  })

  it("SND-7: a refusal is not remembered", () => {
    const world = makeWorld({ minutes: 0 })
    expect(left(world.code("13800138000", key))).toMatchObject({ _tag: "NoUsablePackage" })
    grantMinutes(world, 10)
    expect(right(world.code("13800138000", key)).repeated).toBe(false)
  })

  it("SND-7: a code sent with the default template is repeated even if the default has changed", () => {
    const world = makeWorld()
    const first = right(world.code("13800138000", key))
    makeTemplate(world, "100000009", "code", "新的验证码：{1}")
    world.put(TemplateBook.ref(accountId, applicationId), [{ _tag: "DefaultCodeChosen", templateId: "100000009" }])
    expect(right(world.code("13800138000", key))).toEqual({ ...first, repeated: true })
  })
})

describe("Sends.record", () => {
  it("BAL-2, BAL-4: an answered call is paid out of its hold, the rest comes back", () => {
    const world = makeWorld()
    const { sendId } = right(
      world.notice("13800138000", { plays: 3, params: ["一二三四五六七八九十一二三四五", "1".repeat(15)] })
    )
    expect(world.balance().held).toBe(2)
    const recorded = call(world, sendId, 30_000)
    expect(recorded).toMatchObject({ recorded: true, ended: true, state: { stage: "completed", billedMinutes: 1 } })
    expect(world.balance()).toMatchObject({ available: 9_999, held: 0, spent: 1 })
    expect(recorded.state.paid).toMatchObject([{ packageId: "package-1", minutes: 1 }])
    expect(total(world)).toEqual([{ group: "", sends: 1, answered: 1, failed: 0, minutes: 1 }])
  })

  it("BAL-4: a call that nobody answers costs nothing", () => {
    const world = makeWorld()
    const { sendId } = right(world.notice())
    report(world, sendId, { _tag: "DialStarted", route: "a", at: world.time.now })
    report(world, sendId, { _tag: "Failed", at: world.time.now, failure: "noAnswer" })
    expect(world.balance()).toMatchObject({ available: 10_000, held: 0, spent: 0 })
    const byReason = world.run(world.records.sum({ owner: accountId, fromHour: 0, untilHour: 1e9, by: "reason" }))
    expect(byReason).toMatchObject([
      { group: "", sends: 1 },
      { group: "noAnswer", failed: 1, sends: 0 }
    ])
  })

  it("BAL-8: a call that outlasts its hold draws the rest, and what nobody can pay is an overrun", () => {
    const world = makeWorld({ minutes: 3 })
    const { sendId } = right(world.notice())
    const { state } = call(world, sendId, 299_000)
    expect(state).toMatchObject({ billedMinutes: 5, overrunMinutes: 2 })
    expect(world.balance()).toMatchObject({ available: 0, held: 0, spent: 3, overrun: 2 })
  })

  it("SND-6, SND-10: the end leaves the queues dial and reconcile, and enters callback, once", () => {
    const world = makeWorld()
    const { sendId } = right(world.notice())
    call(world, sendId, 1)
    expect([due(world, "dial"), due(world, "reconcile"), due(world, "callback")]).toEqual([[], [], [sendId]])
    const again = report(world, sendId, { _tag: "HungUp", at: world.time.now })
    expect(again).toMatchObject({ recorded: false, ended: false })
    const late = report(world, sendId, { _tag: "Failed", at: world.time.now, failure: "busy" })
    expect(late).toMatchObject({ recorded: false, ended: false, state: { stage: "completed" } })
    expect(world.balance().spent).toBe(1)
    expect(total(world)).toMatchObject([{ answered: 1, failed: 0 }])
  })

  it("SND-10: of two that would dial, one may", () => {
    const world = makeWorld()
    const { sendId } = right(world.notice())
    const dial = { _tag: "DialStarted", route: "a", at: world.time.now } as const
    expect(report(world, sendId, dial).recorded).toBe(true)
    expect(report(world, sendId, { ...dial, route: "b" }).recorded).toBe(false)
  })

  it("SND-6: a report about nothing is nothing", () => {
    const world = makeWorld()
    expect(report(world, "ghost", { _tag: "HungUp", at: 1 }).recorded).toBe(false)
    expect(world.load(ref("ghost")).version).toBe(0)
  })

  it("SND-1: the code is masked when the call ends, however it ends, unless the deployment keeps codes", () => {
    const texts = (keepCodes: boolean) => {
      const world = makeWorld({ policy: { keepCodes } })
      const answered = right(world.code("13800138000")).sendId
      const failed = right(world.code("13800138001")).sendId
      const notice = right(world.notice("13800138002")).sendId
      expect(world.load(ref(answered)).personal?.text).toContain("4321")
      call(world, answered, 1)
      report(world, failed, { _tag: "Failed", at: world.time.now, failure: "noRoute" })
      call(world, notice, 1)
      return [answered, failed, notice].map((id) => JSON.stringify(world.load(ref(id)).personal))
    }
    const [answered, failed, notice] = texts(false)
    expect(answered + failed!).not.toContain("4321")
    expect(answered).toContain("您的验证码是：****")
    expect(notice).toContain("12345")
    expect(texts(true).every((text) => /4321|12345/.test(text))).toBe(true)
  })

  it("ALR-1: minutes that come back arm the alert again", () => {
    const world = makeWorld({ minutes: 5_000 })
    const { sendId } = right(world.notice())
    expect(world.load(LowBalance.ref(accountId)).state.armed).toBe(false)
    report(world, sendId, { _tag: "Failed", at: world.time.now, failure: "busy" })
    expect(world.load(LowBalance.ref(accountId)).state.armed).toBe(true)
  })
})

describe("Sends, paid", () => {
  it("BAL-2, BAL-4: whatever is pressed and however long it lasts, the hold becomes started minutes, or nothing", () => {
    const pressed = FastCheck.array(FastCheck.constantFrom("1", "2", "#"), { maxLength: 6 })
    // Around whole minutes, up to the longest call.
    const talked = FastCheck.tuple(FastCheck.integer({ min: 0, max: 4 }), FastCheck.constantFrom(0, 1, 59_999, 60_000))
    const one = FastCheck.record({ answered: FastCheck.boolean(), code: FastCheck.boolean(), pressed, talked })
    FastCheck.assert(
      FastCheck.property(FastCheck.array(one, { minLength: 1, maxLength: 6 }), (calls) => {
        const world = makeWorld()
        let spent = 0
        calls.forEach(({ answered, code, pressed, talked: [minutes, more] }, i) => {
          const to = `1380013800${i}`
          const { holdMinutes, sendId } = right(code ? world.code(to) : world.notice(to))
          expect(world.balance()).toMatchObject({ held: holdMinutes, available: 10_000 - spent - holdMinutes })
          const tell = (report: Send.Report) => world.run(world.sends.record(ref(sendId), report))
          tell({ _tag: "DialStarted", route: "a", at: world.time.now })
          const millis = minutes * 60_000 + more
          if (answered) {
            tell({ _tag: "Answered", at: world.time.now })
            for (const key of pressed) tell({ _tag: "KeyPressed", at: world.time.now, key })
            world.pass(millis)
            tell({ _tag: "HungUp", at: world.time.now })
            spent += Math.max(1, Math.ceil(millis / 60_000))
          } else {
            world.pass(millis)
            tell({ _tag: "Failed", at: world.time.now, failure: "noAnswer" })
          }
          expect(world.balance()).toMatchObject({ held: 0, spent, available: 10_000 - spent })
          tell({ _tag: "HungUp", at: world.time.now })
          expect(world.balance()).toMatchObject({ held: 0, spent, available: 10_000 - spent })
        })
        expect(total(world)).toMatchObject([{ minutes: spent }])
      })
    )
  })
})

describe("Sends, told", () => {
  it("SND-6: a send is found by its application alone", () => {
    const world = makeWorld()
    const { sendId } = right(world.notice())
    expect(world.run(world.sends.get(accountId, applicationId, sendId)).state.stage).toBe("accepted")
    for (const [account, application, id] of [
      [accountId, "other", sendId],
      ["other", applicationId, sendId],
      [accountId, applicationId, "ghost"]
    ] as const)
      expect(world.run(Effect.flip(world.sends.get(account, application, id)))._tag).toBe("UnknownSend")
  })

  it("STA-3: the sends, the newest first, and those to one number however it is written", () => {
    const world = makeWorld()
    const ids = [0, 1, 2].map((i) => {
      world.pass(60_000)
      return right(world.notice(`1380013800${i % 2}`)).sendId
    })
    const list = (page?: object) =>
      world.run(world.sends.list(accountId, applicationId, page)).items.map(({ sendId }) => sendId)
    expect(list()).toEqual(ids.toReversed())
    expect(list({ to: "+86 138 0013 8000" })).toEqual([ids[2], ids[0]])
    expect(list({ from: morning + 120_000, until: morning + 180_000 })).toEqual([ids[1]])
    const first = world.run(world.sends.list(accountId, applicationId, { limit: 2 }))
    expect(list({ limit: 2, after: first.next })).toEqual([ids[0]])
  })

  it("CBK-1, STA-6: receipts are pulled by number, in the order of the ends", () => {
    const world = makeWorld()
    const [a, b, c] = [0, 1, 2].map((i) => right(world.notice(`1380013800${i}`)).sendId)
    call(world, b!, 1)
    const pull = (after?: number) => world.run(world.sends.receipts(accountId, applicationId, { after, limit: 2 }))
    const one = pull()
    expect(one.items.map(({ sendId }) => sendId)).toEqual([b])
    call(world, c!, 1)
    call(world, a!, 1)
    const two = pull(one.next)
    expect(two.items.map(({ sendId }) => sendId)).toEqual([c, a])
    expect(pull(two.next)).toEqual({ items: [], next: two.next })
  })

  it("SND-3: a refused attempt is explained, gate by gate", () => {
    const world = makeWorld({ minutes: 0 })
    const outcome = world.run(world.sends.attempt(accountId, applicationId, { to: "13800138000", code: "4321" }))
    if (outcome._tag !== "Refused") throw new Error("accepted without minutes")
    const told = world.run(world.sends.explain(accountId, applicationId, outcome.attemptId!))
    expect(told).toMatchObject({ _tag: "Refused", refusal: "NoUsablePackage", code: 1033, transient: true })
    expect(told.gates.map(({ verdict }) => verdict)).toEqual([...Array(10).fill("passed"), "failed"])
    expect(told.gates.at(-1)!.facts).toEqual({ needed: 1, notYetEffective: 0 })
    expect(JSON.stringify(told)).not.toMatch(/4321|138001/)
    expect(world.run(Effect.flip(world.sends.explain(accountId, "other", outcome.attemptId!)))._tag).toBe("UnknownSend")
  })

  it("SND-3: where refusals are not kept, none is", () => {
    const world = makeWorld({ minutes: 0, policy: { refusalsMillis: 0 } })
    const input = { to: "13800138000", code: "4321" }
    expect(world.run(world.sends.attempt(accountId, applicationId, input))).toMatchObject({ attemptId: undefined })
    expect(world.run(world.sends.refused(accountId, applicationId)).items).toEqual([])
  })

  it("SND-6, SND-9: a send is explained: gates, steps, routes, who paid, what came too late", () => {
    const world = makeWorld()
    const { sendId } = right(world.code())
    report(world, sendId, { _tag: "DialStarted", route: "a", at: world.time.now })
    report(world, sendId, { _tag: "RouteFailed", route: "a", at: world.time.now, detail: "503" })
    call(world, sendId, 61_000)
    report(world, sendId, { _tag: "Failed", at: world.time.now, failure: "busy" })
    const told = world.run(world.sends.explain(accountId, applicationId, sendId))
    if (told._tag !== "Accepted") throw new Error("not accepted")
    expect(told.gates.every(({ verdict }) => verdict === "passed")).toBe(true)
    expect(told.steps.map(({ stage }) => stage)).toEqual(["accepted", "dialling", "answered", "completed"])
    expect(told.routes).toMatchObject([{ route: "a", detail: "503" }, { route: "a" }])
    expect(told.payment).toMatchObject({
      held: [{ packageId: "package-1", minutes: 1 }],
      billedMinutes: 2,
      overrunMinutes: 0
    })
    expect(told.payment.paid.reduce((sum, { minutes }) => sum + minutes, 0)).toBe(2)
    expect(told.corrections).toMatchObject([{ report: "Failed", detail: "busy" }])
  })

  it("SND-3: a dry run tells all that is in the way, and changes nothing", () => {
    const world = makeWorld({ minutes: 0, numbers: [] })
    const input = { to: "13800138000", code: "4321", idempotencyKey: "k" }
    const check = () => world.run(world.sends.check(accountId, applicationId, input))
    const told = check()
    expect(told.allowed).toBe(false)
    expect(told.gates.filter(({ verdict }) => verdict === "failed").map(({ gate }) => gate)).toEqual([
      "number",
      "minutes"
    ])
    expect(told).toMatchObject({ text: "您的验证码是：4321", holdMinutes: 1 })
    rentNumbers(world, ["075512340001"])
    grantMinutes(world, 10)
    expect(check().allowed).toBe(true)
    expect([due(world, "dial"), total(world), world.balance().held]).toEqual([[], [], 0])
    const first = right(world.code("13800138000", { idempotencyKey: "k" }))
    expect(first.repeated).toBe(false)
    const other = { ...input, code: "9999" }
    const conflict = world.run(world.sends.check(accountId, applicationId, other))
    expect(conflict.gates[1]).toMatchObject({ gate: "idempotency", verdict: "failed" })
  })

  it("SND-6: each of a batch is answered by itself", () => {
    const world = makeWorld({ minutes: 2 })
    const to = (number: string) => ({ templateId: noticeTemplate, to: number, params: ["王", "1"] })
    const answers = world.run(
      world.sends.acceptBatch(accountId, applicationId, [
        to("13800138000"),
        to("nobody"),
        to("13800138000"),
        { to: "13800138001", code: "4321" },
        to("13800138002")
      ])
    )
    expect(answers.map(({ _tag }) => _tag)).toEqual(["Accepted", "Malformed", "Refused", "Accepted", "Refused"])
    expect(answers.map((answer) => ("refusal" in answer ? answer.refusal._tag : undefined))).toEqual([
      undefined,
      "CalleeNotServed",
      "TooFrequent",
      undefined,
      "NotEnoughMinutes"
    ])
    const many = Array.from({ length: 201 }, () => to("13800138000"))
    expect(world.run(Effect.flip(world.sends.acceptBatch(accountId, applicationId, many)))).toBeInstanceOf(InvalidInput)
  })

  it("ACC-1, ACC-2: a personal account, or one that has not activated, sends nothing", () => {
    const world = makeWorld()
    const sent = (id: string) =>
      world.run(Effect.flip(world.sends.acceptCode(id, applicationId, { to: "13800138000", code: "4321" })))
    expect(sent("nobody")).toEqual(new Account.NotEnterprise({ verification: "none" }))
    world.put(Account.ref("person"), [{ _tag: "AccountVerified", as: "personal", at: 1 }])
    expect(sent("person")).toEqual(new Account.NotEnterprise({ verification: "personal" }))
    world.put(Account.ref("new"), [{ _tag: "AccountVerified", as: "enterprise", at: 1 }])
    expect(sent("new")).toEqual(new Account.NotActivated())
  })

  it("SND-6: personal data is in personal rows alone, and goes at the end of its retention", () => {
    const world = makeWorld({ policy: { personalMillis: 1_000 } })
    const { sendId } = right(world.code("13800138000", { idempotencyKey: "k", ext: "geheim" }))
    left(world.code("13800138000"))
    call(world, sendId, 10)
    const view = world.run(world.sends.get(accountId, applicationId, sendId))
    const balance = world.run(world.journal.history(Balance.ref(accountId), { after: 0, limit: 100 }))
    const refused = world
      .run(world.sends.refused(accountId, applicationId))
      .items.map((one) => ({ ...one, callee: undefined }))
    const memory = world.load(Idempotency.ref(accountId, applicationId, "k"))
    expect(JSON.stringify([view.state, balance, refused, memory])).not.toMatch(/13800138000|4321|geheim/)
    world.pass(1_000)
    world.run(world.records.purge({ now: world.time.now, limit: 100 }))
    const later = world.run(world.sends.get(accountId, applicationId, sendId))
    expect(later.personal).toBeUndefined()
    expect(later.state).toEqual(view.state)
    expect(world.run(world.sends.list(accountId, applicationId, { to: "13800138000" })).items).toEqual([])
    expect(world.run(world.sends.receipts(accountId, applicationId)).items).toMatchObject([
      { sendId, callee: undefined }
    ])
  })

  it("SND-6, CBK-1: the keys pressed are told while the personal data is there, and are in no state", () => {
    const world = makeWorld({ policy: { personalMillis: 60_000 } })
    const { sendId } = right(world.code())
    report(world, sendId, { _tag: "DialStarted", route: "a", at: world.time.now })
    report(world, sendId, { _tag: "Answered", at: world.time.now })
    const press = (key: string) => report(world, sendId, { _tag: "KeyPressed", at: world.time.now, key })
    expect([press("8").recorded, press("8").recorded]).toEqual([true, false])
    world.pass(1_000)
    press("#")
    report(world, sendId, { _tag: "HungUp", at: world.time.now })
    expect(press("9").recorded).toBe(false)
    const receipt = () => world.run(world.sends.receipts(accountId, applicationId)).items[0]!
    expect(receipt().keys).toEqual([
      { at: morning, key: "8" },
      { at: morning + 1_000, key: "#" }
    ])
    const { personal, state } = world.load(ref(sendId))
    expect(personal?.text).toBe("您的验证码是：****")
    expect(state).toMatchObject({ keysPressed: 2, billedMinutes: 1, corrections: [{ report: "KeyPressed" }] })
    expect(JSON.stringify(state)).not.toContain('"key"')
    world.pass(60_000)
    world.run(world.records.purge({ now: world.time.now, limit: 100 }))
    expect(receipt().keys).toEqual([])
    expect(world.load(ref(sendId)).state.keysPressed).toBe(2)
  })

  it("SND-6: a key that is pressed when the personal data has gone is not kept", () => {
    const world = makeWorld({ policy: { personalMillis: 1_000 } })
    const { sendId } = right(world.notice())
    report(world, sendId, { _tag: "DialStarted", route: "a", at: world.time.now })
    world.pass(1_000)
    world.run(world.records.purge({ now: world.time.now, limit: 100 }))
    expect(report(world, sendId, { _tag: "KeyPressed", at: world.time.now, key: "8" }).recorded).toBe(false)
    expect(world.load(ref(sendId))).toMatchObject({ personal: undefined, state: { keysPressed: 0 } })
  })

  it("SND-7: what a request is told apart by is personal, and goes when the key is forgotten", () => {
    const world = makeWorld()
    right(world.code("13800138000", { idempotencyKey: "k" }))
    const memory = () => world.load(Idempotency.ref(accountId, applicationId, "k"))
    const { personal, state } = memory()
    expect(personal?.fingerprint).toMatch(/^[0-9a-z]+-[0-9a-z]+$/)
    expect(Object.keys(state ?? {})).toEqual(["answer"])
    expect(JSON.stringify(state)).not.toContain(personal!.fingerprint)
    world.pass(Idempotency.rememberedMillis)
    world.run(world.records.purge({ now: world.time.now, limit: 100 }))
    expect(memory()).toMatchObject({ state: null, personal: undefined })
  })

  it("SND-6, SND-7, SND-8: every kind of row survives being stored", () => {
    const world = makeWorld({ numbers: ["b", "a"] })
    const { sendId } = right(world.code("13800138000", { idempotencyKey: "k", ext: "e" }))
    left(world.code("13800138000"))
    report(world, sendId, { _tag: "KeyPressed", at: world.time.now, key: "1" })
    call(world, sendId, 61_000)
    const limits: SendLimits.State = { code: [{ _tag: "NaturalDay", max: 2 }], notice: null, parameterMax: 20 }
    world.run(world.sends.setLimits(accountId, applicationId, limits))
    const { attemptId } = world.run(world.sends.refused(accountId, applicationId)).items[0]!
    const survives = <K extends Kind.Any>(one: Ref<K>): void => {
      const { personal, state, version } = world.load(one)
      expect([one.kind.name, version > 0]).toEqual([one.kind.name, true])
      const again = <A, I>(schema: Schema.Schema<A, I>, value: A): A =>
        Schema.decodeUnknownSync(schema)(JSON.parse(JSON.stringify(Schema.encodeSync(schema)(value))))
      expect(again(one.kind.state, state)).toEqual(state)
      if (personal !== undefined) expect(again(one.kind.personal, personal)).toEqual(personal)
    }
    survives(ref(sendId))
    survives(RefusedSend.ref(accountId, attemptId))
    survives(Idempotency.ref(accountId, applicationId, "k"))
    survives(FrequencyLimit.ref(accountId, applicationId, "+8613800138000"))
    survives(SendLimits.ref(accountId, applicationId))
    survives(DisplayNumber.ref(accountId))
    survives(ReceiptLog.ref(accountId))
    survives(TemplateBook.ref(accountId, applicationId))
  })
})
