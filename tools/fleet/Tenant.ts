/** A tenant who can send, in a database that no gateway has seen yet. */
import * as Place from "../../examples/gateway/src/Place.ts"
import * as Platform from "../../examples/gateway/src/Platform.ts"
import * as Settings from "../../examples/gateway/src/Settings.ts"
import { Accounts } from "@vsms/core/account/Accounts"
import { IdGenerator } from "@vsms/core/IdGenerator"
import { ReviewDesk } from "@vsms/core/qualification/ReviewDesk"
import { Templates } from "@vsms/core/template/Templates"
import * as Tenant from "@vsms/core/testing/Tenant"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"

/** Only the services that are asked, and no workers: those of the gateways do whatever is left to do. */
export const open = (options: { readonly url: string; readonly folder: string; readonly minutes: number }) => {
  const { folder, minutes, url } = options
  const settings = Either.getOrThrowWith(
    Settings.read({ VSMS_DATA: folder, VSMS_DATABASE_URL: url }),
    (problems) => new Error(JSON.stringify(problems))
  )
  const storage = Layer.provide(Platform.storage, Place.layer(settings.place, settings.sessions))
  const services = Layer.merge(Accounts.layer, Templates.layer).pipe(
    Layer.provideMerge(Layer.merge(ReviewDesk.layerManual, IdGenerator.layer)),
    Layer.provideMerge(storage)
  )
  return Effect.runPromise(Effect.provide(Tenant.established({ minutes }), services))
}
