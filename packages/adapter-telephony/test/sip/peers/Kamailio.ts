/** kamailio, a SIP proxy of other people's, as a trunk: it asks for the account of alice, passes calls on to a phone,
 * and remembers where alice is. */
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as Redacted from "effect/Redacted"
import { setTimeout as wait } from "node:timers/promises"
import * as TestCertificate from "../transport/TestCertificate.ts"
import { freePort } from "./FreePort.ts"

const modules = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/kamailio/modules`

export const programs = { kamailio: "kamailio", [`${modules}/tls.so`]: "kamailio-tls-modules" }

export const account = { user: "alice", password: Redacted.make("s3cret") }

export interface Options {
  readonly algorithm: "MD5" | "SHA-256"
  /** The port of the phone that calls go to. */
  readonly phone: number
  /** Where it says that it is, if that is not where it is: there is something before it. */
  readonly advertised?: number
}

/** UDP and TCP at `port`, TLS at the next one. */
export const start = async ({ advertised, algorithm, phone }: Options) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-kamailio-"))
  const port = await freePort()
  const file = (name: string, text: string) => fs.writeFileSync(path.join(folder, name), text)
  file("own.pem", TestCertificate.certificate)
  file("key.pem", TestCertificate.key)
  file(
    "tls.cfg",
    `[server:default]\nmethod = TLSv1.2+\nprivate_key = ${folder}/key.pem\ncertificate = ${folder}/own.pem\nverify_certificate = no\n` +
      `[client:default]\nverify_certificate = no\n`
  )
  const elsewhere = advertised === undefined ? "" : ` advertise 127.0.0.1:${advertised}`
  file(
    "kamailio.cfg",
    `#!KAMAILIO
debug=1
log_stderror=yes
children=2
tcp_children=2
auto_aliases=no
alias="trunk.test"
listen=udp:127.0.0.1:${port}${elsewhere}
listen=tcp:127.0.0.1:${port}
listen=tls:127.0.0.1:${port + 1}
enable_tls=yes
mpath="${modules}"
loadmodule "tls.so"
loadmodule "kex.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "maxfwd.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "auth.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
modparam("usrloc", "db_mode", 0)
modparam("registrar", "min_expires", 10)
modparam("tls", "config", "${folder}/tls.cfg")
modparam("rr", "enable_full_lr", 1)
modparam("tm", "fr_timer", 5000)
modparam("tm", "fr_inv_timer", 60000)
modparam("auth", "nonce_expire", 300)
modparam("auth", "qop", "auth")
modparam("auth", "algorithm", "${algorithm}")
request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  if (has_totag()) {
    if (loose_route()) { t_relay(); exit; }
    if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
    sl_send_reply("404", "Not here"); exit;
  }
  t_check_trans();
  if (is_method("REGISTER")) {
    if (!pv_www_authenticate("trunk.test", "s3cret", "0")) { www_challenge("trunk.test", "1"); exit; }
    save("location"); exit;
  }
  if (is_method("OPTIONS")) {
    if ($rU == $null) { sl_send_reply("200", "OK"); exit; }
    if (!lookup("location")) { sl_send_reply("404", "Nobody has registered"); exit; }
    t_relay(); exit;
  }
  if (!is_method("INVITE")) { sl_send_reply("405", "Method Not Allowed"); exit; }
  if (!pv_proxy_authenticate("trunk.test", "s3cret", "0")) { auth_challenge("trunk.test", "1"); exit; }
  consume_credentials();
  record_route();
  $du = "sip:127.0.0.1:${phone}";
  t_relay();
}
`
  )
  const proxy = spawn("kamailio", ["-DD", "-E", "-f", `${folder}/kamailio.cfg`, "-Y", folder, "-m", "64", "-M", "8"], {
    stdio: ["ignore", "ignore", "pipe"],
    // It has children, which are to go with it.
    detached: true
  })
  let said = ""
  proxy.stderr.on("data", (text: Buffer) => (said = `${said}${text.toString()}`.slice(-2_000)))
  const over = new Promise<void>((resolve) => proxy.on("exit", () => resolve()))
  const address = `0100007F:${(port + 1).toString(16).toUpperCase().padStart(4, "0")}`
  while (!fs.readFileSync("/proc/net/tcp", "utf8").includes(` ${address} `)) {
    if (proxy.exitCode !== null) throw new Error(`kamailio ended: ${said}`)
    await wait(20)
  }
  return {
    port,
    tlsPort: port + 1,
    close: async () => {
      process.kill(-proxy.pid!, "SIGTERM")
      await Promise.race([over, wait(2_000)])
      if (proxy.exitCode === null) process.kill(-proxy.pid!, "SIGKILL")
      await over
      fs.rmSync(folder, { recursive: true, force: true })
    }
  }
}
