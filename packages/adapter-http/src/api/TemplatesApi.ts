/**
 * Rules: templates of spoken text (TPL-1 to TPL-10), and the one that verification codes are spoken with (SND-1).
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Template from "@vsms/core/template/Template"
import * as Variable from "@vsms/core/template/Variable"
import * as Schema from "effect/Schema"
import { tenant } from "./Access.ts"
import * as Paging from "./Paging.ts"
import * as Problems from "./Problems.ts"

export const TemplateView = Schema.Struct({ templateId: Schema.String, ...Template.State.fields }).annotations({
  identifier: "Template"
})

export const Draft = Schema.Struct({
  name: Schema.String,
  content: Schema.String.annotations({
    description: "At most 100 characters, with variables `{1}`, `{2}` …",
    examples: ["您的验证码是：{1}"]
  }),
  kind: Template.TemplateKind,
  note: Schema.optional(Schema.String),
  variables: Schema.optional(Variable.VariableKinds)
}).annotations({ identifier: "TemplateDraft" })

const TemplatePath = Schema.Struct({ ...Paging.ApplicationPath.fields, templateId: Paging.Id })

const DefaultTemplate = Schema.Struct({ templateId: Schema.NullOr(Schema.String) }).annotations({
  identifier: "DefaultCodeTemplate"
})

export class TemplatesApi extends HttpApiGroup.make("templates")
  .add(
    HttpApiEndpoint.post("create", "/v1/applications/:applicationId/templates")
      .setPath(Paging.ApplicationPath)
      .setPayload(Draft)
      .addSuccess(TemplateView, { status: 201 })
      .addError(Schema.Union(Problems.UnknownApplication, Problems.BadDraft, Problems.RequestUnderWay))
      .addError(Problems.KeyUsedBefore)
      .annotateContext(tenant("templates:write", "Makes a template, which waits for its review", { idempotent: true }))
  )
  .add(
    HttpApiEndpoint.get("list", "/v1/applications/:applicationId/templates")
      .setPath(Paging.ApplicationPath)
      .setUrlParams(
        Schema.Struct({
          ...Paging.PageQuery.fields,
          stage: Schema.optional(Schema.Literal("pending", "approved", "rejected"))
        })
      )
      .addSuccess(Paging.Page(TemplateView))
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("templates:read", "The templates, the newest first (TPL-10)"))
  )
  .add(
    HttpApiEndpoint.get("get", "/v1/applications/:applicationId/templates/:templateId")
      .setPath(TemplatePath)
      .addSuccess(TemplateView)
      .addError(Problems.UnknownTemplate)
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("templates:read", "One template, also if it was deleted", { etag: true }))
  )
  .add(
    HttpApiEndpoint.put("edit", "/v1/applications/:applicationId/templates/:templateId")
      .setPath(TemplatePath)
      .setPayload(Draft)
      .addSuccess(TemplateView)
      .addError(
        Schema.Union(
          Problems.UnknownTemplate,
          Problems.TemplateDeleted,
          Problems.TemplateNotEditable,
          Problems.BadDraft,
          Problems.ChangedMeanwhile
        )
      )
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("templates:write", "Writes it anew, which submits it again (TPL-5)", { etag: true }))
  )
  .add(
    HttpApiEndpoint.del("remove", "/v1/applications/:applicationId/templates/:templateId")
      .setPath(TemplatePath)
      .addSuccess(HttpApiSchema.NoContent)
      .addError(Schema.Union(Problems.UnknownTemplate, Problems.ChangedMeanwhile))
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("templates:write", "Deletes a template for good (TPL-6)", { etag: true }))
  )
  .add(
    HttpApiEndpoint.get("defaultCode", "/v1/applications/:applicationId/default-code-template")
      .setPath(Paging.ApplicationPath)
      .addSuccess(DefaultTemplate)
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("templates:read", "The template that verification codes are spoken with (SND-1)"))
  )
  .add(
    HttpApiEndpoint.put("setDefaultCode", "/v1/applications/:applicationId/default-code-template")
      .setPath(Paging.ApplicationPath)
      .setPayload(Schema.Struct({ templateId: Paging.Id }))
      .addSuccess(DefaultTemplate)
      .addError(Schema.Union(Problems.TemplateNotUsable, Problems.NotACodeTemplate))
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("templates:write", "Chooses that template (SND-1)"))
  ) {}
