import { describe, expect, it } from "vitest"
import * as CallOptions from "../src/CallOptions.ts"

const text = ["--text", "您的验证码是：3842"]

describe("the command line of a call", () => {
  it("calls a telephone by its address", () => {
    expect(CallOptions.parse(["--to", "sip:bob@192.168.1.20:5062;transport=tcp", ...text])).toMatchObject({
      way: { _tag: "Direct", to: { user: "bob", host: "192.168.1.20", port: 5_062 } },
      speech: { _tag: "Text", engine: "espeak", language: "zh-CN" },
      plays: 2,
      display: "vsms",
      local: { address: undefined, port: 0 }
    })
  })

  it("calls a number over a trunk, of the line or of the environment, and shows its account", () => {
    const line = "sip:alice:s3cret@trunk.test;transport=tls"
    const expected = {
      way: { _tag: "Trunk", to: "+8613800138000", register: false, trunk: { host: "trunk.test", protocol: "tls" } },
      display: "alice"
    }
    expect(CallOptions.parse(["--to", "+8613800138000", "--trunk", line, ...text])).toMatchObject(expected)
    expect(CallOptions.parse(["--to", "+8613800138000", ...text], line)).toMatchObject(expected)
  })

  it.each([
    [[], "--to"],
    [["--to", "sip:bob@@x", ...text], "SIP"],
    [["--to", "bob", ...text], "sip:"],
    [["--to", "13800138000", ...text], "--trunk"],
    [["--to", "13800138000", "--trunk", "alice:s3cret@trunk.test", ...text], "sip:user:password@host"],
    [["--to", "sip:a@b"], "--text"],
    [["--to", "sip:a@b", "--text", "  "], "--text"],
    [["--to", "sip:a@b", ...text, "--wav", "a.wav"], "--wav"],
    [["--to", "sip:a@b", ...text, "--play", "4"], "--play"],
    [["--to", "sip:a@b", ...text, "--ring", "0"], "--ring"],
    [["--to", "sip:a@b", ...text, "--engine", "parrot"], "--engine"],
    [["--to", "sip:a@b", ...text, "--language", "fr"], "--language"],
    [["--to", "sip:a@b", ...text, "--local", "here"], "--local"],
    [["--to", "sip:a@b", ...text, "--public", "there"], "--public"],
    [["--to", "sip:a@b", ...text, "--display", "a\r\nVia: x"], "--display"],
    [["--to", "sip:a@b", ...text, "--loud"], "--loud"],
    [["--to", "sip:a@b", ...text, "more"], "more"],
    [["--to"], "--to"]
  ])("%j is wrong, and it says what: %s", (args, named) => {
    const parsed = CallOptions.parse(args)
    const problem = typeof parsed === "object" && "problem" in parsed ? parsed.problem : ""
    expect(problem).toContain(named)
    expect(problem).toContain(" · ")
    expect(problem).not.toContain("s3cret")
  })

  it.each([
    ["192.168.1.5", "192.168.1.5", 0],
    ["192.168.1.5:5070", "192.168.1.5", 5_070],
    ["[::1]:5070", "::1", 5_070]
  ])("listens at %s", (local, address, port) => {
    expect(CallOptions.parse(["--to", "sip:a@b", ...text, "--local", local])).toMatchObject({
      local: { address, port }
    })
  })

  it("helps", () => {
    expect(CallOptions.parse(["--help"])).toBe("help")
  })
})
