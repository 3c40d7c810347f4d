/** Sends one code by a server that runs: `VSMS_URL`, `VSMS_KEY`, `VSMS_APPLICATION`, then the phone and the code. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Program from "./Program.ts"

const { VSMS_APPLICATION: applicationId, VSMS_KEY: key, VSMS_URL: baseUrl = "http://127.0.0.1:8080" } = process.env
const [phone, code] = process.argv.slice(2)
if (applicationId === undefined || key === undefined || phone === undefined || code === undefined) {
  console.error("VSMS_URL=… VSMS_KEY=… VSMS_APPLICATION=… client <phone> <code>")
  process.exit(2)
}

const options = { baseUrl, credential: { key: Redacted.make(key) } }
const wish = { applicationId, phone, code, key: crypto.randomUUID() }
const receipt = await Effect.runPromise(Effect.provide(Program.send(options, wish, console.log), FetchHttpClient.layer))
console.log(JSON.stringify(receipt))
