import * as FastCheck from "effect/FastCheck"
import Nzh from "nzh"
import { describe, expect, it } from "vitest"
import * as Numeral from "../../src/text/Numeral.ts"
import { golden, line, mandarin, pieces, say } from "../support/Speaking.ts"

describe("what is said for a text", () => {
  it.each([
    // Codes
    ["您的验证码是：3842", "您的验证码是，|三|八|四|二"],
    ["您的验证码是：380421，5分钟内有效", "您的验证码是，|三|八|零|四|二|幺|五分钟内有效"],
    ["验证码为A7B9", "验证码为|A|七|B|九"],
    ["尾号3842的卡", "尾号|三|八|四|二|的卡"],
    ["取件码8-2-3001", "取件码|八|杠|二|杠|三|零|零|幺"],
    ["快递单号：SF1234567890123", "快递单号，|S|F|幺|二|三|四|五|六|七|八|九|零|幺|二|三"],
    ["验证码6位", "验证码六位"],
    ["您的验证码是3842. 请勿泄露", "您的验证码是|三|八|四|二|请勿泄露"],
    ["单号12345678. 拨打95588. 12345678.", "单号|幺|二|三|四|五|六|七|八|拨打九五五八八。|幺二三四|五六七八"],
    ["账号余额100元", "账号余额一百元"],
    ["优惠码3个", "优惠码三个"],
    // Numbers and what is counted
    ["您有2个包裹", "您有两个包裹"],
    ["12个，22个，102个", "十二个，二十二个，一百零二个"],
    ["第2名，第2个", "第二名，第二个"],
    ["2月2日2点", "二月二日两点"],
    ["2年，2年级，2层，2号线", "两年，二年级，二层，二号线"],
    ["2000人，20000人，22000人", "两千人，两万人，两万两千人"],
    ["2万元，1.2万元，3亿", "两万元，一点二万元，三亿"],
    ["1,234,567件", "一百二十三万四千五百六十七件"],
    ["有1，200，3种", "有一，二百，三种"],
    ["3.14", "三点一四"],
    ["2-3天，3~5个，3至5人", "两到三天，三到五个，三至五人"],
    ["-3度，+5", "负三度，加五"],
    ["1/3，3:2，½", "三分之一，三比二，二分之一"],
    ["3 8 4 2", "三、八、四、二"],
    ["502室，3号楼，1502房，302路", "五零二室，三号楼，幺五零二房，三零二路"],
    ["007", "零零七"],
    ["20261123001", "二零二|六幺幺二|三零零幺"],
    ["1.2.3，192.168.1.1", "幺点二点三，幺九二点幺六八点幺点幺"],
    ["周5，星期3，初2", "周五，星期三，初二"],
    // Money
    ["¥1,234.50，￥0.05，100.05元", "一千二百三十四元五角，五分，一百元零五分"],
    ["¥3万，$12.5，2元", "三万元，十二点五美元，两元"],
    // Dates and times
    ["2026-11-23，2026/1/2，2026年", "二零二六年十一月二十三日，二零二六年一月二日，二零二六年"],
    ["11月23日13:05", "十一月二十三日十三点零五分"],
    ["03月05日，2026-13-01", "三月五日，二零二六杠幺三杠零幺"],
    ["1-2-301，3-502室", "幺杠二杠三零幺，三杠五零二室"],
    ["8:00-22:00", "八点整到二十二点整"],
    ["2:05，12:30:09，0:00，08:05", "两点零五分，十二点三十分零九秒，零点整，八点零五分"],
    ["9:00:00", "九点零分零秒"],
    ["9点05分", "九点零五分"],
    ["2026-2027年，2000年前", "二零二六到二零二七年，两千年前"],
    // Shares, degrees, units
    ["12.5%，3‰，5%-8%，-2%", "百分之十二点五，千分之三，百分之五到百分之八，负百分之二"],
    ["-3℃~5℃，36.5°，50°F", "负三摄氏度到五摄氏度，三十六点五度，五十华氏度"],
    ["5kg，2km，60km/h，30㎡，5m²，1.5L", "五公斤，两公里，六十公里每小时，三十平方米，五平方米，一点五升"],
    // Telephone numbers
    ["请致电400-820-8820", "请致电|四零零|八二零|八八二零"],
    ["电话010-12345678转123", "电话|零幺零|幺二三四|五六七八|转幺二三"],
    ["手机13800138000已停机", "手机|幺三八|零零幺三|八零零零|已停机"],
    ["+86 138-0013-8000", "加八六|幺三八|零零幺三|八零零零"],
    ["请拨打10086，12306，110；110元", "请拨打幺零零八六，幺二三零六，一百一十；一百一十元"],
    ["拨打110，致电95588", "拨打幺幺零，致电九五五八八"],
    ["138****1234", "幺三八星号幺二三四"],
    // Words of letters, and with digits
    ["VIP会员，5G手机，iPhone15，G1234次", "V、I、P会员，五G手机，iPhone十五，G幺二三四次"],
    ["Hello World，A座，km", "Hello World，A座，K、M"],
    ["A7B9", "A、七、B、九"],
    ["www.qq.com，a@b.cn", "W、W、W点Q、Q点com，a艾特b点C、N"],
    ["café", "cafe"],
    // Punctuation and signs
    ["【测试】您好！再见。", "测试，您好！再见。"],
    ["您好……（张三）「李四」《书》", "您好，张三，李四书"],
    ["好；好：好\n好", "好；好，好。好"],
    ["A+B=C&D", "A加B等于C和D"],
    ["#1，3#，#话题#", "井号一，三井号，话题，"],
    ["1.您好 2.再见", "一，您好，二，再见"],
    ["Ａ１，①", "A一，一"],
    ["人々，二〇二六", "人人，二零二六"],
    // What has no reading
    ["𠮷野家の", "某野家的"],
    ["Иванов您好", "某您好"],
    ["您好😀䷀再见", "您好，再见"],
    ["您\u200b好\u0000吗\u202e", "您好吗"],
    ["", ""],
    ["。，！", ""]
  ])("%s", (text, said) => {
    expect(mandarin(text)).toBe(said)
  })
})

