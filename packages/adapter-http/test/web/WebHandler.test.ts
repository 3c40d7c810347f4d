import * as WebHandler from "@vsms/adapter-http/web/WebHandler"
import { describe, expect, it } from "@effect/vitest"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as World from "../native/World.ts"

/** A body that comes in pieces and does not say how long it is. */
const pieces = (size: number, count: number): ReadableStream<Uint8Array> => {
  let left = count
  return new ReadableStream({
    pull: (controller) => (left-- > 0 ? controller.enqueue(new Uint8Array(size).fill(0x20)) : controller.close())
  })
}

const post = (body: string | ReadableStream<Uint8Array>, signal?: AbortSignal): Request =>
  new Request("http://host.example/v1/accounts", {
    method: "POST",
    headers: { authorization: World.operator, "content-type": "application/json" },
    body,
    ...(signal === undefined ? {} : { signal }),
    // A body that is a stream wants this, which the types of this Node do not know.
    ...({ duplex: "half" } as object)
  })

const json = (response: Response): Promise<any> => response.json()

describe("a handler for hosts that speak Request and Response", () => {
  it("answers with the platform that it starts, and stops it", async () => {
    const runtime = ManagedRuntime.make(World.layer())
    const handler = WebHandler.make(runtime)
    const health = await handler(new Request("http://host.example/health"))
    expect([health.status, await json(health)]).toEqual([200, { status: "up" }])
    const head = await handler(new Request("http://host.example/openapi.json", { method: "HEAD" }))
    expect([head.status, await head.text()]).toEqual([200, ""])
    const opened = await handler(post(JSON.stringify({ accountId: "a" })))
    expect(opened.status).toBe(201)
    // The same platform as before.
    const got = await handler(
      new Request("http://host.example/v1/accounts/a", { headers: { authorization: World.operator } })
    )
    expect((await json(got)).accountId).toBe("a")
    await runtime.dispose()
  })

  it("reads of a body what it takes, and no more", async () => {
    const runtime = ManagedRuntime.make(World.layer())
    const handler = WebHandler.make(runtime)
    const large = await handler(post(pieces(30_000, 1_000)))
    expect([large.status, (await json(large)).type]).toEqual([413, "urn:vsms:problem:BodyTooLarge"])
    const small = await handler(post(pieces(10, 3)))
    expect([small.status, (await json(small)).facts]).toEqual([400, { problem: "json" }])
    const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error("gone")) })
    const aborted = await handler(post(broken))
    expect([aborted.status, (await json(aborted)).facts]).toEqual([400, { problem: "aborted" }])
    await runtime.dispose()
  })
})
