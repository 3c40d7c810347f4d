/** The tenant's own server: takes callbacks, and fails as often as it is told. It knows nothing of the gateways. */
import * as Server from "./Server.ts"

/** What the server was told of the end of one send, whenever it took the telling. */
export interface Told {
  /** What each of them said, as text: they are to be the same. */
  readonly data: Set<string>
  /** Under which `webhook-id`. */
  readonly ids: Set<string>
  times: number
}

export interface Receiver extends Server.Server {
  /** By send. */
  readonly taken: ReadonlyMap<string, Told>
  readonly refused: () => number
}

/** Of the tries of a delivery it refuses half, but never more than so many one after the other. */
const refusedMost = 3

export const open = async (failing: boolean): Promise<Receiver> => {
  const taken = new Map<string, Told>()
  const tries = new Map<string, number>()
  let refused = 0
  const server = await Server.open(({ headers, text }) => {
    const { data } = JSON.parse(text) as { readonly data: { readonly callId: string } }
    const before = tries.get(data.callId) ?? 0
    tries.set(data.callId, before + 1)
    if (failing && before < refusedMost && Math.random() < 0.5) {
      refused++
      return before % 2 === 0 ? 500 : 429
    }
    const told = taken.get(data.callId) ?? { data: new Set(), ids: new Set(), times: 0 }
    told.data.add(JSON.stringify(data))
    told.ids.add(String(headers["webhook-id"]))
    told.times++
    taken.set(data.callId, told)
    return 204
  })
  return { ...server, url: `${server.url}/hook`, taken, refused: () => refused }
}
