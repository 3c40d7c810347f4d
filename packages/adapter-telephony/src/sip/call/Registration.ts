/**
 * Service: tells a registrar where we are, again and again (RFC 3261, section 10), for trunks that want it. What fails
 * is tried again, with growing pauses.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import * as Digest from "../auth/Digest.ts"
import { natural } from "../message/Grammar.ts"
import * as Message from "../message/Message.ts"
import * as NameAddress from "../message/NameAddress.ts"
import * as SipUri from "../message/SipUri.ts"
import type * as Hop from "../transport/Hop.ts"
import type { UserAgent } from "./UserAgent.ts"

export interface RegistrationOptions {
  readonly hops: Effect.Effect<ReadonlyArray<Hop.Hop>>
  /** Whose registrar it is. */
  readonly domain: string
  readonly account: Digest.Account
  readonly token: () => string
  /** For how long we ask; 3,600 s if absent. */
  readonly seconds?: number
}

export interface Registration {
  readonly isRegistered: () => boolean
}

const leastSeconds = 10
const mostSeconds = 86_400
const firstPauseMillis = 2_000
const longestPauseMillis = 60_000
const partingMillis = 1_000

/** Registers, and stays registered until the scope closes; then it takes it back. */
export const make = (
  agent: Pick<UserAgent, "request" | "contact">,
  options: RegistrationOptions
): Effect.Effect<Registration, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { account, domain, hops, token } = options
    const [callId, localTag] = [token(), token()]
    const uri = SipUri.make({ host: domain })
    const us = SipUri.make({ user: encodeURIComponent(account.user), host: domain })
    let seconds = options.seconds ?? 3_600
    let sequence = 0
    let answered: ReadonlyArray<Digest.Challenge> = []
    const uses = new Map<string, number>()
    let isRegistered = false

    const count = (nonce: string): number => {
      const next = (uses.get(nonce) ?? 0) + 1
      uses.set(nonce, next)
      return next
    }

    /** One REGISTER, with credentials if they are asked for. Answers how long it is good for; 0 if it is not. */
    const register = (hop: Hop.Hop, wanted: number): Effect.Effect<number> =>
      Effect.gen(function* () {
        const contact = agent.contact(hop.protocol)
        const headers = [
          { name: "Contact", value: `<${SipUri.format(contact)}>` },
          { name: "Expires", value: String(wanted) }
        ]
        const parts = { uri, from: us, to: us, callId, localTag, sequence: ++sequence, headers }
        const response = yield* Effect.option(
          agent.request(hop, "REGISTER", parts, (request) =>
            answered.length === 0 ? request : Digest.authorised(request, answered, account, { cnonce: token(), count })
          )
        )
        if (response._tag === "None") return 0
        const { status } = response.value
        if (status === 401 || status === 407) {
          const next = Digest.next(answered, response.value)
          // A nonce of long ago is forgotten: the next round begins anew.
          answered = next ?? []
          return next === undefined ? 0 : yield* register(hop, wanted)
        }
        answered = answered.slice(-1)
        if (status === 423) {
          const least = natural(Message.first(response.value, "Min-Expires") ?? "", mostSeconds)
          if (least === undefined || least <= wanted) return 0
          seconds = least
          return yield* register(hop, least)
        }
        return status >= 200 && status < 300 ? granted(response.value, contact, wanted) : 0
      })

    const attempt: Effect.Effect<number> = Effect.gen(function* () {
      for (const hop of yield* hops) {
        const good = yield* register(hop, seconds)
        if (good > 0) return good
      }
      return 0
    })

    yield* Effect.addFinalizer(() =>
      Effect.gen(function* () {
        const [hop] = yield* hops
        if (isRegistered && hop !== undefined) yield* register(hop, 0)
      }).pipe(Effect.interruptible, Effect.timeoutOption(partingMillis))
    )

    const stay = Effect.gen(function* () {
      let pause = firstPauseMillis
      for (;;) {
        const good = yield* attempt
        if (good > 0 !== isRegistered)
          yield* good > 0 ? Effect.logInfo("Registered") : Effect.logWarning("Not registered")
        isRegistered = good > 0
        if (good > 0) {
          pause = firstPauseMillis
          // Early enough for a second try.
          yield* Effect.sleep(Math.max(good, leastSeconds) * 800)
        } else {
          yield* Effect.sleep(pause)
          pause = Math.min(2 * pause, longestPauseMillis)
        }
      }
    })
    yield* Effect.forkScoped(stay)
    return { isRegistered: () => isRegistered }
  })

/** How long a registration is good for: what our Contact says in the response, or all of it, or what we asked for. */
const granted = (response: Message.Response, contact: SipUri.SipUri, wanted: number): number => {
  for (const element of Message.elements(response, "Contact") ?? []) {
    const address = NameAddress.parse(element, "Contact")
    if (Either.isLeft(address)) continue
    const uri = SipUri.parse(address.right.uri)
    if (Either.isLeft(uri) || uri.right.host !== contact.host || uri.right.port !== contact.port) continue
    const own = natural(address.right.params.get("expires") ?? "", mostSeconds)
    if (own !== undefined) return own
  }
  return natural(Message.first(response, "Expires") ?? "", mostSeconds) ?? wanted
}
