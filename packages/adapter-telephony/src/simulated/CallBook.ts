/**
 * Adapter: what the simulated network knows of its calls: what became of each, as the carrier counts it, and what the
 * phones heard. In memory, and bounded: the earliest calls are forgotten, the earliest recordings sooner.
 */
import type { Call, CallFailure, CallFate } from "@vsms/core/dispatch/CallChannel"
import type { TelephoneAudio } from "@vsms/core/dispatch/TelephoneCodec"
import * as Recording from "./Recording.ts"

/** A call as the carrier's bill has it. Times are epoch milliseconds. */
export interface CallDetail {
  readonly callId: string
  readonly channel: string
  readonly callee: string
  readonly display: string
  readonly placedAt: number
  readonly rangAt?: number
  /** Whatever picked up, a late hand and a machine included. */
  readonly answeredAt?: number
  /** Absent while it lasts. */
  readonly endedAt?: number
  /** What the channel was told, if not that the call was answered. */
  readonly failure?: CallFailure
}

/** A call as the phone knew it. */
export interface HeardCall {
  readonly callId: string
  readonly callee: string
  readonly display: string
  readonly answeredAt: number
  readonly hungUpAt: number
  readonly by: "person" | "voicemail"
  /** From the answer on; of a machine, from the end of its greeting. */
  readonly audio: TelephoneAudio
}

/** What a phone heard, until somebody asks for the bytes. */
interface Tape {
  readonly heard: Omit<HeardCall, "audio">
  readonly call: Call
  readonly fromMillis: number
  readonly bytes: number
}

export interface CallBookOptions {
  readonly callsKept: number
  readonly recordingBytesKept: number
}

export class CallBook {
  private readonly options: CallBookOptions
  private readonly details = new Map<string, CallDetail>()
  private readonly tapes = new Map<string, Tape>()
  private readonly dials = new Map<string, number>()
  /** Ids of which it was said that they were never placed: they never will be. */
  private readonly disowned = new Set<string>()
  private tapeBytes = 0
  private hasForgotten = false

  constructor(options: CallBookOptions) {
    this.options = options
  }

  get all(): ReadonlyArray<CallDetail> {
    return [...this.details.values()]
  }

  knows(id: string): boolean {
    return this.details.has(id)
  }

  isDisowned(id: string): boolean {
    return this.disowned.has(id)
  }

  dialled(callee: string): number {
    return this.dials.get(callee) ?? 0
  }

  placed(call: Call, channel: string, placedAt: number): void {
    const { callee, display, id } = call
    this.details.set(id, { callId: id, channel, callee, display, placedAt })
    this.dials.set(callee, this.dialled(callee) + 1)
    for (const [earliest, { endedAt }] of this.details) {
      if (this.details.size <= this.options.callsKept || endedAt === undefined) break
      this.forget(earliest)
    }
  }

  note(id: string, news: Partial<CallDetail>): void {
    const known = this.details.get(id)
    if (known !== undefined) this.details.set(id, { ...known, ...news })
  }

  /** Keeps what was heard, and gives it back. */
  heard(call: Call, heard: Omit<HeardCall, "audio" | "callId" | "callee" | "display">, fromMillis: number): HeardCall {
    const { callee, display, id } = call
    const whole = { callId: id, callee, display, ...heard }
    const tape = { heard: whole, call, fromMillis, bytes: call.audio.payload.length }
    this.tapes.set(id, tape)
    this.tapeBytes += tape.bytes
    for (const [earliest] of this.tapes) {
      if (this.tapeBytes <= this.options.recordingBytesKept || earliest === id) break
      this.erase(earliest)
    }
    return listen(tape)
  }

  /** What a phone heard, the earliest first. */
  recordings(callee: string): ReadonlyArray<HeardCall> {
    return [...this.tapes.values()].filter(({ call }) => call.callee === callee).map(listen)
  }

  recording(id: string): HeardCall | undefined {
    const tape = this.tapes.get(id)
    return tape === undefined ? undefined : listen(tape)
  }

  /** What became of a call. One that was forgotten is not denied: nor is any other id then. */
  fate(id: string): CallFate {
    const detail = this.details.get(id)
    if (detail === undefined) {
      if (this.hasForgotten) return { _tag: "Unknown" }
      this.disowned.add(id)
      return { _tag: "NeverPlaced" }
    }
    const { answeredAt, endedAt, failure } = detail
    if (endedAt === undefined) return { _tag: "InProgress" }
    if (failure !== undefined) return { _tag: "Failed", at: endedAt, failure }
    return answeredAt === undefined ? { _tag: "Unknown" } : { _tag: "Completed", answeredAt, hungUpAt: endedAt }
  }

  private forget(id: string): void {
    const callee = this.details.get(id)?.callee ?? ""
    const left = this.dialled(callee) - 1
    if (left > 0) this.dials.set(callee, left)
    else this.dials.delete(callee)
    this.details.delete(id)
    this.erase(id)
    this.hasForgotten = true
  }

  private erase(id: string): void {
    this.tapeBytes -= this.tapes.get(id)?.bytes ?? 0
    this.tapes.delete(id)
  }
}

const listen = ({ call, fromMillis, heard }: Tape): HeardCall => ({
  ...heard,
  audio: Recording.heard(call, fromMillis, heard.hungUpAt - heard.answeredAt)
})
