/**
 * All benchmarks, one after the other; or those that are named. Started by `main.ts`, which compiles them.
 */
import os from "node:os"
import * as Deciders from "./Deciders.bench.ts"
import * as Draw from "./Draw.bench.ts"
import * as Lives from "./Lives.bench.ts"
import * as Memory from "./Memory.bench.ts"
import * as Storage from "./Storage.bench.ts"

const benchmarks: ReadonlyArray<readonly [name: string, run: () => Promise<void>]> = [
  ["draw", Draw.run],
  ["deciders", Deciders.run],
  ["storage", Storage.run],
  ["lives", Lives.run],
  ["memory", Memory.run]
]

const chosen = process.argv.slice(2)
const [cpu] = os.cpus()
console.log(`Node ${process.version}, ${os.cpus().length} × ${cpu?.model.trim()}, load ${os.loadavg()[0]?.toFixed(1)}`)
console.log("Times are processor times of this process: median [least … most] of rounds in which all take turns.")
for (const [name, run] of benchmarks) if (chosen.length === 0 || chosen.includes(name)) await run()
