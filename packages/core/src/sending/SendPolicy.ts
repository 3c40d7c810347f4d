/**
 * Rules: what a deployment decides for all its sends. Each application's own limits are `SendLimits.ts`.
 */
import type { Limits as RenderingLimits } from "../template/Rendering.ts"
import { defaultLimits } from "../template/Rendering.ts"
import type { TemplateKind } from "../template/Template.ts"
import * as FrequencyLimit from "./FrequencyLimit.ts"

export interface SendPolicy {
  /** How often a text is played unless the caller says (SND-5). */
  readonly plays: number
  readonly ringTimeoutMillis: number
  /** Counted from the answer; the channel hangs up then. */
  readonly longestCallMillis: number
  /** The silence between two plays of the text. */
  readonly pauseBetweenPlaysMillis: number
  /** What the hold allows for before, between and after the speech: the callee's hello, the network's hang-up. */
  readonly holdMarginMillis: number
  /** The engine's speed in per cent of its normal one: slower speech needs longer holds. */
  readonly speechRatePercent: number
  /** Silences within codes and numbers, in per cent of the normal ones: longer ones need longer holds. */
  readonly speechPausePercent: number
  /** How long after its acceptance a send may begin to dial; after that its news is old. */
  readonly dialWithinMillis: { readonly [K in TemplateKind]: number }
  /** How long after a call must have ended somebody asks what became of it (SND-10). */
  readonly reconcileMarginMillis: number
  readonly frequency: { readonly [G in FrequencyLimit.Group]: FrequencyLimit.Limits }
  readonly rendering: RenderingLimits
  /** Whether records keep the code of a verification when its call has ended. */
  readonly keepCodes: boolean
  /** How long the called number, the text and ext are kept. */
  readonly personalMillis: number
  /** How long a refused attempt can be explained; 0: it is not recorded. */
  readonly refusalsMillis: number
}

export const standard: SendPolicy = {
  plays: 2,
  ringTimeoutMillis: 60_000,
  longestCallMillis: 300_000,
  pauseBetweenPlaysMillis: 1_000,
  holdMarginMillis: 5_000,
  speechRatePercent: 100,
  speechPausePercent: 100,
  dialWithinMillis: { code: 120_000, notification: 900_000, activity: 3_600_000 },
  reconcileMarginMillis: 60_000,
  frequency: FrequencyLimit.defaults,
  rendering: defaultLimits,
  keepCodes: false,
  personalMillis: 180 * 86_400_000,
  refusalsMillis: 7 * 86_400_000
}

/** How often a text is played at least and at most (SND-5). */
export const playsMin = 1
export const playsMax = 3
