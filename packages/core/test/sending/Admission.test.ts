import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Account from "../../src/account/Account.ts"
import * as Application from "../../src/account/Application.ts"
import * as DailyVolume from "../../src/alert/DailyVolume.ts"
import * as Balance from "../../src/balance/Balance.ts"
import * as Attempt from "../../src/dispatch/Attempt.ts"
import * as Minutes from "../../src/money/Minutes.ts"
import * as Admission from "../../src/sending/Admission.ts"
import * as DisplayNumber from "../../src/sending/DisplayNumber.ts"
import * as FrequencyLimit from "../../src/sending/FrequencyLimit.ts"
import * as Gate from "../../src/sending/Gate.ts"
import * as Send from "../../src/sending/Send.ts"
import * as SendLimits from "../../src/sending/SendLimits.ts"
import * as SendPolicy from "../../src/sending/SendPolicy.ts"
import * as SpeechLength from "../../src/sending/SpeechLength.ts"
import * as VerificationCode from "../../src/sending/VerificationCode.ts"
import * as Kinds from "../../src/storage/Kind.ts"
import * as Rendering from "../../src/template/Rendering.ts"
import * as Template from "../../src/template/Template.ts"
import * as TemplateBook from "../../src/template/TemplateBook.ts"
import * as TemplateText from "../../src/template/TemplateText.ts"
import * as ShanghaiDay from "../../src/time/ShanghaiDay.ts"
import * as VoiceFile from "../../src/voicefile/VoiceFile.ts"

const now = Date.UTC(2026, 10, 23, 2)
const today = ShanghaiDay.ofInstant(now)
const env: Admission.Env = { now, policy: SendPolicy.standard, plan: undefined }

const request: Admission.Request = {
  sendId: "send",
  applicationId: "app",
  templateId: "1",
  callee: "+8613800138000",
  params: ["4321"],
  plays: 2,
  display: undefined,
  ext: undefined
}

const enterprise: Account.State = { verification: "enterprise", openedAt: 1, activatedAt: 2 }
const content = Either.getOrThrow(TemplateText.parse("您的验证码是：{1}"))
const template: Template.State = { ...Template.initial, ...content, stage: "approved", kind: "code", version: 3 }
const number = {
  number: "0755",
  region: "深圳",
  since: 0,
  expiresAt: now + 1,
  autoRenew: false,
  terms: 1,
  renewal: { orders: 0, failures: 0 }
}
const granted = Balance.grant({ now }, Balance.initial, {
  orderId: "order",
  packages: [
    {
      packageId: "p",
      kind: "custom",
      minutes: Minutes.make(10),
      purchasedAt: now - 9,
      effectiveAt: now - 8,
      expiresAt: now + 999_999
    }
  ]
}).reduce(Balance.evolve, Balance.initial)

const open: Admission.Books = {
  account: enterprise,
  application: { ...Application.initial, exists: true },
  template,
  limits: SendLimits.initial,
  holdings: { held: [number], reserved: [] },
  shown: DisplayNumber.initial,
  called: FrequencyLimit.initial,
  volume: { ...Kinds.fresh(DailyVolume.ref("acc", "app")), state: { preset: null, cap: 5 } },
  day: Kinds.fresh(DailyVolume.dayRef("acc", "app", today)),
  balance: granted
}

const withSends = (sends: number): Partial<Admission.Books> => ({
  day: { ...open.day, state: { sends, alerted: false } }
})

/** The gates in the rulebook's order: how each is shut, and what it says then. */
const gates: ReadonlyArray<readonly [Gate.GateId, Partial<Admission.Books>, Admission.Refusal]> = [
  [
    "enterprise",
    { account: { ...enterprise, verification: "personal" } },
    new Account.NotEnterprise({ verification: "personal" })
  ],
  ["activated", { account: { verification: "enterprise" } }, new Account.NotActivated()],
  ["application", { application: { ...open.application, status: "disabled" } }, new Application.ApplicationDisabled()],
  ["template", { template: { ...template, stage: "rejected" } }, new Template.TemplateNotUsable({ stage: "rejected" })],
  [
    "parameters",
    { limits: { ...SendLimits.initial, parameterMax: 3 } },
    new Rendering.VariableTooLong({ index: 1, length: 4, limit: 3 })
  ],
  [
    "number",
    { holdings: { held: [{ ...number, expiresAt: now }], reserved: [] } },
    new DisplayNumber.NoNumberToShow({ chosen: false, held: 0 })
  ],
  [
    "frequency",
    { called: { code: [now - 1], notice: [] } },
    new FrequencyLimit.TooFrequent({
      group: "code",
      limit: { _tag: "Window", millis: 30_000, max: 1 },
      counted: 1,
      retryAfterMillis: 29_999
    })
  ],
  ["dailyCap", withSends(5), new DailyVolume.DailyCapReached({ cap: 5, untilAt: ShanghaiDay.endAt(today) })],
  [
    "minutes",
    { balance: Balance.initial },
    new Balance.NoUsablePackage({ needed: Minutes.make(1), notYetEffective: Minutes.zero })
  ]
]

