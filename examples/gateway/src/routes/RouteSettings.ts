/**
 * What an operator says of routes, as JSON or by single variables, and what is wrong with it. Each kind of route has its
 * fields here, and a file beside this one that opens its channel.
 */
import * as AriUri from "@vsms/adapter-telephony/ari/AriUri"
import * as TrunkUri from "@vsms/adapter-telephony/sip/trunk/TrunkUri"
import { Route } from "@vsms/core/dispatch/Route"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { Problem, Reader, Words } from "../Environment.ts"

// ---------------------------------------------------------------------------------------------------------------------
// the fields
// ---------------------------------------------------------------------------------------------------------------------

const { callsPerSecond, id, kinds, maxConcurrent, operators, priority, regions, weight } = Route.fields

/** Of every route. */
const common = {
  id,
  weight,
  priority,
  maxConcurrent: Schema.optionalWith(maxConcurrent, { default: () => 100 }),
  callsPerSecond: Schema.optionalWith(callsPerSecond, { default: () => 50 }),
  kinds,
  operators,
  regions
}

const Port = Schema.Int.pipe(Schema.between(0, 65_535))
const Address = Schema.NonEmptyString.pipe(Schema.pattern(/^[0-9A-Fa-f:.]+$/))

/** `16384-32767` */
const PortRange = Schema.String.pipe(
  Schema.pattern(/^[1-9][0-9]{0,4}-[1-9][0-9]{0,4}$/),
  Schema.filter((text) => {
    const [from = 0, to = 0] = text.split("-").map(Number)
    return from >= 1_024 && to <= 65_535 && to - from >= 3
  })
)

/** Calls that never leave this process. */
const Simulated = Schema.Struct({ ...common, trunk: Schema.Literal("simulated") })

/** Calls over a SIP trunk. What is missing is as `VSMS_SIP_…` says, or as the trunk has it by itself. */
const Sip = Schema.Struct({
  ...common,
  trunk: Schema.String.pipe(Schema.filter((text) => Either.isRight(TrunkUri.parse(text)))),
  localAddress: Schema.optional(Address),
  localPort: Schema.optional(Port),
  publicAddress: Schema.optional(Address),
  register: Schema.optional(Schema.Boolean),
  numbers: Schema.optional(Schema.Literal("plus", "digits", "national")),
  domain: Schema.optional(Schema.NonEmptyString),
  rtpPorts: Schema.optional(PortRange),
  /** A file of certificates (PEM) to trust instead of the machine's. */
  tlsCa: Schema.optional(Schema.NonEmptyString)
})

/** Calls that an Asterisk places. How it dials is in its line. */
const Asterisk = Schema.Struct({
  ...common,
  asterisk: Schema.String.pipe(Schema.filter((text) => Either.isRight(AriUri.parse(text))))
})

const trunkLine: Words = [
  "应为 sip:用户:密码@主机:端口;transport=udp（或 tcp、tls；特殊字符须百分号编码）",
  "must be sip:user:password@host:port;transport=udp (or tcp, tls; special characters percent-encoded)"
]

