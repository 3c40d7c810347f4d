import { secretIdOf } from "@vsms/adapter-http/wire/CloudDoor"
import type { Dice } from "./Dice.ts"
import type { Answered } from "./Exchange.ts"

/** A tenant as an attacker or a client knows it. */
export interface Tenant {
  readonly accountId: string
  readonly applicationId: string
  readonly templateId: string
  /** Of a notice with one variable. */
  readonly noticeId: string
  readonly number: string
  readonly appKey: string
  /** `Authorization` of a key with every scope, of one that reads little, and of the application. */
  readonly key: string
  readonly reader: string
  readonly secret: string
}

/** Numbers and codes that nobody else has: whatever of them stands in a log or in an error has leaked. */
export const phones = Array.from({ length: 60 }, (_, i) => `13999170${String(100 + i)}`)
export const codes = ["7391642801", "7391642802", "739164280"]
export const canaries = ["13999170", "73916428", "金丝雀乙", "11010519491231002"]

const atMost = 40

/** What requests can name: the tenants' own things, and what was seen in answers. */
export class Target {
  readonly tenants: ReadonlyArray<Tenant>
  readonly operator: string
  /** Values that must appear nowhere but in the answer that hands them out. */
  readonly secrets = new Set<string>()
  private readonly ids = new Map<string, Array<string>>()

  constructor(tenants: ReadonlyArray<Tenant>, operator: string) {
    this.tenants = tenants
    this.operator = operator
    for (const { accountId, appKey, applicationId, key, noticeId, number, reader, templateId } of tenants) {
      this.add("accountId", accountId)
      this.add("applicationId", applicationId)
      this.add("templateId", templateId)
      this.add("templateId", noticeId)
      this.add("number", number)
      for (const value of [appKey, key.replace("Bearer ", ""), reader.replace("Bearer ", "")]) this.secrets.add(value)
    }
    this.secrets.add(operator.replace("Bearer ", ""))
    for (let i = 1; i <= 12; i++) this.add("number", `0755009${String(10_000 + i)}`)
  }

  add(name: string, value: string): void {
    const known = this.ids.get(name) ?? []
    this.ids.set(name, known)
    if (known.includes(value)) return
    // The tenants' own come first and stay.
    if (known.length >= atMost) known.splice(known.length >> 1, 1)
    known.push(value)
  }

  /** One that is known under this name, of this tenant rather than of another; one of nothing if none is. */
  id(name: string, dice: Dice, tenant: Tenant): string {
    const own: unknown = name in tenant ? tenant[name as keyof Tenant] : undefined
    if (typeof own === "string" && dice.chance(0.8)) return own
    const known = this.ids.get(name)
    return known === undefined || dice.chance(0.03) ? "0".repeat(32) : dice.pick(known)
  }

  /** Learns ids, cursors and secrets from the answer to a request. */
  learn({ body, headers }: Answered): void {
    const { etag } = headers
    if (etag !== undefined) this.add("etag", etag)
    if (headers["content-type"] !== "application/json" || body === "" || body.length > 100_000) return
    this.read(JSON.parse(body), 0)
  }

  private read(value: unknown, depth: number): void {
    if (typeof value !== "object" || value === null || depth > 3) return
    if (Array.isArray(value)) {
      for (const one of value.slice(0, 5)) this.read(one, depth + 1)
      return
    }
    for (const [name, inner] of Object.entries(value)) {
      if (typeof inner !== "string") this.read(inner, depth + 1)
      else if (name === "next") this.add("cursor", inner)
      else if (secretNames.has(name)) this.secrets.add(inner)
      else if (/Id$|^number$/.test(name)) this.add(name, inner)
    }
  }
}

const secretNames = new Set(["key", "appKey", "secret"])

export const secretIdOfTenant = ({ applicationId }: Tenant): string => secretIdOf(applicationId)
