/**
 * Service: one call of ours, from its INVITE to the end of its dialog. It reports what the callee does, speaks after
 * the answer and never before, and leaves nothing behind: whoever answers too late is hung up on.
 *
 * **Details** All that happens is told to it from outside, one thing after the other, and it answers at once: it has no
 * fiber of its own. After its last report it may still have to clean up; `done` says when that is over.
 */
import { randomBytes } from "node:crypto"
import type { CallFailure } from "@vsms/core/dispatch/CallChannel"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Digest from "../auth/Digest.ts"
import type { MediaEvent, MediaSession, Playback } from "../media/Media.ts"
import * as Answer from "../message/Answer.ts"
import * as Envelope from "../message/Envelope.ts"
import * as Message from "../message/Message.ts"
import * as SipUri from "../message/SipUri.ts"
import * as Negotiation from "../sdp/Negotiation.ts"
import * as SecurityDescription from "../sdp/SecurityDescription.ts"
import type { ClientEvent, ServerTransaction, Transactions } from "../transaction/Transactions.ts"
import * as Hop from "../transport/Hop.ts"
import * as Dialog from "./Dialog.ts"
import * as KeyPresses from "./KeyPresses.ts"
import * as Outcome from "./Outcome.ts"
import * as SessionTimer from "./SessionTimer.ts"

export interface CallPlan {
  readonly callId: string
  readonly localTag: string
  /** Whom to call, and who calls. */
  readonly to: SipUri.SipUri
  readonly from: SipUri.SipUri
  /** Where the INVITE may go, the best first. */
  readonly hops: readonly [Hop.Hop, ...ReadonlyArray<Hop.Hop>]
  readonly account: Digest.Account | undefined
  readonly codecs: Negotiation.Local["codecs"]
  readonly playback: Playback
  /** Whether audio is encrypted: where the other end can, or not at all without. In the clear if absent. */
  readonly srtp?: "preferred" | "required" | undefined
  /** Until something, whatever, comes back. */
  readonly responseMillis: number
  /** From there until the phone rings. */
  readonly setUpMillis: number
  readonly ringMillis: number
  /** From the answer to our hanging up. */
  readonly longestMillis: number
}

export interface CallEnv {
  readonly transactions: Transactions
  readonly run: (effect: Effect.Effect<void>) => void
  readonly token: () => string
  /** Where we want to be reached by that protocol. */
  readonly contact: (protocol: Hop.Protocol) => SipUri.SipUri
  readonly resolve: (uri: SipUri.SipUri) => Effect.Effect<Hop.Hop | undefined>
  readonly userAgent: string
  /** How long we try to be rid of a call that does not end. */
  readonly patienceMillis: number
}

/** What is reported. The last one is `HungUp`, `Failed` or `NotCarried`; nothing follows it. Times are epoch milliseconds. */
export type CallReport =
  | { readonly _tag: "Ringing"; readonly at: number }
  | { readonly _tag: "Answered"; readonly at: number }
  | { readonly _tag: "KeyPressed"; readonly at: number; readonly key: string }
  | { readonly _tag: "HungUp"; readonly at: number }
  | { readonly _tag: "Failed"; readonly at: number; readonly failure: CallFailure }
  /** The route did not get through to the callee; `placed` as `ChannelFailure` has it. */
  | { readonly _tag: "NotCarried"; readonly placed: "no" | "unknown"; readonly detail: string }

export interface CallListener {
  readonly report: (report: CallReport) => void
  /** Somebody answered after we had given up: the carrier may bill for it. */
  readonly answeredLate: () => void
  /** Nothing is left of the call. */
  readonly done: () => void
}

/** A dialog with one of those who answered: a proxy may have asked several. */
interface Leg {
  dialog: Dialog.Dialog
  hop: Hop.Hop
  readonly ack: Message.Request
  readonly updates: boolean
  answered: ReadonlyArray<Digest.Challenge>
}

export const allowed = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE"
const mostLegs = 16

