/** The gateway from its start to its stop. */
import { NodeServer } from "@vsms/adapter-http/node/NodeServer"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as OperatorToken from "./OperatorToken.ts"
import * as Place from "./Place.ts"
import * as Platform from "./Platform.ts"
import type { Settings } from "./Settings.ts"

/** The address that a client on this machine uses. */
export const baseUrl = ({ host, port }: { readonly host: string; readonly port: number }): string => {
  const reached = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host
  return `http://${reached}:${port}`
}

/**
 * Serves until it is told to stop, and then stops gracefully.
 *
 * **Details** Being told is better than being interrupted: what closes in a fiber that was interrupted can wait for
 * nothing that may have to be given up.
 */
export const serve = (settings: Settings, stop: Deferred.Deferred<void>, print: (line: string) => void) =>
  Effect.gen(function* () {
    const operatorTokens = yield* OperatorToken.of(settings)
    const context = yield* Layer.build(Platform.layer(settings, { operatorTokens }))
    const address = baseUrl(Context.get(context, NodeServer))
    print(`VSMS 语音短信网关已启动 · the gateway is up: ${address}`)
    print(`文档 · documentation: ${address}/docs`)
    print(`数据 · data: ${Place.name(settings.place)}`)
    yield* Deferred.await(stop)
    print("正在停止：通话结束后退出，再按一次立即退出 · stopping when calls have ended; once more stops at once")
  }).pipe(Effect.scoped)
