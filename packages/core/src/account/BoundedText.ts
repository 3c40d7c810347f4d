/**
 * Rules: texts that people type into forms: trimmed, of bounded length, without control characters.
 */
import * as Schema from "effect/Schema"

/** How long a text is to a reader: its Unicode code points. */
export const lengthOf = (text: string): number => {
  let length = 0
  for (const _ of text) length++
  return length
}

/** A line of `min` to `max` characters (code points) after trimming. */
export const line = (bounds: { readonly min: number; readonly max: number }): Schema.Schema<string> =>
  bounded(bounds, /[\p{Cc}\p{Cs}\u2028\u2029]/u, "a line")

/** A text of `min` to `max` characters (code points) after trimming, with line breaks and tabs. */
export const paragraph = (bounds: { readonly min: number; readonly max: number }): Schema.Schema<string> =>
  bounded(bounds, /(?![\n\r\t])\p{Cc}|\p{Cs}/u, "a text")

const bounded = (
  { max, min }: { readonly min: number; readonly max: number },
  forbidden: RegExp,
  what: string
): Schema.Schema<string> =>
  Schema.Trim.pipe(
    Schema.filter((text) => {
      const length = lengthOf(text)
      return length >= min && length <= max && !forbidden.test(text)
    }),
    Schema.annotations({ identifier: `${what} of ${min} to ${max} characters` })
  )
