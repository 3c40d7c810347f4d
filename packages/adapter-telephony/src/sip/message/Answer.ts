/**
 * Rules: messages that follow from another one: the response to a request, and the ACK and CANCEL of an INVITE
 * (RFC 3261, sections 8.2.6, 9.1 and 17.1.1.3).
 */
import { type Header, type Message, noBody, type Request, type Response } from "./Message.ts"

export interface Parts {
  /** Ours, put on the To header unless it has one. */
  readonly tag?: string
  readonly headers?: ReadonlyArray<Header>
  readonly body?: Uint8Array
  readonly reason?: string
}

const reasons: Readonly<Record<number, string>> = {
  100: "Trying",
  180: "Ringing",
  183: "Session Progress",
  200: "OK",
  202: "Accepted",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  407: "Proxy Authentication Required",
  408: "Request Timeout",
  415: "Unsupported Media Type",
  420: "Bad Extension",
  422: "Session Interval Too Small",
  480: "Temporarily Unavailable",
  481: "Call/Transaction Does Not Exist",
  486: "Busy Here",
  487: "Request Terminated",
  488: "Not Acceptable Here",
  491: "Request Pending",
  500: "Server Internal Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  505: "Version Not Supported",
  603: "Decline"
}

const copied = new Set(["Via", "From", "To", "Call-ID", "CSeq"])

export const response = (request: Request, status: number, parts: Parts = {}): Response => {
  const { body = noBody, headers = [], reason = reasons[status] ?? "", tag } = parts
  const kept: Array<Header> = []
  for (const header of request.headers) {
    const isCopied = copied.has(header.name) || (header.name === "Record-Route" && status > 100 && status < 300)
    if (!isCopied) continue
    const tagged = header.name === "To" && tag !== undefined && status > 100 && !/;\s*tag\s*=/i.test(header.value)
    kept.push(tagged ? { name: "To", value: `${header.value};tag=${tag}` } : header)
  }
  return { _tag: "Response", status, reason, headers: [...kept, ...headers], body }
}

/** The ACK of a response of 300 or more: of the same transaction, so with the same topmost Via. */
export const acknowledgement = (invite: Request, refused: Response): Request => ({
  _tag: "Request",
  method: "ACK",
  uri: invite.uri,
  headers: sameTransaction(invite, "ACK", firstOf(refused, "To")),
  body: noBody
})

/** The CANCEL of an INVITE: a transaction of its own, but found by the INVITE's branch. */
export const cancellation = (invite: Request, reason?: string): Request => ({
  _tag: "Request",
  method: "CANCEL",
  uri: invite.uri,
  headers: [
    ...sameTransaction(invite, "CANCEL", firstOf(invite, "To")),
    ...(reason === undefined ? [] : [{ name: "Reason", value: reason }])
  ],
  body: noBody
})

const sameTransaction = (invite: Request, method: string, to: Header | undefined): ReadonlyArray<Header> => {
  const [number = "1"] = (firstOf(invite, "CSeq")?.value ?? "").split(/[ \t]/)
  const only = (name: string): ReadonlyArray<Header> => {
    const header = firstOf(invite, name)
    return header === undefined ? [] : [header]
  }
  return [
    ...only("Via"),
    { name: "Max-Forwards", value: "70" },
    ...only("From"),
    ...(to === undefined ? [] : [to]),
    ...only("Call-ID"),
    { name: "CSeq", value: `${number} ${method}` },
    ...invite.headers.filter(({ name }) => name === "Route")
  ]
}

const firstOf = (message: Message, name: string): Header | undefined =>
  message.headers.find((header) => header.name === name)
