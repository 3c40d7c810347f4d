/**
 * What every host is put through: the real framework, over sockets. VSMS is under `/vsms`, the vendor's wires are at the
 * root, and the host has routes and a login of its own.
 */
import * as Crypto from "node:crypto"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Client from "@vsms/adapter-http/client"
import { Accounts } from "@vsms/core/account/Accounts"
import * as Tenant from "@vsms/core/testing/Tenant"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import * as TestClock from "effect/TestClock"
import * as TestContext from "effect/TestContext"
import { expect } from "vitest"
import type * as Login from "./Login.ts"
import * as Platform from "./Platform.ts"

/** A host that listens. */
export interface Served {
  readonly port: number
  /** Lets go of readers, answers what is under way, then stops the platform. */
  readonly stop: () => Promise<void>
}

/** Starts a host and goes through everything. Calls take seconds and packages wait five minutes: time is moved. */
export const take = async (serve: (runtime: Platform.Runtime, shop: Login.Shop) => Promise<Served>): Promise<void> => {
  const runtime = ManagedRuntime.make(Layer.provideMerge(Platform.layer, TestContext.TestContext))
  // Not by the managed one, which runs nothing any more while it stops.
  const runAll = Runtime.runPromise(await runtime.runtime())
  const pass = (duration: Duration.DurationInput) => runAll(TestClock.adjust(duration))
  const { accountId, applicationId } = await runAll(Tenant.open())
  const { port, stop } = await serve(runtime, { accountId, applicationId })
  const root = `http://127.0.0.1:${port}`
  const baseUrl = `${root}/vsms`
  const { secrets } = await runAll(Effect.flatMap(Accounts, (all) => all.secretsOf(applicationId)))
  const appKey = Redacted.value(secrets[0]!)

  // The typed client, through the prefix.
  const operator = await client(baseUrl, { key: Platform.operatorToken })
  const { key } = await run(
    operator.keys.create({
      path: { accountId },
      payload: {
        name: "tour",
        scopes: ["account:read", "account:write", "sends:read", "sends:write", "statistics:read"]
      }
    })
  )
  const api = await client(baseUrl, { key: Redacted.make(key) })
  expect((await run(api.accounts.get({ path: { accountId: "@me" } }))).accountId).toBe(accountId)
  const headers = { authorization: `Bearer ${key}` }

  // A send, twice under one key: one call.
  const path = { applicationId }
  const send = () =>
    run(
      api.sends.create({
        path,
        headers: { "idempotency-key": "tour-1" },
        payload: { to: "13800138000", code: "4821", ext: "汤" }
      })
    )
  const first = await send()
  expect(await send()).toEqual({ ...first, repeated: true })

  // Its life, while it happens.
  const events = await fetch(`${baseUrl}/v1/applications/${applicationId}/sends/${first.sendId}/events`, { headers })
  expect(events.headers.get("content-type")).toBe("text/event-stream")
  const told = read(events)
  await told.until(`"stage":"dialling"`)
  await pass("1 second")
  await told.until(`"stage":"ringing"`)
  await pass("4 seconds")
  await told.until(`"stage":"answered"`)
  await pass("10 seconds")
  const all = await told.rest
  expect([...all.matchAll(/"stage":"(\w+)"/g)].map(([, stage]) => stage)).toEqual([
    "accepted",
    "dialling",
    "ringing",
    "answered",
    "completed"
  ])

  // An export, in pieces.
  const records = await fetch(`${baseUrl}/v1/applications/${applicationId}/statistics/records/export`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ callee: "13800138000", period: "today" })
  })
  const csv = Buffer.from(await records.arrayBuffer())
  expect([records.status, records.headers.get("content-type")]).toEqual([200, "text/csv; charset=utf-8"])
  expect([...csv.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
  expect(csv.toString().trim().split("\r\n")).toHaveLength(2)

  // A form with an image of three megabytes, which the host's own limits do not see.
  const uploaded = await fetch(`${baseUrl}/v1/accounts/@me/qualification`, { method: "POST", headers, body: form(3) })
  expect([uploaded.status, (await problem(uploaded)).type]).toEqual([409, "urn:vsms:problem:AlreadyQualified"])
  const { accountId: other } = await run(operator.accounts.open({ payload: {} }))
  const submit = (megabytes: number) =>
    fetch(`${baseUrl}/v1/accounts/${other}/qualification`, {
      method: "POST",
      headers: { authorization: `Bearer ${Redacted.value(Platform.operatorToken)}` },
      body: form(megabytes)
    })
  await run(operator.accounts.verify({ path: { accountId: other }, payload: { as: "enterprise" } }))
  await run(operator.accounts.activate({ path: { accountId: other }, payload: { agreementAccepted: true } }))
  expect((await submit(3)).status).toBe(201)
  const large = await submit(7)
  expect([large.status, (await problem(large)).type]).toEqual([413, "urn:vsms:problem:BodyTooLarge"])

  // What goes wrong is told as problems, under the prefix too.
  const nowhere = await fetch(`${baseUrl}/v1/nowhere`, { headers })
  expect([nowhere.status, nowhere.headers.get("content-type")]).toEqual([404, "application/problem+json"])
  const unread = await fetch(`${baseUrl}/v1/applications/${applicationId}/sends`, {
    method: "POST",
    headers,
    body: "{"
  })
  expect([unread.status, (await problem(unread)).type]).toEqual([415, "urn:vsms:problem:UnsupportedBody"])
  const other405 = await fetch(`${baseUrl}/v1/entitlements`, { method: "PATCH", headers })
  expect([other405.status, other405.headers.get("allow")]).toEqual([405, "GET, HEAD"])

  // The documents know where they are.
  const document = (await (await fetch(`${baseUrl}/openapi.json`)).json()) as { readonly servers: unknown }
  expect(document.servers).toEqual([{ url: "/vsms" }])
  expect(await (await fetch(`${baseUrl}/docs`)).text()).toContain(`href="openapi.json"`)

  // The vendor's wires have their paths at the root.
  await legacy(root, applicationId, appKey)
  const cloud = await fetch(root, { method: "POST", headers: { "x-tc-action": "SendCodeVoice" }, body: "{}" })
  expect(await cloud.json()).toMatchObject({ Response: { Error: { Code: "AuthFailure.InvalidAuthorization" } } })

  // The host's own routes: its login, its parsed bodies, and a send by the services in its process.
  const login = (session: string | undefined, body: object) =>
    fetch(`${root}/login`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(session === undefined ? {} : { cookie: `session=${session}` })
      },
      body: JSON.stringify(body)
    })
  expect(await (await fetch(root)).text()).toBe("the host's own page")
  expect((await login(undefined, { phone: "13900139000" })).status).toBe(401)
  const called = await login("open-sesame", { phone: "13900139000" })
  expect([called.status, Object.keys((await called.json()) as object)]).toEqual([202, ["sendId"]])
  const refused = await login("open-sesame", { phone: "13900139000" })
  expect([refused.status, await refused.json()]).toEqual([429, { why: "TooFrequent" }])
  await pass("1 minute")

  // A stop lets go of whoever follows a call.
  const { sendId } = await run(api.sends.create({ path, headers: {}, payload: { to: "13700137000", code: "4821" } }))
  const last = read(await fetch(`${baseUrl}/v1/applications/${applicationId}/sends/${sendId}/events`, { headers }))
  await last.until("stage")
  const stopped = stop()
  await pass("1 second")
  expect(await last.rest).toContain("retry: 1000")
  // What was accepted is not dropped: its call comes to its end before the platform is gone.
  await passUntil(pass, stopped)
  await expect(fetch(`${baseUrl}/health`)).rejects.toThrow()
}

