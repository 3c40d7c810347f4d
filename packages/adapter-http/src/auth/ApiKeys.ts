/**
 * Service: makes, rotates, revokes and lists the keys of accounts and the tokens of operators, and finds them for
 * whoever checks a request.
 */
import * as Crypto from "node:crypto"
import * as Account from "@vsms/core/account/Account"
import type { OverlapTooLong, TooManySecrets } from "@vsms/core/account/AppSecret"
import { IdGenerator } from "@vsms/core/IdGenerator"
import { InvalidInput } from "@vsms/core/InvalidInput"
import type { PortFailure } from "@vsms/core/PortFailure"
import * as Decision from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import * as Kinds from "@vsms/core/storage/Kind"
import type { Row } from "@vsms/core/storage/Kind"
import { type Cursor, type Page, Records } from "@vsms/core/storage/Records"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { Scope } from "../api/Access.ts"
import type { NothingHere } from "../api/HttpRefusals.ts"
import * as ApiKey from "./ApiKey.ts"

/** The only time that the value is handed out. */
export interface NewKey {
  readonly keyId: string
  readonly key: Redacted.Redacted
}

export interface KeyView extends ApiKey.State {
  readonly keyId: string
}

export interface NewKeyInput {
  readonly name: string
  readonly expiresAt?: number | undefined
}

/** How long a key that was found is remembered: so long a revoked one may work on in other processes. */
export const rememberedMillis = 5_000

/** As many keys as are remembered at once. */
const rememberedMax = 10_000

export class ApiKeys extends Context.Tag("@vsms/adapter-http/auth/ApiKeys")<
  ApiKeys,
  {
    readonly createForAccount: (
      accountId: string,
      input: NewKeyInput & { readonly scopes: ReadonlyArray<Scope> }
    ) => Effect.Effect<NewKey, InvalidInput | Account.UnknownAccount | PortFailure>
    readonly createForOperator: (input: NewKeyInput) => Effect.Effect<NewKey, InvalidInput | PortFailure>
    /** `accountId` is empty for operators' tokens, here and below. */
    readonly rotate: (
      accountId: string,
      keyId: string,
      input: { readonly overlapMillis: number }
    ) => Effect.Effect<NewKey, NothingHere | OverlapTooLong | TooManySecrets | PortFailure>
    readonly revoke: (accountId: string, keyId: string) => Effect.Effect<void, NothingHere | PortFailure>
    /** The newest first, those that were revoked too. */
    readonly list: (
      accountId: string,
      page: { readonly limit: number; readonly after?: Cursor | undefined }
    ) => Effect.Effect<Page<KeyView>, PortFailure>
    /** The key as it was at most `rememberedMillis` ago; `undefined` if there is none. */
    readonly find: (keyId: string) => Effect.Effect<ApiKey.State | undefined, PortFailure>
  }
>() {
  static readonly layer: Layer.Layer<ApiKeys, never, IdGenerator | Journal | Records> = Layer.effect(
    ApiKeys,
    Effect.suspend(() => make)
  )
}

export const digestOf = (secret: string): string => Crypto.createHash("sha256").update(secret).digest("hex")

