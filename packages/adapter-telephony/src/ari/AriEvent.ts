/**
 * Rules: what Asterisk tells of its channels, as far as it matters to calls. What does not is `undefined`.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

export type AriEvent =
  /** A channel came to our application: a call was answered, or its audio is there. */
  | { readonly _tag: "Entered"; readonly channel: string }
  /** The callee's side was reached. `rings`: his phone was heard to ring; otherwise there is early media. */
  | { readonly _tag: "Progress"; readonly channel: string; readonly rings: boolean }
  | { readonly _tag: "Key"; readonly channel: string; readonly key: string }
  /** `cause` is of Q.850, 0 if Asterisk knows none; `status` is of SIP; `wasUp`: it had been answered. */
  | {
      readonly _tag: "Ended"
      readonly channel: string
      readonly cause: number
      readonly status: number | undefined
      readonly wasUp: boolean
    }

/** A channel as ARI shows it. */
export const Channel = Schema.Struct({ id: Schema.String, state: Schema.String })
export type Channel = typeof Channel.Type

const Told = Schema.Union(
  Schema.Struct({ type: Schema.Literal("StasisStart", "ChannelStateChange"), channel: Channel }),
  Schema.Struct({ type: Schema.Literal("Dial"), peer: Channel, dialstatus: Schema.String }),
  Schema.Struct({ type: Schema.Literal("ChannelDtmfReceived"), channel: Channel, digit: Schema.String }),
  Schema.Struct({
    type: Schema.Literal("ChannelDestroyed"),
    channel: Channel,
    cause: Schema.Int,
    tech_cause: Schema.optional(Schema.Int)
  })
)

const decode = Schema.decodeOption(Schema.parseJson(Told))

export const parse = (text: string): AriEvent | undefined => {
  const told = decode(text)
  if (Option.isNone(told)) return undefined
  const event = told.value
  switch (event.type) {
    case "StasisStart":
      return { _tag: "Entered", channel: event.channel.id }
    case "ChannelStateChange":
      return isRinging(event.channel) ? { _tag: "Progress", channel: event.channel.id, rings: true } : undefined
    case "Dial":
      return event.dialstatus === "PROGRESS" || event.dialstatus === "RINGING"
        ? { _tag: "Progress", channel: event.peer.id, rings: event.dialstatus === "RINGING" }
        : undefined
    case "ChannelDtmfReceived":
      return { _tag: "Key", channel: event.channel.id, key: event.digit }
    case "ChannelDestroyed":
      return {
        _tag: "Ended",
        channel: event.channel.id,
        cause: event.cause,
        status: event.tech_cause,
        wasUp: isUp(event.channel)
      }
  }
}

export const isUp = ({ state }: Channel): boolean => state === "Up"
export const isRinging = ({ state }: Channel): boolean => state === "Ringing"
