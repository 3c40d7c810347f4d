/**
 * Rules: the minute balance with its ledger (BAL-1 to BAL-9), and the alerts that watch it (ALR-1 to ALR-5).
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Alert from "@vsms/core/alert/Alert"
import * as DailyVolume from "@vsms/core/alert/DailyVolume"
import * as LowBalance from "@vsms/core/alert/LowBalance"
import * as Forecast from "@vsms/core/balance/Forecast"
import * as Ledger from "@vsms/core/balance/Ledger"
import * as MinutePackage from "@vsms/core/balance/MinutePackage"
import * as Minutes from "@vsms/core/money/Minutes"
import * as Schema from "effect/Schema"
import { tenant } from "./Access.ts"
import * as Paging from "./Paging.ts"
import * as Problems from "./Problems.ts"

const BalanceView = Schema.Struct({
  available: Minutes.Minutes,
  held: Minutes.Minutes,
  waiting: Minutes.Minutes,
  spent: Minutes.Minutes,
  expired: Minutes.Minutes,
  granted: Minutes.Minutes,
  overrun: Minutes.Minutes,
  packages: Schema.Array(MinutePackage.PackageView.annotations({ identifier: "Package" }))
}).annotations({
  identifier: "Balance",
  description: "granted = available + held + waiting + spent + expired; packages in the order in which they are drawn"
})

const LedgerPage = Schema.Struct({
  entries: Schema.Array(Ledger.Entry.annotations({ identifier: "LedgerEntry" })),
  next: Schema.optional(Schema.Number.annotations({ description: "The `after` of the page that follows" }))
}).annotations({ identifier: "LedgerPage" })

const Verification = Schema.Struct({
  entries: Schema.Number,
  finding: Schema.optional(Schema.Struct({ sequence: Schema.Int, problem: Schema.String })),
  equal: Schema.Boolean
}).annotations({ identifier: "LedgerVerification", description: "Sound without a finding and with `equal`" })

const ForecastQuery = Schema.Struct({
  days: Schema.optional(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 90)))
})

export class BalanceApi extends HttpApiGroup.make("balance")
  .add(
    HttpApiEndpoint.get("get", "/v1/accounts/:accountId/balance")
      .setPath(Paging.AccountPath)
      .addSuccess(BalanceView)
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("orders:read", "The minutes of the account (BAL-1, BAL-6)"))
  )
  .add(
    HttpApiEndpoint.get("ledger", "/v1/accounts/:accountId/balance/ledger")
      .setPath(Paging.AccountPath)
      .setUrlParams(Paging.AfterQuery(500))
      .addSuccess(LedgerPage)
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("orders:read", "Every movement of minutes, the oldest first (BAL-9)"))
  )
  .add(
    HttpApiEndpoint.get("verify", "/v1/accounts/:accountId/balance/verification")
      .setPath(Paging.AccountPath)
      .addSuccess(Verification)
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("orders:read", "Rebuilds the balance from its ledger and compares (BAL-9)"))
  )
  .add(
    HttpApiEndpoint.get("forecast", "/v1/accounts/:accountId/balance/forecast")
      .setPath(Paging.AccountPath)
      .setUrlParams(ForecastQuery)
      .addSuccess(Forecast.Forecast.annotations({ identifier: "Forecast" }))
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("orders:read", "How long the minutes last, and which will expire unused"))
  ) {}

// --- alerts ---

const Threshold = LowBalance.State.annotations({ identifier: "LowBalanceAlert" })

const AlertView = Schema.Struct({ alertId: Schema.String, ...Alert.Fired.fields }).annotations({ identifier: "Alert" })

/** Written loosely: what is wrong with an address is told by the rules (ALR-4). */
const Contact = Schema.Struct({
  name: Schema.String,
  mobile: Schema.optionalWith(Schema.String, { exact: true }),
  email: Schema.optionalWith(Schema.String, { exact: true }),
  webhook: Schema.optionalWith(Schema.String, { exact: true })
})

const ContactView = Schema.Struct({
  contactId: Schema.String,
  addedAt: Paging.Instant,
  ...Contact.fields
}).annotations({ identifier: "AlertContact" })

