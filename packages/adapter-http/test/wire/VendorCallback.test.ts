import { once } from "node:events"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import { describe, expect, it } from "@effect/vitest"
import * as HttpCallbackTransport from "@vsms/adapter-http/callback/HttpCallbackTransport"
import * as VendorCallback from "@vsms/adapter-http/wire/VendorCallback"
import { Callbacks } from "@vsms/core/callback/Callbacks"
import type { CallEvent, Channel } from "@vsms/core/dispatch/CallChannel"
import type { Receipt } from "@vsms/core/sending/Receipt"
import { FailureReason } from "@vsms/core/sending/Send"
import * as ScriptedChannel from "@vsms/core/testing/ScriptedChannel"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { settled } from "../callback/Servers.ts"
import * as Wire from "./Wire.ts"

const receipt: Receipt = {
  number: 1,
  sendId: "0".repeat(32),
  accountId: "a",
  applicationId: "1400000000",
  fileId: undefined,
  templateId: "1",
  kind: "notification",
  result: "answered",
  reason: undefined,
  callee: "+8613800138000",
  display: "075500000001",
  acceptedAt: 1_000,
  diallingAt: 2_999,
  ringingAt: 3_000,
  answeredAt: 5_000,
  endedAt: 64_000,
  billedMinutes: 1,
  keys: [],
  ext: "ext"
}

const told = (about: Partial<Receipt>) =>
  VendorCallback.format.render({ ...receipt, ...about }).map(({ body, part }) => [part, JSON.parse(body)])

const whose = { call_from: "075500000001", callid: receipt.sendId, mobile: "13800138000", nationcode: "86" }

describe("callbacks in the vendor's shapes", () => {
  it("CBK-1: an answered call has a status, under the name of its kind", () => {
    const status = { ...whose, result: "0", accept_time: "5", start_calltime: "2", end_calltime: "64", fee: "1" }
    expect(told({})).toEqual([["status", { voiceprompt_callback: status }]])
    expect(told({ kind: "activity" })).toEqual([["status", { voiceprompt_callback: status }]])
    expect(told({ kind: "code" })).toEqual([["status", { voicecode_callback: status }]])
  })

  it("CBK-1: each key that was pressed is told", () => {
    const keys = ["1", "#"].map((key, i) => ({ at: 10_000 + i, key }))
    expect(told({ keys }).slice(1)).toEqual([
      ["key1", { voicekey_callback: { ...whose, keypress: "1" } }],
      ["key2", { voicekey_callback: { ...whose, keypress: "#" } }]
    ])
  })

  it("CBK-1: a failed call has a status and a failure, with a code and a reason of the vendor's table", () => {
    const failed = { result: "failed", answeredAt: undefined, billedMinutes: 0 } as const
    const status = { ...whose, result: "1", accept_time: "0", start_calltime: "2", end_calltime: "64", fee: "0" }
    const failure = { ...whose, failure_code: 1, failure_reason: "关机" }
    expect(told({ ...failed, reason: "poweredOff" })).toEqual([
      ["status", { voiceprompt_callback: status }],
      ["failure", { voice_failure_callback: failure }]
    ])
    const codes = Object.fromEntries(
      FailureReason.literals.map((reason) => {
        const [[, first], [, second]] = told({ ...failed, reason }) as [[string, any], [string, any]]
        const { failure_code, failure_reason } = second.voice_failure_callback
        return [reason, `${first.voiceprompt_callback.result} ${failure_code} ${failure_reason}`]
      })
    )
    expect(codes).toEqual({
      noAnswer: "1 5 无人接听",
      busy: "1 10 用户正忙",
      rejected: "1 10 用户正忙",
      poweredOff: "1 1 关机",
      notInService: "2 31 不在使用中",
      invalidNumber: "2 8 空号",
      suspended: "2 7 停机",
      unreachable: "1 6 暂时无法接通",
      callerBarred: "2 12 呼叫受限，请勿越权使用",
      blocked: "2 12 呼叫受限，请勿越权使用",
      congestion: "2 18 网络忙",
      channelFailure: "2 22 系统正忙",
      speechFailure: "2 11 其他原因",
      noRoute: "2 22 系统正忙",
      fateUnknown: "2 11 其他原因",
      tooLate: "2 11 其他原因",
      numberLapsed: "2 11 其他原因",
      applicationDisabled: "2 11 其他原因",
      templateDeleted: "2 11 其他原因",
      fileDeleted: "2 11 其他原因"
    })
  })

  it("parts are those of the messages; what was erased is empty", () => {
    const failed = { ...receipt, result: "failed", reason: "busy", keys: [{ at: 1, key: "1" }] } as const
    for (const one of [receipt, failed])
      expect(VendorCallback.format.parts(one)).toEqual(VendorCallback.format.render(one).map(({ part }) => part))
    expect(told({ callee: undefined })[0]![1].voiceprompt_callback.mobile).toBe("")
  })
})

