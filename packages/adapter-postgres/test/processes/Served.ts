/** The other end of `Child.ts`: what a program of the tests answers. */
import { type Handlers, Line } from "./Line.ts"

/** Answers until whoever started this process is gone. */
export const serve = (handlers: Handlers): Line => {
  const line = new Line((message) => {
    if (process.connected) process.send!(message, undefined, undefined, () => {})
  }, handlers)
  process.on("message", (message) => line.receive(message))
  process.on("disconnect", () => process.exit(0))
  process.send!("up")
  return line
}