/** Lets time go by until the platform has stopped. */
const passUntil = async (pass: (duration: Duration.DurationInput) => Promise<void>, stopped: Promise<void>) => {
  const over = stopped.then(() => true)
  const second = async () => {
    await pass("1 second")
    // Sockets are heard between.
    await new Promise((done) => setImmediate(done))
    return false
  }
  for (;;) if (await Promise.race([over, second()])) return
}

const client = (baseUrl: string, credential: Client.Credential) =>
  run(Effect.provide(Client.make({ baseUrl, credential }), FetchHttpClient.layer))

const run = <A, E>(effect: Effect.Effect<A, E>): Promise<A> => Effect.runPromise(effect)

const problem = (response: Response) => response.json() as Promise<{ readonly type: string }>

/** Reads a stream of events: `until` something was said, and the `rest` to its end. */
const read = (response: Response) => {
  let text = ""
  let heard: (() => void) | undefined
  const whole = (async () => {
    const decoder = new TextDecoder()
    for await (const piece of response.body!) {
      text += decoder.decode(piece as Uint8Array, { stream: true })
      heard?.()
    }
    return text
  })()
  const until = async (word: string): Promise<string> => {
    while (!text.includes(word)) await new Promise<void>((resolve) => (heard = resolve))
    return text
  }
  return { until, rest: whole }
}

const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=",
  "base64"
)

/** A qualification of an enterprise that does not exist; its image is padded to a size. */
const form = (megabytes: number): FormData => {
  const fields = {
    companyName: "示例科技（深圳）有限公司",
    creditCode: "91440300MA5EXAMPLA",
    address: "广东省深圳市",
    representativeName: "张三",
    representativeId: "11010519491231002X",
    certificateKind: "threeInOne"
  }
  const data = new FormData()
  for (const [name, value] of Object.entries(fields)) data.set(name, value)
  data.set("image", new Blob([pixel, new Uint8Array(megabytes * 1024 * 1024)], { type: "image/png" }))
  return data
}

/** A code as the vendor's older SDKs send it. */
const legacy = async (root: string, applicationId: string, appKey: string): Promise<void> => {
  const random = "7"
  const time = 300 + 3
  const ask = async (key: string, mobile: string) => {
    const sig = Crypto.createHash("sha256")
      .update(`appkey=${key}&random=${random}&time=${time}&mobile=${mobile}`)
      .digest("hex")
    const response = await fetch(`${root}/v5/tlsvoicesvr/sendcvoice?sdkappid=${applicationId}&random=${random}`, {
      method: "POST",
      body: JSON.stringify({ tel: { nationcode: "86", mobile }, msg: "4821", playtimes: 2, sig, time, ext: "" })
    })
    return (await response.json()) as { readonly result: number }
  }
  expect((await ask(appKey, "13600136000")).result).toBe(0)
  expect((await ask("another", "13600136001")).result).not.toBe(0)
}
