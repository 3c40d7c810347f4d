/** Opens the channel of a route over a SIP trunk. */
import type { TransportFailure } from "@vsms/adapter-telephony/sip/transport/TransportFailure"
import * as SipTrunk from "@vsms/adapter-telephony/sip/trunk/SipTrunk"
import type { Channel } from "@vsms/core/dispatch/CallChannel"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as fs from "node:fs/promises"
import * as LocalAddress from "./LocalAddress.ts"
import type { SipRoute } from "./RouteSettings.ts"

/** The route cannot be opened on this machine. */
export class RouteUnusable extends Schema.TaggedError<RouteUnusable>()("RouteUnusable", {
  route: Schema.String,
  problem: Schema.Literal("noLocalAddress", "certificates", "socket"),
  /** An error code of the system; never what the trunk's line holds. */
  detail: Schema.String
}) {}

export const open = (settings: SipRoute): Effect.Effect<Channel, RouteUnusable, Scope.Scope> =>
  Effect.gen(function* () {
    const { domain, localPort, numbers, publicAddress, register, rtpPorts, tlsCa, trunk } = settings
    const unusable = (problem: RouteUnusable["problem"], detail: string) =>
      new RouteUnusable({ route: settings.route.id, problem, detail })
    const address = settings.localAddress ?? (yield* LocalAddress.towards(trunk.host))
    if (address === undefined) return yield* unusable("noLocalAddress", trunk.host)
    const ca =
      tlsCa === undefined
        ? undefined
        : yield* Effect.tryPromise({
            try: () => fs.readFile(tlsCa, "utf8"),
            catch: (error) => unusable("certificates", String((error as NodeJS.ErrnoException).code))
          })
    return yield* SipTrunk.make({
      name: settings.route.channel,
      trunk,
      local: { address, port: localPort },
      numbers,
      register,
      ...(publicAddress === undefined ? {} : { publicAddress }),
      ...(domain === undefined ? {} : { domain }),
      ...(rtpPorts === undefined ? {} : { rtpPorts }),
      ...(ca === undefined ? {} : { tls: { ca } })
    }).pipe(Effect.mapError(({ detail }: TransportFailure) => unusable("socket", detail)))
  })
