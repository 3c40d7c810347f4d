/**
 * Rules: qualifications with the upload of the certificate (QUA-1 to QUA-6), and the reviewer's desk for these, for
 * templates (TPL-4, TPL-8) and for voice files (VOF-3).
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as CertificateImage from "@vsms/core/qualification/CertificateImage"
import * as Qualification from "@vsms/core/qualification/Qualification"
import * as Submission from "@vsms/core/qualification/Submission"
import { Verdict } from "@vsms/core/qualification/Verdict"
import * as Schema from "effect/Schema"
import { operator, tenant } from "./Access.ts"
import * as Paging from "./Paging.ts"
import * as Problems from "./Problems.ts"
import { TemplateView } from "./TemplatesApi.ts"
import { Sound, VoiceFilePath, VoiceFileView } from "./VoiceFilesApi.ts"

const text = Schema.String

/** The fields of the form. Their values are looked at by the rules, each with a refusal of its own. */
export const Form = Schema.Struct({
  companyName: text.annotations({ description: "As on the business licence, 1 to 100 characters" }),
  creditCode: text.annotations({ description: "Unified social credit code, 18 characters" }),
  address: text.annotations({ description: "As on the business licence, 1 to 200 characters" }),
  representativeName: text,
  representativeId: text.annotations({ description: "Resident identity number, 18 characters" }),
  certificateKind: text.annotations({ description: Submission.Form.fields.certificateKind.literals.join(", ") }),
  note: Schema.optional(text.annotations({ description: "What the service is wanted for, at most 200 characters" })),
  image: Schema.Uint8ArrayFromSelf.annotations({
    description: "The certificate, jpg or png of at most 5 MB",
    jsonSchema: { type: "string", format: "binary" }
  })
})

const masked = Schema.Struct({ ...Submission.Submission.fields, representativeId: Schema.String }).annotations({
  identifier: "MaskedSubmission",
  description: "What was submitted, the person's name and number hidden"
})

export const QualificationView = Schema.Struct({
  accountId: Schema.String,
  ...Qualification.State.fields,
  submission: Schema.optional(masked)
}).annotations({ identifier: "Qualification" })

const ReviewFile = Schema.Struct({
  accountId: Schema.String,
  ...Qualification.State.fields,
  submission: Schema.optional(
    Schema.Struct({
      ...Submission.Submission.fields,
      creditCode: Schema.String,
      representativeId: Schema.String
    })
  )
}).annotations({ identifier: "ReviewFile", description: "A submission unmasked. For the reviewer's eyes alone" })

const PendingReview = Schema.Struct({
  accountId: Schema.String,
  version: Schema.Number,
  submittedAt: Paging.Instant,
  answerExpectedAt: Paging.Instant
}).annotations({ identifier: "PendingReview" })

/** An image of 5 MB, and the form around it; a little more, so that the rule says how large it was. */
const uploadBytes = CertificateImage.maxBytes + 1024 * 1024

export class QualificationsApi extends HttpApiGroup.make("qualifications")
  .add(
    HttpApiEndpoint.post("submit", "/v1/accounts/:accountId/qualification")
      .setPath(Paging.AccountPath)
      .setPayload(HttpApiSchema.Multipart(Form))
      .addSuccess(
        Schema.Struct({ version: Schema.Number, answerExpectedAt: Paging.Instant }).annotations({
          identifier: "Submitted"
        }),
        { status: 201 }
      )
      .addError(
        Schema.Union(
          Problems.NotEnterprise,
          Problems.NotActivated,
          Problems.QualificationPending,
          Problems.AlreadyQualified,
          Problems.BadSubmission
        )
      )
      .addError(Problems.UnknownAccount)
      .annotateContext(
        tenant("account:write", "Submits a qualification with its certificate", { maxBytes: uploadBytes })
      )
  )
  .add(
    HttpApiEndpoint.get("get", "/v1/accounts/:accountId/qualification")
      .setPath(Paging.AccountPath)
      .addSuccess(QualificationView)
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("account:read", "The qualification, the person's data masked"))
  )
  .add(
    HttpApiEndpoint.del("withdraw", "/v1/accounts/:accountId/qualification")
      .setPath(Paging.AccountPath)
      .addSuccess(HttpApiSchema.NoContent)
      .addError(Problems.QualificationNotPending)
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("account:write", "Withdraws what is being reviewed, and erases it"))
  ) {}

