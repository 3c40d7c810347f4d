import * as Crypto from "node:crypto"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterEach, describe, expect, inject, it } from "vitest"
import * as Audit from "./Audit.ts"
import * as Collector from "./Collector.ts"
import { Fleet, type Gateway } from "./Fleet.ts"
import * as Gate from "./Gate.ts"
import * as Load from "./Load.ts"
import * as Receiver from "./Receiver.ts"
import * as Tenant from "./Tenant.ts"

const isLong = process.env["NIGHTLY"] === "1"

const folders: Array<string> = []
const open: Array<{ readonly close: () => void }> = []
afterEach(() => {
  for (const one of open.splice(0)) one.close()
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true, force: true })
})

/** So many are asked for once more when all have been. */
const repeatedSends = 60

interface WorldOptions {
  /** Whether the tenant's server fails half of the time, or never. */
  readonly failing: boolean
  /** Of the clock of the gateways, so that leases of processes that are gone run out soon. */
  readonly times: number
  /** Where the gateways send their traces. */
  readonly collector?: string
}

/** Two gateways on a database of their own, with a tenant. */
const world = async ({ collector, failing, times }: WorldOptions) => {
  const response = await fetch(inject("testDatabases" as never), { method: "POST" })
  const url = await response.text()
  if (!response.ok) throw new Error(url)
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-fleet-"))
  folders.push(folder)
  const { accountId, applicationId } = await Tenant.open({ url, folder, minutes: 100_000 })
  const token = Crypto.randomBytes(24).toString("hex")
  const now = Date.now()
  const fleet = new Fleet({ url, token, folder, collector, pace: { realAt: now, at: now, times } })
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
  const authorization = `Bearer ${json.key}`
  const how: Load.How = { authorization, applicationId }
  const send = (which: Load.Which, progress: (accepted: number) => void = () => {}) =>
    Load.sendAll(fleet, how, which, progress)
  /** Asks again for some that were accepted, as callers do who have lost an answer. */
  const repeat = async ({ accepted }: Load.Sent): Promise<void> => {
    const some = accepted.filter((_, i) => i % Math.ceil(accepted.length / repeatedSends) === 0)
    const again = await Load.inTurns(
      fleet,
      how,
      some.map(({ index }) => index)
    )
    expect(again.map(({ repeated, sendId }) => [sendId, repeated])).toEqual(some.map(({ sendId }) => [sendId, true]))
  }
  /** What the gateways' clock shows when the machine's shows this. */
  const there = (at: number): number => now + (at - now) * times
  return { accountId, applicationId, fleet, folder, operator, receiver, repeat, send, there, url }
}

type World = Awaited<ReturnType<typeof world>>

/** Leases of processes that died, and the pauses of callbacks, last a fraction of that. */
const patienceMillis = 60_000

