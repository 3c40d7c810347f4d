/** The original's quick start (快速入门), step by step, on the services that a customer would call. */
import { Accounts } from "@vsms/core/account/Accounts"
import { Balances } from "@vsms/core/balance/Balances"
import { Packages } from "@vsms/core/balance/Packages"
import { Callbacks } from "@vsms/core/callback/Callbacks"
import { Dispatcher } from "@vsms/core/dispatch/Dispatcher"
import type { SendStep, StepName } from "@vsms/core/dispatch/SendSteps"
import * as Cny from "@vsms/core/money/Cny"
import { Numbers } from "@vsms/core/number/Numbers"
import { VoiceNumbers } from "@vsms/core/number/VoiceNumbers"
import { Orders, type OrderView } from "@vsms/core/order/Orders"
import type { PortFailure } from "@vsms/core/PortFailure"
import { Qualifications } from "@vsms/core/qualification/Qualifications"
import * as FrequencyLimit from "@vsms/core/sending/FrequencyLimit"
import * as Send from "@vsms/core/sending/Send"
import { Sends } from "@vsms/core/sending/Sends"
import { meanings } from "@vsms/core/statistics/FailureShares"
import { percent, timeText } from "@vsms/core/statistics/CallRecord"
import { Statistics } from "@vsms/core/statistics/Statistics"
import type { Cursor } from "@vsms/core/storage/Records"
import { Templates } from "@vsms/core/template/Templates"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { Inbox, Receiver } from "./Receiver.ts"
import * as Recordings from "../Recordings.ts"
import { StoryTime } from "./StoryTime.ts"

/** A tenant that can send. */
export interface Tenant {
  readonly accountId: string
  readonly applicationId: string
  readonly templateId: string
}

/** How a call ended: the last line of the output. */
export interface Result {
  readonly call: string
  readonly state: string
  readonly billedMinutes: number
  readonly balanceMinutes: number
  /** Calls that were there before it, of this run and of earlier ones. */
  readonly earlierCalls: number
  /** Missing if nobody answered: then nothing was heard. */
  readonly audio?: string
}

type Say = (zh: string, en: string) => Effect.Effect<void>

/** The one account of the quick start: by this name a later run finds it. */
const accountId = "quickstart"
const applicationName = "测试语音短信"
const region = "广东省深圳市"

/** How many different variables a text has. With exactly one it is a verification code's, else a notification. */
const variablesOf = (text: string): number => new Set(text.match(/[{<]\d+[}>]/g)).size

/** Looks again until it is so: reviews are another worker's business. */
const until = <A, E, R>(look: Effect.Effect<A, E, R>, isSo: (found: A) => boolean): Effect.Effect<A, E, R> =>
  Effect.flatMap(look, (found) =>
    isSo(found) ? Effect.succeed(found) : Effect.zipRight(Effect.sleep("500 millis"), until(look, isSo))
  )

/** Says what an earlier run has left, if there is anything. */
const recall = (place: string, say: Say) =>
  Effect.gen(function* () {
    const [application] = (yield* (yield* Accounts).applications(accountId, { limit: 1 })).items
    if (application === undefined) return
    const { applicationId } = application
    const [template] = (yield* (yield* Templates).list(accountId, applicationId, { limit: 1 })).items
    const [number] = yield* (yield* Numbers).list(accountId)
    const { available } = yield* (yield* Balances).get(accountId)
    const calls = yield* countCalls(applicationId)
    const nothing = ["无", "none"] as const
    const [templateZh, templateEn] = template === undefined ? nothing : [template.templateId, template.templateId]
    const [numberZh, numberEn] = number === undefined ? nothing : [number.number, number.number]
    yield* say(
      `在 ${place} 中找到上次的数据：账号 ${accountId}，应用 ${applicationId}，模板 ${templateZh}，号码 ${numberZh}，` +
        `余额 ${available} 分钟，此前呼叫 ${calls} 次`,
      `found in ${place}: account ${accountId}, application ${applicationId}, template ${templateEn}, ` +
        `number ${numberEn}, minutes left ${available}, earlier calls ${calls}`
    )
  })

