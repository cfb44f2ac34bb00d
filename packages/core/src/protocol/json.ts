import { ProtocolError } from './protocol-error.ts'

/** The subprotocol whose frames are JSON arrays, joined by LF (P-FR-8). */
export const jsonProtocol = 'chat.v1.json'

/**
 * The lines of a transmission, cut off one at a time, so that the frames before a broken frame keep their
 * effect.
 */
export class Lines {
  readonly #transmission: string
  /** The start of the next line; -1 after the last line. */
  #start = 0

  /** One LF or CRLF behind the last frame is left out: many tools end each text with it (P-FR-1). */
  constructor(transmission: string) {
    this.#transmission = transmission.endsWith('\n')
      ? transmission.slice(0, transmission.endsWith('\r\n') ? -2 : -1)
      : transmission
  }

  /** Returns the next line; `null` after the last line. */
  next(): string | null {
    const start = this.#start
    if (start < 0) return null
    const end = this.#transmission.indexOf('\n', start)
    this.#start = end < 0 ? -1 : end + 1
    if (end >= 0) return this.#transmission.slice(start, end)
    return start === 0 ? this.#transmission : this.#transmission.slice(start)
  }
}

/** Integers of fewer digits are whole in a double. */
const longInteger = /\d{16}/
const token = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g

/**
 * Replaces integers that a double does not hold, such as `12345678901234567890`, by a number that no operation
 * accepts: they would otherwise be stored with other digits (P-FR-7).
 */
export const markLostIntegers = (json: string): string =>
  longInteger.test(json) ? json.replace(token, (found) => (isLost(found) ? '1e999' : found)) : json

const isLost = (found: string): boolean =>
  /^-?\d{16,}$/.test(found) && digitsOf(found) !== digitsOf(String(Number(found)))

/** Returns the digits of a number in decimal or scientific notation, without the zeros at its end. */
const digitsOf = (number: string): string => number.replace(/e.*|[-.]/g, '').replace(/0+$/, '')

/** A frame as it came over the wire: an array whose first element is a string. */
export type RawFrame = readonly [type: string, ...elements: unknown[]]

/**
 * Decodes a line as a frame.
 *
 * @throws ProtocolError when it is not a JSON array that starts with a string (P-FR-2, P-FR-5).
 */
export function decodeFrame(line: string): RawFrame {
  if (line.includes('\r')) throw new ProtocolError('a frame contains a carriage return')
  const frame = parse(line)
  if (Array.isArray(frame) && typeof frame[0] === 'string') return frame as unknown as RawFrame
  throw new ProtocolError('a frame is not a JSON array that starts with a type')
}

/** Parses JSON; `undefined` for another text. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/**
 * Encodes a value as JSON; `undefined` becomes null.
 *
 * @throws TypeError when it has no JSON form (a cycle, a BigInt).
 */
export function encodeValue(value: unknown): string {
  return JSON.stringify(value) ?? 'null'
}