describe("the golden table", () => {
  it.each(golden("mandarin"))("%s", (text, said) => {
    expect(line(say(pieces(text), "zh-CN"))).toBe(said)
  })
})

describe("a declared value", () => {
  const value = (text: string, kind: "number" | "amount") => ({ _tag: "Text", text, kind }) as const
  const text = (text: string) => ({ _tag: "Text", text }) as const
  const integers = FastCheck.oneof(FastCheck.nat({ max: 999_999_999 }), FastCheck.nat({ max: 120 })).map(String)
  const beside = FastCheck.constantFrom("", "共", "尾号", "验证码：", "拨打", "账号是", "，", "（", "单号")

  it("TPL-9: a number is said as that number, whatever stands before it, and never as a code", () => {
    FastCheck.assert(
      FastCheck.property(
        beside,
        integers,
        FastCheck.constantFrom("", "人", "分钟", "，谢谢", "的"),
        (before, n, after) => {
          const said = line(say([text(before), value(n, "number"), text(after)], "zh-CN"))
          expect(said).not.toContain("|")
          const [number] = /[零一二三四五六七八九十百千万亿两]+(?=$|人|分钟|，谢|的)/.exec(said)!
          expect(Number(Nzh.cn.decodeS(number.replaceAll("两", "二")))).toBe(Number(n))
        }
      )
    )
  })

  it("TPL-9: an amount is yuan to the fen, said once, with 元 behind it or without", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.nat({ max: 100_000_000 }), beside, (fen, before) => {
        const yuan = (fen / 100).toFixed(2)
        const said = line(say([text(before), value(yuan, "amount")], "zh-CN"))
        expect(said.endsWith(Numeral.amount(yuan))).toBe(true)
        expect(said).toBe(line(say([text(before), value(yuan, "amount"), text("元")], "zh-CN")))
        expect(line(say([text(`${before}¥`), value(yuan, "amount")], "zh-CN")).endsWith(Numeral.amount(yuan))).toBe(
          true
        )
      })
    )
  })

  it("TPL-9: what touches other digits, or is no number, is read with the text around it", () => {
    expect(line(say([text("1"), value("2", "number"), text("3个")], "zh-CN"))).toBe("一百二十三个")
    expect(line(say([text("应付"), value("{2}<b>", "amount"), text("元")], "zh-CN"))).toBe(mandarin("应付{2}<b>元"))
  })
})

