/**
 * Service: a tenant who can send, for tests: everything that the original's quick start has a customer do, done.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Either from "effect/Either"
import * as TestClock from "effect/TestClock"
import { Accounts } from "../account/Accounts.ts"
import { Packages } from "../balance/Packages.ts"
import { Numbers } from "../number/Numbers.ts"
import { VoiceNumbers } from "../number/VoiceNumbers.ts"
import { Orders } from "../order/Orders.ts"
import { Qualifications } from "../qualification/Qualifications.ts"
import { Templates } from "../template/Templates.ts"

export interface Tenant {
  readonly accountId: string
  readonly applicationId: string
  /** Of 「您的验证码是：{1}」, which verification codes are spoken with by default. */
  readonly templateId: string
  /** The voice number that callees see. */
  readonly number: string
}

export interface TenantOptions {
  /** The last six digits of its voice number: another for each tenant of one platform. */
  readonly number?: string
  /** Of the package that it has. */
  readonly minutes?: number
  /** How time passes; the test clock is moved if absent. */
  readonly pass?: (duration: Duration.DurationInput) => Effect.Effect<void>
}

/** Opens a tenant. Takes five minutes and two seconds, and needs workers at work. */
export const open = (options: TenantOptions = {}) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const orders = yield* Orders
    const templates = yield* Templates
    const pass = options.pass ?? TestClock.adjust

    const accountId = yield* accounts.open()
    yield* accounts.verify(accountId, { as: "enterprise" })
    yield* accounts.activate(accountId, { agreementAccepted: true })
    yield* (yield* Qualifications).submit(accountId, qualification)
    const { applicationId } = yield* accounts.createApplication(accountId, { name: "测试语音短信" })
    const draft = { name: "验证码", content: "您的验证码是：{1}", kind: "code" } as const
    const { templateId } = yield* templates.create(accountId, applicationId, draft)
    yield* pass("1 second")
    yield* templates.setDefaultCode(accountId, applicationId, templateId)

    const number = `075500${options.number ?? "000001"}`
    yield* (yield* VoiceNumbers).add({ region: "广东省深圳市", numbers: [number] })
    const rent = yield* (yield* Numbers).buy({ accountId, numbers: [number], autoRenew: false })
    yield* orders.pay({ accountId, orderId: rent.orderId, method: "balance" })
    yield* pass("1 second")

    const packages = [{ kind: "custom", minutes: options.minutes ?? 10_000, quantity: 1 }] as const
    const order = yield* (yield* Packages).buy(accountId, { packages, agreementAccepted: true })
    yield* orders.pay({ accountId, orderId: order.orderId, method: "balance" })
    yield* pass("5 minutes")
    const tenant: Tenant = { accountId, applicationId, templateId, number }
    return tenant
  })

/** One pixel, by way of a certificate. */
const image = Either.getOrThrow(
  Encoding.decodeBase64("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=")
)

/** An enterprise that does not exist, with codes whose check characters are right. */
export const qualification = {
  companyName: "示例科技（深圳）有限公司",
  creditCode: "91440300MA5EXAMPLA",
  address: "广东省深圳市",
  representativeName: "张三",
  representativeId: "11010519491231002X",
  certificateKind: "threeInOne",
  image
} as const
