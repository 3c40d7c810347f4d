/**
 * What the gateway is set to, read from the environment and checked before anything starts. The README has the table of
 * all variables.
 */
import type { AlertRelay } from "@vsms/adapter-http/alert/HttpAlertTransport"
import * as TargetUrl from "@vsms/core/TargetUrl"
import * as Either from "effect/Either"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import { readFileSync } from "node:fs"
import * as Environment from "./Environment.ts"
import type * as Place from "./Place.ts"
import * as RouteSettings from "./routes/RouteSettings.ts"
import * as SpeechSettings from "./SpeechSettings.ts"
import * as Telemetry from "./Telemetry.ts"

export const logFormats = ["logfmt", "json"] as const
const logLevels = ["info", "trace", "debug", "warning", "error"] as const

export interface Settings {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  readonly place: Place.Place
  /** Connections of this process to the database server. */
  readonly sessions: number
  /** None: one is made, and kept in the folder. */
  readonly operatorTokens: ReadonlyArray<Redacted.Redacted>
  readonly payment: "sandbox" | "confirmed"
  readonly reviews: "automatic" | "manual"
  /** At least one. */
  readonly routes: ReadonlyArray<RouteSettings.RouteSettings>
  /** How many recordings of simulated calls are kept. */
  readonly recordings: number
  /** Requests a second that one credential, or one application, may make of this process. */
  readonly ratePerSecond: number
  /** Takes alerts for e-mail addresses and mobile numbers. */
  readonly alertRelay: AlertRelay | undefined
  /** Whether callbacks and alerts may go into private networks. */
  readonly privateTargets: boolean
  readonly log: { readonly format: (typeof logFormats)[number]; readonly level: LogLevel.LogLevel }
  /** `undefined`: nothing is exported. */
  readonly telemetry: Telemetry.Telemetry | undefined
  readonly stop: {
    /** How long it goes on answering, being not ready. */
    readonly drainMillis: number
    /** How long calls in progress may take to end. */
    readonly graceMillis: number
  }
}

/** As `PostgresServer` has it. */
const sessions = 10

const tokenMin = 32

const loopback = /^(127(\.\d{1,3}){3}|localhost|::1)$/i

const textOf = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return undefined
  }
}

/** All settings, or all that is wrong with them. */
export const read = (
  variables: Environment.Variables,
  fileText: (path: string) => string | undefined = textOf
): Either.Either<Settings, ReadonlyArray<Environment.Problem>> => {
  const from = Environment.reader(variables)
  const { problems: routeProblems, routes } = RouteSettings.read(from, fileText)
  const host = from.text("HOST") ?? "127.0.0.1"
  const settings: Settings = {
    host,
    port: from.integer("PORT", 8080, [0, 65_535]),
    place: { folder: from.text("VSMS_DATA") ?? ".vsms", url: databaseUrl(from) },
    sessions: from.integer("VSMS_DATABASE_SESSIONS", sessions, [1, 200]),
    operatorTokens: operatorTokens(from),
    payment: from.choice("VSMS_PAYMENT", ["sandbox", "confirmed"]),
    reviews: from.choice("VSMS_REVIEWS", ["automatic", "manual"]),
    routes,
    recordings: from.integer("VSMS_RECORDINGS", 100, [0, 100_000]),
    ratePerSecond: from.integer("VSMS_RATE_PER_SECOND", 1_000, [1, 1_000_000]),
    alertRelay: alertRelay(from),
    privateTargets: from.yesNo("VSMS_PRIVATE_TARGETS", loopback.test(host)),
    log: {
      format: from.choice("VSMS_LOG_FORMAT", logFormats),
      level: LogLevel.fromLiteral(
        ({ info: "Info", trace: "Trace", debug: "Debug", warning: "Warning", error: "Error" } as const)[
          from.choice("VSMS_LOG_LEVEL", logLevels)
        ]
      )
    },
    telemetry: Telemetry.read(from),
    stop: {
      drainMillis: 1_000 * from.integer("VSMS_DRAIN_SECONDS", 0, [0, 600]),
      graceMillis: 1_000 * from.integer("VSMS_GRACE_SECONDS", 120, [0, 3_600])
    }
  }
  const problems = [...from.problems(), ...routeProblems, ...SpeechSettings.problems(variables)]
  return problems.length === 0 ? Either.right(settings) : Either.left(problems)
}

const alertRelay = (from: Environment.Reader): AlertRelay | undefined => {
  const url = from.text("VSMS_ALERT_RELAY")
  const secret = from.secret("VSMS_ALERT_RELAY_SECRET")
  if (secret !== undefined && !/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/.test(Redacted.value(secret))) {
    from.wrong(
      "VSMS_ALERT_RELAY_SECRET",
      ["应为 whsec_ 加至少 24 字节的 Base64", "must be whsec_ and the Base64 of at least 24 bytes"],
      "secret"
    )
  }
  if (url === undefined) return undefined
  if (Either.isLeft(TargetUrl.check({ privateNetworks: true, plainHttp: true }, url))) {
    // A relay's URL often has a token in it.
    from.wrong(
      "VSMS_ALERT_RELAY",
      ["应为 http 或 https 地址，不含用户名和 #", "must be an http or https URL without user and fragment"],
      "secret"
    )
  }
  return { url, secret }
}

/** It holds a password, so it is not shown, whatever is wrong with it. */
const databaseUrl = (from: Environment.Reader): Redacted.Redacted | undefined => {
  const url = from.secret("VSMS_DATABASE_URL")
  if (url === undefined) return undefined
  const text = Redacted.value(url)
  if (URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol)) return url
  from.wrong(
    "VSMS_DATABASE_URL",
    ["应为 postgres://用户:密码@主机:端口/数据库", "must be postgres://user:password@host:port/database"],
    "secret"
  )
  return undefined
}

/** One, or several with commas between: while one takes over from another, both work. */
const operatorTokens = (from: Environment.Reader): ReadonlyArray<Redacted.Redacted> => {
  const given = from.secret("VSMS_OPERATOR_TOKEN")
  if (given === undefined) return []
  const tokens = Redacted.value(given)
    .split(",")
    .map((token) => token.trim())
  if (tokens.every((token) => token.length >= tokenMin && /^[\x21-\x7e]+$/.test(token)))
    return tokens.map((token) => Redacted.make(token))
  from.wrong(
    "VSMS_OPERATOR_TOKEN",
    [
      `每个令牌至少 ${tokenMin} 个可见 ASCII 字符，多个以逗号分隔`,
      `each token has at least ${tokenMin} visible ASCII characters, with commas between several`
    ],
    "secret"
  )
  return []
}
