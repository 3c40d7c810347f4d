/**
 * Rules: the next hop of a message: a transport, an address and a port. Names were looked up before (RFC 3263).
 */
import { isIP } from "node:net"

export const protocols = ["udp", "tcp", "tls"] as const
export type Protocol = (typeof protocols)[number]

export interface Hop {
  readonly protocol: Protocol
  /** An IP address without brackets. */
  readonly address: string
  readonly port: number
  /** Whom the certificate has to name; the address if absent. */
  readonly serverName?: string | undefined
}

/** Whether the protocol itself sees to it that what is sent arrives. */
export const isReliable = (protocol: Protocol): boolean => protocol !== "udp"

export const defaultPort = (protocol: Protocol): number => (protocol === "tls" ? 5061 : 5060)

/** An address as it stands in a URI or a header. */
export const bracketed = (address: string): string => (isIP(address) === 6 ? `[${address}]` : address)

/** What tells connections apart. */
export const key = ({ address, port, protocol, serverName }: Hop): string =>
  `${protocol} ${address} ${port}${serverName === undefined ? "" : ` ${serverName}`}`

/**
 * Requests beyond this size belong on a stream where there is one (RFC 3261, section 18.1.1): in pieces, datagrams get
 * lost.
 */
export const largestDatagramRequest = 1_300

/** Nothing longer fits in a datagram. */
export const largestDatagram = 65_507

/** Whether it is an address, rather than a name that has to be looked up. */
export const isAddress = (text: string): boolean => isIP(text) !== 0
