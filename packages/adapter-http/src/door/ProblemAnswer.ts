/**
 * Rules: the answer to a request that is refused, or that broke. Nothing of a failure's cause leaves the house.
 */
import * as HttpRefusals from "../api/HttpRefusals.ts"
import { type Body, contentType, type Problem } from "../api/Problem.ts"
import * as Problems from "../api/Problems.ts"
import { Answer } from "./Exchange.ts"

/** Every refusal that has a status, by its class. */
const byClass: ReadonlyMap<unknown, Problem<any>> = new Map(
  Object.values(Problems).flatMap((one): ReadonlyArray<readonly [unknown, Problem<any>]> =>
    "refusal" in one ? [[one.refusal, one]] : []
  )
)

/** The problem that an error is; `undefined` if it is none. */
export const problemOf = (error: unknown): Problem<any> | undefined =>
  typeof error === "object" && error !== null ? byClass.get(error.constructor) : undefined

/** The body of a refusal; `undefined` if the error is none. */
export const bodyOf = (error: unknown): Body | undefined => problemOf(error)?.body(error)

/** In whole seconds, as headers count, and never too early. */
const secondsOf = (millis: number): string => String(Math.max(1, Math.ceil(millis / 1_000)))

/** What a refusal says about time, and about how else to ask. */
const headersOf = (error: object, now: number): Record<string, string> => {
  const headers: Record<string, string> = {}
  if ("retryAfterMillis" in error && typeof error.retryAfterMillis === "number")
    headers["retry-after"] = secondsOf(error.retryAfterMillis)
  else if ("untilAt" in error && typeof error.untilAt === "number")
    headers["retry-after"] = secondsOf(error.untilAt - now)
  if (error instanceof HttpRefusals.Unavailable && error.retry !== "never")
    headers["retry-after"] = error.retry === "now" ? "1" : "5"
  if (error instanceof HttpRefusals.MethodNotAllowed) headers["allow"] = error.allowed.join(", ")
  if (error instanceof HttpRefusals.NotAuthenticated)
    headers["www-authenticate"] = 'Bearer realm="vsms", Basic realm="vsms"'
  if (error instanceof HttpRefusals.ChangedMeanwhile) headers["etag"] = error.current
  if (error instanceof HttpRefusals.UnsupportedBody) headers["accept"] = error.accepted.join(", ")
  return headers
}

/** Problem details for a refusal; for anything else, that we broke. */
export const answerOf = (
  error: unknown,
  about: { readonly now: number; readonly requestId: string; readonly attemptId?: string | undefined }
): Answer => {
  const known = problemOf(error)
  const problem: Problem<any> = known ?? Problems.Broken
  // What has a problem is an instance of its class.
  const refusal = known === undefined ? new HttpRefusals.Broken() : (error as object)
  const body: Body = {
    ...problem.body(refusal),
    instance: `urn:vsms:request:${about.requestId}`,
    ...(about.attemptId === undefined ? {} : { attemptId: about.attemptId })
  }
  const headers = { "content-type": contentType, ...headersOf(refusal, about.now) }
  return new Answer(problem.status, headers, JSON.stringify(body))
}
