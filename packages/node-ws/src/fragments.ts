import { Buffer } from 'node:buffer'

/** Fragment of a message as it goes over the wire: an unmasked frame of at most 64 KiB, header included. */
export interface Fragment {
  /** The whole frame: bytes, or Latin-1 text with a character for each byte. */
  frame: Buffer | string
  /** Number of sockets that have taken the frame as a text. */
  taken: number
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
 * Longest message that stays a text, in bytes, and most sockets that get it as a text. Node copies a text for each
 * socket, so a longer one, and one for more sockets, is encoded once for all.
 */
const maxText = 1024
const maxTexts = 3

/**
 * Encodes a text message in frames of RFC 6455 §5.2, for the socket of a server. A large message is
 * fragmented, so that a pong or a close may stand between two fragments, which it could not inside a frame.
 */
export function fragmentsOf(message: string): readonly Fragment[] {
  const length = Buffer.byteLength(message)
  if (length > maxPayload) return cut(Buffer.from(message))
  // In ASCII a character is a byte.
  if (length === message.length && length <= maxText) return [textFragment(message)]
  const { frame, payloadStart } = emptyFrame(length, text | fin)
  frame.write(message, payloadStart)
  return [{ frame, taken: 0, payloadStart, isLast: true }]
}

/** Returns the frame of a fragment in the form for a further socket. */
export function takeFrame(fragment: Fragment): Buffer | string {
  if (typeof fragment.frame === 'string' && fragment.taken++ === maxTexts)
    fragment.frame = Buffer.from(fragment.frame, 'latin1')
  return fragment.frame
}

/** Returns the bytes of a fragment's payload, which `ws` frames again. */
export function payloadOf({ frame, payloadStart }: Fragment): Buffer {
  return (typeof frame === 'string' ? Buffer.from(frame, 'latin1') : frame).subarray(payloadStart)
}

/** Most messages are short and in ASCII. A text costs less than a buffer for each. */
function textFragment(message: string): Fragment {
  const { length } = message
  const header =
    length < 126
      ? String.fromCharCode(text | fin, length)
      : String.fromCharCode(text | fin, 126, length >> 8, length & 0xff)
  return { frame: header + message, taken: 0, payloadStart: header.length, isLast: true }
}

function cut(payload: Buffer): readonly Fragment[] {
  const fragments: Fragment[] = []
  for (let from = 0; from < payload.length; from += maxPayload) {
    const part = payload.subarray(from, from + maxPayload)
    const isLast = from + maxPayload >= payload.length
    const { frame, payloadStart } = emptyFrame(
      part.length,
      (from === 0 ? text : continuation) | (isLast ? fin : 0),
    )
    frame.set(part, payloadStart)
    fragments.push({ frame, taken: 0, payloadStart, isLast })
  }
  return fragments
}

/** Makes a frame with its header written and room for the payload. */
function emptyFrame(length: number, firstByte: number): { frame: Buffer; payloadStart: number } {
  const payloadStart = length < 126 ? 2 : 4
  const frame = Buffer.allocUnsafe(payloadStart + length)
  frame[0] = firstByte
  if (payloadStart === 2) frame[1] = length
  else {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  }
  return { frame, payloadStart }
}
