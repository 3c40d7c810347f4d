/**
 * Looks like espeak-ng's module to the worker, and does what it is told to: 挂起 never ends, 出错 throws, 退出 ends the
 * thread, 沉默 says nothing. Anything else becomes six samples: which thread, how many requests it had, and its settings.
 */
import { threadId } from "node:worker_threads"

export default async () => ({
  eSpeakNGWorker: class {
    requests = 0
    settings = [0, 0, 0, 0]

    set_voice(voice) {
      return ["cmn", "en-us"].includes(voice) ? 0 : 2
    }
    set_rate(rate) {
      this.settings[0] = rate
    }
    set_pitch(pitch) {
      this.settings[1] = pitch
    }
    set_range(range) {
      this.settings[2] = range
    }
    set_volume(volume) {
      this.settings[3] = volume
    }
    get_samplerate() {
      return 1_000
    }
    synthesize_ipa() {
      return { code: 0, ipa: "χ_ˈɑu2_\n" }
    }
    synthesize(markup, onAudio) {
      if (markup.includes("挂起")) for (;;);
      if (markup.includes("出错")) throw new TypeError("a detail that may hold the text")
      if (markup.includes("退出")) process.exit(1)
      if (markup.includes("沉默")) return
      this.requests++
      onAudio(Int16Array.of(threadId, this.requests))
      onAudio(Int16Array.from(this.settings))
    }
  }
})
