import { describe, expect, it } from "@effect/vitest"
import { AuditLog } from "@vsms/adapter-http/auth/AuditLog"
import { Templates } from "@vsms/core/template/Templates"
import * as Effect from "effect/Effect"
import * as Wire from "./Wire.ts"

describe("templates and packages of the older wire", () => {
  it.effect("TPL-1, TPL-4, TPL-5, TPL-6: a template is made, seen, edited while it may be, and deleted", () => {
    let reviewing = true
    return Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      reviewing = false
      const ask = (operation: string, body: Record<string, unknown>) =>
        Wire.legacy(tenant, `tlssmssvr/${operation}`, body)
      const text = "您的订单{1}已发货。"
      const made = yield* ask("add_template", { text, type: 2, title: "发货", remark: "测试", international: 0 })
      expect(made).toMatchObject({ result: 0, errmsg: "OK", msg: "OK" })
      const { id } = made.data
      expect(made.data).toEqual({ id, text, status: 1, reply: "", type: 2, international: 0 })
      expect(Number.isInteger(id)).toBe(true)
      const edited = yield* ask("mod_template", { tpl_id: id, text: "订单{1}已发货。", type: 0 })
      expect(edited.data).toMatchObject({ id, text: "订单{1}已发货。", status: 1 })
      const { accountId, applicationId } = tenant
      const templates = yield* Templates
      const reject = { version: 2, verdict: { _tag: "Reject", reason: "没有签名" } } as const
      yield* templates.decide(accountId, applicationId, String(id), reject)
      const rejected = yield* ask("get_template", { tpl_id: [id] })
      expect(rejected.data).toMatchObject([{ status: 2, reply: "没有签名" }])
      expect((yield* ask("mod_template", { tpl_id: id, text, type: 0 })).result).toBe(0)
      yield* templates.decide(accountId, applicationId, String(id), { version: 3, verdict: { _tag: "Approve" } })
      // An SDK sends a page of nothing beside the ids.
      const seen = yield* ask("get_template", { tpl_id: [id, 999_999_999], tpl_page: { max: 0, offset: 0 } })
      expect(seen).toMatchObject({ result: 0, total: 1, count: 1, data: [{ id, status: 0, reply: "" }] })
      expect((yield* ask("mod_template", { tpl_id: id, text, type: 0 })).result).toBe(1014)
      const all = yield* ask("get_template", { tpl_page: { max: 1, offset: 1 } })
      expect(all).toMatchObject({ total: 2, count: 1, data: [{ id: Number(tenant.templateId) }] })
      // None goes if one of them is not there.
      expect((yield* ask("del_template", { tpl_id: [id, 999_999_999] })).result).toBe(1014)
      expect((yield* ask("get_template", { tpl_id: [id] })).count).toBe(1)
      expect((yield* ask("del_template", { tpl_id: [id] })).result).toBe(0)
      expect((yield* ask("get_template", { tpl_id: [id] })).count).toBe(0)
      const entries = yield* (yield* AuditLog).list(tenant.accountId, { limit: 10 })
      const told = entries.items.map(({ operation, problem }) => `${operation} ${problem ?? "done"}`)
      expect(told.sort()).toEqual([
        "wire.add_template done",
        "wire.del_template UnknownTemplate",
        "wire.del_template done",
        "wire.mod_template TemplateNotEditable",
        "wire.mod_template done",
        "wire.mod_template done"
      ])
    }).pipe(Effect.provide(AuditLog.layer), Wire.within({ reviewing: () => reviewing }))
  })

  it.effect("SND-1: what speaks of a code is for codes, marketing is for activities", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      const templates = yield* Templates
      const kindOf = (text: string, type: number) =>
        Effect.gen(function* () {
          const made = yield* Wire.legacy(tenant, "tlssmssvr/add_template", { text, type })
          const { applicationId, accountId } = tenant
          const view = yield* templates.get(accountId, applicationId, String(made.data.id))
          return [view.kind, made.data.type, view.name]
        })
      expect(yield* kindOf("验证码{1}，请勿告诉他人", 0)).toEqual(["code", 2, "未命名"])
      expect(yield* kindOf("请勿告诉他人您的验证码", 2)).toEqual(["notification", 2, "未命名"])
      expect(yield* kindOf("双十一活动{1}", 1)).toEqual(["activity", 1, "未命名"])
    }).pipe(Wire.within())
  )

  it.effect("what is wrong has a number", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant()
      const ask = (operation: string, body: Record<string, unknown>) =>
        Effect.map(Wire.legacy(tenant, `tlssmssvr/${operation}`, body), ({ result }) => result)
      expect(yield* ask("add_template", { text: "{1}{2}", type: 2 })).toBe(1014)
      expect(yield* ask("add_template", { text: "订单{2}", type: 2 })).toBe(1014)
      expect(yield* ask("add_template", { text: "长".repeat(101), type: 2 })).toBe(1017)
      expect(yield* ask("add_template", { text: "订单", type: 2, international: 1 })).toBe(1030)
      expect(yield* ask("add_template", { text: "订单", type: 3 })).toBe(1004)
      expect(yield* ask("add_template", { type: 2 })).toBe(1004)
      expect(yield* ask("add_template", { text: "订单", type: 2, title: "长".repeat(51) })).toBe(1004)
      expect(yield* ask("mod_template", { text: "订单", type: 2, tpl_id: 1 })).toBe(1014)
      expect(yield* ask("del_template", { tpl_id: [] })).toBe(1004)
      expect(yield* ask("get_template", {})).toBe(1004)
      expect(yield* ask("get_template", { tpl_page: { max: 51 } })).toBe(1004)
      expect(yield* ask("get_template", { tpl_id: [1], tpl_page: { max: 1 } })).toBe(1004)
      const other = yield* Wire.tenant({ number: "000002" })
      const foreign = { tpl_id: [Number(other.templateId)] }
      expect((yield* Wire.legacy(tenant, "tlssmssvr/get_template", foreign)).count).toBe(0)
      expect(yield* ask("del_template", foreign)).toBe(1014)
    }).pipe(Wire.within())
  )

  it.effect("PKG-8: the packages of the account, page by page", () =>
    Effect.gen(function* () {
      const tenant = yield* Wire.tenant({ minutes: 2_000 })
      const ask = (body: Record<string, unknown>) => Wire.legacy(tenant, "tlssmssvr/getsmspackages", body)
      const { data, total } = yield* ask({ length: 10 })
      expect(total).toBe(1)
      expect(data).toEqual([
        {
          package_id: data[0].package_id,
          // The test's clock began at midnight in London.
          create_time: "1970-01-01 08:00:02",
          from_time: "1970-01-01 08:05:02",
          to_time: "1972-01-01 08:00:02",
          amount: 2_000,
          used: 0,
          type: 1
        }
      ])
      expect(yield* ask({ length: 10, offset: 1 })).toMatchObject({ total: 1, data: [] })
      expect((yield* ask({})).result).toBe(1004)
    }).pipe(Wire.within())
  )
})
