/**
 * Rules: the timers of RFC 3261, table 4, and what all four transactions have in common: when they send again, and
 * when they are over.
 */

export interface Timing {
  /** What a round trip is thought to take. */
  readonly t1: number
  /** The longest pause between two tries of a request other than INVITE, or of a response to an INVITE. */
  readonly t2: number
  /** How long a message may stay in the network. */
  readonly t4: number
}

export const standard: Timing = { t1: 500, t2: 4_000, t4: 5_000 }

/** How long everybody tries: timers B, F and H, and how long they stay to answer what comes again. */
export const patience = ({ t1 }: Timing): number => 64 * t1

export interface Env {
  /** Epoch milliseconds. */
  readonly now: number
  readonly timing: Timing
  /** Whether the transport sees to it that messages arrive: then nothing is sent twice, and nobody stays. */
  readonly reliable: boolean
}

export const never = Number.POSITIVE_INFINITY

/** The timers of a transaction that run: `never` for those that do not. */
export interface Timers {
  /** Timer A, E or G. */
  readonly resendAt: number
  /** The pause before `resendAt`. */
  readonly resendMillis: number
  /** The timer that ends the phase, or the transaction. */
  readonly endsAt: number
}

export const noTimers: Timers = { resendAt: never, resendMillis: 0, endsAt: never }

/** When the next timer fires; `never` if none runs. */
export const next = ({ endsAt, resendAt }: Timers): number => Math.min(endsAt, resendAt)

/** Sends again after `millis`, if the transport does not see to it. */
export const resending = ({ now, reliable }: Env, millis: number): Pick<Timers, "resendAt" | "resendMillis"> =>
  reliable ? { resendAt: never, resendMillis: millis } : { resendAt: now + millis, resendMillis: millis }

/**
 * What has to be done. `Tell` and `TimedOut` are for whoever uses the transaction.
 */
export type Action =
  /** The request of a client, the last response of a server. */
  | { readonly _tag: "Send" }
  /** The ACK of a response that refuses an INVITE. */
  | { readonly _tag: "Acknowledge" }
  /** What was just received is news. */
  | { readonly _tag: "Tell" }
  /** The other end has not answered in time. */
  | { readonly _tag: "TimedOut" }

export const send: Action = { _tag: "Send" }
export const acknowledge: Action = { _tag: "Acknowledge" }
export const tell: Action = { _tag: "Tell" }
export const timedOut: Action = { _tag: "TimedOut" }

export interface Step<State> {
  readonly state: State
  readonly actions: ReadonlyArray<Action>
}

export const step = <State>(state: State, ...actions: ReadonlyArray<Action>): Step<State> => ({ state, actions })
