/** Runs compiled suites one after the other, in a process without anything else in it. */
import * as os from "node:os"
import { pathToFileURL } from "node:url"

const [cpu] = os.cpus()
console.log(`Node ${process.version}, ${os.cpus().length} × ${cpu?.model.trim()}, load ${os.loadavg()[0]?.toFixed(1)}`)
console.log("Times are processor times of this process: median [least … most] of rounds in which all take turns.")

for (const file of process.argv.slice(2)) {
  const { run } = await import(pathToFileURL(file).href)
  await run()
}
