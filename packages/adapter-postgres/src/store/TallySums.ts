/**
 * Rules: counts of sends, added up.
 */
import type { Tally } from "@vsms/core/storage/Decision"

export type TallySums = Map<string, Tally>

/** Adds to what was counted of the same; `at` is the hour, or the day, that counts as the same. */
export const add = (sums: TallySums, tally: Tally, at: number): void => {
  const { applicationId, owner, reason, templateId } = tally
  const id = `${owner}\n${at}\n${applicationId}\n${templateId}\n${reason}`
  const sum = sums.get(id)
  sums.set(
    id,
    sum === undefined
      ? tally
      : {
          ...sum,
          sends: sum.sends + tally.sends,
          answered: sum.answered + tally.answered,
          failed: sum.failed + tally.failed,
          minutes: sum.minutes + tally.minutes
        }
  )
}
