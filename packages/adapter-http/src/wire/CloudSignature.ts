/**
 * Rules: how requests of API 3.0 are signed: TC3-HMAC-SHA256 over the bytes of a request, and the older HmacSHA1 and
 * HmacSHA256 over its parameters. Whether the time in them is near is not decided here.
 */
import * as Crypto from "node:crypto"

// ---------------------------------------------------------------------------------------------------------------------
// TC3-HMAC-SHA256
// ---------------------------------------------------------------------------------------------------------------------

/** What the header `Authorization` says. */
export interface Authorization {
  readonly secretId: string
  /** A day in UTC, `2019-08-01`. */
  readonly date: string
  readonly service: string
  /** Names in small letters, as they were signed. */
  readonly signedHeaders: ReadonlyArray<string>
  readonly signature: string
}

const authorization =
  /^TC3-HMAC-SHA256\s+Credential=([^/,\s]{1,128})\/(\d{4}-\d{2}-\d{2})\/([^/,\s]{1,64})\/tc3_request\s*,\s*SignedHeaders=([^,\s]{1,512})\s*,\s*Signature=([0-9a-fA-F]{64})$/

/** `undefined` if it is none. */
export const parse = (header: string): Authorization | undefined => {
  const found = authorization.exec(header.trim())
  if (found === null) return undefined
  const [, secretId, date, service, names, signature] = found
  return {
    secretId: secretId!,
    date: date!,
    service: service!,
    signedHeaders: names!.toLowerCase().split(";"),
    signature: signature!.toLowerCase()
  }
}

/** What is signed: the request as it came, byte for byte. */
export interface Request {
  readonly method: string
  readonly query: string
  readonly header: (name: string) => string | undefined
  readonly body: Uint8Array
  /** The header `X-TC-Timestamp`, as it came. */
  readonly timestamp: string
}

/**
 * Whether the secret makes this signature.
 *
 * **Details** SDKs sign the host with or without its port, and name the service by whatever stands before the first dot of
 * their address: the host is taken in both ways, the service from what was signed.
 */
export const verify = (secretKey: string, given: Authorization, request: Request): boolean => {
  const key = hmac(hmac(hmac(`TC3${secretKey}`, given.date), given.service), "tc3_request")
  const host = request.header("host")?.trim() ?? ""
  const bare = host.replace(/:\d+$/, "")
  const hosts = bare === host ? [host] : [host, bare]
  let found = false
  for (const signedHost of hosts) {
    const expected = hmac(key, textToSign(given, request, signedHost)).toString("hex")
    if (same(expected, given.signature)) found = true
  }
  return found
}

const textToSign = ({ date, service, signedHeaders }: Authorization, request: Request, host: string): string => {
  const { body, header, method, query, timestamp } = request
  const headers = signedHeaders.map((name) => {
    const value = name === "host" ? host : (header(name) ?? "").trim()
    // What says what is asked for is signed in small letters; anything else as it came.
    return `${name}:${name === "content-type" ? value : value.toLowerCase()}\n`
  })
  const payload = isUnsigned(header) ? sha256(unsigned) : sha256(body)
  const canonical = [method, "/", query, headers.join(""), signedHeaders.join(";"), payload].join("\n")
  return ["TC3-HMAC-SHA256", timestamp, `${date}/${service}/tc3_request`, sha256(canonical)].join("\n")
}

const unsigned = "UNSIGNED-PAYLOAD"

/** Whether the signature says nothing of the body. */
export const isUnsigned = (header: Request["header"]): boolean => header("x-tc-content-sha256") === unsigned

// ---------------------------------------------------------------------------------------------------------------------
// HmacSHA1 and HmacSHA256
// ---------------------------------------------------------------------------------------------------------------------

/** The older signature, over all parameters but itself, sorted by their names and not encoded. */
export const verifyParameters = (
  secretKey: string,
  request: { readonly method: string; readonly host: string; readonly parameters: URLSearchParams }
): boolean => {
  const { host, method, parameters } = request
  const algorithm = parameters.get("SignatureMethod") === "HmacSHA256" ? "sha256" : "sha1"
  const names = [...new Set(parameters.keys())].filter((name) => name !== "Signature").sort(byCode)
  const text = names.map((name) => `${name}=${parameters.get(name) ?? ""}`).join("&")
  const signature = parameters.get("Signature") ?? ""
  const bare = host.replace(/:\d+$/, "")
  let found = false
  for (const signedHost of bare === host ? [host] : [host, bare]) {
    const signed = Crypto.createHmac(algorithm, secretKey).update(`${method}${signedHost}/?${text}`)
    if (same(signed.digest("base64"), signature)) found = true
  }
  return found
}

const byCode = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)

const hmac = (key: string | Buffer, text: string): Buffer => Crypto.createHmac("sha256", key).update(text).digest()

const sha256 = (bytes: string | Uint8Array): string => Crypto.createHash("sha256").update(bytes).digest("hex")

const same = (expected: string, given: string): boolean => {
  const left = Buffer.from(expected)
  const right = Buffer.from(given)
  return left.length === right.length && Crypto.timingSafeEqual(left, right)
}
