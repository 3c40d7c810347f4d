import * as Zlib from "node:zlib"
import type { Dice } from "./Dice.ts"
import { bodyOf, type Draft, dropHeader, queryOf, setHeader } from "./Draft.ts"

/** Changes a request for the worse; the same change for the same dice. */
export type Mutation = (draft: Draft, dice: Dice) => void

/** Texts that have surprised somebody somewhere. */
export const oddTexts: ReadonlyArray<string> = [
  "",
  " ",
  "\0",
  "a\0b",
  "\ud800",
  "\udfff\ud800",
  "\u{feff}",
  "\u202e138",
  "é",
  "１３８００１３８０００",
  "𠮷".repeat(300),
  "a".repeat(5_000),
  "\r\nx-injected: 1",
  "\u2028\u2029",
  "=cmd|' /C calc'!A0",
  "+1+1",
  "@SUM(1)",
  "' OR 1=1 --",
  "${jndi:ldap://x}",
  "{{7*7}}",
  "{1}{2}",
  "<script>",
  "../../etc/passwd",
  "..\\..",
  "%00",
  "%2e%2e%2f",
  "__proto__",
  "constructor",
  "toString",
  "NaN",
  "1e999",
  "-0",
  "0x10",
  "9".repeat(400),
  "2026-13-45",
  "1".repeat(13),
  "null",
  "undefined",
  "[object Object]",
  "@me",
  "platform"
]

const oddNumbers: ReadonlyArray<unknown> = [
  0,
  -0,
  -1,
  1,
  1.5,
  5e-324,
  1e21,
  1e308,
  2 ** 31,
  2 ** 53,
  2 ** 53 - 1,
  -(2 ** 53),
  0.1 + 0.2
]

const oddValue = (dice: Dice): unknown => {
  switch (dice.below(6)) {
    case 0:
      return dice.pick(oddNumbers)
    case 1:
      return dice.pick<unknown>([null, true, false, [], {}, [[]], [null], [{}]])
    case 2:
      return nested(dice.pick([2, 50, 500]))
    case 3:
      return Object.fromEntries([[dice.pick(oddTexts), dice.pick(oddTexts)]])
    case 4:
      return dice.times(dice.pick([1, 17, 201, 1_000]), () => dice.pick<unknown>(["x", 1, null]))
    default:
      return dice.pick(oddTexts)
  }
}

const nested = (depth: number): unknown => {
  let value: unknown = 1
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value }
  return value
}

type Path = ReadonlyArray<string>

const placesOf = (value: unknown): ReadonlyArray<Path> => {
  const places: Array<Path> = []
  const visit = (inner: unknown, path: Path): void => {
    places.push(path)
    if (typeof inner !== "object" || inner === null || path.length > 6) return
    for (const [name, one] of Object.entries(inner)) visit(one, [...path, name])
  }
  visit(value, [])
  return places
}

const changed = (value: any, [name, ...rest]: Path, how: (value: unknown) => unknown): unknown => {
  if (name === undefined) return how(value)
  const copy = Array.isArray(value) ? [...value] : { ...value }
  const inner = changed(copy[name], rest, how)
  if (inner === missing) delete copy[name]
  else copy[name] = inner
  return copy
}

const missing = Symbol("missing")

