import { NativeDoor, type NativeDoorOptions } from "@vsms/adapter-http/NativeDoor"
import * as WebHandler from "@vsms/adapter-http/web/WebHandler"
import { Accounts } from "@vsms/core/account/Accounts"
import * as Core from "@vsms/core/Core"
import { ReviewDesk } from "@vsms/core/qualification/ReviewDesk"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import * as Tenants from "@vsms/core/testing/Tenant"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { expect } from "vitest"
import * as Declared from "./Declared.ts"

/** The token that the tests' deployment gives its operator. */
export const operatorToken = "operator-token-of-the-tests-0123456789"

export interface WorldOptions extends NativeDoorOptions, CoreMemory.CoreMemoryOptions {
  /** Who reviews; everything is approved at once, if absent. */
  readonly desk?: Layer.Layer<ReviewDesk>
}

/** The platform in memory with the door on it, under the clock of the test. */
export const layer = ({ desk, ...options }: WorldOptions = {}) =>
  NativeDoor.layer({ operatorTokens: [Redacted.make(operatorToken)], ...options }).pipe(
    Layer.provideMerge(Core.layer(options)),
    Layer.provideMerge(NativeDoor.editGuard),
    Layer.provideMerge(Layer.merge(CoreMemory.layerPorts(options), desk ?? ReviewDesk.layerAutomatic))
  )

export interface Asked {
  /** The value of `Authorization`; none if absent. */
  readonly as?: string | undefined
  /** Sent as JSON. */
  readonly body?: unknown
  readonly form?: FormData
  /** Sent as it is. */
  readonly raw?: string | Uint8Array<ArrayBuffer>
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body, if it is JSON. */
  readonly json: any
}

export const operator = `Bearer ${operatorToken}`

/** Asks the door as a web host would. What it answers has to be declared in the document, whatever the test is about. */
export const ask = (method: string, path: string, { as, body, form, headers, raw }: Asked = {}) =>
  Effect.gen(function* () {
    const sent = new Headers(headers)
    if (as !== undefined) sent.set("authorization", as)
    if (body !== undefined) sent.set("content-type", "application/json")
    const content = form ?? raw ?? (body === undefined ? undefined : JSON.stringify(body))
    const request = new Request(`http://vsms.test${path}`, {
      method,
      headers: sent,
      ...(content === undefined ? {} : { body: content })
    })
    const response = yield* WebHandler.respond(yield* NativeDoor, request)
    const text = yield* Effect.promise(() => response.text())
    const isJson = /json/.test(response.headers.get("content-type") ?? "")
    const parsed = isJson && text !== "" ? JSON.parse(text) : undefined
    expect(Declared.undeclared(method, path, response.status, response.status >= 400 ? parsed?.type : undefined)).toBe(
      undefined
    )
    const answered: Answered = {
      status: response.status,
      headers: response.headers,
      text,
      json: parsed
    }
    return answered
  })

export interface Tenant extends Tenants.Tenant {
  /** `Authorization` of a key with every scope. */
  readonly key: string
  /** `Authorization` of the application's secret. */
  readonly secret: string
}

export const allScopes = [
  "account:read",
  "account:write",
  "applications:read",
  "applications:write",
  "orders:read",
  "orders:write",
  "templates:read",
  "templates:write",
  "sends:read",
  "sends:write",
  "callbacks:read",
  "callbacks:write",
  "alerts:read",
  "alerts:write",
  "statistics:read",
  "keys:write"
]

/** A key of an account, as `Authorization`. */
export const keyOf = (accountId: string, scopes: ReadonlyArray<string> = allScopes) =>
  Effect.map(
    ask("POST", `/v1/accounts/${accountId}/keys`, { as: operator, body: { name: "test", scopes } }),
    ({ json }) => `Bearer ${json.key}`
  )

/** A tenant who can send, with credentials. */
export const tenant = (options: Tenants.TenantOptions = {}) =>
  Effect.gen(function* () {
    const opened = yield* Tenants.open(options)
    const { secrets } = yield* (yield* Accounts).secretsOf(opened.applicationId)
    const secret = `Basic ${Encoding.encodeBase64(`${opened.applicationId}:${Redacted.value(secrets[0]!)}`)}`
    const made: Tenant = { ...opened, key: yield* keyOf(opened.accountId), secret }
    return made
  })

/** Runs a test in a world of its own. Calls that go on when it ends come to their end. */
export const within =
  (options: NativeDoorOptions & CoreMemory.CoreMemoryOptions = {}) =>
  <A, E, R>(test: Effect.Effect<A, E, R>) =>
    Effect.provide(Effect.ensuring(test, TestClock.adjust("1 hour")), layer(options))
