/** Adapter: what node-postgres takes for the socket of a server. What becomes of the bytes is not decided here. */
import { Duplex } from "node:stream"

/** Takes whole messages of the protocol. */
export type Sink = (bytes: Uint8Array<ArrayBuffer>) => void

/** Its other end is attached by `attach`, after which bytes for the client are `push`ed. */
export class PgliteConnection extends Duplex {
  private readonly open: (connection: PgliteConnection) => void
  private sink: Sink = () => {}

  constructor(open: (connection: PgliteConnection) => void) {
    super()
    this.open = open
  }

  attach(sink: Sink): void {
    this.sink = sink
    this.emit("connect")
  }

  /** Called by the client, as are those that follow: they are what it calls of a socket. */
  connect(): this {
    this.open(this)
    return this
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    // The client's buffers are parts of larger ones, and are used again.
    this.sink(new Uint8Array(chunk))
    done()
  }

  override _writev(chunks: ReadonlyArray<{ readonly chunk: Buffer }>, done: () => void): void {
    const bytes = new Uint8Array(chunks.reduce((sum, { chunk }) => sum + chunk.length, 0))
    let at = 0
    for (const { chunk } of chunks) {
      bytes.set(chunk, at)
      at += chunk.length
    }
    this.sink(bytes)
    done()
  }

  override _final(done: () => void): void {
    this.push(null)
    done()
  }
}
