/** baresip, a softphone of other people's: one process, one line. It is told what to do, and records what it hears. */
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as net from "node:net"
import * as os from "node:os"
import * as path from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { freePort } from "./FreePort.ts"

export const programs = { baresip: "baresip-core" }

const modules = "/usr/lib/baresip/modules"

export interface Options {
  /** Whom it takes calls for; +8613800138000 if absent. It refuses those for anybody else. */
  readonly number?: string
  /** Calls that it takes at once; 1 if absent. It records them in files named by the second: one at a time. */
  readonly lines?: number
  /** `auto` takes every call at once; `manual` lets it ring. */
  readonly answers?: "auto" | "manual"
  /** Of the callee's account: `srtp`, `srtp-mand` or none. */
  readonly encryption?: string
  /** PEM, in one file with its key: then it listens to TLS as well, at the next port. */
  readonly certificate?: string
}

export interface PhoneEvent {
  readonly type: string
  readonly param: string
  /** When it was told, by the clock of whoever listens. */
  readonly at: number
}

/** What it tells: events, and answers to commands. */
interface Told {
  readonly event?: boolean
  readonly type?: string
  readonly param?: string
}

export interface Phone {
  readonly port: number
  readonly tlsPort: number
  readonly events: ReadonlyArray<PhoneEvent>
  /** The next event of this kind, or the one that was there before. */
  readonly event: (type: string, count?: number) => Promise<PhoneEvent>
  /** `accept`, `hangup`, `sndcode 5`, ... */
  readonly command: (line: string) => void
  /** What it heard in each call, in their order: WAV files. They are whole when the call is over. */
  readonly recordings: () => ReadonlyArray<Uint8Array>
  readonly close: () => Promise<void>
}

export const start = async (options: Options = {}): Promise<Phone> => {
  const { answers = "auto", certificate, encryption, lines = 1, number = "+8613800138000" } = options
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-baresip-"))
  const file = (name: string, text: string) => fs.writeFileSync(path.join(folder, name), text)
  const port = await freePort()
  const control = await freePort()
  const security = encryption === undefined ? "" : `;mediaenc=${encryption}`
  file(
    "accounts",
    `<sip:${number}@127.0.0.1:${port}>;regint=0;answermode=${answers};audio_codecs=pcma,pcmu;ptime=20${security}\n`
  )
  file("contacts", "")
  if (certificate !== undefined) file("own.pem", certificate)
  fs.writeFileSync(path.join(folder, "silence.wav"), silence)
  file(
    "config",
    [
      "poll_method epoll",
      `sip_listen 127.0.0.1:${port}`,
      ...(certificate === undefined ? [] : [`sip_certificate ${folder}/own.pem`]),
      // It would take another one than the loopback otherwise.
      "net_interface 127.0.0.1",
      "call_local_timeout 120",
      `call_max_calls ${lines}`,
      `audio_source aufile,${folder}/silence.wav`,
      "audio_alert aufile,/dev/null",
      "audio_level no",
      "rtp_ports 40000-45998",
      "rtp_timeout 30",
      `module_path ${modules}`,
      ...["g711", "aufile", "sndfile", ...(encryption === undefined ? [] : ["srtp"])].map(
        (name) => `module ${name}.so`
      ),
      "module_tmp account.so",
      "module_app menu.so",
      "module_app ctrl_tcp.so",
      `ctrl_tcp_listen 127.0.0.1:${control}`,
      `snd_path ${folder}`,
      ""
    ].join("\n")
  )
  const phone = spawn("baresip", ["-f", folder], { stdio: ["ignore", "pipe", "pipe"] })
  let said = ""
  for (const stream of [phone.stdout, phone.stderr]) stream.on("data", (text: Buffer) => (said += text.toString()))
  const over = new Promise<void>((resolve) => phone.on("exit", () => resolve()))
  const line = await connected(control, () => {
    if (phone.exitCode !== null) throw new Error(`baresip ended: ${said.slice(-1_000)}`)
  })

  const events: Array<PhoneEvent> = []
  let unread = Buffer.alloc(0)
  line.on("error", () => {})
  line.on("data", (bytes: Buffer) => {
    unread = Buffer.concat([unread, bytes])
    for (;;) {
      // A netstring: its length, a colon, its content, a comma.
      const colon = unread.indexOf(":")
      const length = Number(unread.subarray(0, Math.max(colon, 0)).toString())
      if (colon < 0 || unread.length < colon + length + 2) return
      const told = JSON.parse(unread.subarray(colon + 1, colon + 1 + length).toString()) as Told
      unread = unread.subarray(colon + length + 2)
      if (told.event === true) events.push({ type: told.type ?? "", param: told.param ?? "", at: Date.now() })
    }
  })

  return {
    port,
    tlsPort: port + 1,
    events,
    event: async (type, count = 1) => {
      for (let tries = 0; tries < 2_000; tries++) {
        const found = events.filter((event) => event.type === type)[count - 1]
        if (found !== undefined) return found
        await wait(10)
      }
      throw new Error(`no ${type} of baresip: ${JSON.stringify(events)} ${said.slice(-1_000)}`)
    },
    command: (text) => {
      const [command = "", ...params] = text.split(" ")
      const message = JSON.stringify({ command, params: params.join(" "), token: "test" })
      line.write(`${message.length}:${message},`)
    },
    recordings: () =>
      fs
        .readdirSync(folder)
        .filter((name) => name.endsWith("-dec.wav"))
        .sort()
        .map((name) => fs.readFileSync(path.join(folder, name))),
    close: async () => {
      line.destroy()
      phone.kill()
      await over
      fs.rmSync(folder, { recursive: true, force: true })
    }
  }
}

const connected = async (port: number, check: () => void): Promise<net.Socket> => {
  for (;;) {
    check()
    const socket = net.connect(port, "127.0.0.1")
    const isThere = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true))
      socket.once("error", () => resolve(false))
    })
    if (isThere) return socket
    await wait(20)
  }
}

/** What it says itself: two minutes of nothing at 8,000 Hz. At the end of the file it would hang up. */
const silence = (() => {
  const length = 2 * 8_000 * 120
  const bytes = Buffer.alloc(44 + length)
  bytes.write("RIFF", 0)
  bytes.writeUInt32LE(36 + length, 4)
  bytes.write("WAVEfmt ", 8)
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(1, 22)
  bytes.writeUInt32LE(8_000, 24)
  bytes.writeUInt32LE(16_000, 28)
  bytes.writeUInt16LE(2, 32)
  bytes.writeUInt16LE(16, 34)
  bytes.write("data", 36)
  bytes.writeUInt32LE(length, 40)
  return bytes
})()
