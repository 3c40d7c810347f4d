/**
 * Service: the operations of the older wire on files of sound: their upload, and what became of their review.
 */
import type { Stage } from "@vsms/core/template/Template"
import { VoiceFiles } from "@vsms/core/voicefile/VoiceFiles"
import * as SoundFile from "@vsms/core/voicefile/SoundFile"
import * as Effect from "effect/Effect"
import type { Operation } from "./LegacyOperation.ts"
import * as Packet from "./LegacyPacket.ts"

export const operations = Effect.gen(function* () {
  const files = yield* VoiceFiles

  const upload: Operation = {
    signed: "upload",
    audited: true,
    // What the bytes are, they say themselves: some SDKs name the one type for the other.
    handle: ({ bytes, signer: { accountId, applicationId } }) =>
      Effect.map(files.upload(accountId, applicationId, { sound: bytes }), ({ fileId }) => ({ fid: fileId }))
  }

  const status: Operation = {
    signed: "uploaded",
    handle: ({ packet, signer: { accountId, applicationId } }) =>
      Effect.gen(function* () {
        const fid = yield* Packet.text(packet, "fid")
        // What is no id is nobody's, and never asked for: no storage takes every text.
        if (!SoundFile.ids.test(fid)) return { status: statuses.none }
        const stage = yield* files.get(accountId, applicationId, fid).pipe(
          Effect.map((file) => file.stage),
          Effect.catchTag("UnknownVoiceFile", () => Effect.succeed("none" as const))
        )
        return { status: statuses[stage] }
      })
  }

  const all: { readonly [path: string]: Operation } = {
    "tlsvoicesvr/uploadvoicefile": upload,
    "tlsvoicesvr/statusvoicefile": status
  }
  return all
})

/** The wire's numbers, other ones than those of templates. */
const statuses: { readonly [S in Stage]: number } = { pending: 0, approved: 1, rejected: 2, none: 3, deleted: 3 }
