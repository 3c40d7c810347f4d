/**
 * Port: one request and its answer, whatever carries them: Node's own server, or a host that speaks `Request` and
 * `Response`. The door sees nothing else of HTTP.
 */
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { BodyTooLarge, MalformedBody } from "../api/HttpRefusals.ts"

export interface Incoming {
  /** In capital letters. */
  readonly method: string
  /** As it came, without the query, and without the prefix under which a host has put us. */
  readonly path: string
  /** That prefix, such as `/vsms`: what links to us begin with. Empty or absent at the root. */
  readonly prefix?: string
  /** Without the question mark; empty if there is none. */
  readonly query: string
  /** A header by its name in small letters. */
  readonly header: (name: string) => string | undefined
  /** Reads the whole body, once. What is larger is refused, and not read to its end. */
  readonly body: (maxBytes: number) => Effect.Effect<Uint8Array, BodyTooLarge | MalformedBody>
}

/** Names of headers are in small letters. */
export interface Headers {
  readonly [name: string]: string
}

export class Answer {
  readonly status: number
  readonly headers: Headers
  /** A stream is pulled as fast as the other side takes it, and interrupted when that goes away. */
  readonly body: string | Uint8Array | Stream.Stream<Uint8Array> | undefined

  constructor(status: number, headers: Headers, body?: Answer["body"]) {
    this.status = status
    this.headers = headers
    this.body = body
  }
}
