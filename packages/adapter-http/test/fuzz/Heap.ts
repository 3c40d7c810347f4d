import * as V8 from "node:v8"
import * as Vm from "node:vm"

V8.setFlagsFromString("--expose-gc")
const collect = Vm.runInNewContext("gc") as () => void

/** What is held after everything that is held by nobody is gone; in megabytes. */
export const heldMegabytes = (): number => {
  collect()
  collect()
  return process.memoryUsage().heapUsed / 2 ** 20
}
