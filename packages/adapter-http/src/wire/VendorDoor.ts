/**
 * Service: the vendor's wires on the same port as the native API: a door before the door. SDKs of the vendor talk to it
 * unchanged, as soon as they are told its address.
 */
import type * as Core from "@vsms/core/Core"
import type { IdGenerator } from "@vsms/core/IdGenerator"
import type { Journal } from "@vsms/core/storage/Journal"
import type { Records } from "@vsms/core/storage/Records"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { AuditLog } from "../auth/AuditLog.ts"
import type { Rate } from "../door/RateLimit.ts"
import type { Traffic } from "../door/Traffic.ts"
import { NativeDoor } from "../NativeDoor.ts"
import * as CloudDoor from "./CloudDoor.ts"
import * as LegacyDoor from "./LegacyDoor.ts"
import * as Receptions from "./Reception.ts"

export interface VendorDoorOptions {
  /** How many requests one application may make on these wires. */
  readonly rate?: Rate | undefined
}

/**
 * Puts the vendor's wires before the native API: over `NativeDoor.layer`, beneath whatever hands requests to it.
 *
 * **Details** Taken are `/v5/…`, and at `/` whatever is posted or names an action; everything else goes on to the native
 * API.
 */
export const layer = (
  options: VendorDoorOptions = {}
): Layer.Layer<NativeDoor, never, NativeDoor | Traffic | Core.Services | IdGenerator | Journal | Records> =>
  Layer.effect(
    NativeDoor,
    Effect.gen(function* () {
      const native = yield* NativeDoor
      const reception = yield* Receptions.make(options)
      const legacy = yield* LegacyDoor.make(reception)
      const cloud = yield* CloudDoor.make(reception)
      return NativeDoor.of({
        handle: (incoming) => {
          if (incoming.path.startsWith(LegacyDoor.prefix)) return legacy.handle(incoming)
          return CloudDoor.isFor(incoming) ? cloud.handle(incoming) : native.handle(incoming)
        }
      })
    })
  ).pipe(Layer.provide(AuditLog.layer))
