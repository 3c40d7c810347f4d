/**
 * Service: what the endpoints of applications and their limits do.
 */
import { Accounts } from "@vsms/core/account/Accounts"
import * as Application from "@vsms/core/account/Application"
import * as SendLimits from "@vsms/core/sending/SendLimits"
import { Sends } from "@vsms/core/sending/Sends"
import * as Effect from "effect/Effect"
import type { ApplicationsApi } from "../api/ApplicationsApi.ts"
import type { Handlers } from "../door/Handler.ts"
import { editing } from "./Editing.ts"
import * as Pages from "./Pages.ts"

export const applications = Effect.map(
  Effect.all({ accounts: Accounts, edits: editing, sends: Sends }),
  ({ accounts, edits, sends }): Handlers<typeof ApplicationsApi> => {
    const view = (accountId: string, applicationId: string) =>
      edits.versioned(Application.ref(accountId, applicationId), accounts.application(accountId, applicationId))
    const limits = (accountId: string, applicationId: string) =>
      edits.versioned(SendLimits.ref(accountId, applicationId), sends.limits(accountId, applicationId))
    return {
      create: ({ accountId, payload }) => accounts.createApplication(accountId, payload),
      list: ({ accountId, urlParams }) => accounts.applications(accountId, Pages.asked(urlParams)),
      get: ({ accountId, path }) => view(accountId, path.applicationId),
      rename: ({ accountId, ifMatch, path: { applicationId }, payload }) =>
        edits
          .guarded(
            Application.ref(accountId, applicationId),
            ifMatch,
            accounts.renameApplication(accountId, applicationId, payload)
          )
          .pipe(Effect.zipRight(view(accountId, applicationId))),
      setStatus: ({ accountId, ifMatch, path: { applicationId }, payload }) =>
        edits
          .guarded(
            Application.ref(accountId, applicationId),
            ifMatch,
            payload.status === "disabled"
              ? accounts.disableApplication(accountId, applicationId)
              : accounts.enableApplication(accountId, applicationId)
          )
          .pipe(Effect.zipRight(view(accountId, applicationId))),
      rotateSecret: ({ accountId, path, payload }) => accounts.rotateSecret(accountId, path.applicationId, payload),
      limits: ({ accountId, path }) => limits(accountId, path.applicationId),
      setLimits: ({ accountId, ifMatch, path: { applicationId }, payload }) =>
        edits
          .guarded(
            SendLimits.ref(accountId, applicationId),
            ifMatch,
            sends.setLimits(accountId, applicationId, payload)
          )
          .pipe(Effect.zipRight(limits(accountId, applicationId)))
    }
  }
)
