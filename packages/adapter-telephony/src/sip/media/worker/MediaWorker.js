/**
 * The thread that plays: a packet every 20 ms for each of many calls, however busy the main thread is.
 *
 * Plain JavaScript: a worker thread on Node 20 starts no TypeScript, and so its file has one name in `src` and in
 * `dist`. Types come from the comments.
 */
import * as dgram from "node:dgram"
import { parentPort } from "node:worker_threads"
import { receive } from "./Counters.js"
import * as Srtp from "./Srtp.js"

/** @import { Counters, Flow, Notice, Order, Track } from "./Protocol.ts" */
/** @import { Locks, Sources } from "./Srtp.js" */

const parent = /** @type {import("node:worker_threads").MessagePort} */ (parentPort)

/** @type {(notice: Notice) => void} */
const tell = (notice) => parent.postMessage(notice, [])

/** Calls take turns within the 20 ms: as many packets at once are late only once. */
const phases = 10
const phaseMillis = 2
/** After a standstill the packets of so many milliseconds are made up for; older ones are given up. */
const mostLateMillis = 100
/** So long the other end may show that it sends from elsewhere than it said (behind a NAT). */
const latchMillis = 3_000
const headerBytes = 12
const bothLaws = [0, 8]

/**
 * What protects a call. Of the numbers of packets, which never come again, ours go on whatever is agreed on anew.
 *
 * @typedef {object} Secrets
 * @property {Locks} ours
 * @property {Locks} theirs
 * @property {Uint8Array} theirKey
 * @property {Sources} audioSources
 * @property {Sources} controlSources
 * @property {number} controlIndex
 */

/**
 * @typedef {object} Call
 * @property {number} id
 * @property {dgram.Socket} audio
 * @property {dgram.Socket} control
 * @property {Flow | undefined} flow
 * @property {Track | undefined} track
 * @property {number} source
 * @property {number} sequence
 * @property {number} timestamp
 * @property {boolean} marker
 * @property {number} position bytes of the track that were played
 * @property {boolean} played
 * @property {number} phase -1 until it plays
 * @property {number} turn counts phases, for packets of more than 20 ms
 * @property {number} latchUntil
 * @property {boolean} isSettled it is clear where the other end is: the socket was told, or is being told
 * @property {boolean} isConnected the socket sends nowhere else, and hears nobody else
 * @property {{ readonly address: string, readonly port: number } | undefined} peer where packets come from
 * @property {number} packets
 * @property {number} bytes
 * @property {Counters | undefined} counters
 * @property {number} statisticsMillis
 * @property {number} statisticsAt
 * @property {number} rollover how often `sequence` has begun anew
 * @property {Secrets | undefined} secrets
 */

/** @type {Map<number, Call>} */
const calls = new Map()

/** @type {Array<Set<Call>>} */
const turns = Array.from({ length: phases }, () => new Set())

// ------------------------------------------------------------------ sockets

/**
 * Addresses are addresses: there is nothing to look up, and no time to.
 *
 * @type {(family: 4 | 6) => dgram.Socket}
 */
const socketOf = (family) =>
  dgram.createSocket({
    type: family === 6 ? "udp6" : "udp4",
    ipv6Only: family === 6,
    lookup: (address, _, done) => done(null, address, family)
  })

/** @type {(address: string, port: number) => Promise<dgram.Socket>} */
const bind = (address, port) =>
  new Promise((resolve, reject) => {
    const socket = socketOf(address.includes(":") ? 6 : 4)
    socket.once("error", (error) => {
      socket.close()
      reject(error)
    })
    socket.bind(port, address, () => {
      socket.removeAllListeners("error")
      // What cannot be sent is lost, as anything may be on its way.
      socket.on("error", () => {})
      resolve(socket)
    })
  })

/** @type {(order: Extract<Order, { readonly _tag: "Open" }>) => Promise<void>} */
const open = async ({ address, id, ports }) => {
  for (const port of ports) {
    /** @type {dgram.Socket | undefined} */
    let audio
    try {
      audio = await bind(address, port)
      const control = await bind(address, port + 1)
      if (cancelled.delete(id)) {
        audio.close()
        control.close()
        return
      }
      const call = newCall(id, audio, control)
      calls.set(id, call)
      audio.on("message", (bytes, from) => onAudio(call, bytes, from))
      control.on("message", (bytes, from) => {
        if (call.flow === undefined || from.address !== (call.peer ?? call.flow).address) return
        const { secrets } = call
        const opened =
          secrets === undefined ? bytes : Srtp.openControl(secrets.theirs.control, secrets.controlSources, bytes)
        if (opened !== undefined) tell({ _tag: "Control", id, bytes: opened })
      })
      tell({ _tag: "Opened", id, port })
      return
    } catch {
      audio?.close()
    }
  }
  if (!cancelled.delete(id)) tell({ _tag: "Refused", id, detail: `${ports.length} ports were taken` })
}