const make = Effect.gen(function* () {
  const ids = yield* IdGenerator
  const journal = yield* Journal
  const records = yield* Records
  const remembered = new Map<string, { readonly state: ApiKey.State | undefined; readonly until: number }>()

  const draw = Effect.map(Effect.all([ids.next, ids.secret]), ([keyId, secret]) => ({
    keyId,
    key: Redacted.make(ApiKey.format(keyId, Redacted.value(secret))),
    digest: digestOf(Redacted.value(secret))
  }))

  const created = (
    event: Omit<Extract<ApiKey.Event, { readonly _tag: "KeyCreated" }>, "_tag" | "digest" | "at" | "expiresAt">,
    input: NewKeyInput,
    accounts: ReadonlyArray<Kinds.Ref<typeof Account.kind>>
  ) =>
    Effect.gen(function* () {
      const { expiresAt, name } = input
      const now = yield* Clock.currentTimeMillis
      if (expiresAt !== undefined && expiresAt <= now)
        return yield* new InvalidInput({ problems: [{ field: "expiresAt", expected: "an instant that is to come" }] })
      const { digest, key, keyId } = yield* draw
      const ref = ApiKey.ref(keyId)
      yield* journal.transact([ref, ...accounts], ([row, ...known]) => {
        if (known.some(({ state }) => state.openedAt === undefined)) return Either.left(new Account.UnknownAccount())
        const made = { _tag: "KeyCreated", ...event, name, digest, at: now } as const
        const events = [expiresAt === undefined ? made : { ...made, expiresAt }]
        return Either.right(Decision.make(undefined, { changes: [Decision.change(row, events)] }))
      })
      return { keyId, key }
    })

  const createForAccount = Effect.fn("ApiKeys.createForAccount")(function* (
    accountId: string,
    input: NewKeyInput & { readonly scopes: ReadonlyArray<Scope> }
  ) {
    yield* Effect.annotateCurrentSpan({ accountId })
    const scopes = [...new Set(input.scopes)]
    return yield* created({ role: "account", accountId, name: input.name, scopes }, input, [Account.ref(accountId)])
  })

  const createForOperator = Effect.fn("ApiKeys.createForOperator")(function* (input: NewKeyInput) {
    return yield* created({ role: "operator", accountId: "", name: input.name, scopes: [] }, input, []).pipe(
      // No account is named, so none can be unknown.
      Effect.catchTag("UnknownAccount", Effect.die)
    )
  })

  const change = <R>(
    keyId: string,
    decide: (env: ApiKey.Env, state: ApiKey.State) => Either.Either<ReadonlyArray<ApiKey.Event>, R>
  ): Effect.Effect<void, R | PortFailure> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      journal.transact([ApiKey.ref(keyId)], ([row]) =>
        Either.map(decide({ now }, row.state), (events) =>
          Decision.make<void>(undefined, { changes: [Decision.change(row, events)] })
        )
      )
    ).pipe(Effect.tap(() => Effect.sync(() => remembered.delete(keyId))))

  const rotate = Effect.fn("ApiKeys.rotate")(function* (
    accountId: string,
    keyId: string,
    { overlapMillis }: { readonly overlapMillis: number }
  ) {
    yield* Effect.annotateCurrentSpan({ accountId, keyId })
    const secret = Redacted.value(yield* ids.secret)
    const digest = digestOf(secret)
    yield* change(keyId, (env, state) => ApiKey.rotate(env, state, { accountId, digest, overlapMillis }))
    return { keyId, key: Redacted.make(ApiKey.format(keyId, secret)) }
  })

  const revoke = Effect.fn("ApiKeys.revoke")(function* (accountId: string, keyId: string) {
    yield* Effect.annotateCurrentSpan({ accountId, keyId })
    yield* change(keyId, (env, state) => ApiKey.revoke(env, state, { accountId }))
  })

  const list = Effect.fn("ApiKeys.list")(function* (
    accountId: string,
    { after, limit }: { readonly limit: number; readonly after?: Cursor | undefined }
  ) {
    yield* Effect.annotateCurrentSpan({ accountId })
    const partition = accountId === "" ? ApiKey.operators : accountId
    const query = { kind: ApiKey.kind, index: "byHolder", partition, after, limit, descending: true }
    const found = yield* records.list(query)
    return { items: found.items.map(viewOf), next: found.next }
  })

  const find = (keyId: string): Effect.Effect<ApiKey.State | undefined, PortFailure> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const known = remembered.get(keyId)
      if (known !== undefined && now < known.until) return Effect.succeed(known.state)
      return Effect.map(journal.load(ApiKey.ref(keyId)), ({ state }) => {
        const found = state.role === "none" ? undefined : state
        if (remembered.size >= rememberedMax) remembered.clear()
        remembered.set(keyId, { state: found, until: now + rememberedMillis })
        return found
      })
    })

  return { createForAccount, createForOperator, rotate, revoke, list, find }
})

const viewOf = ({ ref, state }: Row<typeof ApiKey.kind>): KeyView => ({ keyId: ref.key, ...state })
