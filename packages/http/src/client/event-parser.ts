import { acceptedBytes } from '@chat/core/transport'

/** Event of a stream. */
export interface ServerEvent {
  /** Name of the event; empty for a transmission. */
  readonly type: string
  /** Data of the event. */
  readonly data: string
}

/**
 * Parses a stream of events, cut into chunks at any place. Lines end with LF or CRLF, as hubs and proxies
 * write them.
 */
export class EventParser {
  #line = ''
  #type = ''
  #data: string[] = []
  #size = 0

  /**
   * Returns the events that a chunk completes.
   *
   * @throws RangeError when an event has more than {@link acceptedBytes} characters.
   */
  push(chunk: string): ServerEvent[] {
    const events: ServerEvent[] = []
    // A long line in small chunks is joined once.
    if (!chunk.includes('\n')) {
      this.#line += chunk
      this.#check()
      return events
    }
    const lines = (this.#line + chunk).split('\n')
    this.#line = lines.pop() ?? ''
    for (const line of lines) this.#parseLine(line.replace(/\r$/, ''), events)
    this.#check()
    return events
  }

  #check(): void {
    if (this.#size + this.#line.length > acceptedBytes) throw new RangeError('an event is too large')
  }

  #parseLine(line: string, events: ServerEvent[]): void {
    // A comment has an empty name.
    const [name, value = ''] = line.split(/: ?(.*)/s)
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
