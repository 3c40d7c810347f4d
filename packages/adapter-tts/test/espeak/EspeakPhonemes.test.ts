import { describe, expect, it } from "vitest"
import { espeakLexicon } from "../../src/espeak/EspeakLexicon.ts"
import * as Markup from "../../src/espeak/Markup.ts"
import * as Lexicon from "../../src/text/Lexicon.ts"
import { phonemes, seconds } from "../support/Espeak.ts"
import { mandarin } from "../support/Speaking.ts"

describe("the engine's phonemes", () => {
  it.each([
    ["零", "liɜŋ"],
    ["幺", "jɑu5"],
    ["一", "ji5"],
    ["二", "ər5"],
    ["三", "sa5n"],
    ["四", "si̪5"],
    ["五", "wu2"],
    ["六", "liou5"],
    ["七", "tɕhi5"],
    ["八", "pɑ5"],
    ["九", "tɕiou2"]
  ])("SND-5: %s is said as %s", (digit, golden) => {
    expect(phonemes(digit)).toBe(golden)
  })

  const texts = [
    "您的验证码是：3842，5分钟内有效，请勿泄露。",
    "【测试】您尾号3842的储蓄卡于11月23日13:05支出人民币1,234.50元，余额2000.00元。",
    "尊敬的熊先生，英雄、兄弟、贫穷、琼海，您有2个包裹，请于22:00前到3号楼502室领取。",
    "请致电400-820-8820，利率4.35%，温度-3℃，5kg，60km/h"
  ]

  it.each(texts)("SND-5: no English leaks into %s", (text) => {
    for (const piece of mandarin(text).split("|")) {
      // What stands in brackets are phonemes of ours; the engine is asked about the words.
      const words = Markup.escape(piece).replaceAll(/\[\[.*?\]\]/g, "")
      expect(phonemes(words)).not.toContain("(")
    }
  })

  it("control: an English voice, and letters, do show as English", () => {
    expect(phonemes("VIP会员")).toContain("(en)")
    expect(phonemes("您的验证码是", "en-us")).not.toBe(phonemes("您的验证码是"))
  })
})

/** What each entry ought to sound like, in pinyin. The engine reads pinyin right. */
const gold: Readonly<Record<string, string>> = Object.fromEntries(
  `重置=chong2zhi4 重试=chong2shi4 重发=chong2fa1 重拨=chong2bo1 重启=chong2qi3 重做=chong2zuo4 重设=chong2she4
  重装=chong2zhuang1 重登=chong2deng1 重传=chong2chuan2 重连=chong2lian2 重选=chong2xuan3 重填=chong2tian2
  重改=chong2gai3 重播=chong2bo1 重签=chong2qian1 重办=chong2ban4 还款=huan2kuan3 还贷=huan2dai4 还钱=huan2qian2
  还车=huan2che1 还租=huan2zu1 应还=ying1huan2 待还=dai4huan2 已还=yi3huan2 未还=wei4huan2 须还=xu1huan2
  返还=fan3huan2 借还=jie4huan2 码为=ma3wei2 额为=e2wei2 号为=hao4wei2 间为=jian1wei2 费为=fei4wei2 价为=jia4wei2
  址为=zhi3wei2 期为=qi1wei2 为空=wei2kong1 设为=she4wei2 支行=zhi1hang2 总行=zong3hang2 跨行=kua4hang2
  农行=nong2hang2 招行=zhao1hang2 开户行=kai1hu4hang2 便宜=pian2yi5 弹窗=tan2chuang1 差旅=chai1lv3
  倒计时=dao4ji4shi2 角色=jue2se4 店长=dian4zhang3 曝光=bao4guang1 载入=zai4ru4 调休=tiao2xiu1
  转动=zhuan4dong4 六安=lu4an1 蚌埠=beng4bu4`
    .split(/\s+/)
    .map((pair) => pair.split("=") as [string, string])
)

const said = (pinyin: string): string => phonemes(pinyin.replaceAll(/(\d)/g, "$1 ").trim())

describe("the lexicon of misread words", () => {
  const replaced = Object.entries(espeakLexicon).filter(([word, instead]) => word !== instead)

  it("every entry has its pinyin here", () => {
    expect(replaced.map(([word]) => word).sort()).toEqual(Object.keys(gold).sort())
  })

  it.each(replaced)("%s is misread; %s sounds right", (word, instead) => {
    expect(phonemes(word)).not.toBe(said(gold[word]!))
    expect(phonemes(instead)).toBe(said(gold[word]!))
  })

  const apply = Lexicon.applier(espeakLexicon)

  it.each([
    ["重置密码", "虫置密码"],
    ["体重设置", "体重设置"],
    ["严重发烧", "严重发烧"],
    ["最低还款额为一百元", "最低环款额维一百元"],
    ["我们的客服账号为您服务", "我们的客服账号为您服务"],
    ["总行程三公里", "总行程三公里"]
  ])("%s is given to the engine as %s", (text, given) => {
    expect(apply(text)).toBe(given)
  })
})

describe("syllables that the engine lacks", () => {
  it.each([..."兄胸雄熊穷琼窘炯"])("%s would be English; as phonemes it is one syllable", (han) => {
    expect(phonemes(han)).toContain("(en)")
    expect(Markup.escape(han)).toMatch(/^\[\[.+\]\]$/)
    expect(seconds(Markup.escape(han))).toBeGreaterThan(0.3)
    expect(seconds(Markup.escape(han))).toBeLessThan(seconds("虫") * 1.25)
    expect(seconds(`英${Markup.escape(han)}`)).toBeLessThan(seconds("英虫") * 1.2)
  })

  it("two of them side by side are two syllables, without a stop between them", () => {
    expect(seconds(Markup.escape("熊熊"))).toBeLessThan(seconds("虫虫") * 1.2)
    expect(seconds(Markup.escape("英熊熊英"))).toBeLessThan(seconds("英虫虫英") * 1.2)
  })

  // All of them in the long tests, every eighth row of the code table otherwise.
  const rows = process.env["NIGHTLY"] === "1" ? 1 : 8

  it("of all ideographs none is read as English", { timeout: 120_000 }, () => {
    const isEnglish = (han: string) => phonemes(Markup.escape(han).replaceAll(/\[\[.*?\]\]/g, "")).includes("(")
    const english: Array<string> = []
    for (let from = 0x3400; from <= 0x9fff; from += 64 * rows) {
      // The hexagrams stand between the two blocks.
      if (from >= 0x4dc0 && from < 0x4e00) continue
      const several = Array.from({ length: 64 }, (_, at) => String.fromCharCode(from + at))
      if (isEnglish(several.join("，"))) english.push(...several.filter(isEnglish))
    }
    expect(english.join("")).toBe("")
  })
})

describe("pauses", () => {
  it.each([100, 250, 600, 3_000])("SND-5: a break of %d ms is that long", (millis) => {
    const pause = `<break time="${millis}ms"/>`
    const without = seconds(`三<break time="0ms"/>八<break time="0ms"/>四`)
    expect((seconds(`三${pause}八${pause}四`) - without) * 500).toBeCloseTo(millis, -2)
  })
})