/** Calls that were stopped while they were opened. */
const cancelled = new Set()

/** @type {(id: number, audio: dgram.Socket, control: dgram.Socket) => Call} */
const newCall = (id, audio, control) => ({
  id,
  audio,
  control,
  flow: undefined,
  track: undefined,
  source: 0,
  sequence: 0,
  timestamp: 0,
  marker: true,
  position: 0,
  played: false,
  phase: -1,
  turn: 0,
  latchUntil: 0,
  isSettled: false,
  isConnected: false,
  peer: undefined,
  packets: 0,
  bytes: 0,
  counters: undefined,
  statisticsMillis: 0,
  statisticsAt: 0,
  rollover: 0,
  secrets: undefined
})

/** @type {(call: Call, keys: Flow["keys"]) => void} */
const secure = (call, keys) => {
  const { secrets } = call
  if (keys === undefined) {
    call.secrets = undefined
    return
  }
  if (secrets !== undefined && Buffer.compare(secrets.theirKey, keys.theirs) === 0) return
  call.secrets = {
    ours: secrets?.ours ?? Srtp.locksOf(keys.ours),
    theirs: Srtp.locksOf(keys.theirs),
    theirKey: keys.theirs,
    audioSources: new Map(),
    controlSources: new Map(),
    controlIndex: secrets?.controlIndex ?? 0
  }
}

// ------------------------------------------------------------------ what comes in

/** @type {(call: Call, packet: Buffer, from: { readonly address: string, readonly port: number }) => void} */
const onAudio = (call, packet, from) => {
  const { flow, secrets } = call
  const start = Srtp.payloadStart(packet)
  if (flow === undefined || start < 0) return
  const type = packet.readUInt8(1) & 0x7f
  // Whoever takes both laws may send either.
  if (!bothLaws.includes(type) && type !== flow.payloadType && type !== flow.keysPayloadType) return
  const now = performance.now()
  if (call.peer === undefined) {
    const isExpected = from.address === flow.address && from.port === flow.port
    if (!isExpected && now > call.latchUntil) return
  } else if (from.address !== call.peer.address || from.port !== call.peer.port) return
  const bytes = secrets === undefined ? packet : Srtp.open(secrets.theirs.audio, secrets.audioSources, packet)
  if (bytes === undefined) return
  call.peer ??= { address: from.address, port: from.port }
  const timestamp = bytes.readUInt32BE(4)
  call.counters = receive(call.counters, bytes.readUInt32BE(8), bytes.readUInt16BE(2), timestamp, now)
  if (type === flow.keysPayloadType) tell({ _tag: "Key", id: call.id, timestamp, payload: bytes.subarray(start) })
}

// ------------------------------------------------------------------ what goes out

/**
 * Copies what the line carries from `position` on.
 *
 * @type {(track: Track, position: number, target: Buffer) => void}
 */
const fill = (track, position, target) => {
  const { leadBytes, pauseBytes, payload, plays } = track
  const cycle = payload.length + pauseBytes
  const from = position - leadBytes
  const to = from + target.length - headerBytes
  const first = Math.max(0, Math.floor(from / cycle))
  if (from >= first * cycle && to <= first * cycle + payload.length && first < plays)
    return target.set(payload.subarray(from - first * cycle, to - first * cycle), headerBytes)
  target.fill(track.silence, headerBytes)
  for (let play = first; play < plays && play * cycle < to; play++) {
    const start = Math.max(from, play * cycle)
    const end = Math.min(to, play * cycle + payload.length)
    if (start < end) target.set(payload.subarray(start - play * cycle, end - play * cycle), headerBytes + start - from)
  }
}

/** @type {(track: Track) => number} */
const lengthOf = ({ leadBytes, pauseBytes, payload, plays, tailBytes }) =>
  leadBytes + plays * payload.length + (plays - 1) * pauseBytes + tailBytes

/**
 * The other end has shown where it is, or will not any more. Over a socket that is connected there, a packet costs
 * less, and what strangers send does not even wake us.
 *
 * @type {(call: Call, port: number, address: string) => void}
 */
const settle = (call, port, address) => {
  call.isSettled = true
  call.audio.connect(port, address, () => {
    call.isConnected = true
  })
}

