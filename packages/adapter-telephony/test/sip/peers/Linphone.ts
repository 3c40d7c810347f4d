/** linphone, another softphone of other people's, at its command line. It lets calls ring until it is told otherwise. */
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { freePort } from "./FreePort.ts"

export const programs = { linphonec: "linphone-cli" }

export interface Phone {
  readonly port: number
  /** Waits until it has said so. */
  readonly said: (words: RegExp) => Promise<void>
  /** `answer`, `terminate`, or a key. */
  readonly command: (line: string) => void
  /** What it heard, as a WAV file. It is whole when the call is over. */
  readonly recording: () => Uint8Array
  readonly close: () => Promise<void>
}

export const start = async (): Promise<Phone> => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-linphone-"))
  // Without this folder it ends without a word.
  fs.mkdirSync(path.join(folder, ".local/share/linphone"), { recursive: true })
  const port = await freePort()
  const codecs = ["PCMA", "PCMU"].flatMap((name, at) => [
    `[audio_codec_${at}]`,
    `mime=${name}`,
    "rate=8000",
    "channels=1",
    "enabled=1"
  ])
  fs.writeFileSync(
    path.join(folder, "linphonerc"),
    [
      "[sip]",
      `sip_port=${port}`,
      `sip_tcp_port=${port}`,
      "sip_tls_port=-1",
      "use_ipv6=0",
      "use_rfc2833=1",
      "use_info=0",
      "bind_address=127.0.0.1",
      "[rtp]",
      `audio_rtp_port=${await freePort()}`,
      ...codecs,
      ""
    ].join("\n")
  )
  const phone = spawn("linphonec", ["-c", path.join(folder, "linphonerc")], {
    env: { ...process.env, HOME: folder },
    stdio: "pipe"
  })
  const over = new Promise<void>((resolve) => phone.on("exit", () => resolve()))
  let all = ""
  for (const stream of [phone.stdout, phone.stderr]) stream.on("data", (text: Buffer) => (all += text.toString()))
  phone.stdin.on("error", () => {})
  const command = (line: string) => void phone.stdin.write(`${line}\n`)
  const said = async (words: RegExp) => {
    for (let tries = 0; tries < 2_000; tries++) {
      if (words.test(all)) return
      await wait(10)
    }
    throw new Error(`linphone has not said ${String(words)}: ${all.slice(-2_000)}`)
  }
  await said(/linphonec>/)
  command("soundcard use files")
  await said(/Using wav files/)
  command(`record ${folder}/heard.wav`)
  return {
    port,
    said,
    command,
    recording: () => fs.readFileSync(path.join(folder, "heard.wav")),
    close: async () => {
      command("quit")
      await Promise.race([over, wait(2_000)])
      phone.kill("SIGKILL")
      await over
      fs.rmSync(folder, { recursive: true, force: true })
    }
  }
}
