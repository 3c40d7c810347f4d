/**
 * Service: the native API, ready to answer: what a transport hands requests to. `layer` makes it of the services of core
 * and their storage; a transport is `node/NodeHandler.ts` or `web/WebHandler.ts`.
 */
import type * as Core from "@vsms/core/Core"
import type { IdGenerator } from "@vsms/core/IdGenerator"
import type { Journal } from "@vsms/core/storage/Journal"
import type { Records } from "@vsms/core/storage/Records"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ApiKeys } from "./auth/ApiKeys.ts"
import { AuditLog } from "./auth/AuditLog.ts"
import { Authentication, type AuthenticationOptions } from "./auth/Authentication.ts"
import * as Door from "./door/Door.ts"
import * as EditGuard from "./door/EditGuard.ts"
import type { Answer, Incoming } from "./door/Exchange.ts"
import { Readiness } from "./door/Readiness.ts"
import { Repeats } from "./door/Repeats.ts"
import { Traffic } from "./door/Traffic.ts"
import * as Documents from "./handlers/Documents.ts"
import * as NativeHandlers from "./handlers/NativeHandlers.ts"

export interface NativeDoorOptions extends Door.DoorOptions, AuthenticationOptions {}

export class NativeDoor extends Context.Tag("@vsms/adapter-http/NativeDoor")<
  NativeDoor,
  {
    /** Answers a request: always, and never with a failure. */
    readonly handle: (incoming: Incoming) => Effect.Effect<Answer>
  }
>() {
  /**
   * The door over a composed platform.
   *
   * **Details** A platform whose workers run in this process (`Core.layer`) lets followers of a send hear each step live;
   * over `Core.layerServices` they hear what is recorded.
   */
  static readonly layer = (
    options: NativeDoorOptions = {}
  ): Layer.Layer<NativeDoor | ApiKeys | Readiness | Traffic, never, Core.Services | IdGenerator | Journal | Records> =>
    Layer.effect(
      NativeDoor,
      Effect.gen(function* () {
        const door = yield* Door.make(yield* NativeHandlers.all, options)
        return { handle: (incoming) => Documents.answer(incoming) ?? door.handle(incoming) }
      })
    ).pipe(
      Layer.provide(Layer.mergeAll(Authentication.layer(options), AuditLog.layer, Repeats.layer)),
      Layer.provideMerge(Layer.mergeAll(ApiKeys.layer, Readiness.layer, Traffic.layer))
    )

  /**
   * Over the storage and beneath core: makes `If-Match` hold however edits race. Without it an edit is compared with what
   * was there a moment before.
   */
  static readonly editGuard: Layer.Layer<Journal, never, Journal> = EditGuard.layer
}
