import * as Crypto from "node:crypto"
import * as CloudDoor from "@vsms/adapter-http/wire/CloudDoor"
import { Dice } from "./Dice.ts"
import { bodyOf, type Draft, queryOf } from "./Draft.ts"
import * as Mutations from "./Mutations.ts"
import { phones, type Target, type Tenant } from "./Target.ts"

/**
 * A request of one of the vendor's wires.
 *
 * **Details** What is done to it is done before it is signed, as by a client that is wrong, or after, as by somebody who
 * has seen it on its way. `signedByNobody`: it must be refused, whatever else is right about it.
 */
export interface WireDraft {
  readonly draft: Draft
  readonly about: string
  readonly signedByNobody: boolean
}

export interface Plan {
  readonly seed: number
  readonly mutations: ReadonlyArray<Mutations.Planned>
  readonly when: "before" | "after"
}

export const plan = (dice: Dice): Plan => ({
  seed: dice.below(2 ** 31),
  mutations: Mutations.some(dice, true),
  when: dice.chance(0.6) ? "before" : "after"
})

export const draft = (plan: Plan, target: Target, now: number): WireDraft => {
  const dice = new Dice(plan.seed)
  const tenant = dice.pick(target.tenants)
  const wire = dice.chance(0.5) ? legacy(dice, target, tenant) : cloud(dice, tenant)
  const seconds = Math.floor(now / 1_000) + dice.pick([0, 0, 0, 0, 0, 0, -200, 250, -599, 601, -3_600, 10 ** 9])
  const mutate = (): void => {
    for (const { name, seed } of plan.mutations) Mutations.all[name]!(wire.draft, new Dice(seed))
  }
  if (plan.when === "before") mutate()
  const forged = dice.chance(0.12) ? dice.pick(["secret", "application", "signature"] as const) : undefined
  wire.sign(seconds, forged)
  const before = JSON.stringify([wire.draft.method, queryOf(wire.draft), bodyOf(wire.draft).toString("latin1")])
  if (plan.when === "after") mutate()
  const after = JSON.stringify([wire.draft.method, queryOf(wire.draft), bodyOf(wire.draft).toString("latin1")])
  return {
    draft: wire.draft,
    about: [wire.name, plan.when, forged ?? "", ...plan.mutations.map(({ name }) => name)].join(", "),
    // The older wire signs little of what it sends; API 3.0 signs the bytes.
    signedByNobody: forged !== undefined || (wire.signsBytes && before !== after)
  }
}

type Forged = "secret" | "application" | "signature" | undefined

interface Wire {
  readonly name: string
  readonly draft: Draft
  readonly signsBytes: boolean
  readonly sign: (seconds: number, forged: Forged) => void
}

const sha256 = (text: string | Buffer): string => Crypto.createHash("sha256").update(text).digest("hex")

const flipped = (signature: string): string => (signature.startsWith("0") ? "1" : "0") + signature.slice(1)

// ---------------------------------------------------------------------------------------------------------------------
// the older wire
// ---------------------------------------------------------------------------------------------------------------------

const legacyOperations = [
  "tlsvoicesvr/sendcvoice",
  "tlsvoicesvr/sendvoice",
  "tlsvoicesvr/sendtvoice",
  "tlsvoicesvr/sendtvoice",
  "tlsvoicesvr/sendvoiceprompt",
  "tlsvoicesvr/sendfvoice",
  "tlsvoicesvr/uploadvoicefile",
  "tlsvoicesvr/statusvoicefile",
  "tlssmssvr/add_template",
  "tlssmssvr/mod_template",
  "tlssmssvr/del_template",
  "tlssmssvr/get_template",
  "tlssmssvr/getsmspackages",
  "tlssmssvr/sendsms"
]

