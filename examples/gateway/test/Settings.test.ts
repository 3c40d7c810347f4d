import * as Either from "effect/Either"
import * as LogLevel from "effect/LogLevel"
import { describe, expect, it } from "vitest"
import * as Environment from "../src/Environment.ts"
import * as Platform from "../src/Platform.ts"
import * as RouteSettings from "../src/routes/RouteSettings.ts"
import * as Settings from "../src/Settings.ts"
import { GatewayProcess, newFolder } from "./support/GatewayProcess.ts"

const problemsOf = (variables: Environment.Variables, files: { readonly [path: string]: string } = {}) =>
  Either.match(
    Settings.read(variables, (path) => files[path]),
    { onLeft: (found) => found, onRight: () => [] }
  )

const settingsOf = (variables: Environment.Variables) => Either.getOrThrow(Settings.read(variables))

const secret = "hunter2"

/** A variable, what it holds, and which variable is named; of secrets nothing is shown. */
const wrong: ReadonlyArray<readonly [variable: string, value: string, named?: string]> = [
  ["PORT", "abc"],
  ["PORT", "65536"],
  ["PORT", "-1"],
  ["PORT", "80.5"],
  ["VSMS_DATABASE_URL", `mysql://root:${secret}@db/x`],
  ["VSMS_DATABASE_URL", `postgres//${secret}`],
  ["VSMS_DATABASE_SESSIONS", "0"],
  ["VSMS_OPERATOR_TOKEN", secret],
  ["VSMS_OPERATOR_TOKEN", `${"x".repeat(32)},${secret}`],
  ["VSMS_PAYMENT", "cash"],
  ["VSMS_REVIEWS", "perhaps"],
  ["VSMS_PRIVATE_TARGETS", "maybe"],
  ["VSMS_LOG_FORMAT", "xml"],
  ["VSMS_LOG_LEVEL", "loud"],
  ["VSMS_DRAIN_SECONDS", "601"],
  ["VSMS_GRACE_SECONDS", "1h"],
  ["VSMS_RECORDINGS", "many"],
  ["VSMS_RATE_PER_SECOND", "0"],
  ["VSMS_ALERT_RELAY", `ftp://${secret}`],
  ["VSMS_ALERT_RELAY", `https://me:${secret}@relay.example.com`],
  ["VSMS_ALERT_RELAY_SECRET", secret],
  ["VSMS_SIP_TRUNK", `sip:bob:${secret}@@nowhere`],
  ["VSMS_SIP_TRUNK", `http://${secret}`],
  ["VSMS_RTP_PORTS", "32767-16384"],
  ["VSMS_SIP_LOCAL_ADDRESS", "my machine"],
  ["VSMS_SIP_PUBLIC_ADDRESS", "example.com"],
  ["VSMS_SIP_NUMBERS", "roman"],
  ["VSMS_SIP_LOCAL_PORT", "70000"],
  ["VSMS_SIP_REGISTER", "often"],
  ["VSMS_ROUTES", "no JSON"],
  ["VSMS_ROUTES", "[]"],
  ["VSMS_ROUTES", "[7]", "VSMS_ROUTES[0]"],
  ["VSMS_ROUTES", `[{"trunk":"simulated"}]`, "VSMS_ROUTES[0].id"],
  ["VSMS_ROUTES", `[{"id":"a","trunk":"simulated","weight":0}]`, "VSMS_ROUTES[0].weight"],
  ["VSMS_ROUTES", `[{"id":"a","trunk":"simulated","kinds":["spam"]}]`, "VSMS_ROUTES[0].kinds"],
  ["VSMS_ROUTES", `[{"id":"a","trunk":"simulated","operators":"mobile"}]`, "VSMS_ROUTES[0].operators"],
  ["VSMS_ROUTES", `[{"id":"a","trunk":"simulated","colour":1}]`, "VSMS_ROUTES[0].colour"],
  ["VSMS_ROUTES", `[{"id":"a","trunk":"sip:bob:${secret}@h","rtpPorts":"9-8"}]`, "VSMS_ROUTES[0].rtpPorts"],
  ["VSMS_ROUTES", `[{"id":"a","trunk":"sip:${secret}@@"}]`, "VSMS_ROUTES[0].trunk"],
  ["VSMS_ROUTES", `[{"id":"a","trunk":"sip:h","register":true}]`, "VSMS_ROUTES[0].register"],
  ["VSMS_ROUTES", `[{"id":"a","trunk":"simulated"},{"id":"a","trunk":"simulated"}]`, "VSMS_ROUTES[1].id"],
  ["VSMS_ROUTES_FILE", "/not/there.json"],
  ["SPEECH_ENGINES", "espeak,flite"],
  ["SPEECH_ENGINES", "openai", "SPEECH_OPENAI_URL"],
  ["SPEECH_ENGINES", "tencent", "SPEECH_TENCENT_SECRET_ID"],
  ["SPEECH_ESPEAK_INSTANCES", "two"]
]

