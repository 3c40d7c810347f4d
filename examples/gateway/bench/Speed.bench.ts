/**
 * What the gateway does in a second, with everything on: PostgreSQL with fsync, both doors, workers that dial, signed
 * callbacks, receipts. First the ways in, beside the core call by itself and a bare `node:http` server that makes it; then
 * whole lives, from the caller's request to its receipt and its callback, by one process and by two; then how long a caller
 * waits at half of what was aimed at. What was left behind is checked before a figure is printed.
 *
 * For a quick look while something is changed: `VSMS_BENCH_PART` (`ways`, `lives1`, `lives2`) takes one part,
 * `VSMS_BENCH_SENDS` and `VSMS_BENCH_ROUNDS` shorten it. Where others use the machine, compare processor times.
 */
import * as TestServer from "../../../packages/adapter-postgres/test/server/TestServer.ts"
import { Connection, packet, type Receiver, receive } from "./Load.ts"
import * as Protocol from "./Protocol.ts"

export const group = "gateway"

const token = "operator-token-of-the-benchmark-0123456789"
const minutes = 10_000_000
const batch = 200

const asked = (name: string): number | undefined =>
  process.env[name] === undefined ? undefined : Number(process.env[name])

/** Of this run: each sends to numbers of its own. */
let called = 0

interface World {
  readonly server: TestServer.TestServer
  readonly gateways: ReadonlyArray<Protocol.Server>
  readonly tenant: Protocol.Tenant
  readonly receiver: Receiver
  /** Ids of all sends that were accepted. */
  readonly accepted: Set<string>
}

interface Cost {
  readonly perSecond: number
  /** Microseconds of processor time a send: of the gateway's processes, of PostgreSQL, and of callers and receiver. */
  readonly node: number
  readonly postgres: number
  readonly callers: number
}

const numberOf = (i: number): string => `138${String(i).padStart(8, "0")}`

const open = async (processes: number, works: boolean): Promise<World> => {
  const server = await TestServer.start({ fsync: true, transport: "socket", order: "C" })
  const url = await server.createDatabase()
  const gateways: Array<Protocol.Server> = []
  for (let i = 0; i < processes; i++) gateways.push(await Protocol.start({ url, token, works }))
  const receiver = await receive()
  const hook = works ? receiver.url : undefined
  const tenant = await gateways[0]!.ask<Protocol.Tenant>({ question: "tenant", minutes, receiver: hook })
  return { server, gateways, tenant, receiver, accepted: new Set() }
}

const close = async ({ gateways, receiver, server }: World): Promise<void> => {
  for (const gateway of gateways) await gateway.stop()
  await receiver.close()
  await server.stop()
}

