import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import { describe, expect, it } from "vitest"
import * as Digest from "../../../src/sip/auth/Digest.ts"
import type * as Message from "../../../src/sip/message/Message.ts"

const account = (user: string, password: string): Digest.Account => ({ user, password: Redacted.make(password) })

const refusal = (status: number, ...headers: ReadonlyArray<readonly [string, string]>): Message.Response => ({
  _tag: "Response",
  status,
  reason: "",
  headers: headers.map(([name, value]) => ({ name, value })),
  body: new Uint8Array(0)
})

const challenge = (parts: Partial<Digest.Challenge> = {}): Digest.Challenge => ({
  by: "server",
  realm: "r",
  nonce: "n",
  opaque: undefined,
  algorithm: "MD5",
  qop: "auth",
  stale: false,
  ...parts
})

describe("the published examples", () => {
  const rfc7616 = {
    account: account("Mufasa", "Circle of Life"),
    method: "GET",
    uri: "/dir/index.html",
    cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    count: 1
  }
  const asked = refusal(
    401,
    [
      "WWW-Authenticate",
      `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`
    ],
    [
      "WWW-Authenticate",
      `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`
    ]
  )

  it("RFC 7616, 3.9.1: of two algorithms the stronger one is answered", () => {
    const [chosen, ...more] = Digest.challenges(asked)
    expect(more).toEqual([])
    expect(chosen?.algorithm).toBe("SHA-256")
    expect(Digest.response({ ...rfc7616, challenge: chosen! })).toBe(
      "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
    )
    const header = Digest.credentials({ ...rfc7616, challenge: chosen! })
    expect(header).toContain(`nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"`)
    expect(header).toContain(`opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`)
    expect(header).toContain(`username="Mufasa", realm="http-auth@example.org"`)
  })

  it("RFC 7616, 3.9.1: MD5", () => {
    const md5 = { ...Digest.challenges(asked)[0]!, algorithm: "MD5" as const }
    expect(Digest.response({ ...rfc7616, challenge: md5 })).toBe("8ca523f5e9506fed4657c9700eebdbec")
  })

  it("RFC 2617, 3.5", () => {
    const question = {
      challenge: challenge({ realm: "testrealm@host.com", nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093" }),
      account: account("Mufasa", "Circle Of Life"),
      method: "GET",
      uri: "/dir/index.html",
      cnonce: "0a4f113b",
      count: 1
    }
    expect(Digest.response(question)).toBe("6629fae49393a05397450978507c4ef1")
    // The same without qop, as RFC 2069 has it, and as a session: computed by md5sum.
    expect(Digest.response({ ...question, challenge: { ...question.challenge, qop: undefined } })).toBe(
      "670fd8c2df070c60b045671b8b24ff02"
    )
    expect(Digest.response({ ...question, challenge: { ...question.challenge, algorithm: "MD5-sess" } })).toBe(
      "8e3825c57e897f5a0dec6c2d4e5059d0"
    )
  })
})

describe("challenges", () => {
  const values = (value: string) => Digest.challenges(refusal(401, ["WWW-Authenticate", value]))

  it("several may be in one header", () => {
    const found = values(`Digest realm="a,b", nonce="1", Basic realm="c", Digest realm="d", nonce="2", stale=TRUE`)
    expect(found.map(({ nonce, realm, stale }) => [realm, nonce, stale])).toEqual([
      ["a,b", "1", false],
      ["d", "2", true]
    ])
  })

  it("without an algorithm it is MD5; without qop it is of RFC 2069", () => {
    expect(values(`digest nonce="1" , realm="a"`)).toEqual([challenge({ realm: "a", nonce: "1", qop: undefined })])
  })

  it.each([
    ["of another scheme", `Basic realm="a"`],
    ["of an unknown algorithm", `Digest realm="a", nonce="1", algorithm=SHA-512-256`],
    ["with only auth-int", `Digest realm="a", nonce="1", qop="auth-int"`],
    ["without a nonce", `Digest realm="a"`],
    ["without a realm", `Digest nonce="a"`],
    ["with an open quotation", `Digest realm="a, nonce="1"`],
    ["without anything", ""]
  ])("%s are passed over", (_, value) => {
    expect(values(value)).toEqual([])
    expect(Digest.next([], refusal(401, ["WWW-Authenticate", value]))).toBeUndefined()
  })

  it("whatever a server sends, it is answered or not", () => {
    const piece = FastCheck.constantFrom(
      "Digest ",
      "realm=",
      '"',
      ",",
      "nonce=",
      "a",
      "=",
      "qop=auth",
      "\\",
      " ",
      "stale=true"
    )
    FastCheck.assert(
      FastCheck.property(FastCheck.array(piece, { maxLength: 20 }), (pieces) => {
        for (const one of values(pieces.join(""))) expect(Object.keys(one)).toHaveLength(7)
      }),
      { numRuns: 2_000 }
    )
  })
})

describe("a request that is asked for credentials", () => {
  const request: Message.Request = {
    _tag: "Request",
    method: "INVITE",
    uri: "sip:b@h",
    headers: [{ name: "To", value: "<sip:b@h>" }],
    body: new Uint8Array(0)
  }
  const ask = (nonce: string, stale = false, realm = "r") =>
    refusal(401, [
      "WWW-Authenticate",
      `Digest realm="${realm}", nonce="${nonce}", qop="auth"${stale ? ", stale=true" : ""}`
    ])
  const proxyAsks = refusal(407, ["Proxy-Authenticate", `Digest realm="r", nonce="p"`])

  it("answers once, and not again when it was refused: the account would be locked", () => {
    const answered = Digest.next([], ask("1"))!
    expect(answered).toHaveLength(1)
    expect(Digest.next(answered, ask("1"))).toBeUndefined()
    expect(Digest.next(answered, ask("2"))).toBeUndefined()
  })

  it("answers again when only the nonce was stale, but not for ever, and not the same nonce", () => {
    const once = Digest.next([], ask("1"))!
    expect(Digest.next(once, ask("1", true))).toBeUndefined()
    const twice = Digest.next(once, ask("2", true))!
    const thrice = Digest.next(twice, ask("3", true))!
    expect(thrice.map(({ nonce }) => nonce)).toEqual(["1", "2", "3"])
    expect(Digest.next(thrice, ask("4", true))).toBeUndefined()
  })

  it("answers the proxy and the server behind it, each in its own header, with the last nonce of each", () => {
    const both = Digest.next(Digest.next(Digest.next([], proxyAsks)!, ask("1"))!, ask("2", true))!
    const sent = Digest.authorised(request, both, account("a", "secret"), { cnonce: "c", count: () => 1 })
    const again = Digest.authorised(sent, both, account("a", "secret"), { cnonce: "c", count: () => 2 })
    expect(again.headers.map(({ name }) => name)).toEqual(["To", "Proxy-Authorization", "Authorization"])
    expect(sent.headers[1]!.value).toMatch(/nonce="p".* algorithm=MD5$/)
    expect(sent.headers[2]!.value).toMatch(/nonce="2".*nc=00000001/)
    expect(again.headers[2]!.value).toMatch(/nonce="2".*nc=00000002/)
    expect(JSON.stringify(sent)).not.toContain("secret")
  })

  it("a name in another script is hashed as its UTF-8, and quotes are escaped", () => {
    const header = Digest.credentials({
      challenge: challenge({ realm: `a"b` }),
      account: account("Jäsøn", "x"),
      method: "REGISTER",
      uri: "sip:h",
      cnonce: "c",
      count: 1
    })
    expect(header).toContain(`username="${Buffer.from("Jäsøn").toString("latin1")}", realm="a\\"b"`)
  })
})
