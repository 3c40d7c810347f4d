/** Rules: how requests to Tencent Cloud are signed, TC3-HMAC-SHA256: a key of the day signs a digest of the request. */
import { createHash, createHmac } from "node:crypto"
import * as Redacted from "effect/Redacted"

export interface Tc3Request {
  readonly secretId: string
  readonly secretKey: Redacted.Redacted
  /** `tts` of `tts.tencentcloudapi.com`. */
  readonly service: string
  /** As it is sent, with a port that is not the usual one. */
  readonly host: string
  readonly action: string
  readonly contentType: string
  readonly body: Uint8Array
  /** Seconds since 1970. The vendor refuses what is five minutes off. */
  readonly timestamp: number
}

const signedHeaders = "content-type;host;x-tc-action"

/** The `Authorization` header of a POST to `/`. */
export const authorization = (request: Tc3Request): string => {
  const { action, body, contentType, host, secretId, secretKey, service, timestamp } = request
  const date = new Date(timestamp * 1_000).toISOString().slice(0, 10)
  const scope = `${date}/${service}/tc3_request`
  const canonical = [
    "POST",
    "/",
    "",
    `content-type:${contentType.toLowerCase()}`,
    `host:${host.toLowerCase()}`,
    `x-tc-action:${action.toLowerCase()}`,
    "",
    signedHeaders,
    sha256(body)
  ].join("\n")
  const key = ["tc3_request", service, date].reduceRight<string | Buffer>(
    (key, part) => createHmac("sha256", key).update(part).digest(),
    `TC3${Redacted.value(secretKey)}`
  )
  const signature = createHmac("sha256", key)
    .update(["TC3-HMAC-SHA256", timestamp, scope, sha256(canonical)].join("\n"))
    .digest("hex")
  return `TC3-HMAC-SHA256 Credential=${secretId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`
}

const sha256 = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex")
