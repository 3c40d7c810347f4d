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

/** The wire has the operation, and this platform does not do it: text messages. */
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

/** API 3.0: no authorization, or one that cannot be read. */
export class AuthorizationUnreadable extends Schema.TaggedError<AuthorizationUnreadable>()(
  "AuthorizationUnreadable",
  {}
) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** API 3.0: nobody has this SecretId. */
export class CredentialUnknown extends Schema.TaggedError<CredentialUnknown>()("CredentialUnknown", {}) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** API 3.0: the token of a temporary key, of which there are none here. */
export class TokenUnknown extends Schema.TaggedError<TokenUnknown>()("TokenUnknown", {}) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** API 3.0: the signature's time is further from ours than is taken. */
export class SignatureExpired extends Schema.TaggedError<SignatureExpired>()("SignatureExpired", {
  toleranceSeconds: Schema.Int
}) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** API 3.0: another version than there is. */
export class NoSuchVersion extends Schema.TaggedError<NoSuchVersion>()("NoSuchVersion", {}) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** API 3.0: a parameter that must be there is not. */
export class ParameterMissing extends Schema.TaggedError<ParameterMissing>()("ParameterMissing", {
  field: Schema.String
}) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** API 3.0: a parameter of another type than it has. It does not hold the value. */
export class ParameterWrong extends Schema.TaggedError<ParameterWrong>()("ParameterWrong", { field: Schema.String }) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** API 3.0: the credential is not that of the application which is to send. */
export class ForeignApplication extends Schema.TaggedError<ForeignApplication>()("ForeignApplication", {}) {
  static readonly rule = "http" as const
  static readonly transient = false
}

export type WireRefusal =
  | AuthorizationUnreadable
  | CredentialUnknown
  | TokenUnknown
  | SignatureExpired
  | NoSuchVersion
  | ParameterMissing
  | ParameterWrong
  | ForeignApplication
  | BadPacket
  | SignatureMissing
  | SignatureWrong
  | ClockOff
  | NoSuchOperation
  | NotSupported
  | NoTemplateMatches
  | TextTooLong
