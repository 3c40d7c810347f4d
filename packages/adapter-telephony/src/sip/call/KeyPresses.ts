/**
 * Rules: the keys that the callee pressed. They come in the audio (RFC 4733), as INFO requests, or as both: then one
 * press is one press.
 */
import * as Message from "../message/Message.ts"
import { keys } from "../rtp/TelephoneEvent.ts"

export interface Press {
  readonly key: string
  readonly way: "audio" | "info"
  readonly at: number
}

/** So far apart, the same key by the two ways is the same press. */
const sameMillis = 1_000

/** The presses that have not found their like by the other way yet. */
export type Unmatched = ReadonlyArray<Press>

export const none: Unmatched = []

/** Whether a press is news. */
export const press = (unmatched: Unmatched, one: Press): { readonly unmatched: Unmatched; readonly isNew: boolean } => {
  const recent = unmatched.filter(({ at }) => one.at - at < sameMillis)
  const twin = recent.find(({ key, way }) => key === one.key && way !== one.way)
  return twin === undefined
    ? { unmatched: [...recent, one], isNew: true }
    : { unmatched: recent.filter((other) => other !== twin), isNew: false }
}

/** The key of an INFO request: `application/dtmf-relay` with a line `Signal=`, or `application/dtmf` with the key alone. */
export const ofInfo = (request: Message.Request): string | undefined => {
  const type = (Message.first(request, "Content-Type") ?? "").split(";")[0]!.trim().toLowerCase()
  const text = Buffer.from(request.body.subarray(0, 1_000)).toString("latin1")
  const key =
    type === "application/dtmf-relay"
      ? /^signal[ \t]*=[ \t]*(\S+)[ \t]*\r?$/im.exec(text)?.[1]
      : type === "application/dtmf"
        ? text.trim()
        : undefined
  const named = key === "10" ? "*" : key === "11" ? "#" : key?.toUpperCase()
  return named !== undefined && named.length === 1 && keys.includes(named) ? named : undefined
}