export class OutgoingCall {
  readonly callId: string
  private readonly env: CallEnv
  private readonly plan: CallPlan
  private readonly listener: CallListener
  private readonly media: MediaSession
  /** `leaving`: the last report was made, but the other end does not know it yet. */
  private phase: "inviting" | "proceeding" | "talking" | "leaving" | "over" = "inviting"
  private hopIndex = 0
  private attempt = 0
  private sequence = 0
  private challenges: ReadonlyArray<Digest.Challenge> = []
  /** How often each nonce was used. */
  private readonly uses = new Map<string, number>()
  private sessionSeconds: number | undefined
  private sent: Message.Request | undefined
  private heard = false
  private cancelled = false
  private mayHaveRung = false
  private rang = false
  private readonly earlyAnswers = new Map<string, Uint8Array>()
  private readonly legs = new Map<string, Leg>()
  private leg: Leg | undefined
  /** The leg was answered, but nothing was agreed on. */
  private isDeaf = false
  private version = 1
  private readonly key = randomBytes(SecurityDescription.keyBytes)
  /** What was once encrypted stays so. */
  private isEncrypted = false
  private readonly sessionId: number
  /** By how much the clock of the wall was ahead when the call began. */
  private readonly wallAhead: number
  private awaitsAnswerInAck = false
  private timer: SessionTimer.SessionTimer | undefined
  private refreshedAt = 0
  private keys: KeyPresses.Unmatched = KeyPresses.none

  constructor(env: CallEnv, plan: CallPlan, media: MediaSession, listener: CallListener) {
    this.env = env
    this.plan = plan
    this.media = media
    this.listener = listener
    this.callId = plan.callId
    this.sessionId = this.now()
    this.wallAhead = env.transactions.alarms.wall() - this.now()
  }

  begin(): void {
    this.invite()
  }

  /** Ends the call, whatever it does at the moment. */
  hangUp(): void {
    if (this.phase === "talking") this.bye()
    else if (this.phase === "inviting" || this.phase === "proceeding")
      this.giveUp({ _tag: "Failed", at: this.at(), failure: "noAnswer" })
  }

  onMedia(event: MediaEvent): void {
    if (this.phase !== "talking") return
    if (event._tag === "Key") this.press(event.key, "audio")
    else this.bye()
  }

  /** A request with our Call-ID. */
  onRequest(transaction: ServerTransaction): void {
    const { envelope, request, respond } = transaction
    const leg = [...this.legs.values()].find(({ dialog }) => Dialog.owns(dialog, envelope))
    if (leg === undefined) return respond(Answer.response(request, 481))
    const dialog = Dialog.receive(leg.dialog, request, envelope)
    if (dialog === undefined) return respond(Answer.response(request, 500))
    const isMoved = dialog.target !== leg.dialog.target
    leg.dialog = dialog
    if (isMoved) this.env.run(this.way(leg))
    const unknown = (Message.elements(request, "Require") ?? []).filter((option) => option.toLowerCase() !== "timer")
    if (unknown.length > 0) {
      return respond(Answer.response(request, 420, { headers: [{ name: "Unsupported", value: unknown.join(", ") }] }))
    }
    const isTalking = this.phase === "talking" && leg === this.leg
    switch (request.method) {
      case "BYE":
        respond(Answer.response(request, 200))
        this.legs.delete(dialog.remoteTag)
        if (isTalking) {
          this.phase = "leaving"
          this.end({ _tag: "HungUp", at: this.at() })
        }
        return this.finishIfAlone()
      case "INVITE":
      case "UPDATE":
        return isTalking ? this.renegotiate(transaction, leg) : respond(Answer.response(request, 481))
      case "INFO": {
        const key = KeyPresses.ofInfo(request)
        if (isTalking && key !== undefined) this.press(key, "info")
        return respond(Answer.response(request, 200))
      }
      case "OPTIONS":
        return respond(Answer.response(request, 200, { headers: [{ name: "Allow", value: allowed }] }))
      default:
        return respond(Answer.response(request, 405, { headers: [{ name: "Allow", value: allowed }] }))
    }
  }

