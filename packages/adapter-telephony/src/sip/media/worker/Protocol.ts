/** What the thread that plays is told, and what it tells. A call is known by a number. */

import type { Keys } from "../../sdp/SecurityDescription.ts"

/** How a call is played; sent again when that changes. */
export interface Flow {
  readonly address: string
  readonly port: number
  readonly controlAddress: string
  readonly controlPort: number
  readonly payloadType: number
  /** -1: no key presses come. */
  readonly keysPayloadType: number
  readonly packetBytes: number
  readonly sends: boolean
  /** What it is encrypted with; `undefined`: it is not. */
  readonly keys: Keys | undefined
}

/** The bytes of the line, one after the other: all plays in one law, with what is silent between them. */
export interface Track {
  readonly payload: Uint8Array
  readonly silence: number
  readonly plays: number
  readonly leadBytes: number
  readonly pauseBytes: number
  readonly tailBytes: number
}

export type Order =
  | { readonly _tag: "Open"; readonly id: number; readonly address: string; readonly ports: ReadonlyArray<number> }
  | {
      readonly _tag: "Start"
      readonly id: number
      readonly flow: Flow
      readonly track: Track
      readonly source: number
      readonly sequence: number
      readonly timestamp: number
      /** How often `Statistics` are told. */
      readonly statisticsMillis: number
    }
  | { readonly _tag: "Update"; readonly id: number; readonly flow: Flow }
  /** Sends an RTCP packet. */
  | { readonly _tag: "Control"; readonly id: number; readonly bytes: Uint8Array }
  | { readonly _tag: "Stop"; readonly id: number; readonly bytes: Uint8Array | undefined }

/** What was sent and how what came arrived; see `Reception.ts`. */
export interface Statistics {
  readonly packets: number
  readonly bytes: number
  readonly timestamp: number
  readonly reception: Counters | undefined
}

/** As RFC 3550 keeps them, appendices A.3 and A.8. */
export interface Counters {
  source: number
  firstSequence: number
  /** With its turns above 16 bits. */
  highestSequence: number
  received: number
  /** In 1/8,000 s, and of that sixteenths. */
  scaledJitter: number
  /** How long the last packet was on its way, up to a constant. */
  transit: number
}

export type Notice =
  | { readonly _tag: "Opened"; readonly id: number; readonly port: number }
  /** All of the ports were taken. */
  | { readonly _tag: "Refused"; readonly id: number; readonly detail: string }
  | { readonly _tag: "Played"; readonly id: number }
  /** A packet of a key press. */
  | { readonly _tag: "Key"; readonly id: number; readonly timestamp: number; readonly payload: Uint8Array }
  | { readonly _tag: "Statistics"; readonly id: number; readonly statistics: Statistics }
  /** An RTCP packet of the other end. */
  | { readonly _tag: "Control"; readonly id: number; readonly bytes: Uint8Array }
