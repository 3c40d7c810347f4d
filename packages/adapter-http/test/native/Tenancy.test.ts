import * as OpenApiDocument from "@vsms/adapter-http/api/OpenApiDocument"
import * as Operations from "@vsms/adapter-http/door/Operation"
import { describe, expect, it } from "@effect/vitest"
import * as PlainDecoder from "@vsms/core/testing/PlainDecoder"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as World from "./World.ts"

const { paths } = OpenApiDocument.make() as { paths: Record<string, Record<string, any>> }

interface Ids {
  readonly [name: string]: string
}

/** Ids of nothing at all, of the forms that such ids have. */
const nothing: Ids = {
  accountId: "nobody",
  applicationId: "1499999999",
  templateId: "9999999",
  fileId: `${"0".repeat(40)}.wav`,
  orderId: "0".repeat(32),
  sendId: "0".repeat(32),
  deliveryId: `${"0".repeat(32)}.${"0".repeat(32)}.end`,
  endpointId: "0".repeat(32),
  contactId: "0".repeat(32),
  keyId: "0".repeat(32),
  number: "075500999999"
}

/** A tenant who has one of everything that has an id. */
const landlord = (number: string) =>
  Effect.gen(function* () {
    const tenant = yield* World.tenant({ number })
    const { accountId, applicationId, key: as, templateId } = tenant
    const app = `/v1/applications/${applicationId}`
    const post = (path: string, body: unknown) =>
      Effect.map(World.ask("POST", path, { as, body }), ({ json, status }) => {
        expect([path, status < 300]).toEqual([path, true])
        return json
      })
    const { endpointId } = yield* post(`${app}/callback-endpoints`, { url: `https://${number}.example/hook` })
    const { contactId } = yield* post(`${app}/alert-contacts`, { name: "王五", mobile: "13900139000" })
    const { keyId } = yield* post(`/v1/accounts/${accountId}/keys`, { name: "other", scopes: ["sends:read"] })
    const form = new FormData()
    // Of another pitch for each, so that nobody has another's file by chance.
    const sound = PlainDecoder.wav(PlainDecoder.humming(500, Number(number) * 100))
    form.set("sound", new Blob([sound]))
    const { fileId } = (yield* World.ask("POST", `${app}/voice-files`, { as, form })).json
    const { sendId } = yield* post(`${app}/sends`, { to: "13800138000", code: "4821" })
    yield* TestClock.adjust("3 minutes")
    const { items } = (yield* World.ask("GET", `/v1/accounts/${accountId}/orders`, { as })).json
    const deliveries = (yield* World.ask("GET", `${app}/callbacks`, { as })).json.items
    const ids: Ids = {
      accountId,
      applicationId,
      templateId,
      fileId,
      orderId: items[0].orderId,
      sendId,
      deliveryId: deliveries[0].deliveryId,
      endpointId,
      contactId,
      keyId,
      number: tenant.number
    }
    return { ...tenant, ids }
  })

/** A request for an operation, with these ids wherever it names something. */
const requestOf = ({ form, method, name, path }: Operations.Operation, ids: Ids) => {
  const url = path.replace(/:(\w+)/g, (_, param: string) => ids[param] ?? "?")
  expect(url).not.toContain("?")
  const operation = paths[path.replace(/:(\w+)/g, "{$1}")]![method.toLowerCase()]
  expect(operation.operationId).toBe(name)
  const body = operation.requestBody?.content["application/json"]?.example
  const query = name === "inventory.search" ? "?region=x" : name === "packages.cheapest" ? "?minutes=5000" : ""
  const asked: World.Asked =
    form === "multipart" && operation.requestBody !== undefined
      ? { form: new FormData() }
      : body === undefined
        ? {}
        : { body: withIds(body, ids) }
  return { method, path: url + query, asked }
}

/** An example with these ids in the fields that name something. */
const withIds = (value: unknown, ids: Ids): unknown => {
  if (Array.isArray(value)) return value.map((inner) => withIds(inner, ids))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => {
      if (field === "orderIds") return [field, [ids["orderId"]]]
      if (field === "display") return [field, ids["number"]]
      return [field, field !== "accountId" && ids[field] !== undefined ? ids[field] : withIds(inner, ids)]
    })
  )
}

