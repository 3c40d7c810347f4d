import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as World from "./World.ts"

/** Ways to write addresses that nobody outside has any business with. */
const hosts = [
  "127.0.0.1",
  "127.1",
  "2130706433",
  "0x7f000001",
  "0x7f.1",
  "017700000001",
  "0177.0.0.1",
  "0",
  "0.0.0.0",
  "10.0.0.1",
  "172.16.0.1",
  "192.168.1.1",
  "169.254.169.254",
  "2852039166",
  "100.64.0.1",
  "224.0.0.1",
  "255.255.255.255",
  "[::]",
  "[::1]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[::127.0.0.1]",
  "[64:ff9b::7f00:1]",
  "[2002:7f00:1::]",
  "[fe80::1]",
  "[fc00::1]",
  "[fd12:3456::1]",
  "[ff02::1]",
  "localhost",
  "LOCALHOST",
  "localhost.",
  "app.localhost",
  "printer.local",
  "intranet",
  "①②⑦.⓪.⓪.①",
  "127。0。0。1",
  "%31%32%37.0.0.1"
]

const unusable = [
  "https://user:secret@shop.example/",
  "https://shop.example@127.0.0.1/",
  "https://shop.example/#fragment",
  "file:///etc/passwd",
  "gopher://shop.example/",
  "javascript:alert(1)",
  "//shop.example/",
  "http://",
  "https://shop.example:99999/",
  "https://[::1%25eth0]/"
]

/** Tries all of them; none may be taken. */
const mustRefuse = <E, R>(give: (url: string) => Effect.Effect<World.Answered, E, R>) =>
  Effect.gen(function* () {
    for (const host of hosts)
      for (const port of ["", ":8080"]) {
        const { json, status } = yield* give(`http://${host}${port}/hook`)
        expect([host, status, json.type]).toEqual([host, 422, "urn:vsms:problem:PrivateTarget"])
      }
    for (const url of unusable) {
      const { json, status } = yield* give(url)
      expect([url, status, json.type]).toEqual([
        url,
        422,
        expect.stringMatching(/UnusableUrl|PrivateTarget|InvalidInput/)
      ])
    }
  })

describe("URLs that lead where nobody outside may go", () => {
  it.effect("CBK-3: are refused as targets of callbacks, however they are written", () =>
    Effect.gen(function* () {
      const { applicationId, key: as } = yield* World.tenant()
      const path = `/v1/applications/${applicationId}/callback-endpoints`
      const register = (url: string) => World.ask("POST", path, { as, body: { url } })
      yield* mustRefuse(register)
      // Nothing of it was taken, and an endpoint cannot be moved there either.
      expect((yield* World.ask("GET", path, { as })).json).toEqual([])
      const { json } = yield* register("https://shop.example/hook")
      const moved = yield* World.ask("PATCH", `${path}/${json.endpointId}`, { as, body: { url: "http://127.1/" } })
      expect(moved.json.type).toBe("urn:vsms:problem:PrivateTarget")
    }).pipe(World.within())
  )

  it.effect("CBK-3: are refused as webhooks of alert contacts, however they are written", () =>
    Effect.gen(function* () {
      const { applicationId, key: as } = yield* World.tenant()
      const path = `/v1/applications/${applicationId}/alert-contacts`
      const add = (webhook: string) => World.ask("POST", path, { as, body: { name: "值班", webhook } })
      yield* mustRefuse(add)
      expect((yield* World.ask("GET", path, { as })).json).toEqual([])
      const { json } = yield* add("https://shop.example/hook")
      const body = { name: "值班", webhook: "http://127.1/" }
      const moved = yield* World.ask("PUT", `${path}/${json.contactId}`, { as, body })
      expect(moved.json.type).toBe("urn:vsms:problem:PrivateTarget")
    }).pipe(World.within())
  )
})
