/**
 * Service: the operations of the older wire on templates, and its list of packages. The wire has numbers where the
 * platform has words: states, kinds, and templates' ids, which are made of digits for its sake.
 */
import { Packages } from "@vsms/core/balance/Packages"
import type { PackageView } from "@vsms/core/balance/MinutePackage"
import * as ShanghaiDay from "@vsms/core/time/ShanghaiDay"
import type { Cursor, Page } from "@vsms/core/storage/Records"
import type { TemplateKind } from "@vsms/core/template/Template"
import { type DraftInput, Templates, type TemplateView } from "@vsms/core/template/Templates"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Operation } from "./LegacyOperation.ts"
import * as Packet from "./LegacyPacket.ts"
import { BadPacket, NotSupported } from "./WireRefusals.ts"

export const operations = Effect.gen(function* () {
  const packages = yield* Packages
  const templates = yield* Templates

  const add: Operation = {
    audited: true,
    handle: ({ packet, signer: { accountId, applicationId } }) =>
      Effect.gen(function* () {
        const template = yield* templates.create(accountId, applicationId, yield* draftOf(packet))
        return { data: told(template) }
      })
  }

  const modify: Operation = {
    audited: true,
    handle: ({ packet, signer: { accountId, applicationId } }) =>
      Effect.gen(function* () {
        const templateId = yield* one(packet)
        const template = yield* templates.edit(accountId, applicationId, templateId, yield* draftOf(packet))
        return { data: told(template) }
      })
  }

  const remove: Operation = {
    audited: true,
    handle: ({ packet, signer: { accountId, applicationId } }) =>
      Effect.gen(function* () {
        const ids = yield* Packet.ids(packet, "tpl_id")
        if (ids.length === 0) return yield* new BadPacket({ field: "tpl_id" })
        // None is deleted if one of them is not there.
        for (const id of ids) yield* templates.get(accountId, applicationId, id)
        for (const id of ids) yield* templates.remove(accountId, applicationId, id)
        return {}
      })
  }

  const get: Operation = {
    handle: ({ packet, signer: { accountId, applicationId } }) =>
      Effect.gen(function* () {
        const ids = yield* Packet.ids(packet, "tpl_id")
        const page = (yield* Packet.optionalObject(packet, "tpl_page")) ?? {}
        const max = (yield* Packet.optionalInteger(page, "max")) ?? 0
        const offset = (yield* Packet.optionalInteger(page, "offset")) ?? 0
        // An SDK sends a page of nothing beside ids.
        if ((ids.length > 0 && max > 0) || max < 0 || max > pageMax || offset < 0)
          return yield* new BadPacket({ field: "tpl_page" })
        if (ids.length === 0 && max === 0) return yield* new BadPacket({ field: "tpl_id" })
        if (ids.length > 0) {
          const found = yield* Effect.forEach(ids, (id) =>
            Effect.catchTag(templates.get(accountId, applicationId, id), "UnknownTemplate", () => nothing)
          )
          const data = found.flatMap((view) => (view === undefined || view.stage === "deleted" ? [] : [told(view)]))
          return { total: data.length, count: data.length, data }
        }
        const all = yield* everything((after) => templates.list(accountId, applicationId, { limit: 100, after }))
        const data = all.slice(offset, offset + max).map(told)
        return { total: all.length, count: data.length, data }
      })
  }

  const list: Operation = {
    handle: ({ packet, signer: { accountId } }) =>
      Effect.gen(function* () {
        const offset = (yield* Packet.optionalInteger(packet, "offset")) ?? 0
        const length = yield* Packet.integer(packet, "length")
        if (offset < 0 || length < 1 || length > pageMax) return yield* new BadPacket({ field: "length" })
        const all = yield* everything((after) => packages.list(accountId, { limit: 100, after }))
        return { total: all.length, data: all.slice(offset, offset + length).map(toldPackage) }
      })
  }

  const all: { readonly [path: string]: Operation } = {
    "tlssmssvr/add_template": add,
    "tlssmssvr/mod_template": modify,
    "tlssmssvr/del_template": remove,
    "tlssmssvr/get_template": get,
    "tlssmssvr/getsmspackages": list
  }
  return all
})

/** As many as the wire gives at once. */
const pageMax = 50

const nothing = Effect.succeed(undefined)

/** All pages: the wire counts them all, and pages by numbers. */
const everything = <A, E>(
  list: (after: Cursor | undefined) => Effect.Effect<Page<A>, E>
): Effect.Effect<ReadonlyArray<A>, E> =>
  Effect.gen(function* () {
    const all: Array<A> = []
    let after: Cursor | undefined
    do {
      const page = yield* list(after)
      for (const item of page.items) all.push(item)
      after = page.next
    } while (after !== undefined)
    return all
  })

const one = (packet: Packet.Packet): Either.Either<string, BadPacket> =>
  Either.flatMap(Packet.ids(packet, "tpl_id"), ([id, ...more]) =>
    id === undefined || more.length > 0 ? Either.left(new BadPacket({ field: "tpl_id" })) : Either.right(id)
  )

/** 0: a text message, taken for a spoken one. 1: marketing. 2: voice, on the wire's older pages. */
const types = { text: 0, marketing: 1, voice: 2 } as const

const draftOf = (packet: Packet.Packet): Either.Either<DraftInput, BadPacket | NotSupported> =>
  Either.gen(function* () {
    const content = yield* Packet.text(packet, "text")
    const type = yield* Packet.integer(packet, "type")
    if (type !== types.text && type !== types.marketing && type !== types.voice)
      return yield* Either.left(new BadPacket({ field: "type" }))
    if (((yield* Packet.optionalInteger(packet, "international")) ?? 0) !== 0)
      return yield* Either.left(new NotSupported())
    const title = (yield* Packet.optionalText(packet, "title")) ?? ""
    const note = (yield* Packet.optionalText(packet, "remark")) ?? ""
    return { name: title.trim() === "" ? untitled : title, content, note, kind: kindOf(type, content) }
  })

/** Only `title` is optional on the wire; here each template has a name. */
const untitled = "未命名"

/** The wire has no type for codes: what has a variable and speaks of a 验证码 is one, as its reviewers ask for. */
const kindOf = (type: number, content: string): TemplateKind =>
  type === types.marketing
    ? "activity"
    : content.includes("验证码") && /[{<][0-9]+[}>]/.test(content)
      ? "code"
      : "notification"

const statuses: { readonly [S in TemplateView["stage"]]: number } = {
  approved: 0,
  pending: 1,
  rejected: 2,
  // These two are never told.
  none: 2,
  deleted: 2
}

const told = ({ content, kind, reason, stage, templateId }: TemplateView) => ({
  id: Number(templateId),
  text: content,
  status: statuses[stage],
  reply: reason ?? "",
  type: kind === "activity" ? types.marketing : types.voice,
  international: 0
})

const toldPackage = ({ effectiveAt, minutes, packageId, purchasedAt, spent, validUntil }: PackageView) => ({
  package_id: packageId,
  from_time: localTime(effectiveAt),
  to_time: localTime(validUntil),
  create_time: localTime(purchasedAt),
  amount: minutes,
  used: spent,
  type: bought
})

/** There are no gifts. */
const bought = 1

/** `2019-08-01 09:30:00`, in Shanghai. */
const localTime = (at: number): string => {
  const seconds = Math.floor(ShanghaiDay.millisOfDay(at) / 1_000)
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0")
  const time = `${two(seconds / 3_600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`
  return `${ShanghaiDay.format(ShanghaiDay.ofInstant(at))} ${time}`
}
