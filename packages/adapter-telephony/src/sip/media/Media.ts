/**
 * Port: the audio of calls: what is played to the callee, and the keys that come back. Signalling says when and to
 * whom.
 */
import type { TelephoneAudio } from "@vsms/core/dispatch/TelephoneCodec"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Negotiation from "../sdp/Negotiation.ts"

/** There is no port or no memory for one more call, or the player is out of order. */
export class MediaFailure extends Data.TaggedError("MediaFailure")<{ readonly detail: string }> {}

/** What is played, from the moment at which the callee can hear it. */
export interface Playback {
  readonly audio: TelephoneAudio
  readonly plays: number
  readonly pauseMillis: number
  /** Silence before the first play: whoever answers still lifts the handset. */
  readonly leadMillis: number
}

/** What a session learns. */
export type MediaEvent =
  | { readonly _tag: "Key"; readonly key: string }
  /** The last play has come to its end. */
  | { readonly _tag: "Played" }
  | { readonly _tag: "Broken" }

export interface MediaSession {
  /** Where we receive: an address without brackets, and an even port. */
  readonly local: Negotiation.Endpoint
  /** Begins to play. Nothing was sent before. */
  readonly start: (agreed: Negotiation.Agreed, playback: Playback) => void
  /** The other end wants it otherwise: while `sends` is false the playback stands still. */
  readonly update: (agreed: Negotiation.Agreed) => void
  /** Ends it and gives the port back; doing so again does nothing. */
  readonly stop: () => void
}

export interface Media {
  /** Takes a port. `listener` is called from within no call of the session's own. */
  readonly open: (listener: (event: MediaEvent) => void) => Effect.Effect<MediaSession, MediaFailure>
}
