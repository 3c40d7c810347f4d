/**
 * Adapter: the tallies of the memory store.
 */
import type { Tally } from "../Decision.ts"
import type { TallyQuery, TallySum } from "../Records.ts"

interface Count {
  readonly applicationId: string
  readonly templateId: string
  readonly hour: number
  readonly reason: string
  sends: number
  answered: number
  failed: number
  minutes: number
}

type Mutable<A> = { -readonly [P in keyof A]: A[P] }

const shanghaiOffsetHours = 8

const groupOf = (count: Count, by: TallyQuery["by"]): string | number => {
  switch (by) {
    case "total":
      return ""
    case "hour":
      return count.hour
    case "day":
      return Math.floor((count.hour + shanghaiOffsetHours) / 24)
    case "template":
      return count.templateId
    case "reason":
      return count.reason
    case "application":
      return count.applicationId
  }
}

export class MemoryTallies {
  private readonly owners = new Map<string, Map<number, Map<string, Count>>>()

  add(tally: Tally): void {
    const hours = getOrMake(this.owners, tally.owner, () => new Map<number, Map<string, Count>>())
    const counts = getOrMake(hours, tally.hour, () => new Map<string, Count>())
    const { applicationId, hour, reason, templateId } = tally
    const count = getOrMake(counts, `${applicationId}/${templateId}/${reason}`, () => ({
      applicationId,
      templateId,
      hour,
      reason,
      sends: 0,
      answered: 0,
      failed: 0,
      minutes: 0
    }))
    count.sends += tally.sends
    count.answered += tally.answered
    count.failed += tally.failed
    count.minutes += tally.minutes
  }

  sum(query: TallyQuery): ReadonlyArray<TallySum> {
    const sums = new Map<string | number, Mutable<TallySum>>()
    for (const [hour, counts] of this.owners.get(query.owner) ?? []) {
      if (hour < query.fromHour || hour >= query.untilHour) continue
      for (const count of counts.values()) {
        if (query.applicationId !== undefined && count.applicationId !== query.applicationId) continue
        if (query.templateId !== undefined && count.templateId !== query.templateId) continue
        const group = groupOf(count, query.by)
        const sum = getOrMake(sums, group, () => ({ group, sends: 0, answered: 0, failed: 0, minutes: 0 }))
        sum.sends += count.sends
        sum.answered += count.answered
        sum.failed += count.failed
        sum.minutes += count.minutes
      }
    }
    return Array.from(sums.values()).sort((a, b) => (a.group < b.group ? -1 : a.group > b.group ? 1 : 0))
  }
}

const getOrMake = <K, V>(map: Map<K, V>, key: K, make: () => V): V => {
  let value = map.get(key)
  if (value === undefined) map.set(key, (value = make()))
  return value
}
