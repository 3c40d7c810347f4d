/**
 * Adapter: alerts over HTTP. A contact's webhook is posted to directly, under the same guard as callbacks (CBK-3); alerts
 * for e-mail addresses and mobile numbers go to a relay of the deployment's, which speaks to a mail server or a provider
 * of text messages.
 *
 * **Details** Both are posted by `CallbackTransport`: names are looked up once, private networks and redirects are
 * refused, and nothing of URL, header or body is logged. The `webhook-id` is the delivery's: whoever receives can tell a
 * repeat by it, also one by another process.
 */
import { type AlertDelivery, AlertTransport } from "@vsms/core/alert/AlertTransport"
import { type CallbackAnswer, CallbackTransport } from "@vsms/core/callback/CallbackTransport"
import { Hmac } from "@vsms/core/callback/Hmac"
import * as Signature from "@vsms/core/callback/Signature"
import * as TargetUrl from "@vsms/core/TargetUrl"
import { PortFailure } from "@vsms/core/PortFailure"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"

export interface HttpAlertOptions {
  /** Where webhooks of contacts may lead: what `AlertOptions` of core says when they are given. */
  readonly targets: TargetUrl.TargetPolicy
  /** Takes what is for e-mail addresses and mobile numbers. Without one such alerts fail, are tried again, and are given up. */
  readonly relay?: AlertRelay | undefined
  readonly timeoutMillis: number
}

/** The deployment's own, so it may be in a private network. */
export interface AlertRelay {
  readonly url: string
  /** `whsec_…`: what is posted is signed as callbacks are. */
  readonly secret?: Redacted.Redacted | undefined
}

export const defaults: HttpAlertOptions = { targets: TargetUrl.standard, timeoutMillis: 10_000 }

/** So many deliveries are remembered, the latest: of what was delivered before, only the receiver knows. */
const mostRemembered = 10_000

/** Where such an answer comes from, no repeat can help: there is nothing, or it does not take this. */
const finalForWebhook: ReadonlySet<number> = new Set([404, 410, 422])
/** A relay that is not found will be; one that says that an address is none means it. */
const finalForRelay: ReadonlySet<number> = new Set([410, 422])
const finalTroubles: ReadonlySet<string> = new Set(["privateAddress", "redirect"])

const deploymentsOwn: TargetUrl.TargetPolicy = { privateNetworks: true, plainHttp: true }

const fail = (retry: "later" | "never", what: string) =>
  new PortFailure({ port: "AlertTransport", operation: "deliver", retry, cause: new Error(what) })

export const layer = (
  options: Partial<HttpAlertOptions> = {}
): Layer.Layer<AlertTransport, never, CallbackTransport | Hmac> =>
  Layer.effect(
    AlertTransport,
    Effect.gen(function* () {
      const { relay, targets, timeoutMillis } = { ...defaults, ...options }
      const transport = yield* CallbackTransport
      const hmac = yield* Hmac

      const post = (to: {
        readonly url: string
        readonly secret?: Redacted.Redacted | undefined
        readonly policy: TargetUrl.TargetPolicy
        readonly id: string
        readonly body: string
      }) =>
        Effect.gen(function* () {
          const checked = TargetUrl.check(to.policy, to.url)
          // The policy may have become stricter since the contact was taken.
          if (Either.isLeft(checked)) return yield* fail("never", checked.left._tag)
          const timestamp = Math.floor((yield* Clock.currentTimeMillis) / 1_000)
          const headers =
            to.secret === undefined
              ? {
                  "content-type": "application/json; charset=utf-8",
                  "webhook-id": to.id,
                  "webhook-timestamp": String(timestamp)
                }
              : yield* Signature.headers(hmac, [to.secret], { id: to.id, timestamp, body: to.body })
          return yield* transport.post({
            url: checked.right,
            headers,
            body: to.body,
            timeoutMillis,
            allows: (address) => TargetUrl.allows(to.policy, address)
          })
        })

      const deliverOnce = (delivery: AlertDelivery): Effect.Effect<void, PortFailure> => {
        const id = delivery.deliveryId
        if (delivery.channel === "webhook") {
          const to = { url: delivery.address, policy: targets, id, body: JSON.stringify(told(delivery)) }
          return Effect.flatMap(post(to), (answer) => outcome(answer, finalForWebhook))
        }
        if (relay === undefined) {
          return Effect.zipRight(
            Effect.logWarning(`an alert by ${delivery.channel} cannot be delivered: there is no relay for it`).pipe(
              Effect.annotateLogs({ accountId: delivery.accountId, alertId: delivery.alertId })
            ),
            fail("later", "there is no relay")
          )
        }
        const { address, channel, name } = delivery
        const body = JSON.stringify({ ...told(delivery), to: { channel, address, name } })
        const to = { url: relay.url, secret: relay.secret, policy: deploymentsOwn, id, body }
        return Effect.flatMap(post(to), (answer) => outcome(answer, finalForRelay))
      }

      const delivered = new Set<string>()
      const underWay = new Map<string, Deferred.Deferred<void, PortFailure>>()

      return AlertTransport.of({
        deliver: (delivery) =>
          Effect.suspend(() => {
            const id = delivery.deliveryId
            if (delivered.has(id)) return Effect.void
            const other = underWay.get(id)
            if (other !== undefined) return Deferred.await(other)
            const done = Deferred.unsafeMake<void, PortFailure>(FiberId.none)
            underWay.set(id, done)
            return deliverOnce(delivery).pipe(
              Effect.tap(() =>
                Effect.sync(() => {
                  delivered.add(id)
                  const [oldest] = delivered
                  if (delivered.size > mostRemembered && oldest !== undefined) delivered.delete(oldest)
                })
              ),
              Effect.onExit((exit) => {
                underWay.delete(id)
                // Whoever waits for one that was interrupted tries again later.
                const known = exit._tag === "Failure" && exit.cause._tag === "Interrupt"
                return known ? Deferred.fail(done, fail("later", "interrupted")) : Deferred.done(done, exit)
              })
            )
          })
      })
    })
  )

/** What receivers read; names nobody. */
const told = ({ accountId, alertId, facts, firedAt, message }: AlertDelivery) => {
  const { _tag, ...about } = facts
  return {
    type: `alert.${_tag.charAt(0).toLowerCase()}${_tag.slice(1)}`,
    timestamp: new Date(firedAt).toISOString(),
    data: { alertId, accountId, ...message, facts: about }
  }
}

const outcome = (answer: CallbackAnswer, final: ReadonlySet<number>): Effect.Effect<void, PortFailure> => {
  if (answer._tag === "Trouble")
    return Effect.fail(fail(finalTroubles.has(answer.trouble) ? "never" : "later", answer.trouble))
  const { status } = answer
  if (status >= 200 && status < 300) return Effect.void
  return Effect.fail(fail(final.has(status) ? "never" : "later", `status ${status}`))
}
