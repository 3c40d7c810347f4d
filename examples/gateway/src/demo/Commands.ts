/** What a newcomer pastes into a shell to send as the demo tenant: by curl, and by both of the vendor's SDKs. */
import { fileURLToPath } from "node:url"
import type { Credentials } from "./Demo.ts"

export interface Command {
  readonly name: string
  readonly text: string
}

/** Where both SDKs are installed: they are development dependencies of this package. */
const here = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "")

/**
 * The commands, each for a phone of its own: a number is not called twice within half a minute (SND-8).
 *
 * **Details** `phones` are three mobile numbers of mainland China, or what stands for them where calls are real.
 */
export const of = (known: Credentials, phones: readonly [string, string, string]): ReadonlyArray<Command> => {
  const { appKey, baseUrl, sdkAppId, secretId, secretKey } = known
  const { host, hostname, port } = new URL(baseUrl)
  return [
    {
      name: "curl",
      text: `curl -sS -u ${sdkAppId}:${appKey} -H 'content-type: application/json' \\
  -d '{"to":"${phones[0]}","code":"3842"}' \\
  ${baseUrl}/v1/applications/${sdkAppId}/sends`
    },
    {
      name: "qcloudsms_js",
      // The SDK has no setting for its address: its connections are led here, as an entry in a hosts file would.
      text: `(cd '${here}' && node -e '
const https = require("https"), net = require("net")
https.globalAgent = Object.assign(new https.Agent(), { createConnection: () => net.connect(${port}, "${hostname.replace(/^\[|\]$/g, "")}") })
const sender = require("qcloudsms_js")("${sdkAppId}", "${appKey}").CodeVoiceSender()
sender.send("86", "${phones[1]}", "3842", 2, "", (error, _, answer) => console.log(error || JSON.stringify(answer)))
')`
    },
    {
      name: "tencentcloud-sdk-nodejs",
      text: `(cd '${here}' && node -e '
const { vms } = require("tencentcloud-sdk-nodejs")
const httpProfile = { endpoint: "${host}", protocol: "http://", agent: new (require("http").Agent)() }
const credential = { secretId: "${secretId}", secretKey: "${secretKey}" }
const client = new vms.v20200902.Client({ credential, region: "ap-guangzhou", profile: { httpProfile } })
const call = { CalledNumber: "+86${phones[2]}", CodeMessage: "3842", VoiceSdkAppid: "${sdkAppId}" }
client.SendCodeVoice(call).then((answer) => console.log(JSON.stringify(answer)), console.error)
')`
    }
  ]
}

/** What becomes of a send, and what was told of it. */
export const after = ({ appKey, baseUrl, sdkAppId }: Credentials): ReadonlyArray<Command> => [
  { name: "receipts", text: `curl -sS -u ${sdkAppId}:${appKey} '${baseUrl}/v1/applications/${sdkAppId}/receipts'` },
  { name: "callbacks", text: `curl -sS ${baseUrl}/demo/callbacks` }
]
