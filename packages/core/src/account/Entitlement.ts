/**
 * Rules: what each verification may use: the table that the console shows before activation (ACC-1). Of these
 * features this platform offers voice alone; the others are shown so that the table is whole.
 */
import * as Schema from "effect/Schema"
import type { Verification } from "./Account.ts"

export const Feature = Schema.Literal(
  "domesticTextGift",
  "domesticCodesAndNotifications",
  "domesticMarketing",
  "domesticVoice",
  "internationalText",
  "frequencyLimits"
)
export type Feature = typeof Feature.Type

/** One row of the table: who may use a feature. */
export interface Entitlement {
  readonly feature: Feature
  readonly personal: boolean
  readonly enterprise: boolean
}

/** The table, in the console's order: a person has domestic text messages only, an enterprise has everything. */
export const table: ReadonlyArray<Entitlement> = [
  { feature: "domesticTextGift", personal: true, enterprise: true },
  { feature: "domesticCodesAndNotifications", personal: true, enterprise: true },
  { feature: "domesticMarketing", personal: false, enterprise: true },
  { feature: "domesticVoice", personal: false, enterprise: true },
  { feature: "internationalText", personal: false, enterprise: true },
  { feature: "frequencyLimits", personal: false, enterprise: true }
]

/** The features that an account so verified may use; none before it is verified. */
export const of = (verification: Verification): ReadonlyArray<Feature> =>
  verification === "none" ? [] : table.filter((row) => row[verification]).map((row) => row.feature)