/** A receiver as the vendor's customers have one. */
const receiver = Effect.acquireRelease(
  Effect.promise(async () => {
    const received: Array<{ path: string; signed: boolean; json: any }> = []
    const server = Http.createServer(async (request, response) => {
      const pieces: Array<Buffer> = []
      for await (const piece of request) pieces.push(piece as Buffer)
      const json: unknown = JSON.parse(Buffer.concat(pieces).toString())
      received.push({ path: request.url ?? "", signed: "webhook-signature" in request.headers, json })
      // It is busy when it first hears of a failure, as receivers are.
      const isFirst = received.filter(({ json }) => "voice_failure_callback" in json).length === 1
      const refuses = isFirst && "voice_failure_callback" in received.at(-1)!.json
      response.writeHead(refuses ? 503 : 200).end('{"result":0,"errmsg":"OK"}')
    })
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    return { received, server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }),
  ({ server }) => Effect.sync(() => server.close().closeAllConnections())
)

/** The first callee is busy; all others answer and press two keys. */
const channel = (): Channel => {
  const pressed = (events: ReadonlyArray<CallEvent>) =>
    events
      .flatMap((event): ReadonlyArray<CallEvent> =>
        event._tag === "Answered"
          ? [event, ...["1", "#"].map((key, i) => ({ _tag: "KeyPressed", at: event.at + 1_000 + i, key }) as const)]
          : [event]
      )
      .map((event) => ({ event, lateMillis: 0 }))
  const scripted = ScriptedChannel.make({
    story: (_, nth) => (nth === 0 ? ScriptedChannel.failed("busy") : { ...ScriptedChannel.answered, deliver: pressed })
  })
  return { ...scripted, capabilities: { ...scripted.capabilities, keyPresses: true } }
}

describe("a receiver of the vendor's callbacks", () => {
  it.effect("CBK-1, CBK-2: hears of ends, keys and failures until it takes them, each endpoint in its own shape", () =>
    Effect.gen(function* () {
      const { origin, received } = yield* receiver
      const tenant = yield* Wire.tenant()
      const { accountId, applicationId } = tenant
      const callbacks = yield* Callbacks
      yield* callbacks.addEndpoint(accountId, applicationId, { url: `${origin}/vendor`, format: "tencent" })
      yield* callbacks.addEndpoint(accountId, applicationId, { url: `${origin}/native` })
      const tpl_id = Number(yield* Wire.template(tenant, "订单{1}"))
      const seconds = Effect.map(Clock.currentTimeMillis, (now) => Math.floor(now / 1_000))
      /** Time passes until so many have come, with turns of the event loop for what is on the wire. */
      const heard = (count: number) =>
        Effect.repeat(Effect.zipRight(settled, TestClock.adjust("1 second")), {
          until: () => received.length >= count
        })
      const at = yield* seconds
      const busy = yield* Wire.legacy(tenant, "tlsvoicesvr/sendcvoice", { tel: Wire.tel(), msg: "4821" })
      // One in our shape, two in the vendor's, and of these the failure again, as it was not taken.
      yield* heard(4)
      const later = yield* seconds
      const body = { tel: Wire.tel("13900139000"), tpl_id, params: ["A1"], ext: "ext" }
      const answered = yield* Wire.legacy(tenant, "tlsvoicesvr/sendtvoice", body)
      yield* heard(8)
      const ofVendor = received.filter(({ path }) => path === "/vendor")
      expect(received.filter(({ path }) => path === "/native").map(({ signed }) => signed)).toEqual([true, true])
      expect(new Set(ofVendor.map(({ signed }) => signed))).toEqual(new Set([false]))
      const call_from = tenant.number
      const first = { call_from, callid: busy.callid, mobile: "13800138000", nationcode: "86" }
      const failure = { voice_failure_callback: { ...first, failure_code: 10, failure_reason: "用户正忙" } }
      const second = { call_from, callid: answered.callid, mobile: "13900139000", nationcode: "86" }
      const times = (from: number, ...[start, accept, end]: ReadonlyArray<number>) => ({
        start_calltime: String(from + start!),
        accept_time: accept === 0 ? "0" : String(from + accept!),
        end_calltime: String(from + end!)
      })
      const expected = [
        { voicecode_callback: { ...first, ...times(at, 0, 0, 3), result: "1", fee: "0" } },
        failure,
        failure,
        { voiceprompt_callback: { ...second, ...times(later, 0, 5, 15), result: "0", fee: "1" } },
        { voicekey_callback: { ...second, keypress: "1" } },
        { voicekey_callback: { ...second, keypress: "#" } }
      ]
      expect(ofVendor.length).toBe(expected.length)
      expect(ofVendor.map(({ json }) => json)).toEqual(expect.arrayContaining(expected))
    }).pipe(
      Effect.scoped,
      Wire.within({
        channel: channel(),
        callbacks: { formats: [VendorCallback.format], targets: { privateNetworks: true, plainHttp: true } },
        outside: Layer.suspend(() => HttpCallbackTransport.layer())
      })
    )
  )

  it.effect("a deployment that does not have the format says which it has", () =>
    Effect.gen(function* () {
      const { accountId, applicationId } = yield* Wire.tenant()
      const add = (yield* Callbacks).addEndpoint(accountId, applicationId, {
        url: "https://receiver.example.com/",
        format: "tencent"
      })
      expect(yield* Effect.flip(add)).toMatchObject({ _tag: "UnknownFormat", known: ["native"] })
    }).pipe(Wire.within())
  )
})
