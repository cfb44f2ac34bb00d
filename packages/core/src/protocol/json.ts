import { ProtocolError } from './protocol-error.ts'

/** The subprotocol whose frames are JSON arrays, joined by LF (P-FR-8). */
export const jsonProtocol = 'chat.v1.json'

/**
 * The lines of a transmission, one after the other, so that what stands before a broken frame keeps its effect.
 *
 * @internal
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
 * One line as a frame.
 *
 * @throws ProtocolError when it is not a JSON array that starts with a string (P-FR-2, P-FR-5).
 * @internal
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
 * A value as JSON; `undefined` becomes null.
 *
 * @throws TypeError when it has no JSON form (a cycle, a BigInt).
 * @internal
 */
export function encodeValue(value: unknown): string {
  return JSON.stringify(value) ?? 'null'
}
