/**
 * Rules: the laws of the port `CallbackTransport`, put to a transport together with a receiver that it can reach.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { type CallbackAnswer, CallbackTransport } from "../../callback/CallbackTransport.ts"
import { expect, expectEqual, example, forAll, type Law, within } from "../Law.ts"

/** A receiver for the laws. It answers as it is told to, and remembers what it got. */
export class LawReceiver extends Context.Tag("@vsms/core/testing/LawReceiver")<
  LawReceiver,
  {
    /** The address at which the transport finds it, as a URL without a path. Its host is a name, or an IP address. */
    readonly origin: string
    /** What the host in `origin` resolves to. */
    readonly address: string
    /** Answers every later request so; `hang`: never. */
    readonly answer: (how: {
      readonly status: number
      readonly headers?: { readonly [name: string]: string }
      readonly hang?: boolean
    }) => Effect.Effect<void>
    /** The requests so far, the oldest first. Header names are in lower case. */
    readonly received: Effect.Effect<
      ReadonlyArray<{
        readonly path: string
        readonly headers: { readonly [name: string]: string }
        readonly body: string
      }>
    >
  }
>() {}

const request = (origin: string, body = "{}") => ({
  url: `${origin}/hook`,
  headers: { "content-type": "application/json", "webhook-id": "id/1/end" },
  body,
  timeoutMillis: 5_000,
  allows: () => true
})

const carries: Law<CallbackTransport | LawReceiver> = forAll({
  rules: ["CBK-1", "SND-11"],
  sentence: "body and headers arrive byte for byte, once, and the receiver's status comes back",
  given: FastCheck.record({
    body: FastCheck.fullUnicodeString({ maxLength: 500 }),
    status: FastCheck.constantFrom(200, 201, 204, 400, 404, 410, 429, 500, 503)
  }),
  then: ({ body, status }) =>
    Effect.gen(function* () {
      const receiver = yield* LawReceiver
      const before = (yield* receiver.received).length
      yield* receiver.answer({ status })
      const answer = yield* (yield* CallbackTransport).post(request(receiver.origin, body))
      yield* expectEqual(answer._tag === "Status" ? answer.status : answer, status, "the answer")
      const received = (yield* receiver.received).slice(before)
      yield* expectEqual(received.length, 1, "requests received")
      const [{ body: got, headers, path }] = received as [(typeof received)[number]]
      yield* expectEqual([got, path], [body, "/hook"], "body and path")
      yield* expectEqual(
        [headers["content-type"], headers["webhook-id"]],
        ["application/json", "id/1/end"],
        "the headers"
      )
    })
})

const refusesAddresses: Law<CallbackTransport | LawReceiver> = example({
  rules: ["CBK-3"],
  sentence: "an address that is not allowed is not connected to; the address asked about is the resolved one",
  then: Effect.gen(function* () {
    const receiver = yield* LawReceiver
    const transport = yield* CallbackTransport
    const before = (yield* receiver.received).length
    yield* receiver.answer({ status: 200 })
    const asked: Array<string> = []
    const answer = yield* transport.post({
      ...request(receiver.origin),
      allows: (address) => {
        asked.push(address)
        return false
      }
    })
    yield* expectEqual(answer, { _tag: "Trouble", trouble: "privateAddress" }, "the answer")
    yield* expect(asked.includes(receiver.address), `the resolved address is asked about, got ${asked.join()}`)
    yield* expectEqual((yield* receiver.received).length, before, "requests received")
  })
})

const followsNothing: Law<CallbackTransport | LawReceiver> = example({
  rules: ["CBK-3"],
  sentence: "a redirect is not followed",
  then: Effect.gen(function* () {
    const receiver = yield* LawReceiver
    const transport = yield* CallbackTransport
    for (const status of [301, 302, 307, 308]) {
      const before = (yield* receiver.received).length
      yield* receiver.answer({ status, headers: { location: `${receiver.origin}/elsewhere` } })
      const answer: CallbackAnswer = yield* transport.post(request(receiver.origin))
      yield* expectEqual(answer, { _tag: "Trouble", trouble: "redirect" }, `the answer to ${status}`)
      yield* expectEqual((yield* receiver.received).length, before + 1, "requests received")
    }
  })
})

const givesUp: Law<CallbackTransport | LawReceiver> = example({
  rules: ["CBK-2"],
  sentence: "a receiver that does not answer is given up on in time",
  then: Effect.gen(function* () {
    const receiver = yield* LawReceiver
    const transport = yield* CallbackTransport
    yield* receiver.answer({ status: 200, hang: true })
    const post = Effect.withClock(transport.post({ ...request(receiver.origin), timeoutMillis: 50 }), Clock.make())
    const answer = yield* within(5_000, post, "an answer in time")
    yield* expectEqual(answer, { _tag: "Trouble", trouble: "timeout" }, "the answer")
  })
})

const obeysRetryAfter: Law<CallbackTransport | LawReceiver> = example({
  rules: ["CBK-2"],
  sentence: "a receiver's Retry-After in seconds is passed on, and nonsense in it is not",
  then: Effect.gen(function* () {
    const receiver = yield* LawReceiver
    const transport = yield* CallbackTransport
    for (const [text, millis] of [
      ["7", 7_000],
      ["soon", undefined],
      ["-1", undefined]
    ] as const) {
      yield* receiver.answer({ status: 503, headers: { "retry-after": text } })
      const answer = yield* transport.post(request(receiver.origin))
      yield* expectEqual(answer, { _tag: "Status", status: 503, retryAfterMillis: millis }, `Retry-After: ${text}`)
    }
  })
})

export const laws: ReadonlyArray<Law<CallbackTransport | LawReceiver>> = [
  carries,
  refusesAddresses,
  followsNothing,
  givesUp,
  obeysRetryAfter
]
