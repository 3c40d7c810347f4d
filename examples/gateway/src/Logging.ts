/** Where log lines go, and how they look: standard error, one line each, for people or for machines. */
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type { Settings } from "./Settings.ts"

export const layer = ({ log }: Pick<Settings, "log">): Layer.Layer<never> =>
  Layer.merge(
    Logger.replace(
      Logger.defaultLogger,
      Logger.withConsoleError(log.format === "json" ? Logger.jsonLogger : Logger.logfmtLogger)
    ),
    Logger.minimumLogLevel(log.level)
  )
