import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import * as Account from "../../src/account/Account.ts"
import * as Entitlement from "../../src/account/Entitlement.ts"

const env = { now: 1_000 }

const opened: Account.State = { verification: "none", openedAt: 1 }
const personal: Account.State = { verification: "personal", openedAt: 1, verifiedAt: 2 }
const enterprise: Account.State = { verification: "enterprise", openedAt: 1, verifiedAt: 2 }
const active: Account.State = { ...enterprise, activatedAt: 3 }

describe("refusals, in order of precedence", () => {
  const table: ReadonlyArray<readonly [string, Either.Either<unknown, unknown>, unknown]> = [
    [
      "ACC-1: no account: not verified",
      Account.verify(env, Account.initial, { as: "enterprise" }),
      new Account.UnknownAccount()
    ],
    [
      "ACC-1: an enterprise is not made a person again",
      Account.verify(env, active, { as: "personal" }),
      new Account.VerificationLowered({ from: "enterprise", to: "personal" })
    ],
    [
      "ACC-2: no account comes before everything else",
      Account.activate(env, Account.initial, { agreementAccepted: false }),
      new Account.UnknownAccount()
    ],
    [
      "ACC-1: who is not verified does not activate voice",
      Account.activate(env, opened, { agreementAccepted: false }),
      new Account.NotEnterprise({ verification: "none" })
    ],
    [
      "ACC-1: a person does not activate voice, agreement or not",
      Account.activate(env, personal, { agreementAccepted: true }),
      new Account.NotEnterprise({ verification: "personal" })
    ],
    [
      "ACC-2: an agreement that is not accepted activates nothing",
      Account.activate(env, enterprise, { agreementAccepted: false }),
      new Account.AgreementNotAccepted()
    ],
    [
      "ACC-1: voice is refused to a person before it is asked about activation",
      Account.mayUseVoice({ ...personal, activatedAt: 3 }),
      new Account.NotEnterprise({ verification: "personal" })
    ],
    [
      "ACC-1: voice is refused to who is unknown",
      Account.mayUseVoice(Account.initial),
      new Account.NotEnterprise({ verification: "none" })
    ],
    ["ACC-2: voice is refused before activation", Account.mayUseVoice(enterprise), new Account.NotActivated()]
  ]
  for (const [name, decided, refusal] of table) it(name, () => expect(decided).toEqual(Either.left(refusal)))
})

it("ACC-2: an active enterprise may use voice", () => expect(Account.mayUseVoice(active)).toEqual(Either.void))

it("ACC-1, ACC-2: what is already so is decided without events", () => {
  const none = Either.right([])
  expect(Account.open(env, opened)).toEqual(none)
  expect(Account.verify(env, personal, { as: "personal" })).toEqual(none)
  expect(Account.verify(env, active, { as: "enterprise" })).toEqual(none)
  expect(Account.activate(env, active, { agreementAccepted: true })).toEqual(none)
  expect(Account.activate(env, active, { agreementAccepted: false })).toEqual(none)
})

it("ACC-1: the table: a person has domestic text messages alone, an enterprise everything", () => {
  expect(Entitlement.of("none")).toEqual([])
  expect(Entitlement.of("personal")).toEqual(["domesticTextGift", "domesticCodesAndNotifications"])
  expect(Entitlement.of("enterprise")).toEqual(Entitlement.Feature.literals)
})

type Command = (now: number, state: Account.State) => Either.Either<ReadonlyArray<Account.Event>, unknown>

const command: FastCheck.Arbitrary<Command> = FastCheck.oneof(
  FastCheck.constant<Command>((now, state) => Account.open({ now }, state)),
  FastCheck.constantFrom("personal" as const, "enterprise" as const).map(
    (as): Command =>
      (now, state) =>
        Account.verify({ now }, state, { as })
  ),
  FastCheck.boolean().map(
    (agreementAccepted): Command =>
      (now, state) =>
        Account.activate({ now }, state, { agreementAccepted })
  )
)

const rank = { none: 0, personal: 1, enterprise: 2 }

it("ACC-1, ACC-2: whatever is asked in whatever order, verification only rises, and activation happens once", () => {
  FastCheck.assert(
    FastCheck.property(FastCheck.array(command, { maxLength: 20 }), (commands) => {
      let state = Account.initial
      let activations = 0
      commands.forEach((decide, i) => {
        const before = state
        const events = Either.getOrElse(decide(i + 1, state), () => [])
        state = events.reduce(Account.evolve, state)
        activations += events.filter((event) => event._tag === "ServiceActivated").length
        expect(rank[state.verification]).toBeGreaterThanOrEqual(rank[before.verification])
        if (before.activatedAt !== undefined) expect(state.activatedAt).toBe(before.activatedAt)
        // What the table grants and what the door grants are the same.
        expect(Either.isRight(Account.mayUseVoice(state))).toBe(
          Entitlement.of(state.verification).includes("domesticVoice") && state.activatedAt !== undefined
        )
      })
      expect(activations).toBeLessThanOrEqual(1)
      const encoded: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(Account.State)(state)))
      expect(Schema.decodeUnknownSync(Account.State)(encoded)).toEqual(state)
    })
  )
})
