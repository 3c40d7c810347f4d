/**
 * Service: what the endpoints of templates do.
 */
import * as Template from "@vsms/core/template/Template"
import { Templates } from "@vsms/core/template/Templates"
import * as Effect from "effect/Effect"
import type { TemplatesApi } from "../api/TemplatesApi.ts"
import type { Handlers } from "../door/Handler.ts"
import { editing } from "./Editing.ts"
import * as Pages from "./Pages.ts"

export const templates = Effect.map(
  Effect.all({ edits: editing, templates: Templates }),
  ({ edits, templates }): Handlers<typeof TemplatesApi> => ({
    create: ({ accountId, path, payload }) => templates.create(accountId, path.applicationId, payload),
    list: ({ accountId, path, urlParams }) =>
      templates.list(accountId, path.applicationId, { ...Pages.asked(urlParams), stage: urlParams.stage }),
    get: ({ accountId, path: { applicationId, templateId } }) =>
      edits.versioned(
        Template.ref(accountId, applicationId, templateId),
        templates.get(accountId, applicationId, templateId)
      ),
    edit: ({ accountId, ifMatch, path: { applicationId, templateId }, payload }) => {
      const ref = Template.ref(accountId, applicationId, templateId)
      return edits
        .guarded(ref, ifMatch, templates.edit(accountId, applicationId, templateId, payload))
        .pipe(Effect.zipRight(edits.versioned(ref, templates.get(accountId, applicationId, templateId))))
    },
    remove: ({ accountId, ifMatch, path: { applicationId, templateId } }) =>
      edits.guarded(
        Template.ref(accountId, applicationId, templateId),
        ifMatch,
        templates.remove(accountId, applicationId, templateId)
      ),
    defaultCode: ({ accountId, path }) =>
      Effect.map(templates.defaultCode(accountId, path.applicationId), (templateId) => ({
        templateId: templateId ?? null
      })),
    setDefaultCode: ({ accountId, path, payload: { templateId } }) =>
      Effect.as(templates.setDefaultCode(accountId, path.applicationId, templateId), { templateId })
  })
)
