/**
 * Service: what the doors of both of the vendor's wires do alike: they look up the secrets that a request was signed with,
 * count, and answer whatever happens.
 */
import { Accounts } from "@vsms/core/account/Accounts"
import type { UnknownApplication } from "@vsms/core/account/Application"
import * as Discretion from "@vsms/core/Discretion"
import { IdGenerator } from "@vsms/core/IdGenerator"
import { PortFailure } from "@vsms/core/PortFailure"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { TooManyRequests } from "../api/HttpRefusals.ts"
import { AuditLog } from "../auth/AuditLog.ts"
import { rememberedMillis } from "../auth/ApiKeys.ts"
import { standardRate } from "../door/Door.ts"
import type { Answer, Incoming } from "../door/Exchange.ts"
import { type Rate, RateLimit } from "../door/RateLimit.ts"
import * as Traces from "../door/Traces.ts"
import { Traffic } from "../door/Traffic.ts"
import * as VendorCodes from "./VendorCodes.ts"

/** An application that may have signed a request. */
export interface Signer {
  readonly accountId: string
  readonly applicationId: string
  /** Those that work, the newest first. */
  readonly secrets: ReadonlyArray<Redacted.Redacted>
}

/** How a request is answered that was refused, or that broke something. */
export type Refuse = (code: VendorCodes.VendorCode, about: { readonly requestId: string }) => Answer

export interface Reception {
  readonly signer: (applicationId: string) => Effect.Effect<Signer, UnknownApplication | PortFailure>
  /** Takes one request of the application's rate. */
  readonly take: (applicationId: string) => Effect.Effect<void, TooManyRequests>
  /** Carries a request to its answer: always, and never with a failure. */
  readonly received: <E>(
    incoming: Incoming,
    operation: string,
    answered: (requestId: string) => Effect.Effect<Answer, E>,
    refuse: Refuse
  ) => Effect.Effect<Answer>
  /** Records that an application did something, or was refused it. */
  readonly audited: <A, E extends { readonly _tag: string }>(
    by: Signer,
    about: { readonly operation: string; readonly requestId: string },
    effect: Effect.Effect<A, E>
  ) => Effect.Effect<A, E>
}

export const make = (options: { readonly rate?: Rate | undefined }) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const audit = yield* AuditLog
    const ids = yield* IdGenerator
    const traffic = yield* Traffic
    const limit = new RateLimit(options.rate ?? standardRate)
    const remembered = new Map<string, { readonly signer: Signer; readonly until: number }>()

    const signer = (applicationId: string) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const known = remembered.get(applicationId)
        if (known !== undefined && now < known.until) return Effect.succeed(known.signer)
        return Effect.map(accounts.secretsOf(applicationId), ({ accountId, secrets }): Signer => {
          if (remembered.size >= rememberedMax) remembered.clear()
          const found = { accountId, applicationId, secrets }
          remembered.set(applicationId, { signer: found, until: now + rememberedMillis })
          return found
        })
      })

    const take = (applicationId: string) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const retryAfterMillis = limit.take(applicationId, now)
        return retryAfterMillis > 0 ? new TooManyRequests({ retryAfterMillis }) : Effect.void
      })

    const refused = (operation: string, requestId: string, cause: Cause.Cause<unknown>, refuse: Refuse) => {
      const failure = Option.getOrUndefined(Cause.failureOption(cause))
      const code = VendorCodes.codeOf(failure)
      const about = { requestId, operation }
      const logged =
        code === VendorCodes.broken
          ? Effect.annotateLogs(Effect.logError("a request broke", Discretion.ofCause(cause)), about)
          : failure instanceof PortFailure
            ? Effect.annotateLogs(Effect.logWarning(failure.message), about)
            : Effect.void
      return Effect.as(logged, refuse(code, { requestId }))
    }

    const received: Reception["received"] = (incoming, operation, answered, refuse) =>
      Effect.flatMap(Effect.zip(ids.next, Clock.currentTimeMillis), ([requestId, startedAt]) => {
        traffic.begin()
        const carried = Effect.suspend(() => answered(requestId)).pipe(
          Effect.catchAllCause((cause) =>
            Cause.isInterruptedOnly(cause) ? Effect.interrupt : refused(operation, requestId, cause, refuse)
          ),
          Effect.tap(({ status }) =>
            Effect.map(Clock.currentTimeMillis, (now) => traffic.end(operation, status, (now - startedAt) / 1_000))
          ),
          Effect.onInterrupt(() => Effect.sync(() => traffic.end(operation, 499, 0)))
        )
        // Any of them may place a call: it is carried to its end, whether or not its caller still waits.
        return Traces.received("Wire.received", incoming, requestId, Effect.uninterruptible(carried), () => operation)
      })

    const audited: Reception["audited"] = ({ accountId, applicationId }, about, effect) => {
      const record = (problem: string | undefined) =>
        Effect.flatMap(Clock.currentTimeMillis, (at) => {
          const who = { holder: accountId, actor: "application", actorId: applicationId } as const
          return audit.record({ at, ...who, ...about, subject: { applicationId }, status: 200, problem })
        }).pipe(
          Effect.catchAllCause((cause) =>
            Effect.annotateLogs(
              Effect.logError("what was done could not be recorded", Discretion.ofCause(cause)),
              about
            )
          )
        )
      return effect.pipe(
        Effect.tap(() => record(undefined)),
        Effect.tapError(({ _tag }) => record(_tag))
      )
    }

    const reception: Reception = { signer, take, received, audited }
    return reception
  })

const rememberedMax = 10_000
