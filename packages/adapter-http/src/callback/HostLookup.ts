/**
 * Adapter: host names to addresses, for Node.
 */
import * as Dns from "node:dns"
import * as Effect from "effect/Effect"

/** All addresses of a host name, IPv4 and IPv6; none if it has none, or nobody can tell. */
export type HostLookup = (host: string) => Effect.Effect<ReadonlyArray<string>>

/**
 * As every other program on the machine: the hosts file counts, and so do search domains.
 *
 * **Gotchas** A question occupies one of the process's few threads until it is answered, even when nobody waits for the
 * answer any more. Where strangers choose the names, they can keep all threads busy; `overDns` has none to keep busy.
 */
export const bySystem: HostLookup = (host) =>
  Effect.async((resume) =>
    Dns.lookup(host, { all: true, verbatim: true }, (error, found) =>
      resume(Effect.succeed(error === null ? found.map(({ address }) => address) : []))
    )
  )

export interface DnsOptions {
  /** Addresses of name servers, as `192.0.2.1` or `192.0.2.1:53`; those of the machine if absent. */
  readonly servers?: ReadonlyArray<string>
  /** How long a server may take before it is asked again, or the next one. */
  readonly timeoutMillis?: number
  readonly tries?: number
}

/** Asks name servers and nobody else: no thread is occupied, and names of the hosts file are unknown. */
export const overDns = ({ servers, timeoutMillis = 2_000, tries = 2 }: DnsOptions = {}): HostLookup => {
  const resolver = new Dns.promises.Resolver({ timeout: timeoutMillis, tries })
  if (servers !== undefined) resolver.setServers(servers)
  return (host) =>
    // A name without addresses of one family is no failure, so each is asked for by itself.
    Effect.promise(() => Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])).pipe(
      Effect.map((answers) => answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : [])))
    )
}
