/**
 * Rules: the native API as one value: the contract from which handlers, document and client are made.
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as OpenApi from "@effect/platform/OpenApi"
import { AccountsApi, KeysApi, TokensApi } from "./AccountsApi.ts"
import { ApplicationsApi } from "./ApplicationsApi.ts"
import { AlertsApi, BalanceApi } from "./BalanceApi.ts"
import { CallbacksApi } from "./CallbacksApi.ts"
import { OperationsApi } from "./OperationsApi.ts"
import { InventoryApi, NumbersApi, OrdersApi, PackagesApi } from "./OrdersApi.ts"
import * as Problems from "./Problems.ts"
import { QualificationsApi, ReviewsApi } from "./QualificationsApi.ts"
import { SendsApi } from "./SendsApi.ts"
import { StatisticsApi } from "./StatisticsApi.ts"
import { TemplatesApi } from "./TemplatesApi.ts"
import { VoiceFilesApi } from "./VoiceFilesApi.ts"

export class NativeApi extends HttpApi.make("vsms")
  .add(AccountsApi)
  .add(KeysApi)
  .add(TokensApi)
  .add(ApplicationsApi)
  .add(QualificationsApi)
  .add(ReviewsApi)
  .add(InventoryApi)
  .add(NumbersApi)
  .add(OrdersApi)
  .add(PackagesApi)
  .add(BalanceApi)
  .add(AlertsApi)
  .add(TemplatesApi)
  .add(VoiceFilesApi)
  .add(SendsApi)
  .add(CallbacksApi)
  .add(StatisticsApi)
  .add(OperationsApi)
  .addError(Problems.Everywhere)
  .annotateContext(
    OpenApi.annotations({
      title: "VSMS",
      version: "1",
      description: "Prepaid voice messages: verification codes and notifications, spoken by telephone.",
      license: { name: "MIT" }
    })
  ) {}
