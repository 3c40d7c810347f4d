/** Rules: in which order the servers of a name are asked (RFC 2782): by priority, and by lot among those of one. */

export interface Server {
  readonly name: string
  readonly port: number
  /** The lowest first. */
  readonly priority: number
  /** The share among those of one priority; those of 0 hardly ever come first. */
  readonly weight: number
}

/** `draw` gives a whole number from 0 up to, and with, what it is given. */
export const ordered = (servers: ReadonlyArray<Server>, draw: (most: number) => number): ReadonlyArray<Server> => {
  const left = servers.toSorted((one, other) => one.priority - other.priority || one.weight - other.weight)
  const found: Array<Server> = []
  while (left.length > 0) {
    const rivals = left.filter(({ priority }) => priority === left[0]!.priority)
    let lot = draw(rivals.reduce((sum, { weight }) => sum + weight, 0))
    const chosen = rivals.find(({ weight }) => (lot -= weight) <= 0) ?? rivals[0]!
    found.push(chosen)
    left.splice(left.indexOf(chosen), 1)
  }
  return found
}
