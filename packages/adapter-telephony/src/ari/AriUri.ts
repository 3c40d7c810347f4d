/**
 * Rules: an Asterisk in one line, `http://user:password@host:8088/ari?endpoint=PJSIP/{number}@trunk`, and how calls are
 * to be dialled there.
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as TrunkUri from "../sip/trunk/TrunkUri.ts"

export interface AriUri {
  /** With the scheme and without a slash at its end: what stands before `/ari` and `/media`. */
  readonly base: string
  readonly account: { readonly user: string; readonly password: Redacted.Redacted }
  /** What Asterisk dials, with `{number}` where the number comes in. */
  readonly endpoint: string
  /** What our calls are known by at Asterisk. */
  readonly app: string
  readonly numbers: TrunkUri.NumberForm
}

/**
 * The line cannot be used. It is not repeated, for it holds a password.
 */
export class BadAriUri extends Data.TaggedError("BadAriUri")<{
  readonly part: "address" | "account" | "path" | "endpoint" | "app" | "numbers" | "option"
  readonly expected: string
}> {
  override get message(): string {
    return `The ${this.part} of an ARI line: expected ${this.expected}`
  }
}

const numberForms: ReadonlyArray<TrunkUri.NumberForm> = ["plus", "digits", "national"]
const options = ["endpoint", "app", "numbers"]

/**
 * Reads the line.
 *
 * **Details** `endpoint` is needed; `app` is `vsms` and `numbers` is `plus` if they are absent. Signs that mean something
 * in a URI are escaped in the name and the password: `p%40ss`.
 */
export const parse = (line: string): Either.Either<AriUri, BadAriUri> => {
  const bad = (part: BadAriUri["part"], expected: string) => Either.left(new BadAriUri({ part, expected }))
  if (!URL.canParse(line)) return bad("address", "http://user:password@host:8088/ari?endpoint=PJSIP/{number}@trunk")
  const url = new URL(line)
  if (url.protocol !== "http:" && url.protocol !== "https:") return bad("address", "http:// or https://")
  const [user, password] = [unescaped(url.username), unescaped(url.password)]
  // HTTP's Basic credentials end the name at the first colon.
  if (user === undefined || password === undefined || !/^[^:]+$/.test(user) || password === "") {
    return bad("account", "user:password@ before the host, with other signs escaped as %40")
  }
  const path = url.pathname.replace(/\/$/, "")
  if (path !== "" && !path.endsWith("/ari")) return bad("path", "/ari, or nothing")
  for (const name of url.searchParams.keys()) {
    if (!options.includes(name) || url.searchParams.getAll(name).length > 1) {
      return bad("option", `each of ${options.join(", ")} at most once`)
    }
  }
  const endpoint = url.searchParams.get("endpoint") ?? ""
  if (!/^[A-Za-z0-9]+\/[^{}\s&,]*\{number\}[^{}\s&,]*$/.test(endpoint)) {
    return bad("endpoint", "what Asterisk dials, with {number} once: PJSIP/{number}@trunk")
  }
  const app = url.searchParams.get("app") ?? "vsms"
  if (!/^[A-Za-z0-9_.-]{1,40}$/.test(app)) return bad("app", "1 to 40 letters, digits, or _ . -")
  const form = url.searchParams.get("numbers") ?? "plus"
  const numbers = numberForms.find((known) => known === form)
  if (numbers === undefined) return bad("numbers", numberForms.join(", "))
  const base = `${url.protocol}//${url.host}${path.replace(/\/ari$/, "")}`
  return Either.right({ base, account: { user, password: Redacted.make(password) }, endpoint, app, numbers })
}

const unescaped = (text: string): string | undefined =>
  Either.getOrUndefined(Either.try(() => decodeURIComponent(text)))

/** What Asterisk dials for a number; `undefined` if it is none (see `TrunkUri.numberIn`). */
export const endpointOf = ({ endpoint, numbers }: AriUri, number: string): string | undefined => {
  const form = TrunkUri.numberIn(numbers, number)
  return form === undefined ? undefined : endpoint.replace("{number}", () => form)
}
