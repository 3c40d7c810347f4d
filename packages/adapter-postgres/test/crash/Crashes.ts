/**
 * Processes of the platform under load, killed at random moments, and the database with them; after each death the books
 * are opened and compared with all that anybody was told. In the end everything that was accepted must be over.
 */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as Pg from "pg"
import * as PgliteFolder from "../../src/place/PgliteFolder.ts"
import * as Child from "../processes/Child.ts"
import * as FastClock from "../processes/FastClock.ts"
import type { Start, Task } from "../processes/programs/Platform.ts"
import * as Tenants from "../processes/Tenants.ts"
import * as TestServer from "../server/TestServer.ts"
import * as Audit from "./Audit.ts"
import * as Books from "./Books.ts"
import type * as BrokenStores from "./BrokenStores.ts"
import * as Exchange from "./Exchange.ts"

export interface Plan {
  /** A server that several processes share and that is killed too, or a folder that one process at a time holds. */
  readonly place: "server" | "folder"
  /** Ends after so many deaths, or at that time (epoch milliseconds) if it comes first. */
  readonly kills: number
  readonly until?: number
  /** After so many deaths all work is done to the end, and another database is taken. */
  readonly killsInRound: number
  readonly seed: number
  readonly broken?: BrokenStores.Broken
  /** The server answers before its log is on the disk. */
  readonly hurried?: boolean
}

export interface Counts {
  rounds: number
  processesKilled: number
  serversKilled: number
  answers: number
  repeats: number
  sends: number
  calls: number
  callbacks: number
  audits: number
  checks: number
}

export interface Result {
  readonly counts: Counts
  /** What was found to be wrong, with the round it was found in; empty if nothing was. */
  readonly problems: ReadonlyArray<string>
}

/** How much faster than the machine's clock the platform lives: a call of a minute takes three seconds, or six. */
const times = { server: 20, folder: 10 }

