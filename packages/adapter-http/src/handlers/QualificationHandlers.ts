/**
 * Service: what the endpoints of qualifications and of the reviewer's desk do.
 */
import { Qualifications } from "@vsms/core/qualification/Qualifications"
import { Templates } from "@vsms/core/template/Templates"
import { VoiceFiles } from "@vsms/core/voicefile/VoiceFiles"
import * as Effect from "effect/Effect"
import { NothingHere } from "../api/HttpRefusals.ts"
import type { QualificationsApi, ReviewsApi } from "../api/QualificationsApi.ts"
import { Answer } from "../door/Exchange.ts"
import type { Handlers } from "../door/Handler.ts"
import * as Pages from "./Pages.ts"
import * as VoiceFileHandlers from "./VoiceFileHandlers.ts"

type SubmissionInput = Parameters<(typeof Qualifications.Service)["submit"]>[1]

export const qualifications = Effect.map(Qualifications, (qualifications): Handlers<typeof QualificationsApi> => ({
  submit: ({ accountId, payload: { note, ...form } }) => {
    const given = note === undefined ? form : { ...form, note }
    // Which kinds of certificates there are is said by the service, as by every other door.
    return qualifications.submit(accountId, given as SubmissionInput)
  },
  get: ({ accountId }) => qualifications.get(accountId),
  withdraw: ({ accountId }) => qualifications.withdraw(accountId)
}))

export const reviews = Effect.map(
  Effect.all({ files: VoiceFiles, qualifications: Qualifications, templates: Templates }),
  ({ files, qualifications, templates }): Handlers<typeof ReviewsApi> => ({
    qualifications: ({ urlParams }) => qualifications.pending(Pages.asked(urlParams)),
    qualification: ({ accountId }) => qualifications.file(accountId),
    certificate: ({ accountId }) =>
      Effect.flatMap(qualifications.certificate(accountId), (image): Effect.Effect<Answer, NothingHere> =>
        image === undefined
          ? new NothingHere()
          : Effect.succeed(new Answer(200, { "content-type": imageTypes[image.format] }, image.bytes))
      ),
    decideQualification: ({ accountId, payload }) =>
      Effect.zipRight(qualifications.decide(accountId, payload), qualifications.get(accountId)),
    templates: ({ urlParams }) => templates.pending(Pages.asked(urlParams)),
    decideTemplate: ({ accountId, path, payload }) =>
      templates.decide(accountId, path.applicationId, path.templateId, payload),
    voiceFiles: ({ urlParams }) => files.pending(Pages.asked(urlParams)),
    voiceFileSound: (call) => VoiceFileHandlers.listen(files, call),
    decideVoiceFile: ({ accountId, path, payload }) => files.decide(accountId, path.applicationId, path.fileId, payload)
  })
)

const imageTypes = { jpg: "image/jpeg", png: "image/png" }
