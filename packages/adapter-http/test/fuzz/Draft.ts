import type { Request } from "./Exchange.ts"

/** A request before it is written: what mutations work on. */
export interface Draft {
  method: string
  /** Escaped. */
  path: string
  query: Array<readonly [name: string, value: string]>
  /** Written instead of `query`, if it is there. */
  rawQuery?: string
  headers: Array<readonly [name: string, value: string]>
  json?: unknown
  /** Sent as it is, instead of `json`. */
  raw?: Buffer
}

/** Half a character cannot be written in a URL. */
const escaped = (text: string): string => encodeURIComponent(text.replace(/\p{Cs}/gu, ""))

export const queryOf = ({ query, rawQuery }: Draft): string =>
  rawQuery ?? query.map(([name, value]) => `${escaped(name)}=${escaped(value)}`).join("&")

export const bodyOf = ({ json, raw }: Draft): Buffer =>
  raw ?? (json === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(json) ?? "null"))

export const written = (draft: Draft): Request => {
  const query = queryOf(draft)
  return {
    method: draft.method,
    target: query === "" ? draft.path : `${draft.path}?${query}`,
    headers: draft.headers,
    body: bodyOf(draft)
  }
}

export const setHeader = (draft: Draft, name: string, value: string): void => {
  draft.headers = [...draft.headers.filter(([one]) => one !== name), [name, value]]
}

export const dropHeader = (draft: Draft, name: string): void => {
  draft.headers = draft.headers.filter(([one]) => one !== name)
}
