/** The gateway from its start to its stop. */
import { NodeServer } from "@vsms/adapter-http/node/NodeServer"
import * as NodeHmac from "@vsms/adapter-http/callback/NodeHmac"
import { Database } from "@vsms/adapter-postgres/place/Database"
import { Routes } from "@vsms/core/dispatch/Routes"
import { SpeechSynthesizer } from "@vsms/core/dispatch/SpeechSynthesizer"
import { Sends } from "@vsms/core/sending/Sends"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Commands from "./demo/Commands.ts"
import * as Demo from "./demo/Demo.ts"
import * as DemoDoor from "./demo/DemoDoor.ts"
import * as Receiver from "./story/Receiver.ts"
import * as Recordings from "./Recordings.ts"
import * as OperatorToken from "./OperatorToken.ts"
import * as Place from "./Place.ts"
import * as Platform from "./Platform.ts"
import * as Refusals from "./Refusals.ts"
import type { Settings } from "./Settings.ts"
import * as Journey from "./story/Journey.ts"
import * as StoryTime from "./story/StoryTime.ts"

type Print = (line: string) => void

/** The address that a client on this machine uses. */
export const baseUrl = ({ host, port }: { readonly host: string; readonly port: number }): string => {
  const reached = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host
  return `http://${reached}:${port}`
}

/** Whom the gateway calls by itself, on the simulated network only: other numbers than those of the commands. */
const demoPhone = "13912345678"
const phones = ["13800138000", "13800138010", "13800138020"] as const
/** Where calls are real, nobody is called whom nobody named. */
const yourPhones = ["YOUR_PHONE", "YOUR_PHONE", "YOUR_PHONE"] as const

/**
 * Serves until it is told to stop, and then stops gracefully.
 *
 * **Details** Being told is better than being interrupted: what closes in a fiber that was interrupted can wait for
 * nothing that may have to be given up.
 */
export const serve = (
  settings: Settings,
  options: { readonly empty: boolean },
  stop: Deferred.Deferred<void>,
  print: Print
) =>
  Effect.gen(function* () {
    const operatorTokens = yield* OperatorToken.of(settings)
    // What is slow to open is opened once: first the store is looked at, then the gateway serves from it.
    const shared = yield* Layer.build(
      Layer.mergeAll(Place.layer(settings.place, settings.sessions), Platform.speech, Platform.routes(settings))
    )
    const found = yield* Effect.provide(Demo.prepare(settings, options, print), shared)
    const inbox = yield* Effect.provide(Receiver.make, NodeHmac.layer)
    const context = yield* Layer.build(
      Platform.layer(settings, {
        operatorTokens,
        parts: {
          database: Layer.succeed(Database, Context.get(shared, Database)),
          speech: Layer.succeed(SpeechSynthesizer, Context.get(shared, SpeechSynthesizer)),
          routes: Layer.succeed(Routes, Context.get(shared, Routes))
        },
        ...(found !== "none" ? { before: DemoDoor.layer(inbox) } : {})
      })
    )
    const address = baseUrl(Context.get(context, NodeServer))
    print("")
    print(`VSMS 语音短信网关已启动 · the gateway is up: ${address}`)
    print(`接口文档 · documentation: ${address}/docs`)
    const isShown =
      found !== "none" &&
      (yield* Effect.provide(
        showDemo({ settings, made: found === "made", address, operatorToken: operatorTokens[0], inbox, stop, print }),
        context
      ))
    if (!isShown && settings.operatorTokens.length === 0) {
      print(`运营令牌在 ${OperatorToken.fileOf(settings.place.folder)} · the operator's token is in that file`)
    }
    print("")
    print("Ctrl-C：通话结束后停止 · Ctrl-C stops the gateway when calls have ended")
    yield* Deferred.await(stop)
    print("正在停止：通话结束后退出，再按一次立即退出 · stopping when calls have ended; once more stops at once")
  }).pipe(Effect.scoped)

interface Showing {
  readonly settings: Settings
  /** By this process, a moment ago. */
  readonly made: boolean
  readonly address: string
  readonly operatorToken: Redacted.Redacted
  readonly inbox: Receiver.Inbox
  readonly stop: Deferred.Deferred<void>
  readonly print: Print
}

/** Writes `demo.json`, places the first call where it costs nobody anything, and prints what to paste. */
const showDemo = ({ address, inbox, made, operatorToken, print, settings, stop }: Showing) =>
  Effect.gen(function* () {
    const { folder } = settings.place
    const demo = yield* Demo.find
    if (demo === undefined) {
      print("演示租户已不完整（号码到期或被删改），不再展示 · the demo tenant is not whole any more, and not shown")
      return false
    }
    const known = Demo.credentials(demo, address, operatorToken)
    yield* Demo.write(folder, known)
    const receives =
      settings.privateTargets && (yield* Demo.receive(demo, made, settings.place, inbox, `${address}${DemoDoor.path}`))
    print(
      `演示租户 · demo tenant: SDKAppID ${known.sdkAppId}，模板 · template ${known.templateId}，语音号码 · number ${known.voiceNumber}`
    )
    print(`全部凭据 · all credentials: ${Demo.fileOf(folder)}`)
    const isReal = !Platform.isSimulated(settings)
    if (isReal) print("线路为真实线路，不自动呼叫 · routes are real: nobody is called by itself")
    else {
      const { items } = yield* (yield* Sends).list(demo.accountId, demo.applicationId, { limit: 1 })
      // Of several gateways on one server, the one that made the demo.
      if (items.length === 0 && (made || settings.place.url === undefined))
        yield* Effect.raceFirst(firstCall(demo, settings, receives ? inbox : undefined, print), Deferred.await(stop))
    }
    print("")
    print("发送试试，逐条粘贴即可 · try it, paste one after the other:")
    for (const { name, text } of Commands.of(known, isReal ? yourPhones : phones)) print(`\n# ${name}\n${text}`)
    print("\n结果 · what became of them:")
    for (const { name, text } of Commands.after(known)) print(`\n# ${name}\n${text}`)
    if (!isReal) print(`\n# 用户听到的录音 · what phones heard\nls ${Recordings.folderOf(folder)}`)
    return true
  })

/** A call that goes wrong is told of, and hinders nobody. */
const firstCall = (demo: Demo.Demo, settings: Settings, inbox: Receiver.Inbox | undefined, print: Print) => {
  const call = { phone: demoPhone, code: "3842", text: Demo.text, patient: false }
  print("")
  return Journey.send(demo, call, settings.place.folder, inbox, Journey.sayTo(print)).pipe(
    Effect.provide(StoryTime.layerWall),
    Effect.asVoid,
    Effect.catchAll((error) => Effect.sync(() => print(Refusals.describe(error) ?? String(error))))
  )
}
