/** Types of frames (RFC 9113 §6). */
export const frameType = { data: 0, headers: 1, reset: 3, settings: 4 } as const

const endHeaders = 4
const endStream = 1
const cancel = 8

/** Returns a frame (RFC 9113 §4.1). `last` ends the request. */
export function frame(type: number, stream: number, payload: Uint8Array, last = false): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8((type === frameType.headers ? endHeaders : 0) | (last ? endStream : 0), 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** Beginning of a client's connection. */
export const preface = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  frame(frameType.settings, 0, Buffer.alloc(0)),
])

/** Returns the frame that cancels a request. */
export const reset = (stream: number): Buffer =>
  frame(frameType.reset, stream, Buffer.from([0, 0, 0, cancel]))

/** Returns headers as literals without an index (RFC 7541 §6.2.2); names and values have up to 126 bytes. */
export function headerBlock(headers: Readonly<Record<string, string>>): Buffer {
  const all = { ':scheme': 'http', ':authority': 'localhost', ...headers }
  const literals = Object.entries(all).map(([name, value]) =>
    Buffer.concat([
      Buffer.from([0, name.length]),
      Buffer.from(name),
      Buffer.from([value.length]),
      Buffer.from(value),
    ]),
  )
  return Buffer.concat(literals)
}
