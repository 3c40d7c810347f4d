/**
 * Rules: which endpoint a path leads to. What is written goes before what is variable (`/sends/batch` before
 * `/sends/:sendId`), however they were added.
 */
interface Place<A> {
  readonly written: Map<string, Place<A>>
  variable: Place<A> | undefined
  readonly methods: Map<string, { readonly target: A; readonly names: ReadonlyArray<string> }>
}

export type Found<A> =
  | { readonly _tag: "Target"; readonly target: A; readonly params: Readonly<Record<string, string>> }
  | { readonly _tag: "OtherMethod"; readonly allowed: ReadonlyArray<string> }
  | { readonly _tag: "Nothing" }

const place = <A>(): Place<A> => ({ written: new Map(), variable: undefined, methods: new Map() })

export class RouteTable<A> {
  private readonly root: Place<A> = place()

  /** Adds a route such as `/v1/orders/:orderId`. */
  add(method: string, path: string, target: A): void {
    const names: Array<string> = []
    let at = this.root
    for (const segment of path.slice(1).split("/")) {
      if (segment.startsWith(":")) {
        names.push(segment.slice(1))
        at = at.variable ??= place()
      } else {
        const next = at.written.get(segment) ?? place()
        at.written.set(segment, next)
        at = next
      }
    }
    at.methods.set(method, { target, names })
  }

  /** Where a request leads. HEAD leads where GET does. */
  find(method: string, path: string): Found<A> {
    const values: Array<string> = []
    const found = path.startsWith("/") ? descend(this.root, path.slice(1).split("/"), 0, values) : undefined
    if (found === undefined) return nothing
    const route = found.methods.get(method === "HEAD" ? "GET" : method)
    if (route === undefined) {
      const allowed = [...found.methods.keys()]
      return { _tag: "OtherMethod", allowed: allowed.includes("GET") ? [...allowed, "HEAD"] : allowed }
    }
    const params: Record<string, string> = {}
    for (const [i, name] of route.names.entries()) params[name] = values[i]!
    return { _tag: "Target", target: route.target, params }
  }
}

const nothing = { _tag: "Nothing" } as const

const descend = <A>(
  from: Place<A>,
  segments: ReadonlyArray<string>,
  depth: number,
  values: Array<string>
): Place<A> | undefined => {
  if (depth === segments.length) return from.methods.size === 0 ? undefined : from
  const segment = segments[depth]!
  const written = from.written.get(segment)
  if (written !== undefined) {
    const found = descend(written, segments, depth + 1, values)
    if (found !== undefined) return found
  }
  if (from.variable === undefined || segment === "") return undefined
  const text = unescaped(segment)
  if (text === undefined) return undefined
  values.push(text)
  const found = descend(from.variable, segments, depth + 1, values)
  if (found === undefined) values.pop()
  return found
}

const escapes = /%(?![0-9A-Fa-f]{2})/

/** A segment with its escapes read; `undefined` if they are none, or not those of UTF-8. */
const unescaped = (segment: string): string | undefined => {
  if (!segment.includes("%")) return segment
  if (escapes.test(segment)) return undefined
  const bytes = new TextEncoder().encode(segment)
  const out: Array<number> = []
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === 0x25) {
      out.push(Number.parseInt(segment.slice(i, i + 3).slice(1), 16))
      i += 2
    } else out.push(bytes[i]!)
  }
  const text = new TextDecoder().decode(Uint8Array.from(out))
  return text.includes("\u{fffd}") ? undefined : text
}
