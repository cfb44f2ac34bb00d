// The frames of WebSocket (RFC 6455), as far as the load and the hand-made server need them: no extensions.
const text = 0x81
const masked = 0x80

/** Encodes a text of Latin letters as a frame. A client's frame has a mask, here of zeros. */
export function textFrame(content, { mask }) {
  const { length } = content
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(start + (mask ? 4 : 0) + length)
  frame[0] = text
  frame[1] = (mask ? masked : 0) | (start === 2 ? length : start === 4 ? 126 : 127)
  if (start === 4) frame.writeUInt16BE(length, 2)
  if (start === 10) frame.writeBigUInt64BE(BigInt(length), 2)
  if (mask) frame.writeUInt32BE(0, start)
  frame.latin1Write(content, frame.length - length)
  return frame
}

/** Takes the bytes of a stream apart into frames. */
export class FrameReader {
  #rest = null
  #onFrame

  /** `onFrame(first, payload)` gets the first byte of each frame, and its content without the mask. */
  constructor(onFrame) {
    this.#onFrame = onFrame
  }

  read(chunk) {
    const data = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk])
    let at = 0
    for (let end = endOfFrame(data, at); end !== null; end = endOfFrame(data, at)) {
      const start = startOfContent(data, at)
      if (data[at + 1] & masked) unmask(data, start, end)
      this.#onFrame(data[at], data.subarray(start, end))
      at = end
    }
    this.#rest = at === data.length ? null : data.subarray(at)
  }
}

const lengthBytes = (data, at) => [0, 2, 8][Math.max(0, (data[at + 1] & 127) - 125)]

const startOfContent = (data, at) => at + 2 + lengthBytes(data, at) + (data[at + 1] & masked ? 4 : 0)

/** The end of the frame that starts at `at`; `null` while bytes of it are missing. */
function endOfFrame(data, at) {
  if (data.length < at + 2) return null
  const start = startOfContent(data, at)
  if (data.length < start) return null
  const extra = lengthBytes(data, at)
  const length =
    extra === 0
      ? data[at + 1] & 127
      : extra === 2
        ? data.readUInt16BE(at + 2)
        : Number(data.readBigUInt64BE(at + 2))
  return data.length < start + length ? null : start + length
}

function unmask(data, start, end) {
  if (data.readUInt32BE(start - 4) === 0) return
  for (let at = start; at < end; at++) data[at] ^= data[start - 4 + ((at - start) & 3)]
}
