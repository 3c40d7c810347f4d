/**
 * The platform that the hosts embed: every rule and service over a storage in memory, with phones that answer, the native
 * API and the vendor's wires. A deployment composes other adapters in the same places.
 */
import { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import * as VendorDoor from "@vsms/adapter-http/wire/VendorDoor"
import * as Core from "@vsms/core/Core"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import * as Layer from "effect/Layer"
import type * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"

/** Of a deployment that is thrown away; yours has one of its own. */
export const operatorToken = Redacted.make("operator-of-an-example-0123456789-0123456789")

export const layer = VendorDoor.layer().pipe(
  Layer.provideMerge(NativeDoor.layer({ operatorTokens: [operatorToken] })),
  Layer.provideMerge(Core.layer()),
  Layer.provideMerge(NativeDoor.editGuard),
  Layer.provideMerge(CoreMemory.layerPorts())
)

/** The platform at work, for the host's own calls and for the handlers. */
export type Runtime = ManagedRuntime.ManagedRuntime<Layer.Layer.Success<typeof layer>, never>
