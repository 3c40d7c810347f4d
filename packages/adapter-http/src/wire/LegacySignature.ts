/**
 * Rules: how requests of the older wire are signed: SHA-256, in hex, of a text that holds the AppKey. What is sent is not
 * part of it, but for the number called.
 */
import * as Crypto from "node:crypto"

/** What is signed beside the AppKey, each as it came. */
export interface Signed {
  readonly random: string
  readonly time: string
  /** The called number without its country; several are joined by commas. Absent where nobody is called. */
  readonly mobile?: string | undefined
}

/** The signature in the body of a request. */
export const of = (appKey: string, { mobile, random, time }: Signed): string =>
  sha256(`appkey=${appKey}&random=${random}&time=${time}${mobile === undefined ? "" : `&mobile=${mobile}`}`)

/** The signature of an upload, in its header `Authorization`. */
export const ofUpload = (appKey: string, { contentSha1, random, time }: Signed & { readonly contentSha1: string }) =>
  sha256(`appkey=${appKey}&random=${random}&time=${time}&content-sha1=${contentSha1}`)

/** The signature of a question after an upload. */
export const ofUploaded = (appKey: string, { fid, random, time }: Signed & { readonly fid: string }): string =>
  sha256(`appkey=${appKey}&random=${random}&time=${time}&fid=${fid}`)

/** Whether two signatures are the same, whatever the case of their letters; in constant time. */
export const same = (expected: string, given: string): boolean => {
  const left = Buffer.from(expected)
  const right = Buffer.from(given.toLowerCase())
  return left.length === right.length && Crypto.timingSafeEqual(left, right)
}

const sha256 = (text: string): string => Crypto.createHash("sha256").update(text).digest("hex")
