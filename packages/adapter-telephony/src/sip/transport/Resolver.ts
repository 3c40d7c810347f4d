/**
 * Adapter: where a name leads (RFC 3263): its SRV records, then its addresses. An address leads to itself. Which of
 * several protocols to take is not looked up (NAPTR): whoever configures a trunk knows.
 */
import { randomInt } from "node:crypto"
// This object follows what a host sets as name servers; the functions of `node:dns/promises` do not.
import { promises as dns } from "node:dns"
import { isIP } from "node:net"
import * as Effect from "effect/Effect"
import { address as bare } from "../message/SipUri.ts"
import * as Hop from "./Hop.ts"
import { ordered, type Server } from "./ServerOrder.ts"

export interface Lookup {
  /** The SRV records of a name; none if there are none, or nobody can say. */
  readonly servers: (name: string) => Effect.Effect<ReadonlyArray<Server>>
  /** The addresses of a name, of both families. */
  readonly addresses: (name: string) => Effect.Effect<ReadonlyArray<string>>
}

/** The resolver of this machine, with its hosts file. */
export const system: Lookup = {
  servers: (name) =>
    Effect.promise(() =>
      dns.resolveSrv(name).then(
        (found) => found.map((one) => ({ name: one.name, port: one.port, priority: one.priority, weight: one.weight })),
        () => []
      )
    ),
  addresses: (name) =>
    Effect.promise(() =>
      dns.lookup(name, { all: true }).then(
        (found) => found.map(({ address }) => address),
        () => []
      )
    )
}

export interface Place {
  /** A name or an address, in brackets if it is of IPv6. */
  readonly host: string
  readonly port: number | undefined
  readonly protocol: Hop.Protocol
}

/** With so many servers tried, the callee would not wait any longer. */
const mostHops = 8

/** The hops to a place, in the order in which they are to be tried. Only those of the family of `local` can be reached. */
export const hops = (lookup: Lookup, place: Place, local: string): Effect.Effect<ReadonlyArray<Hop.Hop>> =>
  Effect.gen(function* () {
    const { host, port, protocol } = place
    const literal = bare(host)
    const serverName = protocol === "tls" ? { serverName: literal } : {}
    const hopOf = (address: string, at: number): Hop.Hop => ({ protocol, address, port: at, ...serverName })
    if (isIP(literal) !== 0) return [hopOf(literal, port ?? Hop.defaultPort(protocol))]
    const reachable = (name: string) =>
      Effect.map(lookup.addresses(name), (all) => all.filter((address) => isIP(address) === isIP(local)))
    const records = port === undefined ? yield* lookup.servers(serviceName(protocol, host)) : []
    const servers = ordered(records, (most) => randomInt(most + 1))
    if (servers.length === 0) {
      const addresses = yield* reachable(host)
      return addresses.slice(0, mostHops).map((address) => hopOf(address, port ?? Hop.defaultPort(protocol)))
    }
    const found: Array<Hop.Hop> = []
    for (const { name, port: at } of servers) {
      // A dot says that the service is decidedly not there.
      if (name === "." || name === "") continue
      for (const address of yield* reachable(name)) found.push(hopOf(address, at))
      if (found.length >= mostHops) break
    }
    return found.slice(0, mostHops)
  })

const serviceName = (protocol: Hop.Protocol, host: string): string =>
  protocol === "tls" ? `_sips._tcp.${host}` : `_sip._${protocol}.${host}`

/**
 * The hops to a place, looked up again when they are older than `millis`. While nobody can say where it is, it is
 * where it was.
 */
export const remembering = (
  lookup: Lookup,
  place: Place,
  local: string,
  millis: number
): Effect.Effect<Effect.Effect<ReadonlyArray<Hop.Hop>>> => {
  let last: ReadonlyArray<Hop.Hop> = []
  const fresh = Effect.map(hops(lookup, place, local), (found) => {
    if (found.length > 0) last = found
    return last
  })
  return Effect.cachedWithTTL(fresh, millis)
}
