/** What two processes say to each other: either asks, and the other answers. Both ends use it. */

export type Handlers = { readonly [name: string]: (input: any) => unknown }

type Message =
  | { readonly _tag: "Ask"; readonly id: number; readonly name: string; readonly input: unknown }
  | { readonly _tag: "Answer"; readonly id: number; readonly answer: unknown }
  | { readonly _tag: "Failure"; readonly id: number; readonly error: string }

export class Line {
  private readonly waiting = new Map<number, { resolve: (answer: any) => void; reject: (error: Error) => void }>()
  private readonly send: (message: Message) => void
  private readonly handlers: Handlers
  private count = 0
  private ended: Error | undefined

  constructor(send: (message: unknown) => void, handlers: Handlers) {
    this.send = send
    this.handlers = handlers
  }

  ask<A>(name: string, input?: unknown): Promise<A> {
    if (this.ended !== undefined) return Promise.reject(this.ended)
    const id = ++this.count
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject })
      this.send({ _tag: "Ask", id, name, input })
    })
  }

  receive(received: unknown): void {
    const message = received as Message
    if (message._tag === "Ask") return void this.answer(message.id, message.name, message.input)
    const asked = this.waiting.get(message.id)
    this.waiting.delete(message.id)
    if (message._tag === "Answer") asked?.resolve(message.answer)
    else asked?.reject(new Error(message.error))
  }

  /** The other end is gone. */
  end(error: Error): void {
    this.ended = error
    for (const { reject } of this.waiting.values()) reject(error)
    this.waiting.clear()
  }

  private async answer(id: number, name: string, input: unknown): Promise<void> {
    try {
      const handler = this.handlers[name]
      if (handler === undefined) throw new Error(`there is no ${name}`)
      const answer = await handler(input)
      if (this.ended === undefined) this.send({ _tag: "Answer", id, answer })
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
      if (this.ended === undefined) this.send({ _tag: "Failure", id, error: text })
    }
  }
}
