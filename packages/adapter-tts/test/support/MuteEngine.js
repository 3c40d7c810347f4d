/** Looks like a build of espeak-ng that reads ideographs as English. */
export default async () => ({
  eSpeakNGWorker: class {
    set_voice() {
      return 0
    }
    synthesize_ipa() {
      return { code: 0, ipa: "(en)_h_ˈaʊ_t_ˈuː_(cmn)_\n" }
    }
  }
})
