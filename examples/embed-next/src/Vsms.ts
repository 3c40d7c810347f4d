/**
 * The platform of this host: one for all routes, which Next loads apart from each other and anew after an edit.
 */
import * as WebHandler from "@vsms/adapter-http/web/WebHandler"
import type * as Login from "@vsms/example-embed-tour/Login"
import * as Platform from "@vsms/example-embed-tour/Platform"
import * as ManagedRuntime from "effect/ManagedRuntime"

/** The runtime, and which tenant of it this host is. */
export interface Embedded {
  readonly runtime: Platform.Runtime
  readonly shop: Login.Shop
}

const place = globalThis as { vsms?: Embedded }

/** Put there by whoever starts the server (`instrumentation.ts`, or a server of one's own), else made at first use. */
export const embedded = (): Embedded =>
  (place.vsms ??= {
    runtime: ManagedRuntime.make(Platform.layer),
    shop: { accountId: process.env["VSMS_ACCOUNT"] ?? "", applicationId: process.env["VSMS_APPLICATION"] ?? "" }
  })

export const vsms = (request: Request): Promise<Response> =>
  WebHandler.make(embedded().runtime, { prefix: "/vsms" })(request)
