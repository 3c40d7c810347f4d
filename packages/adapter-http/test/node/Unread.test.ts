import { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import { Answer } from "@vsms/adapter-http/door/Exchange"
import { NodeServer } from "@vsms/adapter-http/node/NodeServer"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Net from "node:net"
import * as World from "../native/World.ts"

const patienceMillis = 5_000
const server = NodeServer.layer({ port: 0, answerTimeoutMillis: patienceMillis, graceMillis: 0 })

/** A reader who takes what comes only when he is told to. */
class Reader {
  readonly socket: Net.Socket
  closed = false
  text = ""

  constructor(port: number) {
    this.socket = Net.connect(port, "127.0.0.1")
    this.socket.on("error", () => {})
    this.socket.on("close", () => (this.closed = true))
    this.socket.pause()
  }

  get(path: string, times = 1): void {
    this.socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`.repeat(times))
  }

  /** Takes about so many bytes. */
  take = (bytes: number) =>
    Effect.async<void>((resume) => {
      let taken = 0
      const done = (): void => {
        this.socket.off("data", onData).off("close", done).pause()
        resume(Effect.void)
      }
      const onData = (piece: Buffer): void => {
        taken += piece.length
        this.text = (this.text + piece.toString("latin1")).slice(-200)
        if (taken >= bytes) done()
      }
      if (this.closed) return done()
      this.socket.on("data", onData).on("close", done).resume()
    })
}

/** Waits in real time, which sockets take, until something holds. */
const until = (holds: () => boolean) =>
  Effect.gen(function* () {
    for (let i = 0; i < 500 && !holds(); i++) yield* Effect.promise(() => new Promise((done) => setTimeout(done, 10)))
    expect(holds()).toBe(true)
  })

/** Until nothing moves any more: all that lies between the two is full. */
const still = (count: () => number) =>
  Effect.gen(function* () {
    for (let same = 0, before = -1; same < 20;) {
      same = count() === before ? same + 1 : 0
      before = count()
      yield* Effect.promise(() => new Promise((done) => setTimeout(done, 10)))
    }
  })

/** Time passes, and what is closed in it is seen to be. */
const pass = (times: number) => Effect.repeatN(TestClock.adjust(patienceMillis), times - 1)

/** Less than anybody's patience. */
const passHalf = TestClock.adjust(patienceMillis / 2)

/** What a door says that has much to tell, or little and long. */
const telling = (body: Stream.Stream<Uint8Array>) =>
  Layer.provideMerge(
    server,
    Layer.effect(
      NativeDoor,
      Effect.map(NativeDoor, ({ handle }) => ({
        handle: (incoming) =>
          incoming.path === "/told"
            ? Effect.succeed(new Answer(200, { "content-type": "text/plain" }, body))
            : handle(incoming)
      }))
    ).pipe(Layer.provideMerge(World.layer()))
  )

describe("who does not read his answer", () => {
  it.effect("is not waited for, however much he asks for meanwhile", () =>
    Effect.gen(function* () {
      const reader = new Reader((yield* NodeServer).port)
      // More than the system takes for us.
      reader.get("/openapi.json", 100)
      yield* until(() => reader.socket.bytesWritten > 0)
      for (let i = 0; i < 8 && !reader.closed; i++) {
        yield* TestClock.adjust(patienceMillis)
        reader.get("/health")
        yield* Effect.promise(() => new Promise((done) => setTimeout(done, 100)))
      }
      yield* reader.take(Infinity)
      expect(reader.closed).toBe(true)
    }).pipe(Effect.provide(Layer.provideMerge(server, World.layer())))
  )

  it.effect("has no more prepared for him than lies between us, and lets go of what it was read from", () => {
    const told = { pieces: 0, ended: false }
    const body = Stream.repeatEffect(Effect.sync(() => (told.pieces++, new Uint8Array(200_000)))).pipe(
      Stream.rechunk(1),
      Stream.ensuring(Effect.sync(() => (told.ended = true)))
    )
    return Effect.gen(function* () {
      const reader = new Reader((yield* NodeServer).port)
      reader.get("/told")
      yield* until(() => told.pieces > 0)
      yield* still(() => told.pieces)
      expect(told.pieces).toBeLessThan(100)
      expect(told.ended).toBe(false)
      yield* pass(2)
      yield* until(() => told.ended)
      yield* reader.take(Infinity)
      expect(reader.closed).toBe(true)
    }).pipe(Effect.provide(telling(body)))
  })

  it.effect("is not he who reads slowly", () => {
    const pieces = 800
    const told = { pieces: 0 }
    const body = Stream.repeatEffect(Effect.sync(() => (told.pieces++, new Uint8Array(60_000)))).pipe(
      Stream.rechunk(1),
      Stream.take(pieces)
    )
    return Effect.gen(function* () {
      const reader = new Reader((yield* NodeServer).port)
      reader.get("/told")
      yield* until(() => told.pieces > 0)
      yield* still(() => told.pieces)
      let times = 0
      for (; told.pieces < pieces; times++) {
        const before = told.pieces
        while (told.pieces === before && !reader.closed) yield* reader.take(200_000)
        expect(reader.closed).toBe(false)
        yield* passHalf
      }
      expect(times).toBeGreaterThan(4)
      while (!reader.text.endsWith("0\r\n\r\n") && !reader.closed) yield* reader.take(1)
      expect(reader.closed).toBe(false)
    }).pipe(Effect.provide(telling(body)))
  })

  it.effect("is not he who reads all that there is, although nothing is told for long", () =>
    Effect.gen(function* () {
      const events = yield* Queue.unbounded<Uint8Array>()
      yield* Effect.gen(function* () {
        const reader = new Reader((yield* NodeServer).port)
        yield* Queue.offer(events, Buffer.from("first"))
        reader.get("/told")
        while (!reader.text.includes("first")) yield* reader.take(1)
        yield* TestClock.adjust("1 hour")
        // Nor he whose next answer waits behind it.
        reader.get("/health")
        yield* TestClock.adjust("1 hour")
        yield* Queue.offer(events, Buffer.from("second"))
        while (!reader.text.includes("second") && !reader.closed) yield* reader.take(1)
        expect(reader.closed).toBe(false)
        reader.socket.destroy()
      }).pipe(Effect.provide(telling(Stream.fromQueue(events))))
    })
  )
})