const VersionDecision = Schema.Struct({ version: Schema.Int, verdict: Verdict })

export class ReviewsApi extends HttpApiGroup.make("reviews")
  .add(
    HttpApiEndpoint.get("qualifications", "/v1/reviews/qualifications")
      .setUrlParams(Paging.PageQuery)
      .addSuccess(Paging.Page(PendingReview))
      .annotateContext(operator("Qualifications that wait for a review, the oldest first"))
  )
  .add(
    HttpApiEndpoint.get("qualification", "/v1/reviews/qualifications/:accountId")
      .setPath(Paging.AccountPath)
      .addSuccess(ReviewFile)
      .addError(Problems.UnknownAccount)
      .annotateContext(operator("A submission unmasked"))
  )
  .add(
    HttpApiEndpoint.get("certificate", "/v1/reviews/qualifications/:accountId/certificate")
      .setPath(Paging.AccountPath)
      .addSuccess(HttpApiSchema.Uint8Array({ contentType: "image/*" }))
      .addError(Problems.NothingHere)
      .addError(Problems.UnknownAccount)
      .annotateContext(operator("The image of the certificate"))
  )
  .add(
    HttpApiEndpoint.put("decideQualification", "/v1/reviews/qualifications/:accountId/decision")
      .setPath(Paging.AccountPath)
      .setPayload(Schema.Struct({ version: Schema.Int, verdict: Verdict }))
      .addSuccess(QualificationView)
      .addError(Schema.Union(Problems.OutdatedReview, Problems.QualificationNotPending))
      .addError(Problems.UnknownAccount)
      .annotateContext(operator("Ends the review of one version (QUA-6)"))
  )
  .add(
    HttpApiEndpoint.get("templates", "/v1/reviews/templates")
      .setUrlParams(Paging.PageQuery)
      .addSuccess(
        Paging.Page(
          Schema.Struct({ accountId: Schema.String, ...TemplateView.fields }).annotations({
            identifier: "TemplateForReview"
          })
        )
      )
      .annotateContext(operator("Templates that wait for a review, the longest first"))
  )
  .add(
    HttpApiEndpoint.put("decideTemplate", "/v1/reviews/templates/:applicationId/:templateId/decision")
      .setPath(Schema.Struct({ ...Paging.ApplicationPath.fields, templateId: Paging.Id }))
      .setPayload(VersionDecision)
      .addSuccess(TemplateView)
      .addError(
        Schema.Union(
          Problems.UnknownTemplate,
          Problems.UnknownApplication,
          Problems.TemplateDeleted,
          Problems.OutdatedVersion,
          Problems.AlreadyDecided,
          Problems.TooManyApproved
        )
      )
      .annotateContext(operator("Carries out a reviewer's verdict on one version (TPL-4, TPL-7, TPL-8)"))
  )
  .add(
    HttpApiEndpoint.get("voiceFiles", "/v1/reviews/voice-files")
      .setUrlParams(Paging.PageQuery)
      .addSuccess(
        Paging.Page(
          Schema.Struct({ accountId: Schema.String, ...VoiceFileView.fields }).annotations({
            identifier: "VoiceFileForReview"
          })
        )
      )
      .annotateContext(operator("Voice files that wait for a review, the longest first"))
  )
  .add(
    HttpApiEndpoint.get("voiceFileSound", "/v1/reviews/voice-files/:applicationId/:fileId/sound")
      .setPath(VoiceFilePath)
      .addSuccess(Sound)
      .addError(Schema.Union(Problems.UnknownVoiceFile, Problems.UnknownApplication, Problems.NothingHere))
      .annotateContext(operator("The sound of a file, to be judged (VOF-3)"))
  )
  .add(
    HttpApiEndpoint.put("decideVoiceFile", "/v1/reviews/voice-files/:applicationId/:fileId/decision")
      .setPath(VoiceFilePath)
      .setPayload(VersionDecision)
      .addSuccess(VoiceFileView)
      .addError(
        Schema.Union(
          Problems.UnknownVoiceFile,
          Problems.UnknownApplication,
          Problems.VoiceFileDeleted,
          Problems.OutdatedVoiceFile,
          Problems.VoiceFileDecided
        )
      )
      .annotateContext(operator("Carries out a reviewer's verdict on one version (VOF-3)"))
  ) {}
