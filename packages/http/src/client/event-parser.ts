/** An event of a stream: what kind, and its data. */
export interface ServerEvent {
  /** Empty for a transmission. */
  readonly type: string
  readonly data: string
}

/** The largest event, in characters: twice what a hub writes (P-LV-3). */
const limit = 512 * 1024

/** Takes a stream of events apart, wherever it was cut. Lines end with LF or CRLF: that is what hubs and proxies write. */
export class EventParser {
  #line = ''
  #type = ''
  #data: string[] = []
  #size = 0

  /** The events that this piece completes. @throws RangeError when one is too large. */
  push(piece: string): ServerEvent[] {
    const events: ServerEvent[] = []
    let from = 0
    for (let end = piece.indexOf('\n'); end >= 0; end = piece.indexOf('\n', from)) {
      const line = this.#line + piece.slice(from, end)
      this.#line = ''
      from = end + 1
      this.#take(line.endsWith('\r') ? line.slice(0, -1) : line, events)
    }
    this.#line += piece.slice(from)
    if (this.#size + this.#line.length > limit) throw new RangeError('an event is too large')
    return events
  }

  #take(line: string, events: ServerEvent[]): void {
    const [, name, value = ''] = /^(event|data)(?:: ?(.*))?$/s.exec(line) ?? []
    if (name === 'event') this.#type = value
    else if (name === 'data') {
      this.#data.push(value)
      this.#size += line.length
    } else if (line === '') {
      if (this.#data.length > 0) events.push({ type: this.#type, data: this.#data.join('\n') })
      this.#type = ''
      this.#data = []
      this.#size = 0
    }
  }
}
