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
import { Orders } from "@vsms/core/order/Orders"
import { Qualifications } from "@vsms/core/qualification/Qualifications"
import { Sends } from "@vsms/core/sending/Sends"
import { meanings } from "@vsms/core/statistics/FailureShares"
import { percent, timeText } from "@vsms/core/statistics/CallRecord"
import { Statistics } from "@vsms/core/statistics/Statistics"
import { Templates } from "@vsms/core/template/Templates"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { Options } from "./Options.ts"
import type { QuickClock } from "./QuickClock.ts"
import type { Receiver } from "./Receiver.ts"
import * as Recordings from "./Recordings.ts"

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
  /** Missing if nobody answered: then nothing was heard. */
  readonly audio?: string
}

type Say = (zh: string, en: string) => Effect.Effect<void>

/** How many different variables a text has. With exactly one it is a verification code's, else a notification. */
const variablesOf = (text: string): number => new Set(text.match(/[{<]\d+[}>]/g)).size

/** Looks again until it is so: reviews are another worker's business. */
const until = <A, E, R>(look: Effect.Effect<A, E, R>, isSo: (found: A) => boolean): Effect.Effect<A, E, R> =>
  Effect.flatMap(look, (found) =>
    isSo(found) ? Effect.succeed(found) : Effect.zipRight(Effect.sleep("500 millis"), until(look, isSo))
  )

/** Everything that is done once: from an empty account to minutes that can be used. */
export const open = (options: Options, clock: QuickClock, receiver: Receiver, say: Say) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const orders = yield* Orders

    const accountId = yield* accounts.open()
    yield* accounts.verify(accountId, { as: "enterprise" })
    yield* say("账号已完成企业实名认证", "account verified as an enterprise")
    yield* accounts.activate(accountId, { agreementAccepted: true })
    yield* say("已同意服务协议，短信服务开通", "agreement accepted, service activated")

    const qualifications = yield* Qualifications
    yield* qualifications.submit(accountId, qualification)
    yield* until(qualifications.get(accountId), ({ status }) => status === "approved")
    yield* say("企业资质审核通过", "qualification approved")

    const name = "测试语音短信"
    const { appKey, applicationId } = yield* accounts.createApplication(accountId, { name, description: name })
    const keyLength = Redacted.value(appKey).length
    yield* say(
      `已添加应用「${name}」SDKAppID ${applicationId}`,
      `application added, its AppKey has ${keyLength} characters`
    )

    const region = "广东省深圳市"
    yield* (yield* VoiceNumbers).add({ region, numbers: ["075500000001", "075500000002", "075500000003"] })
    const [free] = (yield* (yield* VoiceNumbers).search({ region, limit: 1 })).items
    const number = free!.number
    const rent = yield* (yield* Numbers).buy({ accountId, numbers: [number], autoRenew: true })
    yield* orders.pay({ accountId, orderId: rent.orderId, method: "balance" })
    const [held] = yield* until((yield* Numbers).list(accountId), (numbers) => numbers.length === 1)
    yield* say(
      `已购买语音号码 ${number}（${region}），${Cny.format(rent.amount)} 元，有效期至 ${timeText(held!.expiresAt)}`,
      `number rented for 30 days`
    )

    const templates = yield* Templates
    const kind = variablesOf(options.text) === 1 ? "code" : "notification"
    const { templateId } = yield* templates.create(accountId, applicationId, {
      name: "验证码",
      content: options.text,
      kind
    })
    yield* until(templates.get(accountId, applicationId, templateId), ({ stage }) => stage === "approved")
    yield* say(`正文模板「${options.text}」已通过，模板 ID ${templateId}`, "template approved")

    const packages = yield* Packages
    const basket = [{ kind: "fixed", minutes: 10_000, quantity: 1 }] as const
    const order = yield* packages.buy(accountId, { packages: basket, agreementAccepted: true })
    yield* orders.pay({ accountId, orderId: order.orderId, method: "balance" })
    yield* until(packages.list(accountId), ({ items }) => items.length === 1)
    yield* say(`已购买 1 万分钟套餐包，${Cny.format(order.amount)} 元，五分钟后生效`, "10,000 minutes bought")
    yield* clock.setForward("5 minutes")
    const { available } = yield* (yield* Balances).get(accountId)
    yield* say(`时钟拨快五分钟，套餐包已生效，可用余额 ${available} 分钟`, `five minutes later: ${available} minutes`)

    const endpoint = yield* (yield* Callbacks).addEndpoint(accountId, applicationId, { url: receiver.url })
    receiver.trust(endpoint.secret)
    yield* say(`已登记回调地址 ${receiver.url}`, "callback endpoint registered")
    return { accountId, applicationId, templateId }
  })

/** One send, from the request to the statistics. */
export const send = (
  tenant: Tenant,
  input: { readonly phone: string; readonly code: string; readonly text: string },
  receiver: Receiver,
  say: Say
) =>
  Effect.gen(function* () {
    const { accountId, applicationId, templateId } = tenant
    const sends = yield* Sends
    const { progress } = yield* Dispatcher
    const variables = variablesOf(input.text)
    const values = variables === 0 ? [] : input.code.split(",")

    const steps = yield* Effect.fork(
      progress.pipe(
        Stream.filter((step) => step.accountId === accountId),
        Stream.tap((step) => say(...wordsOf(step))),
        Stream.takeUntil(({ step }) => step === "completed" || step === "failed"),
        Stream.runDrain
      )
    )
    // The listener has to be there before there is anything to hear.
    yield* Effect.yieldNow()
    const to = input.phone
    const accepting =
      variables === 1 && values.length === 1
        ? sends.acceptCode(accountId, applicationId, { to, code: values[0]!, templateId })
        : sends.accept(accountId, applicationId, { to, templateId, params: values })
    const { sendId } = yield* Effect.onError(accepting, () => Fiber.interrupt(steps))
    const accepted = yield* sends.get(accountId, applicationId, sendId)
    const { display, hold } = accepted.state.accepted
    yield* say(
      `已受理 ${sendId}，显示号码 ${display}，冻结 ${hold.minutes} 分钟`,
      `accepted, ${hold.minutes} min on hold`
    )
    yield* Fiber.join(steps)

    const { billedMinutes, stage } = (yield* sends.get(accountId, applicationId, sendId)).state
    const { available } = yield* (yield* Balances).get(accountId)
    yield* say(`计费 ${billedMinutes} 分钟，余额 ${available} 分钟`, `billed ${billedMinutes} min, ${available} left`)

    const callback = yield* receiver.callback(sendId)
    yield* say(`回调已送达，签名正确：${callback.type}`, "callback delivered, signature right")

    const { total } = yield* (yield* Statistics).overview({ accountId, applicationId }, "today")
    yield* say(
      `今日统计：发送 ${total.sends}，成功 ${total.answered}，失败 ${total.failed}，` +
        `${total.minutes} 分钟，成功率 ${percent(total.successBasisPoints)}`,
      "today's statistics"
    )

    const audio = stage === "completed" ? { audio: Recordings.pathOf(sendId) } : {}
    if (audio.audio !== undefined) yield* say(`用户听到的录音：${audio.audio}`, "what the phone heard")
    const result: Result = { call: sendId, state: stage, billedMinutes, balanceMinutes: available, ...audio }
    return result
  })

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
