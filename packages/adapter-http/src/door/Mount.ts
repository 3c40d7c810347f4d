/**
 * Rules: where a host has put the API: under a prefix of its own or at the root, and what of a path is ours.
 */

/** How a transport is told. */
export interface MountOptions {
  /**
   * What stands before our paths, such as `/vsms`, as callers see it: it is taken off a path that begins with it, and
   * documents point there. Hosts that strip it themselves (Express, Hono) and those that do not (Fastify, Next, a proxy)
   * name it alike.
   */
  readonly prefix?: string | undefined
}

/** With one slash before it and none behind; empty for the root. */
export const prefixOf = ({ prefix = "" }: MountOptions): string => {
  const bare = prefix.replace(/^\/+|\/+$/g, "")
  return bare === "" ? "" : `/${bare}`
}

/** A path without the prefix. */
export const inner = (prefix: string, path: string): string => {
  if (prefix === "" || !path.startsWith(prefix)) return path
  const rest = path.slice(prefix.length)
  return rest === "" ? "/" : rest.startsWith("/") ? rest : path
}
