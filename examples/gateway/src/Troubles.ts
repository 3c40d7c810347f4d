/** What hinders a start, in the words of people: Chinese first, English second, and what to do about it. */
import {
  FolderInUse,
  FolderUnusable,
  PgliteMissing,
  ServerTooOld,
  ServerUnreachable
} from "@vsms/adapter-postgres/place/PlaceError"
import { DatabaseTooNew, MigrationChanged, MigrationSkipped } from "@vsms/adapter-postgres/schema/MigrationError"
import { timeText } from "@vsms/core/statistics/CallRecord"
import { SpeechFailure } from "@vsms/core/dispatch/SpeechSynthesizer"
import { PortFailure } from "@vsms/core/PortFailure"
import { RouteUnusable } from "./routes/SipChannel.ts"
import { AnotherQuickStart } from "./Place.ts"
import { NotOurDatabase, StoryAhead } from "./story/StoryTime.ts"

const wordsOf = (error: unknown): readonly [zh: string, en: string] | undefined => {
  if (error instanceof FolderInUse) {
    return [
      `${error.folder} 正被进程 ${error.pid}（${error.host}）使用。请先结束它，或用 VSMS_DATA 指定另一个目录`,
      `${error.folder} is in use by process ${error.pid} on ${error.host}: stop it, or name another folder by VSMS_DATA`
    ]
  }
  if (error instanceof FolderUnusable) {
    return [`无法打开数据目录 ${error.folder}：${error.detail}`, error.message]
  }
  if (error instanceof PgliteMissing) return [`未安装嵌入式数据库，请运行 ${error.install}`, error.message]
  if (error instanceof ServerUnreachable) {
    return [
      `无法连接数据库 ${error.server}：${error.detail}。请检查 VSMS_DATABASE_URL`,
      `${error.message}; look at VSMS_DATABASE_URL`
    ]
  }
  if (error instanceof ServerTooOld) {
    return [
      `数据库 ${error.server} 的版本 ${error.version} 太旧，须为 PostgreSQL ${error.oldest} 或更新`,
      error.message
    ]
  }
  if (error instanceof DatabaseTooNew) {
    return [`数据由更新的版本写入（迁移 ${error.database}），此版本只到 ${error.code}，请升级后再启动`, error.message]
  }
  if (error instanceof MigrationChanged || error instanceof MigrationSkipped) {
    return [`数据库结构与此版本不符（迁移 ${error.name}）`, error.message]
  }
  if (error instanceof AnotherQuickStart) {
    return [
      "另一个快速入门正在使用该数据库。请先结束它，或改用另一个数据库",
      "another quick start is at work on this database: stop it, or use another database"
    ]
  }
  if (error instanceof NotOurDatabase) {
    return [
      "该数据库由网关使用且没有演示账号。--once 不会在其中新建账号，请为它单独建一个数据库或另选 VSMS_DATA",
      "this database is served by a gateway and has no demo account: --once opens none there; give it a database of its own"
    ]
  }
  if (error instanceof StoryAhead) {
    const until = timeText(error.until)
    return [
      `数据中的演示时间已走到 ${until}（北京时间），早于该时间不能启动网关。请稍后再试，或用 VSMS_DATA 指定另一个目录`,
      `the story in this data has come to ${until} (Beijing time), and a gateway serves by the wall's clock: start it then, or name another folder by VSMS_DATA`
    ]
  }
  if (error instanceof RouteUnusable) {
    const { detail, problem, route } = error
    const [zh, en] = routeProblems[problem]
    return [`线路 ${route} 无法打开：${zh}（${detail}）`, `route ${route} cannot be opened: ${en} (${detail})`]
  }
  if (error instanceof SpeechFailure) {
    return [`语音引擎不可用：${error.message}`, `no speech: ${error.message}; look at SPEECH_ENGINES`]
  }
  if (error instanceof PortFailure && error.port === "NodeServer") {
    const code = error.cause instanceof Error ? error.cause.message : ""
    return [`无法监听端口：${code}。请检查 PORT 和 HOST`, `cannot listen: ${code}; look at PORT and HOST`]
  }
  if (error instanceof PortFailure) {
    const cause = error.cause instanceof Error ? `: ${error.cause.message}` : ""
    return [`${error.port} 不可用`, `${error.message}${cause}`]
  }
  return undefined
}

const routeProblems: { readonly [P in RouteUnusable["problem"]]: readonly [zh: string, en: string] } = {
  noLocalAddress: [
    "没有到中继的网络，请设置 VSMS_SIP_LOCAL_ADDRESS",
    "no way leads to the trunk; set VSMS_SIP_LOCAL_ADDRESS"
  ],
  certificates: ["证书文件无法读取", "its certificates cannot be read"],
  socket: [
    "本机地址或端口不可用，请检查 VSMS_SIP_LOCAL_ADDRESS、VSMS_SIP_LOCAL_PORT、VSMS_SIP_PUBLIC_ADDRESS",
    "its address or port cannot be used; look at VSMS_SIP_LOCAL_ADDRESS, VSMS_SIP_LOCAL_PORT, VSMS_SIP_PUBLIC_ADDRESS"
  ]
}

/** Two lines about a trouble; `undefined` if it is none that is known. */
export const describe = (error: unknown): string | undefined => {
  const words = wordsOf(error)
  return words && `✗ ${words[0]}\n  ${words[1]}`
}
