/** Adapter: reads the workspace from the disk for the architecture checks. */
import * as fs from "node:fs"
import * as path from "node:path"
import type { Manifest, Workspace } from "./Workspace.ts"

export const readWorkspace = (root: string): Workspace => {
  const folders = ["packages", "examples"].flatMap((parent) =>
    fs
      .readdirSync(path.join(root, parent))
      .map((name) => `${parent}/${name}`)
      .filter((folder) => fs.existsSync(path.join(root, folder, "package.json")))
  )
  return {
    files: [
      ...folders.flatMap((folder) => ["src", "test", "bench"].map((part) => `${folder}/${part}`)),
      "test",
      "tools"
    ]
      .flatMap((folder) => [...filesIn(root, folder, ".ts"), ...filesIn(root, folder, ".js")])
      .map((file) => ({ path: file, text: fs.readFileSync(path.join(root, file), "utf8") })),
    packages: folders.map((folder) => ({
      folder,
      manifest: JSON.parse(fs.readFileSync(path.join(root, folder, "package.json"), "utf8")) as Manifest
    }))
  }
}

/**
 * The files below a folder of the workspace whose names end so, in a stable order; none where there is no such folder.
 * What is installed or generated does not count.
 */
export const filesIn = (root: string, folder: string, ending: string, depth = Infinity): ReadonlyArray<string> =>
  fs.existsSync(path.join(root, folder))
    ? fs
        .readdirSync(path.join(root, folder), { withFileTypes: true })
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .flatMap((entry) => {
          const inner = path.posix.join(folder, entry.name)
          if (entry.isDirectory()) {
            return depth === 0 || skipped.has(entry.name) ? [] : filesIn(root, inner, ending, depth - 1)
          }
          return entry.name.endsWith(ending) ? [inner] : []
        })
    : []

const skipped = new Set(["node_modules", "dist", ".tmp", ".git", "coverage"])
