import type { LogEntry, LogHint, NewMessage } from '@chat/core/backplane'

/**
 * Returns a JSON text without line breaks between its tokens. `JSON.stringify` writes none, but a text may
 * come from another encoder. Inside of strings JSON has no raw line breaks.
 */
export const oneLine = (json: string): string => (json.includes('\n') ? json.replaceAll('\n', ' ') : json)

/**
 * Returns a message as a script stores it: id, event, sender, meta and data, each but the last on a line.
 */
export function encodeMessage({ id, event, from, meta, data }: NewMessage): string {
  const sender = from === null ? '' : JSON.stringify(from)
  const noted = meta === null ? '' : oneLine(meta)
  return `${JSON.stringify(id)}\n${JSON.stringify(event)}\n${sender}\n${noted}\n${data}`
}

/** Reads an entry of a log: time and running total, and then the message. */
export function decodeEntry(at: number, text: string): LogEntry {
  const lines = new Lines(text)
  const time = Number(lines.next())
  lines.next()
  const id = JSON.parse(lines.next()) as string
  const event = JSON.parse(lines.next()) as string
  const sender = lines.next()
  const meta = lines.next()
  return {
    ...{ event, data: lines.rest(), meta: meta === '' ? null : meta },
    ...{ from: sender === '' ? null : (JSON.parse(sender) as string), id, at, time },
  }
}

/** Reads a hint: epoch, offset, entry; `null` for a text of another program, since any may publish there. */
export function decodeHint(text: string): LogHint | null {
  try {
    const lines = new Lines(text)
    const epoch = lines.next()
    const at = Number(lines.next())
    return { epoch, prev: at - 1, entry: decodeEntry(at, lines.rest()) }
  } catch {
    return null
  }
}

/** Reads an id that may be missing. */
export const decodeId = (text: string): string | null => (text === '' ? null : (JSON.parse(text) as string))

/** Reads a text line by line. */
export class Lines {
  readonly #text: string
  #from: number

  constructor(text: string, from = 0) {
    this.#text = text
    this.#from = from
  }

  get done(): boolean {
    return this.#from > this.#text.length
  }

  next(): string {
    const end = this.#text.indexOf('\n', this.#from)
    const line = this.#text.slice(this.#from, end < 0 ? undefined : end)
    this.#from = end < 0 ? this.#text.length + 1 : end + 1
    return line
  }

  rest(): string {
    const text = this.#text.slice(this.#from)
    this.#from = this.#text.length + 1
    return text
  }
}
