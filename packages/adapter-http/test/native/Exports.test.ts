import { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import { describe, expect, it } from "@effect/vitest"
import * as Core from "@vsms/core/Core"
import { PortFailure } from "@vsms/core/PortFailure"
import { Sends } from "@vsms/core/sending/Sends"
import { Records } from "@vsms/core/storage/Records"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import * as PlainDecoder from "@vsms/core/testing/PlainDecoder"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as World from "./World.ts"

/** A storage that counts the pages that are read, and breaks when it is told to. */
const storage = { pages: 0, breaksAt: Infinity }
const world = NativeDoor.layer({ operatorTokens: [Redacted.make(World.operatorToken)] }).pipe(
  Layer.provideMerge(Core.layerServices()),
  Layer.provideMerge(
    Layer.effect(
      Records,
      Effect.map(Records, (records) => ({
        ...records,
        list: (query) =>
          Effect.suspend(() => {
            if (query.index !== "byCallee") return records.list(query)
            storage.pages++
            return storage.pages > storage.breaksAt
              ? new PortFailure({ port: "Records", operation: "list", retry: "later", cause: "gone" })
              : records.list(query)
          })
      }))
    )
  ),
  Layer.provideMerge(CoreMemory.layerPorts())
)

/** A cell as RFC 4180 has it, read back. */
const unquoted = (cell: string) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell)

describe("exports", () => {
  const body = { callee: "13800138000", period: "today" }

  it.effect("STA-8: go out page by page, and break off rather than pretend to be whole", () =>
    Effect.gen(function* () {
      // Nobody places the calls: what is accepted can be exported, too.
      const { accountId, applicationId, key: as } = yield* Effect.provide(World.tenant(), Core.layerWorkers())
      const sends = yield* Sends
      yield* sends.setLimits(accountId, applicationId, { code: [], notice: [], parameterMax: null })
      for (let i = 0; i < 510; i++) yield* sends.acceptCode(accountId, applicationId, { to: body.callee, code: "4821" })
      const path = `/v1/applications/${applicationId}/statistics/records/export`
      const whole = yield* World.ask("POST", path, { as, body })
      expect(whole.headers.get("content-disposition")).toContain("records.csv")
      expect(whole.text.trim().split("\r\n")).toHaveLength(511)
      expect(storage.pages).toBe(2)

      // The first page is waited for: its failure is a proper answer.
      Object.assign(storage, { pages: 0, breaksAt: 0 })
      expect((yield* World.ask("POST", path, { as, body })).status).toBe(503)
      Object.assign(storage, { pages: 0, breaksAt: 1 })
      const later = yield* Effect.exit(World.ask("POST", path, { as, body }))
      expect(later._tag).toBe("Failure")
      Object.assign(storage, { pages: 0, breaksAt: Infinity })
    }).pipe(Effect.provide(world))
  )

  it.effect("STA-8: hold no formula, whatever a template, a parameter or the name of a file begins with", () =>
    Effect.gen(function* () {
      const { applicationId, key: as } = yield* World.tenant()
      const app = `/v1/applications/${applicationId}`
      const post = (path: string, given: Pick<World.Asked, "body" | "form">) =>
        World.ask("POST", `${app}${path}`, { as, ...given })
      const limits = { code: [], notice: [], parameterMax: null }
      expect((yield* World.ask("PUT", `${app}/limits`, { as, body: limits })).status).toBe(200)
      const template = (content: string) =>
        post("/templates", { body: { name: "test", content, kind: "notification" } })
      const send = (what: object) => post("/sends", { body: { to: body.callee, ...what } })
      const upload = (name: string, seconds: number) => {
        const form = new FormData()
        const sound = PlainDecoder.wav(PlainDecoder.humming(seconds * 1_000)) as Uint8Array<ArrayBuffer>
        form.set("sound", new Blob([sound]), "=cmd.wav")
        form.set("name", name)
        return post("/voice-files", { form })
      }
      const { templateId } = (yield* template("{1}已发货")).json
      yield* TestClock.adjust("1 second")

      const contents: Array<string> = []
      for (const [i, sign] of ["=", "+", "-", "@", "＝", "＋", "－", "＠", " =", "\u3000@"].entries()) {
        const name = `${sign}cmd|'/c calc'!A1`
        const own = (yield* template(`${sign}HYPERLINK("https://x.example")已发货`)).json
        const file = (yield* upload(name, 5 + i)).json
        yield* TestClock.adjust("1 second")
        const param = `${sign}1+1`
        const sent = [
          yield* send({ templateId, params: [param], ext: param }),
          yield* send({ templateId: own.templateId, params: [] }),
          yield* send({ fileId: file.fileId, ext: name })
        ]
        expect(sent.map(({ status }) => status)).toEqual([202, 202, 202])
        // Names are kept without the blanks around them.
        contents.push(`${param}已发货`, own.content, name.trim())
        expect(file.name).toBe(name.trim())
      }
      // What cannot be spoken does not get as far as a table.
      for (const blank of ["\t", "\r", "\n"]) {
        const spoken = yield* send({ templateId, params: [`${blank}=1+1`] })
        expect([spoken.status, spoken.json.type]).toEqual([422, "urn:vsms:problem:VariableUnspeakable"])
        const written = yield* template(`${blank}=1+1已发货`)
        expect([written.status, written.json.type]).toEqual([422, "urn:vsms:problem:UnspeakableCharacter"])
        expect((yield* upload(`${blank}=1+1`, 4)).json.name).toBe("=1+1")
      }
      yield* TestClock.adjust("10 minutes")

      const table = yield* post("/statistics/records/export", { body })
      const [, ...rows] = table.text.trim().split("\r\n")
      const cells = rows.map((row) => row.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).map(unquoted))
      const written = cells.map(([, content]) => String(content))
      expect(written.toSorted()).toEqual(contents.map((one) => `'${one}`).toSorted())
      expect(cells.flat().filter((cell) => /^[\s\p{Cc}]*[=+\-@＝＋－＠]/u.test(cell))).toEqual([])
      // Elsewhere it is what was sent.
      const { items } = (yield* post("/statistics/records", { body: { ...body, limit: 100 } })).json
      const listed = items.map(({ content }: any) => String(content)) as Array<string>
      expect(listed.toSorted()).toEqual(contents.toSorted())
    }).pipe(World.within())
  )

  it.effect("STA-1, SND-2: are refused before they begin", () =>
    Effect.gen(function* () {
      const { applicationId, key: as } = yield* World.tenant()
      const path = `/v1/applications/${applicationId}/statistics`
      const long = { callee: "13800138000", from: "2020-01-01", to: "2026-01-01" }
      const refused = yield* World.ask("POST", `${path}/records/export`, { as, body: long })
      expect(refused.json).toMatchObject({
        type: "urn:vsms:problem:PeriodTooLong",
        status: 422,
        facts: { maximum: 732 }
      })
      const nobody = yield* World.ask("POST", `${path}/records/export`, { as, body: { callee: "12345" } })
      expect(nobody.json.type).toBe("urn:vsms:problem:CalleeNotServed")
      const table = yield* World.ask("GET", `${path}/templates/1/export?from=2020-01-01&to=2026-01-01`, { as })
      expect(table.json.type).toBe("urn:vsms:problem:PeriodTooLong")
    }).pipe(World.within())
  )
})
