/**
 * Port: who reviews qualifications, templates and voice files: a person at a console, another system, or nobody.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { PortFailure } from "../PortFailure.ts"
import type { Verdict } from "./Verdict.ts"

/**
 * What is to be reviewed: a version of a thing. `owner` is the account; `key` names the thing as the work in the queue
 * `review` does: `qualification`, `template/<application id>/<template id>` or `voiceFile/<application id>/<file id>`.
 */
export interface ReviewItem {
  readonly subject: "qualification" | "template" | "voiceFile"
  readonly owner: string
  readonly key: string
  readonly version: number
}

/** `Later`: nothing is decided yet. Ask again, or wait for somebody to decide through the service. */
export type Answer = Verdict | { readonly _tag: "Later" }

export class ReviewDesk extends Context.Tag("@vsms/core/qualification/ReviewDesk")<
  ReviewDesk,
  {
    /**
     * Asks for the verdict on one version. It is asked at least once for each version, in any order, and may be asked
     * again after it answered: of a version that it has judged it says the same each time. What it says of a version
     * that was replaced or withdrawn meanwhile has no effect.
     */
    readonly review: (item: ReviewItem) => Effect.Effect<Answer, PortFailure>
  }
>() {
  /** Approves everything at once: for tests, and for deployments that review elsewhere. */
  static readonly layerAutomatic: Layer.Layer<ReviewDesk> = Layer.succeed(ReviewDesk, {
    review: () => Effect.succeed({ _tag: "Approve" })
  })

  /** Leaves everything to people, who decide through the services. */
  static readonly layerManual: Layer.Layer<ReviewDesk> = Layer.succeed(ReviewDesk, {
    review: () => Effect.succeed({ _tag: "Later" })
  })
}
