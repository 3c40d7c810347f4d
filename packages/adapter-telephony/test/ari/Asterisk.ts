/**
 * A real Asterisk for tests and benchmarks: unpacked from Debian's packages into a folder of this repository
 * (`.tmp/asterisk`), run from there, and gone with its scope. It changes nothing of the machine and needs no rights:
 * its own loader and libraries come with it.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import * as dgram from "node:dgram"
import * as fs from "node:fs"
import * as net from "node:net"
import * as os from "node:os"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** Benchmarks run it compiled, from elsewhere in the repository. */
const repository = (from: string): string =>
  fs.existsSync(path.join(from, "pnpm-workspace.yaml")) ? from : repository(path.dirname(from))

const folder = path.join(repository(import.meta.dirname), ".tmp/asterisk")
const root = path.join(folder, "root")

/**
 * Why there is no Asterisk; `undefined`: there is one. Where a run may fetch packages (CI) it is unpacked first, which
 * takes half a minute once: 82 MB from the mirror that this machine's apt has, and 270 MB on the disk.
 */
export const missing = (): string | undefined => {
  if (process.env["CI"] !== undefined && !fs.existsSync(root)) {
    fs.mkdirSync(folder, { recursive: true })
    // Several test files, and benchmarks, may want it at once.
    spawnSync("flock", [path.join(folder, "lock"), "sh", "-eu", "-c", unpacking], { cwd: folder, stdio: "ignore" })
  }
  return fs.existsSync(root) ? undefined : "no Asterisk was unpacked here: CI=1 does it, on a Debian or what is like it"
}

/** Debian unstable: no release of Debian has it. Nothing is configured or started: files alone are taken. */
const unpacking = `
[ ! -e root ] || exit 0
rm -rf apt unpacked
mkdir -p apt/lists/partial apt/cache/archives/partial unpacked
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Label: Debian' | grep -v security | head -n 1)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror sid main" > apt/sources.list
: > apt/status
cat > apt/apt.conf <<CONF
Dir::State::lists "$PWD/apt/lists";
Dir::State::status "$PWD/apt/status";
Dir::Cache "$PWD/apt/cache";
Dir::Etc::sourcelist "$PWD/apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Log "$PWD/apt";
APT::Install-Recommends "false";
Acquire::Languages "none";
Debug::NoLocking "true";
CONF
export APT_CONFIG=$PWD/apt/apt.conf
apt-get --quiet update
apt-get --quiet --yes --download-only install asterisk
for package in apt/cache/archives/*.deb; do dpkg-deb --extract "$package" unpacked; done
rm -rf apt
mv unpacked root
`

export interface Asterisk {
  /** Of its HTTP server: ARI, and audio over WebSockets. */
  readonly httpPort: number
  /** UDP. Whoever calls is let in, and reaches the numbers of the plan below. */
  readonly sipPort: number
  readonly user: string
  readonly password: string
  /** Where the numbers that record leave what they hear: `<number>.alaw`, without a header. */
  readonly recordings: string
  /** Whether a number that records has heard that, without a byte of difference: it may take a while to write it. */
  readonly heard: (number: string, bytes: Uint8Array) => Effect.Effect<boolean>
  readonly version: string
  /** What it has used of the processor until now, in microseconds, to a hundredth of a second. */
  readonly usage: () => NodeJS.CpuUsage
  /** What it printed. */
  readonly log: () => string
  /** Kills it as a crash would, and starts it anew at the same ports. */
  readonly restart: Effect.Effect<void>
}

/**
 * What its numbers do for whoever calls them:
 *
 * | number | does |
 * | --- | --- |
 * | 600 | answers and records as `600`, until the call ends |
 * | 601 | is busy |
 * | 602 | rings for 20 s |
 * | 603 | answers, presses 4 and 2, and hangs up |
 * | 604 | early media for a second, then busy |
 * | 605 | rejects |
 * | 606 | congestion |
 * | 607 | answers and listens for 100 s |
 * | 608 | early media for a second, then answers for a second |
 * | 7... | answers and records under the number itself |
 */
