/**
 * Rules: which transaction a message is of (RFC 3261, sections 17.1.3 and 17.2.3). The ACK of a refusal is of its
 * INVITE's.
 */
import * as Envelope from "../message/Envelope.ts"
import { formatHostPort } from "../message/Grammar.ts"
import * as Via from "../message/Via.ts"

/** Of a response that came to us, by the branch that we gave the request. */
export const ofResponse = ({ cseq, via }: Envelope.Envelope): string =>
  `${via.params.get("branch") ?? ""} ${cseq.method}`

/** Of a request that we send. */
export const ofSent = (branch: string, method: string): string => `${branch} ${method}`

/** Of a request that came to us. */
export const ofRequest = (envelope: Envelope.Envelope): string => {
  const { callId, cseq, via } = envelope
  const method = cseq.method === "ACK" ? "INVITE" : cseq.method
  const branch = via.params.get("branch") ?? ""
  const hop = formatHostPort(via.host, via.port)
  if (branch.startsWith(Via.magicCookie) && branch.length > Via.magicCookie.length) return `${branch} ${hop} ${method}`
  // Older than RFC 3261, or as good as: everything together is the name.
  return `${branch} ${hop} ${method} ${callId} ${cseq.number} ${Envelope.fromTag(envelope) ?? ""}`
}