  /** The ACK of an answer of ours to an INVITE within the call. */
  onAcknowledged(ack: Message.Request): void {
    if (!this.awaitsAnswerInAck || this.phase !== "talking") return
    this.awaitsAnswerInAck = false
    const settled = Negotiation.settled(this.local(), ack.body)
    if (Either.isRight(settled)) this.media.update(settled.right)
    else this.bye()
  }

  /** An answer of ours was never acknowledged: RFC 3261 ends the call. */
  onUnacknowledged(): void {
    if (this.phase === "talking") this.bye()
  }

  // ------------------------------------------------------------------ the INVITE

  private invite(): void {
    const { account, from, localTag, to } = this.plan
    const hop = this.hop()
    const attempt = ++this.attempt
    this.phase = "inviting"
    this.heard = false
    const uri = SipUri.format(to)
    const body = Negotiation.offer(this.local())
    const headers: Array<Message.Header> = [
      { name: "Max-Forwards", value: "70" },
      { name: "From", value: `<${SipUri.format(from)}>;tag=${localTag}` },
      { name: "To", value: `<${uri}>` },
      { name: "Call-ID", value: this.callId },
      { name: "CSeq", value: `${++this.sequence} INVITE` },
      ...this.usual(hop),
      { name: "Content-Type", value: "application/sdp" }
    ]
    if (this.sessionSeconds !== undefined) {
      const seconds = String(this.sessionSeconds)
      headers.push({ name: "Session-Expires", value: seconds }, { name: "Min-SE", value: seconds })
    }
    const bare: Message.Request = { _tag: "Request", method: "INVITE", uri, headers, body }
    const request = account === undefined ? bare : this.authorised(bare, this.challenges, account)
    const sent = this.env.transactions.start(hop, request, (event) => this.onInvite(event, attempt))
    // What was told meanwhile may have sent another one.
    if (attempt === this.attempt) this.sent = sent
    this.after(this.plan.responseMillis, () => {
      if (this.phase !== "inviting" || attempt !== this.attempt) return
      this.giveUp({ _tag: "NotCarried", placed: "unknown", detail: "no response" })
    })
  }

  private onInvite(event: ClientEvent, attempt: number): void {
    if (event._tag === "Response" && event.response.status >= 200 && event.response.status < 300) {
      return this.onAnswer(event.response, event.envelope)
    }
    if (attempt !== this.attempt || this.phase === "over" || this.phase === "talking") return
    if (event._tag !== "Response") {
      if (this.phase === "leaving") return this.finish()
      if (event._tag === "NotSent" && !this.heard && this.tryNextHop()) return
      const detail = event._tag === "NotSent" ? event.failure.reason : "no response"
      this.end({ _tag: "NotCarried", placed: event._tag === "NotSent" ? "no" : "unknown", detail })
      return this.finish()
    }
    this.heard = true
    if (event.response.status < 200) this.onProgress(event.response, event.envelope)
    else this.onRefusal(event.response)
  }

  private onProgress(response: Message.Response, envelope: Envelope.Envelope): void {
    if (this.phase === "leaving") return this.cancel()
    if (this.phase === "inviting") {
      this.phase = "proceeding"
      this.after(this.plan.setUpMillis, () => {
        if (this.phase === "proceeding" && !this.mayHaveRung) {
          this.giveUp({ _tag: "Failed", at: this.at(), failure: "unreachable" })
        }
      })
    }
    if (response.status === 100) return
    if (!this.mayHaveRung) {
      this.mayHaveRung = true
      this.after(this.plan.ringMillis, () => {
        if (this.phase === "proceeding") this.giveUp({ _tag: "Failed", at: this.at(), failure: "noAnswer" })
      })
    }
    if (response.status === 180 && !this.rang) {
      this.rang = true
      this.listener.report({ _tag: "Ringing", at: this.at() })
    }
    const tag = Envelope.toTag(envelope)
    if (tag !== undefined && response.body.length > 0 && this.earlyAnswers.size < mostLegs) {
      this.earlyAnswers.set(tag, response.body)
    }
  }

