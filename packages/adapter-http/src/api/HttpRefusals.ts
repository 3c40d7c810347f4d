/**
 * Rules: what the door itself refuses, before or beside the rules of the platform: the form of a request, who may make
 * it, and how often.
 */
import * as Schema from "effect/Schema"

/** The body is not what its content type says: no JSON, no UTF-8, no form. */
export class MalformedBody extends Schema.TaggedError<MalformedBody>()("MalformedBody", {
  problem: Schema.Literal("json", "utf8", "form", "aborted")
}) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** What came is no HTTP. */
export class MalformedRequest extends Schema.TaggedError<MalformedRequest>()("MalformedRequest", {}) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** The headers are larger than is taken. */
export class HeadersTooLarge extends Schema.TaggedError<HeadersTooLarge>()("HeadersTooLarge", {}) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** The request was not whole in time. */
export class RequestTooSlow extends Schema.TaggedError<RequestTooSlow>()("RequestTooSlow", {}) {
  static readonly rule = "http" as const
  static readonly transient = true
}

/** No credential, or none that works. It does not say which of the two. */
export class NotAuthenticated extends Schema.TaggedError<NotAuthenticated>()("NotAuthenticated", {}) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** The credential works, and does not allow this. */
export class NotPermitted extends Schema.TaggedError<NotPermitted>()("NotPermitted", { needed: Schema.String }) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** Nothing is at this path. */
export class NothingHere extends Schema.TaggedError<NothingHere>()("NothingHere", {}) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** The path does not know this method. */
export class MethodNotAllowed extends Schema.TaggedError<MethodNotAllowed>()("MethodNotAllowed", {
  allowed: Schema.Array(Schema.String)
}) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** Another request under this idempotency key is still being answered. */
export class RequestUnderWay extends Schema.TaggedError<RequestUnderWay>()("RequestUnderWay", {}) {
  static readonly rule = "http" as const
  static readonly transient = true
}

/** The idempotency key was used for another request. */
export class KeyUsedBefore extends Schema.TaggedError<KeyUsedBefore>()("KeyUsedBefore", {
  usedAt: Schema.Number
}) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** Somebody changed the thing since it was read: it is not what `If-Match` names any more. */
export class ChangedMeanwhile extends Schema.TaggedError<ChangedMeanwhile>()("ChangedMeanwhile", {
  current: Schema.String
}) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** The body is larger than is taken here. */
export class BodyTooLarge extends Schema.TaggedError<BodyTooLarge>()("BodyTooLarge", { maxBytes: Schema.Int }) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** The body has another content type than is taken here, or is compressed. */
export class UnsupportedBody extends Schema.TaggedError<UnsupportedBody>()("UnsupportedBody", {
  accepted: Schema.Array(Schema.String)
}) {
  static readonly rule = "http" as const
  static readonly transient = false
}

/** The credential made more requests than it may at a time. */
export class TooManyRequests extends Schema.TaggedError<TooManyRequests>()("TooManyRequests", {
  retryAfterMillis: Schema.Int
}) {
  static readonly rule = "http" as const
  static readonly transient = true
}

/** We broke. What happened stands in the log, under the id of the request. */
export class Broken extends Schema.TaggedError<Broken>()("Broken", {}) {
  static readonly rule = "http" as const
  static readonly transient = true
}

/** What we stand on did not answer: whether the request took effect is not known. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", {
  retry: Schema.Literal("now", "later", "never")
}) {
  static readonly rule = "http" as const
  static readonly transient = true
}
