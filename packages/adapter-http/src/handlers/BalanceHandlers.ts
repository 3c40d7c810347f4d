/**
 * Service: what the endpoints of the balance and of alerts do.
 */
import * as AlertContact from "@vsms/core/alert/AlertContact"
import { Alerts } from "@vsms/core/alert/Alerts"
import { Balances } from "@vsms/core/balance/Balances"
import * as Effect from "effect/Effect"
import type { AlertsApi, BalanceApi } from "../api/BalanceApi.ts"
import type { Handlers } from "../door/Handler.ts"
import { editing } from "./Editing.ts"
import * as Pages from "./Pages.ts"

export const balance = Effect.map(Balances, (balances): Handlers<typeof BalanceApi> => ({
  get: ({ accountId }) => balances.get(accountId),
  ledger: ({ accountId, urlParams: { after = 0, limit = 20 } }) => balances.ledger(accountId, { after, limit }),
  verify: ({ accountId }) => balances.verify(accountId),
  forecast: ({ accountId, urlParams: { days = 7 } }) => balances.forecast(accountId, { days })
}))

export const alerts = Effect.map(
  Effect.all({ alerts: Alerts, edits: editing }),
  ({ alerts, edits }): Handlers<typeof AlertsApi> => ({
    list: ({ accountId, urlParams }) => alerts.list(accountId, Pages.asked(urlParams)),
    threshold: ({ accountId }) => alerts.threshold(accountId),
    setThreshold: ({ accountId, payload }) =>
      Effect.zipRight(alerts.setThreshold(accountId, payload), alerts.threshold(accountId)),
    contacts: ({ accountId, path: { applicationId } }) =>
      edits.versioned(AlertContact.ref(accountId, applicationId), alerts.contacts(accountId, applicationId)),
    addContact: ({ accountId, path, payload }) =>
      Effect.map(alerts.addContact(accountId, path.applicationId, payload), (contactId) => ({ contactId })),
    changeContact: ({ accountId, ifMatch, path: { applicationId, contactId }, payload }) =>
      edits.guarded(
        AlertContact.ref(accountId, applicationId),
        ifMatch,
        alerts.changeContact(accountId, applicationId, contactId, payload)
      ),
    removeContact: ({ accountId, ifMatch, path: { applicationId, contactId } }) =>
      edits.guarded(
        AlertContact.ref(accountId, applicationId),
        ifMatch,
        alerts.removeContact(accountId, applicationId, contactId)
      ),
    dailyVolume: ({ accountId, path }) => alerts.dailyVolume(accountId, path.applicationId),
    setDailyVolume: ({ accountId, path: { applicationId }, payload }) =>
      Effect.zipRight(
        alerts.setDailyVolume(accountId, applicationId, payload),
        alerts.dailyVolume(accountId, applicationId)
      )
  })
)