const sleep = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis))

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export const random = (seed: number) => {
  let state = seed >>> 0
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

export const run = async (plan: Plan): Promise<Result> => {
  const counts: Counts = {
    rounds: 0,
    processesKilled: 0,
    serversKilled: 0,
    answers: 0,
    repeats: 0,
    sends: 0,
    calls: 0,
    callbacks: 0,
    audits: 0,
    checks: 0
  }
  const place = await (plan.place === "server" ? serverPlace(plan.hurried === true) : folderPlace())
  const spares = new Spares()
  const chance = random(plan.seed)
  const problems: Array<string> = []
  try {
    const killed = (): number => counts.processesKilled + counts.serversKilled
    while (killed() < plan.kills && Date.now() < (plan.until ?? Number.POSITIVE_INFINITY) && problems.length === 0) {
      counts.rounds++
      const round = new Round(plan, place, spares, chance, counts)
      const found = await round.run(Math.min(plan.killsInRound, plan.kills - killed()))
      problems.push(...found.map((problem) => `round ${counts.rounds}, death ${killed()}: ${problem}`))
    }
  } finally {
    await spares.end()
    await place.end()
  }
  return { counts, problems }
}

// ---------------------------------------------------------------------------------------------------------------------
// where the data is
// ---------------------------------------------------------------------------------------------------------------------

interface Place {
  readonly tenants: ReadonlyArray<Tenants.Tenant>
  readonly processes: number
  /** A new database with the tenants in it. */
  readonly fresh: () => Promise<Start["place"]>
  readonly drop: (place: Start["place"]) => Promise<unknown>
  readonly server: TestServer.TestServer | undefined
  readonly end: () => Promise<unknown>
}

const minutes = [
  { minutes: 50_000, callbacks: true },
  { minutes: 50_000, callbacks: true }
]

const serverPlace = async (hurried: boolean): Promise<Place> => {
  const settings = { synchronous_commit: "off", wal_writer_delay: "10s" }
  const server = await TestServer.start({ fsync: true, maxConnections: 60, ...(hurried ? { settings } : {}) })
  const template = await server.createDatabase()
  const tenants = await Tenants.open(Tenants.server(template), minutes)
  return {
    tenants,
    processes: 2,
    fresh: async () => ({ url: await server.createDatabase(nameOf(template)), sessions: 3 }),
    drop: (place) =>
      "url" in place
        ? TestServer.query(server.url, `drop database ${Pg.escapeIdentifier(nameOf(place.url))} with (force)`)
        : Promise.resolve(),
    server,
    end: server.stop
  }
}

const nameOf = (url: string): string => new URL(url).pathname.slice(1)

const folderPlace = async (): Promise<Place> => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-crash-"))
  const template = path.join(root, "template")
  const tenants = await Tenants.open(PgliteFolder.layer({ folder: template }), minutes)
  let count = 0
  return {
    tenants,
    processes: 1,
    fresh: async () => {
      const folder = path.join(root, `round${++count}`)
      fs.cpSync(template, folder, { recursive: true, mode: fs.constants.COPYFILE_FICLONE })
      return { folder }
    },
    drop: async (place) => "folder" in place && fs.rmSync(place.folder, { recursive: true, force: true }),
    server: undefined,
    end: async () => fs.rmSync(root, { recursive: true, force: true })
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// processes
// ---------------------------------------------------------------------------------------------------------------------

/** Processes that have come up and do nothing yet, so that whoever dies is replaced at once. */
class Spares {
  private next: Promise<Spare> | undefined

  async take(): Promise<Spare> {
    const spare = this.next ?? startSpare()
    this.next = undefined
    const taken = await spare
    this.next = startSpare()
    // Whoever takes it will hear of a failure.
    this.next.catch(() => {})
    return taken
  }

  async end(): Promise<void> {
    const left = await this.next?.catch(() => undefined)
    await left?.child.kill()
  }
}

interface Spare {
  readonly child: Child.Child
  readonly handlers: { current: Record<string, (input: any) => unknown> }
}

const startSpare = async (): Promise<Spare> => {
  const handlers: Spare["handlers"] = { current: {} }
  const names = ["task", "done", "place", "hangUp", "fate", "deliver"]
  const child = await Child.start(
    "Platform",
    Object.fromEntries(names.map((name) => [name, (input: unknown) => handlers.current[name]!(input)]))
  )
  return { child, handlers }
}

/** A process at work, and what it was told to do and has not said to be done. */
interface Worker {
  readonly child: Child.Child
  readonly tasks: Map<string, Task>
  /** How many of its tasks it has said to be done. */
  answered: number
  readonly books: Promise<Books.Books | undefined>
}

// ---------------------------------------------------------------------------------------------------------------------
// one database
// ---------------------------------------------------------------------------------------------------------------------

class Round {
  private readonly plan: Plan
  private readonly place: Place
  private readonly spares: Spares
  private readonly chance: () => number
  private readonly counts: Counts
  private readonly pace: FastClock.Pace
  private readonly exchange: Exchange.Exchange
  private readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-answers-"))
  private readonly files: Array<string> = []
  private readonly workers: Array<Worker> = []
  private readonly again: Array<Task> = []
  /** Some of those that have been answered, to be asked once more. */
  private readonly answered: Array<Task> = []
  private readonly repeated = new Set<string>()
  private data: Start["place"] | undefined
  private begun = 0
  private asked = 0
  private deaths = 0
  private loading = true

  constructor(plan: Plan, place: Place, spares: Spares, chance: () => number, counts: Counts) {
    this.plan = plan
    this.place = place
    this.spares = spares
    this.chance = chance
    this.counts = counts
    const now = Date.now()
    this.pace = { realAt: now, at: now, times: times[plan.place] }
    this.exchange = Exchange.make(FastClock.make(this.pace))
  }

  /** Answers what is wrong. */
  async run(kills: number): Promise<ReadonlyArray<string>> {
    try {
      this.data = await this.place.fresh()
      this.begun = Date.now()
      for (let i = 0; i < this.place.processes; i++) await this.hire()
      const { counts } = this
      const killed = (): number => counts.processesKilled + counts.serversKilled
      const enough = killed() + kills
      while (killed() < enough && Date.now() < (this.plan.until ?? Number.POSITIVE_INFINITY)) {
        const victim = this.workers[Math.floor(this.chance() * this.workers.length)]!
        // Now and then before the process has come up, mostly after some answers: a slow machine kills as a quick one.
        const answers = this.chance() < 0.15 ? 0 : 1 + Math.floor(this.chance() * 10)
        const patience = Date.now() + 4_000
        while (victim.answered < answers && Date.now() < patience) await sleep(5)
        await sleep(this.chance() * 60)
        const outside = this.look()
        const books = await this.kill(victim)
        const problems = this.audit(books, outside, false)
        if (problems.length > 0) return problems
      }
      return await this.finish()
    } finally {
      await Promise.all(this.workers.map(({ child }) => child.kill()))
      const { answers, repeats } = this.answers()
      this.counts.answers += answers
      this.counts.repeats += repeats
      this.counts.calls += this.exchange.placed.length
      this.counts.callbacks += this.exchange.told.length
      fs.rmSync(this.folder, { recursive: true, force: true })
      if (this.data !== undefined) await this.place.drop(this.data)
    }
  }

  /** Somebody or something dies. Answers the books as they are found afterwards. */
  private async kill(victim: Worker): Promise<Books.Books> {
    const { server } = this.place
    // Chance alone would leave the server alive in some short runs.
    const what = ++this.deaths % 6 === 0 ? 0.85 + this.chance() * 0.15 : this.chance()
    if (server === undefined) {
      this.counts.processesKilled++
      return (await (
        await this.replace(victim)
      ).books)!
    }
    if (what < 0.85 && this.plan.hurried !== true) {
      // One, and sometimes all of them.
      const victims = what < 0.25 ? [...this.workers] : [victim]
      this.counts.processesKilled += victims.length
      await Promise.all(victims.map(({ child }) => child.kill()))
      for (const one of victims) await this.replace(one)
      return this.read()
    }
    const how = what < 0.95 || this.plan.hurried === true ? "crash" : "immediate"
    const both = what > 0.9 && what < 0.97
    this.counts.serversKilled++
    if (both) this.counts.processesKilled++
    const deaths = [server.kill(how), ...(both ? [victim.child.kill()] : [])]
    await Promise.all(deaths)
    await sleep(this.chance() * 200)
    await server.start()
    if (both) await this.replace(victim)
    return this.read()
  }

  private async replace(victim: Worker): Promise<Worker> {
    await victim.child.kill()
    this.workers.splice(this.workers.indexOf(victim), 1)
    // Nobody knows what became of these: they are asked again, under their keys.
    this.again.push(...victim.tasks.values())
    return this.hire()
  }

  private async hire(): Promise<Worker> {
    const { child, handlers } = await this.spares.take()
    const tasks = new Map<string, Task>()
    const acknowledgements = path.join(this.folder, `${this.files.length}.jsonl`)
    this.files.push(acknowledgements)
    handlers.current = {
      ...this.exchange.handlers((id, event) => void child.ask("event", { id, event }).catch(() => {})),
      task: () => {
        const task = this.nextTask()
        if (task !== null) tasks.set(task.key, task)
        return task
      },
      done: (key: string) => {
        const task = tasks.get(key)
        tasks.delete(key)
        worker.answered++
        if (task !== undefined && key.endsWith("7") && !this.repeated.has(key)) {
          this.repeated.add(key)
          this.answered.push(task)
        }
      }
    }
    const start: Start = {
      place: this.data!,
      pace: this.pace,
      acknowledgements,
      customers: 6,
      broken: this.plan.broken
    }
    const books = child.ask<Books.Books | undefined>("open", start)
    books.catch(() => {})
    const worker: Worker = { child, tasks, books, answered: 0 }
    this.workers.push(worker)
    return worker
  }

  /** So many new tasks in a second that the machine has time for the rest; `null`: nothing to do now. */
  private nextTask(): Task | null {
    const again = this.again.shift() ?? this.answered.shift()
    if (again !== undefined) return again
    const due = ((Date.now() - this.begun) / 1_000) * sendsPerSecond
    if (!this.loading || this.asked >= due || this.asked >= sendsForDeath * this.plan.killsInRound) return null
    const nth = this.asked++
    return {
      key: `key-${nth}`,
      tenant: this.place.tenants[nth % this.place.tenants.length]!,
      to: `138${String(nth).padStart(8, "0")}`,
      isRefused: nth % 15 === 14
    }
  }

  /** What anybody was told by now. To be taken before the books are read. */
  private look(): Audit.Outside {
    return {
      acknowledged: this.files.flatMap(readLines),
      told: [...this.exchange.told],
      placed: this.exchange.placed.map(({ call }) => call.id),
      rung: this.exchange.rung()
    }
  }

  private audit(books: Books.Books, outside: Audit.Outside, ended: boolean): ReadonlyArray<string> {
    const { checks, problems } = Audit.audit(books, outside, ended)
    this.counts.audits++
    this.counts.checks += checks
    return problems
  }

  private async read(): Promise<Books.Books> {
    if (this.data === undefined || !("url" in this.data)) throw new Error("only a server can be read from outside")
    const client = new Pg.Client({ connectionString: this.data.url })
    client.on("error", () => {})
    await client.connect()
    try {
      return await Books.read(async (sql) => (await client.query(sql)).rows)
    } finally {
      await client.end()
    }
  }

  /** No new work comes: what there is must come to its end by itself. */
  private async finish(): Promise<ReadonlyArray<string>> {
    this.loading = false
    const limit = Date.now() + 90_000
    const isOver = async (): Promise<boolean> => {
      if (this.again.length + this.answered.length > 0 || this.workers.some(({ tasks }) => tasks.size > 0)) return false
      return (await this.workers[0]!.child.ask<number>("left").catch(() => 1)) === 0
    }
    while (!(await isOver())) {
      if (this.workers.some(({ child }) => !child.isAlive()))
        return [`a process has ended by itself: ${this.workers.map(({ child }) => child.words()).join("\n")}`]
      if (Date.now() > limit) return ["it does not come to an end", ...this.audit(await this.last(), this.look(), true)]
      await sleep(100)
    }
    const outside = this.look()
    const books = await this.last()
    this.counts.sends += books.sends.length
    return this.audit(books, outside, true)
  }

  private async last(): Promise<Books.Books> {
    if (this.place.server !== undefined) return this.read()
    return (await (
      await this.replace(this.workers[0]!)
    ).books)!
  }

  private answers(): { readonly answers: number; readonly repeats: number } {
    const accepted = this.files.flatMap(readLines).filter(({ _tag }) => _tag === "Accepted")
    const keys = new Set(accepted.map((answer) => (answer._tag === "Accepted" ? answer.key : "")))
    return { answers: accepted.length, repeats: accepted.length - keys.size }
  }
}

const sendsPerSecond = 30
const sendsForDeath = 30

/** Answers that were written down wholly: the last one may be cut off by a death. */
const readLines = (file: string): ReadonlyArray<Audit.Acknowledged> => {
  if (!fs.existsSync(file)) return []
  const text = fs.readFileSync(file, "utf8")
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Audit.Acknowledged)
}
