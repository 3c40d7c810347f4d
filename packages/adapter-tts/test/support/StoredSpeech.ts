import type { SpeechAudio } from "@vsms/core/dispatch/SpeechSynthesizer"

/** Speech that is told apart by its number. */
export const speechOf = (number: number, length = 20_000): SpeechAudio => ({
  sampleRate: 8_000,
  samples: Int16Array.from({ length }, (_, at) => (at * (number + 1)) % 9_973)
})
