/**
 * Adapter: speech into a call at an Asterisk, over a WebSocket that we open to it (its `chan_websocket`). The bytes are
 * those of the line, so nothing is translated where the callee takes the codec; Asterisk paces them. They are in memory
 * alone, here and there, and gone with the call.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { Playback } from "../sip/media/Media.ts"
import type { AriClient } from "./AriClient.ts"
import * as Playlist from "./Playlist.ts"

/** How codecs are called there. */
export const formats = { alaw: "alaw", mulaw: "ulaw" } as const

export interface Wish {
  /** The call's channel. */
  readonly channel: string
  /** Names for what is made for it: nobody else's. */
  readonly media: string
  readonly bridge: string
  readonly playback: Playback
  /** Is done when the channel of that name has come to our application. */
  readonly entered: Deferred.Deferred<void>
  /** Everything is joined: what is played from here on is heard. */
  readonly onAudible: () => void
  /** One play more went to the callee. */
  readonly onPlayed: () => void
}

/** Asterisk keeps 20 s of audio and drops what goes beyond. */
const aheadMillis = 15_000

const Answer = Schema.Struct({ channelvars: Schema.Struct({ MEDIA_WEBSOCKET_CONNECTION_ID: Schema.String }) })
const Told = Schema.parseJson(Schema.Struct({ event: Schema.String }))

/**
 * Plays, and is done when the last byte went to the callee. Fails with what is wrong, for operators. What was made at
 * Asterisk is gone with the scope, the call's own channel excepted.
 */
export const play = (client: AriClient, wish: Wish): Effect.Effect<void, string, Scope.Scope> =>
  Effect.gen(function* () {
    const { bridge, channel, media, playback } = wish
    const ask = (path: string, body: Readonly<Record<string, unknown>>) =>
      Effect.flatMap(
        Effect.mapError(client.request("POST", path, body), ({ detail }) => detail),
        ({ body, status }) => (status < 300 ? Effect.succeed(body) : Effect.fail(`${path} refused with ${status}`))
      )
    yield* Effect.acquireRelease(ask("/bridges", { bridgeId: bridge, type: "mixing", name: client.app }), () =>
      Effect.ignore(client.request("DELETE", `/bridges/${encodeURIComponent(bridge)}`))
    )
    const made = yield* ask("/channels/externalMedia", {
      channelId: media,
      app: client.app,
      external_host: "INCOMING",
      transport: "websocket",
      encapsulation: "none",
      connection_type: "server",
      format: formats[playback.audio.codec],
      // Commands and events of the socket as JSON.
      transport_data: "f(json)"
    })
    const answer = Schema.decodeUnknownEither(Answer)(made)
    if (Either.isLeft(answer)) return yield* Effect.fail("no media over WebSockets there")
    const started = yield* Deferred.make<void, string>()
    const over = yield* Deferred.make<void, string>()
    const broken = (detail: string): void => {
      Deferred.unsafeDone(started, Effect.fail(detail))
      Deferred.unsafeDone(over, Effect.fail(detail))
    }
    const onText = (text: string): void => {
      const told = Either.getOrUndefined(decode(text))?.event
      if (told === "MEDIA_START") Deferred.unsafeDone(started, Effect.void)
      else if (told === "MEDIA_MARK_PROCESSED") wish.onPlayed()
      else if (told === "MEDIA_BUFFERING_COMPLETED") Deferred.unsafeDone(over, Effect.void)
      else if (told === "ERROR") broken("Asterisk did not take the audio")
    }
    const onGone = () => broken("the audio's connection was closed")
    const socket = yield* Effect.acquireRelease(
      Effect.sync(() => client.media(answer.right.channelvars.MEDIA_WEBSOCKET_CONNECTION_ID, { onGone, onText })),
      // With the socket its channel goes too.
      (socket) => Effect.sync(socket.close)
    )
    const joined = Effect.zipRight(Deferred.await(started), Deferred.await(wish.entered))
    yield* Effect.timeoutFail(joined, {
      duration: Duration.millis(client.requestMillis),
      onTimeout: () => "the audio's channel did not come about"
    })
    yield* ask(`/bridges/${encodeURIComponent(bridge)}/addChannel`, { channel: [channel, media] })

    const command = (command: string, more: Readonly<Record<string, string>> = {}) =>
      Effect.sync(() => socket.send(JSON.stringify({ command, ...more })))
    const startedAt = yield* Clock.currentTimeMillis
    wish.onAudible()
    // What the callee says is nothing that we want to hear.
    yield* command("SET_MEDIA_DIRECTION", { direction: "out" })
    yield* command("START_MEDIA_BUFFERING")
    const feed = Effect.gen(function* () {
      let sentMillis = 0
      for (const chunk of Playlist.chunks(playback)) {
        if (chunk === Playlist.mark) {
          yield* command("MARK_MEDIA")
          continue
        }
        const ahead = startedAt + sentMillis - (yield* Clock.currentTimeMillis) - aheadMillis
        if (ahead > 0) yield* Effect.sleep(Duration.millis(ahead))
        socket.send(chunk)
        sentMillis += chunk.length / 8
      }
      yield* command("STOP_MEDIA_BUFFERING")
    })
    yield* Effect.zipRight(Effect.raceFirst(feed, Deferred.await(over)), Deferred.await(over))
  })

const decode = Schema.decodeUnknownEither(Told)
