import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import * as Application from "../../src/account/Application.ts"
import * as AppSecret from "../../src/account/AppSecret.ts"

const env = { now: 1_000 }
const text = { name: "测试语音短信", description: "测试语音短信" }

const run = (state: Application.State, decided: Either.Either<ReadonlyArray<Application.Event>, unknown>) =>
  Either.getOrThrowWith(decided, String).reduce(Application.evolve, state)

const created = run(
  Application.initial,
  Application.create(env, Application.initial, { accountId: "a", ...text, secretId: "s0" })
)
const disabled = run(created, Application.disable({ now: 2_000 }, created))

describe("refusals, in order of precedence", () => {
  const unknown = new Application.UnknownApplication()
  const rotation = { secretId: "s1", overlapMillis: AppSecret.maxOverlapMillis + 1 }
  const crowded = { ...created, secrets: ["a", "b", "c", "d", "e"].map((id) => ({ id, createdAt: 0 })) }
  const table: ReadonlyArray<readonly [string, Either.Either<unknown, unknown>, unknown]> = [
    ["ACC-3: nothing is sent for an application that is not there", Application.maySend(Application.initial), unknown],
    [
      "ACC-3: a disabled application sends nothing",
      Application.maySend(disabled),
      new Application.ApplicationDisabled()
    ],
    ["ACC-3: what is not there is not renamed", Application.rename(env, Application.initial, text), unknown],
    ["ACC-3: what is not there is not disabled", Application.disable(env, Application.initial), unknown],
    ["ACC-3: what is not there is not enabled", Application.enable(env, Application.initial), unknown],
    [
      "ACC-5: what is not there has no secret to rotate, however long the overlap",
      Application.rotateSecret(env, Application.initial, rotation),
      unknown
    ],
    [
      "ACC-5: an overlap of more than 24 h is refused, before the secrets are counted",
      Application.rotateSecret(env, crowded, rotation),
      new AppSecret.OverlapTooLong({ overlapMillis: 86_400_001, maxOverlapMillis: 86_400_000 })
    ],
    [
      "ACC-5: no time before the rotation ends an overlap",
      Application.rotateSecret(env, created, { secretId: "s1", overlapMillis: -1 }),
      new AppSecret.OverlapTooLong({ overlapMillis: -1, maxOverlapMillis: 86_400_000 })
    ],
    [
      "ACC-5: a sixth secret that works at the same time is refused",
      Application.rotateSecret(env, crowded, { secretId: "s1", overlapMillis: 1 }),
      new AppSecret.TooManySecrets({ usable: 5, maximum: 5 })
    ]
  ]
  for (const [name, decided, refusal] of table) it(name, () => expect(decided).toEqual(Either.left(refusal)))
})

it("ACC-3: an application is made with name and description, enabled, and disabled and enabled again", () => {
  expect(created).toEqual({
    exists: true,
    accountId: "a",
    ...text,
    status: "enabled",
    createdAt: 1_000,
    secrets: [{ id: "s0", createdAt: 1_000 }]
  })
  expect(Application.maySend(created)).toEqual(Either.void)
  const again = run(disabled, Application.enable({ now: 3_000 }, disabled))
  expect(again).toEqual(created)
})

it("ACC-3: what is already so is decided without events", () => {
  const none = Either.right([])
  expect(Application.create(env, created, { accountId: "b", ...text, secretId: "x" })).toEqual(none)
  expect(Application.rename(env, created, text)).toEqual(none)
  expect(Application.enable(env, created)).toEqual(none)
  expect(Application.disable(env, disabled)).toEqual(none)
})

const day = AppSecret.maxOverlapMillis

/** Rotations as somebody might make them: some time after one another, each with an overlap. */
const rotations = FastCheck.array(
  FastCheck.record({
    after: FastCheck.oneof(FastCheck.constant(0), FastCheck.integer({ min: 0, max: 2 * day })),
    overlapMillis: FastCheck.oneof(FastCheck.constantFrom(0, 1, day), FastCheck.integer({ min: 0, max: day }))
  }),
  { minLength: 1, maxLength: 12 }
)

it("ACC-5: a replaced secret works until the end of the overlap, and not at its end", () => {
  FastCheck.assert(
    FastCheck.property(rotations, FastCheck.array(FastCheck.integer({ min: -1, max: 1 })), (steps, nudges) => {
      // The model: every secret ever made, and when it ends as the callers were told.
      const model = [{ id: "s0", until: Infinity }]
      let state = created
      let personal: Application.Personal = { secrets: [{ id: "s0", value: Redacted.make("v-s0") }] }
      let now = env.now
      steps.forEach(({ after, overlapMillis }, i) => {
        now += after
        const secretId = `s${i + 1}`
        const decided = Application.rotateSecret({ now }, state, { secretId, overlapMillis })
        const usableBefore = model.filter(({ until }) => until > now).length
        if (overlapMillis > 0 && usableBefore >= AppSecret.maxUsable) {
          expect(decided).toEqual(Either.left(new AppSecret.TooManySecrets({ usable: usableBefore, maximum: 5 })))
          return
        }
        state = run(state, decided)
        personal = Application.withSecret(state, personal, { id: secretId, value: Redacted.make(`v-${secretId}`) })
        for (const secret of model) secret.until = Math.min(secret.until, now + overlapMillis)
        model.push({ id: secretId, until: Infinity })

        const edges = model.map(({ until }) => until).filter((until) => Number.isFinite(until) && until >= now)
        for (const at of [now, ...edges.flatMap((edge) => [edge, ...nudges.map((nudge) => edge + nudge)])]) {
          if (at < now) continue
          const usable = AppSecret.usableSecrets({ state, personal }, at).map(Redacted.value)
          const expected = model.filter(({ until }) => at < until).map(({ id }) => `v-${id}`)
          expect(usable).toEqual(expected.reverse())
        }
        // Values that no longer work are not kept.
        expect(personal.secrets.map(({ id }) => id)).toEqual(
          model.filter(({ until }) => until > now).map(({ id }) => id)
        )
      })
    })
  )
})

it("ACC-5: a rotation without overlap ends every older secret at once, however many there are", () => {
  let state = created
  for (let i = 1; i <= 4; i++)
    state = run(state, Application.rotateSecret(env, state, { secretId: `s${i}`, overlapMillis: day }))
  expect(state.secrets.length).toBe(5)
  state = run(state, Application.rotateSecret(env, state, { secretId: "last", overlapMillis: 0 }))
  expect(state.secrets).toEqual([{ id: "last", createdAt: 1_000 }])
})

it("ACC-5: the values of secrets are personal data alone, and round-trip through their schema", () => {
  const state = run(created, Application.rotateSecret(env, created, { secretId: "s1", overlapMillis: 60_000 }))
  const personal = { secrets: [{ id: "s1", value: Redacted.make("hush") }] }
  const stateText = JSON.stringify(Schema.encodeSync(Application.State)(state))
  expect(Schema.decodeUnknownSync(Application.State)(JSON.parse(stateText))).toEqual(state)
  const stored: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(Application.Personal)(personal)))
  const read = Schema.decodeUnknownSync(Application.Personal)(stored)
  expect(Redacted.value(read.secrets[0]!.value)).toBe("hush")
  expect(JSON.stringify(personal)).not.toContain("hush")
})