export const countCalls = (applicationId: string) =>
  Effect.flatMap(Sends, (sends) =>
    Stream.paginateChunkEffect(undefined as Cursor | undefined, (after) =>
      Effect.map(sends.list(accountId, applicationId, { limit: 100, after }), ({ items, next }) => [
        Chunk.of(items.length),
        next === undefined ? Option.none() : Option.some(next)
      ])
    ).pipe(Stream.runSum)
  )

/** A phone that an earlier run has calling yet is busy: what it began comes to its end first. */
const earlierEnded = (applicationId: string, say: Say) =>
  Effect.gen(function* () {
    const sends = yield* Sends
    const { items } = yield* sends.list(accountId, applicationId, { limit: 100 })
    const open = items.filter(({ state }) => !Send.isFinal(state))
    if (open.length === 0) return
    yield* say(
      `此前有 ${open.length} 个呼叫尚未结束，先等其结束`,
      "earlier calls are not over yet: they are waited for"
    )
    for (const { sendId } of open)
      yield* until(sends.get(accountId, applicationId, sendId), ({ state }) => Send.isFinal(state))
  })

/** The order for such a thing that is not through yet: a run may have ended between buying and paying. */
const openOrder = (item: "NumberRent" | "MinutePackages") =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const { items } = yield* (yield* Orders).list({ accountId, limit: 20 })
    return items.find(
      (order) => order.item?._tag === item && isUnderWay(order) && (order.status !== "created" || order.expiresAt > now)
    )
  })

const isUnderWay = ({ status }: OrderView): boolean => ["created", "paying", "paid"].includes(status)

/** Pays an order, if that is not done, and waits for what it buys. */
const settle = (orderId: string) =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const { status } = yield* orders.get({ accountId, orderId })
    if (status === "created") yield* orders.pay({ accountId, orderId, method: "balance" })
    return yield* until(orders.get({ accountId, orderId }), (order) => !isUnderWay(order))
  })

/** A number of the inventory that nobody has. Whoever let theirs lapse gets no number back for a long time. */
const freeNumber = Effect.gen(function* () {
  const numbers = yield* VoiceNumbers
  for (let batch = 0; ; batch++) {
    const [free] = (yield* numbers.search({ region, limit: 1 })).items
    if (free !== undefined) return free.number
    const named = (i: number) => `0755${String(batch * 3 + i).padStart(8, "0")}`
    yield* numbers.add({ region, numbers: [named(1), named(2), named(3)] })
  }
})

/** Everything that is done once: from an empty account to minutes that can be used. What is done already, stays. */
export const open = (text: string, place: string, say: Say) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const found: Say = (zh, en) => say(`已有：${zh}`, `found: ${en}`)
    yield* recall(place, say)

    yield* accounts.open({ accountId })
    const account = yield* accounts.get(accountId)
    yield* accounts.verify(accountId, { as: "enterprise" })
    yield* (account.verification === "enterprise" ? found : say)(
      "账号已完成企业实名认证",
      "account verified as an enterprise"
    )
    yield* accounts.activate(accountId, { agreementAccepted: true })
    yield* (account.activatedAt === undefined ? say : found)(
      "已同意服务协议，短信服务开通",
      "agreement accepted, service activated"
    )

    const qualifications = yield* Qualifications
    const { status } = yield* qualifications.get(accountId)
    if (status !== "approved" && status !== "pending") yield* qualifications.submit(accountId, qualification)
    yield* until(qualifications.get(accountId), (now) => now.status === "approved")
    yield* (status === "approved" ? found : say)("企业资质审核通过", "qualification approved")

    const applicationId = yield* openApplication(say, found)
    yield* rentNumber(say, found)
    const templateId = yield* openTemplate(applicationId, text, say, found)
    yield* buyMinutes(say, found)
    const tenant: Tenant = { accountId, applicationId, templateId }
    return tenant
  })