/** Waits until of every send somebody was told, and it is on record; or until nothing comes any more. */
const settled = async (
  { accountId, applicationId, operator, receiver }: World,
  { accepted }: Load.Sent
): Promise<Audit.Accounts> => {
  const count = accepted.length
  let told = -1
  for (let since = Date.now(); Date.now() - since < patienceMillis;) {
    if (receiver.taken.size !== told) since = Date.now()
    told = receiver.taken.size
    if (told >= count) {
      const accounts = await Audit.read(operator, accountId, applicationId)
      const isDone = [...accounts.deliveries.values()].every((one) => one.every((status) => status === "delivered"))
      if (isDone && accounts.receiptCount >= count) return accounts
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return Audit.read(operator, accountId, applicationId)
}

/** Everything accounted for: to each accepted send one call, one receipt, one callback, and its minutes once. */
const expectAccountedFor = (
  { fleet, folder, receiver, there }: World,
  { accepted, begunAt, endedAt }: Load.Sent,
  accounts: Audit.Accounts
): { readonly unknown: number; readonly toldAgain: number } => {
  const { balance, deliveries, receipts, statistics } = accounts
  const count = accepted.length
  const ids = accepted.map(({ sendId }) => sendId)
  const placed = Audit.placed(folder)
  // Nobody is called twice, and nobody else.
  expect.soft([...placed.values()].filter((calls) => calls.length > 1)).toEqual([])
  expect.soft(placed.size).toBeLessThanOrEqual(count)
  // No answer, no receipt, no callback is missing; none comes for two, and none is of anything else.
  expect.soft(new Set(ids).size).toBe(count)
  expect.soft(ids.filter((id) => !receipts.has(id))).toEqual([])
  expect.soft([accounts.receiptCount, receipts.size]).toEqual([count, count])
  expect.soft(ids.filter((id) => !receiver.taken.has(id))).toEqual([])
  expect.soft(receiver.taken.size).toBe(count)
  expect.soft(ids.filter((id) => deliveries.get(id)?.join() !== "delivered")).toEqual([])
  expect.soft(deliveries.size).toBe(count)
  // One number each, without a gap: whoever reads by cursor misses none.
  const numbers = [...receipts.values()].map(({ number }) => number).sort((a, b) => a - b)
  expect.soft(numbers).toEqual(Array.from({ length: count }, (_, i) => i + 1))
  const all = accepted.flatMap(({ index, sendId }) => {
    const receipt = receipts.get(sendId)
    const told = receiver.taken.get(sendId)
    if (receipt === undefined || told === undefined) return []
    return [{ sendId, callee: `+86${Load.numberOf(index)}`, ext: String(index), receipt, told }]
  })
  expect.soft(all.filter(({ callee, ext, receipt }) => receipt.callee !== callee || receipt.ext !== ext)).toEqual([])
  // A gateway on another clock would wait for leases longer than this test does.
  const acceptedAt = all.map(({ receipt }) => receipt.acceptedAt)
  expect.soft(Math.min(...acceptedAt)).toBeGreaterThanOrEqual(there(begunAt))
  expect.soft(Math.max(...acceptedAt)).toBeLessThanOrEqual(there(endedAt + 1))

  // Whoever was told, was told the same, however often, and just what the receipt says.
  const tellings = all.map(({ receipt, sendId, told: { data, ids } }) => {
    const [said] = [...data].map((text) => JSON.parse(text))
    const { billedMinutes, number, reason, result } = receipt
    return {
      sendId,
      kinds: [data.size, ids.size],
      said: [said.receipt, said.result, said.reason, said.billedMinutes],
      receipt: [number, result, reason ?? null, billedMinutes]
    }
  })
  expect.soft(tellings.filter(({ kinds }) => kinds.join() !== "1,1")).toEqual([])
  expect.soft(tellings.filter(({ receipt, said }) => said.join() !== receipt.join())).toEqual([])

  // What the carrier saw is what is told and paid. What became of a call is unknown where its process was killed, or
  // gave it up; whoever stops when it is asked to leaves none behind that ends after it.
  const wrong = all.filter(({ callee, receipt: { billedMinutes, endedAt, reason, result } }) => {
    const call = placed.get(callee)?.[0]
    if (result === "answered") return call?.isAnswered !== true || billedMinutes !== 1
    if (billedMinutes !== 0) return true
    if (reason !== "fateUnknown") return call?.isAnswered === true
    const stoppedAt = call === undefined ? -Infinity : fleet.stopped.get(call.by)
    return stoppedAt !== undefined && endedAt > there(stoppedAt)
  })
  expect.soft(wrong).toEqual([])

  const answered = all.filter(({ receipt }) => receipt.result === "answered").length
  expect.soft([balance.spent, balance.held, balance.overrun]).toEqual([answered, 0, 0])
  expect.soft(balance.available).toBe(balance.granted - answered)
  expect.soft(accounts.ledgerIsEqual).toBe(true)
  expect.soft(statistics).toMatchObject({ sends: count, answered, failed: count - answered, minutes: answered })
  // Whatever is made good all the same, no gateway has met with a mistake of its own.
  expect.soft(fleet.words).toBe("")
  return {
    unknown: all.filter(({ receipt }) => receipt.reason === "fateUnknown").length,
    toldAgain: [...receiver.taken.values()].reduce((sum, { times }) => sum + times - 1, 0)
  }
}

const tell = (what: string, { accepted, begunAt, endedAt, opened }: Load.Sent, more: string): void => {
  const repeated = accepted.filter((one) => one.repeated).length
  process.stderr.write(
    `${what}: ${accepted.length} sends by ${Load.connections} callers over ${opened} connections, ` +
      `${Math.round((accepted.length / (endedAt - begunAt)) * 1_000)} accepted/s, ` +
      `p50 ${Load.percentile(accepted, 0.5).toFixed(1)} ms, p99 ${Load.percentile(accepted, 0.99).toFixed(1)} ms, ` +
      `${repeated} accepted before their answer was lost; each answer and each receipt accounted for; ${more}\n`
  )
}

describe("a fleet of gateways", () => {
  it(
    "SND-7, SND-10, CBK-1, CBK-2: loses nothing and calls nobody twice, while processes are killed, others replaced, and the receiver fails half of the time",
    async () => {
      const count = isLong ? 10_000 : 600
      const kills = isLong ? 24 : 2
      const restarts = isLong ? 8 : 1
      const here = await world({ failing: true, times: 8 })
      const { fleet, receiver } = here
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
      const sent = await here.send({ first: 0, end: count }, (accepted) => {
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
      await here.repeat(sent)
      const { toldAgain, unknown } = expectAccountedFor(here, sent, await settled(here, sent))
      // A kill takes the calls with it that were up in that process, and no others.
      expect(unknown).toBeLessThan(count / 2)
      if (isLong)
        tell(
          "in trouble",
          sent,
          `${killed} killed, ${restarted} restarted; callbacks refused ${receiver.refused()} times, ${toldAgain} taken again; ${unknown} calls ended with their process`
        )
      expect([killed, restarted]).toEqual([kills, restarts])
    },
    isLong ? 2_700_000 : 420_000
  )

  it.runIf(isLong).each([
    ["in peace", false],
    ["while the receiver fails half of the time", true]
  ] as const)(
    `SND-7, CBK-1, BAL-6: accounts for each of 10,000 sends, %s${isLong ? "" : " [in the long run]"}`,
    async (what, failing) => {
      // By the machine's clock, as nobody has to wait for the leases of the dead: it costs what it costs outside.
      const here = await world({ failing, times: 1 })
      const sent = await here.send({ first: 0, end: 10_000 })
      await here.repeat(sent)
      const { toldAgain, unknown } = expectAccountedFor(here, sent, await settled(here, sent))
      expect([unknown, toldAgain]).toEqual([0, 0])
      expect(sent.opened).toBe(Load.connections)
      tell(what, sent, `callbacks refused ${here.receiver.refused()} times`)
    },
    1_800_000
  )

  it("SND-7, SND-10: answers nobody before what it says is kept, and is killed between the two", async () => {
    const here = await world({ failing: false, times: 8 })
    const { fleet } = here
    const gate = await Gate.build(here.url)
    let asked = 0

    /** Each caller asks for one more, until a commit of some is under way; nobody was told anything of them. */
    const atCommit = async () => {
      const first = asked
      asked += Load.connections
      const committed = await gate.committed()
      await gate.close()
      let answered = 0
      const sending = here.send({ first, end: asked }, (accepted) => (answered = accepted))
      const commit = await gate.waiting()
      // What they had to say to the callers, they have said before they answer these.
      for (let i = 0; i < 10; i++)
        for (const place of fleet.up.keys()) {
          const other = new Load.Client(fleet, "", place)
          expect((await other.ask("GET", "/health")).status).toBe(200)
          other.close()
        }
      expect([answered, await gate.committed()]).toEqual([0, committed])
      return { commit, sending }
    }
    const killAll = () => Promise.all([...fleet.up].map((gateway) => fleet.kill(gateway)))

    // Whoever has found that another one writes, too, locks the account first, in a transaction. One of them has soon.
    const waves: Array<Load.Sent> = []
    let wave = await atCommit()
    while (wave.commit !== "commit") {
      await gate.open()
      waves.push(await wave.sending)
      wave = await atCommit()
    }
    await killAll()
    await gate.forget()
    await gate.open()
    await fleet.start()
    const lost = await wave.sending
    expect(lost.accepted.filter(({ repeated }) => repeated)).toEqual([])

    // A commit that the database has in hand outlives whoever asked for it. The gateway is alone now, and asks in one
    // statement.
    const { commit, sending } = await atCommit()
    expect(commit).toMatch(/^with moved as/)
    await killAll()
    await gate.open()
    await Promise.all([fleet.start(), fleet.start()])
    const kept = await sending
    expect(kept.accepted.filter(({ repeated }) => repeated)).not.toEqual([])

    const all = [...waves, lost, kept]
    const sent = { ...kept, accepted: all.flatMap(({ accepted }) => accepted), begunAt: all[0]!.begunAt }
    await here.repeat(sent)
    expectAccountedFor(here, sent, await settled(here, sent))
  }, 120_000)

  it("SND-10: a send is one trace, whichever process takes its next step, and whoever stops sees its calls to their end", async () => {
    const collector = await Collector.open()
    open.push(collector)
    const here = await world({ failing: false, times: 8, collector: collector.url })
    const { fleet } = here
    const sent = await here.send({ first: 0, end: 128 })
    const [first] = fleet.up as [Gateway]
    const askedAt = here.there(Date.now())
    expect(await fleet.stop(first)).toBe(0)
    const accounts = await settled(here, sent)
    expectAccountedFor(here, sent, accounts)
    const calls = Audit.placed(here.folder)
    const seenToTheEnd = sent.accepted.filter(({ index, sendId }) => {
      const isOfFirst = calls.get(`+86${Load.numberOf(index)}`)?.[0]?.by === first.child.pid
      return isOfFirst && accounts.receipts.get(sendId)!.endedAt > askedAt
    })
    expect(seenToTheEnd).not.toEqual([])
    // What they have not told yet, they tell before they go.
    expect(await fleet.stop(fleet.up[0]!)).toBe(0)
    const traces = sent.accepted.map(({ sendId }) => {
      const spans = collector.spans.filter((span) => span.sendId === sendId)
      const by = (step: string): string | undefined => spans.find(({ name }) => name === step)?.service
      const [accepted, placed, posted] = [by("Sends.accept"), by("CallChannel.place"), by("CallbackTransport.post")]
      return { sendId, accepted, placed, posted, traces: new Set(spans.map(({ traceId }) => traceId)).size }
    })
    expect(traces.filter(({ traces }) => traces !== 1)).toEqual([])
    expect(traces.filter(({ accepted, placed, posted }) => !accepted || !placed || !posted)).toEqual([])
    // Both take up whatever is due: some are called, and some told of, by another process than had them before.
    expect(traces.filter(({ accepted, placed }) => accepted !== placed)).not.toEqual([])
    expect(traces.filter(({ placed, posted }) => placed !== posted)).not.toEqual([])
  }, 120_000)
})
