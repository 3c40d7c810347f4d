import { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Dice } from "./Dice.ts"
import { written } from "./Draft.ts"
import { type Carrier, inProcess, type Request } from "./Exchange.ts"
import * as FuzzWorld from "./FuzzWorld.ts"
import * as NativeRequests from "./NativeRequests.ts"
import * as Oracle from "./Oracle.ts"
import type { Target } from "./Target.ts"
import { Watch } from "./Watch.ts"
import * as WireRequests from "./WireRequests.ts"

/** What is sent: to be made again from it, or from less of it. */
type Plan = ({ readonly door: "native" } & NativeRequests.Plan) | ({ readonly door: "wire" } & WireRequests.Plan)

export interface Report {
  readonly requests: number
  /** How often each operation, or wire, was answered with each status or code. */
  readonly answers: ReadonlyMap<string, number>
  /** What was found; after `mostFailures` no more was sent. */
  readonly failures: ReadonlyArray<Failure>
}

export interface Failure {
  readonly seed: number
  readonly number: number
  readonly about: string
  readonly request: string
  readonly findings: ReadonlyArray<Oracle.Finding>
}

export interface Options {
  readonly seed: number
  readonly requests: number
  readonly carrier?: Carrier
  readonly mayBeUnavailable?: boolean
  /** One, if absent. */
  readonly mostFailures?: number
}

const planned = (dice: Dice): Plan =>
  dice.chance(0.6) ? { door: "native", ...NativeRequests.plan(dice) } : { door: "wire", ...WireRequests.plan(dice) }

const made = (plan: Plan, target: Target, now: number) => {
  if (plan.door === "wire") return WireRequests.draft(plan, target, now)
  return { ...NativeRequests.draft(plan, target), signedByNobody: false }
}

/** Sends requests to one world, one after the other, until enough is found that is wrong. */
export const run = (options: Options) =>
  Effect.gen(function* () {
    const {
      carrier = inProcess(yield* NativeDoor),
      mayBeUnavailable = false,
      mostFailures = 1,
      requests,
      seed
    } = options
    const dice = new Dice(seed)
    const watch = yield* Watch
    const lines = yield* FuzzWorld.Lines
    const target = yield* FuzzWorld.target
    const answers = new Map<string, number>()
    // Long enough for calls to end and for limits to pass; a day now and then.
    const rest = Effect.suspend(() =>
      Effect.zipRight(
        FuzzWorld.pass(dice.chance(0.07) ? 90_000_000 : dice.pick([1_000, 31_000, 700_000])),
        Effect.sync(watch.taken)
      )
    )

    const send = (plan: Plan) =>
      Effect.gen(function* () {
        const { about, draft, signedByNobody } = made(plan, target, yield* Clock.currentTimeMillis)
        const request = written(draft)
        watch.taken()
        const outcome = yield* carrier(request)
        const writes = watch.taken()
        const logs = lines.taken()
        const { secrets } = target
        const findings = Oracle.judge({ request, outcome, writes, logs, secrets, signedByNobody, mayBeUnavailable })
        return { about, request, outcome, findings }
      })

    const failures: Array<Failure> = []
    let sent = 0
    lines.taken()
    for (let number = 0; number < requests; number++) {
      if (number % 100 === 99) yield* rest
      const { about, findings, outcome, request } = yield* send(planned(dice))
      sent++
      if (findings.length > 0) failures.push({ seed, number, about, request: told(request), findings })
      if (failures.length >= mostFailures) break
      if (outcome === "hung") continue
      count(answers, nameOf(about, outcome.status, outcome.body))
      if (outcome.status < 300) target.learn(outcome)
    }
    const corrupted = (yield* watch.verify).map((what): Oracle.Finding => ({ fault: "corrupted", what }))
    if (corrupted.length > 0)
      failures.push({ seed, number: sent, about: "after all of them", request: "", findings: corrupted })
    const report: Report = { requests: sent, answers, failures }
    return report
  })

const count = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1)

const nameOf = (about: string, status: number, body: string): string => {
  const code = /^\{"result":(\d+)|"Code":"([\w.]+)"|"type":"urn:vsms:problem:(\w+)"/.exec(body)
  return `${about.split(",", 1)[0]} ${status} ${code?.[1] ?? code?.[2] ?? code?.[3] ?? ""}`.trim()
}

/** As it can be pasted into a test. */
const told = ({ body, headers, method, target }: Request): string =>
  JSON.stringify({ method, target: target.slice(0, 2_000), headers, body: body.toString("latin1").slice(0, 4_000) })
