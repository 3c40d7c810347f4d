/** What the thread of the embedded database is told and what it answers. */

export interface WorkerData {
  /** What is imported: the package's name, or the URL of its module. */
  readonly pgliteModule: string
  /** The folder of the data, made if it is not there; nothing for a database in memory. */
  readonly folder: string | undefined
  /** Where empty databases are kept to be copied, one for each version; nothing to make each one anew. */
  readonly snapshots: string | undefined
}

/**
 * Bytes are those of PostgreSQL's protocol: whole messages to the thread, any part of them from it. A new connection
 * finds the one session of the database as a new one would be, and what is still under way for the one before is done
 * first.
 */
export type Request =
  | { readonly _tag: "Connect"; readonly connection: number }
  | { readonly _tag: "Bytes"; readonly connection: number; readonly bytes: Uint8Array<ArrayBuffer> }
  /** The files of the database in one archive, as of now. */
  | { readonly _tag: "Dump" }
  /** Ends the thread once all is written. */
  | { readonly _tag: "Close" }

export type Reply =
  /** The first message: connections may come now. */
  | { readonly _tag: "Ready" }
  /** Instead of `Ready`: the package is not installed. */
  | { readonly _tag: "Missing" }
  /** Instead of `Ready`: the folder cannot be used, or the database does not start. */
  | { readonly _tag: "Broken"; readonly detail: string }
  | { readonly _tag: "Bytes"; readonly connection: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly _tag: "Dumped"; readonly archive: Uint8Array<ArrayBuffer> }
