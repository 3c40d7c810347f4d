import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import * as CertificateImage from "../../src/qualification/CertificateImage.ts"
import * as CreditCode from "../../src/qualification/CreditCode.ts"
import * as ResidentId from "../../src/qualification/ResidentId.ts"
import * as Submission from "../../src/qualification/Submission.ts"
import { jpg } from "./Images.ts"

const now = Date.parse("2026-11-23T12:00:00+08:00")

const form: Submission.Form = {
  companyName: "深圳市腾讯计算机系统有限公司",
  creditCode: "9144030071526726xg",
  address: "深圳市南山区粤海街道",
  representativeName: "张三丰",
  representativeId: "11010519491231002x",
  certificateKind: "threeInOne",
  note: "登录验证码"
}

const wrong: Submission.Form = { ...form, note: "字".repeat(201), creditCode: "1", representativeId: "2" }

describe("refusals, in order of precedence", () => {
  const text = new TextEncoder().encode("licence.jpg")
  const table: ReadonlyArray<readonly [string, Submission.Form, Uint8Array, unknown]> = [
    [
      "QUA-3: an image that is too large",
      wrong,
      new Uint8Array(CertificateImage.maxBytes + 1),
      new CertificateImage.CertificateTooLarge({ bytes: 5_242_881, maxBytes: 5_242_880 })
    ],
    ["QUA-3: a text instead of an image", wrong, text, new CertificateImage.CertificateNotAnImage()],
    ["QUA-3: a note of 201 characters", wrong, jpg(), new Submission.NoteTooLong({ length: 201, maxLength: 200 })],
    ["QUA-4: no credit code", { ...wrong, note: "" }, jpg(), new CreditCode.InvalidCreditCode({ problem: "length" })],
    [
      "QUA-4: no resident ID",
      { ...form, representativeId: "2" },
      jpg(),
      new ResidentId.InvalidResidentId({ problem: "length" })
    ]
  ]
  for (const [name, input, image, refusal] of table) {
    it(name, () => expect(Submission.check({ now }, input, image)).toEqual(Either.left(refusal)))
  }
})

it("QUA-2: a submission has all its parts, corrected, and round-trips through its schema", () => {
  const checked = Either.getOrThrow(Submission.check({ now }, form, jpg(640, 480)))
  expect(checked).toEqual({
    ...form,
    creditCode: "9144030071526726XG",
    representativeId: "11010519491231002X",
    certificate: { format: "jpg", bytes: jpg().length, width: 640, height: 480 }
  })
  const stored: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(Submission.Submission)(checked)))
  expect(Schema.decodeUnknownSync(Submission.Submission)(stored)).toEqual(checked)
})

it("QUA-3: a note of 200 characters is taken, however many halves they are made of", () => {
  for (const character of ["字", "𠮷", "x"]) {
    const note = character.repeat(200)
    expect(Either.isRight(Submission.check({ now }, { ...form, note }, jpg()))).toBe(true)
    expect(Either.isRight(Submission.check({ now }, { ...form, note: note + character }, jpg()))).toBe(false)
  }
})

it("QUA-2: shown again, the person is hidden", () => {
  const checked = Either.getOrThrow(Submission.check({ now }, form, jpg()))
  const shown = Submission.mask(checked)
  expect(shown.representativeName).toBe("张**")
  expect(shown.representativeId).toBe("1****************X")
  expect(Submission.mask({ ...checked, representativeName: "𠮷" }).representativeName).toBe("𠮷*")
  expect(JSON.stringify(shown)).not.toContain("19491231")
})

it("QUA-2: a form without one of its fields is none", () => {
  const decode = Schema.decodeUnknownEither(Submission.Form)
  expect(Either.isRight(decode(form))).toBe(true)
  for (const field of Object.keys(form)) {
    const { [field]: _, ...rest } = form as unknown as Record<string, unknown>
    expect(Either.isLeft(decode(rest)), field).toBe(true)
  }
  for (const field of ["companyName", "address", "representativeName"]) {
    expect(Either.isLeft(decode({ ...form, [field]: " " })), field).toBe(true)
    expect(Either.isLeft(decode({ ...form, [field]: "字".repeat(201) })), field).toBe(true)
    expect(Either.isLeft(decode({ ...form, [field]: "a\u0000b" })), field).toBe(true)
  }
  for (const certificateKind of ["threeInOne", "businessLicence", "organisationCode", "socialCredit"]) {
    expect(Either.isRight(decode({ ...form, certificateKind }))).toBe(true)
  }
})
