import * as OpenApiDocument from "@vsms/adapter-http/api/OpenApiDocument"
import { type Access, extension } from "@vsms/adapter-http/api/Access"
import { Dice } from "./Dice.ts"
import type { Draft } from "./Draft.ts"
import * as Mutations from "./Mutations.ts"
import { Checks, type Json, type Samples, valueOf } from "./Schemas.ts"
import { codes, phones, type Target, type Tenant } from "./Target.ts"

export interface Operation {
  readonly name: string
  readonly method: string
  /** `/v1/orders/{orderId}`. */
  readonly path: string
  readonly access: Access
  readonly described: Json
}

export const document: Json = OpenApiDocument.make()

export const checks = new Checks(document["components"].schemas)

export const operations: ReadonlyArray<Operation> = Object.entries<Json>(document["paths"]).flatMap(([path, methods]) =>
  Object.entries<Json>(methods).map(([method, described]) => ({
    name: described["operationId"],
    method: method.toUpperCase(),
    path,
    access: described[extension],
    described
  }))
)

/** What is sent most, as it is what most is at stake with. */
const frequent = operations.filter(({ name }) => /^(sends|orders|templates|callbacks)\./.test(name))

/** How a request is made: by these numbers and by what is known at that moment, and nothing else. */
export interface Plan {
  readonly seed: number
  readonly mutations: ReadonlyArray<Mutations.Planned>
}

export const plan = (dice: Dice): Plan => {
  const seed = dice.below(2 ** 31)
  const hasBody = operationOf(new Dice(seed)).described["requestBody"] !== undefined
  return { seed, mutations: Mutations.some(dice, hasBody) }
}

const operationOf = (dice: Dice): Operation => dice.pick(dice.chance(0.5) ? frequent : operations)

/** The request of a plan. */
export const draft = ({ mutations, seed }: Plan, target: Target): { readonly draft: Draft; readonly about: string } => {
  const dice = new Dice(seed)
  const operation = operationOf(dice)
  const made = valid(operation, dice, target)
  for (const { name, seed } of mutations) Mutations.all[name]!(made, new Dice(seed))
  return { draft: made, about: [operation.name, ...mutations.map(({ name }) => name)].join(", ") }
}

const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=",
  "base64"
)

const contents = ["您的验证码是：{1}", "订单{1}已发货", "您好", "<1>号桌请用餐", "{1}", "金丝雀乙{1}{2}", "订单{2}"]

/** What fields are filled with by their names, so that requests get past their form. */
const samplesOf = (dice: Dice, target: Target, tenant: Tenant): Samples => {
  const id = (name: string) => target.id(name, dice, tenant)
  const made: { readonly [name: string]: () => unknown } = {
    to: () => dice.pick(phones),
    callee: () => dice.pick(phones),
    mobile: () => dice.pick(phones),
    code: () => dice.pick(codes),
    params: () => dice.pick([["金丝雀乙"], ["1"], [], ["1", "2"]]),
    templateId: () => dice.pick([tenant.noticeId, tenant.templateId, id("templateId")]),
    display: () => id("number"),
    number: () => id("number"),
    numbers: () => dice.times(1 + dice.below(3), () => id("number")),
    region: () => dice.pick(["广东省深圳市", "北京市"]),
    content: () => dice.pick(contents),
    name: () => dice.pick(["测试", "test", "金丝雀乙"]),
    plays: () => dice.pick([1, 2, 3]),
    ext: () => dice.pick(["", "会话", "a".repeat(2_048)]),
    idempotencyKey: () => dice.pick(["a", "b", String(dice.below(10_000))]),
    url: () =>
      dice.pick(["https://shop.example/hook", "http://127.0.0.1/", "http://10.0.0.1", "ftp://x", "https://[::1]/"]),
    webhook: () => dice.pick(["https://shop.example/alert", "http://169.254.169.254/"]),
    format: () => dice.pick(["native", "tencent", "x"]),
    email: () => dice.pick(["a@shop.example", "x"]),
    orderIds: () => dice.times(1 + dice.below(2), () => id("orderId")),
    taxNumber: () => dice.pick(["91440300MA5EXAMPLA", "x"]),
    amount: () => dice.pick([50_000, 110_000, 1]),
    paymentId: () => "payment",
    minutes: () => dice.pick([1_000, 9_999, 10_000, 100_000, 1_000_000_000]),
    quantity: () => dice.pick([1, 1, 2, 100]),
    packages: () =>
      dice.pick([[{ kind: "custom", minutes: 1_000, quantity: 1 }], [{ kind: "fixed", minutes: 10_000, quantity: 2 }]]),
    agreementAccepted: () => dice.chance(0.9),
    version: () => dice.pick([1, 1, 2]),
    cursor: () => id("cursor"),
    limit: () => dice.pick([1, 20, 100]),
    period: () => dice.pick(["today", "yesterday", "last7Days", "last30Days"]),
    from: () => dice.pick(["1970-01-01", "2026-11-23", "1970-01-02"]),
    overlapMillis: () => dice.pick([0, 60_000, 86_400_000]),
    accountId: () => dice.pick(["shop", id("accountId"), `account-${dice.below(50)}`]),
    preset: () => dice.pick([null, 1, 100]),
    cap: () => dice.pick([null, 1_000]),
    threshold: () => dice.pick([0, 5_000]),
    variables: () => dice.pick([["code"], ["text"], [null]])
  }
  return (name) => (Object.hasOwn(made, name) ? made[name]!() : undefined)
}

