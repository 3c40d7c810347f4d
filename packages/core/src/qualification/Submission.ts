/**
 * Rules: what an enterprise submits to be qualified (QUA-2), and how much of it is shown again. Whether it may be
 * submitted at this time is `Qualification.ts`'s business.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as BoundedText from "../account/BoundedText.ts"
import * as CertificateImage from "./CertificateImage.ts"
import * as CreditCode from "./CreditCode.ts"
import * as ResidentId from "./ResidentId.ts"

/** What the certificate is (证明类型): three-in-one licence, business licence, organisation code, social credit code. */
export const CertificateKind = Schema.Literal("threeInOne", "businessLicence", "organisationCode", "socialCredit")
export type CertificateKind = typeof CertificateKind.Type

/** The most characters of an application note (QUA-3). */
export const maxNoteLength = 200

/** The form as it is filled in; texts are trimmed. The image goes beside it. */
export const Form = Schema.Struct({
  companyName: BoundedText.line({ min: 1, max: 100 }),
  creditCode: Schema.String,
  /** As on the business licence. */
  address: BoundedText.line({ min: 1, max: 200 }),
  representativeName: BoundedText.line({ min: 1, max: 50 }),
  representativeId: Schema.String,
  certificateKind: CertificateKind,
  /** What the service is wanted for. Its length is a rule's business. */
  note: BoundedText.paragraph({ min: 0, max: 100_000 })
})
export type Form = typeof Form.Type

/** A submission whose parts are right. All of it is personal data. */
export const Submission = Schema.Struct({
  companyName: Schema.String,
  creditCode: CreditCode.CreditCode,
  address: Schema.String,
  representativeName: Schema.String,
  representativeId: ResidentId.ResidentId,
  certificateKind: CertificateKind,
  certificate: CertificateImage.Description,
  note: Schema.String
})
export type Submission = typeof Submission.Type

// ---------------------------------------------------------------------------------------------------------------------
// refusals, in order of precedence: those of the image (`CertificateImage.ts`), this one, and those of the codes
// ---------------------------------------------------------------------------------------------------------------------

/** The application note is too long. Lengths are in characters (code points). */
export class NoteTooLong extends Schema.TaggedError<NoteTooLong>()("NoteTooLong", {
  length: Schema.Number,
  maxLength: Schema.Number
}) {
  static readonly rule = "QUA-3" as const
  static readonly transient = false
}

export type Refusal =
  | CertificateImage.CertificateTooLarge
  | CertificateImage.CertificateNotAnImage
  | NoteTooLong
  | CreditCode.InvalidCreditCode
  | ResidentId.InvalidResidentId

// ---------------------------------------------------------------------------------------------------------------------

/** Checks a form and its image (QUA-3, then QUA-4). */
export const check = (
  env: { readonly now: number },
  form: Form,
  image: Uint8Array
): Either.Either<Submission, Refusal> =>
  Either.gen(function* () {
    const certificate = yield* CertificateImage.inspect(image)
    const length = BoundedText.lengthOf(form.note)
    if (length > maxNoteLength) return yield* Either.left(new NoteTooLong({ length, maxLength: maxNoteLength }))
    const creditCode = yield* CreditCode.parse(form.creditCode)
    const representativeId = yield* ResidentId.parse(form.representativeId, env)
    return { ...form, creditCode, representativeId, certificate }
  })

/** A submission as its account is shown it: of the person, one character of the name and two of the number. */
export interface Masked extends Omit<Submission, "representativeId"> {
  readonly representativeId: string
}

export const mask = (submission: Submission): Masked => {
  const [first = "", ...rest] = submission.representativeName
  return {
    companyName: submission.companyName,
    creditCode: submission.creditCode,
    address: submission.address,
    representativeName: first + "*".repeat(Math.max(1, rest.length)),
    representativeId: ResidentId.mask(submission.representativeId),
    certificateKind: submission.certificateKind,
    certificate: submission.certificate,
    note: submission.note
  }
}
