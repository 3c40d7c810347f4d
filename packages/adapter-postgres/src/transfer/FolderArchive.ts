/**
 * Adapter: a folder of the embedded database as one file, and back: its backup.
 *
 * **Details** The file is the database's own archive (tar, compressed), with all personal data that is in the folder,
 * so that only its owner may read it. It is made and read in memory. A platform that is at work has its folder to
 * itself, and makes its own backup by `PgliteThread.dump`.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import * as zlib from "node:zlib"
import * as Effect from "effect/Effect"
import * as FolderLock from "../place/FolderLock.ts"
import * as PgliteFolder from "../place/PgliteFolder.ts"
import { PgliteThread } from "../place/PgliteThread.ts"
import type { PortFailure } from "@vsms/core/PortFailure"
import { FolderInUse, FolderUnusable, PgliteMissing } from "../place/PlaceError.ts"
import { ArchiveUnusable, NothingThere, TargetNotEmpty } from "./TransferError.ts"

interface Paths {
  readonly folder: string
  readonly file: string
}

/** Whether there is a database in the folder. */
export const hasData = (folder: string): boolean => fs.existsSync(path.join(folder, "data", "PG_VERSION"))

/** Writes the file, wholly or not at all; answers its length. The folder must not be in use. */
export const save = ({
  file,
  folder
}: Paths): Effect.Effect<
  number,
  NothingThere | TargetNotEmpty | ArchiveUnusable | FolderInUse | FolderUnusable | PgliteMissing | PortFailure
> =>
  Effect.gen(function* () {
    if (!hasData(folder)) return yield* new NothingThere({ place: folder })
    if (fs.existsSync(file)) return yield* new TargetNotEmpty({ target: file })
    const archive = yield* Effect.flatMap(PgliteThread, ({ dump }) => dump).pipe(
      Effect.provide(PgliteFolder.layer({ folder }))
    )
    const draft = `${file}.part`
    yield* attempt(file, () => {
      fs.writeFileSync(draft, archive, { mode: 0o600, flush: true })
      // Unlike a renaming, a link is never made over a file.
      fs.linkSync(draft, file)
    }).pipe(Effect.ensuring(Effect.sync(() => fs.rmSync(draft, { force: true }))))
    return archive.length
  })

/**
 * Makes a folder of the file: a database in which everything is as it was. A folder that has one already is left alone.
 */
export const restore = ({
  file,
  folder
}: Paths): Effect.Effect<void, TargetNotEmpty | ArchiveUnusable | FolderInUse | FolderUnusable | PgliteMissing> =>
  Effect.gen(function* () {
    const data = path.join(path.resolve(folder), "data")
    // Not left to the database: what is no archive, or not a whole one, is an error there that nobody can catch.
    const bytes = yield* attempt(file, () => zlib.gunzipSync(fs.readFileSync(file)))
    yield* FolderLock.hold(path.resolve(folder))
    if (fs.existsSync(data) && fs.readdirSync(data).length > 0) return yield* new TargetNotEmpty({ target: data })
    const draft = `${data}.restored`
    yield* Effect.acquireRelease(
      Effect.sync(() => fs.rmSync(draft, { recursive: true, force: true })),
      () => Effect.sync(() => fs.rmSync(draft, { recursive: true, force: true }))
    )
    const { PGlite } = yield* Effect.tryPromise({
      try: () => import("@electric-sql/pglite"),
      catch: () => new PgliteMissing({ install: "npm install @electric-sql/pglite" })
    })
    // It is opened once, and closed: a file that is not whole is found out here.
    yield* Effect.tryPromise({
      try: () =>
        PGlite.create({ dataDir: draft, loadDataDir: new Blob([bytes]) }).then((database) =>
          database.query("select count(*) from vsms.migrations").finally(() => database.close())
        ),
      catch: (error) => new ArchiveUnusable({ file, detail: detailOf(error) })
    })
    yield* Effect.try({
      try: () => {
        fs.rmSync(data, { recursive: true, force: true })
        fs.renameSync(draft, data)
      },
      catch: (error) => new FolderUnusable({ folder, detail: detailOf(error) })
    })
  }).pipe(Effect.scoped)

/** Puts the data aside, as it is: for a folder that was moved elsewhere. Answers where it is now. */
export const putAside = (folder: string): Effect.Effect<string, FolderInUse | FolderUnusable> =>
  Effect.gen(function* () {
    const data = path.join(path.resolve(folder), "data")
    yield* FolderLock.hold(path.resolve(folder))
    let aside = `${data}.moved`
    for (let i = 2; fs.existsSync(aside); i++) aside = `${data}.moved-${i}`
    yield* Effect.try({
      try: () => fs.renameSync(data, aside),
      catch: (error) => new FolderUnusable({ folder, detail: detailOf(error) })
    })
    return aside
  }).pipe(Effect.scoped)

const attempt = <A>(file: string, call: () => A): Effect.Effect<A, ArchiveUnusable> =>
  Effect.try({ try: call, catch: (error) => new ArchiveUnusable({ file, detail: detailOf(error) }) })

const detailOf = (error: unknown): string => (error instanceof Error ? error.message : "unknown")
