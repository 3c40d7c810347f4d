import * as Either from "effect/Either"
import { describe, expect, it } from "vitest"
import * as VoiceFile from "../../src/voicefile/VoiceFile.ts"
import * as VoiceFileShelf from "../../src/voicefile/VoiceFileShelf.ts"

const env = { now: 5 }
const upload = {
  applicationId: "1400000001",
  fileId: "da39a3ee5e6b4b0d3255bfef95601890afd80709.wav",
  name: "开业通知",
  format: "wav",
  bytes: 44,
  durationMillis: 1_000,
  soundId: "s1"
} as const

const after = (events: ReadonlyArray<VoiceFile.Event>, from = VoiceFile.initial) =>
  events.reduce(VoiceFile.evolve, from)
const pending = after(VoiceFile.submit({ now: 1 }, VoiceFile.initial, upload))
const approved = after([{ _tag: "VoiceFileApproved", version: 1, at: 2 }], pending)
const rejected = after([{ _tag: "VoiceFileRejected", version: 1, reason: "含营销内容", at: 2 }], pending)
const deleted = after([{ _tag: "VoiceFileDeleted", at: 3 }], approved)
const approve = (version = 1) => ({ version, verdict: { _tag: "Approve" } }) as const
const reject = (version = 1) => ({ version, verdict: { _tag: "Reject", reason: "含营销内容" } }) as const

describe("VoiceFile", () => {
  it("VOF-2: the same content is the same file while it waits or is approved, and a new submission afterwards", () => {
    expect(pending).toEqual({ stage: "pending", ...upload, version: 1, createdAt: 1, submittedAt: 1 })
    const again = { ...upload, soundId: "s2", name: "别的名字" }
    for (const state of [pending, approved]) expect(VoiceFile.submit(env, state, again)).toEqual([])
    const anew = after(VoiceFile.submit(env, rejected, again), rejected)
    expect(anew).toEqual({ stage: "pending", ...again, version: 2, createdAt: 1, submittedAt: 5 })
    expect(after(VoiceFile.submit(env, deleted, again), deleted)).toEqual({ ...anew, createdAt: 5 })
  })

  it.each([
    ["nothing", VoiceFile.initial, approve(), new VoiceFile.UnknownVoiceFile()],
    ["a deleted one", deleted, approve(), new VoiceFile.VoiceFileDeleted()],
    ["an earlier version", pending, approve(0), new VoiceFile.OutdatedVoiceFile({ judged: 0, current: 1 })],
    ["a later version", approved, reject(2), new VoiceFile.OutdatedVoiceFile({ judged: 2, current: 1 })],
    ["an approved one, the other way", approved, reject(), new VoiceFile.VoiceFileDecided({ stage: "approved" })],
    ["a rejected one, the other way", rejected, approve(), new VoiceFile.VoiceFileDecided({ stage: "rejected" })]
  ])("VOF-3: a verdict on %s is refused", (_, state, command, refusal) => {
    expect(VoiceFile.review(env, state, command)).toEqual(Either.left(refusal))
  })

  it("VOF-3: a verdict on what waits is carried out, and the same again is nothing new", () => {
    expect(Either.map(VoiceFile.review({ now: 2 }, pending, approve()), (events) => after(events, pending))).toEqual(
      Either.right(approved)
    )
    expect(Either.map(VoiceFile.review({ now: 2 }, pending, reject()), (events) => after(events, pending))).toEqual(
      Either.right(rejected)
    )
    expect(VoiceFile.review(env, approved, approve())).toEqual(Either.right([]))
    expect(VoiceFile.review(env, rejected, reject())).toEqual(Either.right([]))
  })

  it("VOF-4, VOF-5: only an approved file may be sent; deletion is final, and once", () => {
    for (const state of [VoiceFile.initial, pending, rejected, deleted])
      expect(VoiceFile.maySend(state)).toEqual(Either.left(new VoiceFile.VoiceFileNotUsable({ stage: state.stage })))
    expect(VoiceFile.maySend(approved)).toEqual(Either.void)
    expect(VoiceFile.remove(env, VoiceFile.initial)).toEqual(Either.left(new VoiceFile.UnknownVoiceFile()))
    expect(VoiceFile.remove(env, deleted)).toEqual(Either.right([]))
  })

  it("VOF-6: a sound has its right to be kept by its file's stage, and only that of the file's own submission", () => {
    const until = (state: VoiceFile.State, soundId = "s1") => VoiceFile.soundUntil(state, soundId, 30)
    expect([pending, approved].map((state) => until(state))).toEqual([undefined, undefined])
    expect([VoiceFile.initial, deleted].map((state) => until(state))).toEqual([0, 0])
    expect([until(rejected), until(rejected, "s0"), until(approved, "s0")]).toEqual([32, 0, 0])
  })

  it("VOF-7: a file more than there may be is refused", () => {
    const full = { files: 2 }
    expect(VoiceFileShelf.add({ filesMax: 2 }, full, "x")).toEqual(
      Either.left(new VoiceFileShelf.TooManyVoiceFiles({ files: 2, limit: 2 }))
    )
    const after = VoiceFileShelf.take("x").reduce(VoiceFileShelf.evolve, full)
    expect(Either.isRight(VoiceFileShelf.add({ filesMax: 2 }, after, "x"))).toBe(true)
  })
})