const measured = async ({ gateways, server }: World, times: number, run: () => Promise<void>): Promise<Cost> => {
  const processor = async (): Promise<number> => {
    let sum = 0
    for (const gateway of gateways) sum += await gateway.ask<number>({ question: "processor" })
    return sum
  }
  const [node, postgres, callers] = [await processor(), TestServer.processorMicros(server), process.cpuUsage()]
  const begun = performance.now()
  await run()
  const seconds = (performance.now() - begun) / 1e3
  const own = process.cpuUsage(callers)
  return {
    perSecond: times / seconds,
    node: ((await processor()) - node) / times,
    postgres: (TestServer.processorMicros(server) - postgres) / times,
    callers: (own.user + own.system) / times
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// callers
// ---------------------------------------------------------------------------------------------------------------------

/** So many requests, each made as soon as one of the connections is free. Answers how long each took, in milliseconds. */
const crowd = async (
  ports: ReadonlyArray<number>,
  connections: number,
  times: number,
  ask: (connection: Connection) => Promise<void>
): Promise<Array<number>> => {
  const waits: Array<number> = []
  let left = times
  const caller = async (i: number): Promise<void> => {
    const connection = new Connection(ports[i % ports.length]!, token)
    while (left-- > 0) {
      const from = performance.now()
      await ask(connection)
      waits.push(performance.now() - from)
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: connections }, (_, i) => caller(i)))
  return waits
}

/** The same by the clock, whether or not those before are answered. */
const paced = async (
  ports: ReadonlyArray<number>,
  requestsPerSecond: number,
  times: number,
  ask: (connection: Connection) => Promise<void>
): Promise<Array<number>> => {
  const free: Array<Connection> = []
  const all: Array<Connection> = []
  const waits: Array<number> = []
  const running: Array<Promise<void>> = []
  const begun = performance.now()
  const one = async (dueAt: number): Promise<void> => {
    let connection = free.pop()
    if (connection === undefined) {
      connection = new Connection(ports[all.length % ports.length]!, token)
      all.push(connection)
    }
    await ask(connection)
    // From when it was due: what waited in this process has waited all the same.
    waits.push(performance.now() - dueAt)
    free.push(connection)
  }
  for (let i = 0; i < times; i++) {
    const dueAt = begun + (i * 1_000) / requestsPerSecond
    const wait = dueAt - performance.now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    running.push(one(dueAt))
  }
  await Promise.all(running)
  for (const connection of all) connection.close()
  return waits
}

const single = ({ accepted, tenant }: World) => {
  const path = `/v1/applications/${tenant.applicationId}/sends`
  return async (connection: Connection): Promise<void> => {
    const { body, status } = await connection.post(path, JSON.stringify({ to: numberOf(called++), code: "4821" }))
    if (status !== 202) throw new Error(`answered with ${status}: ${body}`)
    accepted.add(JSON.parse(body).sendId)
  }
}

const batched = ({ accepted, tenant }: World) => {
  const path = `/v1/applications/${tenant.applicationId}/sends/batch`
  return async (connection: Connection): Promise<void> => {
    const sends = Array.from({ length: batch }, () => ({ to: numberOf(called++), code: "4821" }))
    const { body, status } = await connection.post(path, JSON.stringify({ sends }))
    if (status !== 200) throw new Error(`answered with ${status}: ${body}`)
    for (const one of JSON.parse(body).answers) {
      if (one.accepted === undefined) throw new Error(`not accepted: ${JSON.stringify(one)}`)
      accepted.add(one.accepted.sendId)
    }
  }
}

const wire = ({ accepted, tenant }: World) => {
  return async (connection: Connection): Promise<void> => {
    const { body: asked, path } = packet(tenant.applicationId, tenant.appKey, numberOf(called++))
    const { body } = await connection.post(path, asked)
    const { callid, result } = JSON.parse(body)
    if (result !== 0) throw new Error(`answered with ${body}`)
    accepted.add(callid)
  }
}

/** Reads receipts from the cursor on, until there are as many more as were wanted. */
const readReceipts = async (world: World, read: Map<number, string>, wanted: () => number): Promise<void> => {
  const { gateways, tenant } = world
  const connection = new Connection(gateways[0]!.port, token)
  let after = read.size
  while (read.size < wanted()) {
    const page = `/v1/applications/${tenant.applicationId}/receipts?after=${after}&limit=100`
    const { body, status } = await connection.get(page)
    if (status !== 200) throw new Error(`receipts: ${status} ${body}`)
    const { items, next } = JSON.parse(body)
    for (const { number, result, sendId } of items) {
      if (result !== "answered" || read.has(number)) throw new Error(`receipt ${number}: ${result}`)
      read.set(number, sendId)
    }
    after = next
    if (items.length < 100) await new Promise((resolve) => setTimeout(resolve, 10))
  }
  connection.close()
}

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2))
}

// ---------------------------------------------------------------------------------------------------------------------
// the ways in
// ---------------------------------------------------------------------------------------------------------------------

