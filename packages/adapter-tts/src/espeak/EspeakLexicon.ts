/**
 * Rules: what espeak-ng's Mandarin misreads, with characters of the right sound in its place. Each entry is one that was
 * heard wrong: a test compares its phonemes with the right pinyin.
 */
import type { Lexicon } from "../text/Lexicon.ts"

const replaced = (pairs: string): Lexicon =>
  Object.fromEntries(
    pairs
      .trim()
      .split(/\s+/)
      .map((pair) => pair.split("=") as [string, string])
  )

/** Words that contain an entry by chance, or mean the other reading. */
const kept = (words: string): Lexicon =>
  Object.fromEntries(
    words
      .trim()
      .split(/\s+/)
      .map((word) => [word, word])
  )

export const espeakLexicon: Lexicon = {
  // 重 chóng, again
  ...replaced(`
    重置=虫置 重试=虫试 重发=虫发 重拨=虫拨 重启=虫启 重做=虫做 重设=虫设 重装=虫装 重登=虫登 重传=虫传 重连=虫连
    重选=虫选 重填=虫填 重改=虫改 重播=虫播 重签=虫签 重办=虫办`),
  ...kept(`
    体重 载重 超重 毛重 净重 称重 严重 比重 尊重 注重 加重 慎重 着重 侧重 隆重 沉重 贵重 偏重 承重 看重 笨重 繁重 保重`),
  // 还 huán, to give back
  ...replaced(`
    还款=环款 还贷=环贷 还钱=环钱 还车=环车 还租=环租 应还=应环 待还=待环 已还=已环 未还=未环 须还=须环 返还=返环
    借还=借环`),
  ...kept("应还是 应还有 已还是 未还是 待还有"),
  // 为 wéi, is: a code, a sum, a number is. 为 wèi, for, otherwise.
  ...replaced("码为=码维 额为=额维 号为=号维 间为=间维 费为=费维 价为=价维 址为=址维 期为=期维 为空=维空 设为=设维"),
  ...kept(`
    码为您 额为您 号为您 间为您 费为您 价为您 址为您 期为您 码为了 额为了 号为了 间为了 费为了 价为了 址为了 期为了
    码为你 额为你 号为你 间为你 费为你 价为你 址为你 期为你`),
  // 行 háng, a bank
  ...replaced("支行=支航 总行=总航 跨行=跨航 农行=农航 招行=招航 开户行=开户航"),
  ...kept("总行程 总行李 跨行政 招行政"),
  ...replaced(`
    便宜=骈宜 弹窗=谈窗 差旅=拆旅 倒计时=到计时 角色=决色 店长=店掌 曝光=报光 载入=在入 调休=条休 转动=赚动
    六安=路安 蚌埠=泵埠`)
}