const admit = (books: Partial<Admission.Books>) => Admission.admit(env, request, { ...open, ...books })
const shut = (from: number): Partial<Admission.Books> =>
  // The account has two gates: the earlier one shuts last.
  gates
    .slice(from)
    .toReversed()
    .reduce((books, [, more]) => ({ ...books, ...more }), {})

const file: VoiceFile.State = {
  ...VoiceFile.initial,
  stage: "approved",
  name: "开业通知",
  durationMillis: 45_000,
  version: 1
}
/** What a notification to the same number leaves behind. */
const noticed = { code: [], notice: [now - 1] }

/** The same as of a text, but for what is shut in the place of the template, and the group of the limits. */
const fileGates: typeof gates = gates.flatMap((one): typeof gates => {
  const [gate, books, refusal] = one
  if (gate === "parameters") return []
  if (gate === "template")
    return [["file", { file: { ...file, stage: "deleted" } }, new VoiceFile.VoiceFileNotUsable({ stage: "deleted" })]]
  // Twice 45 seconds.
  if (refusal._tag === "NoUsablePackage")
    return [[gate, books, new Balance.NoUsablePackage({ ...refusal, needed: Minutes.make(2) })]]
  if (gate !== "frequency" || refusal._tag !== "TooFrequent") return [[gate, books, refusal]]
  return [[gate, { called: noticed }, new FrequencyLimit.TooFrequent({ ...refusal, group: "notice" })]]
})

const admitFile = (books: Partial<Admission.Books>) =>
  Admission.admit(
    env,
    { ...request, templateId: "", asCode: false, params: [] },
    { ...open, template: Template.initial, file, ...books }
  )

describe("Admission of a file", () => {
  it.each(fileGates)("SND-3, VOF-4: %s is shut", (gate, books, refusal) => {
    expect(Either.getOrThrow(Either.flip(admitFile(books)))).toMatchObject({ gate, refusal })
  })

  it("SND-3, VOF-4: the first gate that is shut is the answer", () => {
    for (let i = 0; i < fileGates.length; i++) {
      const books = fileGates.slice(i).toReversed()
      const shut = books.reduce<Partial<Admission.Books>>((all, [, more]) => ({ ...all, ...more }), {})
      expect(Either.getOrThrow(Either.flip(admitFile(shut))).gate).toBe(fileGates[i]![0])
    }
  })

  it("VOF-4: only an approved file of the application passes", () => {
    for (const stage of ["none", "pending", "rejected", "deleted"] as const) {
      const refused = Either.getOrThrow(Either.flip(admitFile({ file: { ...file, stage } })))
      expect(refused.refusal).toEqual(new VoiceFile.VoiceFileNotUsable({ stage }))
    }
  })

  it("VOF-4, BAL-4: the hold is that of its true length, so often, with pauses and margin", () => {
    const admitted = Either.getOrThrow(admitFile({}))
    // Twice 45 seconds, a pause and the margin: 96 seconds.
    expect(admitted.held.hold.minutes).toBe(2)
    expect(admitted.sight).toMatchObject({ fileVersion: 1, speechMillis: 45_000, holdMinutes: 2 })
    expect(admitted.rendered).toEqual({ text: "开业通知", segments: [], length: 0 })
  })

  it("VOF-4: a dry run asks every gate, also of a file that still waits", () => {
    const inspected = Admission.inspect(env, request, { ...open, file: { ...file, stage: "pending" } })
    expect(inspected.gates.map(({ gate, refusal }) => [gate, refusal?._tag])).toEqual(
      fileGates.map(([gate]) => [gate, gate === "file" ? "VoiceFileNotUsable" : undefined])
    )
    const unknown = Admission.inspect(env, request, { ...open, file: VoiceFile.initial })
    expect(unknown.gates.find(({ gate }) => gate === "minutes")?.refusal).toBeNull()
  })

  it("VOF-1, VOF-4: whatever is taken for a file is played at least once in the call that it pays for", () => {
    const policies = FastCheck.record({
      // Whole minutes leave no room for the hang-up but what the rule leaves.
      longestCallMillis: FastCheck.oneof(
        FastCheck.integer({ min: 10_000, max: 600_000 }),
        FastCheck.integer({ min: 1, max: 10 }).map((minutes) => minutes * 60_000)
      ),
      pauseBetweenPlaysMillis: FastCheck.integer({ min: 0, max: 5_000 }),
      holdMarginMillis: FastCheck.integer({ min: 1_000, max: 20_000 })
    })
    FastCheck.assert(
      FastCheck.property(
        policies,
        FastCheck.integer({ min: 1, max: 3 }),
        FastCheck.oneof(FastCheck.nat(1_000), FastCheck.constant(1_000)),
        (policy, plays, part) => {
          const longest = SpeechLength.longestPlayMillis(policy)
          const speechMillis = Math.max(1, Math.floor((longest * part) / 1_000))
          const minutes = SpeechLength.holdMinutes(policy, speechMillis, plays)
          const accepted: Send.Accepted = {
            ...Send.initial.accepted,
            plays,
            longestCallMillis: policy.longestCallMillis,
            hold: { minutes, parts: [] }
          }
          expect(Attempt.plays(accepted, speechMillis, policy.pauseBetweenPlaysMillis)).toBeGreaterThan(0)
        }
      )
    )
  })
})

