/**
 * Rules: where callbacks and the webhooks of alert contacts may lead (CBK-3). The name in a URL proves nothing: what counts is the address that it resolves
 * to at the moment of the call, so `allows` is asked again then, by the transport.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as IpAddress from "./IpAddress.ts"

/** What a deployment permits. */
export interface TargetPolicy {
  /** Whether they may lead into loopback, link-local and private networks. */
  readonly privateNetworks: boolean
  /** Whether over plain HTTP. */
  readonly plainHttp: boolean
}

export const standard: TargetPolicy = { privateNetworks: false, plainHttp: true }

/** The URL is none that can be posted to. */
export class UnusableUrl extends Schema.TaggedError<UnusableUrl>()("UnusableUrl", {
  problem: Schema.Literal("malformed", "tooLong", "scheme", "credentials", "fragment")
}) {
  static readonly rule = "CBK-1" as const
  static readonly transient = false
}

/** The URL leads into a private network. */
export class PrivateTarget extends Schema.TaggedError<PrivateTarget>()("PrivateTarget", {}) {
  static readonly rule = "CBK-3" as const
  static readonly transient = false
}

const longest = 2_048

/**
 * The URL in its normal form, if it may lead there as far as the URL itself tells.
 *
 * **Details** `new URL` turns every spelling of an IPv4 address (`0x7f.1`, `2130706433`) into the plain one, so an
 * address in disguise is seen here already.
 */
export const check = (policy: TargetPolicy, text: string): Either.Either<string, UnusableUrl | PrivateTarget> => {
  if (text.length > longest) return Either.left(new UnusableUrl({ problem: "tooLong" }))
  if (!URL.canParse(text)) return Either.left(new UnusableUrl({ problem: "malformed" }))
  const url = new URL(text)
  if (url.protocol !== "https:" && !(url.protocol === "http:" && policy.plainHttp)) {
    return Either.left(new UnusableUrl({ problem: "scheme" }))
  }
  if (url.username !== "" || url.password !== "") return Either.left(new UnusableUrl({ problem: "credentials" }))
  if (url.hash !== "") return Either.left(new UnusableUrl({ problem: "fragment" }))
  const host = url.hostname
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "")
    .toLowerCase()
  const isAddress = IpAddress.parseV4(host) !== undefined || host.includes(":")
  const isLocal = host === "localhost" || host.endsWith(".localhost") || host.endsWith(".local") || !host.includes(".")
  if (isAddress ? !allows(policy, host) : isLocal && !policy.privateNetworks) return Either.left(new PrivateTarget())
  return Either.right(url.href)
}

/** Whether a connection to this resolved address is permitted. */
export const allows = (policy: TargetPolicy, address: string): boolean =>
  policy.privateNetworks || IpAddress.isPublic(address)
