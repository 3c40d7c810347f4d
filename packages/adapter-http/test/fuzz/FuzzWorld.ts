import { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import * as VendorDoor from "@vsms/adapter-http/wire/VendorDoor"
import { Accounts } from "@vsms/core/account/Accounts"
import * as Core from "@vsms/core/Core"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import * as Tenants from "@vsms/core/testing/Tenant"
import { Templates } from "@vsms/core/template/Templates"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as World from "../native/World.ts"
import * as Watch from "./Watch.ts"
import { Target, type Tenant } from "./Target.ts"

/** The lines that were logged since somebody last looked. */
export class Lines extends Context.Tag("@vsms/adapter-http/test/fuzz/Lines")<Lines, { taken: () => Array<string> }>() {}

const layerLines = Layer.unwrapEffect(
  Effect.sync(() => {
    let lines: Array<string> = []
    const logger = Logger.map(Logger.stringLogger, (line) => void lines.push(line))
    const taken = () => {
      const all = lines
      lines = []
      return all
    }
    // One over the other: a logger from a layer that is built beside another stays in the fiber when the layer is gone,
    // and each world would go on collecting the lines of all that come after it.
    return Layer.succeed(Lines, { taken }).pipe(
      Layer.provideMerge(Logger.minimumLogLevel(LogLevel.Debug)),
      Layer.provideMerge(Logger.replace(Logger.defaultLogger, logger))
    )
  })
)

const rate = { perSecond: 1e9, burst: 1e9 }

export interface Options {
  /** Puts something before the door: the doors that are broken on purpose. */
  readonly before?: (door: typeof NativeDoor.Service) => Effect.Effect<typeof NativeDoor.Service, never, Accounts>
}

/** Both doors over services whose workers rest: whatever is written was written by the request. */
export const layer = ({ before = Effect.succeed }: Options = {}) =>
  Layer.effect(NativeDoor, Effect.flatMap(NativeDoor, before)).pipe(
    Layer.provideMerge(VendorDoor.layer({ rate })),
    Layer.provideMerge(NativeDoor.layer({ operatorTokens: [Redacted.make(World.operatorToken)], rate })),
    Layer.provideMerge(Core.layerServices()),
    Layer.provideMerge(NativeDoor.editGuard),
    Layer.provideMerge(Watch.layer),
    Layer.provideMerge(CoreMemory.layerPorts()),
    Layer.provideMerge(layerLines)
  )

/**
 * Lets the workers work for a while: calls are placed, callbacks delivered, templates reviewed.
 *
 * **Gotchas** When they stop, what they have begun comes to its end, and that takes time of the clock, too.
 */
export const pass = (millis: number) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    yield* Layer.buildWithScope(Core.layerWorkers(), scope)
    yield* TestClock.adjust(millis)
    const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
    while (Option.isNone(yield* Fiber.poll(closing))) yield* TestClock.adjust("5 seconds")
  })

const opened = (number: string) =>
  Effect.gen(function* () {
    const tenant = yield* Effect.provide(Tenants.open({ number }), Core.layerWorkers())
    const { accountId, applicationId } = tenant
    const { secrets } = yield* (yield* Accounts).secretsOf(applicationId)
    const appKey = Redacted.value(secrets[0]!)
    const notice = { name: "发货", content: "订单{1}已发货", kind: "notification" } as const
    const { templateId: noticeId } = yield* (yield* Templates).create(accountId, applicationId, notice)
    const found: Tenant = {
      ...tenant,
      noticeId,
      appKey,
      key: yield* World.keyOf(accountId),
      reader: yield* World.keyOf(accountId, ["sends:read", "templates:read"]),
      secret: `Basic ${Encoding.encodeBase64(`${applicationId}:${appKey}`)}`
    }
    return found
  })

/** Two tenants who can send, and all that is known of them. */
export const target = Effect.gen(function* () {
  const tenants = [yield* opened("000001"), yield* opened("000002")]
  yield* pass(1_000)
  yield* World.ask("POST", "/v1/inventory/numbers", {
    as: World.operator,
    body: { region: "广东省深圳市", numbers: Array.from({ length: 12 }, (_, i) => `0755009${10_001 + i}`) }
  })
  return new Target(tenants, World.operator)
})
