/**
 * Rules: the one error of the outside world. A storage, a speech engine, a telephone route or a payment provider
 * failed; the domain has not spoken. No vendor's error leaves an adapter: it is the `cause` here.
 */
import * as Schema from "effect/Schema"

/** When the same call may be made again: at once, after a pause, or never. */
export const Retry = Schema.Literal("now", "later", "never")
export type Retry = typeof Retry.Type

/**
 * The outside failed.
 *
 * **Gotchas** `cause` is for operators. Adapters keep phone numbers, codes and secrets out of it.
 */
export class PortFailure extends Schema.TaggedError<PortFailure>()("PortFailure", {
  port: Schema.String,
  operation: Schema.String,
  retry: Retry,
  cause: Schema.Defect
}) {
  override get message(): string {
    return `${this.port}.${this.operation} failed (retry: ${this.retry})`
  }
}
