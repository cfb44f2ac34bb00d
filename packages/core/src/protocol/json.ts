import { ProtocolError } from './protocol-error.ts'

/** The subprotocol whose frames are JSON arrays, joined by LF (P-FR-8). */
export const jsonProtocol = 'chat.v1.json'

/**
 * Splits a transmission into lines lazily, so that the frames before a broken frame keep their effect.
 */
export function* lines(transmission: string): Generator<string> {
  let start = 0
  for (let end = transmission.indexOf('\n'); end >= 0; end = transmission.indexOf('\n', start)) {
    yield transmission.slice(start, end)
    start = end + 1
  }
  yield start === 0 ? transmission : transmission.slice(start)
}

/** A frame as it came over the wire: an array whose first element is a string. */
export type RawFrame = readonly [type: string, ...elements: unknown[]]

/**
 * Decodes a line as a frame.
 *
 * @throws ProtocolError when it is not a JSON array that starts with a string (P-FR-2, P-FR-5).
 */
export function decodeFrame(line: string): RawFrame {
  if (line.includes('\r')) throw new ProtocolError('a frame contains a carriage return')
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw new ProtocolError(line === '' ? 'an empty line' : 'a frame is not JSON')
  }
  if (!Array.isArray(value)) throw new ProtocolError('a frame is not an array')
  if (typeof value[0] !== 'string') throw new ProtocolError('a frame has no type')
  return value as unknown as RawFrame
}

/**
 * Encodes a value as JSON; `undefined` becomes null.
 *
 * @throws TypeError when it has no JSON form (a cycle, a BigInt).
 */
export function encodeValue(value: unknown): string {
  return JSON.stringify(value) ?? 'null'
}
