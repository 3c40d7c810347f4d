import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import * as VoiceNumber from "../../src/number/VoiceNumber.ts"

const number = "075512345678"
const region = "广东深圳"
const env = { now: 100 }
const at = { at: 0 }
const acme = { accountId: "acme", orderId: "o1" }

const unlisted = VoiceNumber.initial
const free = VoiceNumber.evolve(unlisted, { _tag: "NumberListed", region, ...at })
const reserved = VoiceNumber.evolve(free, { _tag: "NumberReserved", ...acme, ...at })
const held = VoiceNumber.evolve(reserved, { _tag: "NumberRented", ...acme, ...at })
const quarantined = VoiceNumber.evolve(held, { _tag: "NumberReleased", accountId: "acme", ...at, freeFrom: 101 })

const reserve = { number, accountId: "other", orderId: "o2" }

describe("refusals, in order of precedence", () => {
  const unavailable = (status: "unlisted" | "quarantined" | "reserved" | "held") =>
    new VoiceNumber.NumberNotAvailable({ number, status })
  const table: ReadonlyArray<readonly [string, Either.Either<unknown, unknown>, unknown]> = [
    [
      "NUM-3: a number is listed under one region",
      VoiceNumber.list(env, free, { number, region: "北京" }),
      new VoiceNumber.ListedElsewhere({ number, region })
    ],
    ["NUM-3: what is not listed is not sold", VoiceNumber.reserve(env, unlisted, reserve), unavailable("unlisted")],
    [
      "NUM-5: what is in quarantine is not sold",
      VoiceNumber.reserve(env, quarantined, reserve),
      unavailable("quarantined")
    ],
    ["NUM-3: what is reserved is not sold", VoiceNumber.reserve(env, reserved, reserve), unavailable("reserved")],
    ["NUM-3: what somebody holds is not sold", VoiceNumber.reserve(env, held, reserve), unavailable("held")],
    [
      "NUM-3: what is reserved stays in the inventory",
      VoiceNumber.unlist(env, reserved, { number }),
      unavailable("reserved")
    ],
    [
      "NUM-3: what somebody holds stays in the inventory",
      VoiceNumber.unlist(env, held, { number }),
      unavailable("held")
    ]
  ]
  for (const [name, decided, refusal] of table) it(name, () => expect(decided).toEqual(Either.left(refusal)))
})

it("NUM-3: what is already so is decided without events", () => {
  const none = Either.right([])
  expect(VoiceNumber.list(env, held, { number, region })).toEqual(none)
  expect(VoiceNumber.unlist(env, unlisted, { number })).toEqual(none)
  expect(VoiceNumber.reserve(env, reserved, { number, ...acme })).toEqual(none)
  expect(VoiceNumber.letGo(env, free, { orderId: "o1" })).toEqual([])
  expect(VoiceNumber.letGo(env, reserved, { orderId: "o2" })).toEqual([])
  expect(VoiceNumber.letGo(env, held, { orderId: "o1" })).toEqual([])
})

it("NUM-5: the quarantine ends at its instant, not a millisecond before", () => {
  const state = VoiceNumber.evolve(held, { _tag: "NumberReleased", accountId: "acme", at: 5, freeFrom: 1_000 })
  expect(VoiceNumber.statusAt(state, 999)).toBe("quarantined")
  expect(VoiceNumber.statusAt(state, 1_000)).toBe("available")
  expect(Either.isLeft(VoiceNumber.reserve({ now: 999 }, state, reserve))).toBe(true)
  expect(Either.isRight(VoiceNumber.reserve({ now: 1_000 }, state, reserve))).toBe(true)
})

it("NUM-3: handing over what is not reserved, or taking back what is not held, is our defect", () => {
  for (const state of [unlisted, free, held, quarantined]) {
    expect(() => VoiceNumber.rent(env, state, acme)).toThrow("not reserved")
  }
  expect(() => VoiceNumber.rent(env, reserved, { ...acme, orderId: "o2" })).toThrow("not reserved")
  for (const state of [unlisted, free, reserved, quarantined]) {
    expect(() => VoiceNumber.release(env, state, { accountId: "acme", freeFrom: 1 })).toThrow("does not hold")
  }
  expect(() => VoiceNumber.release(env, held, { accountId: "other", freeFrom: 1 })).toThrow("does not hold")
})

