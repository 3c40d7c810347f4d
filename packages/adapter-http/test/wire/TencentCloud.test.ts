/** The vendor's SDK of API 3.0, unchanged, against a server of ours. */
import * as Http from "node:http"
import { NodeServer } from "@vsms/adapter-http/node/NodeServer"
import * as CloudDoor from "@vsms/adapter-http/wire/CloudDoor"
import { Accounts } from "@vsms/core/account/Accounts"
import { Sends } from "@vsms/core/sending/Sends"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Client } from "tencentcloud-sdk-nodejs/tencentcloud/services/vms/v20200902/vms_client.js"
import * as Wire from "./Wire.ts"

interface How {
  readonly secretId?: string
  readonly secretKey?: string
  readonly token?: string
  readonly signMethod?: "TC3-HMAC-SHA256" | "HmacSHA1" | "HmacSHA256"
  readonly reqMethod?: "GET" | "POST"
  readonly endpoint?: string
}

const clientOf = (tenant: Wire.Tenant, how: How = {}) =>
  Effect.gen(function* () {
    const { port } = yield* NodeServer
    const { secretId = CloudDoor.secretIdOf(tenant.applicationId), secretKey = tenant.appKey, signMethod, token } = how
    return new Client({
      credential: { secretId, secretKey, ...(token === undefined ? {} : { token }) },
      region: "ap-guangzhou",
      profile: {
        signMethod: signMethod ?? "TC3-HMAC-SHA256",
        httpProfile: {
          endpoint: how.endpoint ?? `127.0.0.1:${port}`,
          protocol: "http://",
          reqMethod: how.reqMethod ?? "POST",
          // Without one of its own it would take the environment's proxy, for this address too.
          agent: new Http.Agent()
        }
      }
    })
  })

/** What the SDK gives, or the code of the exception that it throws. */
const asked = (ask: () => Promise<any>) => Effect.promise(() => ask().catch((error: { code?: string }) => error))

const ways = (["TC3-HMAC-SHA256", "HmacSHA1", "HmacSHA256"] as const).flatMap((signMethod) =>
  (["POST", "GET"] as const).map((reqMethod) => ({ signMethod, reqMethod }))
)

describe("tencentcloud-sdk-nodejs, unchanged", () => {
  it.effect("SND-1, SND-11: sends by both actions, however it signs", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      const TemplateId = yield* Wire.template(tenant, "订单{1}已发货，{2}送达")
      const VoiceSdkAppid = tenant.applicationId
      const sends = yield* Sends
      yield* Wire.today
      for (const [i, way] of ways.entries()) {
        const client = yield* clientOf(tenant, way)
        const SessionContext = "会话 & {1}=%+"
        const code = { CodeMessage: "4821", CalledNumber: `+861380013800${i}`, VoiceSdkAppid, SessionContext }
        const coded = yield* asked(() => client.SendCodeVoice({ ...code, PlayTimes: 3 }))
        expect([way, coded.code]).toEqual([way, undefined])
        expect(coded.SendStatus.SessionContext).toBe(SessionContext)
        expect(coded.RequestId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
        const { personal, state } = yield* sends.get(tenant.accountId, VoiceSdkAppid, coded.SendStatus.CallId)
        expect(personal).toMatchObject({ callee: code.CalledNumber, ext: SessionContext })
        expect(state.accepted.plays).toBe(3)
        const TemplateParamSet = ["A 1", "明天"]
        const called = { CalledNumber: `+861390013900${i}`, VoiceSdkAppid }
        const told = yield* asked(() => client.SendTtsVoice({ ...called, TemplateId, TemplateParamSet }))
        expect([way, told.code]).toEqual([way, undefined])
        const sent = yield* sends.get(tenant.accountId, VoiceSdkAppid, told.SendStatus.CallId)
        expect(sent.personal?.text).toBe("订单A 1已发货，明天送达")
      }
    }).pipe(Wire.served())
  )

  it.effect("is refused with wrong keys, however it signs", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      const other = yield* Wire.tenant({ number: "000002" })
      yield* Wire.today
      const ask = (how: How) =>
        Effect.gen(function* () {
          const client = yield* clientOf(tenant, how)
          const called = { CalledNumber: "+8613800138000", VoiceSdkAppid: tenant.applicationId }
          return (yield* asked(() => client.SendCodeVoice({ ...called, CodeMessage: "4821" }))).code
        })
      for (const way of ways) {
        expect(yield* ask({ ...way, secretKey: other.appKey })).toBe("AuthFailure.SignatureFailure")
        expect(yield* ask({ ...way, secretId: "AKID1400000000" })).toBe("AuthFailure.SecretIdNotFound")
        expect(yield* ask({ ...way, secretId: "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE" })).toBe(
          "AuthFailure.SecretIdNotFound"
        )
        expect(yield* ask({ ...way, token: "temporary" })).toBe("AuthFailure.TokenFailure")
        const secretId = CloudDoor.secretIdOf(other.applicationId)
        const foreign = yield* ask({ ...way, secretId, secretKey: other.appKey })
        expect(foreign).toBe("UnauthorizedOperation.VoiceSdkAppidVerifyFail")
      }
      yield* TestClock.adjust("6 minutes")
      for (const way of ways) expect(yield* ask(way)).toBe("AuthFailure.SignatureExpire")
    }).pipe(Wire.served())
  )

  it.effect("is told what a rule says", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      const VoiceSdkAppid = tenant.applicationId
      const TemplateId = yield* Wire.template(tenant, "订单{1}")
      const client = yield* clientOf(tenant)
      yield* Wire.today
      const code = (CalledNumber: string, CodeMessage: string, PlayTimes?: number) =>
        Effect.map(
          asked(() => client.SendCodeVoice({ CalledNumber, CodeMessage, VoiceSdkAppid, PlayTimes: PlayTimes! })),
          (answer) => answer.code
        )
      const tts = (id: string, ...TemplateParamSet: Array<string>) =>
        Effect.map(
          asked(() =>
            client.SendTtsVoice({ CalledNumber: "+8613800138000", VoiceSdkAppid, TemplateId: id, TemplateParamSet })
          ),
          (answer) => answer.code
        )
      const called = "+8613800138000"
      expect(yield* code("13800138000", "4821")).toBe("InvalidParameterValue.CalledNumberVerifyFail")
      expect(yield* code("+12025550100", "4821")).toBe("InvalidParameterValue.CalledNumberVerifyFail")
      expect(yield* code(called, "48a1")).toBe("FailedOperation.InvalidParameters")
      expect(yield* code(called, "")).toBe("MissingParameter")
      expect(yield* code(called, "4821", 4)).toBe("FailedOperation.InvalidParameters")
      expect(yield* code(called, "4821", 1.5)).toBe("InvalidParameter")
      expect(yield* tts("1")).toBe("FailedOperation.TemplateIncorrectOrUnapproved")
      expect(yield* tts(TemplateId)).toBe("FailedOperation.TemplateIncorrectOrUnapproved")
      expect(yield* tts(TemplateId, "a".repeat(16))).toBe("InvalidParameterValue.ContentLengthLimit")
      expect(yield* code(called, "4821")).toBeUndefined()
      expect(yield* code(called, "4822")).toBe("LimitExceeded.DeliveryFrequencyLimit")
      const nothing = yield* asked(() => client.request("SendNothing", {}))
      expect(nothing.code).toBe("InvalidAction")
      yield* (yield* Accounts).disableApplication(tenant.accountId, VoiceSdkAppid)
      expect(yield* code(called, "4823")).toBe("UnauthorizedOperation.SdkAppidIsDisabled")
    }).pipe(Wire.served())
  )
})
