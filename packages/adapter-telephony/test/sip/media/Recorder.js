/**
 * A phone's ear in a thread of its own, so that a busy main thread does not falsify when packets arrive. It is asked
 * for a port, and at the end for what it heard.
 */
import * as dgram from "node:dgram"
import { parentPort } from "node:worker_threads"

const sockets = new Map()

parentPort.on("message", ({ _tag, id, bytes, to }) => {
  if (_tag === "Open") {
    const heard = []
    const socket = dgram.createSocket("udp4")
    socket.on("message", (packet, { port }) => heard.push({ at: performance.now(), packet, port }))
    socket.bind(0, "127.0.0.1", () => {
      sockets.set(id, { socket, heard })
      parentPort.postMessage({ id, port: socket.address().port }, [])
    })
  } else if (_tag === "Send") sockets.get(id).socket.send(bytes, to, "127.0.0.1")
  else if (_tag === "Heard") parentPort.postMessage({ id, heard: sockets.get(id).heard }, [])
})