const ofBody: { readonly [name: string]: Mutation } = {
  "a value is another": (draft, dice) => {
    draft.json = changed(draft.json, dice.pick(placesOf(draft.json)), () => oddValue(dice))
  },
  "a value is odd text": (draft, dice) => {
    draft.json = changed(draft.json, dice.pick(placesOf(draft.json)), () => dice.pick(oddTexts))
  },
  "a text is longer": (draft, dice) => {
    draft.json = changed(draft.json, dice.pick(placesOf(draft.json)), (value) =>
      typeof value === "string" ? value.repeat(dice.pick([2, 20, 200])) + dice.pick(oddTexts) : value
    )
  },
  "a value is missing": (draft, dice) => {
    const places = placesOf(draft.json).filter((path) => path.length > 0)
    if (places.length > 0) draft.json = changed(draft.json, dice.pick(places), () => missing)
  },
  "a field is one too many": (draft, dice) => {
    draft.json = changed(draft.json, dice.pick(placesOf(draft.json)), (value) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? { ...value, [dice.pick(oddTexts)]: oddValue(dice) }
        : value
    )
  },
  "a list is longer": (draft, dice) => {
    draft.json = changed(draft.json, dice.pick(placesOf(draft.json)), (value) =>
      Array.isArray(value) && value.length > 0 ? dice.times(dice.pick([2, 17, 201]), () => value[0]) : [value, value]
    )
  },
  "a field comes twice": (draft, dice) => {
    const text = bodyOf(draft).toString()
    const field = /"(\w+)":/.exec(text)?.[1] ?? "x"
    draft.raw = Buffer.from(text.replace(/^\{/, `{"${field}":${JSON.stringify(dice.pick(oddTexts))},`))
  },
  "it reaches for the prototype": (draft, dice) => {
    const text = bodyOf(draft).toString()
    const field = dice.pick(["__proto__", "constructor", "hasOwnProperty", "then", "toJSON"])
    draft.raw = Buffer.from(text.replace(/^\{/, `{"${field}":${dice.pick(['{"x":1}', "1", '"x"', "null"])},`))
  },
  "it is nested without end": (draft, dice) => {
    const depth = dice.pick([1_000, 10_000, 30_000])
    const [open, close] = dice.pick([
      ["[", "]"],
      ['{"a":', "}"]
    ] as const)
    const deep = `${open.repeat(depth)}${dice.pick(["1", '"\\u0000"', '"\\ud800"'])}${close.repeat(depth)}`
    const text = bodyOf(draft).toString()
    draft.raw = Buffer.from(dice.chance(0.5) ? deep : text.replace(/^\{/, `{"deep":${deep},`).replace(/,\}$/, "}"))
  },
  "its numbers are out of range": (draft, dice) => {
    const number = dice.pick(["1e999", "-1e999", "1".repeat(400), "0.1e-400", "01", "+1", ".5", "1_000", "0x1", "NaN"])
    draft.raw = Buffer.from(
      bodyOf(draft)
        .toString()
        .replace(/:\d+|:"[^"]*"/, `:${number}`)
    )
  },
  "it ends too early": (draft, dice) => {
    const bytes = bodyOf(draft)
    draft.raw = bytes.subarray(0, dice.below(bytes.length + 1))
  },
  "a byte is another": (draft, dice) => {
    const bytes = Buffer.from(bodyOf(draft))
    if (bytes.length === 0) return
    bytes[dice.below(bytes.length)] = dice.below(256)
    draft.raw = bytes
  },
  "something follows it": (draft, dice) => {
    draft.raw = Buffer.concat([bodyOf(draft), Buffer.from(dice.pick(["}", "{}", "\0", " \n", "//", "\u{feff}"]))])
  },
  "something comes before it": (draft, dice) => {
    draft.raw = Buffer.concat([Buffer.from(dice.pick(["\u{feff}", ")]}'", "\n", "\0"])), bodyOf(draft)])
  },
  "it is in another encoding": (draft, dice) => {
    draft.raw = Buffer.from(bodyOf(draft).toString(), dice.pick(["utf16le", "latin1", "base64"] as const))
  },
  "it is compressed": (draft, dice) => {
    draft.raw = Zlib.gzipSync(dice.chance(0.5) ? bodyOf(draft) : Buffer.alloc(1_000_000))
    if (dice.chance(0.8)) setHeader(draft, "content-encoding", dice.pick(["gzip", "GZIP", "br", "identity, gzip"]))
  },
  "it is too large": (draft, dice) => {
    const size = dice.pick([65_537, 70_000, 1_100_000])
    const text = bodyOf(draft).toString()
    draft.raw = Buffer.from(
      dice.chance(0.5) ? text + " ".repeat(size) : text.replace(/^\{/, `{"x":"${"a".repeat(size)}",`)
    )
  },
  "there is none": (draft) => {
    draft.raw = Buffer.alloc(0)
  },
  "it is anything": (draft, dice) => {
    draft.raw = Buffer.from(dice.times(dice.pick([1, 10, 300]), () => dice.below(256)))
  }
}

/** What a header can be on its way through Node: no control characters but the tabulator. */
const oddHeaderValues: ReadonlyArray<string> = [
  "",
  "*",
  '"',
  '"1"',
  '"0"',
  'W/"1"',
  '"1", "2"',
  '"999999999999999"',
  '"9999999999999999"',
  "1",
  "-1",
  "0",
  "\t",
  "é",
  "a".repeat(129),
  "a".repeat(8_000),
  "application/json;charset",
  "application/json; charset=utf-16",
  "APPLICATION/JSON",
  "text/plain",
  "application/json, text/plain",
  "multipart/form-data",
  "multipart/form-data; boundary=",
  "multipart/form-data; boundary=x; boundary=y",
  "application/x-www-form-urlencoded",
  "00-0-0-0",
  `00-${"0".repeat(32)}-${"0".repeat(16)}-01`,
  `00-${"a".repeat(32)}-${"b".repeat(16)}-01`,
  "Bearer",
  "Bearer ",
  "Basic =",
  "Basic Og==",
  "Basic MTQwMDAwMDAwMTo=",
  "bearer vsms_x_y",
  "Digest x",
  "constructor",
  "__proto__",
  "gzip",
  "chunked"
]

const knownHeaders = [
  "accept",
  "accept-encoding",
  "authorization",
  "content-encoding",
  "content-type",
  "cookie",
  "forwarded",
  "host",
  "idempotency-key",
  "if-match",
  "if-none-match",
  "origin",
  "range",
  "traceparent",
  "x-forwarded-for",
  "x-http-method-override",
  "x-request-id",
  "x-tc-action",
  "x-tc-timestamp",
  "x-tc-traceid",
  "x-tc-version"
]

const ofHeaders: { readonly [name: string]: Mutation } = {
  "a header is odd": (draft, dice) => setHeader(draft, dice.pick(knownHeaders), dice.pick(oddHeaderValues)),
  "a header is missing": (draft, dice) => {
    if (draft.headers.length > 0) dropHeader(draft, dice.pick(draft.headers)[0])
  },
  "a header comes twice": (draft, dice) => {
    const [name, value] = dice.pick([...draft.headers, [dice.pick(knownHeaders), "x"] as const])
    draft.headers.push([name, dice.chance(0.5) ? value : dice.pick(oddHeaderValues)])
  },
  "nobody asks": (draft) => dropHeader(draft, "authorization"),
  "there are many headers": (draft, dice) => {
    for (let i = 0; i < 100; i++) draft.headers.push([`x-${i}`, dice.pick(["", "1", "é"])])
  },
  "its type is another": (draft, dice) => setHeader(draft, "content-type", dice.pick(oddHeaderValues))
}

const segmentsOf = (path: string): Array<string> => path.split("/")

const oddSegments = [
  "",
  ".",
  "..",
  "%2e%2e",
  "%2E.",
  "..;",
  "%2f",
  "%5c",
  "%00",
  "%",
  "%zz",
  "%ff",
  "%c0%ae",
  "%e9",
  "%u0041",
  "a%0d%0ax-injected:1",
  "*",
  ":accountId",
  "@me",
  "@",
  "platform",
  "__proto__",
  "constructor",
  "a".repeat(161),
  "a".repeat(6_000),
  encodeURIComponent("你好"),
  encodeURIComponent("𠮷"),
  "1.0",
  "-1",
  "0".repeat(32),
  "null"
]

const ofTarget: { readonly [name: string]: Mutation } = {
  "a part of the path is another": (draft, dice) => {
    const segments = segmentsOf(draft.path)
    segments[1 + dice.below(segments.length - 1)] = dice.pick(oddSegments)
    draft.path = segments.join("/")
  },
  "a part of the path is one too many": (draft, dice) => {
    const segments = segmentsOf(draft.path)
    segments.splice(1 + dice.below(segments.length), 0, dice.pick(oddSegments))
    draft.path = segments.join("/")
  },
  "the path climbs": (draft, dice) => {
    draft.path = `${draft.path}/${dice.pick(["../", "..%2f", "%2e%2e/", "./"]).repeat(dice.below(5))}${dice.pick(["", "metrics", "v1/accounts"])}`
  },
  "the path is in other letters": (draft) => {
    draft.path = draft.path.toUpperCase()
  },
  "the path is escaped": (draft, dice) => {
    draft.path = draft.path.replace(/[a-z0-9]/g, (one) =>
      dice.chance(0.2) ? `%${one.charCodeAt(0).toString(16)}` : one
    )
  },
  "it is asked of another host": (draft, dice) => {
    draft.path = dice.pick(["http://evil.example", "https://", "//evil.example", "http://a:b@x"]) + draft.path
  },
  "the query has more": (draft, dice) => {
    draft.query.push([dice.pick(["limit", "cursor", "x", "__proto__", "", "a[b]"]), dice.pick(oddTexts)])
  },
  "the query is another": (draft, dice) => {
    draft.query = draft.query.map(([name, value]) => [name, dice.chance(0.5) ? dice.pick(oddTexts) : value])
  },
  "the query is nonsense": (draft, dice) => {
    draft.rawQuery = dice.pick([
      "%",
      "%00",
      "=",
      "&&&",
      "?",
      "a=%ff",
      "limit=1&limit=2",
      "x".repeat(6_000),
      "a=b#c",
      "+"
    ])
  },
  "the query is escaped": (draft, dice) => {
    draft.rawQuery = queryOf(draft).replace(/[a-z0-9]/gi, (one) =>
      dice.chance(0.3) ? `%${one.charCodeAt(0).toString(16)}` : one
    )
  },
  "the method is another": (draft, dice) => {
    draft.method = dice.pick(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
  }
}

export const all: { readonly [name: string]: Mutation } = { ...ofBody, ...ofHeaders, ...ofTarget }

const bodyNames = Object.keys(ofBody)
const otherNames = [...Object.keys(ofHeaders), ...Object.keys(ofTarget)]

/** Which mutations a request gets: none, one, or a few; of the body mostly, where there is one. */
export const some = (dice: Dice, hasBody: boolean): ReadonlyArray<Planned> => {
  const count = dice.pick([0, 0, 1, 1, 1, 1, 2, 3])
  return dice.times(count, () => ({
    name: dice.pick(hasBody && dice.chance(0.65) ? bodyNames : otherNames),
    seed: dice.below(2 ** 31)
  }))
}

/** A mutation with the seed of its own dice: it is the same whichever others go before it. */
export interface Planned {
  readonly name: string
  readonly seed: number
}