/** The tenant, as earlier runs have left it; `undefined` if something is missing. */
export const find = (content: string) =>
  Effect.gen(function* () {
    const applications = (yield* (yield* Accounts).applications(accountId, { limit: 100 })).items
    const applicationId = applications.find(({ name }) => name === applicationName)?.applicationId
    if (applicationId === undefined) return undefined
    const templates = (yield* (yield* Templates).list(accountId, applicationId, { limit: 100 })).items
    const template = templates.find((one) => one.content === content && one.stage === "approved")
    return template && ({ accountId, applicationId, templateId: template.templateId } satisfies Tenant)
  })

const openApplication = (say: Say, found: Say) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const name = applicationName
    const known = (yield* accounts.applications(accountId)).items.find((application) => application.name === name)
    if (known !== undefined) {
      yield* found(`应用「${name}」SDKAppID ${known.applicationId}`, `application ${known.applicationId}`)
      return known.applicationId
    }
    const { appKey, applicationId } = yield* accounts.createApplication(accountId, { name, description: name })
    const keyLength = Redacted.value(appKey).length
    yield* say(
      `已添加应用「${name}」SDKAppID ${applicationId}`,
      `application added, its AppKey has ${keyLength} characters`
    )
    return applicationId
  })

const rentNumber = (say: Say, found: Say) =>
  Effect.gen(function* () {
    const numbers = yield* Numbers
    // One whose term is over is renewed or let go of by a worker, at this moment.
    const settled = until(numbers.list(accountId), (held) => held.every(({ usable }) => usable))
    const under = yield* openOrder("NumberRent")
    if (under !== undefined) yield* settle(under.orderId)
    const [known] = yield* settled
    if (known !== undefined) {
      yield* found(
        `语音号码 ${known.number}（${known.region}），有效期至 ${timeText(known.expiresAt)}`,
        `number ${known.number}`
      )
      return
    }
    const number = yield* freeNumber
    const rent = yield* numbers.buy({ accountId, numbers: [number], autoRenew: true })
    yield* settle(rent.orderId)
    const [held] = yield* settled
    yield* say(
      `已购买语音号码 ${number}（${region}），${Cny.format(rent.amount)} 元，有效期至 ${timeText(held!.expiresAt)}`,
      `number rented for 30 days`
    )
  })

const openTemplate = (applicationId: string, content: string, say: Say, found: Say) =>
  Effect.gen(function* () {
    const templates = yield* Templates
    const all = (yield* templates.list(accountId, applicationId, { limit: 100 })).items
    const known = all.find((template) => template.content === content && template.stage !== "rejected")
    const kind = variablesOf(content) === 1 ? "code" : "notification"
    const { templateId } =
      known ?? (yield* templates.create(accountId, applicationId, { name: "验证码", content, kind }))
    yield* until(templates.get(accountId, applicationId, templateId), ({ stage }) => stage === "approved")
    yield* (known?.stage === "approved" ? found : say)(
      `正文模板「${content}」已通过，模板 ID ${templateId}`,
      "template approved"
    )
    return templateId
  })

const buyMinutes = (say: Say, found: Say) =>
  Effect.gen(function* () {
    const packages = yield* Packages
    const balances = yield* Balances
    const under = yield* openOrder("MinutePackages")
    if (under !== undefined) yield* settle(under.orderId)
    const before = yield* balances.get(accountId)
    if (before.available > 0) {
      yield* found(`套餐包，可用余额 ${before.available} 分钟`, `${before.available} minutes`)
      return
    }
    if (before.waiting === 0) {
      const basket = [{ kind: "fixed", minutes: 10_000, quantity: 1 }] as const
      const order = yield* packages.buy(accountId, { packages: basket, agreementAccepted: true })
      yield* settle(order.orderId)
      yield* say(`已购买 1 万分钟套餐包，${Cny.format(order.amount)} 元，五分钟后生效`, "10,000 minutes bought")
    }
    yield* (yield* StoryTime).letPass("5 minutes")
    const { available } = yield* balances.get(accountId)
    yield* say(`五分钟后，套餐包已生效，可用余额 ${available} 分钟`, `five minutes later: ${available} minutes`)
  })