describe("Admission", () => {
  it.each(gates)("SND-3: %s is shut", (gate, books, refusal) => {
    expect(Either.getOrThrow(Either.flip(admit(books)))).toMatchObject({ gate, refusal })
  })

  it.each(gates.map(([gate, , refusal], i) => [gate, i, refusal] as const))(
    "SND-3: with all gates from %s on shut, that one answers",
    (gate, i, refusal) => {
      expect(Either.getOrThrow(Either.flip(admit(shut(i))))).toMatchObject({ gate, refusal })
    }
  )

  it("SND-3: with all gates open, everything is found", () => {
    const admitted = Either.getOrThrow(admit({}))
    expect(admitted.rendered.text).toBe("您的验证码是：4321")
    expect(admitted.number.number).toBe("0755")
    expect(admitted.called.event.calledAt).toEqual([now])
    expect(admitted.held.hold.minutes).toBe(1)
    expect(admitted.sight).toEqual({
      activatedAt: 2,
      templateVersion: 3,
      textLength: 11,
      numbersHeld: 1,
      numberChosen: false,
      numberExpiresAt: now + 1,
      counted: [0, 0, 0],
      sentToday: 1,
      speechMillis: 6 * 600 + 600 + 4_450,
      holdMinutes: 1,
      availableMinutes: 10
    })
  })

  it("ACC-3: an application that does not exist sends nothing", () => {
    expect(Either.getOrThrow(Either.flip(admit({ application: Application.initial })))).toMatchObject({
      gate: "application",
      refusal: new Application.UnknownApplication()
    })
  })

  it("BAL-7: packages that do not cover the hold are refused otherwise than none", () => {
    const drained = Either.getOrThrow(Balance.hold({ now }, granted, { sendId: "other", minutes: Minutes.make(10) }))
    const balance = drained.events.reduce(Balance.evolve, granted)
    expect(Either.getOrThrow(Either.flip(admit({ balance }))).refusal).toEqual(
      new Balance.NotEnoughMinutes({ needed: Minutes.make(1), available: Minutes.zero })
    )
  })

  it("TPL-9: an application's own limit holds, also a looser one", () => {
    const long = { ...request, params: ["1".repeat(20)] }
    const limits = { ...SendLimits.initial, parameterMax: 20 }
    const notice: Admission.Books = { ...open, template: { ...template, kind: "notification" } }
    expect(Either.isLeft(Admission.admit(env, long, notice))).toBe(true)
    expect(Either.isRight(Admission.admit(env, long, { ...notice, limits }))).toBe(true)
  })

  it("SND-1: a code is at most twelve characters however loose the limit of values is, and of its declared kind", () => {
    const limits = { ...SendLimits.initial, parameterMax: 20 }
    const sent = (params: ReadonlyArray<string>, more: Partial<Template.State>) =>
      Admission.admit(env, { ...request, params }, { ...open, limits, template: { ...template, ...more } })
    const refused = (params: ReadonlyArray<string>, more: Partial<Template.State>) =>
      Either.getOrThrow(Either.flip(sent(params, more))).refusal
    const bad = (length: number) => new VerificationCode.BadVerificationCode({ length })
    expect(refused(["1".repeat(13)], {})).toEqual(bad(13))
    expect(refused(["1".repeat(13)], { variables: ["code"] })).toEqual(bad(13))
    // What is declared otherwise is no code, and none can be given then.
    expect(refused(["4321"], { variables: ["text"] })).toEqual(bad(0))
    const named = Either.getOrThrow(TemplateText.parse("{1}，您的验证码是：{2}"))
    expect(Either.isRight(sent(["王先生", "4321"], { ...named, variables: ["text"] }))).toBe(true)
    expect(refused(["王先生", "4321"], named)).toEqual(bad(3))
  })

  it("SND-1: what is asked for as a code needs a template that speaks codes", () => {
    const asked = (more: Partial<Template.State>) =>
      Admission.admit(env, { ...request, asCode: true }, { ...open, template: { ...template, ...more } })
    expect(Either.isRight(asked({}))).toBe(true)
    expect(Either.isRight(asked({ variables: ["code"] }))).toBe(true)
    for (const more of [{ kind: "notification" }, { kind: "activity" }, { variables: ["number"] }] as const)
      expect(Either.getOrThrow(Either.flip(asked(more)))).toMatchObject({
        gate: "template",
        refusal: new TemplateBook.NotACodeTemplate({ variables: 1 })
      })
  })

  it("SND-8: an application's own limits replace the defaults; none at all forbid nothing", () => {
    const called = { code: [now - 1], notice: [] }
    const own = (code: FrequencyLimit.Limits) => ({ called, limits: { ...SendLimits.initial, code } })
    expect(Either.isRight(admit(own([])))).toBe(true)
    expect(Either.isRight(admit(own([{ _tag: "NaturalDay", max: 2 }])))).toBe(true)
    expect(Either.isLeft(admit(own([{ _tag: "NaturalDay", max: 1 }])))).toBe(true)
  })

  it("SND-3: a dry run asks every gate that can be asked, and its first shut one is the answer", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.subarray(gates.map((_, i) => i)), (chosen) => {
        const books = chosen.toReversed().reduce((all, i) => ({ ...all, ...gates[i]![1] }), open)
        const inspected = Admission.inspect(env, request, books)
        expect(inspected.gates.map(({ gate }) => gate)).toEqual(gates.map(([gate]) => gate))
        const first = inspected.gates.find(({ refusal }) => refusal != null)
        const admitted = Admission.admit(env, request, books)
        expect(first?.gate).toBe(Either.isLeft(admitted) ? admitted.left.gate : undefined)
        const known = inspected.gates.filter(({ refusal }) => refusal !== null)
        // Personal accounts are not asked whether they activated; minutes need a text.
        for (const { gate, refusal } of known) {
          const i = gates.findIndex(([id]) => id === gate)
          const overruled = gate === "activated" && chosen.includes(0)
          if (!overruled) expect(refusal !== undefined).toBe(chosen.includes(i))
        }
      })
    )
  })
})