const legacy = (dice: Dice, target: Target, tenant: Tenant): Wire => {
  const operation = dice.pick(legacyOperations)
  const templateId = () =>
    Number(dice.pick([tenant.noticeId, tenant.templateId, target.id("templateId", dice, tenant)]))
  const fields: { readonly [name: string]: () => unknown } = {
    tel: () => ({ nationcode: dice.pick(["86", "+86", 86, "0086"]), mobile: dice.pick(phones) }),
    msg: () => dice.pick(["739164280", "7391642801"]),
    promptfile: () => dice.pick(["您的验证码是：739164280", "订单金丝雀乙已发货"]),
    prompttype: () => 2,
    playtimes: () => dice.pick([1, 2, 3]),
    tpl_id: () => dice.pick<unknown>([templateId(), templateId(), [templateId()], [templateId(), templateId()]]),
    tpl_page: () => dice.pick<unknown>([null, { max: 10, offset: 0 }]),
    params: () => dice.pick<unknown>([["金丝雀乙"], [1], []]),
    ext: () => "会话",
    fid: () => "fid",
    text: () => dice.pick(["订单{1}", "您的验证码是：{1}", "订单{2}"]),
    title: () => "测试",
    remark: () => "",
    type: () => dice.pick([0, 2, 1]),
    offset: () => 0,
    length: () => 10
  }
  const packet: Record<string, unknown> = {}
  for (const [name, make] of Object.entries(fields))
    if (dice.chance(name === "tpl_page" ? 0.2 : 0.9)) packet[name] = make()
  const random = String(dice.below(10 ** 9))
  const draft: Draft = {
    method: "POST",
    path: `/v5/${operation}`,
    query: [
      ["sdkappid", tenant.applicationId],
      ["random", random]
    ],
    headers: [["host", "vsms.test"], ...(dice.chance(0.5) ? [["content-type", "application/json"] as const] : [])],
    json: packet
  }
  const sign = (seconds: number, forged: Forged): void => {
    const { json } = draft
    const appKey = forged === "secret" ? `${tenant.appKey}x` : tenant.appKey
    if (forged === "application") {
      const other = target.tenants.find(({ applicationId }) => applicationId !== tenant.applicationId)!
      draft.query = draft.query.map(([name, value]) => [name, name === "sdkappid" ? other.applicationId : value])
      // Else what was done to the query would hide whose it is now.
      delete draft.rawQuery
    }
    const signed = `appkey=${appKey}&random=${draft.query.find(([name]) => name === "random")?.[1] ?? ""}&time=${seconds}`
    const finish = (more: string): string => {
      const sig = sha256(signed + more)
      return forged === "signature" ? flipped(sig) : sig
    }
    if (operation.endsWith("uploadvoicefile")) {
      const sha1 = Crypto.createHash("sha1").update(bodyOf(draft)).digest("hex")
      draft.query.push(["time", String(seconds)])
      draft.headers.push(["authorization", finish(`&content-sha1=${sha1}`)])
      return
    }
    if (typeof json !== "object" || json === null || draft.raw !== undefined) {
      // Sent as bytes: the signature is put in where it can be.
      const text = bodyOf(draft).toString()
      const mobile = /"mobile":"?([^",}]*)/.exec(text)?.[1]
      const more = mobile === undefined ? "" : `&mobile=${mobile}`
      draft.raw = Buffer.from(text.replace(/^\{/, `{"time":${seconds},"sig":"${finish(more)}",`))
      return
    }
    const { fid, tel } = json as { readonly tel?: any; readonly fid?: any }
    const mobiles: any = Array.isArray(tel) ? tel.map((one) => one?.mobile).join(",") : tel?.mobile
    const more = operation.endsWith("statusvoicefile")
      ? `&fid=${String(fid)}`
      : tel == null
        ? ""
        : `&mobile=${String(mobiles)}`
    draft.json = { ...json, time: seconds, sig: finish(more) }
  }
  return { name: `v5 ${operation}`, draft, signsBytes: false, sign }
}

// ---------------------------------------------------------------------------------------------------------------------
// API 3.0
// ---------------------------------------------------------------------------------------------------------------------

const hmac = (key: string | Buffer, text: string) => Crypto.createHmac("sha256", key).update(text).digest()

