/** Rules: what an engine takes, whichever it is: so much text, such pauses, such speeds. */
import type { SpeechFailureReason, SpeechRequest } from "@vsms/core/dispatch/SpeechSynthesizer"

export interface RequestLimits {
  /** Characters of all segments of a request: time and money are spent in proportion. */
  readonly longestText: number
  /** Of one pause, and of all of a request together. */
  readonly longestPauseMillis: number
  readonly longestPausesMillis: number
  /** Speeds that the engine can do, in per cent of its normal one. */
  readonly ratePercent: readonly [least: number, most: number]
}

export const defaults: Omit<RequestLimits, "ratePercent"> = {
  longestText: 1_000,
  longestPauseMillis: 30_000,
  longestPausesMillis: 120_000
}

export interface Refusal {
  readonly reason: SpeechFailureReason
  readonly detail: string
}

/** Why the engine is not even asked; `undefined` if it may be. Tells nothing of the text. */
export const refusal = (request: SpeechRequest, limits: RequestLimits): Refusal | undefined => {
  const { ratePercent = 100, segments } = request
  const [least, most] = limits.ratePercent
  if (!(ratePercent >= least && ratePercent <= most)) {
    return { reason: "Unsupported", detail: `rate: ${least} to ${most} per cent` }
  }
  let length = 0
  let pauses = 0
  for (const segment of segments) {
    if (segment._tag !== "Pause") length += segment.text.length
    else if (segment.millis >= 0 && segment.millis <= limits.longestPauseMillis) pauses += segment.millis
    else return { reason: "Rejected", detail: `a pause of more than ${limits.longestPauseMillis} ms` }
  }
  if (length > limits.longestText) return { reason: "Rejected", detail: `more than ${limits.longestText} characters` }
  return pauses > limits.longestPausesMillis
    ? { reason: "Rejected", detail: `pauses of more than ${limits.longestPausesMillis} ms together` }
    : undefined
}
