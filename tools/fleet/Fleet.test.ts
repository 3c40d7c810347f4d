import * as Crypto from "node:crypto"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterEach, describe, expect, inject, it } from "vitest"
import * as Audit from "./Audit.ts"
import { Fleet, type Gateway } from "./Fleet.ts"
import * as Load from "./Load.ts"
import * as Receiver from "./Receiver.ts"
import * as Tenant from "./Tenant.ts"

const isLong = process.env["NIGHTLY"] === "1"
const count = isLong ? 10_000 : 300

/** Of the clock of the gateways, so that leases of processes that are gone run out soon. */
const times = 8

const folders: Array<string> = []
const open: Array<{ readonly close: () => void }> = []
afterEach(() => {
  for (const one of open.splice(0)) one.close()
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true, force: true })
})

/** Two gateways on a database of their own, with a tenant whose server fails half of the time, or never. */
const world = async (failing: boolean) => {
  const response = await fetch(inject("testDatabases" as never), { method: "POST" })
  const url = await response.text()
  if (!response.ok) throw new Error(url)
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-fleet-"))
  folders.push(folder)
  const { accountId, applicationId } = await Tenant.open({ url, folder, minutes: 100_000 })
  const token = Crypto.randomBytes(24).toString("hex")
  const now = Date.now()
  const fleet = new Fleet({ url, token, folder, pace: { realAt: now, at: now, times } })
  const receiver = await Receiver.open(failing)
  open.push(fleet, receiver)
  await Promise.all([fleet.start(), fleet.start()])
  const operator = new Load.Client(fleet, `Bearer ${token}`)
  const made = await operator.insist("POST", `/v1/applications/${applicationId}/callback-endpoints`, {
    url: receiver.url
  })
  expect(made.status).toBe(201)
  const { json } = await operator.insist("POST", `/v1/accounts/${accountId}/keys`, {
    name: "load",
    scopes: ["sends:write"]
  })
  return { accountId, applicationId, fleet, folder, operator, receiver, authorization: `Bearer ${json.key}` }
}

type World = Awaited<ReturnType<typeof world>>

