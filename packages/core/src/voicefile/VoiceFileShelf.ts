/**
 * Rules: how many files of sound one application has (VOF-7). Whatever makes or deletes one names this row too, as a
 * count that is read beside the decision lets racing uploads through.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref } from "../storage/Kind.ts"

export const State = Schema.Struct({
  /** Files that were not deleted. */
  files: Schema.NonNegativeInt
})
export type State = typeof State.Type

export const initial: State = { files: 0 }

export const Event = Schema.Union(
  Schema.TaggedStruct("FileShelved", { fileId: Schema.String }),
  Schema.TaggedStruct("FileTakenOff", { fileId: Schema.String })
)
export type Event = typeof Event.Type

/** How many files an application may have. */
export const filesMax = 200

/** There are as many files as may be; when one of them is deleted, another can be uploaded. */
export class TooManyVoiceFiles extends Schema.TaggedError<TooManyVoiceFiles>()("TooManyVoiceFiles", {
  files: Schema.Int,
  limit: Schema.Int
}) {
  static readonly rule = "VOF-7" as const
  static readonly transient = true
}

/** Counts a file that was not there. */
export const add = (
  env: { readonly filesMax: number },
  state: State,
  fileId: string
): Either.Either<ReadonlyArray<Event>, TooManyVoiceFiles> =>
  state.files >= env.filesMax
    ? Either.left(new TooManyVoiceFiles({ files: state.files, limit: env.filesMax }))
    : Either.right([{ _tag: "FileShelved", fileId }])

/** A file was deleted. */
export const take = (fileId: string): ReadonlyArray<Event> => [{ _tag: "FileTakenOff", fileId }]

export const evolve = (state: State, event: Event): State => ({
  files: state.files + (event._tag === "FileShelved" ? 1 : -1)
})

export const kind: Kind<State, Event> = {
  name: "voiceFileShelf",
  initial,
  evolve,
  state: State,
  event: Event,
  personal: Kinds.nothingPersonal,
  journaled: false,
  ephemeral: false,
  indexes: {}
}

export const ref = (accountId: string, applicationId: string): Ref<typeof kind> =>
  Kinds.ref(kind, accountId, applicationId)
