import * as RouteTables from "@vsms/adapter-http/door/RouteTable"
import * as CloudDoor from "@vsms/adapter-http/wire/CloudDoor"
import * as VendorCodes from "@vsms/adapter-http/wire/VendorCodes"
import type { Answered, Outcome, Request } from "./Exchange.ts"
import { checks, document, type Operation, operations } from "./NativeRequests.ts"
import type { Check, Json } from "./Schemas.ts"
import { canaries } from "./Target.ts"
import type { Write } from "./Watch.ts"

/** What kind of fault was found. */
export type Fault = "hung" | "broke" | "undeclared" | "misshapen" | "leaked" | "changed" | "forged" | "corrupted"

export interface Finding {
  readonly fault: Fault
  readonly what: string
}

export interface Seen {
  readonly request: Request
  readonly outcome: Outcome
  /** Everything that was written to the storage since the request came. */
  readonly writes: ReadonlyArray<Write>
  readonly logs: ReadonlyArray<string>
  readonly secrets: ReadonlySet<string>
  readonly signedByNobody: boolean
  /** Whether what the platform stands on may fail, and 503 may be the answer. */
  readonly mayBeUnavailable: boolean
}

const found = (fault: Fault, what: string): Finding => ({ fault, what })

/** What is wrong about an answer, all of it. */
export const judge = (seen: Seen): ReadonlyArray<Finding> => {
  const { outcome, request } = seen
  if (outcome === "hung") return [found("hung", "no answer in time")]
  const wire = wireOf(request)
  // This wire is posted to: whoever only asks for headers is refused, and cannot be told.
  const isUntold = wire === "legacy" && request.method === "HEAD"
  const told =
    isUntold || isNoRequest(outcome)
      ? noRequest
      : wire === "legacy"
        ? legacy(outcome)
        : wire === "cloud"
          ? cloud(outcome)
          : native(seen, outcome)
  return [...told.findings, ...leaks(seen, outcome, told.isRefused), ...changes(seen, told.isRefused)]
}

interface Told {
  readonly isRefused: boolean
  readonly findings: ReadonlyArray<Finding>
}

/** What never became a request is refused alike, whatever it was meant to be. */
const isNoRequest = ({ body, headers, status }: Answered): boolean =>
  headers["x-request-id"] === undefined &&
  headers["content-type"] === "application/problem+json" &&
  new RegExp(
    `^\\{"type":"urn:vsms:problem:(MalformedRequest|HeadersTooLarge|RequestTooSlow)".*"status":${status},`
  ).test(body)

const noRequest: Told = { isRefused: true, findings: [] }

const pathOf = ({ target }: Request): string => target.split("?", 1)[0]!

const wireOf = (request: Request): "legacy" | "cloud" | "native" => {
  const path = pathOf(request)
  if (path.startsWith("/v5/")) return "legacy"
  const { method, target } = request
  const header = (name: string) => request.headers.find(([one]) => one === name)?.[1]
  return CloudDoor.isFor({ method, path, query: target.slice(path.length + 1), header, body: undefined as never })
    ? "cloud"
    : "native"
}

const isRecord = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// the native API
// ---------------------------------------------------------------------------------------------------------------------

const routes = new RouteTables.RouteTable<Operation>()
for (const operation of operations) routes.add(operation.method, operation.path.replace(/\{(\w+)\}/g, ":$1"), operation)

/** By operation, status and content type: what the document says of the body; `undefined`: it says no more. */
const declared = new Map<string, Check | undefined>()

const declare = (operation: Operation): void => {
  for (const [status, given] of Object.entries<Json>(operation.described["responses"])) {
    const response: Json =
      given["$ref"] === undefined
        ? given
        : document["components"].responses[given["$ref"].replace("#/components/responses/", "")]
    const content = Object.entries<Json>(response["content"] ?? {})
    if (content.length === 0) declared.set(`${operation.name} ${status} `, undefined)
    for (const [type, { schema }] of content)
      declared.set(`${operation.name} ${status} ${type}`, /json/.test(type) ? checks.of(schema) : undefined)
  }
}
operations.forEach(declare)

const nowhere = new Set(["urn:vsms:problem:NothingHere", "urn:vsms:problem:MethodNotAllowed"])

/** Of these nobody says who asks for them, and the store cannot say whether it changed. */
const documents = new Set(["/docs", "/openapi.json"])

