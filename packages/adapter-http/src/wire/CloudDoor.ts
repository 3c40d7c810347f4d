/**
 * Service: the vendor's API 3.0, version 2020-09-02: reads and checks a request as its SDKs sign them, sends, and answers
 * as they read answers: always with status 200 and JSON.
 */
import * as Crypto from "node:crypto"
import { CalleeNotServed } from "@vsms/core/sending/Callee"
import { Sends } from "@vsms/core/sending/Sends"
import type * as SendRequest from "@vsms/core/sending/SendRequest"
import { BadVerificationCode } from "@vsms/core/sending/VerificationCode"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import { standardMaxBytes } from "../door/Door.ts"
import { Answer, type Incoming } from "../door/Exchange.ts"
import * as CloudSignature from "./CloudSignature.ts"
import * as Packet from "./LegacyPacket.ts"
import type { Reception } from "./Reception.ts"
import type { Refusal, VendorCode } from "./VendorCodes.ts"
import {
  AuthorizationUnreadable,
  CredentialUnknown,
  ForeignApplication,
  NoSuchOperation,
  NoSuchVersion,
  ParameterMissing,
  ParameterWrong,
  SignatureExpired,
  SignatureWrong,
  TokenUnknown
} from "./WireRefusals.ts"

export const version = "2020-09-02"

/** How far a request's time may be from ours, either way. */
export const toleranceSeconds = 300

/** The SecretId of an application; its SecretKey is its AppKey. */
export const secretIdOf = (applicationId: string): string => `AKID${applicationId}`

const secretIds = /^AKID([0-9]{1,20})$/

/** Whether a request is one of this wire. It knows two methods, whatever else could be signed. */
export const isFor = ({ header, method, path, query }: Incoming): boolean =>
  path === "/" &&
  (method === "POST" || (method === "GET" && (header("x-tc-action") !== undefined || /(^|&)Action=/.test(query))))

/** What a request says of itself, before it is known to be true. */
interface Claim {
  readonly secretId: string
  readonly token: string | undefined
  readonly timestamp: string
  readonly action: string
  readonly version: string
  readonly packet: Either.Either<Packet.Packet, Refusal>
  readonly key: string
  readonly verify: (secretKey: string) => boolean
}

export const make = (reception: Reception) =>
  Effect.gen(function* () {
    const sends = yield* Sends

    const answered = (incoming: Incoming, requestId: string) =>
      Effect.gen(function* () {
        const bytes = yield* incoming.body(standardMaxBytes)
        const claim = yield* claimOf(incoming, bytes)
        const found = secretIds.exec(claim.secretId)
        if (found === null) return yield* new CredentialUnknown()
        const applicationId = found[1]!
        const { accountId, secrets } = yield* Effect.catchTag(
          reception.signer(applicationId),
          "UnknownApplication",
          () => new CredentialUnknown()
        )
        const now = yield* Clock.currentTimeMillis
        if (!(Math.abs(now / 1_000 - Number(claim.timestamp)) <= toleranceSeconds))
          return yield* new SignatureExpired({ toleranceSeconds })
        let verified = false
        for (const secret of secrets) if (claim.verify(Redacted.value(secret))) verified = true
        if (!verified) return yield* new SignatureWrong()
        // Who has a temporary key is not one of ours, whatever else was signed.
        if (claim.token !== undefined && claim.token !== "") return yield* new TokenUnknown()
        yield* reception.take(applicationId)
        if (claim.version !== version) return yield* new NoSuchVersion()
        const action = Object.hasOwn(actions, claim.action) ? actions[claim.action] : undefined
        if (action === undefined) return yield* new NoSuchOperation()
        const packet = yield* claim.packet
        const input = yield* action(packet)
        if ((yield* required(packet, "VoiceSdkAppid")) !== applicationId) return yield* new ForeignApplication()
        const outcome = yield* sends.attempt(accountId, applicationId, { ...input, idempotencyKey: claim.key })
        if (outcome._tag === "Refused") return yield* outcome.refusal
        const SendStatus = { CallId: outcome.acceptance.sendId, SessionContext: input.ext ?? "" }
        return answer(incoming, { SendStatus, RequestId: uuidOf(requestId) })
      })

    const handle = (incoming: Incoming): Effect.Effect<Answer> => {
      const action = incoming.header("x-tc-action")
      return reception.received(
        incoming,
        action !== undefined && Object.hasOwn(actions, action) ? `wire.${action}` : "wire.cloud",
        (requestId): Effect.Effect<Answer, Refusal> => answered(incoming, requestId),
        (code, { requestId }) => refused(incoming, code, requestId)
      )
    }
    return { handle }
  })

// ---------------------------------------------------------------------------------------------------------------------
// what is asked for
// ---------------------------------------------------------------------------------------------------------------------

type Input = SendRequest.SendInput | SendRequest.CodeInput

type Action = (packet: Packet.Packet) => Either.Either<Input, Refusal>

const required = (packet: Packet.Packet, field: string): Either.Either<string, ParameterMissing | ParameterWrong> =>
  packet[field] === undefined || packet[field] === null || packet[field] === ""
    ? Either.left(new ParameterMissing({ field }))
    : Either.mapLeft(Packet.text(packet, field), wrong)

const wrong = ({ field }: { readonly field: string }) => new ParameterWrong({ field })

/** What both actions have. */
const common = (packet: Packet.Packet) =>
  Either.gen(function* () {
    const to = yield* required(packet, "CalledNumber")
    const plays = yield* Either.mapLeft(Packet.optionalInteger(packet, "PlayTimes"), wrong)
    const ext = yield* Either.mapLeft(Packet.optionalText(packet, "SessionContext"), wrong)
    // The platform would read more than this wire has.
    if (!to.startsWith("+")) return yield* Either.left(new CalleeNotServed({ problem: "notANumber" }))
    return { to, plays, ext }
  })