describe("Gate", () => {
  it("SND-3: the order of the gates is that of the admission", () => {
    expect(Gate.gates.map(({ gate }) => gate)).toEqual(["form", "idempotency", ...gates.map(([gate]) => gate)])
  })

  it("VOF-4: a file passes the same gates in the same order, in the place of template and parameters", () => {
    const order = gates.flatMap(([gate]) => (gate === "template" ? ["file"] : gate === "parameters" ? [] : [gate]))
    expect(Gate.gatesOf("id").map(({ gate }) => gate)).toEqual(["form", "idempotency", ...order])
    expect(Gate.gatesOf(undefined)).toBe(Gate.gates)
    const refused = Either.getOrThrow(Either.flip(admitFile({ ...shut(5), called: noticed })))
    const facts = Gate.factsOf(refused.refusal)
    const verdicts = Gate.verdicts(refused.sight, { gate: refused.gate, facts }, Gate.gatesOf("id"))
    expect(verdicts.find(({ gate }) => gate === "file")).toEqual({
      gate: "file",
      rule: "VOF-4",
      verdict: "passed",
      facts: { version: 1 }
    })
    expect(verdicts.find(({ gate }) => gate === refused.gate)).toMatchObject({ verdict: "failed", facts })
  })

  it("SND-3: a refusal is told with the gates passed before it, and those that were not reached", () => {
    const refused = Either.getOrThrow(Either.flip(admit(shut(6))))
    const verdicts = Gate.verdicts(refused.sight, { gate: refused.gate, facts: Gate.factsOf(refused.refusal) })
    expect(verdicts.map(({ verdict }) => verdict)).toEqual([
      ...Array(8).fill("passed"),
      "failed",
      "notReached",
      "notReached"
    ])
    expect(verdicts[8]!.facts).toEqual({
      group: "code",
      "limit._tag": "Window",
      "limit.millis": 30_000,
      "limit.max": 1,
      counted: 1,
      retryAfterMillis: 29_999
    })
    expect(verdicts[7]!.facts).toEqual({ held: 1, chosen: false, expiresAt: now + 1 })
  })

  it("SND-3: no verdict holds the called number or the code", () => {
    for (let i = 0; i <= gates.length; i++) {
      const admitted = admit(shut(i))
      const told = Either.isLeft(admitted)
        ? Gate.verdicts(admitted.left.sight, { gate: admitted.left.gate, facts: Gate.factsOf(admitted.left.refusal) })
        : Gate.verdicts(admitted.right.sight, undefined)
      expect(JSON.stringify(told)).not.toMatch(/13800138000|4321/)
    }
  })
})
