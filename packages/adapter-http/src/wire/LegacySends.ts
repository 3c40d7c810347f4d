/**
 * Service: the operations of the older wire that send.
 */
import { Sends } from "@vsms/core/sending/Sends"
import type * as SendRequest from "@vsms/core/sending/SendRequest"
import * as BoundedText from "@vsms/core/account/BoundedText"
import * as TemplateText from "@vsms/core/template/TemplateText"
import { Templates, type TemplateView } from "@vsms/core/template/Templates"
import type { Cursor } from "@vsms/core/storage/Records"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { rememberedMillis } from "../auth/ApiKeys.ts"
import type { Call, Operation } from "./LegacyOperation.ts"
import * as Packet from "./LegacyPacket.ts"
import * as SpokenText from "./SpokenText.ts"
import { BadPacket, NotSupported, NoTemplateMatches, TextTooLong } from "./WireRefusals.ts"

export const operations = Effect.gen(function* () {
  const sends = yield* Sends
  const templates = yield* Templates
  const approved = approvedOf(templates)

  const attempt = ({ key, packet, signer, to }: Call, input: Part) =>
    Effect.gen(function* () {
      if (to === "") return yield* new BadPacket({ field: "tel" })
      const plays = yield* Packet.optionalInteger(packet, "playtimes")
      const ext = yield* Packet.optionalText(packet, "ext")
      const { accountId, applicationId } = signer
      const outcome = yield* sends.attempt(accountId, applicationId, { ...input, to, plays, ext, idempotencyKey: key })
      if (outcome._tag === "Refused") return yield* outcome.refusal
      return { callid: outcome.acceptance.sendId, ext: ext ?? "" }
    })

  const code: Operation = {
    handle: (call) => Effect.flatMap(Packet.text(call.packet, "msg"), (msg) => attempt(call, { code: msg }))
  }

  const template: Operation = {
    handle: (call) =>
      Effect.gen(function* () {
        const { packet } = call
        const [templateId, ...more] = yield* Packet.ids(packet, "tpl_id")
        if (templateId === undefined || more.length > 0) return yield* new BadPacket({ field: "tpl_id" })
        return yield* attempt(call, { templateId, params: yield* Packet.texts(packet, "params") })
      })
  }

  const prompt: Operation = {
    handle: (call) =>
      Effect.gen(function* () {
        const { packet, signer } = call
        const text = yield* Packet.text(packet, "promptfile")
        if ((yield* Packet.integer(packet, "prompttype")) !== promptType)
          return yield* new BadPacket({ field: "prompttype" })
        const length = BoundedText.lengthOf(text)
        if (length > TemplateText.contentMax) return yield* new TextTooLong({ length, limit: TemplateText.contentMax })
        const { accountId, applicationId } = signer
        const found =
          SpokenText.find(yield* approved.remembered(accountId, applicationId), text) ??
          SpokenText.find(yield* approved.now(accountId, applicationId), text)
        if (found === undefined) return yield* new NoTemplateMatches()
        return yield* attempt(call, { templateId: found.pattern.templateId, params: found.params })
      })
  }

  const file: Operation = {
    handle: (call) => Effect.flatMap(Packet.text(call.packet, "fid"), (fileId) => attempt(call, { fileId }))
  }

  const unsupported: Operation = { handle: () => new NotSupported() }

  const all: { readonly [path: string]: Operation } = {
    "tlsvoicesvr/sendcvoice": code,
    // Half of the SDKs call it so.
    "tlsvoicesvr/sendvoice": code,
    "tlsvoicesvr/sendtvoice": template,
    "tlsvoicesvr/sendvoiceprompt": prompt,
    "tlsvoicesvr/sendfvoice": file,
    "tlssmssvr/sendsms": unsupported,
    "tlssmssvr/sendmultisms2": unsupported,
    "tlssmssvr/sendisms": unsupported,
    "tlssmssvr/pullstatus": unsupported,
    "tlssmssvr/pullstatus4mobile": unsupported,
    "tlssmssvr/pullsendstatus": unsupported,
    "tlssmssvr/pullcallbackstatus": unsupported
  }
  return all
})

/** What of a send is its operation's own. */
type Part =
  | Pick<SendRequest.CodeInput, "code">
  | Pick<SendRequest.SendInput, "templateId" | "params">
  | Pick<SendRequest.FileInput, "fileId">

/** The only one that the wire knows. */
const promptType = 2

/** The approved templates of applications. An approved one does not change, and core knows those that were deleted. */
const approvedOf = (templates: typeof Templates.Service) => {
  const known = new Map<string, { readonly list: ReadonlyArray<TemplateView>; readonly until: number }>()

  const now = (accountId: string, applicationId: string) =>
    Effect.gen(function* () {
      const list: Array<TemplateView> = []
      let after: Cursor | undefined
      do {
        const page = yield* templates.list(accountId, applicationId, { limit: 100, after, stage: "approved" })
        for (const template of page.items) list.push(template)
        after = page.next
      } while (after !== undefined)
      if (known.size >= knownMax) known.clear()
      known.set(applicationId, { list, until: (yield* Clock.currentTimeMillis) + rememberedMillis })
      return list
    })

  const remembered = (accountId: string, applicationId: string) =>
    Effect.flatMap(Clock.currentTimeMillis, (at) => {
      const found = known.get(applicationId)
      return found !== undefined && at < found.until ? Effect.succeed(found.list) : now(accountId, applicationId)
    })

  return { now, remembered }
}

const knownMax = 1_000