const native = (seen: Seen, { body, headers, status }: Answered): Told => {
  const { mayBeUnavailable, request } = seen
  const isRefused = status >= 400
  const told = (...findings: ReadonlyArray<Finding>): Told => ({ isRefused, findings })
  const type = headers["content-type"] ?? ""
  if (status >= 500 && !(status === 503 && mayBeUnavailable)) return told(found("broke", `status ${status}: ${body}`))
  for (const [name, value] of Object.entries(headers))
    if (!/^[a-z0-9-]+$/.test(name) || /[^\t\x20-\x7e]/.test(value)) return told(found("misshapen", `header ${name}`))
  const isHead = request.method === "HEAD"
  const json = isHead || !/json/.test(type) ? undefined : parsed(body)
  if (isRefused) {
    if (type !== "application/problem+json") return told(found("misshapen", `${status} is ${type}`))
    if (!isHead && (!isRecord(json) || json["status"] !== status)) return told(found("misshapen", `${status}: ${body}`))
  }
  const route = routes.find(request.method, pathOf(request))
  if (route._tag !== "Target") {
    if (documents.has(pathOf(request)) || (status === 204 && request.method === "OPTIONS")) return told()
    const fits = isRefused && (isHead || nowhere.has((json as Json)["type"]))
    return fits ? told() : told(found("undeclared", `${status} where nothing is`))
  }
  const { name } = route.target
  const key = `${name} ${status} ${type}`
  const any = `${name} ${status} image/*`
  if (!declared.has(key) && !(type.startsWith("image/") && declared.has(any)))
    return told(found("undeclared", `${key}: ${body.slice(0, 300)}`))
  const check = declared.get(key)
  if (check === undefined || isHead) return told()
  const problem = check(json, "")
  return problem === undefined ? told() : told(found("misshapen", `${key}: ${problem}: ${body.slice(0, 500)}`))
}

// ---------------------------------------------------------------------------------------------------------------------
// the vendor's wires
// ---------------------------------------------------------------------------------------------------------------------

const results = new Set(Object.values(VendorCodes.table).map(({ result }) => result))
const cloudCodes = new Set(Object.values(VendorCodes.table).map(({ code }) => code))

const legacy = ({ body, headers, status }: Answered): Told => {
  const json = parsed(body)
  const isAsExpected =
    status === 200 && (headers["content-type"] ?? "").startsWith("application/json") && isRecord(json)
  if (!isAsExpected || typeof json["errmsg"] !== "string" || !Number.isInteger(json["result"]))
    return { isRefused: true, findings: [found("misshapen", `${status}: ${body.slice(0, 300)}`)] }
  const result = json["result"] as number
  if (result === VendorCodes.broken.result) return { isRefused: true, findings: [found("broke", body)] }
  const isRefused = result !== 0
  return { isRefused, findings: isRefused && !results.has(result) ? [found("undeclared", body)] : [] }
}

const cloud = ({ body, headers, status }: Answered): Told => {
  const json = parsed(body)
  const response: unknown = isRecord(json) ? json["Response"] : undefined
  const isAsExpected = status === 200 && headers["content-type"] === "application/json" && isRecord(response)
  if (!isAsExpected || typeof response["RequestId"] !== "string")
    return { isRefused: true, findings: [found("misshapen", `${status}: ${body.slice(0, 300)}`)] }
  const code: unknown = response["Error"]?.Code
  if (code === VendorCodes.broken.code) return { isRefused: true, findings: [found("broke", body)] }
  if (code === undefined)
    return {
      isRefused: false,
      findings: typeof response["SendStatus"]?.CallId === "string" ? [] : [found("misshapen", body)]
    }
  return {
    isRefused: true,
    findings: typeof code === "string" && cloudCodes.has(code) ? [] : [found("undeclared", body)]
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// what must not be
// ---------------------------------------------------------------------------------------------------------------------

const traces = /\bat \S+ \(|node_modules|file:\/\/|\.ts:\d+|\bError:|Effect\.|\bstack\b/

const leaks = ({ logs, secrets }: Seen, { body, headers }: Answered, isRefused: boolean): ReadonlyArray<Finding> => {
  const findings: Array<Finding> = []
  const personal = (text: string): string | undefined => {
    for (const one of canaries) if (text.includes(one)) return one
    for (const one of secrets) if (text.includes(one)) return "a secret"
    return undefined
  }
  for (const line of logs) {
    const leak = personal(line)
    if (leak !== undefined) findings.push(found("leaked", `${leak} in a log: ${line.slice(0, 400)}`))
  }
  if (!isRefused) return findings
  const text = `${JSON.stringify(headers)} ${body}`
  const leak = personal(text) ?? traces.exec(body)?.[0]
  if (leak !== undefined) findings.push(found("leaked", `${leak} in an answer: ${body.slice(0, 400)}`))
  return findings
}

/** What a refusal leaves behind: that it was, and what explains it. The memory of repeats is claimed and let go. */
const traceable = new Set(["auditEntry", "refusedSend", "httpRepeat"])

const changes = (seen: Seen, isRefused: boolean): ReadonlyArray<Finding> => {
  const { outcome, request, signedByNobody, writes } = seen
  if (signedByNobody && !isRefused) return [found("forged", "taken, although nobody signed it")]
  const isRead = ["GET", "HEAD", "OPTIONS"].includes(request.method) && wireOf(request) === "native"
  if (!isRefused && !isRead) return []
  // What was written when the storage failed, nobody can say.
  if (outcome !== "hung" && outcome.status === 503) return []
  const changed = writes.filter(
    ({ text, what }) => !traceable.has(what) || (what === "httpRepeat" && isClaimed(text, writes))
  )
  if (changed.length === 0) return []
  return [found("changed", changed.map(({ text }) => text.slice(0, 300)).join(" | "))]
}

/** Whether the last that was heard of a claim is that it is held. */
const isClaimed = (text: string, writes: ReadonlyArray<Write>): boolean => {
  const name = text.split(" ", 3).join(" ")
  const last = writes.filter((one) => one.text.startsWith(name)).at(-1)
  return last?.text.includes('"stage":"underWay"') === true
}
