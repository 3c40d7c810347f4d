/**
 * Rules: files of sound that are played instead of a text (VOF-1 to VOF-7). Who may write templates may upload them.
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as SoundFile from "@vsms/core/voicefile/SoundFile"
import * as VoiceFile from "@vsms/core/voicefile/VoiceFile"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import { tenant } from "./Access.ts"
import * as Paging from "./Paging.ts"
import * as Problems from "./Problems.ts"

export const VoiceFileView = Schema.Struct(Struct.omit(VoiceFile.State.fields, "soundId")).annotations({
  identifier: "VoiceFile",
  description: "`durationMillis`: the true length of one play. `version` counts how often it was submitted (VOF-2)"
})

const Form = Schema.Struct({
  sound: Schema.Uint8ArrayFromSelf.annotations({
    description: "The file, WAV or MP3 of at most 400 KB",
    jsonSchema: { type: "string", format: "binary" }
  }),
  name: Schema.optional(Schema.String.annotations({ description: "For people, 1 to 50 characters; the id if absent" }))
})

export const VoiceFilePath = Schema.Struct({ ...Paging.ApplicationPath.fields, fileId: Paging.Id })

/** The file itself. */
export const Sound = HttpApiSchema.Uint8Array({ contentType: "audio/*" })

/** A file of the largest size and the form around it; a little more, so that the rule says how large it was. */
const uploadBytes = SoundFile.maxBytes + 64 * 1024

export class VoiceFilesApi extends HttpApiGroup.make("voiceFiles")
  .add(
    HttpApiEndpoint.post("upload", "/v1/applications/:applicationId/voice-files")
      .setPath(Paging.ApplicationPath)
      .setPayload(HttpApiSchema.Multipart(Form))
      .addSuccess(VoiceFileView, { status: 201 })
      .addError(Schema.Union(Problems.UnknownApplication, Problems.BadSound, Problems.TooManyVoiceFiles))
      .annotateContext(
        tenant("templates:write", "Uploads a file of sound, which waits for its review", {
          maxBytes: uploadBytes,
          description: "The same content is the same file: while it waits or is approved, nothing changes (VOF-2)."
        })
      )
  )
  .add(
    HttpApiEndpoint.get("list", "/v1/applications/:applicationId/voice-files")
      .setPath(Paging.ApplicationPath)
      .setUrlParams(
        Schema.Struct({
          ...Paging.PageQuery.fields,
          stage: Schema.optional(Schema.Literal("pending", "approved", "rejected"))
        })
      )
      .addSuccess(Paging.Page(VoiceFileView))
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("templates:read", "The files, the newest first"))
  )
  .add(
    HttpApiEndpoint.get("get", "/v1/applications/:applicationId/voice-files/:fileId")
      .setPath(VoiceFilePath)
      .addSuccess(VoiceFileView)
      .addError(Schema.Union(Problems.UnknownVoiceFile, Problems.UnknownApplication))
      .annotateContext(tenant("templates:read", "One file, also if it was deleted"))
  )
  .add(
    HttpApiEndpoint.get("listen", "/v1/applications/:applicationId/voice-files/:fileId/sound")
      .setPath(VoiceFilePath)
      .addSuccess(Sound)
      .addError(Schema.Union(Problems.UnknownVoiceFile, Problems.UnknownApplication, Problems.NothingHere))
      .annotateContext(tenant("templates:read", "The sound of a file, until it is erased (VOF-6)"))
  )
  .add(
    HttpApiEndpoint.del("remove", "/v1/applications/:applicationId/voice-files/:fileId")
      .setPath(VoiceFilePath)
      .addSuccess(HttpApiSchema.NoContent)
      .addError(Schema.Union(Problems.UnknownVoiceFile, Problems.UnknownApplication))
      .annotateContext(tenant("templates:write", "Deletes a file for good (VOF-5)"))
  ) {}