/** Waits until every send that was accepted has its receipt, and every callback was taken. */
const settled = async ({ accountId, applicationId, operator, receiver }: World): Promise<Audit.Accounts> => {
  const deadline = Date.now() + (isLong ? 900_000 : 240_000)
  for (;;) {
    if (receiver.taken.size >= count) {
      const accounts = await Audit.read(operator, accountId, applicationId)
      const isDone = [...accounts.deliveries.values()].every((one) => one.every((status) => status === "delivered"))
      if (isDone && accounts.receiptCount >= count) return accounts
    }
    if (Date.now() > deadline) return Audit.read(operator, accountId, applicationId)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** Everything accounted for: to each accepted send one call, one receipt, one callback, and its minutes once. */
const expectAccountedFor = (
  { folder, receiver }: World,
  accepted: ReadonlyArray<Load.Accepted>,
  accounts: Audit.Accounts
): { readonly unknown: number } => {
  const { balance, deliveries, receipts, statistics } = accounts
  const ids = accepted.map(({ sendId }) => sendId)
  expect(new Set(ids).size).toBe(count)
  // No receipt is missing, none comes twice, and none is of anything else.
  expect(ids.filter((id) => !receipts.has(id))).toEqual([])
  expect([accounts.receiptCount, receipts.size]).toEqual([count, count])
  expect(ids.filter((id) => !receiver.taken.has(id))).toEqual([])
  expect(receiver.taken.size).toBe(count)
  expect(ids.filter((id) => deliveries.get(id)?.join() !== "delivered")).toEqual([])
  expect(deliveries.size).toBe(count)

  const placed = Audit.placed(folder)
  const calls = accepted.map(({ index, sendId }) => ({ sendId, ids: placed.get(`+86${Load.numberOf(index)}`) ?? [] }))
  expect(calls.filter(({ ids }) => ids.length > 1)).toEqual([])
  expect(placed.size).toBeLessThanOrEqual(count)
  // Whoever was not called has a receipt that says why; only what became of calls of a process that died is unknown.
  const uncalled = calls.filter(({ ids }) => ids.length === 0)
  for (const { sendId } of uncalled) expect(receipts.get(sendId)!.result).toBe("failed")

  const all = [...receipts.values()]
  const minutes = all.reduce((sum, { billedMinutes }) => sum + billedMinutes, 0)
  expect([balance.spent, balance.held, balance.overrun]).toEqual([minutes, 0, 0])
  expect(balance.available).toBe(balance.granted - minutes)
  expect(accounts.ledgerIsEqual).toBe(true)
  const answered = all.filter(({ result }) => result === "answered").length
  expect(statistics).toMatchObject({ sends: count, answered, failed: count - answered, minutes })
  return { unknown: all.filter(({ reason }) => reason === "fateUnknown").length }
}

const tell = (what: string, { accepted, millis }: Awaited<ReturnType<typeof Load.sendAll>>, more: string): void => {
  const repeated = accepted.filter((one) => one.repeated).length
  process.stderr.write(
    `${what}: ${count} sends over ${Load.connections} connections, ${Math.round((count / millis) * 1_000)} accepted/s, ` +
      `p50 ${Load.percentile(accepted, 0.5).toFixed(1)} ms, p99 ${Load.percentile(accepted, 0.99).toFixed(1)} ms, ` +
      `${repeated} accepted before their answer was lost; ${more}\n`
  )
}

describe("a fleet of gateways", () => {
  it(
    "SND-10, CBK-1, CBK-2: loses nothing and calls nobody twice, while processes are killed, others replaced, and the receiver fails half of the time",
    async () => {
      const here = await world(true)
      const { applicationId, authorization, fleet, receiver } = here
      const kills = isLong ? 24 : 1
      const restarts = isLong ? 8 : 1
      let killed = 0
      let restarted = 0
      let troubles: Promise<void> = Promise.resolve()
      const trouble = (next: () => Promise<void>): void => {
        const before = troubles
        troubles = (async () => {
          await before
          await next()
        })()
      }
      const every = Math.floor(count / (kills + restarts + 1))
      const sent = await Load.sendAll(fleet, { authorization, applicationId, count }, (accepted) => {
        if (accepted % every !== 0 || killed + restarted >= kills + restarts) return
        const isRestart = (killed + restarted) % (Math.floor(kills / restarts) + 1) === 1
        const oldest = (): Gateway => fleet.up[0]!
        if (isRestart) {
          restarted++
          trouble(async () => {
            const before = oldest()
            await fleet.start()
            expect(await fleet.stop(before)).toBe(0)
          })
        } else {
          killed++
          trouble(async () => {
            await fleet.kill(oldest())
            await fleet.start()
          })
        }
      })
      await troubles
      const accounts = await settled(here)
      const { unknown } = expectAccountedFor(here, sent.accepted, accounts)
      // A kill takes the calls with it that were up in that process, and no others.
      expect(unknown).toBeLessThan(count / 2)
      if (isLong)
        tell(
          "in trouble",
          sent,
          `${killed} killed, ${restarted} restarted; callbacks refused ${receiver.refused()} times; ${unknown} calls ended with their process`
        )
      expect([killed, restarted]).toEqual([kills, restarts])
    },
    isLong ? 2_700_000 : 420_000
  )

  it.runIf(isLong)(
    `CBK-1, BAL-6: accounts for each of 10,000 sends in peace${isLong ? "" : " [in the long run]"}`,
    async () => {
      const here = await world(false)
      const { applicationId, authorization, fleet } = here
      const sent = await Load.sendAll(fleet, { authorization, applicationId, count }, () => {})
      const { unknown } = expectAccountedFor(here, sent.accepted, await settled(here))
      expect(unknown).toBe(0)
      tell("in peace", sent, "nobody failed")
    },
    1_800_000
  )
})
