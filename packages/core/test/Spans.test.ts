import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import * as Send from "../src/sending/Send.ts"
import * as Spans from "../src/Spans.ts"
import { accountId, applicationId, makeWorld } from "./sending/SendWorld.ts"

interface Seen {
  readonly name: string
  readonly attributes: Map<string, unknown>
}

/** A tracer that keeps what it is told. */
const keeping = (seen: Array<Seen>) =>
  Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      const attributes = new Map<string, unknown>()
      seen.push({ name, attributes })
      return {
        _tag: "Span",
        name,
        spanId: `${seen.length}`,
        traceId: "trace",
        parent,
        context,
        links,
        kind,
        sampled: true,
        attributes,
        status: { _tag: "Started", startTime },
        end: () => undefined,
        attribute: (key, value) => void attributes.set(key, value),
        event: () => undefined,
        addLinks: () => undefined
      }
    },
    context: (execute) => execute()
  })

describe("Spans", () => {
  it("SND-6: where a tracer is at work, accepting and recording are spans, with ids and without personal data", () => {
    const world = makeWorld()
    const seen: Array<Seen> = []
    const life = Effect.gen(function* () {
      const { sendId } = yield* world.sends.acceptCode(accountId, applicationId, { to: "13800138000", code: "4321" })
      yield* world.sends.record(Send.ref(accountId, sendId), { _tag: "HungUp", at: world.time.now })
      return sendId
    })
    const sendId = world.run(Effect.withTracer(life, keeping(seen)))
    expect(seen.map(({ name }) => name)).toEqual(["Sends.accept", "Sends.record"])
    expect(Object.fromEntries(seen[0]!.attributes)).toEqual({ accountId, applicationId, sendId })
    expect(Object.fromEntries(seen[1]!.attributes)).toEqual({ sendId, report: "HungUp" })
  })

  it("SND-6: where nobody looks, no span is made and no attribute computed", () => {
    let computed = 0
    const within = Spans.within("x", () => ({ computed: computed++ }), Effect.option(Effect.currentSpan))
    expect(Effect.runSync(within)).toEqual(Option.none())
    expect(Effect.runSync(Effect.withTracerEnabled(Effect.withTracer(within, keeping([])), false))).toEqual(
      Option.none()
    )
    expect(computed).toBe(0)
  })
})
