import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import * as AlertContact from "../../src/alert/AlertContact.ts"
import { parser } from "../../src/InvalidInput.ts"
import * as Refusal from "../../src/Refusal.ts"
import * as Kinds from "../../src/storage/Kind.ts"

const env = { now: 1_000 }
const wang: AlertContact.Contact = { name: "王小明", mobile: "13800138000", email: "wang@example.com" }
const accountId = "account"

const withContacts = (count: number): AlertContact.State => {
  let state = AlertContact.initial
  for (let i = 0; i < count; i++) {
    const events = AlertContact.add(env, state, { accountId, contactId: `c${i}`, contact: wang })
    state = Either.getOrThrow(events).reduce(AlertContact.evolve, state)
  }
  return state
}

const nobody: AlertContact.Contact = { name: "无" }
const withoutAddress = new AlertContact.ContactWithoutAddress({ accepted: ["mobile", "email", "webhook"] })

describe("alert contacts", () => {
  it.each<[string, Either.Either<unknown, unknown>, { readonly _tag: string }, boolean]>([
    [
      "a change of one that is not there",
      AlertContact.change(env, withContacts(1), { contactId: "x", contact: nobody }),
      new AlertContact.UnknownContact(),
      false
    ],
    [
      "a change to one without any address",
      AlertContact.change(env, withContacts(1), { contactId: "c0", contact: nobody }),
      withoutAddress,
      false
    ],
    [
      "the removal of one that is not there",
      AlertContact.remove(env, withContacts(1), { contactId: "x" }),
      new AlertContact.UnknownContact(),
      false
    ],
    [
      "a sixth one without any address",
      AlertContact.add(env, withContacts(5), { accountId, contactId: "new", contact: nobody }),
      withoutAddress,
      false
    ],
    [
      "a sixth one",
      AlertContact.add(env, withContacts(5), { accountId, contactId: "new", contact: wang }),
      new AlertContact.TooManyContacts({ maximum: 5 }),
      true
    ]
  ])("ALR-4: refused is %s", (_, answer, refusal, transient) => {
    expect(answer).toEqual(Either.left(refusal))
    expect(Refusal.describe(refusal)?.rule).toBe("ALR-4")
    expect(Refusal.describe(refusal)?.transient).toBe(transient)
  })

  it("ALR-4: five are accepted, and one that is there already is left as it is", () => {
    const five = withContacts(5)
    expect(five.contacts.map(({ channels }) => channels)).toEqual(Array.from({ length: 5 }, () => ["mobile", "email"]))
    expect(AlertContact.add(env, five, { accountId, contactId: "c3", contact: wang })).toEqual(Either.right([]))
  })

  it("ALR-4: names and addresses are in no event and no state", () => {
    const events = Either.getOrThrow(
      AlertContact.add(env, AlertContact.initial, { accountId, contactId: "c0", contact: wang })
    )
    const state = events.reduce(AlertContact.evolve, AlertContact.initial)
    for (const said of [wang.name, wang.mobile!, wang.email!])
      expect(
        JSON.stringify([events, state, AlertContact.kind.indexes["byAccount"]!.position("k", state, {})])
      ).not.toContain(said)
  })

  it("ALR-4: whoever is removed is erased, and nothing is kept of nobody", () => {
    const two = withContacts(2)
    const personal = { c0: wang, c1: { ...wang, name: "李四" } }
    const one = Either.getOrThrow(AlertContact.remove(env, two, { contactId: "c0" })).reduce(AlertContact.evolve, two)
    expect(AlertContact.personalOf(one, personal)).toEqual({ c1: personal.c1 })
    const none = Either.getOrThrow(AlertContact.remove(env, one, { contactId: "c1" })).reduce(AlertContact.evolve, one)
    expect(AlertContact.personalOf(none, personal)).toBeNull()
  })

  it("ALR-4: each address is reached once, whoever it belongs to", () => {
    const rowOf = (applicationId: string, personal: AlertContact.Personal) => {
      let state = AlertContact.initial
      for (const [contactId, contact] of Object.entries(personal)) {
        const events = AlertContact.add(env, state, { accountId, contactId, contact })
        state = Either.getOrThrow(events).reduce(AlertContact.evolve, state)
      }
      return { ...Kinds.fresh(AlertContact.ref(accountId, applicationId)), state, personal }
    }
    const reaches = AlertContact.reachAll([
      rowOf("one", { a: wang, b: { name: "李四", webhook: "https://example.com/alert" } }),
      rowOf("two", { c: { name: "王小明", mobile: "13800138000", email: "other@example.com" } })
    ])
    expect(reaches.map(({ address, applicationId, contactId }) => [applicationId, contactId, address])).toEqual([
      ["one", "a", "13800138000"],
      ["one", "a", "wang@example.com"],
      ["one", "b", "https://example.com/alert"],
      ["two", "c", "other@example.com"]
    ])
  })

  const parse = parser(AlertContact.Contact)
  it.each([
    [{ name: "" }, "name"],
    [{ name: "a\nb" }, "name"],
    [{ name: "x".repeat(51) }, "name"],
    [{ name: "x", mobile: "12800138000" }, "mobile"],
    [{ name: "x", mobile: "1380013800" }, "mobile"],
    [{ name: "x", email: "nobody" }, "email"],
    [{ name: "x", email: "a b@example.com" }, "email"],
    [{ name: "x", email: "a@example" }, "email"]
  ])("ALR-4: %o is no contact: its %s", (input, field) => {
    const answer = parse(input)
    expect(Either.isLeft(answer) && answer.left.problems.map((problem) => problem.field)).toEqual([field])
  })

  it("ALR-4: a mobile number is the same with and without the country before it", () => {
    expect(parse({ name: "王小明", mobile: "+8613800138000" })).toEqual(
      parse({ name: "王小明", mobile: "13800138000" })
    )
  })

  it.each([
    { name: "王小明", mobile: "13800138000" },
    { name: "王小明", mobile: "19912345678", email: "a.b+c@mail.example.com.cn" },
    { name: "Duty", webhook: "http://alerts.example.com:8080/hook?token=1" }
  ])("ALR-4: %o is one", (input) => {
    expect(parse(input)).toEqual(Either.right(input))
    const personal = { c: input }
    expect(Schema.decodeSync(AlertContact.Personal)(Schema.encodeSync(AlertContact.Personal)(personal))).toEqual(
      personal
    )
  })
})
