/**
 * Rules: the SQL of statistics. They are counted by hour and by Shanghai day, in the transaction that they are about, so
 * that no sum looks at sends: what it costs depends on the days it spans.
 */
import type { Tally } from "@vsms/core/storage/Decision"
import type { TallyQuery } from "@vsms/core/storage/Records"
import { type Column, namesOf, type Query, tableOf, Values } from "./Statement.ts"
import * as TallySums from "./TallySums.ts"

const shanghaiOffsetHours = 8

const dayOf = (hour: number): number => Math.floor((hour + shanghaiOffsetHours) / 24)

interface StatisticsTable {
  readonly name: string
  readonly unit: "hour" | "day"
  readonly of: (hour: number) => number
}

const hourly: StatisticsTable = { name: "hourly_statistics", unit: "hour", of: (hour) => hour }
const daily: StatisticsTable = { name: "daily_statistics", unit: "day", of: dayOf }

/** Two statements that add to both tables. */
export const add = (values: Values, tallies: ReadonlyArray<Tally>, condition: string): ReadonlyArray<string> =>
  [hourly, daily].map((table) => {
    const { name, of, unit } = table
    const keys: ReadonlyArray<Column<Tally>> = [
      { name: "account_id", type: "text", of: ({ owner }) => owner },
      { name: unit, type: "int", of: ({ hour }) => of(hour) },
      { name: "application_id", type: "text", of: ({ applicationId }) => applicationId },
      { name: "template_id", type: "text", of: ({ templateId }) => templateId },
      { name: "reason", type: "text", of: ({ reason }) => reason }
    ]
    const columns = [...keys, ...counted]
    return `insert into vsms.${name} as t (${namesOf(columns)})
      select * from ${tableOf(values, columns, summed(tallies, of))} where ${condition} order by 1, 2, 3, 4, 5
      on conflict (${namesOf(keys)}) do update set
      sends = t.sends + excluded.sends, answered = t.answered + excluded.answered,
      failed = t.failed + excluded.failed, minutes = t.minutes + excluded.minutes`
  })

const counted: ReadonlyArray<Column<Tally>> = [
  { name: "sends", type: "bigint", of: ({ sends }) => sends },
  { name: "answered", type: "bigint", of: ({ answered }) => answered },
  { name: "failed", type: "bigint", of: ({ failed }) => failed },
  { name: "minutes", type: "bigint", of: ({ minutes }) => minutes }
]

/** One statement may not touch a row twice: what falls into the same one is added up first. */
const summed = (tallies: ReadonlyArray<Tally>, of: (hour: number) => number): ReadonlyArray<Tally> => {
  if (tallies.length === 1) return tallies
  const sums: TallySums.TallySums = new Map()
  for (const tally of tallies) TallySums.add(sums, tally, of(tally.hour))
  return Array.from(sums.values())
}

/** What is asked by the hour is looked up by the hour; all else by whole days, and by hours at the edges. */
export const sum = (query: TallyQuery): Query => {
  const { applicationId, by, fromHour, owner, templateId, untilHour } = query
  const values = new Values()
  const account = values.add(owner, "text")
  const filters = [
    ...(applicationId === undefined ? [] : [`application_id = ${values.add(applicationId, "text")}`]),
    ...(templateId === undefined ? [] : [`template_id = ${values.add(templateId, "text")}`])
  ]
  const between = ({ name, unit }: StatisticsTable, first: number, end: number): string => {
    const day = unit === "day" ? "day, 0 as hour" : `floor((hour + ${shanghaiOffsetHours}) / 24.0)::int as day, hour`
    const range = [`${unit} >= ${values.add(first, "int")}`, `${unit} < ${values.add(end, "int")}`]
    return `select ${day}, application_id, template_id, reason, sends, answered, failed, minutes from vsms.${name}
      where ${[`account_id = ${account}`, ...range, ...filters].join(" and ")}`
  }
  const firstDay = Math.ceil((fromHour + shanghaiOffsetHours) / 24)
  const endDay = Math.floor((untilHour + shanghaiOffsetHours) / 24)
  const parts =
    by === "hour" || firstDay >= endDay
      ? [between(hourly, fromHour, untilHour)]
      : [
          between(hourly, fromHour, firstDay * 24 - shanghaiOffsetHours),
          between(daily, firstDay, endDay),
          between(hourly, endDay * 24 - shanghaiOffsetHours, untilHour)
        ]
  const group = groups[by]
  return values.query(
    `select ${group} as "group", sum(sends) as sends, sum(answered) as answered, sum(failed) as failed,
      sum(minutes) as minutes from (${parts.join("\n      union all ")}) as counted
      ${by === "total" ? "having count(*) > 0" : `group by ${group} order by ${group}`}`
  )
}

const groups: { readonly [By in TallyQuery["by"]]: string } = {
  total: "''",
  hour: "hour",
  day: "day",
  template: "template_id",
  reason: "reason",
  application: "application_id"
}