const credentialOf = (operation: Operation, dice: Dice, target: Target, tenant: Tenant): string | undefined => {
  const other = dice.pick(target.tenants)
  if (dice.chance(0.12)) return dice.pick([other.key, other.secret, other.reader, target.operator, undefined])
  switch (operation.access.who) {
    case "anyone":
      return undefined
    case "operator":
      return target.operator
    case "tenant":
      return dice.pick([tenant.key, tenant.key, tenant.secret, target.operator])
  }
}

const valid = (operation: Operation, dice: Dice, target: Target): Draft => {
  const tenant = dice.pick(target.tenants)
  const samples = samplesOf(dice, target, tenant)
  const about = { dice, checks, samples }
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(target.id(name, dice, tenant))
  )
  const made: Draft = { method: operation.method, path, query: [], headers: [["host", "vsms.test"]] }
  const as = credentialOf(operation, dice, target, tenant)
  if (as !== undefined) made.headers.push(["authorization", as])
  for (const { in: where, name, required, schema } of operation.described["parameters"]) {
    if (where === "query" && (required === true || dice.chance(0.3)))
      made.query.push([name, String(valueOf(schema, about, name))])
    if (where === "header" && dice.chance(0.3)) {
      const isKey = name.toLowerCase() === "idempotency-key"
      made.headers.push([name.toLowerCase(), isKey ? `k${dice.below(30)}` : target.id("etag", dice, tenant)])
    }
  }
  const content = operation.described["requestBody"]?.content
  if (content?.["application/json"] !== undefined) {
    made.headers.push(["content-type", "application/json"])
    made.json = valueOf(content["application/json"].schema, about)
  } else if (content?.["multipart/form-data"] !== undefined) form(made, dice)
  return made
}

/** A qualification as browsers send forms, mostly one that is right. */
const form = (draft: Draft, dice: Dice): void => {
  const fields: ReadonlyArray<readonly [string, string]> = [
    ["companyName", "示例科技（深圳）有限公司"],
    ["creditCode", dice.pick(["91440300MA5EXAMPLA", "91440300MA5EXAMPLA", "x"])],
    ["address", "广东省深圳市"],
    ["representativeName", "金丝雀乙"],
    ["representativeId", dice.pick(["11010519491231002X", "11010519491231002X", "1"])],
    ["certificateKind", dice.pick(["threeInOne", "x"])],
    ["note", "\r\n--x--"]
  ]
  const boundary = "fuzz-boundary"
  const parts = dice
    .some(fields, 0.95)
    .map(([name, value]) =>
      Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
    )
  const image = dice.pick([png, png, Buffer.from("no image"), Buffer.alloc(0)])
  const head = `--${boundary}\r\ncontent-disposition: form-data; name="image"; filename="${dice.pick(["a.png", "../a", ""])}"\r\n\r\n`
  draft.headers.push(["content-type", `multipart/form-data; boundary=${boundary}`])
  draft.raw = Buffer.concat([...parts, Buffer.from(head), image, Buffer.from(`\r\n--${boundary}--\r\n`)])
}
