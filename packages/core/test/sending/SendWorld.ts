/** A world in memory with one enterprise that has everything it needs to send; the clock is a number. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Account from "../../src/account/Account.ts"
import * as Application from "../../src/account/Application.ts"
import * as Balance from "../../src/balance/Balance.ts"
import { IdGenerator } from "../../src/IdGenerator.ts"
import * as Minutes from "../../src/money/Minutes.ts"
import * as Holdings from "../../src/number/Holdings.ts"
import * as Decision from "../../src/storage/Decision.ts"
import * as Either from "effect/Either"
import { Journal } from "../../src/storage/Journal.ts"
import type { Kind, Ref } from "../../src/storage/Kind.ts"
import * as MemoryStore from "../../src/storage/MemoryStore.ts"
import { Records } from "../../src/storage/Records.ts"
import { WorkQueue } from "../../src/storage/WorkQueue.ts"
import * as Template from "../../src/template/Template.ts"
import * as TemplateBook from "../../src/template/TemplateBook.ts"
import * as SendPolicy from "../../src/sending/SendPolicy.ts"
import { Sends } from "../../src/sending/Sends.ts"
import * as VoiceFile from "../../src/voicefile/VoiceFile.ts"

/** 2026-11-23 10:00:00.000 in Shanghai. */
export const morning = Date.UTC(2026, 10, 23, 2)

export const accountId = "enterprise"
export const applicationId = "1400000001"
export const codeTemplate = "100000001"
export const noticeTemplate = "100000002"

export const codeContent = "您的验证码是：{1}"
export const noticeContent = "尊敬的{1}，您的订单{2}已发货"

export interface WorldOptions {
  readonly policy?: Partial<SendPolicy.SendPolicy>
  readonly minutes?: number
  readonly numbers?: ReadonlyArray<string>
}

export type World = ReturnType<typeof makeWorld>

/** Everything approved, activated, bought and effective. */
export const makeWorld = (options: WorldOptions = {}) => {
  const time = { now: morning }
  const clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => time.now,
    currentTimeMillis: Effect.sync(() => time.now),
    unsafeCurrentTimeNanos: () => BigInt(time.now) * 1_000_000n,
    currentTimeNanos: Effect.sync(() => BigInt(time.now) * 1_000_000n),
    sleep: () => Effect.die("nothing sleeps here")
  }
  const policy = { ...SendPolicy.standard, ...options.policy }
  const layer = Layer.provideMerge(
    Sends.layerWith({ policy }),
    Layer.merge(MemoryStore.layer, IdGenerator.layerSeeded(11))
  )
  const context = Effect.runSync(Effect.scoped(Layer.build(layer)))
  const sends = Context.get(context, Sends)
  const journal = Context.get(context, Journal)
  const records = Context.get(context, Records)
  const queue = Context.get(context, WorkQueue)

  const timed = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> => Effect.withClock(effect, clock)
  const run = <A, E>(effect: Effect.Effect<A, E>): A => Effect.runSync(timed(effect))

  const put = <K extends Kind.Any>(
    ref: Ref<K>,
    events: ReadonlyArray<Kind.Event<K>>,
    personal?: Kind.Personal<K>
  ): void =>
    run(
      journal.transact([ref], ([row]) =>
        Either.right(
          Decision.make<void>(undefined, {
            changes: [Decision.change(row, events, personal === undefined ? undefined : { personal })]
          })
        )
      )
    )

  const world = {
    time,
    policy,
    clock,
    sends,
    journal,
    records,
    queue,
    timed,
    run,
    put,
    pass: (millis: number) => {
      time.now += millis
    },
    load: <K extends Kind.Any>(ref: Ref<K>) => run(journal.load(ref)),
    balance: () => Balance.current(run(journal.load(Balance.ref(accountId))).state, time.now),
    /** Accepts a code, or answers the refusal. */
    code: (to = "13800138000", more: object = {}) =>
      run(Effect.either(sends.acceptCode(accountId, applicationId, { to, code: "4321", ...more }))),
    notice: (to = "13800138000", more: object = {}) =>
      run(
        Effect.either(
          sends.accept(accountId, applicationId, {
            templateId: noticeTemplate,
            to,
            params: ["王先生", "12345"],
            ...more
          })
        )
      )
  }

  openAccount(world)
  makeApplication(world)
  makeTemplate(world, codeTemplate, "code", codeContent)
  makeTemplate(world, noticeTemplate, "notification", noticeContent)
  put(TemplateBook.ref(accountId, applicationId), [{ _tag: "DefaultCodeChosen", templateId: codeTemplate }])
  rentNumbers(world, options.numbers ?? ["075512340001"])
  if (options.minutes !== 0) grantMinutes(world, options.minutes ?? 10_000)
  return world
}

