/**
 * Service: counts requests by operation and status and how long they took, and tells Prometheus. Names of operations
 * only: no ids, as those would never end.
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"

export class Traffic extends Context.Tag("@vsms/adapter-http/door/Traffic")<
  Traffic,
  {
    readonly begin: () => void
    readonly end: (operation: string, status: number, seconds: number) => void
    /** In the text format of Prometheus. */
    readonly text: () => string
  }
>() {
  static readonly layer: Layer.Layer<Traffic> = Layer.sync(Traffic, () => make())
}

/** Upper bounds, in seconds. */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

interface Histogram {
  readonly counts: Array<number>
  count: number
  sum: number
}

const make = (): typeof Traffic.Service => {
  const requests = new Map<string, Map<number, number>>()
  const times = new Map<string, Histogram>()
  let underWay = 0

  const counted = <K>(counts: Map<K, number>, key: K, count: number): void => {
    counts.set(key, (counts.get(key) ?? 0) + count)
  }

  return {
    begin: () => void underWay++,
    end: (operation, status, seconds) => {
      underWay--
      let statuses = requests.get(operation)
      if (statuses === undefined) requests.set(operation, (statuses = new Map()))
      counted(statuses, status, 1)
      let time = times.get(operation)
      if (time === undefined) times.set(operation, (time = { counts: bounds.map(() => 0), count: 0, sum: 0 }))
      time.count++
      time.sum += seconds
      const bound = bounds.findIndex((most) => seconds <= most)
      if (bound >= 0) time.counts[bound]!++
    },
    text: () => {
      const lines = ["# HELP vsms_http_requests_total Requests answered.", "# TYPE vsms_http_requests_total counter"]
      for (const [operation, statuses] of requests)
        for (const [status, count] of statuses)
          lines.push(`vsms_http_requests_total{operation="${operation}",status="${status}"} ${count}`)
      lines.push("# HELP vsms_http_request_seconds Time to the answer.", "# TYPE vsms_http_request_seconds histogram")
      for (const [operation, { count, counts, sum }] of times) {
        let below = 0
        for (const [i, bound] of bounds.entries()) {
          below += counts[i]!
          lines.push(`vsms_http_request_seconds_bucket{operation="${operation}",le="${bound}"} ${below}`)
        }
        lines.push(
          `vsms_http_request_seconds_bucket{operation="${operation}",le="+Inf"} ${count}`,
          `vsms_http_request_seconds_sum{operation="${operation}"} ${sum}`,
          `vsms_http_request_seconds_count{operation="${operation}"} ${count}`
        )
      }
      lines.push(
        "# HELP vsms_http_requests_under_way Requests being answered.",
        "# TYPE vsms_http_requests_under_way gauge",
        `vsms_http_requests_under_way ${underWay}`,
        ""
      )
      return lines.join("\n")
    }
  }
}
