/**
 * Service: what the endpoints of voice files do, and what the reviewer's desk does with them.
 */
import type { UnknownVoiceFile } from "@vsms/core/voicefile/VoiceFile"
import type { PortFailure } from "@vsms/core/PortFailure"
import { VoiceFiles } from "@vsms/core/voicefile/VoiceFiles"
import * as Effect from "effect/Effect"
import { NothingHere } from "../api/HttpRefusals.ts"
import type { VoiceFilesApi } from "../api/VoiceFilesApi.ts"
import { Answer } from "../door/Exchange.ts"
import type { Handlers } from "../door/Handler.ts"
import * as Pages from "./Pages.ts"

export const voiceFiles = Effect.map(VoiceFiles, (files): Handlers<typeof VoiceFilesApi> => ({
  upload: ({ accountId, path, payload }) => files.upload(accountId, path.applicationId, payload),
  list: ({ accountId, path, urlParams }) =>
    files.list(accountId, path.applicationId, { ...Pages.asked(urlParams), stage: urlParams.stage }),
  get: ({ accountId, path: { applicationId, fileId } }) => files.get(accountId, applicationId, fileId),
  listen: (call) => listen(files, call),
  remove: ({ accountId, path: { applicationId, fileId } }) => files.remove(accountId, applicationId, fileId)
}))

/** The file as it was uploaded, for players; not to be shown as anything else. */
export const listen = (
  files: typeof VoiceFiles.Service,
  call: { readonly accountId: string; readonly path: { readonly applicationId: string; readonly fileId: string } }
): Effect.Effect<Answer, NothingHere | UnknownVoiceFile | PortFailure> => {
  const { accountId, path } = call
  return Effect.flatMap(
    files.listen(accountId, path.applicationId, path.fileId),
    (sound): Effect.Effect<Answer, NothingHere> =>
      sound === undefined
        ? new NothingHere()
        : Effect.succeed(new Answer(200, { "content-type": soundTypes[sound.format] }, sound.bytes))
  )
}

const soundTypes = { wav: "audio/wav", mp3: "audio/mpeg" }
