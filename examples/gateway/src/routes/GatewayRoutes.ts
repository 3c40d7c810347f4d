/** The routes of a gateway: what its settings name, each with the channel that carries it. */
import * as AsteriskAri from "@vsms/adapter-telephony/ari/AsteriskAri"
import * as SimulatedNetwork from "@vsms/adapter-telephony/simulated/SimulatedNetwork"
import type { Channel } from "@vsms/core/dispatch/CallChannel"
import { Routes } from "@vsms/core/dispatch/Routes"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { RouteSettings } from "./RouteSettings.ts"
import * as SipChannel from "./SipChannel.ts"

/** Whether calls of this route never leave the process. */
export const isSimulated = ({ _tag }: RouteSettings): boolean => _tag === "Simulated"

/** Opens all channels. The simulated routes lead into one network, with the same phones. */
export const layer = (
  routes: ReadonlyArray<RouteSettings>,
  network: SimulatedNetwork.NetworkOptions
): Layer.Layer<Routes, SipChannel.RouteUnusable> =>
  Layer.unwrapScoped(
    Effect.gen(function* () {
      const simulated = yield* SimulatedNetwork.make(network)
      /** A kind of route has its case here, and a file beside this one if it needs more of the machine. */
      const open = (settings: RouteSettings): Effect.Effect<Channel, SipChannel.RouteUnusable, Scope.Scope> => {
        switch (settings._tag) {
          case "Simulated":
            return Effect.succeed(simulated.channel(settings.route.channel))
          case "Asterisk":
            return AsteriskAri.make({ name: settings.route.channel, asterisk: settings.asterisk })
          case "Sip":
            return SipChannel.open(settings)
        }
      }
      const channels = yield* Effect.forEach(routes, open, { concurrency: "unbounded" })
      return Routes.layer(
        routes.map(({ route }) => route),
        channels
      )
    })
  )
