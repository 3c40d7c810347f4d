import { describe, expect, it } from "vitest"
import * as SayOptions from "../../scripts/SayOptions.ts"

const usual = {
  text: "您好",
  engine: "espeak",
  codec: "alaw",
  language: "zh-CN",
  voice: undefined,
  ratePercent: 100,
  pauses: 1,
  out: ".vsms/say.wav"
}

describe("npm run say", () => {
  it.each([
    [["您好"], usual],
    [["您", "好"], { ...usual, text: "您 好" }],
    [["--slow", "您好"], { ...usual, ratePercent: 80, pauses: 1.6 }],
    [["--engine", "tone", "--codec=mulaw", "您好"], { ...usual, engine: "tone", codec: "mulaw" }],
    [["您好", "--language", "en-US", "--voice", "en-gb"], { ...usual, language: "en-US", voice: "en-gb" }],
    [["--out", "a.wav", "--", "-3度"], { ...usual, out: "a.wav", text: "-3度" }],
    [["-h"], "help"],
    [["--help", "您好"], "help"]
  ])("%j", (args, options) => {
    expect(SayOptions.parse(args)).toEqual(options)
  })

  it.each([
    [[], "没有要说的话 · there is nothing to say"],
    [["  "], "没有要说的话 · there is nothing to say"],
    [["--fast", "您好"], "没有选项 --fast · there is no option --fast"],
    [["-x", "您好"], "没有选项 -x · there is no option -x"],
    [["--slow=yes", "您好"], "选项 --slow 不带值 · --slow takes no value"],
    [["您好", "--out"], "选项 --out 缺少值 · --out needs a value"],
    [["您好", "--codec="], "选项 --codec 缺少值 · --codec needs a value"],
    [["--codec", "mp3", "您好"], "--codec 不能是 mp3，可选：alaw、mulaw、pcm · --codec is one of alaw, mulaw, pcm"],
    [["--language", "中文", "您好"], "--language 不能是 中文，可选：zh-CN、en-US · --language is one of zh-CN, en-US"],
    [["--engine", "siri", "您好"], expect.stringMatching(/^--engine 不能是 siri，可选：espeak、.* · /)]
  ])("%j is explained", (args, problem) => {
    expect(SayOptions.parse(args)).toEqual({ problem })
  })
})
