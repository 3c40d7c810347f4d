/**
 * Service: tells applications how their sends ended (CBK-1): which endpoints they have, what was delivered there, and
 * the worker that delivers it. Receipts can be pulled as well: that is `Sends.receipts`.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Application from "../account/Application.ts"
import * as AppSecret from "../account/AppSecret.ts"
import { IdGenerator } from "../IdGenerator.ts"
import { type InvalidInput, parser } from "../InvalidInput.ts"
import * as Now from "../Now.ts"
import type { PortFailure } from "../PortFailure.ts"
import * as Metrics from "../Metrics.ts"
import * as Spans from "../Spans.ts"
import type * as Explanation from "../sending/Explanation.ts"
import * as Receipt from "../sending/Receipt.ts"
import * as Send from "../sending/Send.ts"
import { Sends, type UnknownSend } from "../sending/Sends.ts"
import * as Decision from "../storage/Decision.ts"
import { Journal } from "../storage/Journal.ts"
import type { Row } from "../storage/Kind.ts"
import { type Cursor, type Page, Records } from "../storage/Records.ts"
import type { Outcome } from "../storage/Worker.ts"
import type { Lease } from "../storage/WorkQueue.ts"
import * as TargetUrl from "../TargetUrl.ts"
import * as CallbackFormat from "./CallbackFormat.ts"
import { type CallbackAnswer, CallbackTransport } from "./CallbackTransport.ts"
import * as Delivery from "./Delivery.ts"
import * as Endpoint from "./Endpoint.ts"
import { Hmac } from "./Hmac.ts"
import * as RetryPlan from "./RetryPlan.ts"
import * as Signature from "./Signature.ts"

/** What a deployment decides for all callbacks. */
export interface CallbackOptions {
  readonly targets: TargetUrl.TargetPolicy
  /** Beside the native one. */
  readonly formats: ReadonlyArray<CallbackFormat.CallbackFormat>
  /** How long a receiver may take to answer. */
  readonly timeoutMillis: number
  /** How long a delivery and its tries can be seen, from its order on. */
  readonly keepMillis: number
}

export const standard: CallbackOptions = {
  targets: TargetUrl.standard,
  formats: [],
  timeoutMillis: 10_000,
  keepMillis: 30 * 86_400_000
}

/** An endpoint as its holder sees it: the URL without what may be a token in it, and no secret. */
export interface EndpointView {
  readonly endpointId: string
  /** Origin and path. */
  readonly url: string
  readonly format: Endpoint.Format
  readonly enabled: boolean
  readonly createdAt: number
}

/** The only time that the secret is handed out. */
export interface NewEndpoint {
  readonly endpointId: string
  /** As Standard Webhooks libraries take it: `whsec_…`. */
  readonly secret: Redacted.Redacted
}

/** Why a send was accepted or refused, what became of it, and which callbacks went out. */
export type CallExplanation = Explanation.Explanation & { readonly callbacks: ReadonlyArray<DeliveryView> }

export interface DeliveryView extends Delivery.State {
  /** Stable over all tries: what receivers see as `webhook-id`. */
  readonly deliveryId: string
}

type UrlRefusal = TargetUrl.UnusableUrl | TargetUrl.PrivateTarget

