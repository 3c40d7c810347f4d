import * as fs from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { expect, it } from "vitest"
import * as Process from "./Process.ts"
import * as TestServer from "./TestServer.ts"

/** One that has ended may stay in the list until somebody asks how. */
const isRunning = (pid: number): boolean =>
  fs.existsSync(`/proc/${pid}/stat`) && !/\) [ZX] /.test(fs.readFileSync(`/proc/${pid}/stat`, "utf8"))

const pidOf = (folder: string): number => Number.parseInt(fs.readFileSync(`${folder}/data/postmaster.pid`, "utf8"), 10)

it("the server ends with the process that started it, even one that is killed", async () => {
  const run = Process.run(`
    import * as TestServer from "${Process.source("test/server/TestServer.ts")}"
    const server = await TestServer.start()
    console.log(server.folder)
    setInterval(() => {}, 1_000)`)
  try {
    const folder = await run.line()
    const server = pidOf(folder)
    expect(isRunning(server)).toBe(true)
    await run.kill()
    for (let tries = 0; fs.existsSync(folder) && tries < 100; tries++) await sleep(100)
    expect([isRunning(server), fs.existsSync(folder)]).toEqual([false, false])
  } finally {
    await run.kill()
  }
})

it("whatever was committed is there after a crash of the server, at the same address", async () => {
  const server = await TestServer.start({ transport: "socket", order: "C", settings: { work_mem: "8MB" } })
  try {
    const url = await server.createDatabase()
    await TestServer.query(url, "CREATE TABLE kept AS SELECT 1 AS one")
    for (const how of ["crash", "immediate", "fast"] as const) {
      await server.kill(how)
      await expect(TestServer.query(url, "SELECT 1")).rejects.toThrow(/ENOENT|ECONNREFUSED/)
      await server.start()
      expect(await TestServer.query(url, "SELECT *, current_setting('work_mem') FROM kept")).toEqual([
        { one: 1, current_setting: "8MB" }
      ])
    }
    expect(fs.statSync(`${server.folder}/data`).uid === 0).toBe(false)
  } finally {
    await server.stop()
  }
  expect(fs.existsSync(server.folder)).toBe(false)
})

it("a database can be a copy of another one", async () => {
  const server = await TestServer.start()
  try {
    const template = await server.createDatabase()
    await TestServer.query(template, "CREATE TABLE kept AS SELECT 1 AS one")
    const name = new URL(template).pathname.slice(1)
    const copies = await Promise.all([server.createDatabase(name), server.createDatabase(name)])
    expect(new Set(copies).size).toBe(2)
    for (const copy of copies) expect(await TestServer.query(copy, "SELECT * FROM kept")).toEqual([{ one: 1 }])
  } finally {
    await server.stop()
  }
})
