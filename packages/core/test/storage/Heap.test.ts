import { describe, expect, it } from "vitest"
import * as FastCheck from "effect/FastCheck"
import { Heap } from "../../src/storage/internal/Heap.ts"

describe("Heap", () => {
  it("SND-10: what counts comes out in order of its time, also after what does not was thrown out", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(FastCheck.nat(50), { maxLength: 300 }), FastCheck.nat(7), (times, drop) => {
        const heap = new Heap<{ readonly at: number; readonly token: number }>()
        const entries = times.map((at, token) => ({ at, token }))
        for (const entry of entries) heap.push(entry)
        const counts = ({ token }: { readonly token: number }) => token % 8 >= drop
        heap.keep(counts)
        const out: Array<unknown> = []
        for (let top = heap.peek(); top !== undefined; top = heap.peek()) {
          out.push(top)
          heap.pop()
        }
        expect(out).toEqual(entries.filter(counts).toSorted((a, b) => a.at - b.at || a.token - b.token))
        expect(heap.size).toBe(0)
      })
    )
  })
})
