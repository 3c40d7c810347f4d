/**
 * Rules: headers' names. A known one is spelled in one way, whatever its case and form on the wire; others are in
 * lower case.
 */
import { isToken } from "./Grammar.ts"

/** Those that may be shortened, with their letters (RFC 3261, 3265, 3515, 3841, 3892, 4028). */
const compact: Readonly<Record<string, string>> = {
  "Accept-Contact": "a",
  "Allow-Events": "u",
  "Call-ID": "i",
  Contact: "m",
  "Content-Encoding": "e",
  "Content-Length": "l",
  "Content-Type": "c",
  Event: "o",
  From: "f",
  "Refer-To": "r",
  "Referred-By": "b",
  "Reject-Contact": "j",
  "Request-Disposition": "d",
  "Session-Expires": "x",
  Subject: "s",
  Supported: "k",
  To: "t",
  Via: "v"
}

const known = [
  ...Object.keys(compact),
  "Accept",
  "Accept-Encoding",
  "Accept-Language",
  "Alert-Info",
  "Allow",
  "Authentication-Info",
  "Authorization",
  "CSeq",
  "Call-Info",
  "Content-Disposition",
  "Content-Language",
  "Date",
  "Error-Info",
  "Expires",
  "Max-Forwards",
  "Min-Expires",
  "Min-SE",
  "MIME-Version",
  "P-Asserted-Identity",
  "P-Preferred-Identity",
  "Path",
  "Privacy",
  "Proxy-Authenticate",
  "Proxy-Authorization",
  "Proxy-Require",
  "RAck",
  "RSeq",
  "Reason",
  "Record-Route",
  "Remote-Party-ID",
  "Reply-To",
  "Require",
  "Retry-After",
  "Route",
  "Server",
  "Service-Route",
  "Timestamp",
  "Unsupported",
  "User-Agent",
  "WWW-Authenticate",
  "Warning"
]

const spellings = new Map<string, string>()
for (const name of known) {
  spellings.set(name, name)
  spellings.set(name.toLowerCase(), name)
}
for (const [name, letter] of Object.entries(compact)) {
  spellings.set(letter, name)
  spellings.set(letter.toUpperCase(), name)
}

/** The one spelling of a name; `undefined` if it cannot be one. */
export const canonical = (raw: string): string | undefined => {
  const name = spellings.get(raw)
  if (name !== undefined) return name
  if (!isToken(raw)) return undefined
  const lower = raw.toLowerCase()
  return spellings.get(lower) ?? lower
}
