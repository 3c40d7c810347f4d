/**
 * Rules: what the doors of the vendor's wires refuse before a rule of the platform is asked: the form of a request, its
 * signature, its time, and what this platform does not do. What each is called on a wire is `VendorCodes.ts`'s business.
 */
import * as Schema from "effect/Schema"

/** The body is no JSON object, or a field is missing, of another type or out of range. It does not hold the value. */
export class BadPacket extends Schema.TaggedError<BadPacket>()("BadPacket", { field: Schema.String }) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** The request is not signed. */
export class SignatureMissing extends Schema.TaggedError<SignatureMissing>()("SignatureMissing", {}) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** The signature is not one that a secret of the application makes. */
export class SignatureWrong extends Schema.TaggedError<SignatureWrong>()("SignatureWrong", {}) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** The request's time is further from ours than is taken. */
export class ClockOff extends Schema.TaggedError<ClockOff>()("ClockOff", { toleranceSeconds: Schema.Int }) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** The wire has no such operation. */
export class NoSuchOperation extends Schema.TaggedError<NoSuchOperation>()("NoSuchOperation", {}) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** The wire has the operation, and this platform does not do it: text messages, uploaded sound. */
export class NotSupported extends Schema.TaggedError<NotSupported>()("NotSupported", {}) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** No approved template of the application reads like this text. */
export class NoTemplateMatches extends Schema.TaggedError<NoTemplateMatches>()("NoTemplateMatches", {}) {
  static readonly rule = "TPL-4" as const
  static readonly transient = true
}

/** A full text has more characters than a template can have. */
export class TextTooLong extends Schema.TaggedError<TextTooLong>()("TextTooLong", {
  length: Schema.Int,
  limit: Schema.Int
}) {
  static readonly rule = "TPL-1" as const
  static readonly transient = false
}

export type WireRefusal =
  | BadPacket
  | SignatureMissing
  | SignatureWrong
  | ClockOff
  | NoSuchOperation
  | NotSupported
  | NoTemplateMatches
  | TextTooLong
