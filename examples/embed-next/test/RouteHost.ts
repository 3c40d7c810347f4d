/**
 * Serves route handlers as Next's app router does: modules found by their folder, a `Request` in, a `Response` out,
 * streamed. For tests, which cannot afford 340 MB of Next in every run; `NIGHTLY=1` puts the same routes into Next.
 */
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Http from "node:http"
import * as Path from "node:path"
import { Readable } from "node:stream"

type Route = Partial<
  Record<string, (request: Request, context: { readonly params: Promise<object> }) => Response | Promise<Response>>
>

/** The file of a path: what is written goes before `[...path]`. */
const fileOf = (folder: string, segments: ReadonlyArray<string>): string | undefined => {
  const written = Path.join(folder, ...segments, "route.ts")
  if (Fs.existsSync(written)) return written
  for (let depth = segments.length - 1; depth >= 0; depth--) {
    const rest = Path.join(folder, ...segments.slice(0, depth), "[...path]", "route.ts")
    if (Fs.existsSync(rest)) return rest
  }
  return undefined
}

const answer = async (folder: string, incoming: Http.IncomingMessage, origin: string, signal: AbortSignal) => {
  const { method = "GET", url = "/" } = incoming
  const request = new Request(new URL(url, origin), {
    method,
    headers: Object.entries(incoming.headers).flatMap(([name, value]): Array<[string, string]> =>
      value === undefined ? [] : [[name, String(value)]]
    ),
    signal,
    ...(method === "GET" || method === "HEAD" ? {} : ({ body: Readable.toWeb(incoming), duplex: "half" } as object))
  })
  const segments = new URL(request.url).pathname.split("/").filter((segment) => segment !== "")
  const file = fileOf(folder, segments)
  if (file === undefined) return new Response(null, { status: 404 })
  const handler = ((await import(file)) as Route)[method]
  return handler === undefined
    ? new Response(null, { status: 405 })
    : handler(request, { params: Promise.resolve({ path: segments }) })
}

/** Listens on a free port. */
export const listen = async (folder: string) => {
  const server = Http.createServer((incoming, outgoing) => {
    const gone = new AbortController()
    outgoing.once("close", () => gone.abort())
    void answer(folder, incoming, `http://${incoming.headers.host ?? "host"}`, gone.signal).then((response) => {
      outgoing.writeHead(response.status, Object.fromEntries(response.headers))
      if (response.body === null) return void outgoing.end()
      const body = Readable.fromWeb(response.body)
      body.on("error", () => outgoing.destroy())
      return void body.pipe(outgoing)
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return server
}
