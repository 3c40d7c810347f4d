/**
 * The thread in which espeak-ng runs: its synthesis blocks, and an instance that failed once is not to be trusted.
 *
 * Plain JavaScript: a worker thread on Node 20 starts no TypeScript, and so its file has one name in `src` and in
 * `dist`. Types come from the comments.
 */
import { parentPort, workerData } from "node:worker_threads"

/** @import { Reply, Request, WorkerData } from "./Protocol.ts" */

/**
 * The part of espeak-ng's interface that is used here.
 *
 * @typedef {object} Engine
 * @property {(voice: string) => number} set_voice 0 if it knows the voice; if not, the one before stays
 * @property {(rate: number) => void} set_rate
 * @property {(pitch: number) => void} set_pitch
 * @property {(range: number) => void} set_range
 * @property {(volume: number) => void} set_volume
 * @property {() => number} get_samplerate
 * @property {(markup: string, onAudio: (samples: Int16Array) => boolean) => void} synthesize
 * @property {(text: string) => { readonly code: number, readonly ipa: string }} synthesize_ipa
 */

const port = /** @type {import("node:worker_threads").MessagePort} */ (parentPort)

/** @type {(reply: Reply, transfer?: ReadonlyArray<ArrayBuffer>) => void} */
const send = (reply, transfer = []) => port.postMessage(reply, transfer)

/** @type {(fault: unknown) => string} */
const nameOf = (fault) => (fault instanceof Error ? fault.name : typeof fault)

/** @type {(fault: unknown) => boolean} */
const isAbsence = (fault) => fault instanceof Error && "code" in fault && fault.code === "ERR_MODULE_NOT_FOUND"

/** @returns {Promise<Engine>} */
const start = async () => {
  /** @type {WorkerData} */
  const { engineModule } = workerData
  const { default: load } = await import(engineModule)
  // What the engine prints would end up on the host's terminal, and may be about the text.
  const module = await load({ print: () => {}, printErr: () => {} })
  return new module.eSpeakNGWorker()
}

/** Characters that were looked up, by voice. A voice spells one that it does not know as its code point, in English. */
const readable = new Map()

/** @type {(engine: Engine, voice: string, character: string) => boolean} */
const canRead = (engine, voice, character) => {
  const key = `${voice} ${character}`
  const known = readable.get(key)
  if (known !== undefined) return known
  const { ipa } = engine.synthesize_ipa(character)
  const can = !/\([a-z]{2,3}\)|əː|__/.test(ipa) && /\p{L}/u.test(ipa)
  readable.set(key, can)
  return can
}

/** @type {(engine: Engine, request: Request) => Reply} */
const speak = (engine, request) => {
  if (engine.set_voice(request.voice) !== 0) return { _tag: "UnknownVoice" }
  // These outlive a change of voice, so each request sets them all.
  engine.set_rate(request.rate)
  engine.set_pitch(request.pitch)
  engine.set_range(request.range)
  engine.set_volume(request.volume)
  const markup = request.voice.startsWith("cmn")
    ? request.markup.replaceAll(/\p{Script=Han}/gu, (han) => (canRead(engine, request.voice, han) ? han : "某"))
    : request.markup
  /** @type {Array<Int16Array>} */
  const chunks = []
  let length = 0
  engine.synthesize(markup, (samples) => {
    // Nothing here may throw: the engine would keep what it was about to say for the next request.
    chunks.push(samples)
    length += samples.length
    return false
  })
  const samples = new Int16Array(length)
  let at = 0
  for (const chunk of chunks) {
    samples.set(chunk, at)
    at += chunk.length
  }
  return { _tag: "Spoken", samples }
}

/** Some builds read every ideograph as English. Better no speech than that. @type {(engine: Engine) => boolean} */
const speaksMandarin = (engine) => engine.set_voice("cmn") === 0 && canRead(engine, "cmn", "好")

try {
  const engine = await start()
  if (speaksMandarin(engine)) {
    port.on("message", (/** @type {Request} */ request) => {
      try {
        const reply = speak(engine, request)
        send(reply, reply._tag === "Spoken" ? [reply.samples.buffer] : [])
      } catch (fault) {
        send({ _tag: "Failed", detail: nameOf(fault) })
      }
    })
    send({ _tag: "Ready", sampleRate: engine.get_samplerate() })
  } else {
    send({ _tag: "Broken", detail: "it does not speak Mandarin" })
  }
} catch (fault) {
  send(isAbsence(fault) ? { _tag: "Missing" } : { _tag: "Broken", detail: nameOf(fault) })
}