export class Callbacks extends Context.Tag("@vsms/core/callback/Callbacks")<
  Callbacks,
  {
    /** Registers a URL. From now on every send of the application that ends is told there, at least once. */
    readonly addEndpoint: (
      accountId: string,
      applicationId: string,
      input: { readonly url: string; readonly format?: string }
    ) => Effect.Effect<
      NewEndpoint,
      | InvalidInput
      | Application.UnknownApplication
      | UrlRefusal
      | Endpoint.UnknownFormat
      | Endpoint.TooManyEndpoints
      | PortFailure
    >
    readonly endpoints: (
      accountId: string,
      applicationId: string
    ) => Effect.Effect<ReadonlyArray<EndpointView>, PortFailure>
    readonly changeEndpoint: (
      accountId: string,
      applicationId: string,
      endpointId: string,
      input: { readonly url?: string; readonly format?: string; readonly enabled?: boolean }
    ) => Effect.Effect<
      void,
      InvalidInput | UrlRefusal | Endpoint.UnknownFormat | Endpoint.UnknownEndpoint | PortFailure
    >
    /** Removes an endpoint for good. Removing it again changes nothing. */
    readonly removeEndpoint: (
      accountId: string,
      applicationId: string,
      endpointId: string
    ) => Effect.Effect<void, PortFailure>
    /** A new secret; the old ones sign along for `overlapMillis`, at most 24 h. */
    readonly rotateSecret: (
      accountId: string,
      applicationId: string,
      endpointId: string,
      input: { readonly overlapMillis: number }
    ) => Effect.Effect<
      NewEndpoint,
      InvalidInput | Endpoint.UnknownEndpoint | AppSecret.OverlapTooLong | AppSecret.TooManySecrets | PortFailure
    >
    /** The application's deliveries, the newest first. */
    readonly deliveries: (
      accountId: string,
      applicationId: string,
      page?: { readonly limit?: number; readonly after?: Cursor | undefined }
    ) => Effect.Effect<Page<DeliveryView>, InvalidInput | PortFailure>
    /** What went out for one send: the callbacks' part of explaining a call. */
    readonly ofSend: (accountId: string, sendId: string) => Effect.Effect<ReadonlyArray<DeliveryView>, PortFailure>
    /** Delivers once more, whatever became of it before (CBK-2). */
    readonly replay: (
      accountId: string,
      deliveryId: string
    ) => Effect.Effect<void, Delivery.UnknownDelivery | PortFailure>
    /** One record of a send: gate by gate, step by step, who paid, and what went out (the whole of *explain a call*). */
    readonly explain: (
      accountId: string,
      applicationId: string,
      sendId: string
    ) => Effect.Effect<CallExplanation, UnknownSend | PortFailure>
    readonly handlers: {
      /** Orders the deliveries of a send that has ended, or makes one try of one of them. */
      readonly callback: (lease: Lease) => Effect.Effect<Outcome, PortFailure>
    }
  }
>() {
  static readonly layer = (
    given: Partial<CallbackOptions> = {}
  ): Layer.Layer<Callbacks, never, CallbackTransport | Hmac | IdGenerator | Journal | Records | Sends> =>
    Layer.effect(
      Callbacks,
      Effect.map(
        Effect.all({
          transport: CallbackTransport,
          hmac: Hmac,
          ids: IdGenerator,
          journal: Journal,
          records: Records,
          sends: Sends
        }),
        (ports) => make({ ...standard, ...given }, ports)
      )
    )
}

interface Ports {
  readonly transport: typeof CallbackTransport.Service
  readonly hmac: typeof Hmac.Service
  readonly ids: typeof IdGenerator.Service
  readonly journal: typeof Journal.Service
  readonly records: typeof Records.Service
  readonly sends: typeof Sends.Service
}

