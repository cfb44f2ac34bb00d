import { Buffer } from 'node:buffer'

/** A piece of a message as it goes over the wire: an unmasked frame, at most 64 KiB with its header. */
export interface Piece {
  readonly frame: Buffer
  /** Where the payload begins. */
  readonly head: number
  /** Whether the message ends here. */
  readonly last: boolean
}

/** With the four bytes of its header a piece fills 64 KiB (P-LV-4). */
const largestPayload = 64 * 1024 - 4

const text = 0x1
const continuation = 0x0
const fin = 0x80

/**
 * A text message in the frames of RFC 6455 §5.2, ready for a server's socket. A large one is fragmented: a pong or a close may then stand between
 * two pieces, which it could not inside a frame.
 */
export function pieces(message: string): readonly Piece[] {
  const length = Buffer.byteLength(message)
  if (length > largestPayload) return fragments(Buffer.from(message))
  const piece = empty(length, text | fin)
  piece.frame.write(message, piece.head)
  return [piece]
}

function fragments(payload: Buffer): readonly Piece[] {
  const made: Piece[] = []
  for (let from = 0; from < payload.length; from += largestPayload) {
    const part = payload.subarray(from, from + largestPayload)
    const last = from + largestPayload >= payload.length
    const piece = empty(part.length, (from === 0 ? text : continuation) | (last ? fin : 0))
    piece.frame.set(part, piece.head)
    made.push(piece)
  }
  return made
}

/** A frame with its header written and room for the payload. */
function empty(length: number, first: number): Piece {
  const head = length < 126 ? 2 : 4
  const frame = Buffer.allocUnsafe(head + length)
  frame[0] = first
  if (head === 2) frame[1] = length
  else {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  }
  return { frame, head, last: (first & fin) !== 0 }
}