/** What is wanted of each field, for people. */
const expectations: { readonly [field: string]: Words } = {
  id: ["应为非空文本，且各路由不同", "must be a text that is not empty, another for each route"],
  trunk: [`simulated，或${trunkLine[0]}`, `simulated, or ${trunkLine[1]}`],
  asterisk: [
    "应为 http://用户:密码@主机:端口/ari?endpoint=PJSIP/{number}@trunk（特殊字符须百分号编码）",
    "must be http://user:password@host:port/ari?endpoint=PJSIP/{number}@trunk (special characters percent-encoded)"
  ],
  weight: ["应为不小于 1 的整数", "must be a whole number, at least 1"],
  priority: ["应为整数，最小者优先", "must be a whole number; the lowest goes first"],
  maxConcurrent: ["应为不小于 1 的整数", "must be a whole number, at least 1"],
  callsPerSecond: ["应为不小于 1 的整数", "must be a whole number, at least 1"],
  kinds: ["应为 code、notification、activity 的列表", "must be a list of code, notification, activity"],
  operators: [
    "应为 mobile、unicom、telecom、broadnet、virtual、unknown 的列表",
    "must be a list of mobile, unicom, telecom, broadnet, virtual, unknown"
  ],
  regions: ["应为地区名称的列表", "must be a list of names of regions"],
  localAddress: ["应为本机的一个 IP 地址", "must be an IP address of this machine"],
  localPort: ["应为 0 到 65535 的整数，0 表示任选", "must be a whole number from 0 to 65535; 0 is any"],
  publicAddress: ["应为 IP 地址", "must be an IP address"],
  register: ["应为 true 或 false", "must be true or false"],
  numbers: ["应为 plus、digits、national 之一", "must be one of plus, digits, national"],
  domain: ["应为非空文本", "must be a text that is not empty"],
  rtpPorts: ["应为端口范围，如 16384-32767", "must be a range of ports such as 16384-32767"],
  tlsCa: ["应为证书文件（PEM）的路径", "must be the path of a file of certificates (PEM)"]
}

/** Of these nothing is shown: they hold passwords. */
const secrets: ReadonlySet<string> = new Set(["trunk", "asterisk"])

// ---------------------------------------------------------------------------------------------------------------------
// what they become
// ---------------------------------------------------------------------------------------------------------------------

export interface SimulatedRoute {
  readonly _tag: "Simulated"
  readonly route: Route
}

export interface SipRoute {
  readonly _tag: "Sip"
  readonly route: Route
  readonly trunk: TrunkUri.TrunkUri
  /** Absent: the address by which this machine reaches the trunk. */
  readonly localAddress: string | undefined
  readonly localPort: number
  readonly publicAddress: string | undefined
  readonly register: boolean
  readonly numbers: TrunkUri.NumberForm
  readonly domain: string | undefined
  readonly rtpPorts: { readonly first: number; readonly last: number } | undefined
  readonly tlsCa: string | undefined
}

export interface AsteriskRoute {
  readonly _tag: "Asterisk"
  readonly route: Route
  readonly asterisk: AriUri.AriUri
}

export type RouteSettings = SimulatedRoute | SipRoute | AsteriskRoute

/** What single variables say of all trunks. */
type SipDefaults = Omit<SipRoute, "_tag" | "route" | "trunk">

const strict = { errors: "all", onExcessProperty: "error" } as const
const decodeSimulated = Schema.decodeUnknownEither(Simulated, strict)
const decodeSip = Schema.decodeUnknownEither(Sip, strict)
const decodeAsterisk = Schema.decodeUnknownEither(Asterisk, strict)

/** How each kind is read. */
const kindsOfRoutes: {
  readonly [kind: string]: (
    given: unknown,
    defaults: SipDefaults
  ) => Either.Either<RouteSettings, ParseResult.ParseError>
} = {
  simulated: (given) => Either.map(decodeSimulated(given), (route) => ({ _tag: "Simulated", route: routeOf(route) })),
  asterisk: (given) =>
    Either.map(decodeAsterisk(given), ({ asterisk, ...route }) => ({
      _tag: "Asterisk",
      route: routeOf(route),
      // It was parsed before, in the schema.
      asterisk: Either.getOrThrow(AriUri.parse(asterisk))
    })),
  sip: (given, defaults) =>
    Either.map(decodeSip(given), (decoded) => {
      const { domain, localAddress, localPort, numbers, publicAddress, register, rtpPorts, tlsCa, trunk, ...route } =
        decoded
      return {
        _tag: "Sip",
        route: routeOf(route),
        // It was parsed before, in the schema.
        trunk: Either.getOrThrow(TrunkUri.parse(trunk)),
        localAddress: localAddress ?? defaults.localAddress,
        localPort: localPort ?? defaults.localPort,
        publicAddress: publicAddress ?? defaults.publicAddress,
        register: register ?? defaults.register,
        numbers: numbers ?? defaults.numbers,
        domain: domain ?? defaults.domain,
        rtpPorts: rtpPorts === undefined ? defaults.rtpPorts : rangeOf(rtpPorts),
        tlsCa: tlsCa ?? defaults.tlsCa
      }
    })
}