describe("what the environment says", () => {
  const cases = wrong.map(([variable, value, named = variable]) => ({ variable, value, named }))
  it.each(cases)("$variable=$value is refused, by its name and in two languages", ({ named, value, variable }) => {
    const problems = problemsOf({ [variable]: value })
    expect(problems.map(({ variable }) => variable)).toContain(named)
    const text = problems.map(Environment.describe).join("\n")
    for (const line of text.split("\n")) expect(line).not.toContain(secret)
    const [zh = "", en = ""] = Environment.describe(problems[0]!).split("\n")
    expect(zh).toMatch(/^✗ .*\p{Script=Han}/u)
    expect(en).not.toMatch(/\p{Script=Han}/u)
  })

  it("all that is wrong is told at once, before anything is opened", async () => {
    const gateway = new GatewayProcess({
      folder: await newFolder(),
      env: { PORT: "x", VSMS_PAYMENT: "cash", VSMS_SIP_TRUNK: `sip:bob:${secret}@@h` }
    })
    expect(await gateway.end()).toBe(2)
    expect(gateway.out).toBe("")
    for (const name of ["PORT", "VSMS_PAYMENT", "VSMS_SIP_TRUNK"]) expect(gateway.err).toContain(`✗ ${name}`)
    expect(gateway.err).toContain('PORT is "x": must be a whole number from 0 to 65535')
    expect(gateway.err).not.toContain(secret)
  }, 60_000)

  it("nothing set: a desk's gateway, on this machine alone", () => {
    expect(settingsOf({ PORT: "", VSMS_DATA: " " })).toMatchObject({
      host: "127.0.0.1",
      port: 8080,
      place: { folder: ".vsms", url: undefined },
      operatorTokens: [],
      payment: "sandbox",
      reviews: "automatic",
      privateTargets: true,
      routes: [{ _tag: "Simulated", route: { id: "simulated" } }],
      log: { format: "logfmt", level: LogLevel.Info }
    })
  })

  it("CBK-3: where strangers can reach the gateway, callbacks go into no private network unless that is said", () => {
    expect(settingsOf({ HOST: "0.0.0.0" }).privateTargets).toBe(false)
    expect(settingsOf({ HOST: "0.0.0.0", VSMS_PRIVATE_TARGETS: "yes" }).privateTargets).toBe(true)
    expect(settingsOf({ HOST: "::1" }).privateTargets).toBe(true)
  })

  it("CBK-3: what is said of private networks holds for callbacks and for webhooks of alert contacts", () => {
    for (const allowed of ["yes", "no"]) {
      const { alerts, callbacks } = Platform.coreOptions(settingsOf({ VSMS_PRIVATE_TARGETS: allowed }))
      const targets = { privateNetworks: allowed === "yes" }
      expect([alerts, callbacks]).toMatchObject([{ targets }, { targets }])
    }
  })

  it("SND-9: routes by JSON, over trunks and the simulated network, with what single variables say of all trunks", () => {
    const routes = [
      { id: "a", trunk: "sip:bob:s%40crt@trunk.example.com:5080;transport=tcp", weight: 3, numbers: "digits" },
      { id: "b", trunk: "simulated", priority: 1, kinds: ["code"], maxConcurrent: 5, callsPerSecond: 2 }
    ]
    const [a, b] = settingsOf({
      VSMS_ROUTES: JSON.stringify(routes),
      VSMS_SIP_LOCAL_ADDRESS: "10.0.0.7",
      VSMS_RTP_PORTS: "20000-20999"
    }).routes
    expect(a).toMatchObject({
      _tag: "Sip",
      route: { id: "a", channel: "a", weight: 3, priority: 0 },
      trunk: { host: "trunk.example.com", port: 5080, protocol: "tcp", account: { user: "bob" } },
      localAddress: "10.0.0.7",
      numbers: "digits",
      register: false,
      rtpPorts: { first: 20_000, last: 20_999 }
    })
    expect(JSON.stringify(a)).not.toContain("s@crt")
    expect(b).toMatchObject({
      _tag: "Simulated",
      route: { id: "b", channel: "b", priority: 1, kinds: ["code"], maxConcurrent: 5, callsPerSecond: 2 }
    })
    const one = settingsOf({ VSMS_SIP_TRUNK: "sip:bob:pw@192.0.2.1", VSMS_SIP_REGISTER: "yes" }).routes
    expect(one).toMatchObject([{ _tag: "Sip", route: { id: "trunk" }, register: true }])
    expect(RouteSettings.name(one[0]!)).toBe("sip:192.0.2.1;transport=udp")
    const both = problemsOf({ VSMS_ROUTES: "[]", VSMS_SIP_TRUNK: "sip:h" })
    expect(both.map(({ variable }) => variable)).toEqual(["VSMS_SIP_TRUNK"])
  })
})
