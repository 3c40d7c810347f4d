/** espeak-ng in this thread, for tests that ask it for phonemes. */
import load from "@echogarden/espeak-ng-emscripten"

interface Engine {
  readonly set_voice: (voice: string) => number
  readonly set_rate: (rate: number) => void
  readonly get_samplerate: () => number
  readonly synthesize_ipa: (text: string) => { readonly ipa: string }
  readonly synthesize: (markup: string, onAudio: (samples: Int16Array) => boolean) => void
}

const module = (await load({ print: () => {}, printErr: () => {} })) as { readonly eSpeakNGWorker: new () => Engine }
const engine = new module.eSpeakNGWorker()

/** The phonemes of a text, without marks of stress and pauses. */
export const phonemes = (text: string, voice = "cmn"): string => {
  if (engine.set_voice(voice) !== 0) throw new Error(`no voice ${voice}`)
  return engine.synthesize_ipa(text).ipa.replaceAll(/[\n_ˈˌ ]/g, "")
}

/** How many seconds some markup takes, unless told otherwise at 150 words a minute. */
export const seconds = (markup: string, voice = "cmn", wordsPerMinute = 150): number => {
  if (engine.set_voice(voice) !== 0) throw new Error(`no voice ${voice}`)
  engine.set_rate(wordsPerMinute)
  let length = 0
  engine.synthesize(markup, (samples) => {
    length += samples.length
    return false
  })
  return length / engine.get_samplerate()
}