const waysIn = async (): Promise<void> => {
  const world = await open(1, false)
  const { gateways, tenant } = world
  const [gateway] = gateways as [Protocol.Server]
  const bare = await gateway.ask<number>({ question: "bare", tenant })
  const times = asked("VSMS_BENCH_SENDS") ?? 4_000
  const callers = 128
  let direct = 0
  const rivals = [
    {
      name: "core alone, one send",
      run: async () => {
        await gateway.ask({ question: "core", tenant, from: called, times, callers })
        called += times
        direct += times
        return []
      }
    },
    { name: "bare node:http, one send", run: () => crowd([bare], callers, times, single(world)) },
    { name: "native, one send", run: () => crowd([gateway.port], callers, times, single(world)) },
    { name: `native, batches of ${batch}`, run: () => crowd([gateway.port], 8, times / batch, batched(world)) },
    { name: "the vendor's older wire, one send", run: () => crowd([gateway.port], callers, times, wire(world)) }
  ]
  const costs = rivals.map((): Array<Cost> => [])
  const waits = rivals.map((): Array<number> => [])
  const rounds = asked("VSMS_BENCH_ROUNDS") ?? 5
  for (let round = -1; round < rounds; round++)
    for (const [i, { run }] of rivals.entries()) {
      let waited: ReadonlyArray<number> = []
      const cost = await measured(world, times, async () => {
        waited = await run()
      })
      if (round < 0) continue
      costs[i]!.push(cost)
      waits[i]!.push(...waited)
    }
  const all = (rounds + 1) * times * rivals.length
  mustBe("sends accepted", world.accepted.size + direct, all)
  const { connection, get } = reader(world)
  const { available, held } = await get(`/v1/accounts/${tenant.accountId}/balance`)
  mustBe("minutes", [available, held], [minutes - all, all])
  const { total } = await get(`/v1/applications/${tenant.applicationId}/statistics/overview?period=today`)
  mustBe("statistics", total.sends, all)
  connection.close()
  await close(world)

  console.log(`\nways in: accepted sends, PostgreSQL with fsync, ${callers} callers (8 of batches); nobody dials`)
  for (const [i, { name }] of rivals.entries()) print(name, costs[i]!, waits[i]!)
  const node = (i: number): number => spread(costs[i]!.map((cost) => cost.node)).median
  const wall = (i: number): number =>
    spread(costs[i]!.map((cost, j) => cost.perSecond / costs[1]![j]!.perSecond)).median
  console.log(
    `    the door takes ${shown(node(2) - node(0))} µs more than the core call, ${shown(node(2) - node(1))} more than the bare server, at ×${wall(2).toFixed(2)} of its sends a second`
  )
}

// ---------------------------------------------------------------------------------------------------------------------
// whole lives
// ---------------------------------------------------------------------------------------------------------------------

const lives = async (processes: number): Promise<void> => {
  const world = await open(processes, true)
  const { accepted, gateways, receiver } = world
  const ports = gateways.map(({ port }) => port)
  const times = asked("VSMS_BENCH_SENDS") ?? 8_000
  const callers = 128
  const read = new Map<number, string>()
  const ways = [
    { name: `batches of ${batch}`, goal: 2_500, run: () => crowd(ports, 8, times / batch, batched(world)) },
    { name: "one send at a time", goal: 1_000, run: () => crowd(ports, callers, times, single(world)) }
  ]
  const costs = ways.map((): Array<Cost> => [])
  const waits = ways.map((): Array<number> => [])
  for (let round = -1; round < (asked("VSMS_BENCH_ROUNDS") ?? 3); round++)
    for (const [i, { run }] of ways.entries()) {
      const whole = accepted.size + times
      let waited: ReadonlyArray<number> = []
      const cost = await measured(world, times, async () => {
        const [took] = await Promise.all([
          run(),
          readReceipts(world, read, () => whole),
          until(() => receiver.told.size >= whole)
        ])
        waited = took
      })
      if (round < 0) continue
      costs[i]!.push(cost)
      waits[i]!.push(...waited)
    }
  await check(world, read)
  console.log(
    `\nwhole lives: accepted, dialled, answered, hung up, settled, told by a signed callback, and their receipts read; ${processes === 1 ? "one process" : `${processes} processes`}, PostgreSQL with fsync, callers and receiver on 2 cores together`
  )
  for (const [i, { goal: wanted, name }] of ways.entries()) {
    print(name, costs[i]!, waits[i]!)
    if (processes === 1) goal("whole lives a second", spread(costs[i]!.map((cost) => cost.perSecond)).median, wanted)
  }

  if (processes === 1 && asked("VSMS_BENCH_ROUNDS") === undefined) {
    console.log("\nhow long a caller waits at half of what was aimed at, whole lives all the while")
    const seconds = 8
    for (const [name, perRequest, sendsPerSecond, ask] of [
      [`batches of ${batch}`, batch, 1_250, batched(world)],
      ["one send at a time", 1, 500, single(world)]
    ] as const) {
      const sends = Math.ceil((seconds * sendsPerSecond) / perRequest) * perRequest
      const whole = accepted.size + sends
      let waited: ReadonlyArray<number> = []
      const cost = await measured(world, sends, async () => {
        const [took] = await Promise.all([
          paced(ports, sendsPerSecond / perRequest, sends / perRequest, ask),
          readReceipts(world, read, () => whole),
          until(() => receiver.told.size >= whole)
        ])
        waited = took
      })
      print(`${name}, ${sendsPerSecond.toLocaleString("en-US")} sends/s asked`, [cost], waited)
      goal("milliseconds within which 99 % are answered", share(waited, 0.99), 100, "less")
    }
    await check(world, read)
  }
  await close(world)
}

