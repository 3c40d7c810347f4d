/**
 * A speech program that does what its first argument says: reads a text from its standard input, and writes a WAV file
 * of one hum a character to its standard output. The second argument is a file that gets its process id.
 */
import { spawn } from "node:child_process"
import { writeFileSync } from "node:fs"

const [, , does, pidFile] = process.argv
if (pidFile !== undefined) writeFileSync(pidFile, String(process.pid))

const rate = 8_000

const wav = (text) => {
  const samples = Buffer.alloc([...text].length * 0.2 * rate * 2)
  for (let at = 0; at < samples.length / 2; at++) samples.writeInt16LE(Math.round(8_000 * Math.sin(at / 3)), at * 2)
  const header = Buffer.from("RIFF....WAVEfmt ....................data....", "latin1")
  header.writeUInt32LE(0xffff_ffff, 4)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(rate, 24)
  header.writeUInt32LE(rate * 2, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.writeUInt32LE(0xffff_ffff, 40)
  return Buffer.concat([header, samples])
}

const input = async () => {
  const chunks = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  return Buffer.concat(chunks).toString("utf8")
}

switch (does) {
  case "speaks":
    process.stdout.write(wav(await input()))
    break
  case "tells":
    // What a process list shows, and the environment: nothing of the text may be there.
    await input()
    process.stdout.write(wav("好"))
    writeFileSync(process.argv[4], JSON.stringify([process.argv, process.env]))
    break
  case "fails":
    process.stderr.write(`cannot say ${await input()}`)
    process.exitCode = 3
    break
  case "deaf":
    process.stdin.destroy()
    process.stdout.write(wav("好"))
    break
  case "dies":
    process.kill(process.pid, "SIGKILL")
    break
  case "stubborn":
    process.on("SIGTERM", () => {})
    // A child that holds on to the output, as a shell script's would.
    spawn(process.execPath, ["-e", "process.on('SIGTERM', () => {}); setTimeout(() => process.exit(), 60000)"], {
      stdio: "inherit"
    })
    // A test that fails leaves nobody behind for long.
    setTimeout(() => process.exit(), 60_000)
    break
  case "endless": {
    const more = () => {
      while (process.stdout.write(Buffer.alloc(65_536, 1)));
      process.stdout.once("drain", more)
    }
    more()
    break
  }
  case "chatty":
    process.stderr.write("x".repeat(1_000_000), async () => process.stdout.write(wav(await input())))
    break
  case "garbage":
    process.stdout.write("this is no audio")
    break
}
