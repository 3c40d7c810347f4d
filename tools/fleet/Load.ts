/** Clients over kept connections, who send until they know that they have sent. */
import * as Http from "node:http"
import type { Fleet } from "./Fleet.ts"

export interface Reply {
  readonly status: number
  readonly json: any
}

/** One of a tenant's connections. It is opened anew, to another gateway, when it breaks. */
export class Client {
  private readonly agent = new Http.Agent({ keepAlive: true, maxSockets: 1 })
  private readonly fleet: Fleet
  private readonly authorization: string
  private readonly place: number
  /** Connections that were made, one after the other. */
  opened = 0

  constructor(fleet: Fleet, authorization: string, place = 0) {
    this.fleet = fleet
    this.authorization = authorization
    this.place = place
  }

  /** Asks one of the gateways that are up; fails if that one breaks. */
  ask(method: string, path: string, body?: unknown, headers: Http.OutgoingHttpHeaders = {}): Promise<Reply> {
    const { up } = this.fleet
    const gateway = up[this.place % up.length]
    if (gateway === undefined) return Promise.reject(new Error("no gateway is up"))
    const content = body === undefined ? "" : JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const request = Http.request(
        {
          agent: this.agent,
          host: "127.0.0.1",
          port: gateway.port,
          method,
          path,
          headers: {
            authorization: this.authorization,
            ...(body === undefined ? {} : { "content-type": "application/json" }),
            "content-length": Buffer.byteLength(content),
            ...headers
          }
        },
        (response) => {
          let text = ""
          response.on("data", (piece: Buffer) => (text += piece.toString()))
          response.on("error", reject)
          response.on("end", () =>
            resolve({ status: response.statusCode!, json: text === "" ? undefined : JSON.parse(text) })
          )
          response.on("close", () => reject(new Error("broken off")))
        }
      )
      request.on("error", reject)
      request.on("socket", () => {
        if (!request.reusedSocket) this.opened++
      })
      request.end(content)
    })
  }

  /** Asks until somebody answers, and says what is not to be had later. */
  async insist(method: string, path: string, body?: unknown, headers?: Http.OutgoingHttpHeaders): Promise<Reply> {
    for (;;) {
      const reply = await this.ask(method, path, body, headers).catch(() => undefined)
      if (reply !== undefined && reply.status !== 503) return reply
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  close(): void {
    this.agent.destroy()
  }
}

export interface Accepted {
  readonly index: number
  readonly sendId: string
  readonly millis: number
  /** Whether an answer before this one was lost. */
  readonly repeated: boolean
}

export const connections = 32

/** Another number for each send: who is called twice is seen. */
export const numberOf = (index: number): string => `139${String(10_000_000 + index)}`

export interface Sent {
  readonly accepted: ReadonlyArray<Accepted>
  /** Epoch milliseconds by the machine's clock. */
  readonly begunAt: number
  readonly endedAt: number
  /** Connections that were made; more than there are callers where gateways broke or were replaced. */
  readonly opened: number
}

const send = async (client: Client, applicationId: string, index: number): Promise<Accepted> => {
  const sentAt = performance.now()
  const body = { to: numberOf(index), code: "4821", plays: 1, ext: String(index) }
  const { json, status } = await client.insist("POST", `/v1/applications/${applicationId}/sends`, body, {
    "idempotency-key": `send-${index}`
  })
  if (status !== 202) throw new Error(`send ${index} was answered with ${status}: ${JSON.stringify(json)}`)
  return { index, sendId: json.sendId, millis: performance.now() - sentAt, repeated: json.repeated }
}

export interface How {
  readonly authorization: string
  readonly applicationId: string
}

/** Sends these one after the other, by turns of every gateway: each of them moves on what another one remembers. */
export const inTurns = async (
  fleet: Fleet,
  { applicationId, authorization }: How,
  indices: Iterable<number>
): Promise<ReadonlyArray<Accepted>> => {
  const accepted: Array<Accepted> = []
  const clients = fleet.up.map((_, place) => new Client(fleet, authorization, place))
  for (const index of indices)
    accepted.push(await send(clients[accepted.length % clients.length]!, applicationId, index))
  for (const client of clients) client.close()
  return accepted
}

/** Those from `first` to before `end`. */
export interface Which {
  readonly first: number
  readonly end: number
}

/** Sends them, each once, over all connections. `progress` is told how many have been accepted. */
export const sendAll = async (
  fleet: Fleet,
  { applicationId, authorization }: How,
  { end, first }: Which,
  progress: (accepted: number) => void
): Promise<Sent> => {
  const accepted: Array<Accepted> = []
  let next = first
  let opened = 0
  const begunAt = Date.now()
  const work = async (place: number): Promise<void> => {
    const client = new Client(fleet, authorization, place)
    while (next < end) {
      accepted.push(await send(client, applicationId, next++))
      progress(accepted.length)
    }
    opened += client.opened
    client.close()
  }
  await Promise.all(Array.from({ length: connections }, (_, place) => work(place)))
  return { accepted, begunAt, endedAt: Date.now(), opened }
}

export const percentile = (accepted: ReadonlyArray<Accepted>, part: number): number => {
  const sorted = accepted.map(({ millis }) => millis).toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}
