/** The command as a person types it, against a softphone that somebody else has written. */
import { execFile, spawn } from "node:child_process"
import * as dgram from "node:dgram"
import * as fs from "node:fs"
import { createRequire } from "node:module"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import * as Wav from "@vsms/adapter-tts/audio/Wav"
import * as Either from "effect/Either"
import { describe, expect, it, onTestFinished } from "vitest"
import { missing } from "../../../tools/debian/Debian.ts"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href

const run = (...args: ReadonlyArray<string>) =>
  new Promise<{ readonly code: number; readonly out: string; readonly err: string }>((resolve) => {
    const node = ["--conditions=@vsms/source", "--import", tsx, main, ...args]
    const child = execFile(process.execPath, node, { encoding: "utf8" }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err })
    )
  })

const why = missing({ baresip: "baresip-core" })

const freePort = () =>
  new Promise<number>((resolve) => {
    const socket = dgram.createSocket("udp4")
    socket.bind(0, "127.0.0.1", () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })

/** A second of something that no silence is, as a file, and its samples. */
const tone = Int16Array.from({ length: 8_000 }, (_, i) => Math.round(9_000 * Math.sin((2 * Math.PI * 440 * i) / 8_000)))

/** Starts baresip, which takes calls by itself or lets them ring, and records what it hears. */
const softphone = async (mode: "auto" | "manual") => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-call-"))
  const port = await freePort()
  const modules = ["/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules"].find((one) => fs.existsSync(one))
  fs.writeFileSync(path.join(folder, "silence.wav"), Wav.write({ sampleRate: 8_000, samples: new Int16Array(160_000) }))
  fs.mkdirSync(path.join(folder, "rec"))
  const account = `<sip:bob@127.0.0.1:${port}>;regint=0;answermode=${mode};audio_codecs=pcma,pcmu\n`
  fs.writeFileSync(path.join(folder, "accounts"), account)
  fs.writeFileSync(path.join(folder, "contacts"), "")
  fs.writeFileSync(
    path.join(folder, "config"),
    [
      "poll_method epoll",
      `sip_listen 127.0.0.1:${port}`,
      "net_interface 127.0.0.1",
      `audio_source aufile,${folder}/silence.wav`,
      "audio_alert aufile,/dev/null",
      "audio_level no",
      `module_path ${modules ?? ""}`,
      "module g711.so",
      "module aufile.so",
      "module sndfile.so",
      "module_tmp account.so",
      "module_app menu.so",
      `snd_path ${folder}/rec`
    ].join("\n")
  )
  const child = spawn("baresip", ["-f", folder], { stdio: ["ignore", "pipe", "ignore"] })
  onTestFinished(() => {
    child.kill("SIGKILL")
    fs.rmSync(folder, { recursive: true, force: true })
  })
  await new Promise<void>((resolve, reject) => {
    let said = ""
    child.stdout.on("data", (text: Buffer) => {
      said += text.toString()
      if (said.includes("baresip is ready")) resolve()
    })
    child.on("error", reject)
    child.on("exit", () => reject(new Error(`baresip ended: ${said.slice(-500)}`)))
  })
  return {
    uri: `sip:bob@127.0.0.1:${port}`,
    folder,
    heard: (): Int16Array => {
      const file = fs.readdirSync(path.join(folder, "rec")).find((name) => name.endsWith("-dec.wav"))
      return Either.getOrThrow(Wav.read(fs.readFileSync(path.join(folder, "rec", file ?? "")))).samples
    }
  }
}

/** How much of the louder half of `sent` is in `heard` at the best place: 1 is all of it, in its shape. */
const likeness = (heard: Int16Array, sent: Int16Array): number => {
  let best = 0
  for (let at = 0; at + sent.length <= heard.length; at += 1) {
    let [product, ours, theirs] = [0, 0, 0]
    for (let i = 0; i < sent.length; i += 7) {
      product += heard[at + i]! * sent[i]!
      ours += sent[i]! ** 2
      theirs += heard[at + i]! ** 2
    }
    if (theirs > 0) best = Math.max(best, product / Math.sqrt(ours * theirs))
  }
  return best
}

describe.skipIf(why !== undefined)(`npm run call, and baresip takes it${why === undefined ? "" : ` [${why}]`}`, () => {
  it("SND-5: the softphone rings, is answered, and hears the file", async () => {
    const phone = await softphone("auto")
    const wav = path.join(phone.folder, "tone.wav")
    fs.writeFileSync(wav, Wav.write({ sampleRate: 8_000, samples: tone }))
    const { code, err, out } = await run("--to", phone.uri, "--wav", wav, "--play", "1")
    expect(code, err).toBe(0)
    for (const step of ["语音就绪，1.0 秒", "拨号中", "振铃中", "已接听", "通话结束"]) expect(out).toContain(step)
    expect(likeness(phone.heard(), tone)).toBeGreaterThan(0.99)
  }, 60_000)

  it("a softphone that nobody takes rings as long as it is told to, and the shell is told", async () => {
    const phone = await softphone("manual")
    const wav = path.join(phone.folder, "tone.wav")
    fs.writeFileSync(wav, Wav.write({ sampleRate: 8_000, samples: tone }))
    const { code, out } = await run("--to", phone.uri, "--wav", wav, "--ring", "1")
    expect(out).toContain("振铃中")
    expect(out).toContain("未接通")
    expect(code).toBe(2)
  }, 60_000)
})

describe("npm run call", () => {
  it("says what is wrong, and how it ended, where nobody is", async () => {
    const [nonsense, noFile] = await Promise.all([
      run("--to", "bob"),
      run("--to", "sip:a@127.0.0.1", "--wav", "none.wav")
    ])
    expect([nonsense.code, noFile.code]).toEqual([1, 1])
    expect(nonsense.err).toContain("--to")
    expect(noFile.err).toContain("无法读取 none.wav")
    const nobody = await run("--to", `sip:a@127.0.0.1:${await freePort()}`, "--wav", writtenTone())
    expect([nobody.code, nobody.err]).toEqual([3, expect.stringContaining("线路故障")])
  }, 60_000)
})

const writtenTone = (): string => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-call-"))
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }))
  const file = path.join(folder, "tone.wav")
  fs.writeFileSync(file, Wav.write({ sampleRate: 8_000, samples: tone }))
  return file
}
