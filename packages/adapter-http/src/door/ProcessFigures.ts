/**
 * Adapter: how this process is: time, memory, and how busy its event loop is. Names are those that Prometheus' clients use.
 */
import { performance } from "node:perf_hooks"
import * as Process from "node:process"
import type { Family } from "./Prometheus.ts"

const one = (name: string, help: string, type: Family["type"], value: number): Family => ({
  name,
  help,
  type,
  samples: [{ labels: {}, value }]
})

/** Figures since the one before was taken, where they are about a span of time. */
export const make = (): (() => ReadonlyArray<Family>) => {
  let before = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    const { system, user } = Process.cpuUsage()
    const { heapUsed, rss } = Process.memoryUsage()
    return [
      one("process_cpu_seconds_total", "Processor time.", "counter", (system + user) / 1_000_000),
      one("process_start_time_seconds", "When it started, since 1970.", "gauge", performance.timeOrigin / 1_000),
      one("process_resident_memory_bytes", "Memory that it occupies.", "gauge", rss),
      one("nodejs_heap_size_used_bytes", "Of that, the objects of the program.", "gauge", heapUsed),
      one(
        "nodejs_eventloop_utilization",
        "How busy the event loop was since somebody asked last: 1 is without a pause.",
        "gauge",
        utilization
      )
    ]
  }
}
