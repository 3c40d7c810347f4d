/**
 * Rules: the id under which a channel knows one try to place a send's call. Each try has its own, so that a channel
 * can promise of an id that it never placed it and never will, and the send may still be dialled again (SND-10).
 */

/** The first try has the send's own id; later ones have the try's number appended. */
export const of = (sendId: string, attempt: number): string => (attempt <= 1 ? sendId : `${sendId}-${attempt}`)

/** The send that a call's id belongs to. */
export const sendOf = (callId: string): string => callId.replace(/-\d+$/, "")