  private onRefusal(response: Message.Response): void {
    if (this.phase === "leaving") return this.finish()
    const { account } = this.plan
    if (response.status === 401 || response.status === 407) {
      const next = account === undefined ? undefined : Digest.next(this.challenges, response)
      if (next !== undefined) {
        this.challenges = next
        return this.invite()
      }
    }
    if (response.status === 422 && this.sessionSeconds === undefined) {
      this.sessionSeconds = SessionTimer.least(response)
      if (this.sessionSeconds !== undefined) return this.invite()
    }
    if (response.status === 503 && !this.mayHaveRung && Outcome.q850(response) === undefined && this.tryNextHop())
      return
    const failure = Outcome.failure(response, this.rang)
    // A final response promises that no phone rings any more; none did if none was said to.
    const isTheirs = !this.mayHaveRung && (failure === "congestion" || failure === "channelFailure")
    this.end(
      isTheirs
        ? { _tag: "NotCarried", placed: "no", detail: `refused with ${response.status}` }
        : { _tag: "Failed", at: this.at(), failure }
    )
    this.finish()
  }

  private tryNextHop(): boolean {
    if (this.hopIndex + 1 >= this.plan.hops.length) return false
    this.hopIndex++
    this.invite()
    return true
  }

  /** Reports the end, and takes the INVITE back; not before something came back (RFC 3261, section 9.1). */
  private giveUp(last: CallReport): void {
    this.end(last)
    this.phase = "leaving"
    if (this.heard) this.cancel()
    this.after(this.env.patienceMillis, () => this.finish())
  }

  private cancel(): void {
    if (this.cancelled || this.sent === undefined) return
    this.cancelled = true
    this.env.transactions.cancel(this.hop(), this.sent, `SIP;cause=487;text="nobody answered"`)
  }

  // ------------------------------------------------------------------ the answer

  private onAnswer(response: Message.Response, envelope: Envelope.Envelope): void {
    const made = Dialog.ofResponse(response, envelope)
    if (Either.isLeft(made)) {
      // There is no way to acknowledge it, so it is no call.
      if (this.phase === "inviting" || this.phase === "proceeding") {
        this.giveUp({ _tag: "NotCarried", placed: "unknown", detail: `an answer without ${made.left.field}` })
      }
      return
    }
    const dialog = made.right
    const known = this.legs.get(dialog.remoteTag)
    if (known !== undefined) return this.env.transactions.acknowledge(known.hop, known.ack)
    if (this.legs.size >= mostLegs) return
    const isFirst = this.phase === "inviting" || this.phase === "proceeding"
    const ack = this.withCredentials(Dialog.acknowledgement(dialog, envelope.cseq.number))
    const updates = Message.lists(response, "Allow", "UPDATE")
    const leg: Leg = { dialog, hop: this.hop(), ack, updates, answered: this.challenges }
    this.legs.set(dialog.remoteTag, leg)
    if (isFirst) {
      this.leg = leg
      this.talk(leg, response)
    } else if (this.leg === undefined) this.listener.answeredLate()
    this.env.run(
      Effect.map(this.way(leg), () => {
        this.env.transactions.acknowledge(leg.hop, leg.ack)
        if (leg !== this.leg || this.isDeaf) this.leave(leg)
      })
    )
  }

  /** Finds out where our requests go. Where no way is known, that of the INVITE is as good as any. */
  private way(leg: Leg): Effect.Effect<void> {
    const uri = SipUri.parse(Dialog.nextHop(leg.dialog))
    const resolved = Either.isRight(uri) ? this.env.resolve(uri.right) : Effect.succeed(undefined)
    return Effect.map(resolved, (hop) => {
      // An address has no certificate: whom the INVITE trusted is asked for there too, over the connection that there is.
      if (hop !== undefined) leg.hop = { ...hop, serverName: hop.serverName ?? leg.hop.serverName }
    })
  }

