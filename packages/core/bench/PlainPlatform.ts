/**
 * The same rules without Effect: the decisions of a send's life, called one after the other in a loop, over a `Map`.
 * No indexes, no queues, no statistics, no callbacks: what is left when everything but the rules is taken away.
 */
import * as Either from "effect/Either"
import * as Balance from "../src/balance/Balance.ts"
import * as Acceptance from "../src/sending/Acceptance.ts"
import * as FrequencyLimit from "../src/sending/FrequencyLimit.ts"
import * as Progress from "../src/sending/Progress.ts"
import * as Send from "../src/sending/Send.ts"
import type { SendPolicy } from "../src/sending/SendPolicy.ts"
import * as SendRequest from "../src/sending/SendRequest.ts"
import type { Decision } from "../src/storage/Decision.ts"
import { fresh, type Kind, type Ref, type Row } from "../src/storage/Kind.ts"

export interface PlainOptions {
  readonly accountId: string
  readonly applicationId: string
  readonly templateId: string
  readonly policy: SendPolicy
  /** The rows of what was there before. */
  readonly load: (ref: Ref<any>) => Row<any>
}

export class PlainPlatform {
  private readonly options: PlainOptions
  private readonly rows = new Map<string, Row<any>>()

  constructor(options: PlainOptions) {
    this.options = options
  }

  /** Everything that happens to one send, at one instant. */
  life(sendId: string, input: SendRequest.CodeInput, now: number): Send.State {
    const { accountId, policy, templateId } = this.options
    const request = Either.getOrThrow(SendRequest.ofCode(policy, input))
    const attempt = { ...this.options, sendId, templateId, request }
    const books = Acceptance.refs(attempt, now).map((ref: Ref<any>) => this.get(ref)) as unknown as Acceptance.Books
    const outcome = this.apply(Acceptance.decide({ now, policy, plan: undefined }, attempt, books, undefined))
    if (outcome._tag === "Refused") throw outcome.refusal
    const ref = Send.ref(accountId, sendId)
    const env = { now, keepCodes: policy.keepCodes }
    this.apply(Progress.advance(env, this.get(ref), { _tag: "DialStarted", route: "first", at: now }))
    this.apply(Progress.advance(env, this.get(ref), { _tag: "Ringing", at: now }))
    this.apply(Progress.advance(env, this.get(ref), { _tag: "Answered", at: now }))
    const ending = Progress.endingRefs(ref).map((one) => this.get<any>(one)) as unknown as Progress.EndingBooks
    return this.apply(Progress.finish(env, ending, { _tag: "HungUp", at: now })).state
  }

  balance(): Balance.State {
    return this.get(Balance.ref(this.options.accountId)).state
  }

  private get<K extends Kind.Any>(ref: Ref<K>): Row<K> {
    const name = nameOf(ref)
    const known = this.rows.get(name)
    if (known !== undefined) return known
    if (mostlyNew.has(ref.kind)) return fresh(ref)
    const row = this.options.load(ref)
    this.rows.set(name, row)
    return row
  }

  private apply<A>(decision: Decision<A>): A {
    for (const { expiresAt, personal, ref, state } of decision.changes) {
      const version = (this.rows.get(nameOf(ref))?.version ?? 0) + 1
      this.rows.set(nameOf(ref), { ref, state, personal, version, expiresAt })
    }
    return decision.answer
  }
}

/** Every send has its own, and was not there before. */
const mostlyNew: ReadonlySet<Kind.Any> = new Set<Kind.Any>([Send.kind, FrequencyLimit.kind])

const nameOf = ({ key, kind, owner }: Ref<any>): string => `${kind.name}/${owner}/${key}`