const cloud = (dice: Dice, tenant: Tenant): Wire => {
  const action = dice.pick(["SendCodeVoice", "SendTtsVoice"])
  const common = {
    CalledNumber: `+86${dice.pick(phones)}`,
    VoiceSdkAppid: tenant.applicationId,
    ...(dice.chance(0.5) ? { PlayTimes: 2 } : {}),
    ...(dice.chance(0.5) ? { SessionContext: "会话" } : {})
  }
  const packet: Record<string, unknown> =
    action === "SendCodeVoice"
      ? { ...common, CodeMessage: "739164280" }
      : { ...common, TemplateId: tenant.noticeId, TemplateParamSet: ["金丝雀乙"] }
  const algorithm = dice.pick(["TC3", "TC3", "HmacSHA1", "HmacSHA256"] as const)
  const method = dice.chance(0.7) ? "POST" : "GET"
  const draft: Draft = { method, path: "/", query: [], headers: [["host", dice.pick(["vsms.test", "vsms.test:8080"])]] }
  if (algorithm === "TC3" && method === "POST") draft.json = packet
  else draft.query = flat(packet)
  const version = dice.chance(0.95) ? CloudDoor.version : "2021-01-11"
  if (algorithm === "TC3")
    draft.headers.push(
      ["content-type", method === "GET" ? "application/x-www-form-urlencoded" : "application/json"],
      ["x-tc-action", action],
      ["x-tc-version", version]
    )
  const secretKey = (forged: Forged) => (forged === "secret" ? `${tenant.appKey}x` : tenant.appKey)
  const secretId = (forged: Forged) =>
    forged === "application" ? "AKID1499999999" : CloudDoor.secretIdOf(tenant.applicationId)
  const signTc3 = (seconds: number, forged: Forged): void => {
    const date = new Date(seconds * 1_000).toISOString().slice(0, 10)
    const header = (name: string) => draft.headers.find(([one]) => one === name)?.[1] ?? ""
    const names = ["content-type", "host"]
    const headers = names.map((name) => `${name}:${header(name)}\n`).join("")
    const payload = sha256(draft.method === "GET" ? Buffer.alloc(0) : bodyOf(draft))
    const canonical = [draft.method, "/", queryOf(draft), headers, names.join(";"), payload].join("\n")
    const scope = `${date}/vms/tc3_request`
    const text = ["TC3-HMAC-SHA256", String(seconds), scope, sha256(canonical)].join("\n")
    const key = hmac(hmac(hmac(`TC3${secretKey(forged)}`, date), "vms"), "tc3_request")
    const made = hmac(key, text).toString("hex")
    const signature = forged === "signature" ? flipped(made) : made
    draft.headers.push(
      ["x-tc-timestamp", String(seconds)],
      [
        "authorization",
        `TC3-HMAC-SHA256 Credential=${secretId(forged)}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`
      ]
    )
  }
  const signOlder = (seconds: number, forged: Forged): void => {
    draft.query.push(
      ["Action", action],
      ["Version", version],
      ["Timestamp", String(seconds)],
      ["Nonce", String(dice.below(10 ** 6))],
      ["SecretId", secretId(forged)],
      ["SignatureMethod", algorithm]
    )
    const host = draft.headers.find(([name]) => name === "host")?.[1] ?? ""
    const values = new Map([...draft.query].reverse())
    const text = [...values.keys()]
      .sort()
      .map((name) => `${name}=${values.get(name)}`)
      .join("&")
    const made = Crypto.createHmac(algorithm === "HmacSHA256" ? "sha256" : "sha1", secretKey(forged))
    const signature = made.update(`${draft.method}${host}/?${text}`).digest("base64")
    draft.query.push(["Signature", forged === "signature" ? flipped(signature) : signature])
    if (draft.method !== "POST" || draft.raw !== undefined) return
    draft.raw = Buffer.from(queryOf(draft))
    draft.query = []
    delete draft.rawQuery
  }
  return {
    name: `${algorithm} ${action}`,
    draft,
    signsBytes: algorithm === "TC3" && method === "POST",
    sign: (seconds, forged) => (algorithm === "TC3" ? signTc3(seconds, forged) : signOlder(seconds, forged))
  }
}

const flat = (packet: Record<string, unknown>): Array<readonly [string, string]> =>
  Object.entries(packet).flatMap(([name, value]) =>
    Array.isArray(value)
      ? value.map((one, i): readonly [string, string] => [`${name}.${i}`, String(one)])
      : [[name, String(value)] as const]
  )
