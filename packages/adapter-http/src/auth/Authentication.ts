/**
 * Service: finds out who makes a request, by its `Authorization`: `Bearer` with a key or an operator's token, `Basic` with
 * an SDKAppID and its AppKey. Secrets are compared as digests and in constant time, and appear nowhere.
 */
import * as Crypto from "node:crypto"
import { Accounts } from "@vsms/core/account/Accounts"
import type { PortFailure } from "@vsms/core/PortFailure"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as ApiKey from "./ApiKey.ts"
import { ApiKeys, digestOf, rememberedMillis } from "./ApiKeys.ts"
import type { Principal } from "./Principal.ts"

export interface AuthenticationOptions {
  /** Tokens of operators that the deployment gives, at least 32 characters each: with the first of them others are made. */
  readonly operatorTokens?: ReadonlyArray<Redacted.Redacted> | undefined
}

const hostTokenMin = 32

export class Authentication extends Context.Tag("@vsms/adapter-http/auth/Authentication")<
  Authentication,
  {
    /** Who it is; `undefined` if there is no credential, or none that works. */
    readonly identify: (authorization: string | undefined) => Effect.Effect<Principal | undefined, PortFailure>
  }
>() {
  static readonly layer = (
    options: AuthenticationOptions = {}
  ): Layer.Layer<Authentication, never, Accounts | ApiKeys> => Layer.effect(Authentication, make(options))
}

/** Whether one of these digests is the secret's. All of them are compared, each in constant time. */
const matches = (digests: ReadonlyArray<string>, digest: string): boolean => {
  const given = Buffer.from(digest)
  let found = false
  for (const one of digests) {
    const known = Buffer.from(one)
    if (known.length === given.length && Crypto.timingSafeEqual(known, given)) found = true
  }
  return found
}

const host: Principal = { _tag: "Operator", id: "host" }

const nobody: Effect.Effect<undefined> = Effect.succeed(undefined)

interface Remembered {
  readonly accountId: string
  readonly digests: ReadonlyArray<string>
  readonly until: number
}

const rememberedMax = 10_000

const make = (options: AuthenticationOptions) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const keys = yield* ApiKeys
    const hostTokens = (options.operatorTokens ?? []).map(Redacted.value)
    if (hostTokens.some(({ length }) => length < hostTokenMin))
      return yield* Effect.dieMessage(`an operator token has fewer than ${hostTokenMin} characters`)
    const hostDigests = hostTokens.map(digestOf)
    const applications = new Map<string, Remembered>()

    const ofBearer = (token: string): Effect.Effect<Principal | undefined, PortFailure> => {
      const parsed = ApiKey.parse(token)
      if (parsed === undefined) return matches(hostDigests, digestOf(token)) ? Effect.succeed(host) : nobody
      const { keyId, secret } = parsed
      return Effect.zipWith(keys.find(keyId), Clock.currentTimeMillis, (state, now): Principal | undefined => {
        const known = state === undefined ? [] : ApiKey.digests(state, now)
        if (!matches(known, digestOf(secret)) || state === undefined) return undefined
        const { accountId, role, scopes } = state
        return role === "operator" ? { _tag: "Operator", id: keyId } : { _tag: "Key", id: keyId, accountId, scopes }
      })
    }

    /** The digests of an application's secrets, at most some seconds old. An AppKey cannot be guessed from its digest. */
    const secretsOf = (applicationId: string, now: number): Effect.Effect<Remembered | undefined, PortFailure> => {
      const known = applications.get(applicationId)
      if (known !== undefined && now < known.until) return Effect.succeed(known)
      return accounts.secretsOf(applicationId).pipe(
        Effect.map(({ accountId, secrets }) => {
          const digests = secrets.map((secret) => digestOf(Redacted.value(secret)))
          const found = { accountId, digests, until: now + rememberedMillis }
          if (applications.size >= rememberedMax) applications.clear()
          applications.set(applicationId, found)
          return found
        }),
        Effect.catchTag("UnknownApplication", () => nobody)
      )
    }

    const ofBasic = (encoded: string): Effect.Effect<Principal | undefined, PortFailure> => {
      const text = Either.getOrElse(Encoding.decodeBase64String(encoded), () => "")
      const colon = text.indexOf(":")
      const applicationId = text.slice(0, Math.max(0, colon))
      if (!applicationIds.test(applicationId)) return nobody
      const digest = digestOf(text.slice(colon + 1))
      return Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.map(secretsOf(applicationId, now), (known): Principal | undefined =>
          known !== undefined && matches(known.digests, digest)
            ? { _tag: "Application", id: applicationId, accountId: known.accountId }
            : undefined
        )
      )
    }

    const identify = (authorization: string | undefined): Effect.Effect<Principal | undefined, PortFailure> => {
      if (authorization === undefined) return nobody
      const found = /^(Bearer|Basic) +([^\s]+)$/i.exec(authorization)
      if (found === null) return nobody
      return found[1]!.toLowerCase() === "bearer" ? ofBearer(found[2]!) : ofBasic(found[2]!)
    }

    return { identify }
  })

const applicationIds = /^[0-9]{1,20}$/