const plan = (recordings: string): string => `[none]
[test]
exten => 600,1,Answer()
 same => n,Record(${recordings}/600.alaw,0,60,qk)
exten => 601,1,Busy(1)
exten => 602,1,Ringing()
 same => n,Wait(20)
exten => 603,1,Answer()
 same => n,Wait(0.3)
 same => n,SendDTMF(42,150,150)
 same => n,Wait(0.3)
 same => n,Hangup(16)
exten => 604,1,Progress()
 same => n,Wait(1)
 same => n,Hangup(17)
exten => 605,1,Hangup(21)
exten => 606,1,Congestion(1)
exten => 607,1,Answer()
 same => n,Wait(100)
exten => 608,1,Progress()
 same => n,Wait(1)
 same => n,Answer()
 same => n,Wait(1)
 same => n,Hangup(16)
exten => _7.,1,Answer()
 same => n,Record(${recordings}/\${EXTEN}.alaw,0,60,qk)
`

/** In which Linux counts what processes use. */
const tickMicros = 10_000

/** Those that calls need: all of them would take twice as long to load. */
const modules = [
  "res_sorcery_config res_sorcery_memory res_sorcery_astdb res_pjproject res_timing_timerfd res_http_websocket",
  "res_websocket_client res_stasis res_stasis_answer res_stasis_playback res_stasis_recording res_stasis_snoop",
  "res_ari res_ari_model res_ari_applications res_ari_asterisk res_ari_bridges res_ari_channels res_ari_events",
  "res_pjsip res_pjsip_pubsub res_pjsip_session res_pjsip_sdp_rtp res_pjsip_caller_id res_pjsip_authenticator_digest",
  "res_pjsip_outbound_authenticator_digest res_pjsip_endpoint_identifier_user res_pjsip_endpoint_identifier_ip",
  "res_pjsip_endpoint_identifier_anonymous res_pjsip_dtmf_info res_pjsip_nat res_pjsip_rfc3326 res_rtp_asterisk",
  "chan_pjsip chan_websocket app_stasis app_record app_playback app_senddtmf pbx_config bridge_simple codec_alaw",
  "codec_ulaw codec_a_mu codec_resample format_pcm format_wav func_timeout func_channel func_callerid"
]

const files = (
  at: string,
  own: Omit<Asterisk, "heard" | "log" | "restart" | "usage" | "version">,
  libraries: string,
  rtp: number
) => ({
  "asterisk.conf": `[directories]
astetcdir => ${at}/etc
astmoddir => ${libraries}/asterisk/modules
astvarlibdir => ${root}/usr/share/asterisk
astdatadir => ${root}/usr/share/asterisk
astdbdir => ${at}
astkeydir => ${at}
astspooldir => ${at}
astrundir => ${at}
astlogdir => ${at}
[options]
documentation_language=en_US
`,
  // Each call's audio has a connection of its own; the limit is 100 if nothing is said.
  "http.conf": `[general]
enabled=yes
bindaddr=127.0.0.1
bindport=${own.httpPort}
sessionlimit=2000
`,
  "ari.conf": `[general]
enabled=yes
[${own.user}]
type=user
password=${own.password}
`,
  "rtp.conf": `[general]\nrtpstart=${rtp}\nrtpend=${rtp + 3_998}\n`,
  // `PJSIP/out/sip:<number>@<host>:<port>` calls anybody.
  "pjsip.conf": `[transport]
type=transport
protocol=udp
bind=127.0.0.1:${own.sipPort}
[out]
type=endpoint
transport=transport
context=none
disallow=all
allow=alaw,ulaw
direct_media=no
dtmf_mode=rfc4733
[anonymous]
type=endpoint
transport=transport
context=test
disallow=all
allow=alaw,ulaw
direct_media=no
dtmf_mode=rfc4733
timers=always
timers_min_se=90
timers_sess_expires=90
`,
  "extensions.conf": plan(own.recordings),
  "logger.conf": "[general]\n[logfiles]\nconsole => error,warning,notice\n",
  "modules.conf": `[modules]\nautoload=no\n${modules
    .flatMap((line) => line.split(" "))
    .map((name) => `load=${name}.so\n`)
    .join("")}`,
  // Without them it says that they are missing.
  ...Object.fromEntries(
    ["cdr", "cel", "features", "acl", "udptl", "pjproject", "websocket_client", "chan_websocket", "ccss", "stasis"].map(
      (name) => [`${name}.conf`, ""]
    )
  )
})

