/**
 * Service: the vendor's older wire (`/v5/…`): reads and checks a request as its SDKs make them, and answers as they read
 * answers: always with status 200 and JSON. What an operation does is not decided here.
 */
import * as Crypto from "node:crypto"
import { UnknownApplication } from "@vsms/core/account/Application"
import * as SoundFile from "@vsms/core/voicefile/SoundFile"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { standardMaxBytes } from "../door/Door.ts"
import { Answer, type Incoming } from "../door/Exchange.ts"
import type { Call, Operation } from "./LegacyOperation.ts"
import * as Packet from "./LegacyPacket.ts"
import * as LegacySends from "./LegacySends.ts"
import * as LegacySignature from "./LegacySignature.ts"
import * as LegacyTemplates from "./LegacyTemplates.ts"
import * as LegacyVoiceFiles from "./LegacyVoiceFiles.ts"
import type { Reception, Signer } from "./Reception.ts"
import type { Refusal, VendorCode } from "./VendorCodes.ts"
import { BadPacket, ClockOff, NoSuchOperation, SignatureMissing, SignatureWrong } from "./WireRefusals.ts"

/** How far a request's time may be from ours, either way. */
export const toleranceSeconds = 600

/** A file of sound on the wire. */
const uploadMaxBytes = SoundFile.maxBytes

/** What a request says of itself, before it is known to be true. */
interface Claim {
  readonly call: Omit<Call, "signer">
  readonly sig: string
  readonly time: string
  readonly sign: (appKey: string) => string
}

export const make = (reception: Reception) =>
  Effect.gen(function* () {
    const sends = yield* LegacySends.operations
    const templates = yield* LegacyTemplates.operations
    const files = yield* LegacyVoiceFiles.operations
    const operations: { readonly [path: string]: Operation | undefined } = { ...sends, ...templates, ...files }

    const answered = (name: string, operation: Operation | undefined, incoming: Incoming, requestId: string) =>
      Effect.gen(function* () {
        if (operation === undefined) return yield* new NoSuchOperation()
        if (incoming.method !== "POST") return yield* new BadPacket({ field: "" })
        const query = new URLSearchParams(incoming.query)
        const applicationId = query.get("sdkappid") ?? ""
        const random = query.get("random") ?? ""
        const claim = yield* claims[operation.signed ?? "packet"](incoming, query, random)
        if (claim.sig === "") return yield* new SignatureMissing()
        if (!applicationIds.test(applicationId)) return yield* new UnknownApplication()
        const signer = yield* reception.signer(applicationId)
        yield* verified(signer, claim)
        yield* reception.take(applicationId)
        const handled = operation.handle({ ...claim.call, signer })
        const done = operation.audited
          ? yield* reception.audited(signer, { operation: `wire.${name}`, requestId }, handled)
          : yield* handled
        return ok(done)
      })

    const handle = (incoming: Incoming): Effect.Effect<Answer> => {
      const path = incoming.path.slice(prefix.length).replace(/\/$/, "")
      const operation = Object.hasOwn(operations, path) ? operations[path] : undefined
      const name = operation === undefined ? "none" : path.slice(path.indexOf("/") + 1)
      return reception.received(
        incoming,
        `wire.${name}`,
        (requestId): Effect.Effect<Answer, Refusal> => answered(name, operation, incoming, requestId),
        refuse
      )
    }
    return { handle }
  })

/** Every path of this wire begins so. */
export const prefix = "/v5/"

const applicationIds = /^[0-9]{1,20}$/

/** Whether the request was made now, and by whoever has a secret of the application. */
const verified = ({ secrets }: Signer, { sig, sign, time }: Claim) =>
  Effect.flatMap(Clock.currentTimeMillis, (now): Effect.Effect<void, ClockOff | SignatureWrong> => {
    if (Math.abs(now / 1_000 - Number(time)) > toleranceSeconds) return new ClockOff({ toleranceSeconds })
    let found = false
    for (const secret of secrets) if (LegacySignature.same(sign(Redacted.value(secret)), sig)) found = true
    return found ? Effect.void : new SignatureWrong()
  })

/**
 * A signature is good for one request: whoever sends it again, an SDK or a stranger, calls nobody twice. It is the only
 * part of a request that nobody else can make: blanks, escapes and fields that are not looked at are cheap.
 */
const keyOf = (sig: string): string => `wire-${Crypto.createHash("sha256").update(sig.toLowerCase()).digest("hex")}`

const ofPacket = (incoming: Incoming, random: string) =>
  Effect.gen(function* () {
    const bytes = yield* incoming.body(standardMaxBytes)
    const packet = yield* Packet.parse(bytes)
    const sig = (yield* Packet.optionalText(packet, "sig")) ?? ""
    if (sig === "") return yield* new SignatureMissing()
    const time = String(yield* Packet.integer(packet, "time"))
    const { signed, to } = yield* Packet.called(packet)
    const call = { packet, bytes, to, key: keyOf(sig) }
    const claim: Claim = {
      call,
      sig,
      time,
      sign: (appKey) => LegacySignature.of(appKey, { random, time, mobile: signed })
    }
    return claim
  })

type Claims = (incoming: Incoming, query: URLSearchParams, random: string) => Effect.Effect<Claim, Refusal>

const claims: { readonly [S in NonNullable<Operation["signed"]>]: Claims } = {
  packet: (incoming, _query, random) => ofPacket(incoming, random),
  uploaded: (incoming, _query, random) =>
    Effect.gen(function* () {
      const claim = yield* ofPacket(incoming, random)
      const fid = yield* Packet.text(claim.call.packet, "fid")
      const { time } = claim
      return { ...claim, sign: (appKey) => LegacySignature.ofUploaded(appKey, { random, time, fid }) }
    }),
  upload: (incoming, query, random) =>
    Effect.gen(function* () {
      const bytes = yield* incoming.body(uploadMaxBytes)
      const time = query.get("time") ?? ""
      if (!/^[0-9]{1,15}$/.test(time)) return yield* new BadPacket({ field: "time" })
      // Of what came, whatever the header says that it is.
      const contentSha1 = Crypto.createHash("sha1").update(bytes).digest("hex")
      const sig = incoming.header("authorization")?.trim() ?? ""
      return {
        call: { packet: {}, bytes, to: "", key: keyOf(sig) },
        sig,
        time,
        sign: (appKey) => LegacySignature.ofUpload(appKey, { random, time, contentSha1 })
      }
    })
}

const headers = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" }

/** Some of the wire's pages have the text as `msg`, others as `errmsg`: SDKs read either. */
const ok = (fields: { readonly [field: string]: unknown }): Answer =>
  new Answer(200, headers, JSON.stringify({ result: 0, errmsg: "OK", msg: "OK", ...fields }))

const refuse = ({ result, text }: VendorCode): Answer =>
  new Answer(200, headers, JSON.stringify({ result, errmsg: text, msg: text, ext: "" }))