const actions: { readonly [action: string]: Action | undefined } = {
  SendCodeVoice: (packet) =>
    Either.gen(function* () {
      const code = yield* required(packet, "CodeMessage")
      // The older wire takes letters, too.
      if (!/^[0-9]+$/.test(code)) return yield* Either.left(new BadVerificationCode({ length: code.length }))
      return { ...(yield* common(packet)), code }
    }),
  SendTtsVoice: (packet) =>
    Either.gen(function* () {
      const templateId = yield* required(packet, "TemplateId")
      const params = yield* Either.mapLeft(Packet.texts(packet, "TemplateParamSet"), wrong)
      return { ...(yield* common(packet)), templateId, params }
    })
}

// ---------------------------------------------------------------------------------------------------------------------
// how it is signed
// ---------------------------------------------------------------------------------------------------------------------

const claimOf = (incoming: Incoming, bytes: Uint8Array): Either.Either<Claim, Refusal> => {
  const header = incoming.header("authorization")
  if (header !== undefined) return ofTc3(incoming, bytes, header)
  const parameters = new URLSearchParams(incoming.method === "POST" ? new TextDecoder().decode(bytes) : incoming.query)
  const method = parameters.get("SignatureMethod") ?? "HmacSHA1"
  if (!parameters.has("Signature") || (method !== "HmacSHA1" && method !== "HmacSHA256"))
    return Either.left(new AuthorizationUnreadable())
  return Either.right({
    secretId: parameters.get("SecretId") ?? "",
    token: parameters.get("Token") ?? undefined,
    timestamp: parameters.get("Timestamp") ?? "",
    action: parameters.get("Action") ?? "",
    version: parameters.get("Version") ?? "",
    packet: Either.right(flat(parameters)),
    key: keyOf(parameters.get("Signature") ?? ""),
    verify: (secretKey) =>
      CloudSignature.verifyParameters(secretKey, {
        method: incoming.method,
        host: incoming.header("host") ?? "",
        parameters
      })
  })
}

const ofTc3 = (
  incoming: Incoming,
  bytes: Uint8Array,
  header: string
): Either.Either<Claim, AuthorizationUnreadable> => {
  const given = CloudSignature.parse(header)
  const timestamp = incoming.header("x-tc-timestamp") ?? ""
  if (given === undefined || !/^[0-9]{1,12}$/.test(timestamp)) return Either.left(new AuthorizationUnreadable())
  const { method, query } = incoming
  const isDay = new Date(Number(timestamp) * 1_000).toISOString().slice(0, 10) === given.date
  // Without the host anybody could be meant, and without the type of the body, anything.
  const isWhole = ["content-type", "host"].every((name) => given.signedHeaders.includes(name))
  return Either.right({
    secretId: given.secretId,
    token: incoming.header("x-tc-token"),
    timestamp,
    action: incoming.header("x-tc-action") ?? "",
    version: incoming.header("x-tc-version") ?? "",
    packet: method === "GET" ? Either.right(flat(new URLSearchParams(query))) : Packet.parse(bytes),
    key: CloudSignature.isUnsigned(incoming.header) ? keyOf(given.signature, bytes) : keyOf(given.signature),
    verify: (secretKey) =>
      isDay &&
      isWhole &&
      CloudSignature.verify(secretKey, given, { method, query, header: incoming.header, body: bytes, timestamp })
  })
}

/**
 * A signature is good for one request: whoever sends it again, an SDK or a stranger, calls nobody twice. It is the only
 * part of a request that nobody else can make: blanks in a header, escapes in a query and parameters that come twice are
 * cheap. Where the body is not signed, one signature stands for all that a client sends in its second.
 */
const keyOf = (signature: string, unsignedBody: Uint8Array = new Uint8Array()): string =>
  `wire-${Crypto.createHash("sha256").update(`${signature}\n`).update(unsignedBody).digest("hex")}`

/** Parameters that were written out one by one: `TemplateParamSet.0`. Numbers come as texts. */
const flat = (parameters: URLSearchParams): Packet.Packet => {
  const packet: Record<string, unknown> = {}
  for (const name of ["CalledNumber", "CodeMessage", "SessionContext", "TemplateId", "VoiceSdkAppid"])
    packet[name] = parameters.get(name) ?? undefined
  const plays = parameters.get("PlayTimes")
  if (plays !== null) packet["PlayTimes"] = /^[0-9]{1,9}$/.test(plays) ? Number(plays) : plays
  const values: Array<string> = []
  for (let i = 0; parameters.has(`TemplateParamSet.${i}`); i++) values.push(parameters.get(`TemplateParamSet.${i}`)!)
  packet["TemplateParamSet"] = values
  return packet
}

// ---------------------------------------------------------------------------------------------------------------------
// how it is answered
// ---------------------------------------------------------------------------------------------------------------------

const answer = (incoming: Incoming, response: object): Answer => {
  const trace = incoming.header("x-tc-traceid")
  const headers = { "content-type": "application/json", "cache-control": "no-store" }
  const traced = trace !== undefined && /^[\w-]{1,64}$/.test(trace) ? { ...headers, "x-tc-traceid": trace } : headers
  return new Answer(200, traced, JSON.stringify({ Response: response }))
}

const refused = (incoming: Incoming, { code, text }: VendorCode, requestId: string): Answer =>
  answer(incoming, { Error: { Code: code, Message: text }, RequestId: uuidOf(requestId) })

/** As the vendor writes them. */
const uuidOf = (id: string): string => id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
