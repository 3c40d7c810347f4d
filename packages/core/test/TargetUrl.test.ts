import { describe, expect, it } from "vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { BlockList, isIP } from "node:net"
import * as IpAddress from "../src/IpAddress.ts"
import * as TargetUrl from "../src/TargetUrl.ts"

const problemOf = (url: string, policy = TargetUrl.standard) => {
  const checked = TargetUrl.check(policy, url)
  if (Either.isRight(checked)) return "fine"
  return checked.left._tag === "UnusableUrl" ? checked.left.problem : checked.left._tag
}

describe("TargetUrl", () => {
  it.each([
    ["x".repeat(3_000), "tooLong"],
    ["not a url", "malformed"],
    ["ftp://example.com/", "scheme"],
    ["https://user:pass@example.com/", "credentials"],
    ["https://example.com/#part", "fragment"],
    ["https://127.0.0.1/", "PrivateTarget"],
    ["https://localhost:8080/", "PrivateTarget"],
    ["https://localhost./", "PrivateTarget"],
    ["https://a.localhost/", "PrivateTarget"],
    ["https://printer.local/", "PrivateTarget"],
    ["https://intranet/", "PrivateTarget"],
    ["https://2130706433/", "PrivateTarget"],
    ["https://0x7f.1/", "PrivateTarget"],
    ["https://0177.0.0.1/", "PrivateTarget"],
    ["https://[::1]/", "PrivateTarget"],
    ["https://[::ffff:10.0.0.1]/", "PrivateTarget"],
    ["https://[64:ff9b::a00:1]/", "PrivateTarget"],
    ["https://169.254.169.254/latest/meta-data", "PrivateTarget"],
    ["https://example.com/hook?token=1", "fine"],
    ["http://8.8.8.8/", "fine"],
    ["https://[2606:4700::1111]/", "fine"]
  ])("CBK-3: %s is %s", (url, problem) => {
    expect(problemOf(url)).toBe(problem)
  })

  it("CBK-3: a deployment may allow private networks, and may forbid plain HTTP", () => {
    expect(problemOf("http://127.0.0.1:9/", { privateNetworks: true, plainHttp: true })).toBe("fine")
    expect(problemOf("http://localhost:9/", { privateNetworks: true, plainHttp: true })).toBe("fine")
    expect(problemOf("http://example.com/", { privateNetworks: false, plainHttp: false })).toBe("scheme")
  })

  // An independent oracle: the platform's own matcher, told the special-purpose ranges by their names in the registry.
  const reserved = new BlockList()
  for (const [net, bits] of [
    ["0.0.0.0", 8],
    ["10.0.0.0", 8],
    ["100.64.0.0", 10],
    ["127.0.0.0", 8],
    ["169.254.0.0", 16],
    ["172.16.0.0", 12],
    ["192.0.0.0", 24],
    ["192.0.2.0", 24],
    ["192.88.99.0", 24],
    ["192.168.0.0", 16],
    ["198.18.0.0", 15],
    ["198.51.100.0", 24],
    ["203.0.113.0", 24],
    ["224.0.0.0", 4],
    ["240.0.0.0", 4]
  ] as const) {
    reserved.addSubnet(net, bits, "ipv4")
  }

  it("CBK-3: IPv4 addresses are public exactly outside the special-purpose ranges", () => {
    const near = FastCheck.constantFrom(
      0,
      1,
      9,
      10,
      11,
      63,
      64,
      99,
      100,
      127,
      128,
      168,
      169,
      172,
      192,
      198,
      203,
      223,
      224,
      255
    )
    const byte = FastCheck.oneof(near, FastCheck.nat(255))
    FastCheck.assert(
      FastCheck.property(FastCheck.tuple(byte, byte, byte, byte), (bytes) => {
        const address = bytes.join(".")
        expect(IpAddress.isPublic(address)).toBe(!reserved.check(address, "ipv4"))
        expect(IpAddress.isPublic(`::ffff:${address}`)).toBe(!reserved.check(address, "ipv4"))
      }),
      { numRuns: 5_000 }
    )
  })

  it("CBK-3: whatever cannot be read as an address is not public", () => {
    const text = FastCheck.oneof(FastCheck.string(), FastCheck.stringMatching(/^[0-9a-f:.%]{0,20}$/))
    FastCheck.assert(
      FastCheck.property(text, (address) => {
        if (isIP(address) === 0) expect(IpAddress.isPublic(address)).toBe(false)
      }),
      { numRuns: 5_000 }
    )
    for (const local of [
      "::",
      "::1",
      "fe80::1",
      "fe80::1%eth0",
      "fc00::1",
      "fd12:3456::1",
      "ff02::1",
      "2001:db8::1",
      "2002:7f00:1::"
    ]) {
      expect(IpAddress.isPublic(local), local).toBe(false)
    }
  })

  it("CBK-3: IPv6 addresses are read as the platform reads them", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.ipV6(), (address) => {
        expect(IpAddress.parseV6(address) !== undefined).toBe(isIP(address) === 6)
      }),
      { numRuns: 2_000 }
    )
  })
})
