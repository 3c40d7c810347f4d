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
      .flatMap((folder) => typescriptIn(root, folder))
      .map((file) => ({ path: file, text: fs.readFileSync(path.join(root, file), "utf8") })),
    packages: folders.map((folder) => ({
      folder,
      manifest: JSON.parse(fs.readFileSync(path.join(root, folder, "package.json"), "utf8")) as Manifest
    }))
  }
}

/** The TypeScript files below a folder of the workspace, in a stable order; none where there is no such folder. */
export const typescriptIn = (root: string, folder: string): ReadonlyArray<string> =>
  fs.existsSync(path.join(root, folder))
    ? fs
        .readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
        .map((file) => `${folder}/${file.replaceAll(path.sep, "/")}`)
        .filter((file) => file.endsWith(".ts") && !file.includes("node_modules/"))
        .sort()
    : []
