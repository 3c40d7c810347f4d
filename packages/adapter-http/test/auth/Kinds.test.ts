import * as ApiKey from "@vsms/adapter-http/auth/ApiKey"
import * as AuditEntry from "@vsms/adapter-http/auth/AuditEntry"
import * as Repeat from "@vsms/adapter-http/door/Repeat"
import { describe, expect, it } from "@effect/vitest"
import type { Kind } from "@vsms/core/storage/Kind"
import * as Arbitrary from "effect/Arbitrary"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"

const kinds: ReadonlyArray<Kind.Any> = [ApiKey.kind, AuditEntry.kind, Repeat.kind]

describe("what the door keeps", () => {
  it.each(kinds.map((kind) => [kind.name, kind] as const))("%s comes back from JSON as it was", (_, kind) => {
    for (const schema of [kind.state, kind.event, kind.personal])
      FastCheck.assert(
        FastCheck.property(Arbitrary.make(schema), (value) => {
          // An instant of a secret may be any number, as far as its schema says; JSON has no infinite ones.
          FastCheck.pre(!/infinity|NaN/i.test(FastCheck.stringify(value)))
          const text = JSON.stringify({ value: Schema.encodeSync(schema)(value) })
          const back = Schema.decodeUnknownSync(schema)(JSON.parse(text).value)
          expect(JSON.stringify({ value: Schema.encodeSync(schema)(back) })).toBe(text)
        }),
        { numRuns: 50 }
      )
    // Whatever happened to a thing, its state is one that can be stored.
    FastCheck.assert(
      FastCheck.property(FastCheck.array(Arbitrary.make(kind.event), { maxLength: 5 }), (events) => {
        const state = events.reduce((before, event) => kind.evolve(before, event), kind.initial)
        expect(() => Schema.encodeSync(kind.state)(state)).not.toThrow()
      }),
      { numRuns: 50 }
    )
  })
})
