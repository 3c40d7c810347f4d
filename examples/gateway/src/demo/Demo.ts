/**
 * The demo tenant: an enterprise that has all that it takes to send. It is made by the rules as any other: its story began
 * half an hour ago, so that the minutes which it bought can be used when the gateway opens (PKG-7).
 */
import { Accounts } from "@vsms/core/account/Accounts"
import * as CloudDoor from "@vsms/adapter-http/wire/CloudDoor"
import { Callbacks } from "@vsms/core/callback/Callbacks"
import { Numbers } from "@vsms/core/number/Numbers"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import * as Place from "../Place.ts"
import * as Platform from "../Platform.ts"
import type { Settings } from "../Settings.ts"
import * as Journey from "../story/Journey.ts"
import * as QuickClock from "../story/QuickClock.ts"
import * as StoryPlatform from "../story/StoryPlatform.ts"
import * as StoryTime from "../story/StoryTime.ts"
import type { Inbox } from "../story/Receiver.ts"

/** What it speaks. */
export const text = "您的验证码是：{1}"

const behindMillis = 30 * 60_000

/** Another gateway that opens the same database at this moment is waited for so long. */
const waitMillis = 60_000

/**
 * Sees to it that gateways can serve from the database: makes the demo tenant where there is nothing, or goes on with it
 * where a run was cut short.
 */
export const prepare = (settings: Settings, options: { readonly empty: boolean }, print: (line: string) => void) =>
  Effect.gen(function* () {
    const look = Effect.provide(StoryTime.standing, Platform.storage)
    const first = yield* look
    if (first._tag === "Served") return first.hasStory ? "found" : "none"
    return yield* Effect.scoped(
      Effect.gen(function* () {
        yield* Place.holdAlone(waitMillis)
        const second = yield* look
        if (second._tag === "Served") return second.hasStory ? "found" : "none"
        if (!options.empty) {
          print("正在创建演示租户（时间从半小时前开始）· making the demo tenant, whose story began half an hour ago")
          const clock = QuickClock.make({ speed: 1, behindMillis })
          yield* Journey.open(text, Place.name(settings.place), Journey.sayTo(print)).pipe(
            Effect.provide(StoryPlatform.layer(settings, clock)),
            Effect.withClock(clock.clock)
          )
        }
        yield* Effect.provide(StoryTime.served, Platform.storage)
        return options.empty ? "none" : "made"
      })
    )
  })

/** All that one needs to send as the demo tenant. */
export interface Demo extends Journey.Tenant {
  readonly appKey: Redacted.Redacted
  readonly voiceNumber: string
}

/** The demo tenant as it stands; `undefined` if something of it is gone. */
export const find = Effect.gen(function* () {
  const tenant = yield* Journey.find(text)
  if (tenant === undefined) return undefined
  const { accountId, applicationId } = tenant
  const [appKey] = (yield* (yield* Accounts).secretsOf(applicationId)).secrets
  const number = (yield* (yield* Numbers).list(accountId)).find(({ usable }) => usable)
  if (appKey === undefined || number === undefined) return undefined
  return { ...tenant, appKey, voiceNumber: number.number } satisfies Demo
})

/** What `demo.json` holds. */
export interface Credentials {
  readonly baseUrl: string
  readonly operatorToken: string
  readonly sdkAppId: string
  readonly appKey: string
  readonly secretId: string
  readonly secretKey: string
  readonly templateId: string
  readonly voiceNumber: string
}

export const credentials = (demo: Demo, baseUrl: string, operatorToken: Redacted.Redacted): Credentials => {
  const appKey = Redacted.value(demo.appKey)
  return {
    baseUrl,
    operatorToken: Redacted.value(operatorToken),
    sdkAppId: demo.applicationId,
    appKey,
    secretId: CloudDoor.secretIdOf(demo.applicationId),
    secretKey: appKey,
    templateId: demo.templateId,
    voiceNumber: demo.voiceNumber
  }
}

export const fileOf = (folder: string): string => path.join(folder, "demo.json")

/** Written whole or not at all, and for its owner's eyes only. */
export const write = (folder: string, known: Credentials): Effect.Effect<void> =>
  writeOwn(fileOf(folder), `${JSON.stringify(known, undefined, 2)}\n`)

const writeOwn = (file: string, content: string): Effect.Effect<void> =>
  Effect.promise(async () => {
    const draft = `${file}.${process.pid}`
    await fs.rm(draft, { force: true })
    await fs.writeFile(draft, content, { mode: 0o600 })
    await fs.rename(draft, file)
  })

/**
 * Has the demo's callbacks sent to `url`, and lets the inbox check them. `false`: they go to another gateway on the same
 * database, which was there first.
 *
 * **Details** The secret is handed out once, so it is kept beside `demo.json`: whose folder has it, is the receiver; in the
 * beginning, that is who made the demo.
 */
export const receive = (
  { accountId, applicationId }: Demo,
  made: boolean,
  { folder, url: database }: Place.Place,
  inbox: Inbox,
  url: string
) =>
  Effect.gen(function* () {
    const callbacks = yield* Callbacks
    const file = path.join(folder, "demo-callback-secret")
    const kept = yield* Effect.promise(() => fs.readFile(file, "utf8").catch(() => ""))
    const [known] = yield* callbacks.endpoints(accountId, applicationId)
    if (kept === "" && !made && database !== undefined) return false
    if (known !== undefined && known.url !== url)
      yield* callbacks.changeEndpoint(accountId, applicationId, known.endpointId, { url })
    if (known !== undefined && kept !== "") {
      inbox.trust(Redacted.make(kept.trim()))
      return true
    }
    const { secret } =
      known === undefined
        ? yield* callbacks.addEndpoint(accountId, applicationId, { url })
        : yield* callbacks.rotateSecret(accountId, applicationId, known.endpointId, { overlapMillis: 0 })
    yield* writeOwn(file, `${Redacted.value(secret)}\n`)
    inbox.trust(secret)
    return true
  })
