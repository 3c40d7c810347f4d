/**
 * Rules: what a callback says (CBK-1). The native format is here; an adapter that speaks another wire adds its own.
 */
import type { Receipt } from "../sending/Receipt.ts"

/** One message of a format. Most formats have one for each receipt. */
export interface Message {
  /** Tells the messages of one receipt apart; part of the delivery's id. */
  readonly part: string
  readonly body: string
}

export interface CallbackFormat {
  readonly name: string
  /** Whether messages carry the Standard Webhooks headers. */
  readonly signed: boolean
  /** The parts of a receipt's messages; the same receipt always gives the same. */
  readonly parts: (receipt: Receipt) => ReadonlyArray<string>
  /** The messages of a receipt, one for each part. */
  readonly render: (receipt: Receipt) => ReadonlyArray<Message>
}

/** JSON with every instant in ISO 8601, and `null` for what never came. */
export const native: CallbackFormat = {
  name: "native",
  signed: true,
  parts: () => onePart,
  render: (receipt) => [
    {
      part: "end",
      body: JSON.stringify({
        type: receipt.result === "answered" ? "send.completed" : "send.failed",
        timestamp: iso(receipt.endedAt),
        data: {
          receipt: receipt.number,
          callId: receipt.sendId,
          applicationId: receipt.applicationId,
          templateId: receipt.templateId,
          // Left out where a text was spoken.
          fileId: receipt.fileId,
          kind: receipt.kind,
          calledNumber: receipt.callee ?? null,
          displayNumber: receipt.display,
          result: receipt.result,
          reason: receipt.reason ?? null,
          acceptedAt: iso(receipt.acceptedAt),
          ringingAt: iso(receipt.ringingAt),
          answeredAt: iso(receipt.answeredAt),
          endedAt: iso(receipt.endedAt),
          billedMinutes: receipt.billedMinutes,
          keysPressed: receipt.keys.map(({ key }) => key).join(""),
          ext: receipt.ext ?? null
        }
      })
    }
  ]
}

const onePart = ["end"]

const iso = (at: number | undefined): string | null => (at === undefined ? null : new Date(at).toISOString())
