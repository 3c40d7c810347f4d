/**
 * Service: all handlers of the native API, by the groups of the contract. A group without handlers does not compile.
 */
import type * as HttpApi from "@effect/platform/HttpApi"
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Effect from "effect/Effect"
import type { NativeApi } from "../api/NativeApi.ts"
import type { AnyHandler } from "../door/Door.ts"
import type { Handlers } from "../door/Handler.ts"
import * as AccountHandlers from "./AccountHandlers.ts"
import * as ApplicationHandlers from "./ApplicationHandlers.ts"
import * as BalanceHandlers from "./BalanceHandlers.ts"
import * as CallbackHandlers from "./CallbackHandlers.ts"
import * as OperationHandlers from "./OperationHandlers.ts"
import * as OrderHandlers from "./OrderHandlers.ts"
import * as QualificationHandlers from "./QualificationHandlers.ts"
import * as SendHandlers from "./SendHandlers.ts"
import * as StatisticsHandlers from "./StatisticsHandlers.ts"
import * as TemplateHandlers from "./TemplateHandlers.ts"
import * as VoiceFileHandlers from "./VoiceFileHandlers.ts"

type Groups = typeof NativeApi extends HttpApi.HttpApi<string, infer G, infer _E, infer _R> ? G : never

type Complete = {
  readonly [N in HttpApiGroup.HttpApiGroup.Name<Groups>]: Handlers<HttpApiGroup.HttpApiGroup.WithName<Groups, N>>
}

const groups = {
  accounts: AccountHandlers.accounts,
  keys: AccountHandlers.keys,
  tokens: AccountHandlers.tokens,
  applications: ApplicationHandlers.applications,
  qualifications: QualificationHandlers.qualifications,
  reviews: QualificationHandlers.reviews,
  inventory: OrderHandlers.inventory,
  numbers: OrderHandlers.numbers,
  orders: OrderHandlers.orders,
  packages: OrderHandlers.packages,
  balance: BalanceHandlers.balance,
  alerts: BalanceHandlers.alerts,
  templates: TemplateHandlers.templates,
  voiceFiles: VoiceFileHandlers.voiceFiles,
  sends: SendHandlers.sends,
  callbacks: CallbackHandlers.callbacks,
  statistics: StatisticsHandlers.statistics,
  operations: OperationHandlers.operations
}

/** Handlers by `group.endpoint`. */
export const all = Effect.map(Effect.all(groups), (complete: Complete): Readonly<Record<string, AnyHandler>> =>
  Object.fromEntries(
    Object.entries(complete).flatMap(([group, handlers]) =>
      Object.entries(handlers).map(([name, handler]) => [`${group}.${name}`, handler as AnyHandler] as const)
    )
  )
)
