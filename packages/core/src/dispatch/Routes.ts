/**
 * Port: the routes that a deployment has, each with the channel that carries it. A host configures them once; they do
 * not change while it runs.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CallChannel, type Channel } from "./CallChannel.ts"
import { Route } from "./Route.ts"

/** A route that is ready to be used. */
export interface ConfiguredRoute {
  readonly route: Route
  readonly channel: Channel
}

/** What `Routes.single` needs to know; what is missing is unbounded enough for a first trunk. */
export interface SingleRoute {
  readonly maxConcurrent?: number
  readonly callsPerSecond?: number
}

export class Routes extends Context.Tag("@vsms/core/dispatch/Routes")<Routes, ReadonlyArray<ConfiguredRoute>>() {
  /** Several routes, each over the channel that it names. A route without its channel, or a doubled id, is a defect. */
  static readonly layer = (routes: ReadonlyArray<Route>, channels: ReadonlyArray<Channel>): Layer.Layer<Routes> =>
    Layer.effect(Routes, configured(routes, channels))

  /** One route over the one channel, for every send. */
  static readonly single = (settings: SingleRoute = {}): Layer.Layer<Routes, never, CallChannel> =>
    Layer.effect(
      Routes,
      Effect.flatMap(CallChannel, (channel) => {
        const { callsPerSecond = 50, maxConcurrent = 100 } = settings
        return configured(
          [Route.make({ id: channel.name, channel: channel.name, maxConcurrent, callsPerSecond })],
          [channel]
        )
      })
    )
}

const configured = (
  routes: ReadonlyArray<Route>,
  channels: ReadonlyArray<Channel>
): Effect.Effect<ReadonlyArray<ConfiguredRoute>> =>
  Effect.suspend(() => {
    const names = new Map(channels.map((channel) => [channel.name, channel]))
    if (names.size < channels.length) return Effect.dieMessage("two channels have one name")
    const found: Array<ConfiguredRoute> = []
    for (const route of routes) {
      const channel = names.get(route.channel)
      if (channel === undefined) return Effect.dieMessage(`route ${route.id}: there is no channel ${route.channel}`)
      if (channel.capabilities.codecs.length === 0) return Effect.dieMessage(`channel ${channel.name} has no codec`)
      if (found.some((other) => other.route.id === route.id)) return Effect.dieMessage(`two routes are ${route.id}`)
      found.push({ route, channel })
    }
    return Effect.succeed(found)
  })
