/** The contest that nobody may win too often: many processes send on one account that has minutes for a tenth of it. */
import * as TestServer from "../server/TestServer.ts"
import * as Child from "./Child.ts"
import * as Tenants from "./Tenants.ts"

export interface Contest {
  /** Of an empty database. */
  readonly url: string
  readonly minutes: number
  readonly attempts: number
  readonly processes: number
  /** Connections of each process. */
  readonly sessions: number
}

export interface Result {
  readonly accepted: ReadonlyArray<readonly [sendId: string, holdMinutes: number]>
  readonly refused: Readonly<Record<string, number>>
  readonly millis: number
  /** What the database holds afterwards. */
  readonly stored: {
    readonly sends: ReadonlyArray<string>
    readonly available: number
    readonly held: number
    readonly refusals: number
    readonly entries: number
    readonly sequence: number
    readonly counted: number
  }
}

export const run = async ({ attempts, minutes, processes, sessions, url }: Contest): Promise<Result> => {
  const [tenant] = await Tenants.open(Tenants.server(url), [{ minutes }])
  const contestants = await Child.startAll("Contestant", processes)
  try {
    await Promise.all(contestants.map((child) => child.ask("open", { url, sessions })))
    const share = Math.ceil(attempts / processes)
    const began = performance.now()
    const results = await Promise.all(
      contestants.map((child, i) =>
        child.ask<Pick<Result, "accepted" | "refused">>("oversell", {
          tenant,
          attempts: Math.min(share, attempts - i * share),
          first: i * share,
          concurrency: 64
        })
      )
    )
    const millis = performance.now() - began
    const refused: Record<string, number> = {}
    for (const result of results)
      for (const [tag, count] of Object.entries(result.refused)) refused[tag] = (refused[tag] ?? 0) + count
    return { accepted: results.flatMap((result) => result.accepted), refused, millis, stored: await look(url) }
  } finally {
    await Promise.all(contestants.map((child) => child.kill()))
  }
}

const look = async (url: string): Promise<Result["stored"]> => {
  const [[balance], sends, [counts]] = await Promise.all([
    TestServer.query(url, "select state, sequence::int from vsms.balances"),
    TestServer.query(url, "select send_id from vsms.sends"),
    TestServer.query(
      url,
      `select (select count(*) from vsms.refused_sends)::int as refusals, (select count(*) from vsms.minute_ledger)::int
      as entries, (select coalesce(sum(sends), 0) from vsms.hourly_statistics)::int as counted`
    )
  ])
  return {
    sends: sends.map((row) => String(row.send_id)),
    available: balance.state.available,
    held: balance.state.held,
    refusals: counts.refusals,
    entries: counts.entries,
    sequence: balance.sequence,
    counted: counts.counted
  }
}
