/** Scenarios of sipp, an independent SIP peer, in a few words; and sipp itself. */
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"

export const programs = { sipp: "sip-tester" }

const tagOf = (phone: string): string => `tag=[pid]${phone}[call_number]`
const tag = tagOf("SIPp")
const contact = "Contact: <sip:callee@[local_ip]:[local_port];transport=[transport]>"

const send = (lines: ReadonlyArray<string>, body: ReadonlyArray<string> = [], attributes = ""): string =>
  `<send ${attributes}><![CDATA[\n\n${[...lines, "Content-Length: [len]", "", ...body].join("\n")}\n\n]]></send>`

/** Two ways of sending the callee's audio: to a port where nobody listens. */
export const sdp = (...more: ReadonlyArray<string>): ReadonlyArray<string> => [
  "v=0",
  "o=- 1 1 IN IP4 [local_ip]",
  "s=-",
  "c=IN IP4 [local_ip]",
  "t=0 0",
  ...(more.length > 0 ? more : ["m=audio 9 RTP/AVP 8 101", "a=rtpmap:101 telephone-event/8000"])
]

/** Takes the INVITE, and remembers who is who and which way it came: for requests of our own, and responses out of turn. */
export const invite = `<recv request="INVITE" crlf="true"><action>
  <ereg regexp=".*" search_in="hdr" header="From:" assign_to="1"/>
  <ereg regexp=".*" search_in="hdr" header="To:" assign_to="2"/>
  <ereg regexp="sip:[A-Za-z0-9@.:]+" search_in="hdr" header="Contact:" assign_to="3"/>
  <ereg regexp=".*" search_in="hdr" header="Via:" assign_to="4"/>
</action></recv><Reference variables="1,2,3,4"/>`

const response = (
  status: string,
  to: ReadonlyArray<string>,
  body: ReadonlyArray<string>,
  headers: ReadonlyArray<string>,
  attributes: string
): string =>
  send(
    [`SIP/2.0 ${status}`, ...to, contact, ...headers, ...(body.length > 0 ? ["Content-Type: application/sdp"] : [])],
    body,
    attributes
  )

const last = ["[last_Via:]", "[last_From:]", `[last_To:];${tag}`, "[last_Call-ID:]", "[last_CSeq:]"]

export const respond = (
  status: string,
  body: ReadonlyArray<string> = [],
  headers: ReadonlyArray<string> = [],
  attributes = ""
): string => response(status, last, body, headers, attributes)

/** To the INVITE, when something else came last. Of a trunk that forked, another `phone` has another dialog. */
export const respondToInvite = (
  status: string,
  body: ReadonlyArray<string> = [],
  { attributes = "", phone = "SIPp" } = {}
): string =>
  response(
    status,
    ["Via:[$4]", "From:[$1]", `To:[$2];${tagOf(phone)}`, "Call-ID: [call_id]", "CSeq: 1 INVITE"],
    body,
    [],
    attributes
  )

/** A response to a request within the dialog, whose To has the tag already. */
export const accept = send([
  "SIP/2.0 200 OK",
  "[last_Via:]",
  "[last_From:]",
  "[last_To:]",
  "[last_Call-ID:]",
  "[last_CSeq:]"
])

export const receive = (request: string): string => `<recv request="${request}" crlf="true"/>`
export const hear = (status: number): string => `<recv response="${status}" crlf="true"/>`
export const pause = (millis: number): string => `<pause milliseconds="${millis}"/>`

/** A request of the callee's within the dialog. */
export const ask = (
  method: string,
  sequence: number,
  headers: ReadonlyArray<string> = [],
  body: ReadonlyArray<string> = []
): string =>
  send(
    [
      `${method} [$3] SIP/2.0`,
      "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
      "Max-Forwards: 70",
      `From:[$2];${tag}`,
      "To:[$1]",
      "Call-ID: [call_id]",
      `CSeq: ${sequence} ${method}`,
      contact,
      ...headers
    ],
    body,
    method === "ACK" ? "" : `retrans="500"`
  )

/** Credentials of alice are asked for and checked; whoever has none of hers gets a 403. */
export const guarded = [
  invite,
  respond(
    "401 Unauthorized",
    [],
    [`WWW-Authenticate: Digest realm="trunk", nonce="b3b1fe", qop="auth", algorithm=MD5`]
  ),
  receive("ACK"),
  `<recv request="INVITE" crlf="true"><action><verifyauth assign_to="5" username="alice" password="s3cret"/></action></recv>`,
  `<nop hide="true" test="5" next="known"/>`,
  respond("403 Forbidden"),
  receive("ACK"),
  `<nop hide="true" next="end"/><label id="known"/>`
]

export const end = `<label id="end"/>`

export interface Playing {
  /** How many calls it takes; 1 if absent. */
  readonly calls?: number
  /** How long all of it may take; 15 s if absent. */
  readonly seconds?: number
}

/** Plays a scenario as the callee of calls; `over` is sipp's verdict, and what it has written down of every message. */
export const play = (
  name: string,
  steps: ReadonlyArray<string>,
  port: number,
  protocol: "udp" | "tcp",
  { calls = 1, seconds = 15 }: Playing = {}
) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-sipp-"))
  const file = path.join(folder, "scenario.xml")
  fs.writeFileSync(
    file,
    `<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="${name}">\n${steps.join("\n")}\n</scenario>\n`
  )
  const args = [
    "-sf",
    file,
    "-i",
    "127.0.0.1",
    "-p",
    String(port),
    "-m",
    String(calls),
    "-nostdin",
    "-timeout",
    `${seconds}s`,
    "-timeout_error",
    "-trace_msg",
    "-message_file",
    path.join(folder, "messages.log")
  ]
  const sipp = spawn("sipp", [...args, "-trace_err", "-t", protocol === "tcp" ? "t1" : "u1"], {
    cwd: folder,
    stdio: "ignore"
  })
  const over = new Promise<{ readonly verdict: string; readonly messages: string }>((resolve) => {
    sipp.on("exit", (code) => {
      const errors = fs.readdirSync(folder).filter((entry) => entry.endsWith("errors.log"))
      const text = errors.map((entry) => fs.readFileSync(path.join(folder, entry), "utf8").slice(0, 2_000)).join("\n")
      const log = path.join(folder, "messages.log")
      const messages = fs.existsSync(log) ? fs.readFileSync(log, "latin1") : ""
      fs.rmSync(folder, { recursive: true })
      resolve({ verdict: code === 0 ? "passed" : `sipp: ${code} ${text}`, messages })
    })
  })
  const address = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`
  return {
    over,
    /** Whether it has opened its socket yet. */
    listens: () => fs.readFileSync(`/proc/net/${protocol}`, "utf8").includes(` ${address} `),
    kill: () => sipp.kill()
  }
}
