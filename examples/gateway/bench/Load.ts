/**
 * Those who use the gateway: callers over kept connections, whoever reads the receipts, and the receiver of callbacks.
 * Written on bare sockets, because they share two cores with what is measured.
 */
import * as Crypto from "node:crypto"
import * as Net from "node:net"

export interface Reply {
  readonly status: number
  readonly body: string
}

/** One kept connection, on which one request is made at a time. */
export class Connection {
  private readonly socket: Net.Socket
  private readonly head: string
  private pieces: Buffer = Buffer.alloc(0)
  private waiting: { readonly resolve: (reply: Reply) => void; readonly reject: (error: Error) => void } | undefined

  constructor(port: number, token: string) {
    this.socket = Net.connect({ port, host: "127.0.0.1", noDelay: true })
    this.head = ` HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n`
    this.socket.on("data", (piece) => {
      this.pieces = this.pieces.length === 0 ? piece : Buffer.concat([this.pieces, piece])
      this.read()
    })
    const broken = (error?: Error): void => this.waiting?.reject(error ?? new Error("the connection was closed"))
    this.socket.on("error", broken).on("close", () => broken())
  }

  post(path: string, body: string): Promise<Reply> {
    return this.send(`POST ${path}${this.head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }

  get(path: string): Promise<Reply> {
    return this.send(`GET ${path}${this.head}\r\n`)
  }

  close(): void {
    this.socket.destroy()
  }

  private send(request: string): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject }
      this.socket.write(request)
    })
  }

  private read(): void {
    const end = this.pieces.indexOf("\r\n\r\n")
    if (end < 0) return
    const head = this.pieces.toString("latin1", 0, end)
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? -1)
    const chunked = length < 0
    const rest = this.pieces.subarray(end + 4)
    let body: Buffer | undefined
    if (!chunked) body = rest.length >= length ? rest.subarray(0, length) : undefined
    else if (rest.subarray(-5).toString("latin1") === "0\r\n\r\n") body = joined(rest)
    if (body === undefined) return
    this.pieces = Buffer.alloc(0)
    const waiting = this.waiting!
    this.waiting = undefined
    waiting.resolve({ status: Number(head.slice(9, 12)), body: body.toString() })
  }
}

/** The pieces of a chunked body. */
const joined = (chunked: Buffer): Buffer => {
  const pieces: Array<Buffer> = []
  for (let at = 0; ;) {
    const line = chunked.indexOf("\r\n", at)
    const length = Number.parseInt(chunked.toString("latin1", at, line), 16)
    if (length === 0) return Buffer.concat(pieces)
    pieces.push(chunked.subarray(line + 2, line + 2 + length))
    at = line + 4 + length
  }
}

/** Takes callbacks: 204, and remembers of which sends it was told. */
export interface Receiver {
  readonly url: string
  readonly told: Map<string, number>
  readonly close: () => Promise<void>
}

const taken = "HTTP/1.1 204 No Content\r\n\r\n"

export const receive = async (): Promise<Receiver> => {
  const told = new Map<string, number>()
  const sockets = new Set<Net.Socket>()
  const server = Net.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    let pieces = Buffer.alloc(0)
    socket.on("close", () => sockets.delete(socket)).on("error", () => {})
    socket.on("data", (piece) => {
      pieces = pieces.length === 0 ? piece : Buffer.concat([pieces, piece])
      for (;;) {
        const end = pieces.indexOf("\r\n\r\n")
        if (end < 0) return
        const head = pieces.toString("latin1", 0, end)
        const until = end + 4 + Number(/\r\ncontent-length: (\d+)/i.exec(head)![1])
        if (pieces.length < until) return
        pieces = pieces.subarray(until)
        const id = /\r\nwebhook-id: ([^/\r]+)/i.exec(head)![1]!
        told.set(id, (told.get(id) ?? 0) + 1)
        socket.write(taken)
      }
    })
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  return {
    url: `http://127.0.0.1:${(server.address() as Net.AddressInfo).port}/hook`,
    told,
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((done) => void server.close(() => done()))
    }
  }
}

/** What a caller of the vendor's older wire sends: another one each time, as each is signed. */
export const packet = (applicationId: string, appKey: string, mobile: string) => {
  const random = Crypto.randomInt(1_000_000_000)
  const time = Math.floor(Date.now() / 1_000)
  const signed = `appkey=${appKey}&random=${random}&time=${time}&mobile=${mobile}`
  const sig = Crypto.createHash("sha256").update(signed).digest("hex")
  return {
    path: `/v5/tlsvoicesvr/sendcvoice?sdkappid=${applicationId}&random=${random}`,
    body: JSON.stringify({ tel: { nationcode: "86", mobile }, msg: "4821", playtimes: 2, sig, time, ext: "" })
  }
}