/** The receiver has another port in each run, and keeps no secret: it gets a new one, and the old one ends. */
export const registerCallback = ({ applicationId }: Tenant, receiver: Receiver, say: Say) =>
  Effect.gen(function* () {
    const callbacks = yield* Callbacks
    const [known] = yield* callbacks.endpoints(accountId, applicationId)
    const { url } = receiver
    if (known === undefined) {
      receiver.trust((yield* callbacks.addEndpoint(accountId, applicationId, { url })).secret)
      yield* say(`已登记回调地址 ${url}`, "callback endpoint registered")
      return
    }
    const { endpointId } = known
    const { secret } = yield* callbacks.rotateSecret(accountId, applicationId, endpointId, { overlapMillis: 0 })
    receiver.trust(secret)
    yield* callbacks.changeEndpoint(accountId, applicationId, endpointId, { url })
    yield* say(`已更新回调地址 ${url}，密钥已轮换`, "callback endpoint moved here, its secret rotated")
  })

/** One send, from the request to the statistics. */
export const send = (
  tenant: Tenant,
  input: {
    readonly phone: string
    readonly code: string
    readonly text: string
    /** Whether the clock is set forward where the number was called too often, as in a run soon after another. */
    readonly patient: boolean
  },
  folder: string,
  inbox: Inbox | undefined,
  say: Say
) =>
  Effect.gen(function* () {
    const { accountId, applicationId, templateId } = tenant
    const sends = yield* Sends
    const { progress } = yield* Dispatcher
    const variables = variablesOf(input.text)
    const values = variables === 0 ? [] : input.code.split(",")

    yield* earlierEnded(applicationId, say)
    const earlierCalls = yield* countCalls(applicationId)
    const started = yield* Deferred.make<string>()
    const steps = yield* Effect.fork(
      progress.pipe(
        // Calls of an earlier run may come to their end meanwhile.
        Stream.filterEffect((step) => Effect.map(Deferred.await(started), (sendId) => step.sendId === sendId)),
        Stream.tap((step) => say(...wordsOf(step))),
        Stream.takeUntil(({ step }) => step === "completed" || step === "failed"),
        Stream.runDrain
      )
    )
    // The listener has to be there before there is anything to hear.
    yield* Effect.yieldNow()
    const to = input.phone
    const accept =
      variables === 1 && values.length === 1
        ? sends.acceptCode(accountId, applicationId, { to, code: values[0]!, templateId })
        : sends.accept(accountId, applicationId, { to, templateId, params: values })
    const { sendId } = yield* Effect.onError(input.patient ? patiently(accept, say) : accept, () =>
      Fiber.interrupt(steps)
    )
    yield* Deferred.succeed(started, sendId)
    const accepted = yield* sends.get(accountId, applicationId, sendId)
    const { display, hold } = accepted.state.accepted
    yield* say(
      `已受理 ${sendId}，显示号码 ${display}，冻结 ${hold.minutes} 分钟`,
      `accepted, ${hold.minutes} min on hold`
    )
    // Steps are told in the process that dials, which may be another one: then the record says when it is over.
    const recorded = until(sends.get(accountId, applicationId, sendId), ({ state }) => Send.isFinal(state))
    yield* Effect.raceFirst(Fiber.join(steps), Effect.zipRight(recorded, Effect.sleep("1 second")))
    yield* Fiber.interrupt(steps)

    const { billedMinutes, stage } = (yield* sends.get(accountId, applicationId, sendId)).state
    const { available } = yield* (yield* Balances).get(accountId)
    yield* say(`计费 ${billedMinutes} 分钟，余额 ${available} 分钟`, `billed ${billedMinutes} min, ${available} left`)

    if (inbox !== undefined) {
      const callback = yield* inbox.callback(sendId)
      yield* say(`回调已送达，签名正确：${callback.type}`, "callback delivered, signature right")
    }

    const { total } = yield* (yield* Statistics).overview({ accountId, applicationId }, "today")
    yield* say(
      `今日统计：发送 ${total.sends}，成功 ${total.answered}，失败 ${total.failed}，` +
        `${total.minutes} 分钟，成功率 ${percent(total.successBasisPoints)}`,
      "today's statistics"
    )

    const audio = stage === "completed" ? { audio: Recordings.pathOf(folder, sendId) } : {}
    if (audio.audio !== undefined) yield* say(`用户听到的录音：${audio.audio}`, "what the phone heard")
    const result: Result = {
      call: sendId,
      state: stage,
      billedMinutes,
      balanceMinutes: available,
      earlierCalls,
      ...audio
    }
    return result
  })