const make = (options: CallbackOptions, ports: Ports): typeof Callbacks.Service => {
  const { hmac, ids, journal, records, sends, transport } = ports
  const formats = new Map([CallbackFormat.native, ...options.formats].map((format) => [format.name, format]))

  const checkFormat = (format: string): Either.Either<string, Endpoint.UnknownFormat> =>
    formats.has(format) ? Either.right(format) : Either.left(new Endpoint.UnknownFormat({ known: [...formats.keys()] }))

  const newSecret = Effect.all({
    id: ids.next,
    value: Effect.map(ids.secret, (secret) =>
      Redacted.make(Signature.prefix + Encoding.encodeBase64(Redacted.value(secret)))
    )
  })

  // --- endpoints ---

  const addEndpoint = Effect.fn("Callbacks.addEndpoint")(function* (
    accountId: string,
    applicationId: string,
    input: { readonly url: string; readonly format?: string }
  ) {
    yield* Effect.annotateCurrentSpan({ accountId, applicationId })
    const { format: name = CallbackFormat.native.name, url: text } = yield* parseEndpoint(input)
    const url = yield* TargetUrl.check(options.targets, text)
    const format = yield* checkFormat(name)
    const endpointId = yield* ids.next
    const secret = yield* newSecret
    const now = yield* Clock.currentTimeMillis
    const refs = [Application.ref(accountId, applicationId), Endpoint.ref(accountId, applicationId)] as const
    yield* journal.transact(refs, ([application, endpoints]) =>
      Either.gen(function* () {
        if (!application.state.exists) return yield* Either.left(new Application.UnknownApplication())
        const command = { endpointId, format, secretId: secret.id }
        const events = yield* Endpoint.add({ now }, endpoints.state, command)
        const urls = [...(endpoints.personal?.urls ?? []), { endpointId, url: Redacted.make(url) }]
        const secrets = [...(endpoints.personal?.secrets ?? []), secret]
        const change = Decision.change(endpoints, events, { personal: { urls, secrets } })
        return Decision.make(undefined, { changes: [change] })
      })
    )
    return { endpointId, secret: secret.value }
  })

  const endpoints = Effect.fn("Callbacks.endpoints")(function* (accountId: string, applicationId: string) {
    yield* Effect.annotateCurrentSpan({ accountId, applicationId })
    const { personal, state } = yield* journal.load(Endpoint.ref(accountId, applicationId))
    return state.endpoints.map(({ createdAt, enabled, format, id }) => ({
      endpointId: id,
      url: withoutQuery(urlOf(personal, id)),
      format,
      enabled,
      createdAt
    }))
  })

  const changeEndpoint = Effect.fn("Callbacks.changeEndpoint")(function* (
    accountId: string,
    applicationId: string,
    endpointId: string,
    input: { readonly url?: string; readonly format?: string; readonly enabled?: boolean }
  ) {
    yield* Effect.annotateCurrentSpan({ accountId, applicationId })
    const { enabled, format, url: text } = yield* parseChange(input)
    const url = text === undefined ? undefined : yield* TargetUrl.check(options.targets, text)
    if (format !== undefined) yield* checkFormat(format)
    const now = yield* Clock.currentTimeMillis
    yield* journal.transact([Endpoint.ref(accountId, applicationId)], ([row]) =>
      Either.map(Endpoint.change({ now }, row.state, { endpointId, format, enabled }), (events) => {
        const change = Decision.change(row, events)
        const { secrets, urls } = Endpoint.kept(row.personal, change.state)
        const moved = urls.map((known) =>
          known.endpointId === endpointId && url !== undefined ? { endpointId, url: Redacted.make(url) } : known
        )
        return Decision.make(undefined, { changes: [{ ...change, personal: { secrets, urls: moved } }] })
      })
    )
  })

  const removeEndpoint = Effect.fn("Callbacks.removeEndpoint")(function* (
    accountId: string,
    applicationId: string,
    endpointId: string
  ) {
    yield* Effect.annotateCurrentSpan({ accountId, applicationId })
    const now = yield* Clock.currentTimeMillis
    yield* journal.transact([Endpoint.ref(accountId, applicationId)], ([row]) => {
      const events = Endpoint.remove({ now }, row.state, endpointId)
      if (events.length === 0) return Either.right(Decision.answer(undefined))
      const change = Decision.change(row, events)
      const personal = Endpoint.kept(row.personal, change.state)
      return Either.right(Decision.make(undefined, { changes: [{ ...change, personal }] }))
    })
  })

  const rotateSecret = Effect.fn("Callbacks.rotateSecret")(function* (
    accountId: string,
    applicationId: string,
    endpointId: string,
    input: { readonly overlapMillis: number }
  ) {
    yield* Effect.annotateCurrentSpan({ accountId, applicationId })
    const { overlapMillis } = yield* parseRotate(input)
    const secret = yield* newSecret
    const now = yield* Clock.currentTimeMillis
    yield* journal.transact([Endpoint.ref(accountId, applicationId)], ([row]) =>
      Either.map(Endpoint.rotate({ now }, row.state, { endpointId, secretId: secret.id, overlapMillis }), (events) => {
        const change = Decision.change(row, events)
        const urls = row.personal?.urls ?? []
        const personal = Endpoint.kept({ urls, secrets: [...(row.personal?.secrets ?? []), secret] }, change.state)
        return Decision.make(undefined, { changes: [{ ...change, personal }] })
      })
    )
    return { endpointId, secret: secret.value }
  })

  // --- deliveries ---

  const deliveries = Effect.fn("Callbacks.deliveries")(function* (
    accountId: string,
    applicationId: string,
    page?: { readonly limit?: number; readonly after?: Cursor | undefined }
  ) {
    yield* Effect.annotateCurrentSpan({ accountId, applicationId })
    const { after, limit = 20 } = yield* parsePage(page ?? {})
    const listed = yield* records.list({
      kind: Delivery.kind,
      index: "byApplication",
      partition: applicationId,
      after,
      limit,
      descending: true
    })
    // An application's deliveries are all its account's: whoever names another's application finds nothing.
    const isTheirs = listed.items.every(({ ref }) => ref.owner === accountId)
    return isTheirs ? { items: listed.items.map(viewOf), next: listed.next } : { items: [], next: undefined }
  })

  const ofSend = Effect.fn("Callbacks.ofSend")(function* (accountId: string, sendId: string) {
    yield* Effect.annotateCurrentSpan({ accountId, sendId })
    const listed = yield* records.list({ kind: Delivery.kind, index: "bySend", partition: sendId, limit: 100 })
    return listed.items.filter(({ ref }) => ref.owner === accountId).map(viewOf)
  })

  const replay = Effect.fn("Callbacks.replay")(function* (accountId: string, deliveryId: string) {
    yield* Effect.annotateCurrentSpan({ accountId })
    const now = yield* Clock.currentTimeMillis
    yield* journal.transact([Delivery.ref(accountId, deliveryId)], ([row]) => {
      const events = Delivery.replay({ now }, row.state)
      return events instanceof Delivery.UnknownDelivery
        ? Either.left(events)
        : Either.right(
            Decision.make(undefined, {
              changes: [Decision.change(row, events)],
              work: [Decision.enqueue("callback", row.ref, now)]
            })
          )
    })
  })

  // --- the worker: a send is told to all endpoints; what is tried again, or goes to several, is work of its own ---

  const callback = (lease: Lease): Effect.Effect<Outcome, PortFailure> =>
    lease.key.includes("/") ? attempt(lease) : tell(lease)

  /** Tells of a send. Doing it again tells nobody twice of whom it is known. */
  const tell = ({ key: sendId, owner }: Lease): Effect.Effect<Outcome, PortFailure> =>
    Effect.flatMap(journal.load(Send.ref(owner, sendId)), (send) => {
      const receipt = Receipt.of(send)
      if (receipt === undefined) return done
      return Effect.flatMap(journal.load(Endpoint.ref(owner, receipt.applicationId)), (endpoints) => {
        const [part, ...more] = partsOf(receipt, endpoints.state.endpoints)
        if (part === undefined) return done
        return more.length === 0
          ? tellAtOnce(send, endpoints, part)
          : Now.use((now) => orderParts(owner, [part, ...more], now))
      })
    })

  /** What is to be told of a receipt: each message of each endpoint is a delivery of its own. */
  const partsOf = (receipt: Receipt.Receipt, endpoints: ReadonlyArray<Endpoint.Endpoint>) => {
    const { applicationId, sendId } = receipt
    return endpoints.flatMap(({ enabled, format, id: endpointId }) =>
      enabled
        ? (formats.get(format)?.parts(receipt) ?? []).map((part) => ({ applicationId, sendId, endpointId, part }))
        : []
    )
  }

  type Part = ReturnType<typeof partsOf>[number]

  const ordered = (part: Part, at: number): Delivery.Event => ({ _tag: "DeliveryOrdered", ...part, at })

  const orderParts = (owner: string, parts: ReadonlyArray<Part>, now: number): Effect.Effect<Outcome, PortFailure> =>
    journal.transact(
      parts.map((part) => Delivery.ref(owner, Delivery.keyOf(part))),
      (rows) => {
        const fresh = rows.flatMap((row, i) => (row.version === 0 ? [{ row, part: parts[i]! }] : []))
        const expiresAt = now + options.keepMillis
        return Either.right(
          Decision.make(undefined, {
            changes: fresh.map(({ part, row }) => Decision.change(row, [ordered(part, now)], { expiresAt })),
            work: fresh.map(({ row }) => Decision.enqueue("callback", row.ref, now))
          })
        )
      }
    )

  /**
   * One message for one endpoint, as nearly always: it is posted now, and recorded once with what came of it. Where that
   * is another try, the delivery goes on as work of its own. A process that dies before it has recorded the try leaves
   * the send to be told of again, under the same `webhook-id`.
   */
  const tellAtOnce = (
    send: Row<typeof Send.kind>,
    endpoints: Row<typeof Endpoint.kind>,
    part: Part
  ): Effect.Effect<Outcome, PortFailure> => {
    const ref = Delivery.ref(send.ref.owner, Delivery.keyOf(part))
    const record = (answer: CallbackAnswer, at: number) =>
      Now.use((now) => {
        count(answer)
        return journal.transact([ref], ([row]) => {
          if (row.version > 0) return Either.right(Decision.answer(undefined))
          const order = ordered(part, at)
          const tried = Delivery.tried(Delivery.evolve(row.state, order), outcomeOf(answer, at, now - at))
          const change = Decision.change(row, [order, ...tried], { expiresAt: at + options.keepMillis })
          const { nextAt } = change.state
          const work = nextAt === undefined ? [] : [Decision.enqueue("callback", ref, nextAt)]
          return Either.right(Decision.make(undefined, { changes: [change], work }))
        })
      })
    return Effect.flatMap(journal.load(ref), ({ version }) =>
      version > 0
        ? done
        : Now.use((at) => Effect.flatMap(post(ref.key, part, send, endpoints, at), (answer) => record(answer, at)))
    )
  }

  /** Makes one try, and records it. */
  const attempt = ({ key, owner }: Lease): Effect.Effect<Outcome, PortFailure> => {
    const ref = Delivery.ref(owner, key)
    const record = (answer: CallbackAnswer, at: number) =>
      Now.use((now) => {
        count(answer)
        const outcome = outcomeOf(answer, at, now - at)
        return journal.transact([ref], ([row]) => {
          const events = Delivery.tried(row.state, outcome)
          if (events.length === 0) return Either.right(Decision.answer(undefined))
          const change = Decision.change(row, events)
          return Either.right(Decision.make(change.state.nextAt, { changes: [change] }))
        })
      })
    return Effect.flatMap(journal.load(ref), ({ state }) =>
      state.status === "pending"
        ? Effect.flatMap(journal.load(Endpoint.ref(owner, state.applicationId)), (endpoints) =>
            Effect.flatMap(journal.load(Send.ref(owner, state.sendId)), (send) =>
              Now.use((at) => Effect.flatMap(post(key, state, send, endpoints, at), (answer) => record(answer, at)))
            )
          )
        : done
    )
  }

  const post = (
    key: string,
    { endpointId, part }: Pick<Delivery.State, "endpointId" | "part">,
    send: Row<typeof Send.kind>,
    endpoints: Row<typeof Endpoint.kind>,
    now: number
  ): Effect.Effect<CallbackAnswer, PortFailure> => {
    const receipt = Receipt.of(send)
    const endpoint = Endpoint.find(endpoints.state, endpointId)
    const url = urlOf(endpoints.personal, endpointId)
    const format = endpoint === undefined ? undefined : formats.get(endpoint.format)
    const message = receipt && format?.render(receipt).find((one) => one.part === part)
    if (endpoint === undefined || format === undefined || url === undefined || message === undefined)
      return Effect.succeed(gone)
    const { body } = message
    /** Its receiver can go on with the trace: the header is none of those that are signed. */
    const sent = (headers: Headers) =>
      Effect.withFiberRuntime<CallbackAnswer, PortFailure>((fiber) => {
        const traceparent = Spans.current(fiber)
        return transport.post({
          url: Redacted.value(url),
          headers: traceparent === undefined ? headers : { ...headers, traceparent },
          body,
          timeoutMillis: options.timeoutMillis,
          allows: (address) => TargetUrl.allows(options.targets, address)
        })
      })
    const deliver = (headers: Headers) =>
      Spans.within(
        "CallbackTransport.post",
        () => ({ "http.request.method": "POST", sendId: send.ref.key, endpointId }),
        Effect.catchAll(sent(headers), (failure) => Effect.succeed(brokenTransport(failure))),
        { kind: "client", outcome: answered }
      )
    if (!format.signed) return deliver(unsigned)
    const secrets = AppSecret.usableSecrets({ state: endpoint, personal: endpoints.personal }, now)
    const signed = { id: key, timestamp: Math.floor(now / 1_000), body }
    return Effect.flatMap(Signature.headers(hmac, secrets, signed), deliver)
  }

  const explain = Effect.fn("Callbacks.explain")(function* (accountId: string, applicationId: string, sendId: string) {
    yield* Effect.annotateCurrentSpan({ accountId, applicationId, sendId })
    const explanation = yield* sends.explain(accountId, applicationId, sendId)
    return { ...explanation, callbacks: yield* ofSend(accountId, sendId) }
  })

  return {
    addEndpoint,
    endpoints,
    changeEndpoint,
    removeEndpoint,
    rotateSecret,
    deliveries,
    ofSend,
    replay,
    explain,
    handlers: { callback }
  }
}

