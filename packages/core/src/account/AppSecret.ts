/**
 * Rules: the secrets (AppKey) of an application. Several may work at once, while a new one takes over from an old one.
 * Here is no storage and no signature: whoever checks a signature asks for the secrets that work now.
 */
import * as Either from "effect/Either"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/** The longest that a replaced secret may go on working: 24 h (ACC-5). */
export const maxOverlapMillis = 86_400_000

/** The most secrets that may work at the same time; without a bound, rotating without end would pile them up. */
export const maxUsable = 5

/** What may be known of a secret: everything but its value. */
export const SecretMeta = Schema.Struct({
  id: Schema.String,
  createdAt: Schema.Number,
  /** From then on it does not work; missing for the current one. */
  until: Schema.optionalWith(Schema.Number, { exact: true })
})
export type SecretMeta = typeof SecretMeta.Type

/** The values, by the ids of the secrets. They must be usable for an HMAC, so they are not hashed. */
export const Values = Schema.Struct({
  secrets: Schema.Array(Schema.Struct({ id: Schema.String, value: Schema.Redacted(Schema.String) }))
})
export type Values = typeof Values.Type

// ---------------------------------------------------------------------------------------------------------------------
// refusals, in order of precedence
// ---------------------------------------------------------------------------------------------------------------------

/** The overlap is longer than a replaced secret may live. */
export class OverlapTooLong extends Schema.TaggedError<OverlapTooLong>()("OverlapTooLong", {
  overlapMillis: Schema.Number,
  maxOverlapMillis: Schema.Number
}) {
  static readonly rule = "ACC-5" as const
  static readonly transient = false
}

/** So many secrets work at the moment that one more is refused until one of them ends. */
export class TooManySecrets extends Schema.TaggedError<TooManySecrets>()("TooManySecrets", {
  usable: Schema.Number,
  maximum: Schema.Number
}) {
  static readonly rule = "ACC-5" as const
  static readonly transient = true
}

// ---------------------------------------------------------------------------------------------------------------------
// decisions and queries
// ---------------------------------------------------------------------------------------------------------------------

/** Whether a secret works at an instant; the end of its overlap is no longer part of it. */
export const isUsable = (secret: SecretMeta, now: number): boolean => secret.until === undefined || now < secret.until

/** Whether one more secret may take over, the others working on for `overlapMillis` (ACC-5). */
export const mayRotate = (
  secrets: ReadonlyArray<SecretMeta>,
  options: { readonly now: number; readonly overlapMillis: number }
): Either.Either<void, OverlapTooLong | TooManySecrets> => {
  const { now, overlapMillis } = options
  if (!(overlapMillis >= 0 && overlapMillis <= maxOverlapMillis)) {
    return Either.left(new OverlapTooLong({ overlapMillis, maxOverlapMillis }))
  }
  const staying = overlapMillis === 0 ? 0 : secrets.filter((secret) => isUsable(secret, now)).length
  if (staying >= maxUsable) return Either.left(new TooManySecrets({ usable: staying, maximum: maxUsable }))
  return Either.void
}

/**
 * The secrets after a rotation: the new one, and those that still work. No older one outlives `previousUntil`, so that
 * a rotation without overlap ends all of them: that is what one does when a secret has leaked.
 */
export const rotated = (
  secrets: ReadonlyArray<SecretMeta>,
  rotation: { readonly id: string; readonly at: number; readonly previousUntil: number }
): ReadonlyArray<SecretMeta> => [
  ...secrets
    .map((secret) => ({ ...secret, until: Math.min(secret.until ?? Infinity, rotation.previousUntil) }))
    .filter((secret) => isUsable(secret, rotation.at)),
  { id: rotation.id, createdAt: rotation.at }
]

/** The values that are still worth keeping: those of the given secrets. */
export const kept = (values: Values | undefined, secrets: ReadonlyArray<SecretMeta>): Values => ({
  secrets: (values?.secrets ?? []).filter(({ id }) => secrets.some((secret) => secret.id === id))
})

/** The secrets that work at `now`, the newest first: the one that most requests are signed with. */
export const usableSecrets = (
  row: { readonly state: { readonly secrets: ReadonlyArray<SecretMeta> }; readonly personal: Values | undefined },
  now: number
): ReadonlyArray<Redacted.Redacted> => {
  const usable: Array<Redacted.Redacted> = []
  for (let i = row.state.secrets.length - 1; i >= 0; i--) {
    const meta = row.state.secrets[i]!
    if (!isUsable(meta, now)) continue
    const found = row.personal?.secrets.find(({ id }) => id === meta.id)
    if (found !== undefined) usable.push(found.value)
  }
  return usable
}
