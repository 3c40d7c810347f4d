import { describe, expect, it } from "vitest"
import { brokenChannels, sound } from "../../src/testing/broken/BrokenChannels.ts"
import * as Law from "../../src/testing/Law.ts"
import { laws } from "../../src/testing/laws/CallChannelLaws.ts"

Law.suite({ describe, it }, "the scripted channel", laws, sound, { abilities: ["remembers", "breakable"] })

describe("every law of channels catches somebody", () => {
  it.each(brokenChannels.map((channel) => [channel.name, channel] as const))(
    "SND-10: a channel that %s is caught",
    async (_, { caughtBy, layer }) => {
      const law = laws.find(({ sentence }) => sentence === caughtBy)
      await expect(law!.run(layer, { seed: 7 })).rejects.toThrow(Law.Broken)
    }
  )

  it("SND-10: there is a broken channel for each law", () => {
    expect(new Set(brokenChannels.map(({ caughtBy }) => caughtBy))).toEqual(
      new Set(laws.map(({ sentence }) => sentence))
    )
  })
})
