/**
 * Rules: where messages begin and end on a connection (RFC 3261, section 18.3), and the empty lines between them that
 * keep it alive (RFC 5626). Each byte is looked at once, however small the pieces in which they come.
 */
import * as Either from "effect/Either"
import { type Malformed, malformed } from "../message/Malformed.ts"
import * as MessageParser from "../message/MessageParser.ts"

/** A message with its bytes, which are the receiver's own; or an empty line that asks for one in return. */
export type Frame = { readonly _tag: "Message"; readonly bytes: Uint8Array } | { readonly _tag: "Ping" }

const lineFeed = 10
const carriageReturn = 13

export class StreamFramer {
  private buffer = Buffer.allocUnsafe(2_048)
  private length = 0
  /** Up to here no end of headers was found. */
  private searched = 0
  /** The length of the message whose headers are complete; 0 while they are not. */
  private expected = 0
  /** Line feeds since the last message. */
  private emptyLines = 0

  /**
   * Takes what has arrived, and answers what is complete. After a failure the connection is to be closed: nobody knows
   * where the next message begins.
   */
  push(chunk: Uint8Array): Either.Either<ReadonlyArray<Frame>, Malformed> {
    this.append(chunk)
    const frames: Array<Frame> = []
    let start = 0
    for (;;) {
      start = this.skipEmptyLines(start, frames)
      if (this.expected === 0) {
        const found = this.measure(start)
        if (Either.isLeft(found)) return Either.left(found.left)
      }
      if (this.expected === 0 || this.length - start < this.expected) break
      frames.push({ _tag: "Message", bytes: Uint8Array.from(this.buffer.subarray(start, start + this.expected)) })
      start += this.expected
      this.searched = start
      this.expected = 0
      this.emptyLines = 0
    }
    this.buffer.copyWithin(0, start, this.length)
    this.length -= start
    this.searched = Math.max(0, this.searched - start)
    return Either.right(frames)
  }

  private append(chunk: Uint8Array): void {
    const needed = this.length + chunk.length
    if (needed > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.buffer.length))
      this.buffer.copy(larger, 0, 0, this.length)
      this.buffer = larger
    }
    this.buffer.set(chunk, this.length)
    this.length = needed
  }

  private skipEmptyLines(start: number, frames: Array<Frame>): number {
    let at = start
    if (this.expected > 0) return at
    for (; at < this.length; at++) {
      const byte = this.buffer[at]
      if (byte !== lineFeed && byte !== carriageReturn) break
      // One answer is enough, however many ask at once.
      if (byte === lineFeed && ++this.emptyLines % 2 === 0 && frames.at(-1)?._tag !== "Ping")
        frames.push({ _tag: "Ping" })
    }
    this.searched = Math.max(this.searched, at)
    return at
  }

  /** Finds out how long the message is that begins at `start`, if its headers are there. */
  private measure(start: number): Either.Either<void, Malformed> {
    const bytes = this.buffer.subarray(0, this.length)
    // The end of the headers may lie across two pieces.
    const bodyStart = MessageParser.headersEnd(bytes, Math.max(start, this.searched - 3))
    this.searched = this.length
    if (bodyStart < 0 || bodyStart - start > MessageParser.maxBytes) {
      return this.length - start > MessageParser.maxBytes ? malformed("headers", "tooLong") : Either.void
    }
    const head = MessageParser.parseHead(bytes.toString("latin1", start, bodyStart))
    if (Either.isLeft(head)) return Either.left(head.left)
    const announced = MessageParser.contentLength(head.right.headers)
    if (Either.isLeft(announced)) return Either.left(announced.left)
    if (announced.right === undefined) return malformed("Content-Length", "missing")
    this.expected = bodyStart - start + announced.right
    return this.expected > MessageParser.maxBytes ? malformed("body", "tooLong") : Either.void
  }
}
