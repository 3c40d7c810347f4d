/**
 * One server for all tests of a run. It is started by the first test that asks for a database, and lives in the process
 * that runs the tests, not in one of its workers, because those come and go.
 */
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import type { TestProject } from "vitest/node"
import * as TestServer from "./TestServer.ts"

declare module "vitest" {
  export interface ProvidedContext {
    /** `POST` answers the URL of a new database. */
    testDatabases: string
  }
}

export default async ({ provide }: TestProject) => {
  let server: Promise<TestServer.TestServer> | undefined
  const broker = http.createServer((_, response) => {
    server ??= TestServer.start({ maxConnections: 300 })
    server
      .then((it) => it.createDatabase())
      .then(
        (url) => response.end(url),
        (error: unknown) => response.writeHead(500).end(String(error))
      )
  })
  await new Promise<void>((resolve) => broker.listen(0, "127.0.0.1", resolve))
  broker.unref()
  provide("testDatabases", `http://127.0.0.1:${(broker.address() as AddressInfo).port}`)

  return async () => {
    broker.close()
    broker.closeAllConnections()
    await server?.then((it) => it.stop())
  }
}