/** Starts one at ports of its own, and waits until it answers. Everything of it is gone when the scope is closed. */
export const start: Effect.Effect<Asterisk, never, Scope.Scope> = Effect.gen(function* () {
  const why = missing()
  if (why !== undefined) return yield* Effect.dieMessage(why)
  const library = path.join(root, "usr/lib")
  const triplet = fs.readdirSync(library).find((name) => fs.existsSync(path.join(library, name, "asterisk/modules")))
  if (triplet === undefined) return yield* Effect.dieMessage("the package has no modules")
  const libraries = path.join(library, triplet)
  const loader = fs.readdirSync(libraries).find((name) => /^ld-linux.*\.so/.test(name))
  // Its control socket lies there: the path of one is short.
  const at = yield* Effect.acquireRelease(
    Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "ari-"))),
    (at) => Effect.sync(() => fs.rmSync(at, { recursive: true, force: true }))
  )
  const own = {
    httpPort: yield* freeTcpPort,
    sipPort: yield* freeUdpPort,
    user: "vsms",
    password: randomBytes(12).toString("hex"),
    recordings: path.join(at, "recordings")
  }
  fs.mkdirSync(path.join(at, "etc"))
  fs.mkdirSync(own.recordings)
  const rtp = 36_000 + 4_000 * (process.pid % 6)
  for (const [name, text] of Object.entries(files(at, own, libraries, rtp))) {
    fs.writeFileSync(path.join(at, "etc", name), text)
  }

  let output = ""
  let child: ChildProcess | undefined
  const launch = (): void => {
    const started = spawn(
      path.join(libraries, loader ?? ""),
      [
        "--library-path",
        libraries,
        path.join(root, "usr/sbin/asterisk"),
        "-f",
        "-C",
        path.join(at, "etc/asterisk.conf")
      ],
      { stdio: ["ignore", "pipe", "pipe"] }
    )
    const keep = (bytes: Buffer): void => void (output = (output + bytes.toString()).slice(-100_000))
    started.stdout.on("data", keep)
    started.stderr.on("data", keep)
    child = started
  }
  const info = Effect.tryPromise({
    try: (signal) =>
      fetch(`http://127.0.0.1:${own.httpPort}/ari/asterisk/info`, {
        signal,
        headers: { authorization: `Basic ${Buffer.from(`${own.user}:${own.password}`).toString("base64")}` }
      }).then((response) => (response.ok ? response.json() : Promise.reject(new Error(String(response.status))))),
    catch: () => "silent" as const
  })
  // By the time of the machine, whatever clock the test goes by.
  const pause = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 50)))
  const answers = Effect.orDieWith(
    Effect.retry(
      Effect.tapError(info, () => pause),
      { times: 500 }
    ),
    () => new Error(`Asterisk did not start: ${output.slice(-2_000)}`)
  )
  const kill = Effect.async<void>((resume) => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
    child.kill("SIGKILL")
  })
  yield* Effect.acquireRelease(Effect.sync(launch), () => kill)
  const told = (yield* answers) as { readonly system: { readonly version: string } }
  return {
    ...own,
    heard: (number, bytes) =>
      Effect.suspend(() => {
        const file = path.join(own.recordings, `${number}.alaw`)
        const isThere = fs.existsSync(file) && fs.readFileSync(file).includes(Buffer.from(bytes))
        return isThere ? Effect.succeed(true) : Effect.zipRight(pause, Effect.fail("not yet"))
      }).pipe(
        Effect.retry({ times: 100 }),
        Effect.orElseSucceed(() => false)
      ),
    version: told.system.version.replace(/[+~].*/, ""),
    usage: () => {
      // Its name, which stands in brackets, may hold anything.
      const fields = fs
        .readFileSync(`/proc/${child?.pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ")
      return { user: Number(fields[11]) * tickMicros, system: Number(fields[12]) * tickMicros }
    },
    log: () => output,
    restart: Effect.zipRight(kill, Effect.zipRight(Effect.sync(launch), Effect.asVoid(answers)))
  }
})

const freeTcpPort = Effect.async<number>((resume) => {
  const server = net.createServer()
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as net.AddressInfo
    server.close(() => resume(Effect.succeed(port)))
  })
})

const freeUdpPort = Effect.async<number>((resume) => {
  const socket = dgram.createSocket("udp4")
  socket.bind(0, "127.0.0.1", () => {
    const { port } = socket.address()
    socket.close(() => resume(Effect.succeed(port)))
  })
})