  private talk(leg: Leg, response: Message.Response): void {
    const early = this.earlyAnswers.get(leg.dialog.remoteTag) ?? [...this.earlyAnswers.values()].at(-1)
    const body = response.body.length > 0 ? response.body : early
    const settled = body === undefined ? Either.left("refused" as const) : Negotiation.settled(this.local(), body)
    if (Either.isLeft(settled)) {
      // They took the call, but would hear nothing.
      this.isDeaf = true
      this.phase = "leaving"
      return this.end({ _tag: "Failed", at: this.at(), failure: "channelFailure" })
    }
    this.isEncrypted = settled.right.keys !== undefined
    this.phase = "talking"
    this.listener.report({ _tag: "Answered", at: this.at() })
    this.media.start(settled.right, this.plan.playback)
    this.after(this.plan.longestMillis, () => this.phase === "talking" && this.bye())
    this.watch(SessionTimer.of(response, true))
  }

  private bye(): void {
    this.phase = "leaving"
    this.end({ _tag: "HungUp", at: this.at() })
    if (this.leg === undefined) this.finish()
    else this.leave(this.leg)
  }

  /** Ends a dialog, whoever it is with. */
  private leave(leg: Leg): void {
    this.within(leg, "BYE", [], Message.noBody, () => {
      this.legs.delete(leg.dialog.remoteTag)
      this.finishIfAlone()
    })
  }

  /** Sends a request within a dialog, with credentials if it is asked for them, and hears how it ends. */
  private within(
    leg: Leg,
    method: string,
    headers: ReadonlyArray<Message.Header>,
    body: Uint8Array,
    ended: (response: Message.Response | undefined, sequence: number) => void
  ): void {
    const next = Dialog.request(leg.dialog, method, [...this.usual(leg.hop), ...headers])
    leg.dialog = next.dialog
    const { sequence } = next.dialog
    const { account } = this.plan
    const bare = { ...next.request, body }
    const request = account === undefined ? bare : this.authorised(bare, leg.answered, account)
    this.env.transactions.start(leg.hop, request, (event) => {
      if (event._tag !== "Response") return ended(undefined, sequence)
      const { response } = event
      if (response.status < 200) return
      const asks = response.status === 401 || response.status === 407
      const answered = asks && account !== undefined ? Digest.next(leg.answered, response) : undefined
      if (answered === undefined) return ended(response, sequence)
      leg.answered = answered
      this.within(leg, method, headers, body, ended)
    })
  }

  // ------------------------------------------------------------------ changes of the call

  private renegotiate({ request, respond }: ServerTransaction, leg: Leg): void {
    const headers: Array<Message.Header> = [...this.usual(leg.hop)]
    const timer = SessionTimer.of(request, false)
    if (timer !== undefined) {
      headers.push(...SessionTimer.accepted(timer))
      this.watch(timer)
    } else this.refreshedAt = this.now()
    const type = { name: "Content-Type", value: "application/sdp" }
    if (request.body.length === 0) {
      if (request.method === "UPDATE") return respond(Answer.response(request, 200, { headers }))
      // They want our offer; their answer comes with the ACK.
      this.awaitsAnswerInAck = true
      const body = Negotiation.offer(this.local())
      return respond(Answer.response(request, 200, { headers: [...headers, type], body }))
    }
    const answered = Negotiation.answer({ ...this.local(), version: ++this.version }, request.body)
    if (Either.isLeft(answered)) return respond(Answer.response(request, 488))
    this.isEncrypted ||= answered.right.agreed.keys !== undefined
    respond(Answer.response(request, 200, { headers: [...headers, type], body: answered.right.body }))
    this.media.update(answered.right.agreed)
  }

  /** Does our part of a session timer, from now on. */
  private watch(timer: SessionTimer.SessionTimer | undefined): void {
    this.timer = timer
    this.refreshedAt = this.now()
    if (timer === undefined) return
    const due = SessionTimer.dueAfter(timer)
    const look = (): void => {
      if (this.phase !== "talking" || this.timer !== timer || this.leg === undefined) return
      const left = this.refreshedAt + due - this.now()
      if (left > 0) return this.after(left, look)
      if (timer.refresher === "them") return this.bye()
      this.refresh(this.leg, timer)
      this.refreshedAt = this.now()
      this.after(due, look)
    }
    this.after(due, look)
  }

