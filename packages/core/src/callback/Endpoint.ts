/**
 * Rules: where an application wants to be told of its sends (CBK-1), and the secrets that sign what it is told (CBK-2).
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as AppSecret from "../account/AppSecret.ts"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref } from "../storage/Kind.ts"

/** How an application is told. `native` is ours; others are added by the adapters that know them. */
export const Format = Schema.NonEmptyString
export type Format = typeof Format.Type

export const Endpoint = Schema.Struct({
  id: Schema.String,
  format: Format,
  enabled: Schema.Boolean,
  createdAt: Schema.Number,
  secrets: Schema.Array(AppSecret.SecretMeta)
})
export type Endpoint = typeof Endpoint.Type

/** All endpoints of one application, in the order in which they were added. */
export const State = Schema.Struct({ endpoints: Schema.Array(Endpoint) })
export type State = typeof State.Type

export const initial: State = { endpoints: [] }

/** URLs are kept like secrets: people put tokens into them. */
export const Personal = Schema.extend(
  AppSecret.Values,
  Schema.Struct({
    urls: Schema.Array(Schema.Struct({ endpointId: Schema.String, url: Schema.Redacted(Schema.String) }))
  })
)
export type Personal = typeof Personal.Type

export const Event = Schema.Union(
  Schema.TaggedStruct("EndpointAdded", {
    endpointId: Schema.String,
    format: Format,
    secretId: Schema.String,
    at: Schema.Number
  }),
  Schema.TaggedStruct("EndpointChanged", {
    endpointId: Schema.String,
    format: Format,
    enabled: Schema.Boolean,
    at: Schema.Number
  }),
  Schema.TaggedStruct("EndpointSecretRotated", {
    endpointId: Schema.String,
    secretId: Schema.String,
    at: Schema.Number,
    previousUntil: Schema.Number
  }),
  Schema.TaggedStruct("EndpointRemoved", { endpointId: Schema.String, at: Schema.Number })
)
export type Event = typeof Event.Type

/** Every ended send is told to each of them: without a bound, one application could keep a platform busy alone. */
export const maxEndpoints = 10

// ---------------------------------------------------------------------------------------------------------------------
// refusals, in order of precedence
// ---------------------------------------------------------------------------------------------------------------------

/** The application has no such endpoint. */
export class UnknownEndpoint extends Schema.TaggedError<UnknownEndpoint>()("UnknownEndpoint", {}) {
  static readonly rule = "CBK-1" as const
  static readonly transient = false
}

/** The deployment does not speak this format. */
export class UnknownFormat extends Schema.TaggedError<UnknownFormat>()("UnknownFormat", {
  known: Schema.Array(Schema.String)
}) {
  static readonly rule = "CBK-1" as const
  static readonly transient = false
}

/** The application has as many endpoints as it may have. */
export class TooManyEndpoints extends Schema.TaggedError<TooManyEndpoints>()("TooManyEndpoints", {
  maximum: Schema.Int
}) {
  static readonly rule = "CBK-1" as const
  static readonly transient = false
}

// ---------------------------------------------------------------------------------------------------------------------
// decisions
// ---------------------------------------------------------------------------------------------------------------------

type Decided<R> = Either.Either<ReadonlyArray<Event>, R>

interface Env {
  /** Epoch milliseconds. */
  readonly now: number
}

export const add = (
  env: Env,
  state: State,
  command: { readonly endpointId: string; readonly format: Format; readonly secretId: string }
): Decided<TooManyEndpoints> => {
  if (find(state, command.endpointId) !== undefined) return Either.right([])
  if (state.endpoints.length >= maxEndpoints) return Either.left(new TooManyEndpoints({ maximum: maxEndpoints }))
  return Either.right([{ _tag: "EndpointAdded", ...command, at: env.now }])
}

/** Changes what is given. A disabled endpoint is not told of sends that end from now on. */
export const change = (
  env: Env,
  state: State,
  command: {
    readonly endpointId: string
    readonly format?: Format | undefined
    readonly enabled?: boolean | undefined
  }
): Decided<UnknownEndpoint> => {
  const endpoint = find(state, command.endpointId)
  if (endpoint === undefined) return Either.left(new UnknownEndpoint())
  const { enabled = endpoint.enabled, endpointId, format = endpoint.format } = command
  if (format === endpoint.format && enabled === endpoint.enabled) return Either.right([])
  return Either.right([{ _tag: "EndpointChanged", endpointId, format, enabled, at: env.now }])
}

/** A new secret takes over; the old ones sign along for `overlapMillis`, so that receivers can change at leisure. */
export const rotate = (
  env: Env,
  state: State,
  command: { readonly endpointId: string; readonly secretId: string; readonly overlapMillis: number }
): Decided<UnknownEndpoint | AppSecret.OverlapTooLong | AppSecret.TooManySecrets> => {
  const { endpointId, overlapMillis, secretId } = command
  const endpoint = find(state, endpointId)
  if (endpoint === undefined) return Either.left(new UnknownEndpoint())
  return Either.map(AppSecret.mayRotate(endpoint.secrets, { now: env.now, overlapMillis }), () => [
    { _tag: "EndpointSecretRotated", endpointId, secretId, at: env.now, previousUntil: env.now + overlapMillis }
  ])
}

/** Removal is final. What is still to be delivered there ends undelivered. */
export const remove = (env: Env, state: State, endpointId: string): ReadonlyArray<Event> =>
  find(state, endpointId) === undefined ? [] : [{ _tag: "EndpointRemoved", endpointId, at: env.now }]

export const evolve = (state: State, event: Event): State => {
  const update = (changed: (endpoint: Endpoint) => Endpoint): State => ({
    endpoints: state.endpoints.map((endpoint) => (endpoint.id === event.endpointId ? changed(endpoint) : endpoint))
  })
  switch (event._tag) {
    case "EndpointAdded": {
      const { at, endpointId: id, format, secretId } = event
      const added = { id, format, enabled: true, createdAt: at, secrets: [{ id: secretId, createdAt: at }] }
      return { endpoints: [...state.endpoints, added] }
    }
    case "EndpointChanged":
      return update((endpoint) => ({ ...endpoint, format: event.format, enabled: event.enabled }))
    case "EndpointSecretRotated":
      return update((endpoint) => ({
        ...endpoint,
        secrets: AppSecret.rotated(endpoint.secrets, { id: event.secretId, ...event })
      }))
    case "EndpointRemoved":
      return { endpoints: state.endpoints.filter((endpoint) => endpoint.id !== event.endpointId) }
  }
}

export const find = (state: State, endpointId: string): Endpoint | undefined =>
  state.endpoints.find((endpoint) => endpoint.id === endpointId)

/** The personal data that these endpoints still need. */
export const kept = (personal: Personal | undefined, state: State): Personal => ({
  ...AppSecret.kept(
    personal,
    state.endpoints.flatMap(({ secrets }) => secrets)
  ),
  urls: (personal?.urls ?? []).filter(({ endpointId }) => find(state, endpointId) !== undefined)
})

// ---------------------------------------------------------------------------------------------------------------------
// storage
// ---------------------------------------------------------------------------------------------------------------------

export const kind: Kind<State, Event, Personal> = {
  name: "callbackEndpoints",
  initial,
  evolve,
  state: State,
  event: Event,
  personal: Personal,
  journaled: true,
  ephemeral: false,
  indexes: {}
}

/** One row for an application: whoever tells of a send reads all its endpoints at once. */
export const ref = (accountId: string, applicationId: string): Ref<typeof kind> =>
  Kinds.ref(kind, accountId, applicationId)
