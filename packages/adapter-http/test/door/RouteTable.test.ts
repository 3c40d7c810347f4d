import { RouteTable } from "@vsms/adapter-http/door/RouteTable"
import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"

const table = new RouteTable<string>()
for (const [method, path] of [
  ["GET", "/"],
  ["GET", "/sends"],
  ["POST", "/sends"],
  ["GET", "/sends/:sendId"],
  ["POST", "/sends/batch"],
  ["GET", "/sends/:sendId/events"],
  ["GET", "/a/:x/b/:y"]
] as const)
  table.add(method, path, `${method} ${path}`)

describe("which endpoint a path leads to", () => {
  it.each([
    ["GET", "/sends", "GET /sends", {}],
    ["HEAD", "/sends", "GET /sends", {}],
    ["GET", "/sends/7", "GET /sends/:sendId", { sendId: "7" }],
    ["POST", "/sends/batch", "POST /sends/batch", {}],
    ["GET", "/sends/7/events", "GET /sends/:sendId/events", { sendId: "7" }],
    ["GET", "/a/1/b/2", "GET /a/:x/b/:y", { x: "1", y: "2" }],
    ["GET", "/a/%E4%B8%AD/b/%40me", "GET /a/:x/b/:y", { x: "中", y: "@me" }],
    ["GET", "/", "GET /", {}]
  ])("%s %s", (method, path, target, params) => {
    expect(table.find(method, path)).toEqual({ _tag: "Target", target, params })
  })

  it.each([
    "/nowhere",
    "sends",
    "",
    "//",
    "/sends/",
    "/sends//events",
    "/a/1/b",
    "/a/%zz/b/1",
    "/a/%ff/b/1",
    "/a/%/b/1",
    "*"
  ])("nothing is at %s", (path) => expect(table.find("GET", path)._tag).toBe("Nothing"))

  it("a written segment hides a variable one, as each place has its own methods", () => {
    expect(table.find("GET", "/sends/batch")).toEqual({ _tag: "OtherMethod", allowed: ["POST"] })
    expect(table.find("DELETE", "/sends")).toEqual({ _tag: "OtherMethod", allowed: ["GET", "POST", "HEAD"] })
  })

  it("whatever is escaped in a segment comes out of it", () => {
    const segment = FastCheck.string({ minLength: 1 }).filter((text) => !/\p{Cs}/u.test(text))
    FastCheck.assert(
      FastCheck.property(segment, segment, (x, y) => {
        const found = table.find("GET", `/a/${encodeURIComponent(x)}/b/${encodeURIComponent(y)}`)
        expect(found).toEqual({ _tag: "Target", target: "GET /a/:x/b/:y", params: { x, y } })
      })
    )
  })
})
