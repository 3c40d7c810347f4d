import * as V8 from "node:v8"
import * as Vm from "node:vm"

V8.setFlagsFromString("--expose-gc")
const collect = Vm.runInNewContext("gc") as () => void

/** What is held after everything that is held by nobody is gone, bytes outside the heap with it; in megabytes. */
export const heldMegabytes = (): number => {
  collect()
  collect()
  const { external, heapUsed } = process.memoryUsage()
  return (heapUsed + external) / 2 ** 20
}

/** By how much more is held after one of some worlds than after the first, in which caches fill. */
export const grownMegabytes = ([first = 0, ...later]: ReadonlyArray<number>): number =>
  Math.max(first, ...later) - first

/** Worlds leave nothing behind but code that was compiled for them: a few megabytes, however many there are. */
export const mostGrownMegabytes = 16