/** Every route has a channel of its own, by its name. */
const routeOf = ({ id, ...given }: Omit<Route, "channel">): Route => {
  const { callsPerSecond, kinds, maxConcurrent, operators, priority, regions, weight } = given
  return { id, channel: id, callsPerSecond, kinds, maxConcurrent, operators, priority, regions, weight }
}

const rangeOf = (text: string): { readonly first: number; readonly last: number } => {
  const [first = 0, last = 0] = text.split("-").map(Number)
  return { first, last }
}

/** By which fields a route says of which kind it is. */
const kindOf = (given: object): string => {
  if ("asterisk" in given) return "asterisk"
  return "trunk" in given && typeof given.trunk === "string" && given.trunk !== "simulated" ? "sip" : "simulated"
}

// ---------------------------------------------------------------------------------------------------------------------
// reading
// ---------------------------------------------------------------------------------------------------------------------

/** One route that calls nobody: what a gateway has of which nothing was said. */
const standard: RouteSettings = {
  _tag: "Simulated",
  route: Route.make({ id: "simulated", channel: "simulated", maxConcurrent: 100, callsPerSecond: 50 })
}

/** `VSMS_ROUTES`, `VSMS_ROUTES_FILE` or `VSMS_SIP_TRUNK`; the simulated network, if it is none of them. */
export const read = (
  from: Reader,
  fileText: (path: string) => string | undefined
): { readonly routes: ReadonlyArray<RouteSettings>; readonly problems: ReadonlyArray<Problem> } => {
  const named = ["VSMS_ROUTES", "VSMS_ROUTES_FILE", "VSMS_SIP_TRUNK"].filter((name) => from.text(name) !== undefined)
  const [variable] = named
  const defaults = sipDefaults(from)
  if (variable === undefined) return { routes: [standard], problems: [] }
  if (named.length > 1) {
    from.wrong(named[1]!, [`不能与 ${variable} 同时设置`, `cannot be set together with ${variable}`], "secret")
    return { routes: [], problems: [] }
  }
  if (variable === "VSMS_SIP_TRUNK") return trunkAlone(from, defaults)
  const text = variable === "VSMS_ROUTES" ? from.text(variable) : fileText(from.text(variable)!)
  if (text === undefined) {
    from.wrong(variable, ["无法读取该文件", "this file cannot be read"])
    return { routes: [], problems: [] }
  }
  return decoded(variable, text, defaults)
}

const sipDefaults = (from: Reader): SipDefaults => {
  const checked = <A>(name: string, schema: Schema.Schema<A, string>, field: string): A | undefined => {
    const given = from.text(name)
    if (given === undefined) return undefined
    const found = Schema.decodeUnknownEither(schema)(given)
    if (Either.isRight(found)) return found.right
    from.wrong(name, expectations[field]!)
    return undefined
  }
  const rtpPorts = checked("VSMS_RTP_PORTS", PortRange, "rtpPorts")
  return {
    localAddress: checked("VSMS_SIP_LOCAL_ADDRESS", Address, "localAddress"),
    localPort: from.integer("VSMS_SIP_LOCAL_PORT", 0, [0, 65_535]),
    publicAddress: checked("VSMS_SIP_PUBLIC_ADDRESS", Address, "publicAddress"),
    register: from.yesNo("VSMS_SIP_REGISTER", false),
    numbers: from.choice("VSMS_SIP_NUMBERS", ["plus", "digits", "national"]),
    domain: from.text("VSMS_SIP_DOMAIN"),
    rtpPorts: rtpPorts === undefined ? undefined : rangeOf(rtpPorts),
    tlsCa: from.text("VSMS_SIP_TLS_CA")
  }
}

