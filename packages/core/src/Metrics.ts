/**
 * Service: what operators count, in Effect's registry of metrics: whoever exports that, exports these. They are counted
 * where they happen, thousands of times a second, so without a fiber: each counter is looked up once by its label. Labels
 * are names of ours: no ids, as those would never end, and nothing of anybody's.
 */
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"

const none: ReadonlyArray<never> = []

type Numeric = Metric.Metric<any, number, unknown>

/** The metric for these values of its labels. */
const labelled = (metric: Numeric, labels: ReadonlyArray<string>) => {
  const known = new Map<string, Numeric>()
  return (values: ReadonlyArray<string>, amount: number): void => {
    const key = values.join("\n")
    let found = known.get(key)
    if (found === undefined) {
      found = labels.reduce<Numeric>((one, label, i) => Metric.tagged(one, label, values[i]!), metric)
      known.set(key, found)
    }
    found.unsafeUpdate(amount, none)
  }
}

const counter = (name: string, description: string, ...labels: ReadonlyArray<string>) =>
  labelled(Metric.counter(name, { description, incremental: true }), labels)

const gauge = (name: string, description: string, ...labels: ReadonlyArray<string>) =>
  labelled(Metric.gauge(name, { description }), labels)

const histogram = (
  name: string,
  description: string,
  bounds: ReadonlyArray<number>,
  ...labels: ReadonlyArray<string>
) => labelled(Metric.histogram(name, MetricBoundaries.fromIterable(bounds), description), labels)

const sendsAsked = counter("vsms_sends_total", "Sends asked for, by outcome: accepted, or the refusal.", "outcome")
const sendsEnded = counter("vsms_sends_ended_total", "Sends that ended: completed, or the reason why not.", "reason")
const minutes = counter("vsms_billed_minutes_total", "Minutes that were billed.")
const waited = histogram(
  "vsms_send_wait_seconds",
  "From the acceptance of a send to its dialling.",
  [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]
)
const callsActive = gauge("vsms_calls_active", "Calls that a route carries now.", "route")
const routeUp = gauge("vsms_route_up", "Whether a route takes calls.", "route")
const callsEnded = counter("vsms_calls_total", "Calls placed, by route and what they came to.", "route", "end")
const workDone = counter("vsms_work_total", "Work of the queues, by outcome.", "queue", "outcome")
const workRunning = gauge("vsms_work_running", "Work that is being done now.", "queue")
const callbackTries = counter(
  "vsms_callback_tries_total",
  "Tries of callbacks: a status, or what went wrong.",
  "outcome"
)
const alerts = counter("vsms_alerts_total", "Alerts raised, by kind.", "kind")
const alertTries = counter("vsms_alert_tries_total", "Tries to tell of an alert.", "channel", "outcome")

/** A send was asked for. */
export const asked = (outcome: string): void => sendsAsked([outcome], 1)

/** A send has its final state. `minutes`: what it was billed. */
export const ended = (reason: string, billed: number): void => {
  sendsEnded([reason], 1)
  if (billed > 0) minutes(none, billed)
}

/** A send is dialled for the first time, so long after its acceptance. */
export const dialled = (millis: number): void => waited(none, millis / 1_000)

export const routeFares = (route: string, active: number, isUp: boolean): void => {
  callsActive([route], active)
  routeUp([route], isUp ? 1 : 0)
}

export const callEnded = (route: string, end: string): void => callsEnded([route, end], 1)

export const worked = (queue: string, outcome: "done" | "later" | "failed" | "defect"): void =>
  workDone([queue, outcome], 1)

export const working = (queue: string, running: number): void => workRunning([queue], running)

export const calledBack = (outcome: string): void => callbackTries([outcome], 1)

export const alerted = (kind: string): void => alerts([kind], 1)

export const alertTried = (channel: string, outcome: string): void => alertTries([channel, outcome], 1)