const done: Effect.Effect<Outcome> = Effect.succeed(undefined)

type Headers = { readonly [name: string]: string }

const unsigned: Headers = { "content-type": "application/json; charset=utf-8" }

/** The endpoint was removed, or its format is spoken no more, or the send is forgotten: nobody is there to be told. */
const gone: CallbackAnswer = { _tag: "Trouble", trouble: "endpointGone" }

/** A transport that is broken is a try like any other, and has its place in the plan; what it can never send is dropped. */
const brokenTransport = ({ retry }: PortFailure): CallbackAnswer => ({
  _tag: "Trouble",
  trouble: retry === "never" ? "unsendable" : "transport"
})

/** What a span says of an answer. Which URL it was, is the endpoint's. */
const answered = (answer: CallbackAnswer): Spans.Attributes =>
  answer._tag === "Status" ? { "http.response.status_code": answer.status } : { "error.type": answer.trouble }

const count = (answer: CallbackAnswer): void =>
  Metrics.calledBack(answer._tag === "Status" ? `${Math.floor(answer.status / 100)}xx` : answer.trouble)

const outcomeOf = (answer: CallbackAnswer, at: number, tookMillis: number): Delivery.Outcome =>
  answer._tag === "Status"
    ? {
        attempt: { at, tookMillis, status: answer.status },
        retryAfterMillis: answer.retryAfterMillis && Math.min(answer.retryAfterMillis, RetryPlan.spanMillis)
      }
    : { attempt: { at, tookMillis, trouble: answer.trouble } }

const viewOf = (row: Row<typeof Delivery.kind>): DeliveryView => ({ ...row.state, deliveryId: row.ref.key })

const urlOf = (personal: Endpoint.Personal | undefined, endpointId: string): Redacted.Redacted | undefined =>
  personal?.urls.find((known) => known.endpointId === endpointId)?.url

const withoutQuery = (url: Redacted.Redacted | undefined): string => {
  if (url === undefined) return ""
  const { origin, pathname } = new URL(Redacted.value(url))
  return origin + pathname
}

const parseEndpoint = parser(Schema.Struct({ url: Schema.String, format: Schema.optional(Schema.String) }))

const parseChange = parser(
  Schema.Struct({
    url: Schema.optional(Schema.String),
    format: Schema.optional(Schema.String),
    enabled: Schema.optional(Schema.Boolean)
  })
)

const parseRotate = parser(Schema.Struct({ overlapMillis: Schema.Int.pipe(Schema.nonNegative()) }))

const parsePage = parser(
  Schema.Struct({
    limit: Schema.optional(Schema.Int.pipe(Schema.between(1, 1_000))),
    after: Schema.optional(Schema.Struct({ at: Schema.Number, key: Schema.String }))
  })
)