it("NUM-3: numbers are digits that can be dialled in China", () => {
  const isDigits = Schema.is(VoiceNumber.Digits)
  for (const right of [
    "075512345678",
    "01012345678",
    "0312123456",
    "4001234567",
    "8001234567",
    "95588",
    "96110",
    "13800138000"
  ])
    expect([right, isDigits(right)]).toEqual([right, true])
  for (const wrong of [
    "",
    "12345",
    "0012345678",
    "+8675512345678",
    "0755-12345678",
    "0755 12345678",
    "０７５５１２３４５６７８",
    "4001234",
    "12800138000",
    "07551234567890",
    "075512345678\n"
  ])
    expect([wrong, isDigits(wrong)]).toEqual([wrong, false])
})

it("NUM-3: in any history one account has a number at a time, and the index shows what nobody has", () => {
  const orderId = FastCheck.constantFrom("o1", "o2", "o3")
  type Command = (now: number, state: VoiceNumber.State) => ReadonlyArray<VoiceNumber.Event>
  const allowed = (decided: Either.Either<ReadonlyArray<VoiceNumber.Event>, unknown>) =>
    Either.getOrElse(decided, () => [])
  const accountOf = (orderId: string) => `account-${orderId}`
  const command: FastCheck.Arbitrary<Command> = FastCheck.oneof(
    FastCheck.constant<Command>((now, state) => allowed(VoiceNumber.list({ now }, state, { number, region }))),
    FastCheck.constant<Command>((now, state) => allowed(VoiceNumber.unlist({ now }, state, { number }))),
    orderId.map(
      (orderId): Command =>
        (now, state) =>
          allowed(VoiceNumber.reserve({ now }, state, { number, accountId: accountOf(orderId), orderId }))
    ),
    orderId.map(
      (orderId): Command =>
        (now, state) =>
          VoiceNumber.letGo({ now }, state, { orderId })
    ),
    orderId.map(
      (orderId): Command =>
        (now, state) =>
          state.standing._tag === "Reserved" && state.standing.orderId === orderId
            ? VoiceNumber.rent({ now }, state, { accountId: accountOf(orderId), orderId })
            : []
    ),
    FastCheck.constant<Command>((now, state) =>
      state.standing._tag === "Held"
        ? VoiceNumber.release({ now }, state, { accountId: state.standing.accountId, freeFrom: now + 50 })
        : []
    )
  )
  const codec = Schema.parseJson(Schema.Array(VoiceNumber.Event))
  FastCheck.assert(
    FastCheck.property(FastCheck.array(FastCheck.tuple(FastCheck.nat(40), command), { maxLength: 40 }), (steps) => {
      let now = 0
      let state = VoiceNumber.initial
      let releasedAt = -Infinity
      let has: string | undefined
      for (const [pause, command] of steps) {
        now += pause
        const before = state
        const events = command(now, state)
        expect(Schema.decodeSync(codec)(Schema.encodeSync(codec)(events))).toEqual(events)
        for (const event of events) {
          state = VoiceNumber.evolve(state, event)
          switch (event._tag) {
            case "NumberReserved":
              expect(has).toBeUndefined()
              expect(now).toBeGreaterThanOrEqual(releasedAt + 50)
              has = event.accountId
              break
            case "NumberRented":
              expect(has).toBe(event.accountId)
              break
            case "NumberReleased":
              releasedAt = now
              has = undefined
              break
            case "NumberLetGo":
              has = undefined
              break
            case "NumberUnlisted":
              // An operator who takes a number out and lists it again ends its quarantine on purpose.
              releasedAt = -Infinity
              break
            case "NumberListed":
              break
          }
        }
        const position = VoiceNumber.kind.indexes["free"]!.position(number, state, undefined)
        const buyable = position !== undefined && position.partition === region && position.at <= now
        expect(buyable).toBe(VoiceNumber.statusAt(state, now) === "available")
        if (events.length === 0) expect(state).toBe(before)
      }
    })
  )
})