/** Lets the time pass that has to (SND-8), where it can, and tries again. */
const patiently = <A, E, R>(
  accept: Effect.Effect<A, E, R>,
  say: Say
): Effect.Effect<A, E | PortFailure, R | StoryTime> =>
  Effect.catchAll(accept, (error) =>
    Effect.gen(function* () {
      const time = yield* StoryTime
      if (!(error instanceof FrequencyLimit.TooFrequent) || !time.canWait(error.retryAfterMillis))
        return yield* Effect.fail(error)
      const minutes = Math.ceil(error.retryAfterMillis / 60_000)
      yield* say(
        `该号码此前已呼叫 ${error.counted} 次，按频控规则须等 ${minutes} 分钟`,
        `this number was called before, and has to be left in peace for ${minutes} min (SND-8)`
      )
      yield* time.letPass(error.retryAfterMillis)
      return yield* patiently(accept, say)
    })
  )

/** Prints a step with the time that the story's clock shows. */
export const sayTo =
  (print: (line: string) => void): Say =>
  (zh, en) =>
    Effect.map(Clock.currentTimeMillis, (now) => print(`${timeText(now).slice(11)}  ${zh} · ${en}`))

const names: { readonly [S in StepName]: readonly [zh: string, en: string] } = {
  speaking: ["合成语音", "speech is made"],
  waiting: ["等待线路", "waiting for a route"],
  dialling: ["拨号中", "dialling"],
  routeFailed: ["线路故障，切换线路", "route failed, another takes over"],
  ringing: ["振铃中", "ringing"],
  answered: ["用户已接听，播放语音", "answered, speaking"],
  keyPressed: ["用户按键", "key pressed"],
  completed: ["通话结束", "hung up"],
  failed: ["呼叫失败", "failed"]
}

const wordsOf = ({ reason, route, step }: SendStep): readonly [zh: string, en: string] => {
  const [zh, en] = names[step]
  if (step === "failed" && reason !== undefined && reason in meanings) {
    const meaning = meanings[reason as keyof typeof meanings]
    return [`${zh}：${meaning.zh}`, `${en}: ${meaning.en}`]
  }
  return step === "dialling" ? [`${zh}（线路 ${route}）`, `${en} over ${route}`] : [zh, en]
}

/** A picture of one pixel, by way of a business licence. */
const image = Uint8Array.from(
  atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="),
  (char) => char.charCodeAt(0)
)

/** An enterprise that does not exist, with codes whose check characters are right. */
const qualification = {
  companyName: "示例科技（深圳）有限公司",
  creditCode: "91440300MA5EXAMPLA",
  address: "广东省深圳市南山区示例路 1 号",
  representativeName: "张三",
  representativeId: "11010519491231002X",
  certificateKind: "threeInOne",
  note: "注册登录时下发语音验证码",
  image
} as const
