/**
 * Rules: a route, one of the ways by which calls leave (SND-9): which sends it takes, and how many. How it fares and
 * which route a call gets is decided elsewhere.
 */
import * as Schema from "effect/Schema"
import { Operator } from "../sending/Callee.ts"
import { TemplateKind } from "../template/Template.ts"

const AtLeastOne = Schema.Int.pipe(Schema.greaterThanOrEqualTo(1))

/** A route as an operator configures it. Of the three lists, one that is absent lets everything through. */
export const Route = Schema.Struct({
  /** Unique among the routes. Kept with the sends that took it: a retired id is not used again. */
  id: Schema.NonEmptyString,
  /** The name of the channel that carries it. Several routes may share one. */
  channel: Schema.NonEmptyString,
  kinds: Schema.optional(Schema.Array(TemplateKind)),
  /** Operators of the callee. A callee whose operator is not known goes by routes that name `unknown`, or none. */
  operators: Schema.optional(Schema.Array(Operator)),
  /** Regions of the callee. One whose region is not known goes by routes without regions. */
  regions: Schema.optional(Schema.Array(Schema.String)),
  /** The lowest goes first; a higher one is for when no lower one can take the call. */
  priority: Schema.Int.pipe(Schema.optionalWith({ default: () => 0 })),
  /** The share of the calls among routes of equal priority. */
  weight: AtLeastOne.pipe(Schema.optionalWith({ default: () => 1 })),
  /** Calls at once, of this process. */
  maxConcurrent: AtLeastOne,
  /** Calls begun within any one second, of this process. */
  callsPerSecond: AtLeastOne
})
export interface Route extends Schema.Schema.Type<typeof Route> {}

/** What of a send decides which routes serve it. */
export interface Traits {
  readonly kind: TemplateKind
  readonly operator: Operator
  readonly region?: string | undefined
}

/** Why the route is not for such a send at all; `undefined` if it is. */
export const mismatch = (route: Route, traits: Traits): "kind" | "operator" | "region" | undefined => {
  if (route.kinds !== undefined && !route.kinds.includes(traits.kind)) return "kind"
  if (route.operators !== undefined && !route.operators.includes(traits.operator)) return "operator"
  if (route.regions === undefined) return undefined
  return traits.region !== undefined && route.regions.includes(traits.region) ? undefined : "region"
}
