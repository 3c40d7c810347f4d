/**
 * Rules: metrics in the text format of Prometheus: those of Effect's registry that are ours, and figures read at the
 * moment when somebody asks.
 */
import type * as MetricPair from "effect/MetricPair"
import * as MetricState from "effect/MetricState"

/** One figure, by the values of its labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Family {
  readonly name: string
  readonly help: string
  readonly type: "counter" | "gauge"
  readonly samples: ReadonlyArray<Sample>
}

const escaped = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"')

const labelsOf = (labels: ReadonlyArray<readonly [name: string, value: string]>): string =>
  labels.length === 0 ? "" : `{${labels.map(([name, value]) => `${name}="${escaped(value)}"`).join(",")}}`

const head = (name: string, help: string, type: string): ReadonlyArray<string> => [
  `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
  `# TYPE ${name} ${type}`
]

export const family = ({ help, name, samples, type }: Family): ReadonlyArray<string> => [
  ...head(name, help, type),
  ...samples.map(({ labels, value }) => `${name}${labelsOf(Object.entries(labels))} ${value}`)
]

/** The metrics of the registry whose names begin so. */
export const registry = (
  pairs: ReadonlyArray<MetricPair.MetricPair.Untyped>,
  prefix: string
): ReadonlyArray<string> => {
  const named = pairs
    .filter(({ metricKey }) => metricKey.name.startsWith(prefix))
    .toSorted((a, b) => (a.metricKey.name < b.metricKey.name ? -1 : a.metricKey.name > b.metricKey.name ? 1 : 0))
  let before = ""
  return named.flatMap(({ metricKey, metricState }) => {
    const { name } = metricKey
    const labels = metricKey.tags.map(({ key, value }) => [key, value] as const)
    const lines: Array<string> = []
    if (name !== before) {
      const help = metricKey.description._tag === "Some" ? metricKey.description.value : name
      lines.push(...head(name, help, typeOf(metricState)))
    }
    before = name
    if (MetricState.isHistogramState(metricState)) {
      for (const [bound, count] of metricState.buckets)
        if (Number.isFinite(bound)) lines.push(`${name}_bucket${labelsOf([...labels, ["le", String(bound)]])} ${count}`)
      lines.push(
        `${name}_bucket${labelsOf([...labels, ["le", "+Inf"]])} ${metricState.count}`,
        `${name}_sum${labelsOf(labels)} ${metricState.sum}`,
        `${name}_count${labelsOf(labels)} ${metricState.count}`
      )
    } else if (MetricState.isCounterState(metricState)) lines.push(`${name}${labelsOf(labels)} ${metricState.count}`)
    else if (MetricState.isGaugeState(metricState)) lines.push(`${name}${labelsOf(labels)} ${metricState.value}`)
    return lines
  })
}

const typeOf = (state: unknown): string =>
  MetricState.isHistogramState(state)
    ? "histogram"
    : MetricState.isCounterState(state)
      ? "counter"
      : MetricState.isGaugeState(state)
        ? "gauge"
        : "untyped"
