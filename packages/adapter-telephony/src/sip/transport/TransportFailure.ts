/** Rules: why a message was not sent. */
import * as Data from "effect/Data"

/**
 * Details: `unreachable`: nobody accepts connections there, or not in time. `untrusted`: the certificate is not theirs.
 * `congested`: they take no more for now, or there are too many connections. `tooLong`: no datagram is so long.
 * `unsupported`: we do not speak that protocol. `closed`: we have stopped.
 */
export class TransportFailure extends Data.TaggedError("TransportFailure")<{
  readonly reason: "unreachable" | "untrusted" | "congested" | "tooLong" | "unsupported" | "closed"
  /** For operators: an error code of the system, never what was to be sent. */
  readonly detail: string
}> {}

/** What the system says of a socket. */
export const ofSystem = (error: NodeJS.ErrnoException): TransportFailure =>
  new TransportFailure({
    reason: certificateErrors.test(error.code ?? "") ? "untrusted" : "unreachable",
    detail: error.code ?? "no code"
  })

const certificateErrors = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL/
