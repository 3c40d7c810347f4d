/**
 * Port: what a handler is given and gives. The contract says which: a handler that fails with what its endpoint does not
 * declare does not compile.
 */
import type * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import type { InvalidInput } from "@vsms/core/InvalidInput"
import type { PortFailure } from "@vsms/core/PortFailure"
import type * as Effect from "effect/Effect"
import type * as HttpRefusals from "../api/HttpRefusals.ts"
import type { Principal } from "../auth/Principal.ts"
import type { Answer, Incoming } from "./Exchange.ts"

type AnyEndpoint = HttpApiEndpoint.HttpApiEndpoint.Any

/** What the request is about, beside what its endpoint declares. */
export interface Context {
  readonly principal: Principal
  /** The account of the path, or of its application. Empty where the path names neither. */
  readonly accountId: string
  /** The version that `If-Match` names; `undefined` if any will do. */
  readonly ifMatch: number | undefined
  readonly requestId: string
  readonly incoming: Incoming
}

/** A call: the decoded parts of the request. `path.accountId` is never `@me`. */
export type Call<E extends AnyEndpoint> = Omit<HttpApiEndpoint.HttpApiEndpoint.Request<E>, "request"> & Context

/** A result with the version that its ETag is made of. */
export class Versioned<A> {
  readonly value: A
  readonly version: number

  constructor(value: A, version: number) {
    this.value = value
    this.version = version
  }
}

/** What any endpoint may fail with. */
export type Shared =
  | InvalidInput
  | PortFailure
  | HttpRefusals.NothingHere
  | HttpRefusals.MalformedBody
  | HttpRefusals.BodyTooLarge
  | HttpRefusals.UnsupportedBody
  | HttpRefusals.NotPermitted

export type Handler<E extends AnyEndpoint> = (
  call: Call<E>
) => Effect.Effect<
  HttpApiEndpoint.HttpApiEndpoint.Success<E> | Versioned<HttpApiEndpoint.HttpApiEndpoint.Success<E>> | Answer,
  HttpApiEndpoint.HttpApiEndpoint.Error<E> | Shared
>

type Endpoints<G> = HttpApiGroup.HttpApiGroup.Endpoints<G>

/** A handler for each endpoint of a group. */
export type Handlers<G extends HttpApiGroup.HttpApiGroup.Any> = {
  readonly [N in HttpApiEndpoint.HttpApiEndpoint.Name<Endpoints<G>>]: Handler<
    HttpApiEndpoint.HttpApiEndpoint.WithName<Endpoints<G>, N>
  >
}
