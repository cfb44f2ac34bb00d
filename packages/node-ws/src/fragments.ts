import { Buffer } from 'node:buffer'

/** Fragment of a message as it goes over the wire: an unmasked frame of at most 64 KiB, header included. */
export interface Fragment {
  /** The whole frame. */
  readonly frame: Buffer
  /** Offset of the payload in the frame. */
  readonly payloadStart: number
  /** True if the message ends with this fragment. */
  readonly isLast: boolean
}

/** With the four bytes of its header a fragment fills 64 KiB (P-LV-4). */
const maxPayload = 64 * 1024 - 4

const text = 0x1
const continuation = 0x0
const fin = 0x80

/**
 * Encodes a text message in frames of RFC 6455 §5.2, for the socket of a server. A large message is
 * fragmented, so that a pong or a close may stand between two fragments, which it could not inside a frame.
 */
export function fragmentsOf(message: string): readonly Fragment[] {
  const length = Buffer.byteLength(message)
  if (length > maxPayload) return cut(Buffer.from(message))
  const fragment = emptyFragment(length, text | fin)
  fragment.frame.write(message, fragment.payloadStart)
  return [fragment]
}

function cut(payload: Buffer): readonly Fragment[] {
  const fragments: Fragment[] = []
  for (let from = 0; from < payload.length; from += maxPayload) {
    const part = payload.subarray(from, from + maxPayload)
    const isLast = from + maxPayload >= payload.length
    const fragment = emptyFragment(part.length, (from === 0 ? text : continuation) | (isLast ? fin : 0))
    fragment.frame.set(part, fragment.payloadStart)
    fragments.push(fragment)
  }
  return fragments
}

/** Makes a frame with its header written and room for the payload. */
function emptyFragment(length: number, firstByte: number): Fragment {
  const payloadStart = length < 126 ? 2 : 4
  const frame = Buffer.allocUnsafe(payloadStart + length)
  frame[0] = firstByte
  if (payloadStart === 2) frame[1] = length
  else {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  }
  return { frame, payloadStart, isLast: (firstByte & fin) !== 0 }
}