const trunkAlone = (from: Reader, defaults: SipDefaults): ReturnType<typeof read> => {
  const maxConcurrent = from.integer("VSMS_SIP_MAX_CONCURRENT", 100, [1, 100_000])
  const callsPerSecond = from.integer("VSMS_SIP_CALLS_PER_SECOND", 50, [1, 100_000])
  const trunk = TrunkUri.parse(from.text("VSMS_SIP_TRUNK") ?? "")
  if (Either.isLeft(trunk)) {
    from.wrong("VSMS_SIP_TRUNK", trunkLine, "secret")
    return { routes: [], problems: [] }
  }
  if (defaults.register && trunk.right.account === undefined) {
    from.wrong("VSMS_SIP_REGISTER", ["注册需要 VSMS_SIP_TRUNK 中的用户名", "needs a user in VSMS_SIP_TRUNK"])
  }
  const route = Route.make({ id: "trunk", channel: "trunk", maxConcurrent, callsPerSecond })
  return { routes: [{ _tag: "Sip", route, trunk: trunk.right, ...defaults }], problems: [] }
}

const decoded = (variable: string, text: string, defaults: SipDefaults): ReturnType<typeof read> => {
  const problem = (place: string, expected: Words, given?: string): Problem => ({
    variable: `${variable}${place}`,
    given,
    expected
  })
  const list = json(text)
  if (!Array.isArray(list) || list.length === 0) {
    return {
      routes: [],
      problems: [problem("", ["应为 JSON 数组，至少一条路由", "must be a JSON array of one route or more"])]
    }
  }
  const routes: Array<RouteSettings> = []
  const problems: Array<Problem> = []
  for (const [i, given] of list.entries()) {
    if (typeof given !== "object" || given === null || Array.isArray(given)) {
      problems.push(problem(`[${i}]`, ["应为 JSON 对象", "must be a JSON object"]))
      continue
    }
    const found = kindsOfRoutes[kindOf(given)]!(given, defaults)
    if (Either.isRight(found)) routes.push(found.right)
    else problems.push(...problemsOf(found.left, given, (field, ...rest) => problem(`[${i}]${field}`, ...rest)))
  }
  for (const [i, { route, ...settings }] of routes.entries()) {
    if (routes.findIndex((other) => other.route.id === route.id) < i)
      problems.push(problem(`[${i}].id`, expectations["id"]!, route.id))
    if (settings._tag === "Sip" && settings.register && settings.trunk.account === undefined)
      problems.push(problem(`[${i}].register`, ["注册需要 trunk 中的用户名", "needs a user in trunk"]))
  }
  return { routes, problems }
}

const json = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** One problem for each field; what the schema says itself may quote a password. */
const problemsOf = (
  error: ParseResult.ParseError,
  given: object,
  problem: (place: string, expected: Words, given?: string) => Problem
): ReadonlyArray<Problem> => {
  const fields = new Set(ParseResult.ArrayFormatter.formatErrorSync(error).map(({ path }) => String(path[0] ?? "")))
  return [...fields].map((field) => {
    const expected = expectations[field]
    if (expected === undefined) {
      const known = Object.keys(expectations).join(", ")
      return problem(`.${field}`, [`没有这个字段，可用的有 ${known}`, `there is no such field; there are ${known}`])
    }
    const value: unknown = (given as { readonly [field: string]: unknown })[field]
    const shown = value === undefined || secrets.has(field) ? undefined : JSON.stringify(value)
    return problem(`.${field}`, expected, shown)
  })
}

/** For people: where calls of this route go, without user and password. */
export const name = (settings: RouteSettings): string => {
  if (settings._tag === "Simulated") return "simulated"
  if (settings._tag === "Asterisk") return `asterisk:${settings.asterisk.base}`
  const { host, port, protocol } = settings.trunk
  return `sip:${host}${port === undefined ? "" : `:${port}`};transport=${protocol}`
}
