/** Whether everything that was accepted came to one end, was told once, and was paid for once. */
import * as fs from "node:fs"
import * as path from "node:path"
import type { Client } from "./Load.ts"

export interface Receipt {
  readonly number: number
  readonly sendId: string
  readonly callee: string
  readonly ext: string
  readonly acceptedAt: number
  readonly endedAt: number
  readonly result: "answered" | "failed"
  readonly reason?: string
  readonly billedMinutes: number
}

export interface Accounts {
  /** By send. */
  readonly receipts: ReadonlyMap<string, Receipt>
  readonly receiptCount: number
  /** By send: the states of its deliveries. */
  readonly deliveries: ReadonlyMap<string, ReadonlyArray<string>>
  readonly balance: {
    readonly granted: number
    readonly available: number
    readonly held: number
    readonly spent: number
    readonly overrun: number
  }
  readonly ledgerIsEqual: boolean
  readonly statistics: {
    readonly sends: number
    readonly answered: number
    readonly failed: number
    readonly minutes: number
  }
}

/** Everything that the API tells of a tenant. */
export const read = async (client: Client, accountId: string, applicationId: string): Promise<Accounts> => {
  const get = async (inner: string): Promise<any> => {
    const { json, status } = await client.insist("GET", inner)
    if (status !== 200) throw new Error(`${inner} was answered with ${status}: ${JSON.stringify(json)}`)
    return json
  }
  const application = `/v1/applications/${applicationId}`
  const receipts = new Map<string, any>()
  let receiptCount = 0
  for (let after = 0; ;) {
    const page = await get(`${application}/receipts?limit=100&after=${after}`)
    if (page.items.length === 0) break
    for (const one of page.items) receipts.set(one.sendId, one)
    receiptCount += page.items.length
    after = page.next
  }
  const deliveries = new Map<string, Array<string>>()
  for (let cursor = ""; ;) {
    const page = await get(`${application}/callbacks?limit=100${cursor}`)
    for (const { sendId, status } of page.items) deliveries.set(sendId, [...(deliveries.get(sendId) ?? []), status])
    if (page.next === undefined) break
    cursor = `&cursor=${page.next}`
  }
  const balance = await get(`/v1/accounts/${accountId}/balance`)
  const { equal } = await get(`/v1/accounts/${accountId}/balance/verification`)
  const { total } = await get(`${application}/statistics/overview?period=last7Days`)
  return { receipts, receiptCount, deliveries, balance, ledgerIsEqual: equal, statistics: total }
}

/** A call as its carrier knows it. */
export interface Call {
  readonly id: string
  /** The process that placed it. */
  readonly by: number
  isAnswered: boolean
}

/** Every call that was placed by any process, by its number. */
export const placed = (folder: string): ReadonlyMap<string, ReadonlyArray<Call>> => {
  const calls = new Map<string, Array<Call>>()
  for (const name of fs.readdirSync(folder)) {
    if (!name.startsWith("calls.")) continue
    // The latest with this id: in one process the network knows a call that it has, and places no second one.
    const byId = new Map<string, Call>()
    for (const line of fs.readFileSync(path.join(folder, name), "utf8").split("\n")) {
      const [what, id, callee] = line.split(" ") as [string, string, string]
      if (what === "placed") {
        const call = { id, by: Number(name.slice("calls.".length)), isAnswered: false }
        byId.set(id, call)
        calls.set(callee, [...(calls.get(callee) ?? []), call])
      } else if (what === "answered") byId.get(id)!.isAnswered = true
    }
  }
  return calls
}