const BadContact = Schema.Union(Problems.ContactWithoutAddress, Problems.UnusableUrl, Problems.PrivateTarget)

const ContactPath = Schema.Struct({ ...Paging.ApplicationPath.fields, contactId: Paging.Id })

const Volume = Schema.Struct({ ...DailyVolume.Settings.fields, sendsToday: Schema.Number }).annotations({
  identifier: "DailyVolume"
})

export class AlertsApi extends HttpApiGroup.make("alerts")
  .add(
    HttpApiEndpoint.get("list", "/v1/accounts/:accountId/alerts")
      .setPath(Paging.AccountPath)
      .setUrlParams(Paging.PageQuery)
      .addSuccess(Paging.Page(AlertView))
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("alerts:read", "The alerts that fired, with their deliveries, the newest first (ALR-5)"))
  )
  .add(
    HttpApiEndpoint.get("threshold", "/v1/accounts/:accountId/low-balance-alert")
      .setPath(Paging.AccountPath)
      .addSuccess(Threshold)
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("alerts:read", "The low-balance threshold; 0 is off (ALR-1)"))
  )
  .add(
    HttpApiEndpoint.put("setThreshold", "/v1/accounts/:accountId/low-balance-alert")
      .setPath(Paging.AccountPath)
      .setPayload(Schema.Struct({ threshold: Minutes.Minutes }))
      .addSuccess(Threshold)
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("alerts:write", "Sets the low-balance threshold (ALR-1)"))
  )
  .add(
    HttpApiEndpoint.get("contacts", "/v1/applications/:applicationId/alert-contacts")
      .setPath(Paging.ApplicationPath)
      .addSuccess(Schema.Array(ContactView))
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("alerts:read", "Who hears of the application's alerts (ALR-4)", { etag: true }))
  )
  .add(
    HttpApiEndpoint.post("addContact", "/v1/applications/:applicationId/alert-contacts")
      .setPath(Paging.ApplicationPath)
      .setPayload(Contact)
      .addSuccess(Schema.Struct({ contactId: Schema.String }), { status: 201 })
      .addError(
        Schema.Union(
          Problems.UnknownApplication,
          BadContact,
          Problems.TooManyContacts,
          Problems.RequestUnderWay,
          Problems.KeyUsedBefore
        )
      )
      .annotateContext(tenant("alerts:write", "Adds a contact; at most five (ALR-4)", { idempotent: true }))
  )
  .add(
    HttpApiEndpoint.put("changeContact", "/v1/applications/:applicationId/alert-contacts/:contactId")
      .setPath(ContactPath)
      .setPayload(Contact)
      .addSuccess(HttpApiSchema.NoContent)
      .addError(
        Schema.Union(Problems.UnknownApplication, Problems.UnknownContact, BadContact, Problems.ChangedMeanwhile)
      )
      .annotateContext(tenant("alerts:write", "Replaces a contact's name and addresses", { etag: true }))
  )
  .add(
    HttpApiEndpoint.del("removeContact", "/v1/applications/:applicationId/alert-contacts/:contactId")
      .setPath(ContactPath)
      .addSuccess(HttpApiSchema.NoContent)
      .addError(Schema.Union(Problems.UnknownApplication, Problems.UnknownContact, Problems.ChangedMeanwhile))
      .annotateContext(tenant("alerts:write", "Removes a contact, and erases it", { etag: true }))
  )
  .add(
    HttpApiEndpoint.get("dailyVolume", "/v1/applications/:applicationId/daily-volume")
      .setPath(Paging.ApplicationPath)
      .addSuccess(Volume)
      .addError(Problems.UnknownApplication)
      .annotateContext(
        tenant("alerts:read", "Preset and cap of a day's sends, and how far today has come (ALR-2, ALR-3)")
      )
  )
  .add(
    HttpApiEndpoint.put("setDailyVolume", "/v1/applications/:applicationId/daily-volume")
      .setPath(Paging.ApplicationPath)
      .setPayload(DailyVolume.Settings)
      .addSuccess(Volume)
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("alerts:write", "Sets both; null is off (ALR-2, ALR-3)"))
  ) {}