const reader = ({ gateways }: World) => {
  const connection = new Connection(gateways[0]!.port, token)
  const get = async (path: string) => {
    const { body, status } = await connection.get(path)
    if (status !== 200) throw new Error(`${path}: ${status} ${body}`)
    return JSON.parse(body)
  }
  return { connection, get }
}

/** Every accepted send completed once, told once, and paid once; ledger and statistics say the same. */
const check = async (world: World, read: ReadonlyMap<number, string>): Promise<void> => {
  const { accepted, receiver, tenant } = world
  const { connection, get } = reader(world)
  const all = accepted.size
  mustBe("receipts", read.size, all)
  mustBe("numbers of receipts", Math.max(...read.keys()), all)
  mustBe("receipts of accepted sends", [...new Set(read.values())].filter((id) => accepted.has(id)).length, all)
  mustBe("callbacks of accepted sends", [...receiver.told.keys()].filter((id) => accepted.has(id)).length, all)
  const twice = [...receiver.told.values()].reduce((sum, times) => sum + times - 1, 0)
  mustBe("callbacks that came twice", twice, 0)
  const { available, held, spent } = await get(`/v1/accounts/${tenant.accountId}/balance`)
  mustBe("minutes", [available, held, spent], [minutes - all, 0, all])
  const verified = await get(`/v1/accounts/${tenant.accountId}/balance/verification`)
  mustBe("the balance as its ledger says", verified.equal, true)
  const { total } = await get(`/v1/applications/${tenant.applicationId}/statistics/overview?period=today`)
  mustBe("statistics", [total.sends, total.answered, total.failed, total.minutes], [all, all, 0, all])
  connection.close()
}

// ---------------------------------------------------------------------------------------------------------------------
// figures
// ---------------------------------------------------------------------------------------------------------------------

const spread = (values: ReadonlyArray<number>) => {
  const sorted = values.toSorted((a, b) => a - b)
  return { median: sorted[sorted.length >> 1]!, min: sorted[0]!, max: sorted.at(-1)! }
}

const share = (values: ReadonlyArray<number>, part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))]!

const shown = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3)

const print = (name: string, costs: ReadonlyArray<Cost>, waits: ReadonlyArray<number>): void => {
  const { max, median, min } = spread(costs.map(({ perSecond }) => perSecond))
  const of = (part: (cost: Cost) => number): string => shown(spread(costs.map(part)).median).padStart(4)
  const perSecond = `${shown(median).padStart(6)} ${`[${shown(min)} … ${shown(max)}]`.padEnd(17)} sends/s`
  const waited =
    waits.length === 0 ? "" : `answered p50 ${shown(share(waits, 0.5))} ms, p99 ${shown(share(waits, 0.99))} ms`
  console.log(
    `    ${name.padEnd(42)} ${perSecond}  processor ${of(({ node }) => node)} + ${of(({ postgres }) => postgres)} µs a send (callers ${of(({ callers }) => callers)})  ${waited}`
  )
}

const goal = (sentence: string, reached: number, wanted: number, better: "more" | "less" = "more"): void => {
  const met = better === "more" ? reached >= wanted : reached <= wanted
  console.log(`      goal ${met ? "met" : "MISSED"}: ${sentence}: ${shown(reached)} of ${shown(wanted)}`)
}

const mustBe = (what: string, actual: unknown, expected: unknown): void => {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (one !== other) throw new Error(`${what}: ${one} and not ${other}`)
}

export const run = async (): Promise<void> => {
  const only = process.env["VSMS_BENCH_PART"]
  if (only === undefined || only === "ways") await waysIn()
  for (const processes of [1, 2]) if (only === undefined || only === `lives${processes}`) await lives(processes)
}
