/** What the benchmark asks its servers, and how it is answered. */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import * as path from "node:path"

export interface Tenant {
  readonly accountId: string
  readonly applicationId: string
  readonly appKey: string
}

export type Question =
  | { readonly question: "port" }
  | { readonly question: "tenant"; readonly minutes: number; readonly receiver: string | undefined }
  /** The port of the bare server, which is started. */
  | { readonly question: "bare"; readonly tenant: Tenant }
  | {
      readonly question: "core"
      readonly tenant: Tenant
      readonly from: number
      readonly times: number
      readonly callers: number
    }
  /** Microseconds of processor time so far. */
  | { readonly question: "processor" }
  | { readonly question: "stop" }

export type Asked = Question & { readonly id: number }

interface Told {
  readonly id: number
  readonly told?: unknown
  readonly error?: string
}

export interface Server {
  readonly port: number
  readonly ask: <A = unknown>(question: Question) => Promise<A>
  readonly stop: () => Promise<void>
}

export const start = async (settings: {
  readonly url: string
  readonly token: string
  readonly works: boolean
}): Promise<Server> => {
  const child: ChildProcess = fork(path.join(import.meta.dirname, "Server.js"), [JSON.stringify(settings)], {
    // The memory that `npm start` gives it. To profile it, `VSMS_BENCH_SERVER_ARGS=--cpu-prof`.
    execArgv: ["--max-semi-space-size=64", ...(process.env["VSMS_BENCH_SERVER_ARGS"]?.split(" ") ?? [])]
  })
  const waiting = new Map<number, { readonly resolve: (told: any) => void; readonly reject: (error: Error) => void }>()
  let asked = 0
  child.on("message", ({ error, id, told }: Told) => {
    const waits = waiting.get(id)!
    waiting.delete(id)
    if (error === undefined) waits.resolve(told)
    else waits.reject(new Error(error))
  })
  child.once("exit", (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`a server has ended with ${code}`))
  })
  const ask = <A>(question: Question) =>
    new Promise<A>((resolve, reject) => {
      const id = ++asked
      waiting.set(id, { resolve, reject })
      child.send({ ...question, id })
    })
  return {
    port: await ask<number>({ question: "port" }),
    ask,
    stop: async () => {
      const gone = once(child, "exit")
      await ask({ question: "stop" })
      await gone
    }
  }
}