type Putting = {
  readonly put: World["put"]
  readonly time: { readonly now: number }
  readonly journal: World["journal"]
  readonly run: World["run"]
}

export const openAccount = ({ put }: Putting, id = accountId): void =>
  put(Account.ref(id), [
    { _tag: "AccountOpened", at: morning - 5 },
    { _tag: "AccountVerified", as: "enterprise", at: morning - 4 },
    { _tag: "ServiceActivated", at: morning - 3 }
  ])

export const makeApplication = ({ put }: Putting, id = applicationId): void =>
  put(
    Application.ref(accountId, id),
    [
      {
        _tag: "ApplicationCreated",
        accountId,
        name: "测试语音短信",
        description: "测试语音短信",
        secretId: "secret",
        at: morning - 2
      }
    ],
    { secrets: [{ id: "secret", value: undefined as unknown as Redacted.Redacted }] }
  )

export const makeTemplate = (
  { journal, put, run }: Putting,
  id: string,
  kind: Template.TemplateKind,
  content: string,
  approved = true
): void => {
  const ref = Template.ref(accountId, applicationId, id)
  const draft = { name: "模板", content, note: "", kind, variables: [], applicationId }
  const { state } = run(journal.load(ref))
  const created = Either.getOrThrow(Template.create({ now: morning - 2 }, state, draft))
  put(ref, approved ? [...created, { _tag: "TemplateApproved", version: 1, at: morning - 1 }] : created)
}

/** An approved file of sound that lasts so long, and its id; where its sound lies is somebody else's business. */
export const makeFile = (
  { put }: Putting,
  { durationMillis, fileId = `${"0".repeat(40)}.wav` }: { readonly durationMillis: number; readonly fileId?: string }
): string => {
  const upload = {
    applicationId,
    fileId,
    name: "开业通知",
    format: "wav",
    bytes: 44,
    durationMillis,
    soundId: fileId
  } as const
  put(VoiceFile.ref(accountId, applicationId, fileId), [
    { _tag: "VoiceFileSubmitted", ...upload, at: morning - 2 },
    { _tag: "VoiceFileApproved", version: 1, at: morning - 1 }
  ])
  return fileId
}

export const rentNumbers = ({ put }: Putting, numbers: ReadonlyArray<string>, days = 30): void => {
  if (numbers.length === 0) return
  put(Holdings.ref(accountId), [
    {
      _tag: "NumbersReserved",
      orderId: "numbers",
      numbers: numbers.map((number) => ({ number, region: "深圳" })),
      at: morning - 1
    },
    {
      _tag: "NumbersRented",
      orderId: "numbers",
      autoRenew: false,
      since: morning - 1,
      expiresAt: morning + days * 86_400_000
    }
  ])
}

export const grantMinutes = ({ journal, put, run, time }: Putting, minutes: number, packageId = "package-1"): void => {
  const { state } = run(journal.load(Balance.ref(accountId)))
  const events = Balance.grant({ now: time.now }, state, {
    orderId: `order-of-${packageId}`,
    packages: [
      {
        packageId,
        kind: "custom",
        minutes: Minutes.make(minutes),
        purchasedAt: time.now - 600_000,
        effectiveAt: time.now - 300_000,
        expiresAt: time.now + 700 * 86_400_000
      }
    ]
  })
  put(Balance.ref(accountId), events)
}
