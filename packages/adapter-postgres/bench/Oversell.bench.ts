/**
 * The contest that nobody may win too often: eight processes send ten thousand times on one account that has a thousand
 * minutes, on a server that waits for its disk.
 */
import * as Oversell from "../test/processes/Oversell.ts"
import * as TestServer from "../test/server/TestServer.ts"

export const group = "postgres"

const rounds = 5
const contest = { minutes: 1_000, attempts: 10_000, processes: 8, sessions: 2 }

export const run = async (): Promise<void> => {
  const server = await TestServer.start({ fsync: true })
  try {
    const perSecond: Array<number> = []
    for (let round = 0; round < rounds; round++) {
      const { accepted, millis, refused, stored } = await Oversell.run({
        ...contest,
        url: await server.createDatabase()
      })
      const result = [accepted.length, refused["NotEnoughMinutes"], stored.sends.length, stored.held, stored.available]
      const wanted = [contest.minutes, contest.attempts - contest.minutes, contest.minutes, contest.minutes, 0]
      if (JSON.stringify(result) !== JSON.stringify(wanted))
        throw new Error(
          `accepted, refused, stored, held, left: ${JSON.stringify(result)}, not ${JSON.stringify(wanted)}`
        )
      perSecond.push((contest.attempts / millis) * 1e3)
    }
    perSecond.sort((a, b) => a - b)
    const show = (figure: number): string => Math.round(figure).toLocaleString("en-US")
    console.log(
      `\noversell: ${show(contest.attempts)} attempts of ${contest.processes} processes on ${show(contest.minutes)} minutes`
    )
    console.log(`  exactly ${show(contest.minutes)} accepted in each of ${rounds} rounds`)
    console.log(
      `  attempts per second: ${show(perSecond[rounds >> 1]!)} [${show(perSecond[0]!)} … ${show(perSecond.at(-1)!)}]`
    )
  } finally {
    await server.stop()
  }
}
