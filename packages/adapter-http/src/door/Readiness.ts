/**
 * Service: whether this process still wants requests. A server that stops says no first, so that whoever spreads the load
 * sends it elsewhere.
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"

export class Readiness extends Context.Tag("@vsms/adapter-http/door/Readiness")<
  Readiness,
  {
    readonly isStopping: () => boolean
    readonly stop: () => void
  }
>() {
  static readonly layer: Layer.Layer<Readiness> = Layer.sync(Readiness, () => {
    let stopping = false
    return { isStopping: () => stopping, stop: () => void (stopping = true) }
  })
}
