import * as Crypto from "node:crypto"
import { NodeServer } from "@vsms/adapter-http/node/NodeServer"
import { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import * as VendorDoor from "@vsms/adapter-http/wire/VendorDoor"
import * as WebHandler from "@vsms/adapter-http/web/WebHandler"
import { Accounts } from "@vsms/core/account/Accounts"
import * as Core from "@vsms/core/Core"
import type { CallbackTransport } from "@vsms/core/callback/CallbackTransport"
import { ReviewDesk } from "@vsms/core/qualification/ReviewDesk"
import { Journal } from "@vsms/core/storage/Journal"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import * as Tenants from "@vsms/core/testing/Tenant"
import { Templates } from "@vsms/core/template/Templates"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"

export interface Options extends VendorDoor.VendorDoorOptions, CoreMemory.CoreMemoryOptions {
  /** Whether somebody reviews at the moment; always, and agrees, if absent. */
  readonly reviewing?: () => boolean
  /** Carries callbacks; in memory, if absent. */
  readonly outside?: Layer.Layer<CallbackTransport>
  /** Stands before the storage, for what becomes of its failures. */
  readonly journal?: (journal: typeof Journal.Service) => typeof Journal.Service
}

/** The platform in memory with both doors on it, under the clock of the test. */
export const layer = (options: Options = {}) =>
  VendorDoor.layer(options).pipe(
    Layer.provideMerge(NativeDoor.layer()),
    Layer.provideMerge(Core.layer(options)),
    Layer.provideMerge(NativeDoor.editGuard),
    Layer.provideMerge(Layer.effect(Journal, Effect.map(Journal, options.journal ?? identity))),
    Layer.provideMerge(Layer.mergeAll(CoreMemory.layerPorts(options), desk(options), options.outside ?? Layer.empty))
  )

const desk = ({ reviewing = () => true }: Options) =>
  Layer.succeed(ReviewDesk, {
    review: () => Effect.sync(() => (reviewing() ? { _tag: "Approve" } : { _tag: "Later" }))
  })

export interface Tenant extends Tenants.Tenant {
  readonly appKey: string
}

/** A tenant who can send, with the AppKey. */
export const tenant = (options: Tenants.TenantOptions = {}) =>
  Effect.gen(function* () {
    const opened = yield* Tenants.open(options)
    const { secrets } = yield* (yield* Accounts).secretsOf(opened.applicationId)
    const made: Tenant = { ...opened, appKey: Redacted.value(secrets[0]!) }
    return made
  })

/** An approved template of the tenant. */
export const template = (
  { accountId, applicationId }: Tenant,
  content: string,
  kind: "code" | "notification" | "activity" = "notification"
) =>
  Effect.gen(function* () {
    const { templateId } = yield* (yield* Templates).create(accountId, applicationId, { name: "test", content, kind })
    yield* TestClock.adjust("1 second")
    return templateId
  })

/** Asks as a web host would. */
export const request = (
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string | Uint8Array<ArrayBuffer>
) =>
  Effect.gen(function* () {
    const init = { method, headers, ...(body === undefined ? {} : { body }) }
    const door = yield* NativeDoor
    const response = yield* WebHandler.respond(door, new Request(`http://vsms.test${path}`, init))
    const text = yield* Effect.promise(() => response.text())
    return { status: response.status, text }
  })

const image = Either.getOrThrow(
  Encoding.decodeBase64("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=")
)

/** An enterprise that does not exist. */
export const qualification = {
  companyName: "示例科技（深圳）有限公司",
  creditCode: "91440300MA5EXAMPLA",
  address: "广东省深圳市",
  representativeName: "张三",
  representativeId: "11010519491231002X",
  certificateKind: "threeInOne",
  image
} as const

export const sha256 = (text: string) => Crypto.createHash("sha256").update(text).digest("hex")

export interface Legacy {
  readonly random?: string
  /** Unix seconds; now, if absent. */
  readonly time?: number
  readonly appKey?: string
  readonly sdkappid?: string
  /** What was signed as the number; that of the body, if absent. */
  readonly mobile?: string
  readonly sig?: string
}

/** Signs and asks as an SDK of the older wire does; no content type, as some of them have none. */
export const legacy = (tenant: Tenant, operation: string, body: Record<string, unknown>, how: Legacy = {}) =>
  Effect.gen(function* () {
    const now = Math.floor((yield* Clock.currentTimeMillis) / 1_000)
    const { appKey = tenant.appKey, random = "7226249334", sdkappid = tenant.applicationId, time = now } = how
    const tel = body["tel"] as { readonly mobile?: unknown } | undefined
    const mobile = how.mobile ?? (tel === undefined ? undefined : String(tel.mobile))
    const signed = `appkey=${appKey}&random=${random}&time=${time}${mobile === undefined ? "" : `&mobile=${mobile}`}`
    const packet = { ...body, time, sig: how.sig ?? sha256(signed) }
    return yield* post(`/v5/${operation}?sdkappid=${sdkappid}&random=${random}`, JSON.stringify(packet))
  })

/** Every answer of this wire: status 200, JSON, a number and a text. */
export const post = (
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
  method = "POST"
) =>
  Effect.gen(function* () {
    const answered = yield* request(method, path, headers, method === "GET" ? undefined : body)
    if (answered.status !== 200) throw new Error(`status ${answered.status}`)
    const json: any = JSON.parse(answered.text)
    if (typeof json.result !== "number" || typeof json.errmsg !== "string") throw new Error(answered.text)
    return json
  })

export const tel = (mobile: unknown = "13800138000", nationcode: unknown = "86") => ({ nationcode, mobile })

/**
 * Serves on a socket, under the clock of the day, as SDKs have no other. It is set before the platform begins: no test
 * waits for the years in between.
 */
export const served =
  (options: Options = {}) =>
  <A, E, R>(test: Effect.Effect<A, E, R>) =>
    Effect.zipRight(
      TestClock.setTime(Date.now() - 900_000),
      test.pipe(
        Effect.scoped,
        Effect.ensuring(TestClock.adjust("1 hour")),
        Effect.provide(NodeServer.layer({ port: 0 }).pipe(Layer.provideMerge(layer(options))))
      )
    )

/** Lets the time pass that opening tenants did not take: from then on it is the time of the day. */
export const today = Effect.flatMap(Clock.currentTimeMillis, (now) => TestClock.adjust(Date.now() - now))

/** Runs a test in a world of its own. Calls that go on when it ends come to their end. */
export const within =
  (options: Options = {}) =>
  <A, E, R>(test: Effect.Effect<A, E, R>) =>
    Effect.provide(Effect.ensuring(test, TestClock.adjust("1 hour")), layer(options))