/** Han as they are used, without those that make a reading of a number beside them. */
const words = FastCheck.stringMatching(/^[您好请的在和与快递到达领取天地玄黄]{1,12}$/)

const isSpoken = /^[\p{Script=Han}A-Za-z '，、；。？！|]*$/u

describe("nothing unspoken, nothing spoken twice", () => {
  it("plain words are said as they stand", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(words, { minLength: 1, maxLength: 5 }), (clauses) => {
        expect(mandarin(clauses.join("，"))).toBe(clauses.join("，"))
      })
    )
  })

  it("whatever the text, nothing is left that an engine could interpret, and every ideograph is said in order", () => {
    const texts = FastCheck.array(
      FastCheck.oneof(
        words,
        FastCheck.string({ unit: "binary", maxLength: 8 }),
        FastCheck.string({ unit: "grapheme", maxLength: 8 }),
        FastCheck.stringMatching(/^[0-9.,:：%¥元°C年月日/*+~<>&[\]-]{1,10}$/)
      ),
      { maxLength: 6 }
    ).map((parts) => parts.join(""))
    FastCheck.assert(
      FastCheck.property(texts, (text) => {
        const said = mandarin(text)
        expect(said).toMatch(isSpoken)
        let at = 0
        for (const han of text.normalize("NFKC").match(/[您好请的在和与快递到达领取天地玄黄]/g) ?? []) {
          at = said.indexOf(han, at) + 1
          expect(at).toBeGreaterThan(0)
        }
      })
    )
  })

  it("each digit of a number comes back from what is said", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.nat({ max: 999_999 }), words, words, (n, before, after) => {
        const said = mandarin(`${before}，${n}人${after}`)
        const number = said.slice(before.length + 1, said.indexOf("人")).replaceAll("两", "二")
        expect(Number(Nzh.cn.decodeS(number))).toBe(n)
        expect(said).toBe(
          `${before}，${number === "二" ? "两" : said.slice(before.length + 1, said.indexOf("人"))}人${after}`
        )
      })
    )
  })

  it("all 1,440 times of a day are told apart, and say their digits", () => {
    const seen = new Set<string>()
    for (let minute = 0; minute < 1_440; minute++) {
      const [h, m] = [Math.floor(minute / 60), minute % 60]
      const said = mandarin(`${h}:${String(m).padStart(2, "0")}`)
      const [, hour, rest] = /^(.+)点(整|.+分)$/.exec(said)!
      expect(Number(Nzh.cn.decodeS(hour!.replace("两", "二")))).toBe(h)
      expect(rest === "整" ? 0 : Number(Nzh.cn.decodeS(rest!.replace(/^零(?=.)|分$/g, "").replace(/分$/, "")))).toBe(m)
      seen.add(said)
    }
    expect(seen.size).toBe(1_440)
  })

  it("all days of four years are told apart, in each spelling the same", () => {
    const seen = new Set<string>()
    for (let day = 0; day < 1_461; day++) {
      const [year, month, date] = new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10).split("-")
      const said = mandarin(`${year}-${month}-${date}`)
      expect(mandarin(`${year}年${month}月${date}日`)).toBe(said)
      expect(mandarin(`${year}/${Number(month)}/${Number(date)}`)).toBe(said)
      seen.add(said)
    }
    expect(seen.size).toBe(1_461)
  })

  it("TPL-9: a value is said as text, whatever it holds", () => {
    expect(mandarin('<break time="9s"/>')).toBe("break time等于九秒，")
    expect(mandarin("[[h@lou]]{2}")).toBe("h艾特lou，二，")
    expect(mandarin("&lt;b&gt;")).toBe("和L、T；b和G、T；")
  })
})

it("texts of any kind are read in time", () => {
  const long = "号：".repeat(250) + "1,".repeat(250) + "a1".repeat(250)
  const start = performance.now()
  mandarin(long)
  expect(performance.now() - start).toBeLessThan(2_000)
})
