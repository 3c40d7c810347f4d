/**
 * Port: an operation of the older wire: what it is given, once the request was found to be signed, and what it gives.
 */
import type * as Effect from "effect/Effect"
import type { Packet } from "./LegacyPacket.ts"
import type { Signer } from "./Reception.ts"
import type { Refusal } from "./VendorCodes.ts"

export interface Call {
  readonly signer: Signer
  readonly packet: Packet
  /** The body as it came: a file of sound, where the operation is an upload. */
  readonly bytes: Uint8Array
  /** E.164 if it was written well; empty if the request names none. */
  readonly to: string
  /** Of this very request: a signed request that comes again gets its first answer. */
  readonly key: string
}

export interface Operation {
  /** The fields of the answer, beside `result` and `errmsg`. */
  readonly handle: (call: Call) => Effect.Effect<{ readonly [field: string]: unknown }, Refusal>
  /** Which signature it has; that of its packet, if absent. */
  readonly signed?: "packet" | "upload" | "uploaded"
  /** Whether it changes something that is kept in the audit log. */
  readonly audited?: boolean
}