/** What an answer tells, whichever ids were asked about. */
const told = (answered: World.Answered, ids: Ids) => {
  let text = answered.text
  for (const [name, id] of Object.entries(ids)) text = text.replaceAll(id, `<${name}>`)
  return `${answered.status} ${text.replace(/"instance":"[^"]*",?/, "").replace(/"attemptId":"[^"]*",?/, "")}`
}

describe("tenants never see each other's things", () => {
  it.effect("ACC-3: another tenant's thing is as if it were not there, at every endpoint of the contract", () =>
    Effect.gen(function* () {
      const alice = yield* landlord("000001")
      const bob = yield* landlord("000002")
      const operations = Operations.all().filter(({ path }) => path.includes(":"))
      expect(operations.length).toBeGreaterThan(80)

      /** Everything that Alice can read. */
      const everything = Effect.forEach(
        operations.filter(({ access, method, name }) => method === "GET" && access.who === "tenant" && !isLive(name)),
        (operation) => {
          const { method, path } = requestOf(operation, alice.ids)
          return Effect.map(World.ask(method, path, { as: alice.key }), ({ status, text }) => {
            expect([path, status]).toEqual([path, 200])
            return `${operation.name} ${text}`
          })
        }
      )
      const before = yield* everything

      const compare = (operation: Operations.Operation, as: string, foreign: Ids, absent: Ids) =>
        Effect.gen(function* () {
          const theirs = requestOf(operation, foreign)
          const nobodys = requestOf(operation, absent)
          const answered = yield* World.ask(theirs.method, theirs.path, { as, ...theirs.asked })
          const expected = yield* World.ask(nobodys.method, nobodys.path, { as, ...nobodys.asked })
          expect([operation.name, told(answered, foreign)]).toEqual([operation.name, told(expected, absent)])
          return answered
        })

      const named: Array<string> = []
      for (const operation of operations) {
        for (const as of [bob.key, bob.secret]) {
          // Alice's account and application, and all of hers in it.
          const answered = yield* compare(operation, as, alice.ids, nothing)
          expect([operation.name, answered.status === 403 || answered.status === 404]).toEqual([operation.name, true])
        }
        // Within Bob's own account and application, Alice's inner things, in the path and in the body.
        const own = { accountId: bob.accountId, applicationId: bob.applicationId }
        const callers = [bob.key, bob.secret, World.operator]
        const theirs = { ...alice.ids, ...own }
        const nobodys = { ...nothing, ...own }
        // Where nothing inner is named, neither would be.
        if (inventory.has(operation.name)) continue
        if (JSON.stringify(requestOf(operation, theirs)) === JSON.stringify(requestOf(operation, nobodys))) continue
        named.push(operation.name)
        for (const as of callers) yield* compare(operation, as, theirs, nobodys)
      }

      expect(named.length).toBeGreaterThan(25)
      expect(yield* everything).toEqual(before)
    }).pipe(World.within())
  )

  it.effect("@me is one's own account, and nobody's for an operator", () =>
    Effect.gen(function* () {
      const { accountId, key, secret } = yield* World.tenant()
      expect((yield* World.ask("GET", "/v1/accounts/@me", { as: key })).json.accountId).toBe(accountId)
      expect((yield* World.ask("GET", "/v1/accounts/@me", { as: World.operator })).status).toBe(404)
      expect((yield* World.ask("GET", "/v1/accounts/@me", { as: secret })).status).toBe(403)
      expect((yield* World.ask("GET", "/v1/accounts/platform", { as: World.operator })).status).toBe(404)
    }).pipe(World.within())
  )
})

/** The inventory is the platform's: whether a number can be had is no secret, and who has it is not said (NUM-3). */
const inventory = new Set(["inventory.look", "inventory.remove", "orders.numbers"])

/** Whose answers go on, or depend on when they were asked for. */
const isLive = (name: string): boolean => name === "sends.follow"
