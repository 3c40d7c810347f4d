import { Routes } from "@vsms/core/dispatch/Routes"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import * as Environment from "../../src/Environment.ts"
import * as GatewayRoutes from "../../src/routes/GatewayRoutes.ts"
import * as RouteSettings from "../../src/routes/RouteSettings.ts"

const read = (routes: unknown) =>
  RouteSettings.read(Environment.reader({ VSMS_ROUTES: JSON.stringify(routes) }), () => undefined)

const line = "http://vsms:s3cret@127.0.0.1:9/ari?endpoint=PJSIP/{number}@trunk&numbers=national"

describe("a route through an Asterisk", () => {
  it("is named by where it leads, without its account, and is opened although nobody is there yet", async () => {
    const { problems, routes } = read([{ id: "pbx", asterisk: line, weight: 3 }])
    expect(problems).toEqual([])
    expect(routes).toMatchObject([{ _tag: "Asterisk", route: { id: "pbx", channel: "pbx", weight: 3 } }])
    expect(routes.map(RouteSettings.name)).toEqual(["asterisk:http://127.0.0.1:9"])
    expect(JSON.stringify(routes)).not.toContain("s3cret")
    const opened = Effect.flatMap(Routes, (all) => {
      expect(all.map(({ channel }) => channel.name)).toEqual(["pbx"])
      return Effect.flip(all[0]!.channel.probe)
    })
    const failure = await Effect.runPromise(Effect.provide(opened, GatewayRoutes.layer(routes, {})))
    expect(failure).toMatchObject({ channel: "pbx", placed: "no", detail: "ECONNREFUSED" })
  })

  it.each([
    [{ id: "pbx", asterisk: line.replace("PJSIP/{number}@trunk", "PJSIP/trunk") }, "VSMS_ROUTES[0].asterisk"],
    [{ id: "pbx", asterisk: 7 }, "VSMS_ROUTES[0].asterisk"],
    [{ id: "pbx", asterisk: line, register: true }, "VSMS_ROUTES[0].register"]
  ])("is refused without showing its password: %j", (route, variable) => {
    const { problems } = read([route])
    expect(problems.map((problem) => problem.variable)).toEqual([variable])
    expect(problems.map(Environment.describe).join()).not.toContain("s3cret")
  })
})
