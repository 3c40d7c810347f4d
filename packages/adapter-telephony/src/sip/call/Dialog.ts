/**
 * Rules: a dialog (RFC 3261, section 12), seen by whoever called: what the messages of an established call have in
 * common, and the way that they take.
 */
import * as Either from "effect/Either"
import * as Envelope from "../message/Envelope.ts"
import { type Malformed, malformed } from "../message/Malformed.ts"
import * as Message from "../message/Message.ts"
import * as NameAddress from "../message/NameAddress.ts"
import * as SipUri from "../message/SipUri.ts"

export interface Dialog {
  readonly callId: string
  /** The From and To headers of our requests, with their tags. */
  readonly local: string
  readonly remote: string
  readonly localTag: string
  readonly remoteTag: string
  /** Of our last request. */
  readonly sequence: number
  /** Of their last request; -1 before the first. */
  readonly remoteSequence: number
  /** The proxies that want to see what we send, the nearest first: URIs. */
  readonly routes: ReadonlyArray<string>
  /** Where they want to be reached: the URI of their Contact. */
  readonly target: string
}

/** The dialog that a response to our INVITE makes. */
export const ofResponse = (
  response: Message.Response,
  envelope: Envelope.Envelope
): Either.Either<Dialog, Malformed> => {
  const [localTag, remoteTag] = [Envelope.fromTag(envelope), Envelope.toTag(envelope)]
  if (localTag === undefined) return malformed("From", "missing")
  if (remoteTag === undefined) return malformed("To", "missing")
  return Either.gen(function* () {
    const target = yield* contact(response)
    const routes: Array<string> = []
    const recorded = Message.elements(response, "Record-Route")
    if (recorded === undefined) return yield* malformed("Record-Route", "syntax")
    // The nearest to us was the first to record itself, and stands last.
    for (const route of recorded.toReversed()) routes.push((yield* NameAddress.parse(route, "Record-Route")).uri)
    return {
      callId: envelope.callId,
      local: Message.first(response, "From")!,
      remote: Message.first(response, "To")!,
      localTag,
      remoteTag,
      sequence: envelope.cseq.number,
      remoteSequence: -1,
      routes,
      target
    }
  })
}

const contact = (message: Message.Message): Either.Either<string, Malformed> => {
  const [first] = Message.elements(message, "Contact") ?? []
  if (first === undefined) return malformed("Contact", "missing")
  return Either.flatMap(NameAddress.parse(first, "Contact"), ({ uri }) => Either.map(SipUri.parse(uri), () => uri))
}

/** Whether a request of theirs is of this dialog. */
export const owns = (dialog: Dialog, envelope: Envelope.Envelope): boolean =>
  envelope.callId === dialog.callId &&
  Envelope.fromTag(envelope) === dialog.remoteTag &&
  Envelope.toTag(envelope) === dialog.localTag

/** Their request, in its place: `undefined` if a later one came before it. */
export const receive = (dialog: Dialog, request: Message.Request, envelope: Envelope.Envelope): Dialog | undefined => {
  if (envelope.cseq.number <= dialog.remoteSequence) return undefined
  const refreshes = request.method === "INVITE" || request.method === "UPDATE"
  const target = refreshes ? Either.getOrElse(contact(request), () => dialog.target) : dialog.target
  return { ...dialog, remoteSequence: envelope.cseq.number, target }
}

/** Our next request; the new state has its sequence number. */
export const request = (
  dialog: Dialog,
  method: string,
  headers: ReadonlyArray<Message.Header> = []
): { readonly dialog: Dialog; readonly request: Message.Request } => {
  const sequence = dialog.sequence + 1
  return { dialog: { ...dialog, sequence }, request: sent(dialog, method, sequence, headers) }
}

/** The ACK of a 2xx: it has the sequence number of its INVITE, whatever was sent since. */
export const acknowledgement = (dialog: Dialog, inviteSequence: number): Message.Request =>
  sent(dialog, "ACK", inviteSequence, [])

const sent = (
  dialog: Dialog,
  method: string,
  sequence: number,
  headers: ReadonlyArray<Message.Header>
): Message.Request => {
  const strict = isStrict(dialog)
  // A strict router, of RFC 2543, finds itself in the request's URI, and the target at the end of the route.
  const routes = strict ? [...dialog.routes.slice(1), dialog.target] : dialog.routes
  return {
    _tag: "Request",
    method,
    uri: strict ? dialog.routes[0]! : dialog.target,
    headers: [
      { name: "Max-Forwards", value: "70" },
      ...routes.map((route) => ({ name: "Route", value: `<${route}>` })),
      { name: "From", value: dialog.local },
      { name: "To", value: dialog.remote },
      { name: "Call-ID", value: dialog.callId },
      { name: "CSeq", value: `${sequence} ${method}` },
      ...headers
    ],
    body: Message.noBody
  }
}

const isStrict = ({ routes: [first] }: Dialog): boolean =>
  first !== undefined &&
  Either.match(SipUri.parse(first), { onLeft: () => false, onRight: ({ params }) => !params.has("lr") })

/** Where our requests go first. */
export const nextHop = ({ routes, target }: Dialog): string => routes[0] ?? target