/** @type {(call: Call, now: number) => void} */
const play = (call, now) => {
  const { flow, track } = call
  if (flow === undefined || track === undefined) return
  const perPacket = flow.packetBytes / 160
  if (call.turn++ % perPacket !== 0) return
  if (flow.sends) {
    const { secrets } = call
    const length = headerBytes + flow.packetBytes
    const packet = Buffer.allocUnsafe(secrets === undefined ? length : length + Srtp.tagBytes)
    const bytes = secrets === undefined ? packet : packet.subarray(0, length)
    bytes[0] = 0x80
    bytes[1] = flow.payloadType | (call.marker ? 0x80 : 0)
    bytes.writeUInt16BE(call.sequence, 2)
    bytes.writeUInt32BE(call.timestamp, 4)
    bytes.writeUInt32BE(call.source, 8)
    fill(track, call.position, bytes)
    if (secrets !== undefined) Srtp.protect(secrets.ours.audio, packet, call.rollover)
    if (call.isConnected) call.audio.send(packet)
    else {
      const { address, port } = call.peer ?? flow
      call.audio.send(packet, port, address)
      if (now > call.latchUntil && !call.isSettled) settle(call, port, address)
    }
    call.sequence = (call.sequence + 1) & 0xffff
    if (call.sequence === 0) call.rollover++
    call.position += flow.packetBytes
    call.packets++
    call.bytes += flow.packetBytes
  }
  call.marker = !flow.sends
  // Time passes while nothing is sent, too.
  call.timestamp = (call.timestamp + flow.packetBytes) >>> 0
  if (!call.played && call.position >= lengthOf(track)) {
    call.played = true
    tell({ _tag: "Played", id: call.id })
  }
  if (now >= call.statisticsAt) {
    call.statisticsAt = now + call.statisticsMillis
    const { bytes, counters, packets, timestamp } = call
    tell({ _tag: "Statistics", id: call.id, statistics: { packets, bytes, timestamp, reception: counters } })
  }
}

let running = false
let phase = 0
let nextAt = 0

const tick = () => {
  const now = performance.now()
  if (now - nextAt > mostLateMillis) nextAt = now - mostLateMillis
  while (nextAt <= now) {
    for (const call of /** @type {Set<Call>} */ (turns[phase])) play(call, now)
    phase = (phase + 1) % phases
    nextAt += phaseMillis
  }
  running = turns.some((turn) => turn.size > 0)
  if (running) setTimeout(tick, nextAt - performance.now())
}

/** @type {(order: Extract<Order, { readonly _tag: "Start" }>) => void} */
const start = ({ flow, id, sequence, source, statisticsMillis, timestamp, track }) => {
  const call = calls.get(id)
  if (call === undefined || call.phase >= 0) return
  const now = performance.now()
  Object.assign(call, { flow, track, source, sequence, timestamp, statisticsMillis, latchUntil: now + latchMillis })
  call.statisticsAt = now + statisticsMillis
  secure(call, flow.keys)
  call.phase = turns.reduce(
    (least, turn, at) => (turn.size < /** @type {Set<Call>} */ (turns[least]).size ? at : least),
    0
  )
  turns[call.phase]?.add(call)
  if (running) return
  running = true
  nextAt = now
  tick()
}

/** @type {(order: Extract<Order, { readonly _tag: "Update" }>) => void} */
const update = ({ flow, id }) => {
  const call = calls.get(id)
  if (call?.flow === undefined) return
  if (flow.address !== call.flow.address || flow.port !== call.flow.port) {
    call.peer = undefined
    call.latchUntil = performance.now() + latchMillis
    if (call.isConnected) call.audio.disconnect()
    call.isConnected = false
    call.isSettled = false
  }
  call.flow = flow
  secure(call, flow.keys)
}

/** @type {(call: Call, bytes: Uint8Array, sent?: () => void) => void} */
const sendControl = ({ control, flow, secrets }, bytes, sent = () => {}) => {
  if (flow === undefined) return sent()
  const packet =
    secrets === undefined ? bytes : Srtp.protectControl(secrets.ours.control, bytes, secrets.controlIndex++)
  control.send(packet, flow.controlPort, flow.controlAddress, sent)
}

/** @type {(order: Extract<Order, { readonly _tag: "Stop" }>) => void} */
const stop = ({ bytes, id }) => {
  const call = calls.get(id)
  if (call === undefined) {
    cancelled.add(id)
    return
  }
  calls.delete(id)
  if (call.phase >= 0) turns[call.phase]?.delete(call)
  call.audio.close()
  // The last packet leaves before its socket closes.
  if (bytes === undefined) call.control.close()
  else sendControl(call, bytes, () => call.control.close())
}

parent.on("message", (/** @type {Order} */ order) => {
  switch (order._tag) {
    case "Open":
      return void open(order)
    case "Start":
      return start(order)
    case "Update":
      return update(order)
    case "Control": {
      const call = calls.get(order.id)
      return call === undefined ? undefined : sendControl(call, order.bytes)
    }
    case "Stop":
      return stop(order)
  }
})