  private refresh(leg: Leg, timer: SessionTimer.SessionTimer): void {
    const expires = { name: "Session-Expires", value: `${timer.intervalMillis / 1_000};refresher=uac` }
    const method = leg.updates ? "UPDATE" : "INVITE"
    const body = leg.updates ? Message.noBody : Negotiation.offer(this.local())
    const type = leg.updates ? [] : [{ name: "Content-Type", value: "application/sdp" }]
    this.within(leg, method, [expires, ...type], body, (response, sequence) => {
      const accepted = response !== undefined && response.status < 300
      if (method === "INVITE" && accepted) {
        const ack = Dialog.acknowledgement(leg.dialog, sequence)
        this.env.transactions.acknowledge(leg.hop, this.withCredentials(ack))
        const settled = Negotiation.settled(this.local(), response.body)
        if (this.phase === "talking" && Either.isRight(settled)) this.media.update(settled.right)
      }
      // They know nothing of the call any more (RFC 3261, section 12.2.1.2). Other refusals leave it as it is.
      const isGone = response === undefined || response.status === 481 || response.status === 408
      if (isGone && this.phase === "talking") this.bye()
    })
  }

  private press(key: string, way: KeyPresses.Press["way"]): void {
    const at = this.at()
    const { isNew, unmatched } = KeyPresses.press(this.keys, { key, way, at })
    this.keys = unmatched
    if (isNew) this.listener.report({ _tag: "KeyPressed", at, key })
  }

  // ------------------------------------------------------------------ the end

  /** Makes the last report. The callee hears nothing from then on. */
  private end(last: CallReport): void {
    this.media.stop()
    this.listener.report(last)
  }

  private finishIfAlone(): void {
    if (this.phase !== "talking" && this.legs.size === 0) this.finish()
  }

  private finish(): void {
    if (this.phase === "over") return
    this.phase = "over"
    this.listener.done()
  }

  // ------------------------------------------------------------------ what messages are made of

  private usual({ protocol }: Hop.Hop): ReadonlyArray<Message.Header> {
    return [
      { name: "Contact", value: `<${SipUri.format(this.env.contact(protocol))}>` },
      { name: "Allow", value: allowed },
      { name: "Supported", value: "timer" },
      { name: "User-Agent", value: this.env.userAgent }
    ]
  }

  private local(): Negotiation.Local {
    const { codecs, srtp } = this.plan
    const local = { sessionId: this.sessionId, version: this.version, ...this.media.local, codecs }
    if (srtp === undefined) return local
    const profile = srtp === "required" ? "RTP/SAVP" : "RTP/AVP"
    return { ...local, security: { key: this.key, profile, isNeeded: this.isEncrypted || srtp === "required" } }
  }

  private authorised(
    request: Message.Request,
    challenges: ReadonlyArray<Digest.Challenge>,
    account: Digest.Account
  ): Message.Request {
    if (challenges.length === 0) return request
    return Digest.authorised(request, challenges, account, {
      cnonce: this.env.token(),
      count: (nonce) => {
        const count = (this.uses.get(nonce) ?? 0) + 1
        this.uses.set(nonce, count)
        return count
      }
    })
  }

  /** An ACK has the credentials of its INVITE, for nobody can ask it for any (RFC 3261, section 22.1). */
  private withCredentials(ack: Message.Request): Message.Request {
    const credentials = (this.sent?.headers ?? []).filter(
      ({ name }) => name === "Authorization" || name === "Proxy-Authorization"
    )
    return { ...ack, headers: [...ack.headers, ...credentials] }
  }

  private hop(): Hop.Hop {
    return this.plan.hops[this.hopIndex] ?? this.plan.hops[0]
  }

  private now(): number {
    return this.env.transactions.alarms.now()
  }

  /** When something happened, for reports: how long a call took is right even if the clock of the wall was set meanwhile. */
  private at(): number {
    return this.now() + this.wallAhead
  }

  private after(millis: number, act: () => void): void {
    this.env.transactions.alarms.set(this.now() + millis, act)
  }
}
