/**
 * Rules: in which table each kind of thing is kept. Core's kinds have tables of their own, which people can read and
 * constraints can guard; any other kind shares the table `things`.
 */
import * as Account from "@vsms/core/account/Account"
import * as Application from "@vsms/core/account/Application"
import * as ApplicationId from "@vsms/core/account/ApplicationId"
import * as Alert from "@vsms/core/alert/Alert"
import * as AlertContact from "@vsms/core/alert/AlertContact"
import * as DailyVolume from "@vsms/core/alert/DailyVolume"
import * as LowBalance from "@vsms/core/alert/LowBalance"
import * as Balance from "@vsms/core/balance/Balance"
import * as MinutePackage from "@vsms/core/balance/MinutePackage"
import * as Delivery from "@vsms/core/callback/Delivery"
import * as Endpoint from "@vsms/core/callback/Endpoint"
import * as Holdings from "@vsms/core/number/Holdings"
import * as NumberRegion from "@vsms/core/number/NumberRegion"
import * as VoiceNumber from "@vsms/core/number/VoiceNumber"
import * as DeskPayment from "@vsms/core/order/DeskPayment"
import * as Invoice from "@vsms/core/order/Invoice"
import * as Order from "@vsms/core/order/Order"
import * as Qualification from "@vsms/core/qualification/Qualification"
import * as DisplayNumber from "@vsms/core/sending/DisplayNumber"
import * as FrequencyLimit from "@vsms/core/sending/FrequencyLimit"
import * as Idempotency from "@vsms/core/sending/Idempotency"
import * as ReceiptLog from "@vsms/core/sending/ReceiptLog"
import * as RefusedSend from "@vsms/core/sending/RefusedSend"
import * as Send from "@vsms/core/sending/Send"
import * as SendLimits from "@vsms/core/sending/SendLimits"
import type { Kind } from "@vsms/core/storage/Kind"
import * as Template from "@vsms/core/template/Template"
import * as TemplateBook from "@vsms/core/template/TemplateBook"
import * as VoiceFile from "@vsms/core/voicefile/VoiceFile"
import * as VoiceFileShelf from "@vsms/core/voicefile/VoiceFileShelf"

/** One order in which a table is listed: its columns for the partition and the position. */
export interface Place {
  readonly index: string
  readonly partition: string
  readonly at: string
}

export interface Table {
  readonly kind: Kind.Any
  readonly name: string
  /** The column of whose book a row is in. */
  readonly owner: string
  readonly key: string
  /** Whether other kinds are kept here too: then a column `kind` tells them apart. */
  readonly shared: boolean
  readonly places: ReadonlyArray<Place>
  /** Where the events of a journaled kind go. */
  readonly events: "events" | "minute_ledger"
}

/** The kinds that have tables of their own, with the column that their key is in. */
const own: ReadonlyArray<readonly [kind: Kind.Any, name: string, key: string]> = [
  [Account.kind, "accounts", "key"],
  [Application.kind, "applications", "application_id"],
  [ApplicationId.kind, "application_ids", "application_id"],
  [Qualification.kind, "qualifications", "key"],
  [Order.kind, "orders", "order_id"],
  [DeskPayment.kind, "desk_payments", "order_id"],
  [Invoice.kind, "invoices", "invoice_id"],
  [NumberRegion.kind, "number_regions", "region"],
  [VoiceNumber.kind, "voice_numbers", "number"],
  [Holdings.kind, "number_holdings", "key"],
  [Balance.kind, "balances", "key"],
  [MinutePackage.kind, "closed_packages", "package_id"],
  [Template.kind, "templates", "template_id"],
  [TemplateBook.kind, "template_books", "key"],
  [VoiceFile.kind, "voice_files", "file_id"],
  [VoiceFileShelf.kind, "voice_file_shelves", "key"],
  [AlertContact.kind, "alert_contacts", "key"],
  [Alert.kind, "alerts", "alert_id"],
  [LowBalance.kind, "low_balances", "key"],
  [DailyVolume.settingsKind, "daily_volume_settings", "key"],
  [DailyVolume.dayKind, "daily_volume_days", "key"],
  [SendLimits.kind, "send_limits", "key"],
  [DisplayNumber.kind, "display_uses", "key"],
  [FrequencyLimit.kind, "callee_frequencies", "key"],
  [Idempotency.kind, "idempotency_keys", "key"],
  [Send.kind, "sends", "send_id"],
  [RefusedSend.kind, "refused_sends", "attempt_id"],
  [ReceiptLog.kind, "receipt_logs", "key"],
  [Endpoint.kind, "callback_endpoints", "key"],
  [Delivery.kind, "callback_deliveries", "delivery_id"]
]

/** The most indexes that a kind in the shared table may have. */
export const sharedPlaces = 4

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const ownTable = ([kind, name, key]: (typeof own)[number]): Table => ({
  kind,
  name,
  owner: "account_id",
  key,
  shared: false,
  places: Object.keys(kind.indexes).map((index) => ({
    index,
    partition: `${snake(index)}_in`,
    at: `${snake(index)}_at`
  })),
  events: kind === Balance.kind ? "minute_ledger" : "events"
})

const sharedTable = (kind: Kind.Any): Table => {
  const indexes = Object.keys(kind.indexes)
  if (indexes.length > sharedPlaces) throw new Error(`${kind.name} has more than ${sharedPlaces} indexes`)
  return {
    kind,
    name: "things",
    owner: "owner",
    key: "key",
    shared: true,
    places: indexes.map((index, i) => ({ index, partition: `place${i + 1}_in`, at: `place${i + 1}_at` })),
    events: "events"
  }
}

const tables = new Map<string, Table>(own.map((entry) => [entry[0].name, ownTable(entry)]))

/**
 * The table of a kind.
 *
 * **Gotchas** In the shared table, a kind's indexes are told apart by their order: new ones go to the end. A kind is
 * its name; two that share one are a defect.
 */
export const of = (kind: Kind.Any): Table => {
  const known = tables.get(kind.name)
  if (known !== undefined) {
    if (known.kind !== kind) throw new Error(`there are two kinds of the name ${kind.name}`)
    return known
  }
  const table = sharedTable(kind)
  tables.set(kind.name, table)
  return table
}

/** All tables that this process knows of: core's, and those of the kinds it has met. */
export const all = (): ReadonlyArray<Table> => Array.from(tables.values())
