/**
 * Starts the host. With a storage in memory the shop is a new one in each run; what it needs to send is bought as
 * [the client's example](../../client) does it.
 */
import { Accounts } from "@vsms/core/account/Accounts"
import * as Platform from "@vsms/example-embed-tour/Platform"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { serve } from "./Host.ts"

const runtime = ManagedRuntime.make(Platform.layer)
const shop = await runtime.runPromise(
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const accountId = yield* accounts.open()
    yield* accounts.verify(accountId, { as: "enterprise" })
    yield* accounts.activate(accountId, { agreementAccepted: true })
    const { applicationId } = yield* accounts.createApplication(accountId, { name: "shop" })
    return { accountId, applicationId }
  })
)
const { port, stop } = await serve(runtime, shop, Number(process.env["PORT"] ?? 8080))
console.log(`http://127.0.0.1:${port}/vsms/docs, application ${shop.applicationId}`)
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void stop())
