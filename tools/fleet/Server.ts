/** A server of the test's own, which takes requests whole. */
import * as Http from "node:http"
import type { AddressInfo } from "node:net"

export interface Request {
  readonly path: string
  readonly headers: Http.IncomingHttpHeaders
  readonly text: string
}

export interface Server {
  readonly url: string
  readonly close: () => void
}

/** On a free port; it answers with a status and no more. */
export const open = async (answer: (request: Request) => number): Promise<Server> => {
  const server = Http.createServer((request, response) => {
    const pieces: Array<Buffer> = []
    request.on("data", (piece: Buffer) => pieces.push(piece))
    request.on("end", () => {
      const text = Buffer.concat(pieces).toString()
      response.writeHead(answer({ path: request.url ?? "", headers: request.headers, text })).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    }
  }
}
