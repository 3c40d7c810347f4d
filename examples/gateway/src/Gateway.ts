/** The gateway from its start to its stop. */
import { NodeServer } from "@vsms/adapter-http/node/NodeServer"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as OperatorToken from "./OperatorToken.ts"
import * as Place from "./Place.ts"
import * as Platform from "./Platform.ts"
import type { Settings } from "./Settings.ts"

/** The address that a client on this machine uses. */
export const baseUrl = ({ host, port }: { readonly host: string; readonly port: number }): string => {
  const reached = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host
  return `http://${reached}:${port}`
}

/** Serves until it is interrupted. */
export const serve = (settings: Settings, print: (line: string) => void) =>
  Effect.gen(function* () {
    const operatorTokens = yield* OperatorToken.of(settings)
    yield* Effect.gen(function* () {
      const address = baseUrl(yield* NodeServer)
      print(`VSMS 语音短信网关已启动 · the gateway is up: ${address}`)
      print(`文档 · documentation: ${address}/docs`)
      print(`数据 · data: ${Place.name(settings.place)}`)
      return yield* Effect.never
    }).pipe(Effect.provide(Platform.layer(settings, { operatorTokens })))
  })

/** For people who have to type it. */
export const tokenText = (token: Redacted.Redacted): string => Redacted.value(token)
